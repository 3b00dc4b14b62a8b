//! Documents of one query, of which those of another count for less.

use std::sync::Arc;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader};

/// The query.
#[derive(Clone, Debug)]
pub(super) struct Boosting {
    pub positive: Arc<dyn Query>,
    pub negative: Arc<dyn Query>,
    pub factor: f32,
}

impl Query for Boosting {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let positive = self.positive.weight(scoring)?;
        if !scoring.is_scoring_enabled() {
            return Ok(positive);
        }
        let unscored = EnableScoring::Disabled { schema: scoring.schema(), searcher_opt: scoring.searcher() };
        Ok(Box::new(BoostingWeight { positive, negative: self.negative.weight(unscored)?, factor: self.factor }))
    }
}

struct BoostingWeight {
    positive: Box<dyn Weight>,
    negative: Box<dyn Weight>,
    factor: f32,
}

impl Weight for BoostingWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let (positive, negative) = (self.positive.scorer(segment, boost)?, self.negative.scorer(segment, 1.0)?);
        Ok(Box::new(BoostingScorer { positive, negative, factor: self.factor }))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        crate::query::unexplained()
    }
}

struct BoostingScorer {
    positive: Box<dyn Scorer>,
    negative: Box<dyn Scorer>,
    factor: f32,
}

impl DocSet for BoostingScorer {
    fn advance(&mut self) -> DocId {
        self.positive.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.positive.seek(target)
    }

    fn doc(&self) -> DocId {
        self.positive.doc()
    }

    fn size_hint(&self) -> u32 {
        self.positive.size_hint()
    }
}

impl Scorer for BoostingScorer {
    fn score(&mut self) -> Score {
        let document = self.positive.doc();
        let there = if self.negative.doc() < document { self.negative.seek(document) } else { self.negative.doc() };
        self.positive.score() * if there == document { self.factor } else { 1.0 }
    }
}
