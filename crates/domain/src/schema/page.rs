//! The pages of `docs/topics/`, written from the schemas.

use super::examples::examples;
use super::ordered::Ordered;
use super::{VERSION, schema, written};
use serde_json::Value;

const MADE: &str = "This page and the schema are made from the types in `crates/domain`; a test holds them true.\n";

/// The page of a topic, in Markdown: what its records say, field by field, and one or two as they are.
pub fn page(topic: &str) -> Option<String> {
    let (schema, written) = (schema(topic)?, written(topic)?);
    let root = Ordered::new(&schema, &written);
    let table = Table { root };
    let key = word(&schema, "x-key");
    let examples = examples(topic)?.into_iter().map(|example| {
        let (caption, key, value) = (example.caption, example.key, example.value);
        format!("{caption} Its key is `{key}`.\n\n```json\n{value}\n```\n")
    });
    let sections = [
        format!("# {topic}\n\n{}\n", word(&schema, "description")),
        format!("Key: the text of `{key}`. Schema: [{topic}.schema.json]({topic}.schema.json), version {VERSION}."),
        "[All topics](README.md) have in common how times are written, and what stands beside a record on Kafka.\n".to_owned(),
        "## Fields\n\n| field | type | required | meaning |\n| --- | --- | --- | --- |".to_owned(),
        table.rows(root, "").join("\n") + "\n",
    ];
    let parts = sections.into_iter().chain(table.choices(root)).chain(["## Examples\n".to_owned()]).chain(examples);
    Some(parts.chain([MADE.to_owned()]).collect::<Vec<_>>().join("\n"))
}

/// The fields of a schema, as tables.
#[derive(Clone, Copy)]
struct Table<'a> {
    root: Ordered<'a>,
}

impl<'a> Table<'a> {
    /// A row for each field, and behind it those of the fields inside it, their names behind `prefix`.
    fn rows(self, object: Ordered<'a>, prefix: &str) -> Vec<String> {
        let required = object.schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|required| required.iter().any(|other| other == name));
        let mut rows = vec![];
        for (name, field) in object.fields() {
            let required = if is_required(name) { "yes" } else { "no" };
            let (kind, meaning) = (self.kind(field), cell(&self.meaning(field)));
            rows.push(format!("| `{prefix}{name}` | {kind} | {required} | {meaning} |"));
            rows.extend(self.inside(field).into_iter().flat_map(|part| self.rows(part, &format!("{prefix}{name}."))));
        }
        rows
    }

    /// What can stand in a field, or in the list that it is.
    fn inside(self, field: Ordered<'a>) -> Vec<Ordered<'a>> {
        let parts = field.alternatives().into_iter().map(|part| part.resolve(self.root));
        parts.map(|part| part.items().map_or(part, |items| items.resolve(self.root))).collect()
    }

    /// The type of a field, in words.
    fn kind(self, field: Ordered<'a>) -> String {
        let parts = field.alternatives().into_iter().map(|part| part.resolve(self.root));
        parts.flat_map(|part| self.names(part)).collect::<Vec<_>>().join(" or ")
    }

    fn names(self, part: Ordered<'a>) -> Vec<String> {
        let names = match part.schema.get("type") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(name)) => vec![name.as_str()],
            _ => vec![],
        };
        let is_unsigned = part.schema.get("minimum").is_some_and(|least| *least == 0);
        let names = names.into_iter().map(|name| match name {
            "integer" if is_unsigned => "unsigned integer".to_owned(),
            "string" if word(part.schema, "format") == "date-time" => "[time](README.md#times)".to_owned(),
            "array" => format!("list ({})", part.items().map(|items| self.kind(items)).unwrap_or_default()),
            plain => plain.to_owned(),
        });
        names.collect()
    }

    /// What a field means, and when it is which of its alternatives.
    fn meaning(self, field: Ordered<'a>) -> String {
        let parts = field.alternatives().into_iter().skip_while(|part| part.schema == field.schema);
        let words = [field].into_iter().chain(parts).map(|part| word(part.schema, "description"));
        words.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A table for each field that holds one of a few words.
    fn choices(self, object: Ordered<'a>) -> Vec<String> {
        let tables = object.fields().into_iter().filter_map(|(name, field)| {
            let choices = field.resolve(self.root).schema.get("oneOf")?.as_array()?.iter();
            let rows = choices.map(|choice| format!("| `{}` | {} |\n", word(choice, "const"), cell(word(choice, "description"))));
            Some(format!("| `{name}` | meaning |\n| --- | --- |\n{}", rows.collect::<String>()))
        });
        tables.collect()
    }
}

/// A keyword's text.
pub(super) fn word<'a>(schema: &'a Value, keyword: &str) -> &'a str {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default()
}

/// Text that fits into a cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
