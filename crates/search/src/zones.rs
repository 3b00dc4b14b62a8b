//! Zones: the least and the greatest value of each block of documents, so that whole blocks are skipped or taken unread.
//!
//! Posts come nearly in the order of time; so a block of neighbours spans little of it, and most blocks lie wholly inside or outside
//! of what is asked.

mod clumps;
mod range;
#[cfg(test)]
mod tests;

pub(crate) use clumps::{CLUMP, Clumps};
pub(crate) use range::RangeScorer;
pub use range::{range_query, whole_range};

use crate::mapping::Leaf;
use crate::memory::Memory;
use crate::{aggregate, blocks, order};
use std::sync::{Arc, LazyLock};
use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::{DocId, SegmentReader};

/// So many documents are in a zone.
pub(crate) const ZONE: u32 = 1024;

/// So many zones are remembered, and as many clumps, at some 32 bytes each; those of the columns that were used longest ago go first.
const REMEMBERED: usize = 2_000_000;

/// What is known of a block of documents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Zone {
    /// The least code.
    pub(crate) least: u64,
    /// The greatest.
    pub(crate) greatest: u64,
    /// Whether each document has a value.
    pub(crate) full: bool,
    /// Whether no document has one.
    pub(crate) empty: bool,
}

/// The zones of a segment's column.
#[derive(Debug)]
pub(crate) struct Zones {
    pub(crate) zones: Vec<Zone>,
}

impl Zones {
    /// Reads a column once.
    pub(crate) fn new(column: &Column<u64>, docs: u32) -> Zones {
        let mut zones = Vec::with_capacity(docs.div_ceil(ZONE) as usize);
        let mut values = vec![];
        for start in (0..docs).step_by(ZONE as usize) {
            let end = start.saturating_add(ZONE).min(docs);
            let rows = column.index.docid_range_to_rowids(start..end);
            values.clear();
            values.resize(rows.len(), 0);
            column.values.get_range(u64::from(rows.start), &mut values);
            let full = (start..end).all(|doc| column.index.has_value(doc));
            let least = values.iter().copied().min().unwrap_or(u64::MAX);
            let greatest = values.iter().copied().max().unwrap_or(0);
            zones.push(Zone { least, greatest, full, empty: values.is_empty() });
        }
        Zones { zones }
    }

    /// The least and the greatest code of documents from `first` to `last`, where each of them has one.
    pub(crate) fn span(&self, first: DocId, last: DocId) -> Option<(u64, u64)> {
        let zones = self.zones.get((first / ZONE) as usize..=(last / ZONE) as usize)?;
        let mut span = (u64::MAX, 0);
        for zone in zones {
            if !zone.full {
                return None;
            }
            span = (span.0.min(zone.least), span.1.max(zone.greatest));
        }
        Some(span)
    }
}

static MEMORY: LazyLock<Memory<Zones>> = LazyLock::new(|| Memory::new(REMEMBERED));
static CLUMPS: LazyLock<Memory<Clumps>> = LazyLock::new(|| Memory::new(REMEMBERED));

/// The zones of a segment's column, made when they are first asked for.
pub(crate) fn of(segment: &SegmentReader, leaf: &Leaf, column: &Column<u64>) -> Arc<Zones> {
    MEMORY.know((segment.segment_id(), leaf.column.clone()), || {
        let zones = Zones::new(column, segment.max_doc());
        let size = zones.zones.len();
        (zones, size)
    })
}

/// The clumps of a segment's column, made when they are first asked for.
pub(crate) fn clumps_of(segment: &SegmentReader, leaf: &Leaf, column: &Column<u64>) -> Arc<Clumps> {
    CLUMPS.know((segment.segment_id(), leaf.column.clone()), || {
        let clumps = Clumps::new(column, segment.max_doc());
        let size = clumps.len();
        (clumps, size)
    })
}

/// Forgets what is known of segments that are no more.
pub(crate) fn forget(segments: &[SegmentId]) {
    MEMORY.forget(segments);
    CLUMPS.forget(segments);
    blocks::forget(segments);
    aggregate::forget(segments);
    order::forget(segments);
}
