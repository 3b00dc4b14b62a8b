//! The web page, as it was built into the program.

use crate::problem::{Problem, ProblemKind};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

const INDEX: &str = include_str!("../../../../web/index.html");
const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: [(&str, &str, &str); 5] = [
    ("app.js", SCRIPT, include_str!("../../../../web/app.js")),
    ("chart.js", SCRIPT, include_str!("../../../../web/chart.js")),
    ("table.js", SCRIPT, include_str!("../../../../web/table.js")),
    ("style.css", "text/css; charset=utf-8", include_str!("../../../../web/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../../../web/icon.svg")),
];

/// The page.
#[utoipa::path(get, path = "/", tag = "page", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn index() -> Response {
    file("text/html; charset=utf-8", INDEX)
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
