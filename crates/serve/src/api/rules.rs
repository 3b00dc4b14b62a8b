//! Rules for alerts that people save.

use super::append::{self, NOBODY};
use super::{App, now};
use crate::guard;
use crate::problem::{Problem, ProblemKind};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use domain::Rule;
use flow::{Log, Value as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa::ToSchema;

const READ_BYTES: usize = 1 << 20;

/// A rule, as somebody saves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Its name.
    rule: String,
    /// What it looks at: the output of text models, or `posts`.
    of: String,
    /// `mean` or `number`.
    measure: String,
    /// Over how long, in seconds: a multiple of ten.
    window_s: u32,
    /// It speaks above this,
    #[serde(default)]
    above: Option<f64>,
    /// or below this.
    #[serde(default)]
    below: Option<f64>,
}

/// The rules that people saved, and did not take back.
#[derive(Serialize, ToSchema)]
pub struct Rules {
    /// By what they look at, then by name; records of topic `rules`.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<Rule<'static>>,
}

/// The rules that people saved.
#[utoipa::path(get, path = "/api/rules", tag = "search", responses(
    (status = 200, body = Rules), (status = 503, description = "The log cannot be read now", body = Problem)))]
pub async fn rules(State(app): State<Arc<App>>) -> Result<Json<Rules>, Problem> {
    let log = app.log.clone();
    Ok(Json(Rules { rules: tokio::task::spawn_blocking(move || saved(&*log)).await?? }))
}

/// Saves a rule: it runs in `watch-gauges` from now on. One of the same name that looks at the same takes its place.
#[utoipa::path(post, path = "/api/rules", tag = "search", request_body = Wish, responses(
    (status = 200, body = Rules),
    (status = 400, description = "The rule makes no sense", body = Problem),
    (status = 403, description = "Not from here", body = Problem)))]
pub async fn save(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Rules>, Problem> {
    guard::may_change(peer, &headers)?;
    guard::is_json(&headers)?;
    let bad = |error: serde_json::Error| Problem::invalid(format!("the body is no rule: {error}"));
    let Wish { rule, of, measure, window_s, above, below } = serde_json::from_slice(&body?).map_err(bad)?;
    let (rule, of, measure) = (rule.trim().to_owned().into(), of.into(), measure.into());
    tell(&app, Rule { rule, of, measure, window_s, above, below, removed: false, time: now() }).await
}

/// Takes a rule back; what it says ends with it.
#[utoipa::path(delete, path = "/api/rules/{of}/{rule}", tag = "search",
    params(("of" = String, Path, description = "What it looks at"), ("rule" = String, Path, description = "Its name")), responses(
    (status = 200, body = Rules),
    (status = 403, description = "Not from here", body = Problem),
    (status = 404, description = "There is no such rule", body = Problem)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path((of, name)): Path<(String, String)>,
) -> Result<Json<Rules>, Problem> {
    guard::may_change(peer, &headers)?;
    let log = app.log.clone();
    let saved = tokio::task::spawn_blocking(move || saved(&*log)).await??;
    let known = saved.into_iter().find(|rule| *rule.rule == *name && *rule.of == *of);
    let known = known.ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("there is no rule {name} of {of}")))?;
    tell(&app, Rule { removed: true, time: now(), ..known }).await
}

/// Writes a rule to the log; all that are in force then.
async fn tell(app: &App, rule: Rule<'static>) -> Result<Json<Rules>, Problem> {
    if let Some(fault) = rule.fault() {
        return Err(Problem::invalid(fault));
    }
    let log = app.log.clone();
    let rules = tokio::task::spawn_blocking(move || {
        let record = serde_json::to_value(&rule).map_err(|error| Problem::invalid(error.to_string()))?;
        append::put::<Rule<'_>>(&*log, NOBODY, &[record], |rule| rule.time)?;
        Ok::<_, Problem>(saved(&*log)?)
    });
    Ok(Json(Rules { rules: rules.await?? }))
}

/// The rules on the log that were not taken back.
fn saved(log: &dyn Log) -> Result<Vec<Rule<'static>>, flow::Error> {
    let mut rules = BTreeMap::new();
    let partitions = log.topics()?.iter().find(|spec| spec.name == Rule::TOPIC).map_or(0, |spec| spec.partitions);
    for partition in 0..partitions {
        let bounds = log.bounds(Rule::TOPIC, partition)?;
        let mut next = bounds.start;
        while next < bounds.end {
            let before = next;
            for batch in log.read(Rule::TOPIC, partition, next, READ_BYTES)? {
                for record in batch.block.records(batch.base, batch.from.max(next)) {
                    let Some(Ok(rule)) = record.value.map(|value| log.format().decode::<Rule<'_>>(value)) else { continue };
                    let name = (rule.of.to_string(), rule.rule.to_string());
                    match rule.removed {
                        true => rules.remove(&name),
                        false => rules.insert(name, owned(rule)),
                    };
                }
                next = next.max(batch.next());
            }
            if next == before {
                break;
            }
        }
    }
    Ok(rules.into_values().collect())
}

fn owned(rule: Rule<'_>) -> Rule<'static> {
    let (name, of, measure) = (rule.rule.into_owned(), rule.of.into_owned(), rule.measure.into_owned());
    let (window_s, above, below, removed, time) = (rule.window_s, rule.above, rule.below, rule.removed, rule.time);
    Rule { rule: name, of, measure, window_s, above, below, removed, time }
}
