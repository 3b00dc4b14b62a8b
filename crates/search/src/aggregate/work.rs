//! What is done with the documents of a segment.

use super::buckets::{Boxes, Filtering, Histogramming, Lacking, Ranging, Terming};
use super::digest::Digesting;
use super::distinct::Counting;
use super::metrics::Summing;
use super::spec::{Missing, Node, Source, TopHits, What};
use super::words::Words;
use super::{Partial, too_large};
use crate::Result;
use crate::blocks::{Block, Reader, Several};
use crate::mapping::Kind;
use crate::sort::Keys;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentReader};

/// What a request may still take of memory.
pub(super) struct Budget {
    used: Arc<AtomicU64>,
    limit: u64,
}

impl Budget {
    pub(super) fn new(used: Arc<AtomicU64>, limit: u64) -> Self {
        Budget { used, limit }
    }

    /// Notes that so many bytes are taken; says whether there are as many.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        self.used.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64 <= self.limit
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn check(&self) -> Result<()> {
        let used = self.used.load(Ordering::Relaxed);
        if used > self.limit { Err(too_large(used, self.limit)) } else { Ok(()) }
    }

    /// Makes room for a bucket, if it may be.
    pub(super) fn grow<T: Default>(&self, buckets: &mut Vec<T>, most: u32) {
        let missing = (most as usize + 1).saturating_sub(buckets.len());
        if missing > 0 && self.charge(missing * size_of::<T>()) {
            buckets.resize_with(most as usize + 1, T::default);
        }
    }
}

/// What is at hand while documents are worked on.
pub(super) struct Hall<'a> {
    pub(super) budget: &'a Budget,
    /// All documents of the block, and their scores.
    pub(super) docs: &'a [DocId],
    pub(super) scores: &'a [Score],
}

impl Hall<'_> {
    fn score(&self, doc: DocId) -> Score {
        self.docs.binary_search(&doc).ok().and_then(|place| self.scores.get(place)).copied().unwrap_or_default()
    }
}

/// An aggregation in a segment.
pub(super) trait Work: Send {
    /// Takes documents in.
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>);

    /// Gives what a bucket has come to.
    fn harvest(&mut self, ord: u32) -> Result<Partial>;
}

/// Where aggregations are worked on.
pub(super) struct Site<'a> {
    pub(super) searcher: &'a Searcher,
    pub(super) segment: &'a SegmentReader,
    pub(super) ordinal: u32,
    /// How many documents stand before each segment.
    pub(super) firsts: &'a [u64],
    /// Whether what is found goes together with that of other indices.
    pub(super) several: bool,
}

impl Site<'_> {
    /// Opens aggregations that stand in at most so many buckets, if that is known.
    pub(super) fn open(&self, nodes: &[Node], parents: Option<u32>) -> Result<Vec<Box<dyn Work>>> {
        nodes.iter().map(|node| self.one(node, parents)).collect()
    }

    fn one(&self, node: &Node, parents: Option<u32>) -> Result<Box<dyn Work>> {
        let boxes = |width: Option<u32>, base: u64, step: u64| Boxes::open(self, node, parents, width, base, step);
        Ok(match &node.what {
            What::Metric(source, metric) => {
                let several = if source.style.kind == Kind::Keyword { Several::Distinct } else { Several::Loose };
                Box::new(Summing::new(self.reader(source, several, None)?, source.style.kind, *metric))
            }
            What::Percentiles(source, _) => {
                Box::new(Digesting::new(self.reader(source, Several::Loose, None)?, source.style.kind))
            }
            What::Cardinality(source) => {
                let words = self.words(source)?;
                Box::new(Counting::new(self.reader(source, Several::Loose, words.as_ref())?, words))
            }
            What::Terms(terms) => {
                let words = self.words(&terms.source)?;
                let reader = self.reader(&terms.source, Several::Distinct, words.as_ref())?;
                Box::new(Terming::open(terms, reader, words, boxes)?)
            }
            What::Histogram(histogram) => Box::new(Histogramming::open(self, histogram, boxes)?),
            What::Range(range) => {
                let reader = self.reader(&range.source, Several::Sorted, None)?;
                Box::new(Ranging::open(range, reader, boxes)?)
            }
            What::Filters(filters) => Box::new(Filtering::open(self, filters, boxes)?),
            What::Missing(source) => {
                let reader = self.reader(source, Several::Loose, None)?;
                Box::new(Lacking::open(reader, source.missing.is_some(), boxes)?)
            }
            What::TopHits(hits) => Box::new(Gathering::open(self, hits)?),
            What::Global(_) | What::Siblings(_) => Box::new(Elsewhere),
        })
    }

    fn words(&self, source: &Source) -> Result<Option<Words>> {
        match &source.leaf {
            Some(leaf) if leaf.kind == Kind::Keyword => Words::open(self, leaf, source.missing.as_ref()),
            Some(_) => Ok(None),
            None => Ok(source.missing.as_ref().and_then(|missing| Words::missing(self, missing))),
        }
    }

    pub(super) fn reader(&self, source: &Source, several: Several, words: Option<&Words>) -> Result<Reader> {
        let missing = match (&source.missing, words) {
            (Some(Missing::Code(code)), _) => Some(*code),
            (Some(Missing::Word(_)), Some(words)) => words.missing_ord(),
            _ => None,
        };
        Ok(Reader::open(self.segment, source.leaf.as_ref(), missing, several)?)
    }
}

/// What is found in another run.
struct Elsewhere;

impl Work for Elsewhere {
    fn work(&mut self, _: Block<'_>, _: &Hall<'_>) {}

    fn harvest(&mut self, _: u32) -> Result<Partial> {
        Ok(Partial::Nothing)
    }
}

/// Bytes of a document among the best, about.
const HIT: usize = 96;

/// The best documents of each bucket.
struct Gathering {
    keys: Keys,
    segment: u32,
    keep: usize,
    tops: Vec<Best>,
}

#[derive(Default)]
struct Best {
    hits: Vec<(Box<[u64]>, DocId, Score)>,
    total: u64,
}

impl Best {
    /// Lets go of all but so many.
    fn prune(&mut self, keep: usize) {
        self.hits.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.cmp(&other.1)));
        self.hits.truncate(keep);
    }
}

impl Gathering {
    fn open(site: &Site<'_>, hits: &TopHits) -> Result<Self> {
        let first = site.firsts.get(site.ordinal as usize).copied().unwrap_or_default();
        let keys = Keys::open(&hits.sort, site.segment, first)?;
        Ok(Gathering { keys, segment: site.ordinal, keep: hits.from + hits.size, tops: vec![] })
    }
}

impl Work for Gathering {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        for (doc, ord) in block.pairs() {
            hall.budget.grow(&mut self.tops, ord);
            let Some(best) = self.tops.get_mut(ord as usize) else { return };
            best.total += 1;
            let score = hall.score(doc);
            best.hits.push((self.keys.codes(doc, score), doc, score));
            if !hall.budget.charge(HIT) {
                return;
            }
            if best.hits.len() >= self.keep * 2 + 16 {
                let before = best.hits.len();
                best.prune(self.keep);
                hall.budget.give_back((before - best.hits.len()) * HIT);
            }
        }
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        let Some(best) = self.tops.get_mut(ord as usize).filter(|best| best.total > 0) else { return Ok(Partial::Nothing) };
        best.prune(self.keep);
        let told = |(codes, doc, score): (Box<[u64]>, DocId, Score)| {
            self.keys.told(codes.iter().copied(), DocAddress::new(self.segment, doc), score)
        };
        let hits = std::mem::take(&mut best.hits).into_iter().map(told).collect();
        Ok(Partial::Hits(super::partial::Top { hits, total: best.total, keep: self.keep }))
    }
}
