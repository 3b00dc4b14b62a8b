//! Runs over a query's documents.

use super::spec::{Node, What};
use super::work::{Budget, Hall, Site, Work};
use super::{Limits, Partial, Plan};
use crate::blocks::{BLOCK, Block, Ords};
use crate::{Result, order, scan, sort};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tantivy::collector::SegmentCollector;
use tantivy::query::{AllQuery, Weight};
use tantivy::{DocId, Score, Searcher, SegmentReader};

/// What was found, or why not.
pub struct Aggregated(pub Result<Partial>);

/// Collects for aggregations.
pub struct Collector {
    nodes: Arc<Vec<Node>>,
    searcher: Searcher,
    firsts: Vec<u64>,
    used: Arc<AtomicU64>,
    limits: Limits,
    scores: bool,
    several: bool,
}

/// Collects in a segment.
pub struct Working {
    works: Vec<Box<dyn Work>>,
    budget: Budget,
    scored: bool,
    docs: Vec<DocId>,
    scores: Vec<Score>,
    total: u64,
}

impl Collector {
    pub(super) fn new(plan: &Plan, searcher: &Searcher) -> Result<Collector> {
        Ok(Collector {
            nodes: plan.nodes.clone(),
            searcher: searcher.clone(),
            firsts: order::firsts(searcher),
            used: Arc::default(),
            limits: plan.limits,
            scores: plan.needs_scores(),
            several: plan.several,
        })
    }

    /// Notes that segments are divided: no piece knows all of one.
    pub(crate) fn divided(mut self) -> Collector {
        self.several = true;
        self
    }

    pub(crate) fn scores(&self) -> bool {
        self.scores
    }

    pub(crate) fn open(&self, ordinal: u32, segment: &SegmentReader) -> Result<Working> {
        let budget = Budget::new(self.used.clone(), self.limits.bytes);
        let site = Site { searcher: &self.searcher, segment, ordinal, firsts: &self.firsts, several: self.several };
        let works = site.open(&self.nodes, Some(1))?;
        Ok(Working { works, budget, scored: self.scores, docs: vec![], scores: vec![], total: 0 })
    }

    pub(crate) fn merge(&self, segments: Vec<Aggregated>) -> Aggregated {
        Aggregated(self.merged(segments))
    }

    fn merged(&self, segments: Vec<Aggregated>) -> Result<Partial> {
        let segments = segments.into_iter().map(|segment| segment.0).collect::<Result<_>>()?;
        let Partial::All(total, subs) = Partial::all(segments) else { return Ok(Partial::Nothing) };
        let globals = self.nodes.iter().zip(subs).map(|(node, partial)| match &node.what {
            What::Global(inner) => {
                let (searcher, firsts, used) = (self.searcher.clone(), self.firsts.clone(), self.used.clone());
                let (limits, several, scores) = (self.limits, self.several, inner.iter().any(Node::needs_scores));
                let all = Collector { nodes: inner.clone(), searcher, firsts, used, limits, scores, several };
                self.searcher.search(&AllQuery, &all)?.0
            }
            _ => Ok(partial),
        });
        Ok(Partial::All(total, globals.collect::<Result<_>>()?))
    }
}

impl Working {
    /// Takes in a block of documents.
    pub(crate) fn block(&mut self, docs: &[DocId], scores: &[Score]) {
        if docs.is_empty() || self.budget.check().is_err() {
            return;
        }
        self.total += docs.len() as u64;
        let hall = Hall { budget: &self.budget, docs, scores };
        for work in &mut self.works {
            work.work(Block { docs, ords: Ords::One(0) }, &hall);
        }
    }

    fn flush(&mut self) {
        let (docs, scores) = (std::mem::take(&mut self.docs), std::mem::take(&mut self.scores));
        self.block(&docs, &scores);
        (self.docs, self.scores) = (docs, scores);
        self.docs.clear();
        self.scores.clear();
    }

    /// What the segment has come to.
    pub(crate) fn finish(mut self) -> Aggregated {
        self.flush();
        let harvest = |working: &mut Working| {
            working.budget.check()?;
            working.works.iter_mut().map(|work| work.harvest(0)).collect::<Result<Vec<_>>>()
        };
        Aggregated(harvest(&mut self).map(|subs| Partial::All(self.total, subs)))
    }
}

impl SegmentCollector for Working {
    type Fruit = Aggregated;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.docs.push(doc);
        if self.scored {
            self.scores.push(score);
        }
        if self.docs.len() >= BLOCK {
            self.flush();
        }
    }

    fn collect_block(&mut self, docs: &[DocId]) {
        self.docs.extend_from_slice(docs);
        if self.docs.len() >= BLOCK {
            self.flush();
        }
    }

    fn harvest(self) -> Aggregated {
        self.finish()
    }
}

impl tantivy::collector::Collector for Collector {
    type Fruit = Aggregated;
    type Child = Working;

    fn for_segment(&self, ordinal: u32, segment: &SegmentReader) -> tantivy::Result<Working> {
        self.open(ordinal, segment).map_err(sort::internal)
    }

    fn requires_scoring(&self) -> bool {
        self.scores
    }

    fn merge_fruits(&self, segments: Vec<Aggregated>) -> tantivy::Result<Aggregated> {
        Ok(self.merge(segments))
    }

    fn collect_segment(&self, weight: &dyn Weight, ordinal: u32, segment: &SegmentReader) -> tantivy::Result<Aggregated> {
        let mut working = self.for_segment(ordinal, segment)?;
        scan::each(weight, segment, self.scores, &mut |docs, scores| working.block(docs, scores))?;
        Ok(working.finish())
    }
}
