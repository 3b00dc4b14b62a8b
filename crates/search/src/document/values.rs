//! Single values, as the type of their field has them.

use crate::mapping::{Definition, Kind, Leaf};
use crate::{Error, Result, dates};
use serde_json::Value;
use tantivy::TantivyDocument;

/// The kind of the error for words that are too long.
pub(super) const IMMENSE: &str = "illegal_argument_exception_immense";

/// Longer keywords are refused, in bytes.
const LONGEST: usize = 32766;

/// Adds a value to a document.
pub(super) fn put(document: &mut TantivyDocument, leaf: &Leaf, definition: &Definition, value: &Value) -> Result<()> {
    match leaf.kind {
        Kind::Text => {
            let text = text(value)?;
            if !text.chars().any(char::is_alphanumeric) && crate::analysis::words(&text).is_empty() {
                document.add_text(crate::mapping::empty(), &leaf.column);
            }
            document.add_text(leaf.field, text);
        }
        Kind::Keyword => {
            let text = text(value)?;
            let limit = definition.ignore_above().unwrap_or(usize::MAX);
            if text.len() > limit && text.encode_utf16().count() > limit {
                return Ok(());
            }
            if text.len() > LONGEST {
                return Err(immense(&text));
            }
            document.add_text(leaf.field, text);
        }
        // An empty string is no number, and none is kept.
        Kind::Long | Kind::Double if value == "" => {}
        Kind::Long => document.add_i64(leaf.field, whole(&leaf.type_name, value)?),
        Kind::Double => document.add_f64(leaf.field, real(&leaf.type_name, value)?),
        Kind::Boolean => document.add_i64(leaf.field, i64::from(truth(value)?)),
        Kind::Date => document.add_i64(leaf.field, date(definition.format().unwrap_or(dates::DEFAULT_FORMAT), value)?),
    }
    Ok(())
}

/// The refusal of a word that is too long, but for the name of its field.
fn immense(text: &str) -> Error {
    let first = text.bytes().take(30).map(|byte| (byte as i8).to_string()).collect::<Vec<_>>().join(", ");
    let why = format!("bytes can be at most {LONGEST} in length; got {}", text.len());
    let reason = format!(
        "(whose UTF8 encoding is longer than the max length {LONGEST}), all of which were skipped.  Please correct the analyzer to not produce such terms.  The prefix of the first immense term is: '[{first}]...', original message: {why}"
    );
    let mut error = Error::new(400, IMMENSE, reason);
    error.cause = Some(Box::new(Error::new(400, "max_bytes_length_exceeded_exception", why)));
    error
}

fn text(value: &Value) -> Result<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Ok(text.as_str().into()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string().into()),
        _ => Err(Error::new(400, "illegal_state_exception", format!("Can't get text on a {} at 1:1", crate::java::token(value)))),
    }
}

fn no_number(text: &str) -> Error {
    if text.is_empty() {
        return Error::new(400, "number_format_exception", "empty String");
    }
    Error::argument(format!("For input string: \"{text}\""))
}

/// The bounds of a whole type, and its short name.
pub(crate) fn bounds(type_name: &str) -> (i64, i64, &'static str) {
    match type_name {
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX), "an integer"),
        "short" => (i64::from(i16::MIN), i64::from(i16::MAX), "a short"),
        "byte" => (i64::from(i8::MIN), i64::from(i8::MAX), "a byte"),
        _ => (i64::MIN, i64::MAX, "a long"),
    }
}

fn whole(type_name: &str, value: &Value) -> Result<i64> {
    let number = match value {
        Value::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_f64().map(|real| real.trunc() as i128)),
        Value::String(text) => {
            let exact = text.trim().parse::<i64>().ok().map(i128::from);
            let real = || text.trim().parse::<f64>().ok().filter(|real| real.is_finite()).map(|real| real.trunc() as i128);
            Some(exact.or_else(real).ok_or_else(|| no_number(text))?)
        }
        _ => None,
    };
    let Some(number) = number else { return Err(no_scalar(value)) };
    let (least, most, name) = bounds(type_name);
    if number < i128::from(least) || number > i128::from(most) {
        return Err(Error::argument(format!("Value [{}] is out of range for {name}", crate::java::written(value))));
    }
    Ok(number as i64)
}

fn no_scalar(value: &Value) -> Error {
    match value {
        Value::Bool(_) => Error::new(
            400,
            "json_parse_exception",
            "Current token (VALUE_BOOLEAN) not numeric, can not use numeric value accessors",
        ),
        _ => Error::argument(format!("Cannot parse object as number ({})", crate::java::token(value))),
    }
}

/// A number as its type rounds it.
pub(crate) fn rounded(type_name: &str, number: f64) -> f64 {
    match type_name {
        "float" => f64::from(number as f32),
        "half_float" => half(number),
        _ => number,
    }
}

/// The nearest number of eleven binary digits.
fn half(number: f64) -> f64 {
    let exponent = ((number.abs().to_bits() >> 52) as i32 - 1023).max(-14);
    let step = 2f64.powi(exponent - 10);
    (number / step).round_ties_even() * step
}

fn real(type_name: &str, value: &Value) -> Result<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.trim().parse::<f64>().map_err(|_| {
            let told = if text.is_empty() { "empty String".to_owned() } else { format!("For input string: \"{text}\"") };
            Error::new(400, "number_format_exception", told)
        })?),
        _ => None,
    };
    let Some(number) = number else { return Err(no_scalar(value)) };
    let kept = rounded(type_name, number);
    let limit = if type_name == "half_float" {
        65504.0
    } else if type_name == "float" {
        f64::from(f32::MAX)
    } else {
        f64::MAX
    };
    if !kept.is_finite() || kept.abs() > limit {
        return Err(Error::argument(format!("[{type_name}] supports only finite values, but got [{number}]")));
    }
    Ok(kept)
}

fn truth(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(told) => Ok(*told),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" || text.is_empty() => Ok(false),
        _ => Err(Error::argument(format!(
            "Failed to parse value [{}] as only [true] or [false] are allowed.",
            crate::java::written(value)
        ))),
    }
}

fn date(format: &str, value: &Value) -> Result<i64> {
    let reading = dates::Reading::new(format, 0);
    match value {
        Value::String(text) => reading.plain(text),
        Value::Number(number) => reading.plain(&number.to_string()),
        _ => reading.plain(&crate::java::written(value)),
    }
    .map_err(|error| Error::argument(error.reason))
}
