//! Documents that score at least so much.

use std::sync::Arc;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

/// The query.
#[derive(Clone, Debug)]
pub(super) struct Least {
    pub inner: Arc<dyn Query>,
    pub score: Score,
}

impl Query for Least {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        // Scores decide, asked for or not.
        let searcher = scoring.searcher().ok_or_else(|| TantivyError::InvalidArgument("a searcher is needed".to_owned()))?;
        let inner = self.inner.weight(EnableScoring::enabled_from_searcher(searcher))?;
        Ok(Box::new(LeastWeight { inner, score: self.score }))
    }
}

struct LeastWeight {
    inner: Box<dyn Weight>,
    score: Score,
}

impl Weight for LeastWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = LeastScorer { inner: self.inner.scorer(segment, boost)?, least: self.score, score: 0.0 };
        scorer.settle();
        Ok(Box::new(scorer))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        crate::query::unexplained()
    }
}

struct LeastScorer {
    inner: Box<dyn Scorer>,
    least: Score,
    score: Score,
}

impl LeastScorer {
    fn settle(&mut self) -> DocId {
        while self.inner.doc() != TERMINATED {
            self.score = self.inner.score();
            if self.score >= self.least {
                break;
            }
            self.inner.advance();
        }
        self.inner.doc()
    }
}

impl DocSet for LeastScorer {
    fn advance(&mut self) -> DocId {
        self.inner.advance();
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.inner.doc() < target {
            self.inner.seek(target);
        }
        self.settle()
    }

    fn doc(&self) -> DocId {
        self.inner.doc()
    }

    fn size_hint(&self) -> u32 {
        self.inner.size_hint()
    }
}

impl Scorer for LeastScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}
