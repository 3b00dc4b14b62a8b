//! The HTTP API: its routes, each with its description.

mod append;
mod cascades;
mod counts;
mod find;
mod live;
mod page;
mod rules;
mod status;
mod taps;

#[cfg(test)]
mod tests;

pub(crate) use append::now;

use crate::guard;
use crate::hub::Hub;
use crate::problem::{Problem, ProblemKind};
use crate::view::View;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Query};
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use domain::Finder;
use flow::Log;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest body of a request.
const BODY_BYTES: usize = 4 << 20;
/// So many cascades may be looked up at a time: each reads the log.
const LOOKUPS: usize = 8;
/// So many searches may go on at a time: each may take a processor.
const SEARCHES: usize = 64;

#[derive(OpenApi)]
#[openapi(info(
    title = "Goshawk",
    description = "Live analytics of microblogs: what happened in each city in each window of time, and how large cascades \
                   of reposts will be. \"Now\" is always the newest time that was told, so that a recording of years ago is \
                   looked at as it was then.\n\nTimes are \
                   RFC 3339 in UTC with milliseconds. A request that fails is answered with \
                   `{\"error\": {\"kind\": ..., \"message\": ...}}`."
))]
struct Description;

/// How much may go on at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Live clients.
    pub live: usize,
    /// Taps.
    pub taps: usize,
}

/// What the requests work with.
pub struct App {
    /// The view and its news.
    pub hub: Arc<Hub>,
    log: Arc<dyn Log>,
    limits: Limits,
    live: Arc<Semaphore>,
    taps: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    finder: Option<Arc<dyn Finder>>,
    stopping: watch::Receiver<bool>,
    description: String,
}

impl App {
    /// What the requests work with.
    pub fn new(hub: Arc<Hub>, log: Arc<dyn Log>, limits: Limits, stopping: watch::Receiver<bool>) -> Self {
        let seats = |n| Arc::new(Semaphore::new(n));
        let (live, taps, lookups) = (seats(limits.live), seats(limits.taps), seats(LOOKUPS));
        let searches = seats(SEARCHES);
        App { hub, log, limits, live, taps, lookups, searches, finder: None, stopping, description: String::new() }
    }

    /// The same, with an index.
    pub fn with_finder(mut self, finder: Option<Arc<dyn Finder>>) -> Self {
        self.finder = finder;
        self
    }

    /// Asks the view, on a thread where a long answer holds nobody up.
    async fn ask<T: Send + 'static>(&self, ask: impl FnOnce(&View) -> T + Send + 'static) -> Result<T, Problem> {
        let hub = self.hub.clone();
        Ok(tokio::task::spawn_blocking(move || ask(&hub.view())).await?)
    }
}

/// A seat among few, or a word to come back later.
fn seat(seats: &Arc<Semaphore>, what: &str) -> Result<OwnedSemaphorePermit, Problem> {
    let busy = |_| Problem::new(ProblemKind::Busy, format!("too many {what} at the moment; try again later"));
    seats.clone().try_acquire_owned().map_err(busy)
}

/// The routes.
pub fn router(mut app: App) -> Router {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(counts::counts))
        .routes(routes!(counts::series))
        .routes(routes!(counts::cities))
        .routes(routes!(counts::top))
        .routes(routes!(cascades::cascades))
        .routes(routes!(cascades::cascade))
        .routes(routes!(cascades::accuracies))
        .routes(routes!(cascades::alerts))
        .routes(routes!(find::searchable))
        .routes(routes!(find::export))
        .routes(routes!(find::live))
        .routes(routes!(rules::rules, rules::save))
        .routes(routes!(rules::remove))
        .routes(routes!(live::live))
        .routes(routes!(taps::tap))
        .routes(routes!(append::append))
        .routes(routes!(status::health))
        .routes(routes!(status::metrics))
        .routes(routes!(status::openapi))
        .routes(routes!(page::index))
        .routes(routes!(page::cascades))
        .routes(routes!(page::cascade))
        .routes(routes!(page::explore))
        .routes(routes!(page::asset))
        .split_for_parts();
    app.description = description.to_json().unwrap_or_default();
    let app = Arc::new(app);
    let nothing =
        || async { Problem::new(ProblemKind::NotFound, "there is nothing here; /api/openapi.json lists what there is") };
    let other = || async { Problem::new(ProblemKind::Method, "not with this method; /api/openapi.json lists what there is") };
    let elastic = || any(find::elastic).layer(DefaultBodyLimit::max(find::BODY_BYTES));
    router
        .route(find::ROOT, elastic())
        .route("/es/", elastic())
        .route("/es/{*path}", elastic())
        .fallback(nothing)
        .method_not_allowed_fallback(other)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), guard::around))
        .with_state(app)
}

/// The parameters of an address; names that are not known are a mistake that is told.
struct Params<T>(T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let parsed = Query::try_from_uri(&parts.uri);
        parsed.map(|Query(asked)| Params(asked)).map_err(|rejection| Problem::invalid(rejection.body_text()))
    }
}

fn at_most(name: &str, given: Option<usize>, default: usize, most: usize) -> Result<usize, Problem> {
    let n = given.unwrap_or(default);
    if n > most { Err(Problem::invalid(format!("{name}={n} is too much: {most} at most"))) } else { Ok(n) }
}
