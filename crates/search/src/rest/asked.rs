//! What stands beside a search and would change what it finds: what is not kept to is refused.

use super::{Ask, resolve};
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Searches of one request, at most, and hits that they may ask for together.
const SEARCHES: usize = 1_000;
const HITS: u64 = 100_000;

/// Checks a search: its address and its body, which is read.
pub(super) fn check_search(ask: &Ask, names: &str) -> Result<Map<String, Value>> {
    check_address(ask, names)?;
    let body = ask.object()?;
    check_body(ask, names, &body)?;
    Ok(body)
}

/// Checks a count.
pub(super) fn check_count(ask: &Ask, names: &str) -> Result<()> {
    check_address(ask, names)?;
    check_early(ask, names, &Map::new())?;
    if ask.parameters.text("min_score").is_some() {
        return Err(unsupported("min_score", "leave it out, or search with a size of 0"));
    }
    Ok(())
}

/// Checks one of several searches by the line before it and its body; tells which indices it names.
pub(super) fn check_one(ask: &Ask, name: Option<&str>, head: &Map<String, Value>, body: &Map<String, Value>) -> Result<String> {
    let names = check_head(ask, name, head)?;
    check_body(ask, &names, body)?;
    Ok(names)
}

/// Checks how much several searches ask for together.
pub(super) fn check_amount<'b>(bodies: impl ExactSizeIterator<Item = &'b Map<String, Value>>) -> Result<()> {
    let searches = bodies.len();
    let hits = bodies.fold(0u64, |hits, body| hits.saturating_add(body.get("size").and_then(Value::as_u64).unwrap_or(10)));
    if searches <= SEARCHES && hits <= HITS {
        return Ok(());
    }
    let reason =
        format!("more than {SEARCHES} searches or {HITS} hits in one request are not supported by Goshawk: send several");
    Err(Error::argument(reason))
}

fn check_body(ask: &Ask, names: &str, body: &Map<String, Value>) -> Result<()> {
    check_total(ask, body)?;
    check_early(ask, names, body)
}

fn unsupported(name: &str, instead: &str) -> Error {
    Error::argument(format!("[{name}] is not supported by Goshawk here: {instead}"))
}

pub(super) fn check_address(ask: &Ask, names: &str) -> Result<()> {
    let parameters = &ask.parameters;
    if let Some(pipeline) = parameters.text("search_pipeline").filter(|pipeline| *pipeline != "_none") {
        return Err(Error::argument(format!("Pipeline {pipeline} is not defined")));
    }
    if let Some(told) = parameters.text("search_type") {
        check_type(told)?;
    }
    let name = "allow_partial_search_results";
    if parameters.text(name).is_some() && !parameters.flag(name)? && ask.named(names)?.len() > 1 {
        return Err(unsupported(name, "leave it out, or search one index"));
    }
    Ok(())
}

fn check_type(told: &str) -> Result<()> {
    match told {
        "query_then_fetch" | "dfs_query_then_fetch" => Ok(()),
        _ => Err(Error::argument(format!("No search type for [{told}]"))),
    }
}

/// A total that is a mere number must be all of it.
fn check_total(ask: &Ask, body: &Map<String, Value>) -> Result<()> {
    if !ask.parameters.flag("rest_total_hits_as_int")? {
        return Ok(());
    }
    let told = ask.parameters.text("track_total_hits").map(Value::from).or_else(|| body.get("track_total_hits").cloned());
    let number = told.and_then(|told| told.as_i64().or_else(|| told.as_str()?.parse().ok()));
    match number {
        Some(number) if (0..i64::from(i32::MAX)).contains(&number) => {
            let reason =
                format!("[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, got {number}");
            Err(Error::argument(reason))
        }
        _ => Ok(()),
    }
}

/// Nothing ends early: a number that would is refused, but not beside aggregations alone, which then are those of all documents.
fn check_early(ask: &Ask, names: &str, body: &Map<String, Value>) -> Result<()> {
    let told = ask.parameters.number("terminate_after")?.or_else(|| body.get("terminate_after").and_then(Value::as_i64));
    let buckets = body.contains_key("aggs") || body.contains_key("aggregations");
    match told {
        None | Some(0) => Ok(()),
        Some(..0) => Err(Error::argument("terminateAfter must be > 0")),
        Some(_) if buckets && body.get("size").and_then(Value::as_i64) == Some(0) => Ok(()),
        Some(most) => {
            for index in resolve(ask.indices, names, true)? {
                if index.searcher()?.num_docs() >= most as u64 {
                    return Err(unsupported("terminate_after", "leave it out"));
                }
            }
            Ok(())
        }
    }
}

/// The line before a search in `_msearch`; tells which indices it names.
fn check_head(ask: &Ask, name: Option<&str>, head: &Map<String, Value>) -> Result<String> {
    const KEPT: [&str; 12] = [
        "index",
        "search_type",
        "request_cache",
        "preference",
        "routing",
        "allow_partial_search_results",
        "ccs_minimize_roundtrips",
        "cancel_after_time_interval",
        "allow_no_indices",
        "ignore_unavailable",
        "ignore_throttled",
        "expand_wildcards",
    ];
    if head.contains_key("indices") {
        return Err(unsupported("indices", "say [index]"));
    }
    if let Some(key) = head.keys().find(|key| !KEPT.contains(&key.as_str())) {
        return Err(Error::argument(format!("key [{key}] is not supported in the metadata section")));
    }
    let names = match head.get("index") {
        Some(Value::Array(all)) => all.iter().map(crate::java::written).collect::<Vec<_>>().join(","),
        Some(one) => crate::java::written(one),
        None => name.unwrap_or("_all").to_owned(),
    };
    if let Some(told) = head.get("search_type") {
        check_type(&crate::java::written(told))?;
    }
    match head.get("expand_wildcards") {
        Some(Value::Array(all)) => {
            ask.check_wildcards(&names, &all.iter().map(crate::java::written).collect::<Vec<_>>().join(","))?
        }
        Some(told) => ask.check_wildcards(&names, &crate::java::written(told))?,
        None => {}
    }
    let partial = head.get("allow_partial_search_results").is_some_and(|told| crate::java::written(told) == "false");
    if partial && names.contains([',', '*']) {
        return Err(unsupported("allow_partial_search_results", "leave it out, or search one index"));
    }
    Ok(names)
}
