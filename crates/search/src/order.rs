//! The order in which documents were put in: segments by their oldest one.

use crate::memory::Memory;
use std::sync::LazyLock;
use tantivy::index::SegmentId;
use tantivy::{Searcher, SegmentReader};

const COLUMN: &str = "_seq_no";

/// The numbers of segments' oldest documents; opening the column takes longer than a small search.
static OLDEST: LazyLock<Memory<Option<u64>>> = LazyLock::new(|| Memory::new(8192));

/// How many documents stand before each segment.
pub(crate) fn firsts(searcher: &Searcher) -> Vec<u64> {
    let segments = searcher.segment_readers();
    let mut order: Vec<_> = segments.iter().map(oldest).zip(0..).collect();
    order.sort_unstable();
    let (mut firsts, mut sum) = (vec![0; segments.len()], 0);
    for (_, place) in order {
        if let (Some(first), Some(segment)) = (firsts.get_mut::<usize>(place), segments.get(place)) {
            *first = sum;
            sum += u64::from(segment.max_doc());
        }
    }
    firsts
}

/// The segments, the oldest first, each behind how many documents stand before it.
pub(crate) fn in_turn(searcher: &Searcher) -> Vec<(u64, u32)> {
    let mut order: Vec<(u64, u32)> = firsts(searcher).into_iter().zip(0..).collect();
    order.sort_unstable();
    order
}

fn oldest(segment: &SegmentReader) -> Option<u64> {
    let key = (segment.segment_id(), COLUMN.to_owned());
    *OLDEST.know(key, || (segment.fast_fields().u64(COLUMN).ok().map(|column| column.min_value()), 1))
}

/// Forgets segments that are no more.
pub(crate) fn forget(segments: &[SegmentId]) {
    OLDEST.forget(segments);
}
