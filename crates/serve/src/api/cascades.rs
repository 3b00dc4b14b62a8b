//! How cascades stand: which will be large, how far off that was, what the log holds of one, and what goes on.

#[cfg(test)]
mod tests;

use super::{App, Params, at_most, seat};
use crate::details::{self, Curve, Fit, Posts, Until};
use crate::problem::{Problem, ProblemKind};
use crate::standings::shown::{Cascades, Said, Shown, State};
use crate::standings::{More, ROWS};
use axum::Json;
use axum::extract::{Path, State as Shared};
use domain::board::Row;
use domain::{Accuracy, Alert};
use flow::{Log, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use utoipa::{IntoParams, ToSchema};

/// So many posts of a cascade are shown, of at most so many records that are read, in so long.
const POSTS: usize = 50;
const RECORDS: usize = 200_000;
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CascadesParams {
    /// How many cascades. At most 1000.
    #[param(default = 20, maximum = 1000)]
    n: Option<usize>,
    /// Those that go on, the largest prediction first, or those that have ended, the last to end first.
    #[serde(default)]
    #[param(inline)]
    state: State,
}

/// A cascade, and what the log holds of it.
#[derive(Serialize, ToSchema)]
pub struct Details {
    /// The newest time of a prediction or a size.
    #[schema(value_type = Option<String>, format = DateTime)]
    now: Option<Timestamp>,
    #[serde(flatten)]
    row: Shown,
    /// What was predicted at the end of each window, the shortest first.
    forecasts: Vec<Said>,
    /// What the Hawkes process made of it, the shortest window first.
    fits: Vec<Fit>,
    /// How many posts there were over time. Nothing if the log does not hold it any more.
    curve: Option<Curve>,
    /// Its first posts: 50 at most.
    #[serde(flatten)]
    posts: Posts,
}

/// How far off predictions are.
#[derive(Serialize, ToSchema)]
pub struct Accuracies {
    /// The newest record of topic `accuracies` of each observation window, the shortest first.
    #[schema(value_type = Vec<Object>)]
    accuracies: Vec<Accuracy<'static>>,
}

/// What goes on.
#[derive(Serialize, ToSchema)]
pub struct Alerts {
    /// The newest record of topic `alerts` of each alert that goes on, by their names.
    #[schema(value_type = Vec<Object>)]
    alerts: Vec<Alert<'static>>,
}

/// The largest cascades that go on, or those that ended last.
#[utoipa::path(get, path = "/api/cascades", tag = "cascades", params(CascadesParams), responses(
    (status = 200, body = Cascades), (status = 400, description = "A parameter makes no sense", body = Problem)))]
pub async fn cascades(Shared(app): Shared<Arc<App>>, Params(asked): Params<CascadesParams>) -> Result<Json<Cascades>, Problem> {
    let n = at_most("n", asked.n, 20, ROWS)?;
    Ok(Json(app.hub.standings().cascades(asked.state, n)))
}

/// One cascade of those on the board: how it was predicted, what it has come to, its course and its first posts.
///
/// The log is read for it, but not for long: `stopped_early` says that there may be more posts than were found.
#[utoipa::path(get, path = "/api/cascades/{id}", tag = "cascades",
    params(("id" = String, Path, description = "The post that started it, by its identifier")), responses(
    (status = 200, body = Details), (status = 404, description = "It is not on the board", body = Problem),
    (status = 503, description = "Too many ask at once, or the log cannot be read", body = Problem)))]
pub async fn cascade(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Result<Json<Details>, Problem> {
    let seat = seat(&app.lookups, "cascades being looked up")?;
    let details = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        look_up(&app, &id)
    });
    details.await?.map(Json)
}

/// How far off the predictions of each observation window have lately been.
#[utoipa::path(get, path = "/api/accuracies", tag = "cascades", responses((status = 200, body = Accuracies)))]
pub async fn accuracies(Shared(app): Shared<Arc<App>>) -> Json<Accuracies> {
    Json(Accuracies { accuracies: app.hub.standings().board.accuracies().cloned().collect() })
}

/// The alerts that go on.
#[utoipa::path(get, path = "/api/alerts", tag = "cascades", responses((status = 200, body = Alerts)))]
pub async fn alerts(Shared(app): Shared<Arc<App>>) -> Json<Alerts> {
    Json(Alerts { alerts: app.hub.standings().board.alerts().cloned().collect() })
}

/// What is known in memory, and what the log holds besides.
fn look_up(app: &App, id: &str) -> Result<Details, Problem> {
    let known = known(app, id).ok_or_else(|| {
        let message = format!(
            "the cascade '{id}' is not on the board: it holds the {ROWS} largest that go on and the {ROWS} that ended last; \
             goshawk tap predictions --key shows what was ever predicted"
        );
        Problem::new(ProblemKind::NotFound, message)
    })?;
    let (now, row, shown, more) = known;
    let log: &dyn Log = &*app.log;
    let forecasts = row.forecasts.iter().map(|forecast| Said::new(&row, forecast)).collect();
    let fits = details::fits(log, id, &more.estimates)?;
    let curve = more.series.map(|(_, place)| details::curve(log, id, place)).transpose()?.flatten();
    let end = row.size.map(|(_, end)| end);
    let until = Until { end, posts: POSTS, records: RECORDS, deadline: Instant::now() + PATIENCE };
    let posts = details::posts(log, id, row.start, until)?;
    Ok(Details { now, row: shown, forecasts, fits, curve, posts })
}

fn known(app: &App, id: &str) -> Option<(Option<Timestamp>, Row, Shown, More)> {
    let standings = app.hub.standings();
    let row = standings.board.row(id)?.clone();
    let shown = Shown::new(&row)?;
    Some((standings.newest, row, shown, standings.places.of(id)))
}
