//! The columns of a table of documents: one a field, as the index has them.

use super::{Failure, ask};
use domain::Finder;
use serde_json::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Whole,
    Real,
    Truth,
    /// Milliseconds since 1970.
    Time,
}

/// A column: a field, by its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What people look for comes first, in this order; then what models say, by name.
const FIRST: [&str; 12] =
    ["id", "date", "network", "kind", "pseudo", "content", "lang", "place", "country", "followers", "tracks", "root"];

/// The columns of an index.
pub fn columns(finder: &dyn Finder) -> Result<Vec<Column>, Failure> {
    let mapping = ask(finder, &format!("/{}/_mapping", finder.index()), &Value::Null)?;
    let mut columns = vec![];
    if let Some(properties) = mapping.get(finder.index()).and_then(|index| index.pointer("/mappings/properties")) {
        gather("", properties, &mut columns);
    }
    columns.sort_by_key(|column: &Column| {
        let place = FIRST.iter().position(|name| *name == column.name).unwrap_or(FIRST.len());
        (place, column.name.clone())
    });
    Ok(columns)
}

fn gather(before: &str, properties: &Value, columns: &mut Vec<Column>) {
    for (name, field) in properties.as_object().into_iter().flatten() {
        let path = format!("{before}{name}");
        if let Some(inner) = field.get("properties") {
            gather(&format!("{path}."), inner, columns);
            continue;
        }
        let kind = match field.get("type").and_then(Value::as_str).unwrap_or_default() {
            "long" | "integer" | "short" | "byte" => Kind::Whole,
            "double" | "float" | "half_float" => Kind::Real,
            "boolean" => Kind::Truth,
            "date" => Kind::Time,
            _ => Kind::Text,
        };
        columns.push(Column { name: path, kind });
    }
}

impl Column {
    pub fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    /// A document's value, if it has one.
    pub fn value<'a>(&self, source: &'a Value) -> Option<&'a Value> {
        let found = self.name.split('.').try_fold(source, |value, name| value.get(name));
        found.filter(|value| !value.is_null())
    }

    /// The value as text: of a list, its items with semicolons between.
    pub fn text(&self, source: &Value) -> Option<String> {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(match self.value(source)? {
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(";"),
            value => plain(value),
        })
    }
}
