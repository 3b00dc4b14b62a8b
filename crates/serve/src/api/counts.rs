//! What happened where: windows, lines of windows, cities.

use super::{App, Params, at_most};
use crate::problem::Problem;
use crate::view::{Listed, Measure, Row, Series, Top, Window};
use crate::when;
use axum::Json;
use axum::extract::State;
use flow::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const MAX_WINDOWS: usize = 100_000;
const MAX_CITIES: usize = 100_000;
const MAX_TOP: usize = 1000;
const MAX_POINTS: usize = 10_000;
const MAX_TREND: usize = 200;
const HOUR_MS: i64 = 3_600_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountsParams {
    /// Only this city; without it, all. A city that is not known has no windows.
    city: Option<String>,
    /// Windows that end after this time: RFC 3339, or a length of time before the newest window's end, as in `-1h`.
    #[param(example = "-1h")]
    from: Option<String>,
    /// Windows that end at this time or before it, written as `from` is.
    to: Option<String>,
    /// How many windows at most: the newest ones. At most 100000.
    #[param(default = 10000, maximum = 100_000)]
    limit: Option<usize>,
}

/// Windows in the order of their ends, those of one end by city.
#[derive(Serialize, ToSchema)]
pub struct Windows {
    windows: Vec<Window>,
    /// There are more, older ones than `limit` let through.
    truncated: bool,
}

/// The windows whose end is after `from` and not after `to`.
#[utoipa::path(get, path = "/api/counts", tag = "counts", params(CountsParams), responses(
    (status = 200, body = Windows), (status = 400, description = "A parameter makes no sense", body = Problem)))]
pub async fn counts(State(app): State<Arc<App>>, Params(asked): Params<CountsParams>) -> Result<Json<Windows>, Problem> {
    let limit = at_most("limit", asked.limit, 10_000, MAX_WINDOWS)?;
    let answer = app.ask(move |view| {
        let now = view.newest().unwrap_or_default();
        let from = moment("from", asked.from.as_deref(), now, Timestamp::MIN)?;
        let to = moment("to", asked.to.as_deref(), now, Timestamp::MAX)?;
        let (windows, truncated) = view.windows(asked.city.as_deref(), from, to, limit);
        Ok(Windows { windows, truncated })
    });
    answer.await?.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesParams {
    /// Only this city; without it, the sums over all.
    city: Option<String>,
    /// How far back from the newest window's end, as in `15m`, `1h` or `1d`.
    #[param(default = "1h")]
    last: Option<String>,
    /// About how many points: of more windows, every so-manieth is left. At most 10000.
    #[param(default = 500, maximum = 10_000)]
    points: Option<usize>,
}

/// The line of windows to draw a chart of, up to the newest window's end.
///
/// Windows may overlap, as they do where they start more often than they are long. An end at which no city at all has a
/// window is left out: nothing is known of it.
#[utoipa::path(get, path = "/api/series", tag = "counts", params(SeriesParams), responses(
    (status = 200, body = Series), (status = 400, description = "A parameter makes no sense", body = Problem)))]
pub async fn series(State(app): State<Arc<App>>, Params(asked): Params<SeriesParams>) -> Result<Json<Series>, Problem> {
    let points = at_most("points", asked.points, 500, MAX_POINTS)?;
    let last_ms = length_ms("last", asked.last.as_deref())?;
    app.ask(move |view| view.series(asked.city.as_deref(), last_ms, points)).await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CitiesParams {
    /// How many cities at most. At most 100000.
    #[param(default = 10000, maximum = 100_000)]
    limit: Option<usize>,
}

/// Cities by name.
#[derive(Serialize, ToSchema)]
pub struct Cities {
    cities: Vec<Listed>,
    /// There are more than `limit` let through.
    truncated: bool,
}

/// The cities that have a window in memory, by name.
#[utoipa::path(get, path = "/api/cities", tag = "counts", params(CitiesParams), responses(
    (status = 200, body = Cities), (status = 400, description = "A parameter makes no sense", body = Problem)))]
pub async fn cities(State(app): State<Arc<App>>, Params(asked): Params<CitiesParams>) -> Result<Json<Cities>, Problem> {
    let limit = at_most("limit", asked.limit, 10_000, MAX_CITIES)?;
    let (cities, truncated) = app.ask(move |view| view.cities(limit)).await?;
    Ok(Json(Cities { cities, truncated }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TopParams {
    /// What to rank by.
    #[serde(default)]
    #[param(inline)]
    by: Measure,
    /// How many cities. At most 1000.
    #[param(default = 5, maximum = 1000)]
    n: Option<usize>,
    /// How far back from the newest window's end, as in `15m`, `1h` or `1d`.
    #[param(default = "1h")]
    last: Option<String>,
    /// Adds to each row its posts over the period in so many equal parts, oldest first. At most 200.
    #[param(default = 0, maximum = 200)]
    trend: Option<usize>,
}

/// The busiest cities.
#[derive(Serialize, ToSchema)]
pub struct TopCities {
    /// The newest window's end: the "now" of this answer. Nothing if no window has closed yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// The busiest first; equally busy ones by name.
    cities: Vec<Row>,
}

/// The busiest cities of the period up to the newest window's end.
///
/// `posts` and `reposts` are sums over windows that lie end to end, back from the newest, so that overlapping windows do
/// not count a post twice. `people` is the most distinct people in any one window of the period: who was there in two
/// windows cannot be told from two people afterwards.
#[utoipa::path(get, path = "/api/cities/top", tag = "counts", params(TopParams), responses(
    (status = 200, body = TopCities), (status = 400, description = "A parameter makes no sense", body = Problem)))]
pub async fn top(State(app): State<Arc<App>>, Params(asked): Params<TopParams>) -> Result<Json<TopCities>, Problem> {
    let n = at_most("n", asked.n, 5, MAX_TOP)?;
    let trend = at_most("trend", asked.trend, 0, MAX_TREND)?;
    let last_ms = length_ms("last", asked.last.as_deref())?;
    let ask = Top { by: asked.by, n, last_ms, trend };
    app.ask(move |view| TopCities { end: view.newest(), cities: view.top(&ask) }).await.map(Json)
}

fn moment(name: &str, given: Option<&str>, now: Timestamp, default: Timestamp) -> Result<Timestamp, Problem> {
    let Some(text) = given else { return Ok(default) };
    when::moment(text, now).ok_or_else(|| Problem::invalid(format!("{name}='{text}' is no time: {}", when::MOMENT)))
}

fn length_ms(name: &str, given: Option<&str>) -> Result<i64, Problem> {
    let Some(text) = given else { return Ok(HOUR_MS) };
    let read = when::length_ms(text).filter(|length_ms| *length_ms > 0);
    read.ok_or_else(|| Problem::invalid(format!("{name}='{text}' is no length of time: {}", when::LENGTH)))
}
