//! Runs a query once for its hits, its count and its aggregations together.

use crate::Result;
use crate::aggregate::{self, Aggregated, Partial};
use crate::scan::{self, Piece};
use crate::sort::{self, Hit, Sorted};
use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{Score, Searcher};

/// Hits in order, and what aggregations found.
pub struct Outcome {
    /// The hits, and how many documents match.
    pub sorted: Sorted,
    /// What aggregations found.
    pub partial: Partial,
}

/// Runs a query; both collectors see each document once. Large segments are divided, so that threads have as much to do as others.
pub fn run(
    searcher: &Searcher,
    query: &dyn Query,
    sort: sort::Collector,
    aggregate: Option<aggregate::Collector>,
) -> Result<Outcome> {
    let scores = sort.scores() || aggregate.as_ref().is_some_and(aggregate::Collector::scores);
    let whole = |(segment, reader): (u32, &tantivy::SegmentReader)| Piece { segment, docs: 0..reader.max_doc() };
    // What is found by scores, or without a look at most documents, is found in whole segments.
    let pieces = match aggregate {
        Some(_) if !scores => scan::pieces(searcher),
        _ => (0..).zip(searcher.segment_readers()).map(whole).collect(),
    };
    let divided = pieces.len() > searcher.segment_readers().len();
    let aggregate = aggregate.map(|aggregate| if divided { aggregate.divided() } else { aggregate });
    let weight = query.weight(match scores {
        true => EnableScoring::enabled_from_searcher(searcher),
        false => EnableScoring::disabled_from_searcher(searcher),
    })?;
    let together = Together { sort, aggregate, scores, searcher };
    let executor = searcher.index().search_executor();
    let found = executor.map(|piece| Ok(together.piece(weight.as_ref(), &piece)), pieces.into_iter())?;
    together.merge(found.into_iter().collect::<Result<_>>()?)
}

struct Together<'a> {
    sort: sort::Collector,
    aggregate: Option<aggregate::Collector>,
    scores: bool,
    searcher: &'a Searcher,
}

type Found = ((Vec<Hit>, usize, Score), Option<Aggregated>);

impl Together<'_> {
    fn merge(&self, found: Vec<Found>) -> Result<Outcome> {
        let (hits, aggregated): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let aggregated = aggregated.into_iter().flatten().collect();
        let merged = self.aggregate.as_ref().map_or(Aggregated(Ok(Partial::Nothing)), |aggregate| aggregate.merge(aggregated));
        Ok(Outcome { sorted: self.sort.merge(hits), partial: merged.0? })
    }

    fn piece(&self, weight: &dyn Weight, piece: &Piece) -> Result<Found> {
        let segment = self.searcher.segment_reader(piece.segment);
        let mut gathered = self.sort.open(piece.segment, segment)?;
        let mut working = self.aggregate.as_ref().map(|aggregate| aggregate.open(piece.segment, segment)).transpose()?;
        // All documents are told by their zones; hits then need not wait for each.
        let all = !self.scores && gathered.skips() && scan::is_all(weight, segment)?;
        if all && piece.docs.start == 0 {
            gathered.all(segment);
        }
        if !all || working.is_some() {
            let mut take = |docs: &[_], scores: &[_]| {
                if !all {
                    gathered.block(docs, scores);
                }
                if let Some(working) = &mut working {
                    working.block(docs, scores);
                }
            };
            match self.scores {
                true => scan::each(weight, segment, true, &mut take)?,
                false => scan::within(weight, segment, piece.docs.clone(), &mut take)?,
            }
        }
        Ok((gathered.finish(), working.map(aggregate::Working::finish)))
    }
}
