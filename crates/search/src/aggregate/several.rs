//! Several indices' aggregations, put together.

use super::answer::{Segments, are_words};
use super::partial::{Bucket, NOWHERE};
use super::spec::{Node, Source, What};
use super::words::hash;
use super::{Partial, Plan};
use crate::{Error, Result};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tantivy::Searcher;

impl Plan {
    /// Notes that plans of other indices, read from the same request, run beside: see [`Plan::join`].
    pub fn beside_others(mut self) -> Plan {
        self.several = true;
        self
    }

    /// Puts together what several indices' plans found: gives what answers for all. Hits tell the place of their index in the list.
    pub fn join(parts: Vec<(Plan, Partial, &Searcher)>) -> Result<Option<(Plan, Partial)>> {
        if parts.len() < 2 {
            return Ok(parts.into_iter().next().map(|(plan, partial, _)| (plan, partial)));
        }
        let mut all: Option<(Vec<Node>, Partial)> = None;
        let mut limits = None;
        for (index, (plan, partial, searcher)) in parts.into_iter().enumerate() {
            limits = limits.or(Some(plan.limits));
            let nodes = Arc::try_unwrap(plan.nodes).map_err(|_| Error::new(500, "exception", "a collector is still at work"))?;
            let partial = match partial {
                Partial::All(total, subs) => Partial::All(total, detach_all(&nodes, subs, searcher, index)?),
                other => other,
            };
            all = Some(match all {
                None => (nodes, partial),
                Some((known, found)) => (agree(known, nodes)?, found.with(partial)),
            });
        }
        Ok(all.zip(limits).map(|((nodes, partial), limits)| (Plan { nodes: Arc::new(nodes), limits, several: true }, partial)))
    }
}

fn detach_all(nodes: &[Node], subs: Vec<Partial>, searcher: &Searcher, index: usize) -> Result<Vec<Partial>> {
    nodes.iter().zip(subs).map(|(node, partial)| detach(node, partial, searcher, index)).collect()
}

/// Tells words themselves, not their places in an index.
fn detach(node: &Node, partial: Partial, searcher: &Searcher, index: usize) -> Result<Partial> {
    Ok(match partial {
        Partial::Hits(mut top) => {
            top.hits.iter_mut().for_each(|hit| hit.index = index);
            Partial::Hits(top)
        }
        Partial::All(total, subs) => match &node.what {
            What::Global(inner) => Partial::All(total, detach_all(inner, subs, searcher, index)?),
            _ => Partial::All(total, subs),
        },
        Partial::Buckets(buckets) => {
            let words = match &node.what {
                What::Terms(terms) if are_words(terms.source.style.kind) => Some(Segments::new(searcher, terms)),
                _ => None,
            };
            let mut columns = HashMap::new();
            let told = |mut bucket: Bucket| {
                if let Some(words) = &words {
                    let column = match columns.entry(bucket.word.0) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(unknown) => unknown.insert(words.open(bucket.word.0)?),
                    };
                    let word = words.word(column.as_ref(), bucket.word.1)?;
                    (bucket.key, bucket.word, bucket.text) = (hash(word.as_bytes()), (NOWHERE, 0), Some(word.into()));
                }
                bucket.subs = detach_all(&node.subs, bucket.subs.into_vec(), searcher, index)?.into();
                Ok(bucket)
            };
            Partial::Buckets(buckets.into_iter().map(told).collect::<Result<_>>()?)
        }
        other => other,
    })
}

/// Of two plans for one request the one that knows more of each field.
fn agree(known: Vec<Node>, other: Vec<Node>) -> Result<Vec<Node>> {
    known.into_iter().zip(other).map(|(known, other)| both(known, other)).collect()
}

fn both(mut known: Node, mut other: Node) -> Result<Node> {
    let subs = agree(std::mem::take(&mut known.subs), std::mem::take(&mut other.subs))?;
    let node = match (known.source(), other.source()) {
        (Some(one), Some(two)) => match (&one.leaf, &two.leaf) {
            (None, Some(_)) => other,
            (Some(one), Some(two)) if one.kind != two.kind && known.keeps_codes() => {
                let reason = format!(
                    "Failed trying to format bucket key: the field of aggregation [{}] is of type [{}] in one index and [{}] in another",
                    known.name, one.type_name, two.type_name
                );
                return Err(Error::new(500, "aggregation_execution_exception", reason).in_search());
            }
            _ => known,
        },
        _ => known,
    };
    Ok(Node { subs, ..node })
}

impl Node {
    fn source(&self) -> Option<&Source> {
        match &self.what {
            What::Metric(source, _) | What::Percentiles(source, _) | What::Cardinality(source) | What::Missing(source) => {
                Some(source)
            }
            What::Terms(terms) => Some(&terms.source),
            What::Histogram(histogram) => Some(&histogram.source),
            What::Range(range) => Some(&range.source),
            What::Filters(_) | What::TopHits(_) | What::Global(_) | What::Siblings(_) => None,
        }
    }

    /// Whether what is found depends on how the column keeps its values.
    fn keeps_codes(&self) -> bool {
        matches!(&self.what, What::Terms(_) | What::Cardinality(_))
    }
}
