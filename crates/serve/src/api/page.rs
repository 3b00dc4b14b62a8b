//! The web pages, as they were built into the program.

use crate::problem::{Problem, ProblemKind};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const INDEX: &str = include_str!("../../../../web/index.html");
const CASCADES: &str = include_str!("../../../../web/cascades.html");
const CASCADE: &str = include_str!("../../../../web/cascade.html");
const EXPLORE: &str = include_str!("../../../../web/explore.html");
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

const ASSETS: [(&str, &str, &str); 20] = [
    ("app.js", SCRIPT, include_str!("../../../../web/app.js")),
    ("cascade.css", CSS, include_str!("../../../../web/cascade.css")),
    ("cascade.js", SCRIPT, include_str!("../../../../web/cascade.js")),
    ("cascades.js", SCRIPT, include_str!("../../../../web/cascades.js")),
    ("chart.js", SCRIPT, include_str!("../../../../web/chart.js")),
    ("course.js", SCRIPT, include_str!("../../../../web/course.js")),
    ("explore.css", CSS, include_str!("../../../../web/explore.css")),
    ("explore.js", SCRIPT, include_str!("../../../../web/explore.js")),
    ("facets.js", SCRIPT, include_str!("../../../../web/facets.js")),
    ("forecast.js", SCRIPT, include_str!("../../../../web/forecast.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../../../web/icon.svg")),
    ("lens.js", SCRIPT, include_str!("../../../../web/lens.js")),
    ("live.js", SCRIPT, include_str!("../../../../web/live.js")),
    ("plot.js", SCRIPT, include_str!("../../../../web/plot.js")),
    ("query.js", SCRIPT, include_str!("../../../../web/query.js")),
    ("results.js", SCRIPT, include_str!("../../../../web/results.js")),
    ("rules.js", SCRIPT, include_str!("../../../../web/rules.js")),
    ("style.css", CSS, include_str!("../../../../web/style.css")),
    ("table.js", SCRIPT, include_str!("../../../../web/table.js")),
    ("tools.js", SCRIPT, include_str!("../../../../web/tools.js")),
];

/// The page of cities.
#[utoipa::path(get, path = "/", tag = "page", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn index() -> Response {
    file(HTML, INDEX)
}

/// The page of cascades.
#[utoipa::path(get, path = "/cascades", tag = "page", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn cascades() -> Response {
    file(HTML, CASCADES)
}

/// The page of one cascade, which asks for it by itself.
#[utoipa::path(get, path = "/cascades/{id}", tag = "page",
    params(("id" = String, Path, description = "The post that started it, by its identifier")),
    responses((status = 200, body = String, content_type = "text/html")))]
pub async fn cascade() -> Response {
    file(HTML, CASCADE)
}

/// The page to search on.
#[utoipa::path(get, path = "/explore", tag = "page", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn explore() -> Response {
    file(HTML, EXPLORE)
}

/// What the page is made of.
#[utoipa::path(get, path = "/assets/{name}", tag = "page", params(("name" = String, Path, description = "The file, as in `app.js`")),
    responses((status = 200, description = "The file", body = String), (status = 404, description = "No such file", body = Problem)))]
pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(known, _, _)| *known == name);
    let (_, kind, text) = found.ok_or_else(|| Problem::new(ProblemKind::NotFound, "the page has no such file"))?;
    Ok(file(kind, text))
}

/// A browser asks again each time: another version of the program brings other files.
fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
