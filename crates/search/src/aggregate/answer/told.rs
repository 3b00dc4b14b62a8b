//! An answer as it is written: fields in order, without the search trees that nobody would search.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use std::borrow::Cow;

/// A part of an answer. Names are those of the request, mostly, and borrowed from it.
#[derive(Clone, Debug)]
pub(super) enum Told<'a> {
    Json(Value),
    Whole(i64),
    Count(u64),
    /// Null where it is no number.
    Number(f64),
    Text(Cow<'a, str>),
    Fields(Fields<'a>),
    List(Vec<Told<'a>>),
}

/// Named parts. Of those with one name the last counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Told<'a>)>);

impl<'a> Fields<'a> {
    pub(super) fn one(name: &'static str, told: Told<'a>) -> Fields<'a> {
        Fields(vec![(Cow::Borrowed(name), told)])
    }

    /// None yet, and room for so many.
    pub(super) fn with_capacity(count: usize) -> Fields<'a> {
        Fields(Vec::with_capacity(count))
    }

    pub(super) fn put(&mut self, name: impl Into<Cow<'a, str>>, told: Told<'a>) {
        self.0.push((name.into(), told));
    }

    pub(super) fn text(&mut self, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.put(name, Told::Text(text.into()));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Told<'a>> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, told)| told)
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Told<'a>)> for Fields<'a> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, Told<'a>)>>(parts: I) -> Self {
        Fields(parts.into_iter().collect())
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, told) in &self.0 {
            map.serialize_entry(name, told)?;
        }
        map.end()
    }
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Told::Json(value) => value.serialize(serializer),
            Told::Whole(number) => serializer.serialize_i64(*number),
            Told::Count(number) => serializer.serialize_u64(*number),
            Told::Number(number) => serializer.serialize_f64(*number),
            Told::Text(text) => serializer.serialize_str(text),
            Told::Fields(fields) => fields.serialize(serializer),
            Told::List(all) => {
                let mut list = serializer.serialize_seq(Some(all.len()))?;
                for one in all {
                    list.serialize_element(one)?;
                }
                list.end()
            }
        }
    }
}
