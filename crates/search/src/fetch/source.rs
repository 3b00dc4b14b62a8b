//! Which parts of a source are shown.

use crate::patterns::matches;
use crate::{Error, Result, java};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Parts by pattern.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SourceFilter {
    none: bool,
    includes: Vec<String>,
    excludes: Vec<String>,
}

fn patterns(name: &str, value: &Value) -> Result<Vec<String>> {
    let one = |value: &Value| {
        let refuse = || Error::parsing(format!("Unknown key for a {} in [{name}].", java::token(value)));
        value.as_str().map(str::to_owned).ok_or_else(refuse)
    };
    match value {
        Value::Array(all) => all.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

pub(super) fn parsed(source: &[u8]) -> Result<Value> {
    serde_json::from_slice(source).map_err(|error| Error::new(500, "exception", format!("a source that is no JSON: {error}")))
}

impl SourceFilter {
    /// Nothing at all.
    pub(crate) fn none() -> Self {
        SourceFilter { none: true, ..SourceFilter::default() }
    }

    /// `_source` of a request.
    pub(crate) fn read(value: &Value) -> Result<Self> {
        let mut filter = SourceFilter::default();
        match value {
            Value::Bool(shown) => filter.none = !shown,
            Value::String(_) | Value::Array(_) => filter.includes = patterns("_source", value)?,
            Value::Object(told) => {
                for (name, value) in told {
                    match name.as_str() {
                        "includes" | "include" => filter.includes = patterns(name, value)?,
                        "excludes" | "exclude" => filter.excludes = patterns(name, value)?,
                        _ => return Err(Error::parsing(format!("Unknown key for a {} in [{name}].", java::token(value)))),
                    }
                }
            }
            _ => {
                let found = java::token(value);
                return Err(Error::parsing(format!("Expected one of [VALUE_BOOLEAN, START_OBJECT] but found [{found}]")));
            }
        }
        Ok(filter)
    }

    /// What `stored_fields` leaves of it: no field is stored but the source.
    pub(crate) fn of_stored(told: &Value) -> Self {
        let named = match told {
            Value::Array(all) => all.iter().any(|one| one == "_source" || one == "*"),
            one => one == "_source" || one == "*",
        };
        if named { SourceFilter::default() } else { SourceFilter::none() }
    }

    /// From what stands in an address.
    pub(crate) fn of_address(source: Option<&str>, includes: Option<&str>, excludes: Option<&str>) -> Option<Self> {
        let list = |told: Option<&str>| -> Vec<String> {
            told.into_iter().flat_map(|told| told.split(',')).map(str::to_owned).collect()
        };
        if source.is_none() && includes.is_none() && excludes.is_none() {
            return None;
        }
        let mut filter = SourceFilter { none: false, includes: list(includes), excludes: list(excludes) };
        match source {
            Some("false") => filter.none = true,
            Some("true" | "") | None => {}
            named => filter.includes.extend(list(named)),
        }
        Some(filter)
    }

    /// What is shown of a source.
    pub(crate) fn of<'a>(&self, source: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>> {
        if self.none {
            return Ok(None);
        }
        if self.includes.is_empty() && self.excludes.is_empty() {
            return Ok(Some(source.into()));
        }
        let Value::Object(whole) = parsed(source)? else { return Ok(Some(source.into())) };
        let left = self.part(whole, "", self.includes.is_empty());
        Ok(Some(Value::Object(left).to_string().into_bytes().into()))
    }

    fn part(&self, whole: Map<String, Value>, path: &str, included: bool) -> Map<String, Value> {
        let mut left = Map::new();
        for (name, value) in whole {
            let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if self.excludes.iter().any(|pattern| matches(pattern, &full)) {
                continue;
            }
            let included = included || self.includes.iter().any(|pattern| matches(pattern, &full));
            if let Some(value) = self.value(value, &full, included) {
                left.insert(name, value);
            }
        }
        left
    }

    fn value(&self, value: Value, path: &str, included: bool) -> Option<Value> {
        match value {
            Value::Object(inner) => {
                let left = self.part(inner, path, included);
                (included || !left.is_empty()).then_some(Value::Object(left))
            }
            Value::Array(items) => {
                let left: Vec<Value> = items.into_iter().filter_map(|item| self.value(item, path, included)).collect();
                (included || !left.is_empty()).then_some(Value::Array(left))
            }
            value => included.then_some(value),
        }
    }
}
