//! Reads `sort` and `search_after`.

use super::keys::After;
use super::{Column, Key, Missing, Mode, Sort, What, full_text};
use crate::blocks;
use crate::dates::{DEFAULT_FORMAT, Reading};
use crate::mapping::{Kind, Mapping};
use crate::{Error, Result};
use serde_json::{Map, Value};

/// So many keys an order may have.
const KEYS: usize = 32;

pub(super) fn sort(body: Option<&Value>, search_after: Option<&Value>, mapping: &Mapping) -> Result<Sort> {
    let mut keys = vec![];
    match body {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for item in items {
                entry(item, mapping, &mut keys)?;
            }
        }
        Some(other) => entry(other, mapping, &mut keys)?,
    }
    if keys.len() > KEYS {
        return Err(Error::argument(format!("The number of sort keys [{}] is greater than [{KEYS}]", keys.len())));
    }
    let named = !keys.is_empty();
    if search_after.is_some_and(|after| !after.is_null()) && !named {
        return Err(Error::argument("Sort must contain at least one field.").in_search());
    }
    if !named {
        keys.push(Key { what: What::Score, falling: true });
    }
    let after = search_after.filter(|after| !after.is_null()).map(|after| behind(after, &keys)).transpose()?;
    Ok(Sort { keys, after, named })
}

fn entry(item: &Value, mapping: &Mapping, keys: &mut Vec<Key>) -> Result<()> {
    match item {
        Value::String(name) => keys.push(key(name, &Map::new(), mapping)?),
        Value::Object(fields) => {
            for (name, told) in fields {
                keys.push(match told {
                    Value::String(order) => {
                        let told = Map::from_iter([("order".to_owned(), Value::String(order.clone()))]);
                        key(name, &told, mapping)?
                    }
                    Value::Object(told) => key(name, told, mapping)?,
                    _ => return Err(malformed()),
                });
            }
        }
        _ => return Err(malformed()),
    }
    Ok(())
}

fn malformed() -> Error {
    Error::argument("malformed sort format, within the sort array, an object, or an actual string are allowed")
}

fn key(name: &str, told: &Map<String, Value>, mapping: &Mapping) -> Result<Key> {
    let falling = match told.get("order").and_then(Value::as_str).map(str::to_lowercase).as_deref() {
        None => name == "_score",
        Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(Error::argument(format!("Unknown SortOrder [{other}]"))),
    };
    if matches!(name, "_script" | "_geo_distance") {
        return Err(Error::argument(format!("sorting by [{name}] is not supported")));
    }
    if name == "_score" || name == "_doc" {
        if let Some(unknown) = told.keys().find(|key| *key != "order" && *key != "reverse") {
            return Err(Error::new(400, "x_content_parse_exception", format!("[_score] unknown field [{unknown}]")));
        }
        return Ok(Key { what: if name == "_score" { What::Score } else { What::Doc }, falling });
    }
    Ok(Key { what: What::Field(column(name, told, falling, mapping)?), falling })
}

fn column(name: &str, told: &Map<String, Value>, falling: bool, mapping: &Mapping) -> Result<Column> {
    for unknown in told.keys() {
        if !matches!(unknown.as_str(), "order" | "missing" | "mode" | "unmapped_type") {
            let reason = match unknown.as_str() {
                "numeric_type" | "nested" | "nested_path" | "nested_filter" => format!("[{unknown}] is not supported in sort"),
                _ => format!("[field_sort] unknown field [{unknown}]"),
            };
            return Err(Error::new(400, "x_content_parse_exception", reason));
        }
    }
    let leaf = mapping.leaf(name);
    let unmapped = told.get("unmapped_type").and_then(Value::as_str);
    let kind = match (leaf, unmapped) {
        (Some(leaf), _) => leaf.kind,
        (None, Some(type_name)) => kind_of(type_name)?,
        (None, None) => {
            let reason = format!("No mapping found for [{name}] in order to sort on");
            return Err(Error::new(400, "query_shard_exception", reason).in_search());
        }
    };
    if kind == Kind::Text {
        return Err(full_text(name));
    }
    let type_name = leaf.map_or(unmapped.unwrap_or_default(), |leaf| leaf.type_name.as_str());
    let ends = match type_name {
        "integer" | "short" | "byte" | "boolean" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let single = matches!(type_name, "float" | "half_float");
    let format = mapping.format(name).to_owned();
    let mode = mode(told.get("mode"), falling, kind)?;
    let missing = missing(told.get("missing"), kind, &format)?;
    Ok(Column { path: name.to_owned(), leaf: leaf.cloned(), kind, ends, missing, mode, format, single })
}

fn kind_of(type_name: &str) -> Result<Kind> {
    Ok(match type_name {
        "long" | "integer" | "short" | "byte" => Kind::Long,
        "double" | "float" | "half_float" => Kind::Double,
        "date" => Kind::Date,
        "boolean" => Kind::Boolean,
        "keyword" => Kind::Keyword,
        other => return Err(Error::argument(format!("No mapper found for type [{other}]")).in_search()),
    })
}

fn mode(told: Option<&Value>, falling: bool, kind: Kind) -> Result<Mode> {
    let mode = match told.and_then(Value::as_str) {
        None => return Ok(if falling { Mode::Greatest } else { Mode::Least }),
        Some("min") => Mode::Least,
        Some("max") => Mode::Greatest,
        Some("avg") => Mode::Average,
        Some("sum") => Mode::Sum,
        Some("median") => Mode::Median,
        Some(other) => return Err(Error::argument(format!("Unknown SortMode [{other}]"))),
    };
    if kind == Kind::Keyword && !matches!(mode, Mode::Least | Mode::Greatest) {
        let reason = "we only support AVG, MEDIAN and SUM on number based fields";
        return Err(Error::new(400, "query_shard_exception", reason).in_search());
    }
    Ok(mode)
}

fn missing(told: Option<&Value>, kind: Kind, format: &str) -> Result<Missing> {
    match told {
        None | Some(Value::Null) => Ok(Missing::Last),
        Some(Value::String(word)) if word == "_last" => Ok(Missing::Last),
        Some(Value::String(word)) if word == "_first" => Ok(Missing::First),
        Some(Value::String(word)) if kind == Kind::Keyword => Ok(Missing::Word(word.clone())),
        Some(other) if kind == Kind::Keyword => Ok(Missing::Word(other.to_string())),
        Some(other) => Ok(Missing::Code(number(other, kind, format, "missing")?)),
    }
}

/// The code of a number, time or truth as it stands in a request.
fn number(value: &Value, kind: Kind, format: &str, name: &str) -> Result<u64> {
    use tantivy::columnar::MonotonicallyMappableToU64;
    let refuse = || Error::argument(format!("Failed to parse search_after value for field [{name}].")).in_search();
    match (value, kind) {
        (Value::Number(number), Kind::Double) => Ok(number.as_f64().ok_or_else(refuse)?.to_u64()),
        (Value::Number(number), _) => match number.as_i64() {
            Some(whole) => Ok(whole.to_u64()),
            None => Ok(blocks::code(kind, number.as_f64().ok_or_else(refuse)?)),
        },
        (Value::Bool(truth), _) => Ok(i64::from(*truth).to_u64()),
        (Value::String(text), Kind::Date) => {
            // Sort values that came back as they were given out may be numbers, whatever the field's format.
            let under = Reading::new(format, 0).plain(text);
            let millis = under.or_else(|error| text.parse::<i64>().map_err(|_| error));
            Ok(millis.or_else(|_| Reading::new(DEFAULT_FORMAT, 0).plain(text)).map_err(Error::in_search)?.to_u64())
        }
        (Value::String(text), Kind::Double) => match text.as_str() {
            "Infinity" => Ok(f64::INFINITY.to_u64()),
            "-Infinity" => Ok(f64::NEG_INFINITY.to_u64()),
            _ => Ok(text.parse::<f64>().map_err(|_| refuse())?.to_u64()),
        },
        (Value::String(text), Kind::Boolean) if text == "true" || text == "false" => Ok(i64::from(text == "true").to_u64()),
        (Value::String(text), _) => Ok(text.parse::<i64>().map_err(|_| refuse())?.to_u64()),
        _ => Err(refuse()),
    }
}

fn behind(told: &Value, keys: &[Key]) -> Result<Vec<After>> {
    use tantivy::columnar::MonotonicallyMappableToU64;
    let Value::Array(values) = told else {
        return Err(Error::parsing("Expected [START_ARRAY] in [search_after]"));
    };
    if values.len() != keys.len() {
        let reason = format!("search_after has {} value(s) but sort has {}.", values.len(), keys.len());
        return Err(Error::argument(reason).in_search());
    }
    let one = |(value, key): (&Value, &Key)| {
        Ok(match &key.what {
            // Scores are given out as short as they may be.
            What::Score => After::Number(f64::from(f64::from_u64(number(value, Kind::Double, "", "_score")?) as f32).to_u64()),
            What::Doc => After::Number(i64::from_u64(number(value, Kind::Long, "", "_doc")?).max(0) as u64),
            What::Field(column) if column.kind == Kind::Keyword => match value {
                Value::Null => After::Missing,
                Value::String(word) => After::Word(word.clone()),
                other => After::Word(other.to_string()),
            },
            What::Field(_) if value.is_null() => After::Missing,
            What::Field(column) => {
                let code = number(value, column.kind, &column.format, &column.path)?;
                After::Number(if column.single { f64::from(f64::from_u64(code) as f32).to_u64() } else { code })
            }
        })
    };
    values.iter().zip(keys).map(one).collect()
}
