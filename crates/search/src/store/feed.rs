//! An index that is fed from a log: its owner writes, and knows after a crash how far it came.

use super::index::Index;
use super::now_millis;
use crate::Result;
use crate::mapping::Kind;
use serde_json::Value;
use std::ops::Bound;
use std::sync::Arc;
use tantivy::Term;
use tantivy::query::RangeQuery;

/// The hand that feeds an index. What it writes lasts and is found after [`Feed::commit`], with what it says of its progress:
/// both or neither.
#[derive(Clone)]
pub struct Feed {
    pub(crate) index: Arc<Index>,
}

impl Feed {
    /// Puts a document in the place of the one of its id, if there is one.
    ///
    /// A document that does not fit the mapping is an error, and the feed goes on.
    pub fn put(&self, id: &str, version: u64, source: &[u8]) -> Result<()> {
        let document = self.index.prepare(id, source)?;
        let mut writer = self.index.writer();
        writer.usable()?;
        let seq_no = writer.seq_no;
        writer.seq_no += 1;
        let ids = self.index.ids(&mut writer)?;
        let replaces = ids.may_contain(id.as_bytes());
        ids.insert(id.as_bytes());
        writer.add(&self.index.index, id, (version, seq_no), source, document, replaces)
    }

    /// Deletes the document of an id.
    pub fn delete(&self, id: &str) -> Result<()> {
        let mut writer = self.index.writer();
        writer.usable()?;
        writer.delete(id);
        Ok(())
    }

    /// Deletes documents whose date is before a time.
    pub fn expire(&self, date_path: &str, before_millis: i64) -> Result<()> {
        let mapping = self.index.mapping();
        let Some(leaf) = mapping.leaf(date_path).filter(|leaf| leaf.kind == Kind::Date) else { return Ok(()) };
        let before = Bound::Excluded(Term::from_field_i64(leaf.field, before_millis));
        let mut writer = self.index.writer();
        writer.usable()?;
        writer.flush(&self.index.index)?;
        writer.open(&self.index.index)?.delete_query(Box::new(RangeQuery::new(Bound::Unbounded, before)))?;
        writer.dirty = true;
        Ok(())
    }

    /// Deletes what a query finds, of all that was put so far.
    pub fn delete_where(&self, query: &Value) -> Result<()> {
        let query = crate::query::read(query, &self.index.mapping(), now_millis())?;
        let mut writer = self.index.writer();
        writer.usable()?;
        writer.flush(&self.index.index)?;
        writer.open(&self.index.index)?.delete_query(query)?;
        writer.dirty = true;
        Ok(())
    }

    /// Makes everything last and to be found, and keeps with it how far its owner came.
    pub fn commit(&self, progress: &str) -> Result<()> {
        let mut writer = self.index.writer();
        writer.progress = progress.to_owned();
        self.index.commit(&mut writer)
    }

    /// What the last commit kept; empty before the first.
    pub fn progress(&self) -> String {
        self.index.writer().progress.clone()
    }

    /// Documents that are to be found.
    pub fn len(&self) -> Result<u64> {
        Ok(self.index.searcher()?.num_docs())
    }

    /// Is none to be found?
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}
