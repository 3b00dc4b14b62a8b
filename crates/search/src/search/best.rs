//! The best hits by score. Of equal ones those that were written first come first.

use crate::order;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, Ordering};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery, Weight};
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

/// A hit: the less the better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scored {
    pub score: Score,
    /// How many documents stand before its segment.
    before: u64,
    pub address: DocAddress,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let place = |hit: &Scored| (hit.before, hit.address.doc_id);
        other.score.total_cmp(&self.score).then_with(|| place(self).cmp(&place(other)))
    }
}

/// Collects so many, and counts all if it may not pass any by.
pub(super) struct Best {
    limit: usize,
    firsts: Vec<u64>,
    counts: bool,
    /// The bits of the score that some segment has enough of. Scores are positive, so that their bits are in their order.
    worst: AtomicU32,
}

impl Best {
    pub(super) fn new(limit: usize, counts: bool, firsts: Vec<u64>) -> Best {
        Best { limit, firsts, counts, worst: AtomicU32::new(0) }
    }

    /// The score that the next one of a segment must beat. What other segments have tells by score alone: equal ones go by place.
    fn threshold(&self, own: Score) -> Score {
        if own > 0.0 {
            self.worst.fetch_max(own.to_bits(), Ordering::Relaxed);
        }
        match self.worst.load(Ordering::Relaxed) {
            0 => own,
            worst => own.max(f32::from_bits(worst).next_down()),
        }
    }
}

/// The best of all segments, and how many there are.
pub(super) fn merged(segments: Vec<Fruit>, limit: usize) -> Fruit {
    let total = segments.iter().map(|(_, total)| total).sum();
    let mut all: Vec<Scored> = segments.into_iter().flat_map(|(hits, _)| hits).collect();
    all.sort_unstable();
    all.truncate(limit);
    (all, total)
}

/// Whether those of the query that score too little can be passed by unseen: words alone, all of them or any.
pub(super) fn passes_by(query: &dyn Query) -> bool {
    if let Some(both) = query.downcast_ref::<BooleanQuery>() {
        let any = both.get_minimum_number_should_match() <= 1 && are_words(both, Occur::Should);
        return any || are_words(both, Occur::Must);
    }
    is_word(query)
}

/// How many documents have all words of a query, if that is what is asked for and each stands where it likes.
pub(super) fn have_all(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Option<u64>> {
    let Some(both) = query.downcast_ref::<BooleanQuery>().filter(|both| are_words(both, Occur::Must)) else { return Ok(None) };
    let all = searcher.num_docs().max(1) as f64;
    let mut share = 1.0;
    for (_, one) in both.clauses() {
        if let Some(word) = crate::query::unscored(one.as_ref()).downcast_ref::<TermQuery>() {
            share *= searcher.doc_freq(word.term())? as f64 / all;
        }
    }
    Ok(Some((share * all) as u64))
}

fn are_words(both: &BooleanQuery, asked: Occur) -> bool {
    both.clauses().iter().all(|(occur, one)| *occur == asked && is_word(one.as_ref()))
}

fn is_word(query: &dyn Query) -> bool {
    crate::query::unscored(query).is::<TermQuery>()
}

/// The best of a segment; the worst of them is on top.
pub(super) struct OfSegment {
    limit: usize,
    /// How many documents stand before the segment.
    pub before: u64,
    order: SegmentOrdinal,
    heap: BinaryHeap<Scored>,
    /// The score that the next one must beat.
    threshold: Score,
    pub total: usize,
}

/// The best hits, and how many there are, if that was counted.
pub(super) type Fruit = (Vec<Scored>, usize);

impl OfSegment {
    pub(super) fn new(limit: usize, firsts: &[u64], order: SegmentOrdinal) -> OfSegment {
        let before = firsts.get(order as usize).copied().unwrap_or_default();
        let heap = BinaryHeap::with_capacity(limit.min(1024));
        OfSegment { limit, before, order, heap, threshold: Score::MIN, total: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.heap.len() == self.limit
    }

    /// Takes a hit; tells the score that the next one must beat.
    fn take(&mut self, document: DocId, score: Score) -> Score {
        if score <= self.threshold {
            return self.threshold;
        }
        let hit = Scored { score, before: self.before, address: DocAddress::new(self.order, document) };
        if !self.is_full() {
            self.heap.push(hit);
        } else if self.heap.peek().is_some_and(|worst| hit < *worst) {
            self.heap.pop();
            self.heap.push(hit);
        }
        if let Some(worst) = self.heap.peek().filter(|_| self.is_full()) {
            self.threshold = worst.score;
        }
        self.threshold
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Fruit;

    fn collect(&mut self, document: DocId, score: Score) {
        self.total += 1;
        self.take(document, score);
    }

    fn harvest(self) -> Fruit {
        (self.heap.into_vec(), self.total)
    }
}

impl Collector for Best {
    type Fruit = Fruit;
    type Child = OfSegment;

    fn for_segment(&self, order: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<OfSegment> {
        Ok(OfSegment::new(self.limit, &self.firsts, order))
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Fruit>) -> tantivy::Result<Fruit> {
        Ok(merged(segments, self.limit))
    }

    fn collect_segment(&self, weight: &dyn Weight, order: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Fruit> {
        let mut best = self.for_segment(order, segment)?;
        let alive = segment.alive_bitset();
        let lives = |document| alive.is_none_or(|alive| alive.is_alive(document));
        if self.counts {
            weight.for_each(segment, &mut |document, score| {
                if lives(document) {
                    best.collect(document, score);
                }
            })?;
            return Ok(best.harvest());
        }
        weight.for_each_pruning(self.threshold(Score::MIN), segment, &mut |document, score| {
            self.threshold(if lives(document) { best.take(document, score) } else { best.threshold })
        })?;
        Ok(best.harvest())
    }
}

/// The first documents there are, in the order in which they were written.
pub(super) fn first(searcher: &Searcher, count: usize) -> Vec<DocAddress> {
    let alive = |(_, place): (u64, u32)| {
        let segment = searcher.segment_reader(place);
        segment.doc_ids_alive().map(move |document| DocAddress::new(place, document))
    };
    order::in_turn(searcher).into_iter().flat_map(alive).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::{DocAddress, Scored};

    #[test]
    fn equal_scores_go_by_place() {
        let hit = |score, before, document| Scored { score, before, address: DocAddress::new(0, document) };
        let mut hits = [hit(1.0, 1, 0), hit(2.0, 1, 5), hit(1.0, 0, 7), hit(2.0, 1, 4)];
        hits.sort();
        let told: Vec<_> = hits.iter().map(|hit| (hit.score, hit.before, hit.address.doc_id)).collect();
        assert_eq!(told, [(2.0, 1, 4), (2.0, 1, 5), (1.0, 0, 7), (1.0, 1, 0)]);
    }
}
