//! Errors, in Elasticsearch's form.

use serde_json::{Value, json};

/// What may go wrong: a request that is refused, or a failure of ours.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}: {reason}")]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// As `parsing_exception`.
    pub kind: &'static str,
    /// What is wrong.
    pub reason: String,
    /// More of what the answer tells, as `index` or `line`.
    pub more: Vec<(&'static str, Value)>,
    /// What brought it about.
    pub cause: Option<Box<Error>>,
    /// Whether it was met while searching a shard, not while reading the request: the answer then wraps it.
    pub in_search: bool,
}

/// The result of what may be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Puts an entry into a JSON object.
pub(crate) fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(entries) = object.as_object_mut() {
        entries.insert(name.to_owned(), value);
    }
}

impl Error {
    /// A request that is refused.
    pub fn new(status: u16, kind: &'static str, reason: impl Into<String>) -> Self {
        Error { status, kind, reason: reason.into(), more: vec![], cause: None, in_search: false }
    }

    /// A request that does not read as one.
    pub fn parsing(reason: impl Into<String>) -> Self {
        Error::new(400, "parsing_exception", reason)
    }

    /// A request that asks what cannot be.
    pub fn argument(reason: impl Into<String>) -> Self {
        Error::new(400, "illegal_argument_exception", reason)
    }

    /// The same, with one more thing told.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// The same, met while searching.
    pub fn in_search(mut self) -> Self {
        self.in_search = true;
        self
    }

    /// The error alone, as it stands in `root_cause`.
    pub fn bare(&self) -> Value {
        let mut told = json!({ "type": self.kind, "reason": self.reason });
        for (name, value) in &self.more {
            set(&mut told, name, value.clone());
        }
        told
    }
}

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        Error::new(500, "exception", error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error::new(500, "i_o_exception", error.to_string())
    }
}
