//! Hits of a query that scores all alike: the first that there are. No more is looked at than is asked for.

use super::best::{Fruit, OfSegment, merged};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, Scorer, Weight};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocSet, SegmentOrdinal, SegmentReader, TERMINATED};

/// Whether all that a query finds has one score.
pub(super) fn is_level(query: &dyn Query) -> bool {
    let part = |(occur, one): &(Occur, Box<dyn Query>)| match occur {
        Occur::Must => is_level(one.as_ref()),
        Occur::MustNot => true,
        Occur::Should => false,
    };
    query.is::<ConstScoreQuery>() || query.downcast_ref::<BooleanQuery>().is_some_and(|both| both.clauses().iter().all(part))
}

/// Collects so many of the first, and counts until it has met more than so many.
pub(super) struct Level {
    limit: usize,
    most: usize,
    firsts: Vec<u64>,
    met: AtomicUsize,
    /// How many documents stand before the first segment that has enough.
    enough: AtomicU64,
}

impl Level {
    pub(super) fn new(limit: usize, most: usize, firsts: Vec<u64>) -> Level {
        Level { limit, most, firsts, met: AtomicUsize::new(0), enough: AtomicU64::new(u64::MAX) }
    }

    fn is_counted(&self) -> bool {
        self.met.load(Ordering::Relaxed) > self.most
    }
}

impl Collector for Level {
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
        let mut first = self.for_segment(order, segment)?;
        if self.is_counted() && self.enough.load(Ordering::Relaxed) < first.before {
            return Ok(first.harvest());
        }
        let mut scorer = weight.scorer(segment, 1.0)?;
        while !first.is_full() && scorer.doc() != TERMINATED {
            if !segment.is_deleted(scorer.doc()) {
                first.collect(scorer.doc(), scorer.score());
            }
            scorer.advance();
        }
        if first.is_full() {
            self.enough.fetch_min(first.before, Ordering::Relaxed);
        }
        self.met.fetch_add(first.total, Ordering::Relaxed);
        first.total += count(scorer.as_mut(), segment, &mut |more| {
            self.met.fetch_add(more, Ordering::Relaxed);
            !self.is_counted()
        });
        Ok(first.harvest())
    }
}

/// Counts the living documents from here on, a few at a time: `goes_on` is told how many more there are, none at first.
pub(super) fn count(scorer: &mut dyn Scorer, segment: &SegmentReader, goes_on: &mut dyn FnMut(usize) -> bool) -> usize {
    let (alive, mut buffer) = (segment.alive_bitset(), [0; COLLECT_BLOCK_BUFFER_LEN]);
    let (mut total, mut more) = (0, 0);
    let mut filled = buffer.len();
    while goes_on(more) && filled == buffer.len() {
        filled = scorer.fill_buffer(&mut buffer);
        let met = buffer.iter().take(filled);
        more = alive.map_or(filled, |alive| met.filter(|document| alive.is_alive(**document)).count());
        total += more;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::super::best::Scored;
    use super::*;
    use crate::samples::Sample;
    use serde_json::{Value, json};
    use tantivy::query::AllQuery;

    #[test]
    fn it_finds_the_first_and_counts_no_further_than_it_must() {
        let documents: Vec<Value> = (0..2_000).map(|place| json!({ "n": place })).collect();
        let mapping = json!({ "properties": { "n": { "type": "long" } } });
        let sample = Sample::new(&mapping, &documents, 300, &[0, 2, 299, 300]);
        let query = crate::query::constant(Box::new(AllQuery), 2.0);
        let firsts = crate::order::firsts(&sample.searcher);
        let ask = |limit, most| sample.searcher.search(query.as_ref(), &Level::new(limit, most, firsts.clone())).unwrap();
        let ids = |hits: &[Scored]| hits.iter().map(|hit| sample.id(hit.address)).collect::<Vec<_>>().join(" ");
        let (hits, total) = ask(4, usize::MAX);
        assert_eq!((ids(&hits).as_str(), total), ("1 3 4 5", 1_996));
        assert!(hits.iter().all(|hit| hit.score == 2.0));
        let (hits, total) = ask(3, 100);
        assert_eq!(ids(&hits), "1 3 4");
        assert!((101..1_000).contains(&total), "{total}");
        let (hits, total) = ask(700, 0);
        assert_eq!(hits.len(), 700);
        assert_eq!(sample.id(hits.last().unwrap().address), "703");
        assert!(total >= 700);
    }

    #[test]
    fn filters_score_all_alike_and_words_do_not() {
        let read = |told: Value| {
            let mapping = crate::mapping::Mapping::read(&json!({ "properties": { "t": { "type": "text" } } })).unwrap();
            is_level(crate::query::read(&told, &mapping, 0).unwrap().as_ref())
        };
        assert!(read(json!({ "prefix": { "t": "a" } })));
        assert!(read(
            json!({ "bool": { "filter": [{ "term": { "t": "a" } }, { "exists": { "field": "t" } }], "must_not": { "term": { "t": "b" } } } })
        ));
        assert!(!read(json!({ "term": { "t": "a" } })));
        assert!(!read(json!({ "bool": { "filter": { "exists": { "field": "t" } }, "should": { "term": { "t": "b" } } } })));
    }
}
