//! The best hits by score. Of equal ones those that were written first come first.

use crate::Result;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Weight;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

/// The places of segments in the order in which they were written.
pub(super) fn ranks(searcher: &Searcher) -> Result<Vec<u32>> {
    let mut firsts = vec![];
    for (order, segment) in searcher.segment_readers().iter().enumerate() {
        firsts.push((segment.fast_fields().u64("_seq_no")?.min_value(), order));
    }
    firsts.sort_unstable();
    let mut ranks = vec![0; firsts.len()];
    for (rank, (_, order)) in firsts.into_iter().enumerate() {
        if let Some(place) = ranks.get_mut(order) {
            *place = rank as u32;
        }
    }
    Ok(ranks)
}

/// A hit: the less the better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scored {
    pub score: Score,
    rank: u32,
    pub address: DocAddress,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |hit: &Scored| (hit.rank, hit.address.doc_id);
        other.score.total_cmp(&self.score).then_with(|| place(self).cmp(&place(other)))
    }
}

/// Collects so many.
pub(super) struct Best {
    pub limit: usize,
    pub ranks: Vec<u32>,
}

/// The best of a segment; the worst of them is on top.
pub(super) struct OfSegment {
    limit: usize,
    rank: u32,
    order: SegmentOrdinal,
    heap: BinaryHeap<Scored>,
}

impl OfSegment {
    /// Takes a hit; tells the score that the next one must beat.
    fn take(&mut self, document: DocId, score: Score) -> Score {
        let hit = Scored { score, rank: self.rank, address: DocAddress::new(self.order, document) };
        if self.heap.len() < self.limit {
            self.heap.push(hit);
        } else if self.heap.peek().is_some_and(|worst| hit < *worst) {
            self.heap.pop();
            self.heap.push(hit);
        }
        match self.heap.peek() {
            Some(worst) if self.heap.len() == self.limit => worst.score,
            _ => Score::MIN,
        }
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<Scored>;

    fn collect(&mut self, document: DocId, score: Score) {
        self.take(document, score);
    }

    fn harvest(self) -> Vec<Scored> {
        self.heap.into_vec()
    }
}

impl Collector for Best {
    type Fruit = Vec<Scored>;
    type Child = OfSegment;

    fn for_segment(&self, order: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<OfSegment> {
        let rank = self.ranks.get(order as usize).copied().unwrap_or(order);
        Ok(OfSegment { limit: self.limit, rank, order, heap: BinaryHeap::with_capacity(self.limit.min(1024)) })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Scored>>) -> tantivy::Result<Vec<Scored>> {
        let mut all: Vec<Scored> = segments.into_iter().flatten().collect();
        all.sort_unstable();
        all.truncate(self.limit);
        Ok(all)
    }

    fn collect_segment(
        &self,
        weight: &dyn Weight,
        order: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<Vec<Scored>> {
        let mut best = self.for_segment(order, segment)?;
        let alive = segment.alive_bitset();
        let mut threshold = Score::MIN;
        weight.for_each_pruning(Score::MIN, segment, &mut |document, score| {
            if alive.is_none_or(|alive| alive.is_alive(document)) {
                threshold = best.take(document, score);
            }
            threshold
        })?;
        Ok(best.harvest())
    }
}

/// The first documents there are, in the order in which they were written.
pub(super) fn first(searcher: &Searcher, count: usize) -> Result<Vec<DocAddress>> {
    let mut order: Vec<(u32, usize)> = ranks(searcher)?.into_iter().zip(0..).collect();
    order.sort_unstable();
    let mut heap: Vec<DocAddress> = vec![];
    for (_, place) in order {
        let Some(segment) = searcher.segment_readers().get(place) else { continue };
        let left = count - heap.len();
        heap.extend(segment.doc_ids_alive().take(left).map(|document| DocAddress::new(place as u32, document)));
    }
    Ok(heap)
}

#[cfg(test)]
mod tests {
    use super::{DocAddress, Scored};

    #[test]
    fn equal_scores_go_by_place() {
        let hit = |score, rank, document| Scored { score, rank, address: DocAddress::new(0, document) };
        let mut hits = [hit(1.0, 1, 0), hit(2.0, 1, 5), hit(1.0, 0, 7), hit(2.0, 1, 4)];
        hits.sort();
        let told: Vec<_> = hits.iter().map(|hit| (hit.score, hit.rank, hit.address.doc_id)).collect();
        assert_eq!(told, [(2.0, 1, 4), (2.0, 1, 5), (1.0, 0, 7), (1.0, 1, 0)]);
    }
}
