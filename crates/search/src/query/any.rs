//! Documents of any of a few queries, where another query leads.
//!
//! tantivy's own union reads and scores thousands of documents ahead. That is for one that walks alone: beside others most of them are
//! passed by.

use std::sync::Arc;
use tantivy::query::{BooleanQuery, EmptyScorer, EnableScoring, Explanation, Occur, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

/// So few are compared one by one.
const FEW: usize = 8;

/// The query.
#[derive(Clone, Debug)]
struct Any(Arc<[Box<dyn Query>]>);

/// A query that others stand beside, all of which must hold.
pub(super) fn beside_others(query: Box<dyn Query>) -> Box<dyn Query> {
    let Some(union) = query.downcast_ref::<BooleanQuery>() else { return query };
    let clauses = union.clauses();
    let is_union = union.get_minimum_number_should_match() <= 1 && clauses.iter().all(|(occur, _)| *occur == Occur::Should);
    if !is_union || !(2..=FEW).contains(&clauses.len()) {
        return query;
    }
    Box::new(Any(clauses.iter().map(|(_, clause)| clause.box_clone()).collect()))
}

impl Query for Any {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let weights = self.0.iter().map(|query| query.weight(scoring)).collect::<tantivy::Result<_>>()?;
        Ok(Box::new(AnyWeight(weights)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.iter().for_each(|query| query.query_terms(visitor));
    }
}

struct AnyWeight(Vec<Box<dyn Weight>>);

impl Weight for AnyWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorers = vec![];
        for weight in &self.0 {
            let scorer = weight.scorer(segment, boost)?;
            if scorer.doc() != TERMINATED {
                scorers.push((scorer.doc(), scorer));
            }
        }
        Ok(match scorers.len() {
            0 => Box::new(EmptyScorer),
            1 => scorers.swap_remove(0).1,
            _ => Box::new(AnyScorer { doc: least(&scorers), scorers }),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        crate::query::unexplained()
    }
}

/// Each scorer stands at its first document that is not before the one at hand.
struct AnyScorer {
    doc: DocId,
    scorers: Vec<(DocId, Box<dyn Scorer>)>,
}

fn least(scorers: &[(DocId, Box<dyn Scorer>)]) -> DocId {
    scorers.iter().map(|(doc, _)| *doc).min().unwrap_or(TERMINATED)
}

impl DocSet for AnyScorer {
    fn advance(&mut self) -> DocId {
        for (doc, scorer) in self.scorers.iter_mut().filter(|(doc, _)| *doc == self.doc && *doc != TERMINATED) {
            *doc = scorer.advance();
        }
        self.doc = least(&self.scorers);
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        for (doc, scorer) in self.scorers.iter_mut().filter(|(doc, _)| *doc < target) {
            *doc = scorer.seek(target);
        }
        self.doc = least(&self.scorers);
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.scorers.iter().map(|(_, scorer)| scorer.size_hint()).fold(0, u32::saturating_add)
    }

    fn cost(&self) -> u64 {
        self.scorers.iter().map(|(_, scorer)| scorer.cost()).sum()
    }
}

impl Scorer for AnyScorer {
    fn score(&mut self) -> Score {
        self.scorers.iter_mut().filter(|(doc, _)| *doc == self.doc).map(|(_, scorer)| scorer.score()).sum()
    }
}
