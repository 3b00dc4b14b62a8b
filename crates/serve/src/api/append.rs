//! The one request that writes.

#[cfg(test)]
mod tests;

use super::App;
use crate::guard;
use crate::problem::{Problem, ProblemKind};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use domain::Post;
use flow::{Log, Mark, Out, Producer, Timestamp, Value};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use utoipa::ToSchema;

/// The name under which such records are written.
const PRODUCER: &str = "append";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Append<'a> {
    /// The topic: `posts`.
    topic: String,
    /// The records.
    #[serde(borrow)]
    #[schema(value_type = Vec<Object>)]
    records: Vec<Post<'a>>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct Appended {
    /// How many records were appended: all, or there is an error.
    appended: usize,
}

/// Appends posts: all of them, or none.
///
/// For Goshawk's own tools: only programs on the machine it runs on may, and web pages may not. Sending the same twice
/// appends it twice. The body is 4 MiB at most.
#[utoipa::path(post, path = "/api/append", tag = "tools", request_body = Append, responses(
    (status = 200, body = Appended),
    (status = 400, description = "The body makes no sense", body = Problem),
    (status = 403, description = "Not from here", body = Problem),
    (status = 413, description = "The body is too large", body = Problem),
    (status = 503, description = "The log cannot be written now", body = Problem)))]
pub async fn append(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Appended>, Problem> {
    guard::may_write(peer, &headers)?;
    let (body, log) = (body?, app.log.clone());
    let appended = tokio::task::spawn_blocking(move || write(&*log, &body)).await??;
    Ok(Json(Appended { appended }))
}

fn write(log: &dyn Log, body: &[u8]) -> Result<usize, Problem> {
    let Append { topic, records } =
        serde_json::from_slice(body).map_err(|error| Problem::invalid(format!("the body is not {{topic, records}}: {error}")))?;
    if topic != Post::TOPIC {
        return Err(Problem::invalid(format!("records can be appended to topic {} only, not to '{topic}'", Post::TOPIC)));
    }
    let specs: Vec<_> = log.topics()?.into_iter().filter(|spec| spec.name == Post::TOPIC).collect();
    if specs.is_empty() {
        return Err(Problem::new(ProblemKind::NotFound, "there is no topic posts yet"));
    }
    let mut out = Out::new(log.format(), &specs);
    for post in &records {
        if out.send(post.time, post).is_none() {
            return Err(Problem::invalid(format!("post {} cannot be written", post.id)));
        }
    }
    // Done at once, so that nobody waits for this producer to say how far it is.
    let mark = Mark { watermark: Timestamp::MIN, at: now(), done: true };
    log.append(out.take(&Producer::from(PRODUCER), mark, false))?;
    Ok(records.len())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
