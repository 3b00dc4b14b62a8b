//! A range of a column, by its zones.

use super::{ZONE, Zone, Zones};
use crate::blocks;
use crate::mapping::{Kind, Leaf};
use std::ops::Bound;
use std::sync::Arc;
use tantivy::columnar::{Column, ColumnIndex, MonotonicallyMappableToU64};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

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

/// Walks the zones, and holds the matching documents of one.
pub(crate) struct RangeScorer {
    range: RangeQuery,
    column: Column<u64>,
    zones: Arc<Zones>,
    max_doc: DocId,
    boost: Score,
    /// The next zone to look into.
    next: usize,
    docs: Vec<DocId>,
    at: usize,
    values: Vec<u64>,
}

impl RangeScorer {
    fn new(range: RangeQuery, column: Column<u64>, zones: Arc<Zones>, max_doc: DocId, boost: Score) -> RangeScorer {
        let mut scorer = RangeScorer { range, column, zones, max_doc, boost, next: 0, docs: vec![], at: 0, values: vec![] };
        scorer.find();
        scorer
    }

    /// The documents that are left of the zone at hand; they are passed by.
    pub(crate) fn take(&mut self, into: &mut Vec<DocId>) {
        into.clear();
        into.extend(self.docs.get(self.at..).unwrap_or_default());
        self.find();
    }

    /// Finds the next zone with a matching document.
    fn find(&mut self) {
        self.docs.clear();
        self.at = 0;
        while self.docs.is_empty() {
            let Some(zone) = self.zones.zones.get(self.next).copied() else { return };
            let start = self.next as u32 * ZONE;
            self.next += 1;
            self.fill(zone, start);
        }
    }

    fn fill(&mut self, zone: Zone, start: DocId) {
        let RangeQuery { lower, upper, .. } = self.range;
        if zone.empty || lower > upper || zone.greatest < lower || zone.least > upper {
            return;
        }
        let end = start.saturating_add(ZONE).min(self.max_doc);
        if zone.full && zone.least >= lower && zone.greatest <= upper {
            return self.docs.extend(start..end);
        }
        if matches!(self.column.index, ColumnIndex::Full) {
            self.values.resize((end - start) as usize, 0);
            self.column.values.get_range(u64::from(start), &mut self.values);
            let inside = |code: &u64| *code >= lower && *code <= upper;
            return self.docs.extend((start..end).zip(&self.values).filter(|(_, code)| inside(code)).map(|(doc, _)| doc));
        }
        for doc in start..end {
            let mut rows = self.column.index.value_row_ids(doc);
            if rows.any(|row| (lower..=upper).contains(&self.column.values.get_val(row))) {
                self.docs.push(doc);
            }
        }
    }
}

impl DocSet for RangeScorer {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        if self.at >= self.docs.len() {
            self.find();
        }
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target >= self.max_doc {
            self.next = self.zones.zones.len();
            self.find();
            return TERMINATED;
        }
        if self.docs.last().is_none_or(|last| *last < target) {
            self.next = self.next.max((target / ZONE) as usize);
            self.find();
        }
        let left = self.docs.get(self.at..).unwrap_or_default();
        self.at += left.partition_point(|doc| *doc < target);
        // The zone of the target may hold only documents before it.
        if self.at >= self.docs.len() {
            self.find();
        }
        self.doc()
    }

    fn fill_buffer(&mut self, buffer: &mut [DocId; tantivy::COLLECT_BLOCK_BUFFER_LEN]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() && self.doc() != TERMINATED {
            let left = self.docs.get(self.at..).unwrap_or_default();
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let some = left.len().min(room.len());
            room.iter_mut().zip(left).for_each(|(slot, doc)| *slot = *doc);
            filled += some;
            self.at += some;
            if self.at >= self.docs.len() {
                self.find();
            }
        }
        filled
    }

    fn doc(&self) -> DocId {
        self.docs.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        let RangeQuery { lower, upper, .. } = self.range;
        let touched = self.zones.zones.iter().filter(|zone| !zone.empty && zone.greatest >= lower && zone.least <= upper);
        (touched.count() as u32).saturating_mul(ZONE).min(self.max_doc)
    }
}

impl Scorer for RangeScorer {
    fn score(&mut self) -> Score {
        self.boost
    }
}
