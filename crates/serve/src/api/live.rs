//! The live events.

use super::{App, seat};
use crate::live::Client;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use flow::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Windows as they close, how cascades stand, alerts, and how the process is, as server-sent events.
///
/// Event `window`: `{end, start, totals, rows}`, the 50 busiest cities by posts; its id is the window's end. It comes again
/// with more rows should some be late, and takes the place of the earlier one. It starts with the newest window, or, for a client
/// that sends `Last-Event-ID`, with that window and all after it that are still in memory (1000 at most).
/// Event `lagged`: `{missed}`; so many events came too fast for this client, and it goes on with the newest.
/// Event `cascades`, when they have changed, but at most once a second: `{now, open, leaders, ended, accuracies}`, the 20 largest
/// that go on and the 10 that ended last, as in `/api/cascades`, and what `/api/accuracies` says. It starts with how they stand.
/// Event `alert`, as alerts begin, change and end: a record of topic `alerts`; `/api/alerts` says which go on.
/// Event `health`, every two seconds: `{condition, caught_up, trouble, newest, rows, lag, late, rejected, roles}`.
#[utoipa::path(get, path = "/api/live", tag = "live",
    params(("Last-Event-ID" = Option<String>, Header, description = "The end of the last window seen")),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream"),
              (status = 503, description = "Too many live clients", body = Problem)))]
pub async fn live(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let seat = seat(&app.live, "live clients")?;
    let last = headers.get("last-event-id").and_then(|id| Timestamp::parse(id.to_str().ok()?));
    let client = Client::new(app.hub.clone(), last, app.stopping.clone(), seat);
    let alive = KeepAlive::new().interval(Duration::from_secs(15)).text("still here");
    // Some proxies gather an answer before they pass it on, unless told not to.
    let headers = [("x-accel-buffering", "no"), ("cache-control", "no-cache")];
    Ok((headers, Sse::new(client.events()).keep_alive(alive)).into_response())
}
