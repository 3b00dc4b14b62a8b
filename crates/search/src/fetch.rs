//! What is shown of a document that was found.

mod fields;
mod highlight;
mod passages;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use fields::{Wanted, wanted};
pub(crate) use highlight::Highlight;
pub(crate) use source::SourceFilter;

use crate::query::Mark;
use crate::search::{Ranked, Target};
use crate::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// What a request asks to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub source: SourceFilter,
    /// From the source, as their types have them.
    pub fields: Vec<Wanted>,
    /// From the columns.
    pub columns: Vec<Wanted>,
    pub highlight: Option<Highlight>,
    pub version: bool,
    pub seq_no: bool,
    /// Not even the id.
    pub nothing: bool,
}

impl Shown {
    /// What a `top_hits` asks.
    pub(crate) fn of_top_hits(body: &Value) -> Result<Self> {
        const NAMES: [&str; 7] =
            ["_source", "fields", "docvalue_fields", "stored_fields", "highlight", "version", "seq_no_primary_term"];
        let own = body.as_object().into_iter().flatten().filter(|(name, _)| NAMES.contains(&name.as_str()));
        let own: Map<String, Value> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(crate::search::Request::read(&own)?.shown)
    }
}

/// A JSON object in the making.
struct Entries<'a> {
    into: &'a mut Vec<u8>,
    first: bool,
}

impl Entries<'_> {
    fn name(&mut self, name: &str) {
        if !self.first {
            self.into.push(b',');
        }
        self.first = false;
        self.into.extend_from_slice(format!("\"{name}\":").as_bytes());
    }

    fn put(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        self.name(name);
        serde_json::to_writer(&mut *self.into, value).map_err(|error| Error::new(500, "exception", error.to_string()))
    }

    fn raw(&mut self, name: &str, json: &[u8]) {
        self.name(name);
        self.into.extend_from_slice(json);
    }
}

/// Writes a hit as it stands in `hits.hits`.
pub(crate) fn write(into: &mut Vec<u8>, target: &Target, hit: &Ranked, shown: &Shown, marks: &[(String, Mark)]) -> Result<()> {
    into.push(b'{');
    let mut entries = Entries { into, first: true };
    entries.put("_index", &target.index.about.name)?;
    let needed = !shown.nothing || !shown.fields.is_empty() || shown.highlight.is_some();
    let (id, source) = if needed { target.index.load(&target.searcher, hit.address)? } else { Default::default() };
    if !shown.nothing {
        entries.put("_id", &id)?;
    }
    if shown.version || shown.seq_no {
        let (version, seq_no) = target.index.numbers(&target.searcher, hit.address)?;
        if shown.version {
            entries.put("_version", &version)?;
        }
        if shown.seq_no {
            entries.put("_seq_no", &seq_no)?;
            entries.put("_primary_term", &1)?;
        }
    }
    entries.put("_score", &hit.score)?;
    let left = if shown.nothing { None } else { shown.source.of(&source)? };
    if let Some(left) = left {
        entries.raw("_source", &left);
    }
    let parsed = if shown.fields.is_empty() && shown.highlight.is_none() { Value::Null } else { source::parsed(&source)? };
    let mut fields = Map::new();
    fields::from_columns(&mut fields, target, hit.address, &shown.columns)?;
    fields::from_source(&mut fields, &target.mapping, &parsed, &shown.fields)?;
    if !fields.is_empty() {
        entries.put("fields", &fields)?;
    }
    if let Some(highlight) = &shown.highlight {
        let shown = highlight.show(&target.mapping, &parsed, marks)?;
        if !shown.is_empty() {
            entries.put("highlight", &shown)?;
        }
    }
    if let Some(keys) = &hit.keys {
        entries.put("sort", keys)?;
    }
    if !hit.named.is_empty() {
        entries.put("matched_queries", &hit.named)?;
    }
    into.push(b'}');
    Ok(())
}
