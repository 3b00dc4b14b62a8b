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
use domain::{Post, Rollback, Score};
use flow::{Log, Mark, Out, Producer, Timestamp, Value};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use utoipa::ToSchema;

/// The name under which posts are written.
const PRODUCER: &str = "append";
/// Nobody's: what people ask for promises nothing of time, not even by its clock.
pub(super) const NOBODY: &str = "";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Append {
    /// The topic: `posts`, `rollbacks` or `scores`.
    topic: String,
    /// The records.
    #[schema(value_type = Vec<Object>)]
    records: Vec<serde_json::Value>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct Appended {
    /// How many records were appended: all, or there is an error.
    appended: usize,
}

/// Appends posts, rollbacks or scores: all of them, or none.
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
    match topic.as_str() {
        Post::TOPIC => put::<Post<'_>>(log, PRODUCER, &records, |post| post.time),
        Rollback::TOPIC => put::<Rollback<'_>>(log, NOBODY, &records, |rollback| rollback.time),
        Score::TOPIC => put::<Score<'_>>(log, NOBODY, &records, |score| score.time),
        _ => Err(Problem::invalid(format!(
            "records can be appended to topics {}, {} and {} only, not to '{topic}'",
            Post::TOPIC,
            Rollback::TOPIC,
            Score::TOPIC
        ))),
    }
}

pub(super) fn put<'a, V: Value + Deserialize<'a>>(
    log: &dyn Log,
    producer: &str,
    records: &'a [serde_json::Value],
    time: impl Fn(&V) -> Timestamp,
) -> Result<usize, Problem> {
    let specs: Vec<_> = log.topics()?.into_iter().filter(|spec| spec.name == V::TOPIC).collect();
    if specs.is_empty() {
        return Err(Problem::new(ProblemKind::NotFound, format!("there is no topic {} yet", V::TOPIC)));
    }
    let mut out = Out::new(log.format(), &specs);
    for (number, record) in (1..).zip(records) {
        let bad = |why: String| Problem::invalid(format!("record {number} cannot be taken: {why}"));
        let record = V::deserialize(record).map_err(|error| bad(error.to_string()))?;
        out.send(time(&record), &record).ok_or_else(|| bad("it cannot be written".into()))?;
    }
    // Done at once, so that nobody waits for this producer to say how far it is.
    let mark = Mark { watermark: Timestamp::MIN, at: now(), done: true };
    log.append(out.take(&Producer::from(producer), mark, false))?;
    Ok(records.len())
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
