//! Search: the Elasticsearch API, exports, and new posts as they come.

#[cfg(test)]
mod tests;

use super::{App, Params, seat};
use crate::export::{self, Form, Wanted};
use crate::guard;
use crate::problem::{Problem, ProblemKind};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Finder, Found, Request};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

/// Where the API of Elasticsearch begins.
pub const ROOT: &str = "/es";
/// The largest body of a request to it.
pub const BODY_BYTES: usize = 100 << 20;
/// So many pieces of an export may be under way.
const QUEUE: usize = 4;
const PIECE_BYTES: usize = 64 << 10;
/// How often it is looked for new posts.
const LOOK: Duration = Duration::from_millis(500);
/// So many new posts are told at a time.
const NEWS: usize = 100;

impl App {
    fn finder(&self) -> Result<Arc<dyn Finder>, Problem> {
        let none = || Problem::new(ProblemKind::NotFound, "this process has no index: run it with the role search");
        self.finder.clone().ok_or_else(none)
    }
}

/// What can be searched.
#[derive(Serialize, ToSchema)]
pub struct Searchable {
    /// The name of the index; null where this process has none.
    index: Option<String>,
}

/// Whether posts can be searched here, and in which index.
#[utoipa::path(get, path = "/api/search", tag = "search", responses((status = 200, body = Searchable)))]
pub async fn searchable(State(app): State<Arc<App>>) -> Json<Searchable> {
    Json(Searchable { index: app.finder.as_ref().map(|finder| finder.index().to_owned()) })
}

/// The Elasticsearch API, under `/es`: for its clients, for Grafana, for the page.
///
/// Only programs on this machine may write, and no web page may.
pub async fn elastic(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let finder = app.finder()?;
    let path = uri.path().strip_prefix(ROOT).filter(|path| !path.is_empty()).unwrap_or("/").to_owned();
    if writes(&method, &path) {
        guard::may_change(peer, &headers)?;
    }
    let (query, body, seat) = (uri.query().unwrap_or_default().to_owned(), body?, seat(&app.searches, "searches")?);
    let reply = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        finder.ask(Request { method: method.as_str(), path: &path, query: &query, body: &body })
    });
    let reply = reply.await?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response();
    // Its clients speak to nobody who does not say so.
    response.headers_mut().insert("x-elastic-product", HeaderValue::from_static("Elasticsearch"));
    // They want their own type back.
    let wanted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if wanted.starts_with("application/vnd.elasticsearch+json") && reply.content_type.starts_with("application/json") {
        let theirs = HeaderValue::from_static("application/vnd.elasticsearch+json;compatible-with=8");
        response.headers_mut().insert(header::CONTENT_TYPE, theirs);
    }
    Ok(response)
}

/// Whether a request may change something: all but what is known only to read.
///
/// What follows the name of an index may be any word, as an id is: only the whole address tells what is asked.
fn writes(method: &Method, path: &str) -> bool {
    const READS: [&str; 7] = ["_search", "_msearch", "_count", "_mget", "_field_caps", "_analyze", "_refresh"];
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let scroll = matches!(parts.as_slice(), ["_search", "scroll"] | ["_search", "scroll", _]);
    let asked = match parts.as_slice() {
        [name, rest @ ..] if !name.starts_with('_') || *name == "_all" => rest,
        rest => rest,
    };
    match *method {
        Method::GET | Method::HEAD => false,
        Method::DELETE => !scroll,
        Method::POST => match asked {
            [one] => !READS.contains(one),
            ["_validate", "query"] => false,
            _ => !scroll,
        },
        _ => true,
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// In the query language of `query_string`; words alone are looked for in what posts say. None: all posts.
    q: Option<String>,
    /// Not before this: a date, or date math as in `now-1d`.
    from: Option<String>,
    /// Before this.
    to: Option<String>,
    /// `csv`, `ndjson`, `parquet`, `ids` or `manifest`.
    format: String,
}

/// The documents that a query finds, by date, as a file; or what that file is.
#[utoipa::path(get, path = "/api/export", tag = "search", params(ExportParams), responses(
    (status = 200, description = "The file", body = String),
    (status = 400, description = "A parameter makes no sense", body = Problem),
    (status = 404, description = "This process has no index", body = Problem)))]
pub async fn export(State(app): State<Arc<App>>, Params(asked): Params<ExportParams>) -> Result<Response, Problem> {
    let finder = app.finder()?;
    let form = Form::ALL.into_iter().find(|form| form.name() == asked.format);
    let form =
        form.ok_or_else(|| Problem::invalid(format!("format={} is none of csv, ndjson, parquet, ids, manifest", asked.format)))?;
    let wanted = Wanted { query: asked.q, from: asked.from, to: asked.to };
    let seat = seat(&app.searches, "searches")?;
    let (pieces, mut received) = mpsc::channel(QUEUE);
    let writing = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        let mut pipe = Pipe { pieces, gathered: Vec::with_capacity(PIECE_BYTES), has_sent: false };
        let written = export::write(&*finder, &wanted, form, &mut pipe).and_then(|_| Ok(pipe.flush()?));
        if let Err(failure) = &written
            && pipe.has_sent
        {
            // Ends the answer in the middle, so that the client sees that something is missing.
            drop(pipe.pieces.blocking_send(Err(io::Error::other(failure.to_string()))));
        }
        written
    });
    // What is refused is refused before the first piece.
    let Some(first) = received.recv().await else {
        return match writing.await? {
            Err(failure) => Err(Problem::invalid(failure.to_string())),
            Ok(()) => Ok(file(form, Body::empty())),
        };
    };
    let rest = unfold((Some(first), received), |(first, mut received)| async move {
        let piece = match first {
            Some(first) => first,
            None => received.recv().await?,
        };
        Some((piece, (None, received)))
    });
    Ok(file(form, Body::from_stream(rest)))
}

fn file(form: Form, body: Body) -> Response {
    let ending = match form {
        Form::Ids => "txt",
        Form::Manifest => "manifest.json",
        form => form.name(),
    };
    let name = format!("attachment; filename=\"goshawk-posts.{ending}\"");
    ([(header::CONTENT_TYPE, form.content_type().to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

/// Passes on what is written, a piece at a time.
struct Pipe {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    gathered: Vec<u8>,
    has_sent: bool,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.gathered, Vec::with_capacity(PIECE_BYTES));
        self.has_sent = true;
        self.pieces.blocking_send(Ok(piece.into())).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiveParams {
    /// As for an export.
    q: Option<String>,
}

/// New posts that a query finds, as they come, as server-sent events.
///
/// Event `post`: `{id, source}`. Event `trouble`: `{message}`, where the query makes no sense.
#[utoipa::path(get, path = "/api/search/live", tag = "search", params(LiveParams), responses(
    (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
    (status = 404, description = "This process has no index", body = Problem),
    (status = 503, description = "Too many live clients", body = Problem)))]
pub async fn live(State(app): State<Arc<App>>, Params(asked): Params<LiveParams>) -> Result<Response, Problem> {
    let finder = app.finder()?;
    let seat = seat(&app.live, "live clients")?;
    let wanted = Wanted { query: asked.q, ..Wanted::default() };
    let query =
        serde_json::json!({ "bool": { "must": [wanted.query()], "filter": [{ "range": { "revision": { "lte": 1 } } }] } });
    let (events, received) = mpsc::channel(NEWS);
    let mut stopping = app.stopping.clone();
    tokio::spawn(async move {
        let _seat = seat;
        let mut than = None;
        loop {
            let (finder, query) = (finder.clone(), query.clone());
            let looked = tokio::task::spawn_blocking(move || look(&*finder, &query, than)).await;
            let Ok(looked) = looked else { return };
            match looked {
                Ok((news, newest)) => {
                    than = Some(newest);
                    for found in news {
                        if events.send(post(&found)).await.is_err() {
                            return;
                        }
                    }
                }
                Err(message) => {
                    let told = serde_json::json!({ "message": message }).to_string();
                    drop(events.send(Event::default().event("trouble").data(told)).await);
                    return;
                }
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = events.closed() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    });
    let events = unfold(received, |mut received| async move { Some((Ok::<_, Infallible>(received.recv().await?), received)) });
    let alive = KeepAlive::new().interval(Duration::from_secs(15)).text("still here");
    let headers = [("x-accel-buffering", "no"), ("cache-control", "no-cache")];
    Ok((headers, Sse::new(events).keep_alive(alive)).into_response())
}

/// What is new, and how far that is; the first time only how far it is.
fn look(finder: &dyn Finder, query: &serde_json::Value, than: Option<u64>) -> Result<(Vec<Found>, u64), String> {
    let Some(than) = than else {
        // To find a query wrong at once, it is asked, too.
        finder.newer(query, u64::MAX - 1, 1)?;
        return Ok((vec![], finder.newest()?));
    };
    // What comes between the two questions is told, and counted, by the second.
    let newest = finder.newest()?;
    let news = finder.newer(query, than, NEWS)?;
    let last = news.iter().map(|found| found.number).max().unwrap_or(than);
    let seen = if news.len() < NEWS { newest.max(last) } else { last };
    Ok((news, seen))
}

fn post(found: &Found) -> Event {
    let source: serde_json::Value = serde_json::from_slice(&found.source).unwrap_or_default();
    Event::default().event("post").data(serde_json::json!({ "id": found.id, "source": source }).to_string())
}
