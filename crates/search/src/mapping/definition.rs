//! What a mapping says of a field, and mappings as JSON.

use super::{Kind, Leaf, Mapping};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a mapping says of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its type.
    pub type_name: String,
    /// The rest, as it was told.
    pub told: Map<String, Value>,
    /// Its sub-fields.
    pub fields: BTreeMap<String, Definition>,
}

/// What becomes of fields that no mapping names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dynamic {
    /// They are added.
    True,
    /// They are kept in the source only.
    False,
    /// Their documents are refused.
    Strict,
}

fn refuse(reason: String) -> Error {
    Error::new(400, "mapper_parsing_exception", reason)
}

impl Definition {
    /// A field of a type, without more.
    pub fn plain(type_name: &str) -> Self {
        Definition { type_name: type_name.to_owned(), told: Map::new(), fields: BTreeMap::new() }
    }

    /// What strings become that no mapping names: full text, and the string itself as `keyword`.
    pub fn dynamic_text() -> Self {
        let mut keyword = Definition::plain("keyword");
        keyword.told.insert("ignore_above".to_owned(), json!(256));
        let mut text = Definition::plain("text");
        text.fields.insert("keyword".to_owned(), keyword);
        text
    }

    /// What strings become that are dates in these formats.
    pub(crate) fn dynamic_date(format: &str) -> Self {
        let mut date = Definition::plain("date");
        if format != crate::dates::DEFAULT_FORMAT {
            date.told.insert("format".to_owned(), json!(format));
            date.told.insert("print_format".to_owned(), json!(format.split("||").next()));
        }
        date
    }

    /// Formats, if it is a date that tells its own.
    pub fn format(&self) -> Option<&str> {
        self.told.get("format").and_then(Value::as_str)
    }

    /// Longer strings are not indexed.
    pub fn ignore_above(&self) -> Option<usize> {
        self.told.get("ignore_above").and_then(Value::as_u64).map(|limit| limit as usize)
    }

    /// Are values that do not fit left out, and the document taken?
    pub fn ignore_malformed(&self) -> bool {
        truth(self.told.get("ignore_malformed")) == Some(true)
    }

    /// What the index keeps.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self.type_name.as_str() {
            "text" => Kind::Text,
            "keyword" => Kind::Keyword,
            "long" | "integer" | "short" | "byte" => Kind::Long,
            "double" | "float" | "half_float" => Kind::Double,
            "boolean" => Kind::Boolean,
            "date" => Kind::Date,
            _ => return None,
        })
    }

    fn read(path: &str, told: &Map<String, Value>) -> Result<Self> {
        let type_name = told.get("type").and_then(Value::as_str).unwrap_or("object");
        let mut definition = Definition::plain(type_name);
        let Some(kind) = definition.kind() else {
            return Err(refuse(format!("No handler for type [{type_name}] declared on field [{}]", last(path))));
        };
        for (name, value) in told {
            match name.as_str() {
                "type" => {}
                "fields" => definition.read_fields(path, value)?,
                _ => {
                    check(path, kind, type_name, name, value)?;
                    if !is_default(name, value) {
                        definition.told.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        Ok(definition)
    }

    fn read_fields(&mut self, path: &str, told: &Value) -> Result<()> {
        let Some(told) = told.as_object() else {
            return Err(refuse(format!("expected map for property [fields] on field [{}] or a list", last(path))));
        };
        for (name, one) in told {
            let one = one.as_object().ok_or_else(|| refuse(format!("Expected map for property [fields] on field [{name}]")))?;
            self.fields.insert(name.clone(), Definition::read(&format!("{path}.{name}"), one)?);
        }
        Ok(())
    }

    /// As JSON.
    pub(crate) fn told(&self) -> Value {
        let mut told = self.told.clone();
        told.insert("type".to_owned(), json!(self.type_name));
        if !self.fields.is_empty() {
            let fields: Map<String, Value> = self.fields.iter().map(|(name, field)| (name.clone(), field.told())).collect();
            told.insert("fields".to_owned(), Value::Object(fields));
        }
        Value::Object(told)
    }
}

pub(super) fn truth(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(told) => Some(*told),
        Value::String(told) => told.parse().ok(),
        _ => None,
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// What says nothing new is not told back.
fn is_default(name: &str, value: &Value) -> bool {
    matches!(
        (name, truth(Some(value))),
        ("index" | "doc_values" | "coerce" | "norms", Some(true)) | ("store" | "ignore_malformed", Some(false))
    )
}

/// Refuses what the index could not keep to.
fn check(path: &str, kind: Kind, type_name: &str, name: &str, value: &Value) -> Result<()> {
    let known = match name {
        "index" | "doc_values" | "coerce" | "norms" => truth(Some(value)).is_some(),
        "store" | "fielddata" | "eager_global_ordinals" => truth(Some(value)) == Some(false),
        "ignore_malformed" => truth(Some(value)).is_some() && !matches!(kind, Kind::Text | Kind::Keyword),
        "ignore_above" => kind == Kind::Keyword && value.as_u64().is_some(),
        "format" if kind == Kind::Date => {
            let format = value.as_str().unwrap_or_default();
            return crate::dates::check_format(format).map_err(|cause| {
                let mut error = refuse(format!("Invalid format: [{format}]"));
                error.cause = Some(Box::new(cause));
                error
            });
        }
        "analyzer" | "search_analyzer" if kind == Kind::Text => {
            let analyzer = value.as_str().unwrap_or_default();
            if analyzer != "standard" && analyzer != "default" {
                return Err(refuse(format!("analyzer [{analyzer}] has not been configured in mappings")));
            }
            true
        }
        "print_format" => kind == Kind::Date,
        "meta" => true,
        _ => false,
    };
    if known {
        return Ok(());
    }
    let field = last(path);
    Err(refuse(format!("unknown parameter [{name}] on mapper [{field}] of type [{type_name}]")))
}

impl Mapping {
    /// A mapping from its JSON: `{"properties": {...}}`.
    pub fn read(told: &Value) -> Result<Self> {
        let mut mapping = Mapping::new();
        mapping.merge(told)?;
        Ok(mapping)
    }

    /// Takes more fields on; one that is there must be the same. On error what was taken on before it stays.
    pub fn merge(&mut self, told: &Value) -> Result<()> {
        let Some(told) = told.as_object() else {
            return Err(refuse("Failed to parse mapping: Expected map".to_owned()));
        };
        for (name, value) in told {
            match name.as_str() {
                "properties" => self.merge_properties("", value)?,
                "dynamic" => self.dynamic = dynamic(value)?,
                "date_detection" if truth(Some(value)).is_some() => self.date_detection = truth(Some(value)) == Some(true),
                "numeric_detection" if truth(Some(value)) == Some(false) => {}
                "_source" | "_routing" | "_meta" if *value == json!({}) || *value == json!({"enabled": true}) => {}
                _ => {
                    let reason = format!(
                        "Root mapping definition has unsupported parameters:  [{name} : {}]",
                        crate::java::written(value)
                    );
                    return Err(refuse(reason));
                }
            }
        }
        Ok(())
    }

    fn merge_properties(&mut self, prefix: &str, told: &Value) -> Result<()> {
        let Some(told) = told.as_object() else {
            return Err(refuse("Expected map for property [properties]".to_owned()));
        };
        for (name, one) in told {
            let Some(one) = one.as_object() else {
                return Err(refuse(format!(
                    "Expected map for property [fields] on field [{name}] but got a class java.lang.String"
                )));
            };
            if name.is_empty() || name.split('.').any(str::is_empty) {
                return Err(Error::argument("field name cannot be an empty string"));
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let is_object = one.get("type").and_then(Value::as_str).is_none_or(|told| told == "object");
            if !is_object {
                let definition = Definition::read(&path, one)?;
                self.define(&path, definition)?;
            } else if one.contains_key("type") || one.contains_key("properties") || one.is_empty() {
                self.define_object(&path)?;
                if let Some(properties) = one.get("properties") {
                    self.merge_properties(&path, properties)?;
                }
            } else {
                return Err(refuse(format!("No type specified for field [{name}]")));
            }
        }
        Ok(())
    }

    /// Takes on what a document brought; what has no definition is an object.
    pub(crate) fn extend(&mut self, fields: &BTreeMap<String, Option<Definition>>) -> Result<()> {
        fields.iter().try_for_each(|(path, definition)| match definition {
            Some(definition) => self.define(path, definition.clone()),
            None => self.define_object(path),
        })
    }

    fn define_object(&mut self, path: &str) -> Result<()> {
        let mut end = path.len();
        loop {
            let object = path.get(..end).unwrap_or(path);
            if self.definitions.contains_key(object) {
                let reason = format!("can't merge a non object mapping [{object}] with an object mapping");
                return Err(Error::argument(reason));
            }
            self.objects.insert(object.to_owned());
            match object.rfind('.') {
                Some(dot) => end = dot,
                None => return Ok(()),
            }
        }
    }

    /// Adds a field, or checks that it is what it was.
    fn define(&mut self, path: &str, definition: Definition) -> Result<()> {
        if self.objects.contains(path) {
            return Err(Error::argument(format!("can't merge a non object mapping [{path}] with an object mapping")));
        }
        if let Some((parent, _)) = path.rsplit_once('.') {
            self.define_object(parent)?;
        }
        let mut whole = match self.definitions.get(path) {
            Some(old) => old.changed(path, &definition)?,
            None => {
                self.slot(path, &definition)?;
                Definition { fields: BTreeMap::new(), ..definition.clone() }
            }
        };
        for (name, field) in definition.fields {
            let path = format!("{path}.{name}");
            let field = match whole.fields.get(&name) {
                Some(old) => old.changed(&path, &field)?,
                None => {
                    self.slot(&path, &field)?;
                    field
                }
            };
            self.definitions.insert(path, field.clone());
            whole.fields.insert(name, field);
        }
        self.definitions.insert(path.to_owned(), whole);
        Ok(())
    }

    fn slot(&mut self, path: &str, definition: &Definition) -> Result<()> {
        let kind = definition.kind().ok_or_else(|| refuse(format!("No handler for type [{}]", definition.type_name)))?;
        self.add(path, kind, &definition.type_name).map(|_: &Leaf| ())
    }

    /// Is this a field of its own, no sub-field of another?
    pub(crate) fn is_whole(&self, path: &str) -> bool {
        path.rsplit_once('.').is_none_or(|(parent, _)| self.objects.contains(parent))
    }

    /// The mapping as JSON.
    pub fn told(&self) -> Value {
        let mut root = Map::new();
        match self.dynamic {
            Dynamic::True => {}
            Dynamic::False => drop(root.insert("dynamic".to_owned(), json!("false"))),
            Dynamic::Strict => drop(root.insert("dynamic".to_owned(), json!("strict"))),
        }
        if !self.date_detection {
            root.insert("date_detection".to_owned(), json!(false));
        }
        let fields = self.definitions.iter().filter(|(path, _)| self.is_whole(path));
        for (path, definition) in fields {
            place(&mut root, path, Some(definition.told()));
        }
        // What is in an object comes before it, and tells that it is one.
        for path in self.objects.iter().rev() {
            place(&mut root, path, None);
        }
        Value::Object(root)
    }

    /// The mapping and its slots, to be kept with the index.
    pub(crate) fn kept(&self) -> Value {
        let slots: BTreeMap<&str, &str> = self.leaves().map(|(path, leaf)| (path, leaf.column.as_str())).collect();
        json!({ "mapping": self.told(), "slots": slots })
    }

    /// The mapping that [`Mapping::kept`] told.
    pub(crate) fn revive(kept: &Value) -> Result<Self> {
        let mut mapping = Mapping::read(kept.get("mapping").unwrap_or(&Value::Null))?;
        for (path, leaf) in &mut mapping.leaves {
            let column = kept.pointer("/slots").and_then(|slots| slots.get(path)).and_then(Value::as_str);
            let column = column.ok_or_else(|| Error::new(500, "exception", format!("the index keeps no slot of [{path}]")))?;
            leaf.field = mapping.schema.get_field(column)?;
            leaf.column = column.to_owned();
        }
        Ok(mapping)
    }
}

fn dynamic(value: &Value) -> Result<Dynamic> {
    Ok(match (value, value.as_str()) {
        (Value::Bool(true), _) | (_, Some("true")) => Dynamic::True,
        (Value::Bool(false), _) | (_, Some("false")) => Dynamic::False,
        (_, Some("strict")) => Dynamic::Strict,
        _ => return Err(refuse(format!("Could not convert [dynamic] to boolean: {}", crate::java::written(value)))),
    })
}

/// Puts a definition where its path says; without one it is an object.
fn place(root: &mut Map<String, Value>, path: &str, told: Option<Value>) {
    let mut here = root;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let properties = here.entry("properties").or_insert_with(|| json!({}));
        let Some(properties) = properties.as_object_mut() else { return };
        if names.peek().is_none() {
            if let Some(told) = told {
                properties.insert(name.to_owned(), told);
            } else {
                properties.entry(name).or_insert_with(|| json!({"type": "object"}));
            }
            return;
        }
        let Some(next) = properties.entry(name).or_insert_with(|| json!({})).as_object_mut() else { return };
        here = next;
    }
}
