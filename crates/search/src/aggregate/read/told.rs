//! What a request tells of an aggregation.

use crate::{Error, Result};
use serde_json::{Map, Value};

/// The body of an aggregation, its type and its name.
pub(super) struct Told<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) map: &'a Map<String, Value>,
}

impl<'a> Told<'a> {
    /// Refuses keys that nobody knows.
    pub(super) fn check(&self, known: &[&str]) -> Result<()> {
        let unknown = self.map.keys().find(|key| !known.contains(&key.as_str()));
        unknown.map_or(Ok(()), |key| {
            let reason = match key.as_str() {
                "script" => "scripts are not supported in aggregations".to_owned(),
                _ => format!("[{}] unknown field [{key}]", self.kind),
            };
            Err(Error::new(400, "x_content_parse_exception", reason))
        })
    }

    pub(super) fn refuse(&self, key: &str) -> Error {
        Error::new(400, "x_content_parse_exception", format!("[{}] failed to parse field [{key}]", self.kind))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refuse(key)),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| self.refuse(key)),
            Some(_) => Err(self.refuse(key)),
        }
    }

    /// A number that is not negative.
    pub(super) fn whole(&self, key: &str) -> Result<Option<u64>> {
        match self.number(key)? {
            None => Ok(None),
            Some(number) if number >= 0.0 => Ok(Some(number as u64)),
            Some(_) => Err(self.refuse(key)),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(_) => Err(self.refuse(key)),
        }
    }
}
