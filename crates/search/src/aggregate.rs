//! Aggregations: a request's `aggs` are read into a [`Plan`], which runs over the matching documents once.
//!
//! Each segment is worked on by itself, in blocks of documents: an aggregation gets the documents with the number of the bucket that
//! each stands in, and hands its own buckets' documents on in the same way. So nesting costs no call per document. What the segments
//! found is merged and written as Elasticsearch does.
//!
//! Start reading at `spec` for what there is, then `work`, `buckets` and `answer`.

mod answer;
mod buckets;
mod digest;
mod distinct;
mod metrics;
mod partial;
mod read;
mod rounding;
mod run;
mod several;
mod spec;
#[cfg(test)]
mod tests;
mod words;
mod work;

pub use answer::{Fetch, Found};
pub use partial::Partial;
pub(crate) use run::Working;
pub use run::{Aggregated, Collector};
pub(crate) use words::forget;

use crate::mapping::Mapping;
use crate::{Error, Result};
use serde_json::Value;
use spec::Node;
use std::sync::Arc;
use tantivy::Searcher;
use tantivy::query::Query;

/// What aggregations may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many buckets an answer may have: `search.max_buckets`.
    pub buckets: usize,
    /// So many bytes a request's buckets may take, about.
    pub bytes: u64,
    /// So deep aggregations may stand in each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { buckets: 65_535, bytes: 512 << 20, depth: 20 }
    }
}

/// What aggregations are read under.
pub struct Scope<'a> {
    /// The index's fields.
    pub mapping: &'a Mapping,
    /// What the time is.
    pub now_millis: i64,
    /// What they may cost.
    pub limits: Limits,
    /// Reads a query, for `filter` and `filters`.
    pub query: &'a dyn Fn(&Value) -> Result<Box<dyn Query>>,
}

/// A request's aggregations.
pub struct Plan {
    nodes: Arc<Vec<Node>>,
    limits: Limits,
    /// Whether other indices' plans run beside.
    several: bool,
}

impl Plan {
    /// Reads what stands under `aggs` or `aggregations`.
    pub fn read(body: &Value, scope: &Scope<'_>) -> Result<Plan> {
        let nodes = Arc::new(read::nodes(body, scope, 1)?);
        Ok(Plan { nodes, limits: scope.limits, several: false })
    }

    /// Whether no aggregation is asked for: then an answer has no `aggregations`.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether documents' scores are asked for.
    pub fn needs_scores(&self) -> bool {
        self.nodes.iter().any(Node::needs_scores)
    }

    /// What runs beside other collectors, in one pass over the documents.
    pub fn collector(&self, searcher: &Searcher) -> Result<Collector> {
        Collector::new(self, searcher)
    }

    /// Runs over the documents of a query.
    pub fn run(&self, searcher: &Searcher, query: &dyn Query) -> Result<Partial> {
        searcher.search(query, &self.collector(searcher)?)?.0
    }

    /// Writes what was found, as JSON. `fetch` writes the documents of `top_hits`; if `typed` names tell types, as `avg#mean`.
    pub fn answer(&self, partial: Partial, searcher: &Searcher, fetch: &Fetch<'_>, typed: bool) -> Result<Vec<u8>> {
        answer::write(&self.nodes, partial, &self.limits, searcher, fetch, typed)
    }
}

fn too_large(bytes: u64, limit: u64) -> Error {
    let reason =
        format!("[request] Data too large, data for [<agg>] would be [{bytes}], which is larger than the limit of [{limit}]");
    Error::new(429, "circuit_breaking_exception", reason)
        .with("bytes_wanted", bytes)
        .with("bytes_limit", limit)
        .with("durability", "TRANSIENT")
        .in_search()
}

fn too_many_buckets(limit: usize, made: usize) -> Error {
    let reason = format!(
        "Trying to create too many buckets. Must be less than or equal to: [{limit}] but was [{made}]. This limit can be set by changing \
         the [search.max_buckets] cluster level setting."
    );
    Error::new(503, "too_many_buckets_exception", reason).with("max_buckets", limit).in_search()
}
