//! The best documents of a segment.

use super::keys::KeyReader;
use tantivy::{DocId, Score};

/// A document and its keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) first: u64,
    /// The other keys.
    pub(super) rest: Box<[u64]>,
    pub(super) doc: DocId,
    pub(super) score: Score,
}

impl Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        self.first.cmp(&other.first).then_with(|| self.rest.cmp(&other.rest)).then(self.doc.cmp(&other.doc))
    }
}

/// Keeps the best so many.
pub(super) struct Best {
    limit: usize,
    entries: Vec<Entry>,
    /// What is to be beaten, once enough are there.
    worst: Option<Entry>,
    /// What all come behind.
    after: Option<(u64, Box<[u64]>)>,
    codes: Vec<u64>,
}

impl Best {
    pub(super) fn new(limit: usize, after: Option<Vec<u64>>) -> Self {
        let after = after.and_then(|codes| codes.split_first().map(|(first, rest)| (*first, rest.into())));
        Best { limit, entries: vec![], worst: None, after, codes: vec![] }
    }

    /// Whether no document with a first key in this span can be among the best.
    pub(super) fn is_beaten(&self, best: u64, worst: u64) -> bool {
        let beaten = self.worst.as_ref().is_some_and(|entry| best > entry.first);
        beaten || self.after.as_ref().is_some_and(|(first, _)| worst < *first)
    }

    /// Takes in documents with their scores, if there are any.
    pub(super) fn push(&mut self, docs: &[DocId], scores: &[Score], readers: &[KeyReader]) {
        let Some((reader, others)) = readers.split_first() else { return };
        if self.limit == 0 {
            return;
        }
        let mut codes = std::mem::take(&mut self.codes);
        reader.many(docs, scores, &mut codes);
        for (place, (doc, first)) in docs.iter().zip(&codes).enumerate() {
            let beaten = self.worst.as_ref().is_some_and(|worst| *first > worst.first);
            if beaten || self.after.as_ref().is_some_and(|(after, _)| first < after) {
                continue;
            }
            let score = scores.get(place).copied().unwrap_or_default();
            let rest: Box<[u64]> = others.iter().map(|other| other.one(*doc, score)).collect();
            self.offer(Entry { first: *first, rest, doc: *doc, score });
        }
        self.codes = codes;
    }

    fn offer(&mut self, entry: Entry) {
        if self.after.as_ref().is_some_and(|(first, rest)| (entry.first, &entry.rest) <= (*first, rest)) {
            return;
        }
        if self.worst.as_ref().is_some_and(|worst| entry.cmp(worst).is_ge()) {
            return;
        }
        self.entries.push(entry);
        if self.entries.len() >= self.limit.saturating_mul(2).max(64) {
            self.prune();
        }
    }

    /// Lets go of those that are not among the best.
    pub(super) fn prune(&mut self) {
        if self.entries.len() < self.limit || self.limit == 0 {
            return;
        }
        let (_, worst, _) = self.entries.select_nth_unstable_by(self.limit - 1, Entry::cmp);
        self.worst = Some(worst.clone());
        self.entries.truncate(self.limit);
    }

    pub(super) fn finish(mut self) -> Vec<Entry> {
        self.entries.sort_unstable_by(Entry::cmp);
        self.entries.truncate(self.limit);
        self.entries
    }
}
