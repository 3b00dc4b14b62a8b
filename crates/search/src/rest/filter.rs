//! `filter_path`: parts of an answer. And JSON in which no key may stand twice.

use crate::patterns::matches;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt::Formatter;

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

/// JSON whose keys are each there once.
pub(super) struct Strict(pub Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Strict;

    fn expecting(&self, formatter: &mut Formatter) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict(Value::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Strict, E> {
        Ok(Strict(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Strict, E> {
        Ok(Strict(Value::String(value.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Strict, E> {
        Ok(Strict(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut all = vec![];
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Strict(Value::Array(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut all = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if all.contains_key(&name) {
                return Err(A::Error::custom(format!("Duplicate field '{name}'")));
            }
            all.insert(name, value);
        }
        Ok(Strict(Value::Object(all)))
    }
}
