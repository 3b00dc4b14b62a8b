//! Goes through the matching documents of a segment, block by block.

use crate::blocks::BLOCK;
use crate::zones::RangeScorer;
use tantivy::query::{AllScorer, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId, DocSet, Score, SegmentReader};

/// Calls with each block of living documents, and their scores if those are wanted.
pub(crate) fn each(
    weight: &dyn Weight,
    segment: &SegmentReader,
    scores: bool,
    call: &mut dyn FnMut(&[DocId], &[Score]),
) -> tantivy::Result<()> {
    if scores {
        return scored(weight, segment, call);
    }
    let mut scorer = weight.scorer(segment, 1.0)?;
    let mut living = |docs: &mut Vec<DocId>| {
        if let Some(alive) = segment.alive_bitset() {
            docs.retain(|doc| alive.is_alive(*doc));
        }
        call(docs, &[]);
    };
    let mut docs = Vec::with_capacity(BLOCK);
    if scorer.is::<AllScorer>() {
        for start in (0..segment.max_doc()).step_by(BLOCK) {
            docs.clear();
            docs.extend(start..start.saturating_add(BLOCK as u32).min(segment.max_doc()));
            living(&mut docs);
        }
    } else if let Some(range) = scorer.downcast_mut::<RangeScorer>() {
        while range.doc() != tantivy::TERMINATED {
            range.take(&mut docs);
            living(&mut docs);
        }
    } else {
        buffered(scorer.as_mut(), &mut docs, &mut living);
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

fn buffered(scorer: &mut dyn Scorer, docs: &mut Vec<DocId>, living: &mut dyn FnMut(&mut Vec<DocId>)) {
    let mut buffer = [0; COLLECT_BLOCK_BUFFER_LEN];
    loop {
        docs.clear();
        let mut more = true;
        while more && docs.len() < BLOCK {
            let filled = scorer.fill_buffer(&mut buffer);
            docs.extend(buffer.get(..filled).unwrap_or_default());
            more = filled == buffer.len();
        }
        living(docs);
        if !more {
            return;
        }
    }
}
