//! A schema in an order for people: a JSON object has none of its own.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// What comes first in a schema; what is not named here comes behind, by its name.
const KEYWORDS: &[&str] = &[
    "$schema",
    "title",
    "description",
    "x-topic",
    "x-key",
    "x-version",
    "const",
    "$ref",
    "type",
    "format",
    "pattern",
    "minimum",
    "enum",
    "oneOf",
    "anyOf",
    "items",
    "required",
    "properties",
    "$defs",
];

/// A schema, or a part of one, beside the same part of the schema of what is written: only that one requires every field,
/// and so knows the order of them all.
#[derive(Clone, Copy)]
pub(super) struct Ordered<'a> {
    pub(super) schema: &'a Value,
    written: &'a Value,
    fields: Option<&'a Value>,
}

impl<'a> Ordered<'a> {
    /// All of a schema.
    pub(super) fn new(schema: &'a Value, written: &'a Value) -> Self {
        Ordered { schema, written, fields: None }
    }

    /// A member of an object, or an element of a list.
    fn part(self, name: &str, schema: &'a Value, written: Option<&'a Value>) -> Self {
        let fields = if name == "properties" { self.written.get("required") } else { None };
        Ordered { schema, written: written.unwrap_or(&Value::Null), fields }
    }

    /// The members of an object, in order.
    fn members(self) -> Vec<(&'a str, Ordered<'a>)> {
        let all = self.schema.as_object().into_iter().flatten();
        let mut members: Vec<_> =
            all.map(|(name, schema)| (name.as_str(), self.part(name, schema, self.written.get(name)))).collect();
        members.sort_by_key(|(name, _)| (self.place(name), *name));
        members
    }

    /// The fields that an object's schema names, in order.
    pub(super) fn fields(self) -> Vec<(&'a str, Ordered<'a>)> {
        self.members().into_iter().find(|(name, _)| *name == "properties").map(|(_, part)| part.members()).unwrap_or_default()
    }

    /// What the elements of a list are.
    pub(super) fn items(self) -> Option<Ordered<'a>> {
        self.schema.get("items").map(|items| self.part("items", items, self.written.get("items")))
    }

    /// What a value may be: one of several, or only this.
    pub(super) fn alternatives(self) -> Vec<Ordered<'a>> {
        let Some(all) = self.schema.get("anyOf").and_then(Value::as_array) else { return vec![self] };
        let written = self.written.get("anyOf");
        all.iter().enumerate().map(|(at, schema)| self.part("", schema, written.and_then(|all| all.get(at)))).collect()
    }

    /// The part of `root` that this part of it refers to, or this part itself.
    pub(super) fn resolve(self, root: Ordered<'a>) -> Ordered<'a> {
        let path = self.schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        let target = path.and_then(|path| Some((root.schema.pointer(path)?, root.written.pointer(path)?)));
        target.map_or(self, |(schema, written)| Ordered::new(schema, written))
    }

    fn place(self, name: &str) -> usize {
        let place = match self.fields.and_then(Value::as_array) {
            Some(fields) => fields.iter().position(|field| field == name),
            None => KEYWORDS.iter().position(|keyword| *keyword == name),
        };
        place.unwrap_or(usize::MAX)
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.schema {
            Value::Object(_) => serializer.collect_map(self.members()),
            Value::Array(parts) => {
                let parts = parts.iter().enumerate();
                serializer.collect_seq(parts.map(|(at, schema)| self.part("", schema, self.written.get(at))))
            }
            plain => plain.serialize(serializer),
        }
    }
}
