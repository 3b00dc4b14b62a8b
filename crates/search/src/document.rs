//! From a JSON document to what the index keeps of it.

mod values;
pub(crate) use values::{bounds, rounded};
#[cfg(test)]
mod tests;

use crate::mapping::{Definition, Dynamic, Mapping};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tantivy::TantivyDocument;

/// Objects within objects, at most.
const DEEPEST: usize = 20;

/// What a document came to.
pub(crate) enum Reading {
    /// All of its fields are known.
    Whole(TantivyDocument),
    /// These are not, and the mapping lets them in; those without a definition are objects.
    Unknown(BTreeMap<String, Option<Definition>>),
}

/// A document in the making.
struct Walk<'a> {
    mapping: &'a Mapping,
    id: &'a str,
    document: TantivyDocument,
    unknown: BTreeMap<String, Option<Definition>>,
    /// Is what does not fit left out?
    lenient: bool,
}

/// Reads a document by a mapping.
pub(crate) fn read(mapping: &Mapping, id: &str, source: &Map<String, Value>) -> Result<Reading> {
    let mut walk = Walk { mapping, id, document: TantivyDocument::default(), unknown: BTreeMap::new(), lenient: false };
    walk.object("", source, 1)?;
    Ok(if walk.unknown.is_empty() { Reading::Whole(walk.document) } else { Reading::Unknown(walk.unknown) })
}

/// What of a document fits a mapping that came after it.
pub(crate) fn what_fits(mapping: &Mapping, id: &str, source: &Map<String, Value>) -> TantivyDocument {
    let mut walk = Walk { mapping, id, document: TantivyDocument::default(), unknown: BTreeMap::new(), lenient: true };
    // Nothing is refused.
    let _ = walk.object("", source, 1);
    walk.document
}

fn refuse(reason: String) -> Error {
    Error::new(400, "mapper_parsing_exception", reason)
}

/// The refusal of a name that stands for an object and for a value.
fn both(path: &str) -> Error {
    Error::argument(format!("can't merge a non object mapping [{path}] with an object mapping"))
}

impl Walk<'_> {
    fn object(&mut self, path: &str, object: &Map<String, Value>, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(Error::argument(format!(
                "Limit of mapping depth [{DEEPEST}] has been exceeded due to object field [{path}]"
            )));
        }
        for (name, value) in object {
            if name.is_empty() || name.starts_with('.') || name.ends_with('.') || name.contains("..") {
                let mut error = refuse("failed to parse".to_owned());
                error.cause = Some(Box::new(Error::argument(format!("field name cannot be an empty string [{name}]"))));
                self.refuse(error)?;
                continue;
            }
            let done = if path.is_empty() {
                self.reserved(name).and_then(|()| self.field(name, value, depth))
            } else {
                self.field(&format!("{path}.{name}"), value, depth)
            };
            done.or_else(|error| self.refuse(error))?;
        }
        Ok(())
    }

    fn refuse(&self, error: Error) -> Result<()> {
        if self.lenient { Ok(()) } else { Err(error) }
    }

    fn reserved(&self, name: &str) -> Result<()> {
        let own = ["_id", "_source", "_index", "_routing", "_field_names", "_ignored", "_version", "_seq_no"];
        if !own.contains(&name) {
            return Ok(());
        }
        let mut error = refuse(format!(
            "failed to parse field [{name}] of type [{name}] in document with id '{}'. Preview of field's value: ''",
            self.id
        ));
        let reason = format!(
            "Field [{name}] is a metadata field and cannot be added inside a document. Use the index API request parameters."
        );
        error.cause = Some(Box::new(refuse(reason)));
        Err(error)
    }

    fn field(&mut self, path: &str, value: &Value, depth: usize) -> Result<()> {
        if let Some(definition) = self.mapping.definition(path).filter(|_| self.mapping.is_whole(path)) {
            return self.leaf(path, definition, value);
        }
        match value {
            Value::Null => Ok(()),
            Value::Object(inner) => {
                if self.takes_object(path)? {
                    self.object(path, inner, depth + 1)?;
                }
                Ok(())
            }
            Value::Array(_) if self.mapping.dynamic == Dynamic::Strict && !self.mapping.is_object(path) => Err(self.closed(path)),
            Value::Array(items) => items.iter().try_for_each(|item| match item {
                Value::Array(_) if depth >= DEEPEST => Err(Error::argument("arrays within arrays, too deep")),
                Value::Array(_) => self.field(path, item, depth + 1),
                item => self.field(path, item, depth),
            }),
            _ if self.mapping.is_object(path) => Err(refuse(format!(
                "object mapping for [{path}] tried to parse field [{}] as object, but found a concrete value",
                path.rsplit('.').next().unwrap_or(path)
            ))),
            _ => self.unknown(path, value),
        }
    }

    /// Is an object looked into? One that is new becomes known, however little is in it.
    fn takes_object(&mut self, path: &str) -> Result<bool> {
        match self.mapping.dynamic {
            _ if self.mapping.is_object(path) => Ok(true),
            Dynamic::False => Ok(false),
            Dynamic::Strict => Err(self.closed(path)),
            Dynamic::True => {
                let known = self.unknown.entry(path.to_owned()).or_insert(None);
                if known.is_some() { Err(both(path)) } else { Ok(true) }
            }
        }
    }

    /// The refusal of a name in a mapping that takes no more.
    fn closed(&self, path: &str) -> Error {
        let ends = path.match_indices('.').map(|(dot, _)| dot).chain([path.len()]);
        let new = ends.filter_map(|end| path.get(..end)).find(|part| !self.mapping.is_object(part)).unwrap_or(path);
        let (parent, name) = new.rsplit_once('.').unwrap_or(("_doc", new));
        let reason = format!("mapping set to strict, dynamic introduction of [{name}] within [{parent}] is not allowed");
        Error::new(400, "strict_dynamic_mapping_exception", reason)
    }

    fn unknown(&mut self, path: &str, value: &Value) -> Result<()> {
        match self.mapping.dynamic {
            Dynamic::False => return Ok(()),
            Dynamic::Strict => return Err(self.closed(path)),
            Dynamic::True => {}
        }
        let definition = match value {
            Value::String(text) if self.mapping.date_detection && crate::dates::detected(text).is_some() => {
                Definition::dynamic_date(crate::dates::detected(text).unwrap_or_default())
            }
            Value::String(_) => Definition::dynamic_text(),
            Value::Bool(_) => Definition::plain("boolean"),
            Value::Number(number) if number.is_f64() => Definition::plain("float"),
            _ => Definition::plain("long"),
        };
        let (new, path) = (definition.type_name.clone(), path.to_owned());
        match self.unknown.entry(path.clone()).or_insert(Some(definition)) {
            None => Err(both(&path)),
            Some(first) if first.type_name != new => {
                let first = &first.type_name;
                Err(Error::argument(format!("mapper [{path}] cannot be changed from type [{first}] to [{new}]")))
            }
            Some(_) => Ok(()),
        }
    }

    fn leaf(&mut self, path: &str, definition: &Definition, value: &Value) -> Result<()> {
        match value {
            Value::Null => return Ok(()),
            Value::Array(items) => return items.iter().try_for_each(|item| self.leaf(path, definition, item)),
            _ => {}
        }
        self.value(path, definition, value)?;
        for (name, field) in &definition.fields {
            self.value(&format!("{path}.{name}"), field, value)?;
        }
        Ok(())
    }

    fn value(&mut self, path: &str, definition: &Definition, value: &Value) -> Result<()> {
        let Some(leaf) = self.mapping.leaf(path) else { return Ok(()) };
        match values::put(&mut self.document, leaf, definition, value) {
            Err(_) if definition.ignore_malformed() || self.lenient => Ok(()),
            Err(error) if error.kind == values::IMMENSE => {
                let reason = format!("Document contains at least one immense term in field=\"{path}\" {}", error.reason);
                Err(Error { cause: error.cause, ..Error::argument(reason) })
            }
            done => done.map_err(|error| self.wrap(path, definition, value, error)),
        }
    }

    fn wrap(&self, path: &str, definition: &Definition, value: &Value, cause: Error) -> Error {
        let (kind, id, preview) = (&definition.type_name, self.id, crate::java::written(value));
        let reason = format!(
            "failed to parse field [{path}] of type [{kind}] in document with id '{id}'. Preview of field's value: '{preview}'"
        );
        let mut error = refuse(reason);
        error.cause = Some(Box::new(cause));
        error
    }
}
