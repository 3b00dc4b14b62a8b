//! An answer as it is written: bytes, from the first name to the last value.

use serde::Serialize;
use serde_json::Value;

/// An object in the making. Of parts with one name the last counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(Vec<u8>);

/// Writes a part of JSON. What is written here has names that are strings, so that nothing can go wrong.
fn write(into: &mut Vec<u8>, part: &(impl Serialize + ?Sized)) {
    let before = into.len();
    if serde_json::to_writer(&mut *into, part).is_err() {
        into.truncate(before);
        into.extend_from_slice(b"null");
    }
}

impl Fields {
    pub(super) fn one(name: &str, told: &(impl Serialize + ?Sized)) -> Fields {
        let mut fields = Fields::default();
        fields.put(name, told);
        fields
    }

    /// Adds a value; a number that is none is null.
    pub(super) fn put(&mut self, name: &str, told: &(impl Serialize + ?Sized)) {
        self.name(name);
        write(&mut self.0, told);
    }

    /// Adds an object.
    pub(super) fn put_fields(&mut self, name: &str, fields: &Fields) {
        self.name(name);
        fields.write(&mut self.0);
    }

    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.0.push(b'"');
            self.0.extend_from_slice(name.as_bytes());
            self.0.extend_from_slice(b"\":");
        } else {
            write(&mut self.0, name);
            self.0.push(b':');
        }
    }

    fn write(&self, into: &mut Vec<u8>) {
        into.push(b'{');
        into.extend_from_slice(&self.0);
        into.push(b'}');
    }

    pub(super) fn written(&self) -> Vec<u8> {
        let mut written = Vec::with_capacity(self.0.len() + 2);
        self.write(&mut written);
        written
    }

    /// Begins anew, in the same memory.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What was put in under a name.
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let mut read: Value = serde_json::from_slice(&self.written()).ok()?;
        read.get_mut(name).map(Value::take)
    }
}

/// Buckets in the making: one behind the other, or each under its name.
pub(super) enum Buckets {
    List(Vec<u8>),
    Named(Fields),
}

impl Buckets {
    pub(super) fn new(named: bool) -> Buckets {
        if named { Buckets::Named(Fields::default()) } else { Buckets::List(vec![]) }
    }

    /// Adds a bucket; its name is asked for where it has one.
    pub(super) fn push(&mut self, name: impl FnOnce() -> String, bucket: &Fields) {
        match self {
            Buckets::Named(fields) => fields.put_fields(&name(), bucket),
            Buckets::List(list) => {
                if !list.is_empty() {
                    list.push(b',');
                }
                bucket.write(list);
            }
        }
    }

    /// Adds them to an object.
    pub(super) fn put(&self, name: &str, fields: &mut Fields) {
        match self {
            Buckets::Named(named) => fields.put_fields(name, named),
            Buckets::List(list) => {
                fields.name(name);
                fields.0.push(b'[');
                fields.0.extend_from_slice(list);
                fields.0.push(b']');
            }
        }
    }
}
