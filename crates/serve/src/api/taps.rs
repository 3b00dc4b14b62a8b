//! Taps over HTTP.

#[cfg(test)]
mod tests;

use super::{App, Params, seat};
use crate::problem::Problem;
use crate::tap::{From, Step, Tap, TapOptions};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use flow::Log;
use futures_util::stream::unfold;
use serde::Deserialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use utoipa::IntoParams;

/// So many pieces, of some 64 KiB each, may be under way to the client.
const QUEUE: usize = 4;
/// How long to wait for records before looking whether the client is still there.
const WAIT: Duration = Duration::from_millis(250);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TapParams {
    /// `start`, `end`, or an offset, which is meant in every partition. If it follows, `end` unless told otherwise.
    #[param(default = "start")]
    from: Option<String>,
    /// How many records at most.
    n: Option<u64>,
    /// Only the records of exactly this key.
    key: Option<String>,
    /// Each line is `{key, partition, offset, time, value}`, not only the value.
    #[serde(default)]
    #[param(default = false)]
    meta: bool,
    /// Go on with new records as they come.
    #[serde(default)]
    #[param(default = false)]
    follow: bool,
}

type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// A topic's records, one JSON object a line.
///
/// Within a partition the order is that of the offsets. A record that does not decode shows as
/// `{key, partition, offset, time, value: null, broken: reason}`.
#[utoipa::path(get, path = "/api/tap/{topic}", tag = "tools",
    params(("topic" = String, Path, description = "The topic"), TapParams), responses(
    (status = 200, description = "Lines", body = String, content_type = "application/x-ndjson"),
    (status = 400, description = "A parameter makes no sense", body = Problem),
    (status = 404, description = "There is no such topic; the message names those there are", body = Problem),
    (status = 503, description = "Too many taps, or the log cannot be read", body = Problem)))]
pub async fn tap(
    State(app): State<Arc<App>>,
    Path(topic): Path<String>,
    Params(asked): Params<TapParams>,
) -> Result<Response, Problem> {
    let default = if asked.follow { "end" } else { "start" };
    let from: From = asked.from.as_deref().unwrap_or(default).parse().map_err(|why| Problem::invalid(format!("from: {why}")))?;
    let key = asked.key.map(String::into_bytes);
    let options = TapOptions { topic, from, limit: asked.n, key, meta: asked.meta, follow: asked.follow };
    let seat = seat(&app.taps, "taps")?;
    let (pieces, received) = mpsc::channel(QUEUE);
    let (opened, open) = oneshot::channel();
    let (log, stopping) = (app.log.clone(), app.stopping.clone());
    tokio::task::spawn_blocking(move || pour(&*log, options, opened, &pieces, &stopping, seat));
    open.await.map_err(|_| Problem::new(crate::problem::ProblemKind::Internal, "the tap did not open"))??;
    let lines = unfold(received, |mut received| async move { Some((received.recv().await?, received)) });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Opens the tap, says how that went, and sends its lines until they end or nobody takes them.
fn pour(
    log: &dyn Log,
    options: TapOptions,
    opened: oneshot::Sender<Result<(), crate::Error>>,
    pieces: &Pieces,
    stopping: &watch::Receiver<bool>,
    _seat: OwnedSemaphorePermit,
) {
    let mut tap = match Tap::new(log, options) {
        Ok(tap) => tap,
        Err(error) => return drop(opened.send(Err(error))),
    };
    if opened.send(Ok(())).is_err() {
        return;
    }
    while !pieces.is_closed() && !*stopping.borrow() {
        let mut lines = vec![];
        let step = tap.step(WAIT, &mut lines);
        if !lines.is_empty() && pieces.blocking_send(Ok(lines.into())).is_err() {
            return;
        }
        match step {
            Ok(Step::Ended) => return,
            Ok(Step::More | Step::Waiting) => {}
            // Ends the answer in the middle, so that the client sees that something is missing.
            Err(error) => return drop(pieces.blocking_send(Err(io::Error::other(error)))),
        }
    }
}
