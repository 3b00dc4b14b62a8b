//! Runs a query once for its hits, its count and its aggregations together.

use crate::aggregate::{self, Aggregated, Partial};
use crate::sort::{self, Gathered, Hit, Sorted};
use crate::{Result, scan};
use tantivy::collector::SegmentCollector;
use tantivy::query::{Query, Weight};
use tantivy::{DocId, Score, Searcher, SegmentReader};

/// Hits in order, and what aggregations found.
pub struct Outcome {
    /// The hits, and how many documents match.
    pub sorted: Sorted,
    /// What aggregations found.
    pub partial: Partial,
}

/// Runs a query; both collectors see each document once.
pub fn run(
    searcher: &Searcher,
    query: &dyn Query,
    sort: sort::Collector,
    aggregate: Option<aggregate::Collector>,
) -> Result<Outcome> {
    let (sorted, aggregated) = searcher.search(query, &Together { sort, aggregate })?;
    Ok(Outcome { sorted, partial: aggregated.0? })
}

struct Together {
    sort: sort::Collector,
    aggregate: Option<aggregate::Collector>,
}

struct Segment {
    gathered: Gathered,
    working: Option<aggregate::Working>,
}

type Fruit = ((Vec<Hit>, usize, Score), Option<Aggregated>);

impl SegmentCollector for Segment {
    type Fruit = Fruit;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.gathered.collect(doc, score);
        if let Some(working) = &mut self.working {
            working.collect(doc, score);
        }
    }

    fn harvest(self) -> Fruit {
        (self.gathered.finish(), self.working.map(aggregate::Working::finish))
    }
}

impl tantivy::collector::Collector for Together {
    type Fruit = (Sorted, Aggregated);
    type Child = Segment;

    fn for_segment(&self, ordinal: u32, segment: &SegmentReader) -> tantivy::Result<Segment> {
        let gathered = self.sort.open(ordinal, segment).map_err(sort::internal)?;
        let working = self.aggregate.as_ref().map(|aggregate| aggregate.open(ordinal, segment)).transpose();
        Ok(Segment { gathered, working: working.map_err(sort::internal)? })
    }

    fn requires_scoring(&self) -> bool {
        self.sort.scores() || self.aggregate.as_ref().is_some_and(aggregate::Collector::scores)
    }

    fn merge_fruits(&self, segments: Vec<Fruit>) -> tantivy::Result<(Sorted, Aggregated)> {
        let (hits, aggregated): (Vec<_>, Vec<_>) = segments.into_iter().unzip();
        let aggregated = aggregated.into_iter().flatten().collect();
        let merged = self.aggregate.as_ref().map_or(Aggregated(Ok(Partial::Nothing)), |aggregate| aggregate.merge(aggregated));
        Ok((self.sort.merge(hits), merged))
    }

    fn collect_segment(&self, weight: &dyn Weight, ordinal: u32, segment: &SegmentReader) -> tantivy::Result<Fruit> {
        let Segment { mut gathered, mut working } = self.for_segment(ordinal, segment)?;
        let scores = self.requires_scoring();
        // All documents are told by their zones; hits then need not wait for each.
        let all = !scores && gathered.skips() && scan::is_all(weight, segment)?;
        if all {
            gathered.all(segment);
        }
        if !all || working.is_some() {
            scan::each(weight, segment, scores, &mut |docs, scores| {
                if !all {
                    gathered.block(docs, scores);
                }
                if let Some(working) = &mut working {
                    working.block(docs, scores);
                }
            })?;
        }
        Ok((gathered.finish(), working.map(aggregate::Working::finish)))
    }
}
