//! Values that queries name, as the type of their field has them.

use super::scoring::{ScoredFlag, scored};
use super::{Boxed, Context, constant, none, ranges, uncreatable};
use crate::document::{bounds, rounded};
use crate::mapping::{Kind, Leaf};
use crate::{Result, dates};
use serde_json::Value;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{Query, TermQuery};
use tantivy::schema::IndexRecordOption;

/// Documents with a word in a field.
pub(super) fn word(leaf: &Leaf, text: &str) -> Boxed {
    let option = if leaf.kind == Kind::Text { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
    scored(Box::new(TermQuery::new(Term::from_field_text(leaf.field, text), option)), leaf)
}

/// A number that may have been told as a string.
pub(super) fn number(value: &Value) -> Result<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    number.ok_or_else(|| {
        let told = crate::java::written(value);
        uncreatable(&if told.is_empty() { "empty String".to_owned() } else { format!("For input string: \"{told}\"") })
    })
}

/// A number of a type, as near as a single has it if the type is a single or less.
pub(super) fn real(type_name: &str, value: &Value) -> Result<f64> {
    let number = number(value)?;
    let most = match type_name {
        "float" => f64::from(f32::MAX),
        "half_float" => 65504.0,
        _ => return Ok(number),
    };
    let single = number as f32;
    if rounded(type_name, f64::from(single)).abs() > most {
        let told = if single.is_finite() { crate::java::single(single) } else { "Infinity".to_owned() };
        return Err(uncreatable(&format!("[{type_name}] supports only finite values, but got [{told}]")));
    }
    Ok(f64::from(single))
}

/// A whole number of a type, exactly, if it is one.
pub(super) fn whole(type_name: &str, value: &Value) -> Result<Option<i64>> {
    // Of the short ones only what is no `int` is refused.
    let (least, most, name) = bounds(if matches!(type_name, "byte" | "short") { "integer" } else { type_name });
    let number = exactly(value)?;
    let outside = match number {
        Some(number) => number < least || number > most,
        None => self::number(value)?.abs() >= most as f64,
    };
    if outside {
        let told = match value {
            Value::Number(number) if number.is_f64() => crate::java::double(number.as_f64().unwrap_or_default()),
            other => crate::java::written(other),
        };
        return Err(uncreatable(&format!("Value [{told}] is out of range for {name}")));
    }
    Ok(number)
}

fn exactly(value: &Value) -> Result<Option<i64>> {
    let exact = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if exact.is_some() {
        return Ok(exact);
    }
    let number = number(value)?;
    Ok((number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i64))
}

pub(super) fn truth(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        other => {
            let told = crate::java::written(other);
            Err(uncreatable(&format!("Can't parse boolean value [{told}], expected [true] or [false]")))
        }
    }
}

impl Context<'_> {
    /// Documents in whose field a value is.
    pub(super) fn value(&self, path: &str, leaf: &Leaf, value: &Value) -> Result<Boxed> {
        let found: Boxed = match leaf.kind {
            Kind::Keyword if leaf.is_own() => {
                let text = crate::java::written(value);
                return Ok(if path == "_index" {
                    self.of_index(&[text], false)
                } else {
                    constant(super::terms::ids(std::iter::once(text.as_str())), 1.0)
                });
            }
            Kind::Text | Kind::Keyword => {
                let text = crate::java::written(value);
                self.mark(path, super::Mark::Word(text.clone()));
                return Ok(word(leaf, &text));
            }
            Kind::Long => match whole(&leaf.type_name, value)? {
                Some(number) => ranges::longs(leaf, Bound::Included(number), Bound::Included(number)),
                None => none(),
            },
            Kind::Double => {
                let number = rounded(&leaf.type_name, real(&leaf.type_name, value)?);
                ranges::doubles(leaf, Bound::Included(number), Bound::Included(number))
            }
            Kind::Boolean => {
                let value = truth(value)?;
                let bound = Bound::Included(i64::from(value));
                let inner = ranges::longs(leaf, bound, bound).into();
                let flag: Box<dyn Query> = Box::new(ScoredFlag { inner, leaf: leaf.clone(), value });
                return Ok(flag);
            }
            Kind::Date => {
                let text = crate::java::written(value);
                let reading = dates::Reading::new(self.mapping.format(path), self.now_millis);
                let (from, to) = (reading.sum(&text, false)?, reading.sum(&text, true)?);
                ranges::longs(leaf, Bound::Included(from), Bound::Included(to))
            }
        };
        Ok(constant(found, 1.0))
    }
}
