//! What writes into an index, under its lock.

use super::ahead::{Ahead, Place};
use super::blooms::Blooms;
use crate::Result;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tantivy::indexer::{IndexWriterOptions, UserOperation};
use tantivy::merge_policy::LogMergePolicy;
use tantivy::schema::Field;
use tantivy::{IndexWriter, TantivyDocument, Term};

/// Bytes of documents that are handed on at once: they stay together, in their order.
const BATCH: usize = 4 << 20;

/// Memory of an indexing thread: the more there is, the less often what it has written is merged.
const MEMORY: usize = 80 << 20;

/// The same where more than so many writers are open.
const LESS_MEMORY: usize = 16 << 20;
const FEW_OPEN: usize = 3;

/// A writer that nobody needs for so long is closed.
const REST: Duration = Duration::from_secs(300);

/// Where more writers are open than this, each is closed as soon as it has written: they have threads and memory of their own.
const MOST_OPEN: usize = 16;

/// How many are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Counts a writer as long as it is open.
struct Seat;

impl Seat {
    fn take() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Seat
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What was written since the last commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recent {
    pub version: u64,
    pub seq_no: u64,
    pub deleted: bool,
    /// Where it is in the write-ahead file.
    pub place: Option<Place>,
}

/// What the index itself keeps of each document, next to its fields.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub id: Field,
    pub source: Field,
    pub version: Field,
    pub seq_no: Field,
    pub index: Field,
}

/// The writer of an index.
pub(super) struct Writer {
    inner: Option<(IndexWriter, Seat)>,
    /// When it was needed last.
    used: Instant,
    /// What was not handed on yet, each with the number of its bulk.
    batch: Vec<(u64, UserOperation)>,
    /// The bulk that writes come in now.
    pub bulk: u64,
    batch_bytes: usize,
    pub own: Own,
    /// The index's name.
    name: String,
    /// The next write's number.
    pub seq_no: u64,
    /// By id.
    pub recent: HashMap<String, Recent>,
    /// Documents that were deleted lately, so that their versions go on.
    pub graves: HashMap<String, (Recent, Instant)>,
    /// The ids that there are; none before the first write.
    pub ids: Option<Blooms>,
    /// None if the index is fed.
    pub ahead: Option<Ahead>,
    /// What the owner of a fed index knows it by.
    pub progress: String,
    /// Has anything been written since the last commit?
    pub dirty: bool,
    /// Why nothing can be written any more.
    pub broken: Option<String>,
}

impl Writer {
    pub(super) fn new(own: Own, name: &str, seq_no: u64, progress: String) -> Self {
        Writer {
            inner: None,
            used: Instant::now(),
            batch: vec![],
            bulk: 0,
            batch_bytes: 0,
            own,
            name: name.to_owned(),
            seq_no,
            recent: HashMap::new(),
            graves: HashMap::new(),
            ids: None,
            ahead: None,
            progress,
            dirty: false,
            broken: None,
        }
    }

    /// Opens what writes; the threads behind it cost nothing until then.
    pub(super) fn open(&mut self, index: &tantivy::Index) -> Result<&mut IndexWriter> {
        self.used = Instant::now();
        if self.inner.is_none() {
            let memory = if OPEN.load(Ordering::Relaxed) < FEW_OPEN { MEMORY } else { LESS_MEMORY };
            let options =
                IndexWriterOptions::builder().memory_budget_per_thread(memory).num_worker_threads(2).num_merge_threads(2).build();
            let writer: IndexWriter = index.writer_with_options(options)?;
            let mut policy = LogMergePolicy::default();
            policy.set_min_num_segments(6);
            policy.set_del_docs_ratio_before_merge(0.3);
            writer.set_merge_policy(Box::new(policy));
            // The first number of a writer is that of the last commit. A deletion with it would be lost where old segments are merged
            // before it is committed: let nothing have that number.
            writer.run(Vec::<UserOperation>::new())?;
            self.inner = Some((writer, Seat::take()));
        }
        self.inner.as_mut().map(|(writer, _)| writer).ok_or_else(|| crate::Error::new(500, "exception", "no writer"))
    }

    /// Has nobody needed what writes for long?
    pub(super) fn rests(&self) -> bool {
        self.inner.is_some() && self.used.elapsed() > REST
    }

    /// Are so many open that this one should not stay so?
    pub(super) fn is_one_too_many(&self) -> bool {
        self.inner.is_some() && OPEN.load(Ordering::Relaxed) > MOST_OPEN
    }

    /// Closes what writes once its merges are done, if all is committed; the next write opens it again.
    pub(super) fn close(&mut self) -> Result<()> {
        if self.dirty || !self.batch.is_empty() {
            return Ok(());
        }
        match self.inner.take() {
            Some((writer, _seat)) => Ok(writer.wait_merging_threads()?),
            None => Ok(()),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.inner.is_some()
    }

    /// Adds a document; `replaces` tells that another of its id may be there.
    pub(super) fn add(
        &mut self,
        index: &tantivy::Index,
        id: &str,
        numbers: (u64, u64),
        source: &[u8],
        mut document: TantivyDocument,
        replaces: bool,
    ) -> Result<()> {
        let (version, seq_no) = numbers;
        document.add_text(self.own.id, id);
        document.add_text(self.own.index, &self.name);
        document.add_u64(self.own.version, version);
        document.add_u64(self.own.seq_no, seq_no);
        document.add_bytes(self.own.source, source);
        if replaces {
            self.batch.push((self.bulk, UserOperation::Delete(Term::from_field_text(self.own.id, id))));
        }
        self.batch.push((self.bulk, UserOperation::Add(document)));
        self.batch_bytes += source.len() + 64;
        self.dirty = true;
        if self.batch_bytes >= BATCH { self.flush(index) } else { Ok(()) }
    }

    /// Deletes the document of an id.
    pub(super) fn delete(&mut self, id: &str) {
        self.batch.push((self.bulk, UserOperation::Delete(Term::from_field_text(self.own.id, id))));
        self.dirty = true;
    }

    /// Hands the batch on.
    pub(super) fn flush(&mut self, index: &tantivy::Index) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        let writer = self.open(index)?;
        // Bulks that come at the same time are kept apart, so that neighbours in time stay neighbours. Where no document is to go,
        // no order is needed.
        if batch.iter().all(|(_, operation)| matches!(operation, UserOperation::Add(_))) {
            batch.sort_by_key(|(bulk, _)| *bulk);
        }
        let batch: Vec<UserOperation> = batch.into_iter().map(|(_, operation)| operation).collect();
        // A batch is for documents: the threads behind do not know what to make of one that has none.
        if batch.iter().any(|operation| matches!(operation, UserOperation::Add(_))) {
            writer.run(batch)?;
            return Ok(());
        }
        for operation in batch {
            if let UserOperation::Delete(term) = operation {
                writer.delete_term(term);
            }
        }
        Ok(())
    }

    /// Makes everything last and to be found.
    pub(super) fn commit(&mut self, index: &tantivy::Index) -> Result<()> {
        self.flush(index)?;
        if let Some(ahead) = &mut self.ahead {
            ahead.turn()?;
        }
        let generation = self.ahead.as_ref().map_or(0, Ahead::generation);
        let payload = json!({ "generation": generation, "seq_no": self.seq_no, "progress": self.progress }).to_string();
        let mut commit = self.open(index)?.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        if let Some(ahead) = &self.ahead {
            ahead.forget()?;
        }
        let now = Instant::now();
        for (id, recent) in self.recent.drain() {
            // What came back is no longer in its grave.
            self.graves.remove(&id);
            if recent.deleted {
                self.graves.insert(id, (recent, now));
            }
        }
        self.graves.retain(|_, (_, since)| since.elapsed().as_secs() < 60);
        self.dirty = false;
        Ok(())
    }
}
