//! How the process is.

use super::App;
use crate::hub::Hub;
use crate::metrics::{CONTENT_TYPE, Now};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Condition;
use std::sync::Arc;

/// So many cascades are measured one by one.
const TOP: usize = 20;

/// How the process and each of its roles are.
#[utoipa::path(get, path = "/health", tag = "status", responses(
    (status = 200, description = "It works, if perhaps not as it should: `{condition, roles}`", body = Object),
    (status = 503, description = "A role has failed: the same shape", body = Object)))]
pub async fn health(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let vitals = app.hub.vitals();
    let health = tokio::task::spawn_blocking(move || vitals.health()).await?;
    let status = match health.condition {
        Condition::Ok | Condition::Degraded => StatusCode::OK,
        Condition::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(health)).into_response())
}

/// All metrics of the process.
#[utoipa::path(get, path = "/metrics", tag = "status", responses(
    (status = 200, description = "OpenMetrics text", body = String,
     content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let taken = |limit: usize, left: usize| limit.saturating_sub(left);
    let live = taken(app.limits.live, app.live.available_permits());
    let now = Now { live, taps: taken(app.limits.taps, app.taps.available_permits()) };
    let (hub, log) = (app.hub.clone(), app.log.clone());
    let text = move || {
        let others = [vec![hub.vitals().metrics(), log.metrics()], of_cascades(&hub)].concat();
        hub.numbers.text(&others, &hub.view(), now)
    };
    let text = tokio::task::spawn_blocking(text).await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

fn of_cascades(hub: &Hub) -> Vec<String> {
    let standings = hub.standings();
    let board = &standings.board;
    vec![board.accuracy_metrics(), board.cascade_metrics(TOP), board.alert_metrics()]
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "status", responses((status = 200, body = Object)))]
pub async fn openapi(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.description.clone()).into_response()
}
