//! Goes through the matching documents of a segment, block by block.

use crate::blocks::BLOCK;
use crate::zones::{RangeScorer, ZONE};
use std::ops::Range;
use tantivy::query::{AllScorer, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, Score, Searcher, SegmentReader};

/// Documents of a segment that a thread goes through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) segment: u32,
    /// Up to the segment's end, or to that of a zone.
    pub(crate) docs: Range<DocId>,
}

/// Smaller pieces are not worth a thread.
const LEAST: u32 = if cfg!(test) { ZONE } else { 64 * ZONE };

/// All segments, in pieces such that no thread has much more to do than others.
pub(crate) fn pieces(searcher: &Searcher) -> Vec<Piece> {
    let all: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
    let share = u32::try_from(all.div_ceil(threads() as u64)).unwrap_or(u32::MAX / 2).max(LEAST).next_multiple_of(ZONE);
    let divided = |(number, segment): (u32, &SegmentReader)| {
        let end = segment.max_doc();
        let piece = move |from: u32| Piece { segment: number, docs: from..from.saturating_add(share).min(end) };
        (0..end).step_by(share as usize).map(piece)
    };
    (0..).zip(searcher.segment_readers()).flat_map(divided).collect()
}

/// How many threads search.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4)
}

/// Calls with each block of living documents, and their scores if those are wanted.
pub(crate) fn each(
    weight: &dyn Weight,
    segment: &SegmentReader,
    scores: bool,
    call: &mut dyn FnMut(&[DocId], &[Score]),
) -> tantivy::Result<()> {
    if scores { scored(weight, segment, call) } else { within(weight, segment, 0..segment.max_doc(), call) }
}

/// The same of a piece, without scores.
pub(crate) fn within(
    weight: &dyn Weight,
    segment: &SegmentReader,
    piece: Range<DocId>,
    call: &mut dyn FnMut(&[DocId], &[Score]),
) -> tantivy::Result<()> {
    let mut scorer = weight.scorer(segment, 1.0)?;
    if scorer.doc() < piece.start {
        scorer.seek(piece.start);
    }
    let mut living = |docs: &mut Vec<DocId>| {
        if let Some(alive) = segment.alive_bitset() {
            docs.retain(|doc| alive.is_alive(*doc));
        }
        call(docs, &[]);
    };
    let mut docs = Vec::with_capacity(BLOCK);
    if scorer.is::<AllScorer>() {
        for start in piece.clone().step_by(BLOCK) {
            docs.clear();
            docs.extend(start..start.saturating_add(BLOCK as u32).min(piece.end));
            living(&mut docs);
        }
    } else if let Some(range) = scorer.downcast_mut::<RangeScorer>() {
        // A piece ends where a zone does.
        while range.doc() < piece.end {
            range.take(&mut docs);
            living(&mut docs);
        }
    } else {
        buffered(scorer.as_mut(), piece.end, &mut docs, &mut living);
    }
    Ok(())
}

/// Whether all documents match.
pub(crate) fn is_all(weight: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<bool> {
    Ok(weight.scorer(segment, 1.0)?.is::<AllScorer>())
}

fn scored(weight: &dyn Weight, segment: &SegmentReader, call: &mut dyn FnMut(&[DocId], &[Score])) -> tantivy::Result<()> {
    let (mut docs, mut scores) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
    let alive = segment.alive_bitset();
    weight.for_each(segment, &mut |doc, score| {
        if alive.is_some_and(|alive| !alive.is_alive(doc)) {
            return;
        }
        docs.push(doc);
        scores.push(score);
        if docs.len() == BLOCK {
            call(&docs, &scores);
            docs.clear();
            scores.clear();
        }
    })?;
    call(&docs, &scores);
    Ok(())
}

fn buffered(scorer: &mut dyn Scorer, end: DocId, docs: &mut Vec<DocId>, living: &mut dyn FnMut(&mut Vec<DocId>)) {
    let mut buffer = [0; COLLECT_BLOCK_BUFFER_LEN];
    loop {
        docs.clear();
        let mut more = true;
        while more && docs.len() < BLOCK {
            let filled = scorer.fill_buffer(&mut buffer);
            docs.extend(buffer.get(..filled).unwrap_or_default());
            more = filled == buffer.len() && buffer.last().is_some_and(|last| *last < end);
        }
        docs.truncate(docs.partition_point(|doc| *doc < end));
        living(docs);
        if !more {
            return;
        }
    }
}
