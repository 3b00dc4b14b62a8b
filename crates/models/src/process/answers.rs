//! What a program says, held against what it should.

use crate::{Answer, Type};
use domain::{Text, Worth};
use serde_json::Value;
use std::borrow::Cow;

/// Why there is no score where the program itself says that it has none.
pub const NOTHING: &str = "it has no score";

/// A word is no longer.
const LONGEST: usize = 1024;

/// The answers in an answer; whatever is in it, one for each text, or none at all.
pub fn of(of: Type, values: &[Value], asked: usize) -> Result<Vec<Answer>, String> {
    if values.len() != asked {
        return Err(format!("it gave {} answers to {asked} texts", values.len()));
    }
    Ok(values.iter().map(|value| answer(of, value)).collect())
}

fn answer(of: Type, value: &Value) -> Answer {
    let worth = match (of, value) {
        (_, Value::Null) => return Err(Cow::Borrowed(NOTHING)),
        (Type::Float, Value::Number(number)) => number.as_f64().filter(|number| number.is_finite()).map(Worth::Float),
        (Type::Integer, Value::Number(number)) => whole(number).map(Worth::Integer),
        (Type::Text, Value::String(text)) if text.len() <= LONGEST => Some(Worth::Text(Text::from(text.clone()))),
        _ => None,
    };
    worth.ok_or_else(|| {
        let said: String = value.to_string().chars().take(60).collect();
        Cow::Owned(format!("it said {said}, which is no {}", of.word()))
    })
}

/// A whole number, also one that is written as `1.0`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let real = || number.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < 9e15).map(|real| real as i64);
    number.as_i64().or_else(real)
}
