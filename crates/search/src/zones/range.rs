//! A range of a column, by its zones.

use super::{ZONE, Zones};
use crate::blocks;
use crate::mapping::{Kind, Leaf};
use std::ops::Bound;
use std::sync::Arc;
use tantivy::columnar::{Column, ColumnIndex, MonotonicallyMappableToU64};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError};

/// The documents with a value between two of a column of numbers, times or truths. Bounds are numbers; where the column holds whole
/// ones, as [`Kind::Date`] does, they are whole: see [`whole_range`].
pub fn range_query(leaf: &Leaf, lower: Bound<f64>, upper: Bound<f64>) -> Box<dyn Query> {
    if leaf.kind == Kind::Double {
        let code = |bound: Bound<f64>| bound.map(|number| number.to_u64());
        return Box::new(RangeQuery::new(leaf, code(lower), code(upper)));
    }
    // `x > 1.5` and `x >= 1.5` both mean `x >= 2`; a bound beyond all whole numbers holds for all or for none.
    let lower = match lower {
        Bound::Unbounded => i64::MIN,
        Bound::Included(number) => number.ceil() as i64,
        Bound::Excluded(number) => (number.floor() as i64).saturating_add(1),
    };
    let upper = match upper {
        Bound::Unbounded => i64::MAX,
        Bound::Included(number) => number.floor() as i64,
        Bound::Excluded(number) => (number.ceil() as i64).saturating_sub(1),
    };
    whole_range(leaf, lower, upper)
}

/// The documents with a whole value or time from `lower` to `upper`, both included.
pub fn whole_range(leaf: &Leaf, lower: i64, upper: i64) -> Box<dyn Query> {
    Box::new(RangeQuery::new(leaf, Bound::Included(lower.to_u64()), Bound::Included(upper.to_u64())))
}

/// Documents with a code in a range.
#[derive(Clone, Debug)]
pub(crate) struct RangeQuery {
    leaf: Leaf,
    lower: u64,
    upper: u64,
}

impl RangeQuery {
    fn new(leaf: &Leaf, lower: Bound<u64>, upper: Bound<u64>) -> RangeQuery {
        let lower = match lower {
            Bound::Unbounded => Some(0),
            Bound::Included(code) => Some(code),
            Bound::Excluded(code) => code.checked_add(1),
        };
        let upper = match upper {
            Bound::Unbounded => Some(u64::MAX),
            Bound::Included(code) => Some(code),
            Bound::Excluded(code) => code.checked_sub(1),
        };
        // An empty range is one whose ends are the wrong way round.
        let (lower, upper) = lower.zip(upper).unwrap_or((1, 0));
        RangeQuery { leaf: leaf.clone(), lower, upper }
    }

    /// Whether a value of a document lies in the range.
    fn holds(&self, column: &Column<u64>, doc: DocId) -> bool {
        column.index.value_row_ids(doc).any(|row| (self.lower..=self.upper).contains(&column.values.get_val(row)))
    }
}

impl Query for RangeQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for RangeQuery {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(column) = blocks::open(segment, &self.leaf)? else { return Ok(Box::new(EmptyScorer)) };
        let zones = super::of(segment, &self.leaf, &column);
        Ok(Box::new(RangeScorer::new(self.clone(), column, zones, segment.max_doc(), boost)))
    }

    fn explain(&self, segment: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            return Err(TantivyError::InvalidArgument(format!("Document #({doc}) does not match")));
        }
        Ok(Explanation::new("ConstantScore", scorer.score()))
    }
}

/// Walks the zones. It holds the matching documents of one; where it is only asked whether a document matches, it looks that one up.
pub(crate) struct RangeScorer {
    range: RangeQuery,
    column: Column<u64>,
    zones: Arc<Zones>,
    max_doc: DocId,
    boost: Score,
    doc: DocId,
    /// The zone whose documents are held.
    held: Option<usize>,
    docs: Vec<DocId>,
    at: usize,
    values: Vec<u64>,
}

fn zone_of(doc: DocId) -> usize {
    (doc / ZONE) as usize
}

fn start_of(zone: usize) -> DocId {
    (zone as u32).saturating_mul(ZONE)
}

/// How many documents of a zone match.
enum Share {
    None,
    Some,
    All,
}

impl RangeScorer {
    fn new(range: RangeQuery, column: Column<u64>, zones: Arc<Zones>, max_doc: DocId, boost: Score) -> RangeScorer {
        let (docs, values) = (vec![], vec![]);
        let mut scorer = RangeScorer { range, column, zones, max_doc, boost, doc: 0, held: None, docs, at: 0, values };
        scorer.go_to(0);
        scorer
    }

    /// The documents that are left of the zone at hand; they are passed by.
    pub(crate) fn take(&mut self, into: &mut Vec<DocId>) {
        into.clear();
        if self.doc < self.max_doc {
            let zone = zone_of(self.doc);
            self.hold(zone);
            self.pass(self.doc);
            into.extend(self.docs.get(self.at..).unwrap_or_default());
            self.go_to(start_of(zone + 1));
        }
    }

    /// Goes to the first document that matches, from `target` on.
    fn go_to(&mut self, target: DocId) {
        let mut zone = zone_of(target);
        while start_of(zone) < self.max_doc {
            self.hold(zone);
            self.pass(target);
            if let Some(doc) = self.docs.get(self.at) {
                self.doc = *doc;
                return;
            }
            zone += 1;
        }
        self.doc = TERMINATED;
    }

    /// Passes by what is held and lies before `target`.
    fn pass(&mut self, target: DocId) {
        let left = self.docs.get(self.at..).unwrap_or_default();
        // It is one of the next, mostly.
        let near = left.iter().take(4).take_while(|doc| **doc < target).count();
        self.at += if near < 4 { near } else { left.partition_point(|doc| *doc < target) };
    }

    fn hold(&mut self, zone: usize) {
        if self.held == Some(zone) {
            return;
        }
        (self.held, self.at) = (Some(zone), 0);
        self.docs.clear();
        let (start, end) = (start_of(zone), start_of(zone + 1).min(self.max_doc));
        match self.share(zone) {
            Share::None => {}
            Share::All => self.docs.extend(start..end),
            Share::Some if matches!(self.column.index, ColumnIndex::Full) => {
                let RangeQuery { lower, upper, .. } = self.range;
                self.values.resize((end - start) as usize, 0);
                self.column.values.get_range(u64::from(start), &mut self.values);
                let inside = |code: &u64| *code >= lower && *code <= upper;
                self.docs.extend((start..end).zip(&self.values).filter(|(_, code)| inside(code)).map(|(doc, _)| doc));
            }
            Share::Some => {
                let (column, range) = (&self.column, &self.range);
                self.docs.extend((start..end).filter(|doc| range.holds(column, *doc)));
            }
        }
    }

    fn share(&self, zone: usize) -> Share {
        let RangeQuery { lower, upper, .. } = self.range;
        match self.zones.zones.get(zone) {
            None => Share::None,
            Some(zone) if zone.empty || lower > upper || zone.greatest < lower || zone.least > upper => Share::None,
            Some(zone) if zone.full && zone.least >= lower && zone.greatest <= upper => Share::All,
            Some(_) => Share::Some,
        }
    }

    /// Whether the document matches; if not, one that no match lies before.
    fn look_up(&self, target: DocId) -> SeekDangerResult {
        let next = match self.share(zone_of(target)) {
            Share::All => return SeekDangerResult::Found,
            Share::Some if self.range.holds(&self.column, target) => return SeekDangerResult::Found,
            Share::Some => target + 1,
            Share::None => {
                let after = zone_of(target) + 1;
                let none = (after..self.zones.zones.len()).take_while(|zone| matches!(self.share(*zone), Share::None));
                start_of(after + none.count())
            }
        };
        SeekDangerResult::SeekLowerBound(if next < self.max_doc { next } else { TERMINATED })
    }
}

impl DocSet for RangeScorer {
    fn advance(&mut self) -> DocId {
        if self.doc < self.max_doc {
            self.go_to(self.doc + 1);
        }
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target > self.doc {
            self.go_to(target);
        }
        self.doc
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target < self.doc {
            return SeekDangerResult::SeekLowerBound(self.doc);
        }
        if target >= self.max_doc {
            self.doc = TERMINATED;
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        let found = self.look_up(target);
        if found == SeekDangerResult::Found {
            self.doc = target;
        }
        found
    }

    fn fill_buffer(&mut self, buffer: &mut [DocId; tantivy::COLLECT_BLOCK_BUFFER_LEN]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() && self.doc < self.max_doc {
            let zone = zone_of(self.doc);
            self.hold(zone);
            self.pass(self.doc);
            let left = self.docs.get(self.at..).unwrap_or_default();
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let some = left.len().min(room.len());
            room.iter_mut().zip(left).for_each(|(slot, doc)| *slot = *doc);
            filled += some;
            self.at += some;
            match self.docs.get(self.at) {
                Some(doc) => self.doc = *doc,
                None => self.go_to(start_of(zone + 1)),
            }
        }
        filled
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        let touched = (0..self.zones.zones.len()).filter(|zone| !matches!(self.share(*zone), Share::None));
        (touched.count() as u32).saturating_mul(ZONE).min(self.max_doc)
    }
}

impl Scorer for RangeScorer {
    fn score(&mut self) -> Score {
        self.boost
    }
}
