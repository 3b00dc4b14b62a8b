//! Reads aggregations that make buckets.

use super::super::Scope;
use super::super::rounding::{Rounding, Unit};
use super::super::spec::{By, Choice, Filters, Form, Histogram, Node, Order, Range, Source, Span, Style, Terms, What};
use super::told::Told;
use super::{any, code, numbers, order};
use crate::mapping::Kind;
use crate::{Error, Result, blocks, dates};
use regex::Regex;
use serde_json::{Map, Value};
use std::sync::Arc;

/// So long a pattern may be.
const PATTERN: usize = 1000;

pub(super) fn terms(told: &Told<'_>, subs: &[Node], scope: &Scope<'_>) -> Result<What> {
    const KEYS: [&str; 11] = [
        "size",
        "shard_size",
        "min_doc_count",
        "shard_min_doc_count",
        "order",
        "include",
        "exclude",
        "execution_hint",
        "collect_mode",
        "show_term_doc_count_error",
        "value_type",
    ];
    let source = any(told, &KEYS, scope)?;
    let size = told.whole("size")?.unwrap_or(10);
    if size == 0 {
        return Err(told.refuse("size"));
    }
    let least = told.whole("min_doc_count")?.unwrap_or(1);
    let order = order::read(told, subs, Order { by: By::Count, falling: true })?;
    let include = choice(told, "include", &source, scope)?;
    let exclude = choice(told, "exclude", &source, scope)?;
    let errors = told.flag("show_term_doc_count_error")?.unwrap_or(false);
    Ok(What::Terms(Terms { source, size: size as usize, least, order, include, exclude, errors }))
}

fn choice(told: &Told<'_>, key: &str, source: &Source, scope: &Scope<'_>) -> Result<Option<Choice>> {
    let is_word = source.style.kind == Kind::Keyword || source.leaf.is_none();
    match told.map.get(key) {
        None => Ok(None),
        Some(Value::Array(items)) if is_word => {
            let word = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            Ok(Some(Choice::Words(items.iter().map(word).collect())))
        }
        Some(Value::Array(items)) => {
            let number = |item: &Value| code(item, &source.style, scope.now_millis).ok_or_else(|| told.refuse(key));
            Ok(Some(Choice::Codes(items.iter().map(number).collect::<Result<_>>()?)))
        }
        Some(Value::String(pattern)) if is_word => Ok(Some(Choice::Pattern(compile(pattern)?))),
        Some(Value::String(_)) => Err(Error::argument(format!(
            "Aggregation [{}] cannot support regular expression style include/exclude settings as they can only be applied to string \
             fields. Use an array of numeric values for include/exclude clauses used to filter numeric fields",
            told.name
        ))
        .in_search()),
        Some(_) => Err(told.refuse(key)),
    }
}

/// A pattern as Lucene has them, of which only what all have is taken.
fn compile(pattern: &str) -> Result<Regex> {
    let refuse = |why: &str| Error::argument(format!("pattern [{pattern}] {why}")).in_search();
    if pattern.len() > PATTERN {
        return Err(refuse("is too long"));
    }
    let mut escaped = false;
    for letter in pattern.chars() {
        if !escaped && matches!(letter, '~' | '@' | '&' | '<' | '#' | '"' | '^' | '$') {
            return Err(refuse(&format!(
                "has the operator [{letter}], which is not supported; put a backslash before the letter itself"
            )));
        }
        escaped = letter == '\\' && !escaped;
    }
    let whole = format!("^(?s:{pattern})$");
    regex::RegexBuilder::new(&whole).size_limit(1 << 20).build().map_err(|_| refuse("is not a regular expression"))
}

const HISTOGRAM: [&str; 6] = ["offset", "keyed", "min_doc_count", "order", "extended_bounds", "hard_bounds"];

pub(super) fn histogram(told: &Told<'_>, subs: &[Node], scope: &Scope<'_>) -> Result<What> {
    let source = numbers(told, &[&HISTOGRAM[..], &["interval"]].concat(), scope)?;
    let interval = told.number("interval")?.ok_or_else(|| told.refuse("interval"))?;
    if interval <= 0.0 || !interval.is_finite() {
        return Err(told.refuse("interval"));
    }
    let offset = told.number("offset")?.unwrap_or(0.0);
    common(told, subs, source, Rounding::Number { interval, offset }, scope)
}

pub(super) fn date_histogram(told: &Told<'_>, subs: &[Node], scope: &Scope<'_>) -> Result<What> {
    const KEYS: [&str; 3] = ["interval", "fixed_interval", "calendar_interval"];
    let source = numbers(told, &[&HISTOGRAM[..], &KEYS].concat(), scope)?;
    let (fixed, calendar) = (told.text("fixed_interval")?, told.text("calendar_interval")?);
    if fixed.is_some() && calendar.is_some() {
        return Err(told.refuse("fixed_interval"));
    }
    let offset = match told.map.get("offset") {
        None => 0,
        Some(Value::Number(number)) => number.as_i64().ok_or_else(|| told.refuse("offset"))?,
        Some(Value::String(text)) => duration(text).ok_or_else(|| told.refuse("offset"))?,
        Some(_) => return Err(told.refuse("offset")),
    };
    let zone = source.style.zone.clone();
    let (key, text) = match (fixed, calendar, told.map.get("interval")) {
        (Some(text), ..) => ("fixed_interval", text.to_owned()),
        (_, Some(text), _) => ("calendar_interval", text.to_owned()),
        (.., Some(Value::String(text))) => ("interval", text.clone()),
        (.., Some(Value::Number(number))) => ("interval", format!("{number}ms")),
        _ => return Err(Error::argument("Invalid interval specified, must be non-null and non-empty").in_search()),
    };
    let unit = unit(&text).filter(|_| key != "fixed_interval");
    let rounding = match unit {
        Some(Some(unit)) => Rounding::Calendar { unit, offset, zone },
        Some(None) => Rounding::Fixed { interval: if text.contains('h') { 3_600_000 } else { 60_000 }, offset, zone },
        None => {
            let interval = duration(&text).filter(|millis| *millis > 0 && key != "calendar_interval");
            Rounding::Fixed { interval: interval.ok_or_else(|| told.refuse(key))?, offset, zone }
        }
    };
    common(told, subs, source, rounding, scope)
}

/// A unit of the calendar; none of those is a minute or an hour, which are as long always.
fn unit(text: &str) -> Option<Option<Unit>> {
    Some(match text {
        "minute" | "1m" | "hour" | "1h" => None,
        "day" | "1d" => Some(Unit::Day),
        "week" | "1w" => Some(Unit::Week),
        "month" | "1M" => Some(Unit::Month),
        "quarter" | "1q" => Some(Unit::Quarter),
        "year" | "1y" => Some(Unit::Year),
        _ => return None,
    })
}

/// Milliseconds of `10m`, `+6h` or `-90s`.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(millis)?.checked_mul(sign)
}

fn common(told: &Told<'_>, subs: &[Node], source: Source, rounding: Rounding, scope: &Scope<'_>) -> Result<What> {
    let extended = bounds(told, "extended_bounds", &source.style, scope)?;
    let (least, greatest) = bounds(told, "hard_bounds", &source.style, scope)?;
    let hard = (least.unwrap_or(f64::NEG_INFINITY), greatest.unwrap_or(f64::INFINITY));
    if let Some((least, greatest)) = extended.0.zip(extended.1).filter(|(least, greatest)| least > greatest) {
        let reason = format!(
            "[extended_bounds.min][{least}] cannot be greater than [extended_bounds.max][{greatest}] for histogram aggregation [{}]",
            told.name
        );
        return Err(Error::argument(reason).in_search());
    }
    Ok(What::Histogram(Histogram {
        least: told.whole("min_doc_count")?.unwrap_or(0),
        keyed: told.flag("keyed")?.unwrap_or(false),
        order: order::read(told, subs, Order { by: By::Key, falling: false })?,
        dates: told.kind == "date_histogram",
        extended,
        hard,
        rounding: Arc::new(rounding),
        source,
    }))
}

/// Either end may be missing.
fn bounds(told: &Told<'_>, key: &str, style: &Style, scope: &Scope<'_>) -> Result<(Option<f64>, Option<f64>)> {
    let Some(body) = told.map.get(key) else { return Ok((None, None)) };
    let Value::Object(body) = body else { return Err(told.refuse(key)) };
    let one = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => bound(value, style, scope).map(Some).ok_or_else(|| told.refuse(key)),
    };
    Ok((one("min")?, one("max")?))
}

/// A number, or a time in milliseconds.
fn bound(value: &Value, style: &Style, scope: &Scope<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if style.kind != Kind::Date => text.parse().ok(),
        _ => code(value, style, scope.now_millis).map(|code| blocks::number(style.kind, code)),
    }
}

pub(super) fn range(told: &Told<'_>, scope: &Scope<'_>) -> Result<What> {
    let mut source = numbers(told, &["ranges", "keyed"], scope)?;
    let dates = told.kind == "date_range";
    if dates && source.style.format.is_none() {
        source.style.format = Some(dates::DEFAULT_FORMAT.to_owned());
    }
    let Some(Value::Array(ranges)) = told.map.get("ranges") else { return Err(told.refuse("ranges")) };
    if ranges.is_empty() {
        return Err(Error::argument(format!("No [ranges] specified for the [{}] aggregation", told.name)).in_search());
    }
    let mut spans = ranges.iter().map(|range| span(told, range, &source.style, scope)).collect::<Result<Vec<_>>>()?;
    let ends = |span: &Span| (span.from.unwrap_or(f64::NEG_INFINITY), span.to.unwrap_or(f64::INFINITY));
    spans.sort_by(|one, other| {
        let (one, other) = (ends(one), ends(other));
        one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1))
    });
    Ok(What::Range(Range { source, ranges: spans, keyed: told.flag("keyed")?.unwrap_or(false), dates }))
}

fn span(told: &Told<'_>, range: &Value, style: &Style, scope: &Scope<'_>) -> Result<Span> {
    let Value::Object(range) = range else { return Err(told.refuse("ranges")) };
    if let Some(unknown) = range.keys().find(|key| !matches!(key.as_str(), "key" | "from" | "to")) {
        return Err(Error::new(400, "x_content_parse_exception", format!("[range] unknown field [{unknown}]")));
    }
    let end = |name: &str| match range.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => bound(value, style, scope).map(Some).ok_or_else(|| told.refuse("ranges")),
    };
    let (from, to) = (end("from")?, end("to")?);
    let key = match range.get("key").and_then(Value::as_str) {
        Some(key) => key.to_owned(),
        None => {
            let written = |end: Option<f64>| end.map_or_else(|| "*".to_owned(), |end| style.written(end));
            format!("{}-{}", written(from), written(to))
        }
    };
    Ok(Span { key, from, to })
}

pub(super) fn filter(told: &Told<'_>, scope: &Scope<'_>) -> Result<What> {
    let query = (scope.query)(&Value::Object(Map::clone(told.map)))?;
    Ok(What::Filters(Filters { filters: vec![(String::new(), query)], other: None, form: Form::One }))
}

pub(super) fn filters(told: &Told<'_>, scope: &Scope<'_>) -> Result<What> {
    told.check(&["filters", "other_bucket", "other_bucket_key"])?;
    let (filters, form) = match told.map.get("filters") {
        Some(Value::Object(filters)) => {
            let read = |(name, query): (&String, &Value)| Ok((name.clone(), (scope.query)(query)?));
            let mut filters = filters.iter().map(read).collect::<Result<Vec<_>>>()?;
            filters.sort_by(|one, other| one.0.cmp(&other.0));
            (filters, Form::Keyed)
        }
        Some(Value::Array(filters)) => {
            let read = |query: &Value| Ok((String::new(), (scope.query)(query)?));
            (filters.iter().map(read).collect::<Result<Vec<_>>>()?, Form::Anonymous)
        }
        _ => return Err(told.refuse("filters")),
    };
    if filters.is_empty() {
        return Err(Error::argument("[filters] cannot be empty."));
    }
    let key = told.text("other_bucket_key")?;
    let other = told.flag("other_bucket")?.unwrap_or(key.is_some());
    let other = other.then(|| key.unwrap_or("_other_").to_owned());
    Ok(What::Filters(Filters { filters, other, form }))
}
