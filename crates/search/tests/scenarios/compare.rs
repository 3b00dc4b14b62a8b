//! What is compared of an answer.

use crate::Scenario;
use serde_json::{Map, Value};

const STRIPPED: [&str; 18] = [
    "took",
    "timed_out",
    "_shards",
    "shards",
    "_primary_term",
    "uuid",
    "index_uuid",
    "cluster_uuid",
    "creation_date",
    "provided_name",
    "store.size",
    "pri.store.size",
    "stack_trace",
    "caused_by",
    "failed_shards",
    "line",
    "col",
    "",
];
const DATA: [&str; 4] = ["_source", "highlight", "properties", "mapping"];

/// An answer without what is never the same twice.
fn same_each_time(value: &Value, key: &str) -> Value {
    if DATA.contains(&key) {
        return value.clone();
    }
    match value {
        Value::Object(entries) => {
            let rootless = entries.get("root_cause").and_then(Value::as_array).is_some_and(Vec::is_empty);
            let kept = |name: &&String| !STRIPPED.contains(&name.as_str()) || rootless && *name == "caused_by";
            entries
                .iter()
                .filter(|(name, _)| kept(name))
                .map(|(name, inner)| (name.clone(), same_each_time(inner, name)))
                .collect()
        }
        Value::Array(items) => items.iter().map(|item| same_each_time(item, "")).collect(),
        Value::String(text) if key == "reason" => Value::String(placeless(text)),
        other => other.clone(),
    }
}

/// A reason without places in a text, and without the uuid after an index.
fn placeless(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(character) = rest.chars().next() {
        let place = rest.strip_prefix(" at [").or_else(|| rest.strip_prefix('['));
        if let Some((inside, after)) = place.and_then(|inner| inner.split_once(']')) {
            let numbers = inside.split_once(':').is_some_and(|(line, column)| {
                [line, column].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            });
            if numbers {
                rest = after.strip_prefix(' ').unwrap_or(after);
                continue;
            }
        }
        let uuid = rest.strip_prefix('/').and_then(|inner| inner.split_at_checked(22)).filter(|(uuid, after)| {
            after.starts_with(']') && uuid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        if let Some((_, after)) = uuid {
            rest = after;
            continue;
        }
        plain.push(character);
        rest = &rest[character.len_utf8()..];
    }
    plain
}

/// Only what paths lead to, or all but that; `*` is every key.
fn sifted(value: &Value, paths: &[Vec<String>], only: bool) -> Value {
    if only && paths.iter().any(Vec::is_empty) {
        return value.clone();
    }
    let inner = |key: &str, inner: &Value| {
        let fits = paths.iter().filter(|path| path.first().is_some_and(|first| first == "*" || first == key));
        let below: Vec<Vec<String>> = fits.map(|path| path[1..].to_vec()).collect();
        let kept = if only { !below.is_empty() } else { !below.iter().any(Vec::is_empty) };
        kept.then(|| sifted(inner, &below, only))
    };
    match value {
        Value::Object(entries) => {
            let kept = entries.iter().filter_map(|(name, value)| Some((name.clone(), inner(name, value)?)));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().enumerate().filter_map(|(at, item)| inner(&at.to_string(), item)).collect(),
        other => other.clone(),
    }
}

/// What a scenario looks at of an answer.
pub(crate) fn seen(scenario: &Scenario, answer: &Value) -> Value {
    let paths = |told: &[String]| -> Vec<Vec<String>> {
        told.iter().map(|path| path.trim_matches('/').split('/').map(str::to_owned).collect()).collect()
    };
    let answer = sifted(&same_each_time(answer, ""), &paths(&scenario.ignore), false);
    if scenario.only.is_empty() { answer } else { sifted(&answer, &paths(&scenario.only), true) }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

/// Tells where two answers differ.
pub(crate) fn differences(expected: &Value, got: &Value, tolerance: f64, path: &str, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in expected {
                let near = if matches!(name.as_str(), "_score" | "max_score") { 1e-3 } else { tolerance };
                match got.get(name) {
                    Some(other) => differences(value, other, near, &format!("{path}/{name}"), found),
                    None => found.push(format!("{path}/{name}: lacks: {}", short(value))),
                }
            }
            let more = got.iter().filter(|(name, _)| !expected.contains_key(*name));
            found.extend(more.map(|(name, value)| format!("{path}/{name}: is not expected: {}", short(value))));
        }
        (Value::Array(expected), Value::Array(got)) => {
            if expected.len() != got.len() {
                found.push(format!("{path}: {} expected, {} there", expected.len(), got.len()));
            }
            for (at, (one, other)) in expected.iter().zip(got).enumerate() {
                differences(one, other, tolerance, &format!("{path}/{at}"), found);
            }
        }
        (Value::Number(one), Value::Number(other)) => {
            let (a, b) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            let whole = one.as_i64().is_some() && other.as_i64().is_some();
            let near = if tolerance > 0.0 {
                tolerance
            } else if whole {
                0.0
            } else {
                1e-6
            };
            if (a - b).abs() > near * a.abs().max(b.abs()) {
                found.push(format!("{path}: {one} expected, {other} there"));
            }
        }
        _ if expected != got => found.push(format!("{path}: {} expected, {} there", short(expected), short(got))),
        _ => {}
    }
}
