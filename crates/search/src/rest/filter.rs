//! `filter_path`: parts of an answer.

use crate::patterns::matches;
use serde_json::{Map, Value};

/// What a filter of paths leaves.
pub(super) fn filtered(value: Value, filter: &str) -> Value {
    let split = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mut kept, mut dropped) = (vec![], vec![]);
    for path in filter.split(',').filter(|path| !path.is_empty()) {
        match path.strip_prefix('-') {
            Some(path) => dropped.push(split(path)),
            None => kept.push(split(path)),
        }
    }
    let kept_value = if kept.is_empty() { value } else { keep(value, &refs(&kept)).unwrap_or_else(|| Value::Object(Map::new())) };
    discard(kept_value, &refs(&dropped))
}

fn refs(paths: &[Vec<String>]) -> Vec<&[String]> {
    paths.iter().map(Vec::as_slice).collect()
}

/// What of the paths lies below a name: each rest, and whether one ends here.
fn below<'a>(paths: &[&'a [String]], name: &str) -> (Vec<&'a [String]>, bool) {
    let mut rests = vec![];
    let mut ends = false;
    for path in paths {
        let Some((first, rest)) = path.split_first() else { continue };
        if first == "**" {
            rests.push(*path);
            if let Some((next, after)) = rest.split_first() {
                if matches(next, name) {
                    ends |= after.is_empty();
                    rests.push(after);
                }
            } else {
                ends = true;
            }
        } else if matches(first, name) {
            ends |= rest.is_empty();
            rests.push(rest);
        }
    }
    (rests, ends)
}

fn keep(value: Value, paths: &[&[String]]) -> Option<Value> {
    match value {
        Value::Object(entries) => {
            let left: Map<String, Value> = entries
                .into_iter()
                .filter_map(|(name, value)| {
                    let (rests, ends) = below(paths, &name);
                    let value = if ends { Some(value) } else { keep(value, &rests) };
                    value.map(|value| (name, value))
                })
                .collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Value::Array(items) => {
            let left: Vec<Value> = items.into_iter().filter_map(|item| keep(item, paths)).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        _ => None,
    }
}

fn discard(value: Value, paths: &[&[String]]) -> Value {
    match value {
        Value::Object(entries) if !paths.is_empty() => {
            let left = entries.into_iter().filter_map(|(name, value)| {
                let (rests, ends) = below(paths, &name);
                (!ends).then(|| (name, discard(value, &rests)))
            });
            Value::Object(left.collect())
        }
        Value::Array(items) if !paths.is_empty() => Value::Array(items.into_iter().map(|item| discard(item, paths)).collect()),
        value => value,
    }
}
