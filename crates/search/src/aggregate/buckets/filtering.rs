//! A bucket for each range or filter, and one for documents without a field.

use super::super::Partial;
use super::super::spec::{Filters, Range, Span};
use super::super::work::{Hall, Site, Work};
use super::Boxes;
use crate::Result;
use crate::blocks::{Block, Reader, number};
use crate::mapping::Kind;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tantivy::DocId;
use tantivy::query::{EnableScoring, Scorer};

/// The document and the bucket that came last.
type Last = Option<(DocId, u32)>;

/// A bucket for each range, which may overlap.
pub(in super::super) struct Ranging {
    reader: Reader,
    boxes: Boxes,
    kind: Kind,
    /// By where they begin.
    ranges: Vec<Reach>,
}

/// A range.
struct Reach {
    from: f64,
    to: f64,
    /// Where the ranges up to this one end, the furthest of them.
    furthest: f64,
    last: Last,
}

impl Reach {
    fn of(span: &Span) -> Reach {
        let (from, to) = (span.from.unwrap_or(f64::NEG_INFINITY), span.to.unwrap_or(f64::INFINITY));
        Reach { from, to, furthest: to, last: None }
    }
}

/// Whether what ends at `to` goes on beyond a value. Infinity is beyond itself.
fn is_beyond(to: f64, value: f64) -> bool {
    value < to || to == f64::INFINITY
}

impl Ranging {
    pub(in super::super) fn open(
        range: &Range,
        reader: Reader,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        let mut ranges: Vec<Reach> = range.ranges.iter().map(Reach::of).collect();
        let mut furthest = f64::NEG_INFINITY;
        for range in &mut ranges {
            furthest = furthest.max(range.to);
            range.furthest = furthest;
        }
        let boxes = boxes(Some(ranges.len() as u32), 0, 1)?;
        Ok(Ranging { reader, boxes, kind: range.source.style.kind, ranges })
    }
}

impl Work for Ranging {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() {
            return;
        }
        let read = self.reader.read(block);
        for (place, (doc, code)) in read.docs.iter().zip(read.values).enumerate() {
            let (value, parent) = (number(self.kind, *code), read.ords.at(place));
            let begun = self.ranges.partition_point(|range| range.from <= value);
            let begun = self.ranges.iter_mut().enumerate().take(begun).rev();
            for (key, range) in begun.take_while(|(_, range)| is_beyond(range.furthest, value)) {
                if is_beyond(range.to, value) && range.last.replace((*doc, parent)) != Some((*doc, parent)) {
                    self.boxes.push(*doc, parent, key as u64, hall);
                }
            }
        }
        self.boxes.flush(hall);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        self.boxes.harvest(ord)
    }
}

/// A bucket for each query, and one for what none matches.
pub(in super::super) struct Filtering {
    filters: Vec<Box<dyn Scorer>>,
    /// Where each filter is, the first in front: only those that lag behind are moved on.
    front: BinaryHeap<Reverse<(DocId, u32)>>,
    other: bool,
    boxes: Boxes,
    /// The last document, and which filters it passes.
    last: Option<DocId>,
    passed: Vec<u64>,
}

impl Filtering {
    pub(in super::super) fn open(
        site: &Site<'_>,
        filters: &Filters,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        let mut scorers = Vec::with_capacity(filters.filters.len());
        for (_, query) in &filters.filters {
            let weight = query.weight(EnableScoring::disabled_from_searcher(site.searcher))?;
            scorers.push(weight.scorer(site.segment, 1.0)?);
        }
        let boxes = boxes(Some(scorers.len() as u32 + 1), 0, 1)?;
        let front = scorers.iter().zip(0..).map(|(scorer, key)| Reverse((scorer.doc(), key))).collect();
        Ok(Filtering { filters: scorers, front, other: filters.other.is_some(), boxes, last: None, passed: vec![] })
    }

    fn pass(&mut self, doc: DocId) {
        self.last = Some(doc);
        self.passed.clear();
        while let Some(Reverse((at, key))) = self.front.peek().copied().filter(|first| first.0.0 <= doc) {
            self.front.pop();
            let Some(scorer) = self.filters.get_mut(key as usize) else { continue };
            let at = if at < doc { scorer.seek(doc) } else { at };
            if at == doc {
                self.passed.push(u64::from(key));
            } else {
                self.front.push(Reverse((at, key)));
            }
        }
        self.front.extend(self.passed.iter().map(|key| Reverse((doc, *key as u32))));
        if self.other && self.passed.is_empty() {
            self.passed.push(self.filters.len() as u64);
        }
    }
}

impl Work for Filtering {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        for (doc, parent) in block.pairs() {
            if self.last != Some(doc) {
                self.pass(doc);
            }
            for key in &self.passed {
                self.boxes.push(doc, parent, *key, hall);
            }
        }
        self.boxes.flush(hall);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        self.boxes.harvest(ord)
    }
}

/// The documents without a field.
pub(in super::super) struct Lacking {
    reader: Reader,
    /// Whether something stands in for what lacks: then nothing does.
    filled: bool,
    boxes: Boxes,
}

impl Lacking {
    pub(in super::super) fn open(
        reader: Reader,
        filled: bool,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        Ok(Lacking { reader, filled, boxes: boxes(Some(1), 0, 1)? })
    }
}

impl Work for Lacking {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.filled {
            return;
        }
        for (doc, parent) in block.pairs() {
            if !self.reader.has(doc) {
                self.boxes.push(doc, parent, 0, hall);
            }
        }
        self.boxes.flush(hall);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        self.boxes.harvest(ord)
    }
}
