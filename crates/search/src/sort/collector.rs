//! Collects the best hits of all segments.

use super::best::{Best, Entry};
use super::keys::{KeyReader, Keys};
use super::{Hit, Sort};
use crate::zones::ZONE;
use crate::{Error, Result};
use tantivy::{DocAddress, DocId, Score, SegmentReader};

/// What was found.
#[derive(Debug)]
pub struct Sorted {
    /// The first hits, in order.
    pub hits: Vec<Hit>,
    /// How many documents match.
    pub total: usize,
    /// The greatest score, if scores were computed.
    pub greatest: Option<Score>,
}

impl Sorted {
    /// Notes which of several indices this was found in.
    pub fn of(mut self, index: usize) -> Sorted {
        self.hits.iter_mut().for_each(|hit| hit.index = index);
        self
    }

    /// The first hits of both, at most so many.
    pub fn with(mut self, other: Sorted, limit: usize) -> Sorted {
        self.hits.extend(other.hits);
        self.hits.sort_unstable();
        self.hits.truncate(limit);
        let greatest = [self.greatest, other.greatest].into_iter().flatten().reduce(Score::max);
        Sorted { hits: self.hits, total: self.total + other.total, greatest }
    }
}

/// Collects hits in order.
pub struct Collector {
    sort: Sort,
    firsts: Vec<u64>,
    limit: usize,
    scores: bool,
}

/// The hits of a segment.
pub struct Gathered {
    keys: Keys,
    segment: u32,
    best: Best,
    /// The best and the worst first key of each zone. If they are known documents wait until all are there, so that the best zones
    /// come first.
    spans: Option<Vec<(u64, u64)>>,
    docs: Vec<DocId>,
    scores: Vec<Score>,
    scored: bool,
    total: usize,
    greatest: Score,
}

impl Collector {
    pub(super) fn new(sort: Sort, firsts: Vec<u64>, limit: usize, track_scores: bool) -> Self {
        let scores = track_scores || sort.needs_scores();
        Collector { sort, firsts, limit, scores }
    }

    /// Whether scores are computed.
    pub fn scores(&self) -> bool {
        self.scores
    }

    pub(crate) fn open(&self, ordinal: u32, segment: &SegmentReader) -> Result<Gathered> {
        let first = self.firsts.get(ordinal as usize).copied().unwrap_or_default();
        let keys = Keys::open(&self.sort, segment, first)?;
        let code = |(after, reader): (_, &KeyReader)| reader.after(after);
        let after = self.sort.after.as_ref().map(|after| after.iter().zip(keys.readers()).map(code).collect::<Result<_>>());
        let spans = keys.readers().first().filter(|_| self.limit > 0).and_then(KeyReader::spans);
        Ok(Gathered {
            segment: ordinal,
            best: Best::new(self.limit, after.transpose()?),
            spans,
            keys,
            docs: vec![],
            scores: vec![],
            scored: self.scores,
            total: 0,
            greatest: Score::NEG_INFINITY,
        })
    }

    pub(crate) fn merge(&self, segments: Vec<(Vec<Hit>, usize, Score)>) -> Sorted {
        let total = segments.iter().map(|(_, total, _)| total).sum();
        let greatest = segments.iter().map(|(.., greatest)| *greatest).fold(Score::NEG_INFINITY, Score::max);
        let mut hits: Vec<Hit> = segments.into_iter().flat_map(|(hits, ..)| hits).collect();
        hits.sort_unstable();
        hits.truncate(self.limit);
        Sorted { hits, total, greatest: (self.scores && total > 0).then_some(greatest) }
    }
}

impl Gathered {
    /// Takes in a block of documents.
    pub(crate) fn block(&mut self, docs: &[DocId], scores: &[Score]) {
        self.total += docs.len();
        self.greatest = scores.iter().copied().fold(self.greatest, Score::max);
        if self.spans.is_some() {
            self.docs.extend_from_slice(docs);
            self.scores.extend_from_slice(scores);
        } else {
            self.best.push(docs, scores, self.keys.readers());
        }
    }

    /// Takes in all documents of a segment.
    pub(crate) fn all(&mut self, segment: &SegmentReader) {
        self.total += segment.num_docs() as usize;
        let alive = segment.alive_bitset();
        for zone in self.zones_in_order() {
            let start = zone as u32 * ZONE;
            let end = start.saturating_add(ZONE).min(segment.max_doc());
            let living = (start..end).filter(|doc| alive.is_none_or(|alive| alive.is_alive(*doc)));
            self.zone(zone, &living.collect::<Vec<_>>(), &[]);
        }
    }

    /// Whether [`Gathered::all`] does less than taking in block by block.
    pub(crate) fn skips(&self) -> bool {
        self.spans.is_some() && !self.scored
    }

    fn zones_in_order(&self) -> Vec<usize> {
        let spans = self.spans.as_deref().unwrap_or_default();
        let mut zones: Vec<(u64, usize)> = spans.iter().enumerate().map(|(zone, (best, _))| (*best, zone)).collect();
        zones.sort_unstable();
        zones.into_iter().map(|(_, zone)| zone).collect()
    }

    fn zone(&mut self, zone: usize, docs: &[DocId], scores: &[Score]) {
        let span = self.spans.as_ref().and_then(|spans| spans.get(zone)).copied();
        if docs.is_empty() || span.is_some_and(|(best, worst)| self.best.is_beaten(best, worst)) {
            return;
        }
        self.best.push(docs, scores, self.keys.readers());
        self.best.prune();
    }

    fn waiting(&mut self) {
        let (docs, scores) = (std::mem::take(&mut self.docs), std::mem::take(&mut self.scores));
        // Tests of tantivy aside, documents come in order.
        for zone in self.zones_in_order() {
            let start = docs.partition_point(|doc| ((*doc / ZONE) as usize) < zone);
            let some = docs.get(start..).unwrap_or_default();
            let end = start + some.partition_point(|doc| (*doc / ZONE) as usize == zone);
            self.zone(zone, docs.get(start..end).unwrap_or_default(), scores.get(start..end).unwrap_or_default());
        }
    }

    /// The best hits, how many documents there were, and the greatest score.
    pub(crate) fn finish(mut self) -> (Vec<Hit>, usize, Score) {
        if !self.docs.is_empty() {
            self.waiting();
        }
        let (keys, segment) = (self.keys, self.segment);
        let hit = |entry: Entry| {
            let codes = std::iter::once(entry.first).chain(entry.rest.iter().copied());
            keys.told(codes, DocAddress::new(segment, entry.doc), entry.score)
        };
        (self.best.finish().into_iter().map(hit).collect(), self.total, self.greatest)
    }
}

/// Tantivy's errors hold ours as text.
pub(crate) fn internal(error: Error) -> tantivy::TantivyError {
    tantivy::TantivyError::InternalError(error.to_string())
}
