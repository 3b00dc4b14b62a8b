//! What aggregations there are.

use super::rounding::Rounding;
use crate::mapping::{Kind, Leaf};
use crate::sort::Sort;
use regex::Regex;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use tantivy::query::Query;

/// An aggregation of a request.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) meta: Option<Value>,
    pub(super) what: What,
    pub(super) subs: Vec<Node>,
}

/// What it computes.
pub(super) enum What {
    Metric(Source, Metric),
    Percentiles(Source, Percentiles),
    Cardinality(Source),
    Terms(Terms),
    Histogram(Histogram),
    Range(Range),
    Filters(Filters),
    Missing(Source),
    TopHits(TopHits),
    /// All documents, whatever the query; these run by themselves.
    Global(Arc<Vec<Node>>),
    /// What comes of the buckets of an aggregation beside it.
    Siblings(Siblings),
}

/// A field and what stands in for it.
pub(super) struct Source {
    pub(super) leaf: Option<Leaf>,
    pub(super) missing: Option<Missing>,
    pub(super) style: Style,
}

/// What a document without the field counts as.
#[derive(Clone)]
pub(super) enum Missing {
    Code(u64),
    Word(String),
}

/// How a field's values are written.
#[derive(Clone)]
pub(super) struct Style {
    pub(super) kind: Kind,
    /// The format of dates, if one was asked for or the field is one.
    pub(super) format: Option<String>,
    pub(super) zone: jiff::tz::TimeZone,
}

/// A number computed from values.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Metric {
    Average,
    Sum,
    Least,
    Greatest,
    Stats,
    /// With so many deviations.
    Extended(f64),
    Count,
}

pub(super) struct Percentiles {
    pub(super) points: Vec<f64>,
    pub(super) keyed: bool,
    /// Whether `points` are values whose ranks are asked for.
    pub(super) ranks: bool,
}

pub(super) struct Terms {
    pub(super) source: Source,
    pub(super) size: usize,
    pub(super) least: u64,
    pub(super) order: Vec<Order>,
    pub(super) include: Option<Choice>,
    pub(super) exclude: Option<Choice>,
    /// Whether each bucket tells how far its count may be off: never.
    pub(super) errors: bool,
}

/// Which words or numbers are meant.
pub(super) enum Choice {
    Words(HashSet<String>),
    Codes(HashSet<u64>),
    Pattern(Regex),
}

/// What buckets are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) by: By,
    pub(super) falling: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum By {
    Count,
    Key,
    /// The names on the way to a metric, and which number of it.
    Path(Vec<String>, Option<String>),
}

pub(super) struct Histogram {
    pub(super) source: Source,
    pub(super) rounding: Arc<Rounding>,
    pub(super) least: u64,
    /// Buckets are added from one value, and up to another.
    pub(super) extended: (Option<f64>, Option<f64>),
    /// No buckets beyond these values.
    pub(super) hard: (f64, f64),
    pub(super) keyed: bool,
    pub(super) order: Vec<Order>,
    pub(super) dates: bool,
}

pub(super) struct Range {
    pub(super) source: Source,
    pub(super) ranges: Vec<Span>,
    pub(super) keyed: bool,
    pub(super) dates: bool,
}

/// From a value, up to another that is not in.
pub(super) struct Span {
    pub(super) key: String,
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
}

pub(super) struct Filters {
    /// With their names, if they have some.
    pub(super) filters: Vec<(String, Box<dyn Query>)>,
    pub(super) other: Option<String>,
    pub(super) form: Form,
}

/// How filters are answered.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// One filter is answered as one bucket.
    One,
    Keyed,
    Anonymous,
}

/// Which numbers are put together, and how.
pub(super) struct Siblings {
    pub(super) metric: Metric,
    /// The names on the way to them.
    pub(super) path: Vec<String>,
    /// Which number of the last one.
    pub(super) part: Option<String>,
}

pub(super) struct TopHits {
    pub(super) from: usize,
    pub(super) size: usize,
    pub(super) sort: Arc<Sort>,
    pub(super) body: Value,
}

impl Node {
    pub(super) fn needs_scores(&self) -> bool {
        let own = matches!(&self.what, What::TopHits(hits) if hits.sort.needs_scores());
        own || self.subs.iter().any(Node::needs_scores)
    }
}
