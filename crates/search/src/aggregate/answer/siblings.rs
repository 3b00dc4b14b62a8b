//! Writes what comes of the buckets of an aggregation beside: `max_bucket` and its like.

use super::super::metrics::Stats;
use super::super::spec::{Metric, Node, Siblings, What};
use super::told::Fields;
use serde_json::{Map, Value, json};

/// Writes those that look at the aggregations beside them.
pub(super) fn write(nodes: &[Node], fields: &mut Fields, typed: bool) {
    for node in nodes {
        let What::Siblings(siblings) = &node.what else { continue };
        let from = siblings.path.first().and_then(|first| nodes.iter().find(|node| node.name == *first));
        let found = from.and_then(|from| fields.get(&from.told(typed)));
        let numbers = found.map(|found| numbers(siblings, &found, typed)).unwrap_or_default();
        let mut written = put_together(siblings.metric, &numbers);
        written.extend(node.meta.clone().map(|meta| ("meta".to_owned(), meta)));
        fields.put(&node.told(typed), &written);
    }
}

/// Each bucket's key and number, if it has one.
fn numbers(siblings: &Siblings, found: &Value, typed: bool) -> Vec<(String, f64)> {
    let named: Vec<(String, &Value)> = match found.get("buckets") {
        Some(Value::Array(buckets)) => buckets.iter().map(|bucket| (key(bucket), bucket)).collect(),
        Some(Value::Object(buckets)) => buckets.iter().map(|(name, bucket)| (name.clone(), bucket)).collect(),
        _ => vec![],
    };
    named.into_iter().filter_map(|(key, bucket)| Some((key, number(siblings, bucket, typed)?))).collect()
}

fn key(bucket: &Value) -> String {
    match bucket.get("key_as_string").or(bucket.get("key")) {
        Some(Value::String(key)) => key.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn number(siblings: &Siblings, bucket: &Value, typed: bool) -> Option<f64> {
    let counts = siblings.path.get(1).is_some_and(|name| name == "_count");
    // A bucket without documents is a gap, whatever a sum of nothing is.
    if !counts && bucket.get("doc_count")?.as_u64() == Some(0) {
        return None;
    }
    let mut at = bucket;
    for name in siblings.path.get(1..)? {
        if name == "_count" {
            return bucket.get("doc_count")?.as_f64();
        }
        let is_named = |key: &str| key == name || typed && key.split_once('#').is_some_and(|(_, key)| key == name);
        at = at.as_object()?.iter().find(|(key, _)| is_named(key))?.1;
    }
    let part = siblings.part.as_deref().unwrap_or("value");
    let values = at.get("values").unwrap_or(at);
    values.get(part).or_else(|| values.get(format!("{part}.0"))).or_else(|| at.get("doc_count"))?.as_f64()
}

fn put_together(metric: Metric, numbers: &[(String, f64)]) -> Map<String, Value> {
    let mut stats = Stats::default();
    numbers.iter().for_each(|(_, number)| stats.push(*number, false));
    let some = |number: f64| if stats.count > 0 { json!(number) } else { Value::Null };
    let value = match metric {
        Metric::Least => stats.least,
        Metric::Greatest => stats.greatest,
        Metric::Sum => return Map::from_iter([("value".to_owned(), json!(stats.sum.value()))]),
        Metric::Average => stats.average().unwrap_or(f64::NAN),
        _ => {
            let mut fields = Map::from_iter([("count".to_owned(), json!(stats.count))]);
            for part in ["min", "max", "avg"] {
                fields.insert(part.to_owned(), some(stats.part(part, 0.0)));
            }
            fields.insert("sum".to_owned(), json!(stats.sum.value()));
            return fields;
        }
    };
    let mut fields = Map::from_iter([("value".to_owned(), some(value))]);
    if metric != Metric::Average {
        let keys: Vec<&str> = numbers.iter().filter(|(_, number)| *number == value).map(|(key, _)| key.as_str()).collect();
        fields.insert("keys".to_owned(), json!(keys));
    }
    fields
}
