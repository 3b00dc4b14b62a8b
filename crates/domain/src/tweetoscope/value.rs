//! What a message is made of, whichever way it is written.

use crate::Text;
use flow::Broken;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A part of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// `null` or `None`.
    Nothing,
    /// A whole number that fits.
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// Text, or a word that is nothing else.
    Text(Text<'a>),
    /// An array or a tuple.
    List(Vec<Value<'a>>),
    /// An object.
    Fields(Fields<'a>),
}

/// From here on a double is not exact, and a number that may be a name is better kept as it is written.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'a> Value<'a> {
    /// What a bare word means.
    pub(super) fn of_word(word: &'a str) -> Self {
        if matches!(word, "None" | "null" | "none") {
            return Value::Nothing;
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            // Zeros in front are part of a name.
            let whole = if word.starts_with('0') && word != "0" { None } else { word.parse().ok() };
            return whole.map_or_else(|| Value::Text(word.into()), Value::Whole);
        }
        match word.parse::<f64>() {
            Ok(number) if number.abs() < EXACT => Value::Number(number),
            _ => Value::Text(word.into()),
        }
    }

    /// As a number; text may hold one.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Value::Whole(whole) => *whole as f64,
            Value::Number(number) => *number,
            Value::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    /// As a count, rounded.
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Value::Whole(whole) => Some(*whole),
            Value::Text(text) if text.trim().parse::<u64>().is_ok() => text.trim().parse().ok(),
            other => other.number().map(f64::round).filter(|number| (0.0..=EXACT).contains(number)).map(|number| number as u64),
        }
    }

    /// As text; a number is text too.
    pub(super) fn text(self) -> Option<Text<'a>> {
        match self {
            Value::Whole(whole) => Some(whole.to_string().into()),
            Value::Number(number) => Some(number.to_string().into()),
            Value::Text(text) => Some(text),
            Value::Nothing | Value::List(_) | Value::Fields(_) => None,
        }
    }
}

/// The fields of an object, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields<'a>(pub(super) Vec<(Text<'a>, Value<'a>)>);

impl<'a> Fields<'a> {
    /// Takes the field of this name out, in whatever case it is written. Of several the last counts, as in Python; one that is
    /// null is not there.
    pub(super) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let (_, value) = self.0.iter_mut().rfind(|(other, _)| other.eq_ignore_ascii_case(name))?;
        match std::mem::replace(value, Value::Nothing) {
            Value::Nothing => None,
            value => Some(value),
        }
    }

    pub(super) fn needed(&mut self, name: &str) -> Result<Value<'a>, Broken> {
        self.take(name).ok_or_else(|| Broken(format!("no `{name}`")))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<f64, Broken> {
        let value = self.needed(name)?;
        value.number().ok_or_else(|| Broken(format!("`{name}` is not a finite number: {}", value.excerpt())))
    }

    /// The number of this name, if there is one.
    pub(super) fn optional(&mut self, name: &str) -> Result<Option<f64>, Broken> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let wrong = || Broken(format!("`{name}` is not a finite number: {}", value.excerpt()));
        value.number().map(Some).ok_or_else(wrong)
    }

    pub(super) fn whole(&mut self, name: &str) -> Result<u64, Broken> {
        let value = self.needed(name)?;
        value.whole().ok_or_else(|| Broken(format!("`{name}` is not a count: {}", value.excerpt())))
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Value<'a>>, Broken> {
        match self.needed(name)? {
            Value::List(values) => Ok(values),
            value => Err(Broken(format!("`{name}` is not a list: {}", value.excerpt()))),
        }
    }

    /// Text; empty where there is none.
    pub(super) fn text(&mut self, name: &str) -> Text<'a> {
        self.take(name).and_then(Value::text).unwrap_or_default()
    }
}

impl Value<'_> {
    /// What it looks like, in short.
    pub(super) fn excerpt(&self) -> String {
        match self {
            Value::Nothing => "null".to_owned(),
            Value::Whole(whole) => whole.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
            Value::List(values) => format!("a list of {}", values.len()),
            Value::Fields(_) => "an object".to_owned(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Value<'de>, E> {
        Ok(Value::Text(if is { "true" } else { "false" }.into()))
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(whole))
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Value<'de>, E> {
        self.visit_f64(whole as f64)
    }

    /// A number that is too long for a double may be a name, which the other reader keeps whole.
    fn visit_f64<E: Error>(self, number: f64) -> Result<Value<'de>, E> {
        if number.abs() < EXACT { Ok(Value::Number(number)) } else { Err(E::custom("not exact")) }
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value<'de>, A::Error> {
        let mut list = vec![];
        while let Some(part) = parts.next_element()? {
            list.push(part);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Value<'de>, A::Error> {
        let mut fields = vec![];
        while let Some(field) = parts.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Fields(Fields(fields)))
    }
}
