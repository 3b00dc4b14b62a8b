//! Fields apart from the source: as their types have them, or as the columns hold them.

use crate::columns::Values;
use crate::mapping::{Kind, Leaf, Mapping};
use crate::search::Target;
use crate::{Error, Result, dates, java};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use tantivy::DocAddress;

/// A field, or several by pattern, and how dates are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pattern: String,
    format: Option<String>,
}

/// Reads `fields` or `docvalue_fields`.
pub(crate) fn wanted(name: &str, told: &Value) -> Result<Vec<Wanted>> {
    let one = |told: &Value| match told {
        Value::String(pattern) => Ok(Wanted { pattern: pattern.clone(), format: None }),
        Value::Object(entries) => {
            let text = |key: &str| entries.get(key).and_then(Value::as_str).map(str::to_owned);
            let pattern = text("field").ok_or_else(|| Error::argument("Required [field]"))?;
            let format = text("format").filter(|format| format != "use_field_mapping");
            format.as_deref().map_or(Ok(()), dates::check_format)?;
            Ok(Wanted { pattern, format })
        }
        other => Err(Error::parsing(format!("Unknown key for a {} in [{name}].", java::token(other)))),
    };
    match told {
        Value::Array(all) => all.iter().map(one).collect(),
        other => Err(Error::parsing(format!("Unknown key for a {} in [{name}].", java::token(other)))),
    }
}

fn date(millis: i64, wanted: &Wanted, mapping: &Mapping, path: &str) -> Value {
    let format = wanted.format.as_deref().unwrap_or_else(|| mapping.format(path));
    json!(dates::write(millis, format, &TimeZone::UTC))
}

pub(super) fn from_columns(into: &mut Map<String, Value>, target: &Target, at: DocAddress, wanted: &[Wanted]) -> Result<()> {
    for one in wanted {
        for path in target.mapping.matching(&one.pattern) {
            let Some(leaf) = target.mapping.leaf(path) else { continue };
            if leaf.kind == Kind::Text {
                if one.pattern.contains('*') {
                    continue;
                }
                return Err(crate::sort::full_text(path));
            }
            let values = column(target, at, leaf, &|millis| date(millis, one, &target.mapping, path))?;
            if !values.is_empty() {
                into.insert(path.to_owned(), Value::Array(values));
            }
        }
    }
    Ok(())
}

fn column(target: &Target, at: DocAddress, leaf: &Leaf, date: &dyn Fn(i64) -> Value) -> Result<Vec<Value>> {
    let document = at.doc_id;
    Ok(match Values::open(target.searcher.segment_reader(at.segment_ord), leaf)? {
        Values::None => vec![],
        Values::Words(words) => {
            let mut ordinals: Vec<u64> = words.term_ords(document).collect();
            ordinals.sort_unstable();
            ordinals.dedup();
            let mut values = vec![];
            for ordinal in ordinals {
                let mut word = String::new();
                words.ord_to_str(ordinal, &mut word)?;
                values.push(Value::String(word));
            }
            values
        }
        Values::Whole(numbers) => {
            let mut numbers: Vec<i64> = numbers.values_for_doc(document).collect();
            numbers.sort_unstable();
            let write = |number: i64| match leaf.kind {
                Kind::Boolean => json!(number != 0),
                Kind::Date => date(number),
                _ => json!(number),
            };
            numbers.into_iter().map(write).collect()
        }
        Values::Real(numbers) => {
            let mut numbers: Vec<f64> = numbers.values_for_doc(document).collect();
            numbers.sort_unstable_by(f64::total_cmp);
            numbers.into_iter().map(|number| json!(number)).collect()
        }
    })
}

pub(super) fn from_source(into: &mut Map<String, Value>, mapping: &Mapping, source: &Value, wanted: &[Wanted]) -> Result<()> {
    for one in wanted {
        for path in mapping.matching(&one.pattern) {
            let Some(leaf) = mapping.leaf(path) else { continue };
            let found = at_path(source, whole(mapping, path));
            let write = |value: &Value| shown(value, leaf, path, mapping, one);
            let values: Vec<Value> = found.into_iter().filter_map(write).collect();
            if !values.is_empty() {
                into.insert(path.to_owned(), Value::Array(values));
            }
        }
    }
    Ok(())
}

/// A sub-field's values are those of its field.
pub(super) fn whole<'a>(mapping: &Mapping, path: &'a str) -> &'a str {
    match path.rsplit_once('.') {
        Some((parent, _)) if !mapping.is_whole(path) => parent,
        _ => path,
    }
}

fn shown(value: &Value, leaf: &Leaf, path: &str, mapping: &Mapping, wanted: &Wanted) -> Option<Value> {
    let text = java::written(value);
    Some(match leaf.kind {
        Kind::Date => date(dates::Reading::new(mapping.format(path), 0).plain(&text).ok()?, wanted, mapping, path),
        Kind::Text => Value::String(text),
        Kind::Keyword => {
            let limit = mapping.definition(path).and_then(|found| found.ignore_above()).unwrap_or(usize::MAX);
            (text.encode_utf16().count() <= limit).then_some(Value::String(text))?
        }
        Kind::Boolean => json!(text == "true"),
        Kind::Long => value.as_i64().or_else(|| text.parse::<f64>().ok().map(|number| number as i64)).map(Value::from)?,
        Kind::Double => json!(crate::document::rounded(&leaf.type_name, text.parse::<f64>().ok()?)),
    })
}

/// All values at a path, whatever lists stand on the way.
pub(super) fn at_path<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| at_path(item, path)).collect(),
        Value::Null => vec![],
        value if path.is_empty() => {
            if value.is_object() {
                vec![]
            } else {
                vec![value]
            }
        }
        Value::Object(entries) => {
            let fits = |name: &str| {
                let rest = path.strip_prefix(name)?;
                if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
            };
            entries.iter().filter_map(|(name, inner)| Some(at_path(inner, fits(name)?))).flatten().collect()
        }
        _ => vec![],
    }
}
