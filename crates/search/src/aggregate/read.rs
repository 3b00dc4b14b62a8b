//! Reads `aggs`.

mod buckets;
mod order;
mod siblings;
mod told;

use super::Scope;
use super::spec::{Metric, Missing, Node, Percentiles, Source, Style, TopHits, What};
use crate::dates::{self, Reading};
use crate::mapping::Kind;
use crate::sort::{Sort, full_text};
use crate::{Error, Result, blocks, java};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::sync::Arc;
use tantivy::columnar::MonotonicallyMappableToU64;
use told::Told;

/// So many hits a bucket may show.
const HITS: usize = 100;

/// Aggregations under their names, `depth` deep.
pub(super) fn nodes(body: &Value, scope: &Scope<'_>, depth: usize) -> Result<Vec<Node>> {
    let Value::Object(body) = body else {
        return Err(Error::parsing(format!("Unknown key for a {} in [aggs].", java::token(body))));
    };
    if depth > scope.limits.depth {
        return Err(Error::argument(format!("The depth of the aggregations exceeds the limit of [{}]", scope.limits.depth)));
    }
    let nodes: Vec<Node> = body.iter().map(|(name, told)| node(name, told, scope, depth)).collect::<Result<_>>()?;
    siblings::check(&nodes)?;
    Ok(nodes)
}

fn node(name: &str, told: &Value, scope: &Scope<'_>, depth: usize) -> Result<Node> {
    if name.is_empty() || name.contains(['[', ']', '>']) {
        let reason = "Aggregation names can contain any character except '[', ']', and '>'";
        return Err(Error::parsing(format!("Invalid aggregation name [{name}]. {reason}")));
    }
    let Value::Object(told) = told else {
        let reason =
            format!("Aggregation definition for [{name} starts with a [{}], expected a [START_OBJECT].", java::token(told));
        return Err(Error::parsing(reason));
    };
    let (mut kind, mut subs, mut meta): (Option<(&str, &Value)>, Vec<Node>, _) = (None, vec![], None);
    for (key, value) in told {
        match key.as_str() {
            "aggs" | "aggregations" => subs = nodes(value, scope, depth + 1)?,
            "meta" => meta = Some(value.clone()),
            _ => {
                if let Some((first, _)) = kind {
                    let reason = format!("Found two aggregation type definitions in [{name}]: [{first}] and [{key}]");
                    return Err(Error::parsing(reason));
                }
                kind = Some((key, value));
            }
        }
    }
    let Some((kind, body)) = kind else {
        return Err(Error::parsing(format!("Missing definition for aggregation [{name}]")));
    };
    let Value::Object(body) = body else {
        let reason = format!("Expected [START_OBJECT] under [{kind}], but got a [{}] in [{name}]", java::token(body));
        return Err(Error::parsing(reason));
    };
    let told = Told { kind, name, map: body };
    let mut node = Node { name: name.to_owned(), meta, what: what(&told, &subs, scope)?, subs };
    if let What::Terms(terms) = &node.what
        && terms.least == 0
        && (depth > 1 || terms.source.style.kind != Kind::Keyword)
    {
        let reason = format!("[min_doc_count] of 0 is for keywords in an aggregation at the top, which [{name}] is not");
        return Err(Error::argument(reason).in_search());
    }
    if let What::Global(inner) = &mut node.what {
        if depth > 1 {
            let reason = format!("Aggregator [{name}] of type [global] can only be defined as a top level aggregation");
            return Err(Error::new(500, "aggregation_execution_exception", reason).in_search());
        }
        *inner = Arc::new(std::mem::take(&mut node.subs));
    }
    Ok(node)
}

fn what(told: &Told<'_>, subs: &[Node], scope: &Scope<'_>) -> Result<What> {
    let is_leaf = !matches!(
        told.kind,
        "terms" | "histogram" | "date_histogram" | "range" | "date_range" | "filter" | "filters" | "missing" | "global"
    );
    let metric = |metric| Ok(What::Metric(numbers(told, &[], scope)?, metric));
    let what = match told.kind {
        "avg" => metric(Metric::Average),
        "sum" => metric(Metric::Sum),
        "min" => metric(Metric::Least),
        "max" => metric(Metric::Greatest),
        "stats" => metric(Metric::Stats),
        "extended_stats" => {
            let source = numbers(told, &["sigma"], scope)?;
            let sigma = told.number("sigma")?.unwrap_or(2.0);
            if sigma < 0.0 { Err(told.refuse("sigma")) } else { Ok(What::Metric(source, Metric::Extended(sigma))) }
        }
        "value_count" => Ok(What::Metric(any(told, &[], scope)?, Metric::Count)),
        "cardinality" => {
            let source = any(told, &["precision_threshold", "rehash", "execution_hint"], scope)?;
            told.whole("precision_threshold")?;
            Ok(What::Cardinality(source))
        }
        "percentiles" | "percentile_ranks" => percentiles(told, scope),
        "terms" => buckets::terms(told, subs, scope),
        "histogram" => buckets::histogram(told, subs, scope),
        "date_histogram" => buckets::date_histogram(told, subs, scope),
        "range" | "date_range" => buckets::range(told, scope),
        "filter" => buckets::filter(told, scope),
        "filters" => buckets::filters(told, scope),
        "missing" => Ok(What::Missing(any(told, &[], scope)?)),
        "top_hits" => top_hits(told, scope),
        "global" => Ok(What::Global(Arc::default())),
        "min_bucket" | "max_bucket" | "avg_bucket" | "sum_bucket" | "stats_bucket" => siblings::read(told),
        other => Err(Error::parsing(format!("Unknown aggregation type [{other}]"))),
    }?;
    if is_leaf && !subs.is_empty() {
        let reason = format!("Aggregator [{}] of type [{}] cannot accept sub-aggregations", told.name, told.kind);
        return Err(Error::new(500, "aggregation_initialization_exception", reason));
    }
    Ok(what)
}

/// A field of numbers, times or truths.
fn numbers(told: &Told<'_>, keys: &[&str], scope: &Scope<'_>) -> Result<Source> {
    let source = any(told, keys, scope)?;
    if let Some(leaf) = source.leaf.as_ref().filter(|leaf| leaf.kind == Kind::Keyword) {
        let path = told.text("field")?.unwrap_or_default();
        let reason = format!("Field [{path}] of type [{}] is not supported for aggregation [{}]", leaf.type_name, told.kind);
        return Err(Error::argument(reason).in_search());
    }
    Ok(source)
}

/// A field of any type but full text; `keys` are what else may be told.
fn any(told: &Told<'_>, keys: &[&str], scope: &Scope<'_>) -> Result<Source> {
    const SHARED: [&str; 5] = ["field", "missing", "format", "value_type", "time_zone"];
    told.check(&[&SHARED, keys].concat())?;
    let Some(path) = told.text("field")? else {
        return Err(Error::argument("Required one of fields [field, script], but none were specified. "));
    };
    let leaf = scope.mapping.leaf(path);
    if leaf.is_some_and(|leaf| leaf.kind == Kind::Text) {
        return Err(full_text(path));
    }
    let kind = match leaf {
        Some(leaf) => leaf.kind,
        None => guess(told)?,
    };
    let zone = match told.text("time_zone")? {
        Some(name) => dates::zone(name).map_err(|_| told.refuse("time_zone"))?,
        None => TimeZone::UTC,
    };
    let format = match (kind, told.text("format")?) {
        (Kind::Date, Some(format)) => {
            dates::check_format(format).map_err(Error::in_search)?;
            Some(format.to_owned())
        }
        (Kind::Date, None) => Some(scope.mapping.format(path).to_owned()),
        (_, None) => None,
        (_, Some(format)) if leaf.is_some() && told.kind != "date_histogram" => {
            return Err(
                Error::argument(format!("format [{format}] is supported for dates only, not for field [{path}]")).in_search()
            );
        }
        (_, Some(_)) => None,
    };
    let style = Style { kind, format, zone };
    let missing = told.map.get("missing").filter(|value| !value.is_null());
    let missing = missing.map(|value| missing_of(told, value, &style, scope.now_millis)).transpose()?;
    Ok(Source { leaf: leaf.cloned(), missing, style })
}

/// The kind of a field that nobody knows.
fn guess(told: &Told<'_>) -> Result<Kind> {
    if told.kind.starts_with("date_") {
        return Ok(Kind::Date);
    }
    Ok(match told.text("value_type")? {
        Some("long" | "int" | "integer" | "short" | "byte") => Kind::Long,
        Some("date") => Kind::Date,
        Some("boolean") => Kind::Boolean,
        Some("string") => Kind::Keyword,
        Some(_) => Kind::Double,
        None => match told.map.get("missing") {
            Some(Value::String(_)) => Kind::Keyword,
            Some(Value::Number(number)) if number.is_i64() && told.kind == "terms" => Kind::Long,
            _ => Kind::Double,
        },
    })
}

fn missing_of(told: &Told<'_>, value: &Value, style: &Style, now_millis: i64) -> Result<Missing> {
    if style.kind == Kind::Keyword {
        return Ok(Missing::Word(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    code(value, style, now_millis).map(Missing::Code).ok_or_else(|| told.refuse("missing"))
}

/// The code of a number, time or truth in a request.
fn code(value: &Value, style: &Style, now_millis: i64) -> Option<u64> {
    match (value, style.kind) {
        (Value::Bool(truth), _) => Some(blocks::code(style.kind, f64::from(u8::from(*truth)))),
        (Value::Number(number), Kind::Double) => Some(number.as_f64()?.to_u64()),
        (Value::Number(number), _) => match number.as_i64() {
            Some(whole) => Some(whole.to_u64()),
            None => Some(blocks::code(style.kind, number.as_f64()?)),
        },
        (Value::String(text), Kind::Date) => {
            let format = style.format.as_deref().unwrap_or(dates::DEFAULT_FORMAT);
            let reading = Reading { format, now_millis, zone: style.zone.clone() };
            Some(reading.sum(text, false).ok()?.to_u64())
        }
        (Value::String(text), Kind::Boolean) if text == "true" || text == "false" => Some(i64::from(text == "true").to_u64()),
        (Value::String(text), kind) => Some(blocks::code(kind, text.parse().ok()?)),
        _ => None,
    }
}

fn percentiles(told: &Told<'_>, scope: &Scope<'_>) -> Result<What> {
    let source = numbers(told, &["percents", "values", "keyed", "tdigest", "hdr"], scope)?;
    let ranks = told.kind == "percentile_ranks";
    let key = if ranks { "values" } else { "percents" };
    let points = match told.map.get(key) {
        None if ranks => return Err(Error::argument("[values] must not be null")),
        None => vec![1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0],
        Some(Value::Array(points)) => {
            points.iter().map(|point| point.as_f64().ok_or_else(|| told.refuse(key))).collect::<Result<_>>()?
        }
        Some(one) => vec![one.as_f64().ok_or_else(|| told.refuse(key))?],
    };
    if points.is_empty() {
        return Err(Error::argument(format!("[{key}] must not be empty")));
    }
    if !ranks && points.iter().any(|point| !(0.0..=100.0).contains(point)) {
        return Err(Error::argument("percent must be in [0,100]"));
    }
    Ok(What::Percentiles(source, Percentiles { points, keyed: told.flag("keyed")?.unwrap_or(true), ranks }))
}

fn top_hits(told: &Told<'_>, scope: &Scope<'_>) -> Result<What> {
    const KEYS: [&str; 11] = [
        "from",
        "size",
        "sort",
        "_source",
        "version",
        "seq_no_primary_term",
        "highlight",
        "stored_fields",
        "docvalue_fields",
        "track_scores",
        "fields",
    ];
    if let Some(unknown) = told.map.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Error::parsing(format!("Unknown key for a value in [{}]: [{unknown}].", told.name)));
    }
    let from = told.whole("from")?.unwrap_or(0);
    let size = told.whole("size")?.unwrap_or(3);
    if from.saturating_add(size) > HITS as u64 {
        let reason = format!(
            "Top hits result window is too large, the top hits aggregator [{}]'s from + size must be less than or equal to: [{HITS}] \
             but was [{}]. This limit can be set by changing the [index.max_inner_result_window] index level setting.",
            told.name,
            from.saturating_add(size)
        );
        return Err(Error::argument(reason).in_search());
    }
    let sort = Arc::new(Sort::read(told.map.get("sort"), None, scope.mapping)?);
    let body = Value::Object(Map::clone(told.map));
    Ok(What::TopHits(TopHits { from: from as usize, size: size as usize, sort, body }))
}
