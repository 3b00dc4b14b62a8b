//! The order of hits: keys that are read from a request's `sort`, and the best documents by them.
//!
//! In a segment each key of a document is a `u64`, the smaller the better: falling keys have their bits turned over, and words are
//! told by their places in the segment's dictionary. Only the hits that are left become words, to be merged with those of other
//! segments. Where a column's zones tell that a block cannot hold a better document it is not read.

mod best;
mod collector;
mod keys;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use collector::internal;
pub use collector::{Collector, Sorted};
pub(crate) use keys::Keys;

use crate::mapping::{Kind, Leaf, Mapping};
use crate::{Error, Result, order};
use keys::After;
use serde_json::{Value, json};
use std::cmp::Reverse;
use tantivy::columnar::MonotonicallyMappableToU64;
use tantivy::{DocAddress, Score, Searcher};

/// How hits are ordered.
#[derive(Clone, Debug)]
pub struct Sort {
    pub(crate) keys: Vec<Key>,
    /// Hits begin behind these keys.
    after: Option<Vec<After>>,
    /// Whether a request named an order at all.
    named: bool,
}

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    what: What,
    falling: bool,
}

#[derive(Clone, Debug)]
enum What {
    Score,
    Doc,
    Field(Column),
}

/// A field that is sorted by.
#[derive(Clone, Debug)]
struct Column {
    path: String,
    leaf: Option<Leaf>,
    kind: Kind,
    /// The least and the greatest whole number of its type, where documents without one come.
    ends: (i64, i64),
    missing: Missing,
    mode: Mode,
    format: String,
    /// Whether its numbers are singles, which are written with fewer digits.
    single: bool,
}

/// Where documents without the field come.
#[derive(Clone, Debug, PartialEq)]
enum Missing {
    First,
    Last,
    Code(u64),
    Word(String),
}

/// Which of several values counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Least,
    Greatest,
    Average,
    Sum,
    Median,
}

/// A key of a hit, to be compared with those of other segments: the smaller the better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Code {
    First,
    Number(u64),
    Rising(Box<str>),
    Falling(Reverse<Box<str>>),
    Last,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    codes: Vec<Code>,
    /// Its number among all documents.
    place: u64,
    /// Which of several indices it is in, as [`Sorted::of`] tells.
    pub index: usize,
    /// Where it is.
    pub address: DocAddress,
    /// Its score, if scores were asked for.
    pub score: Score,
}

impl Eq for Hit {}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.codes.cmp(&other.codes).then(self.index.cmp(&other.index)).then(self.place.cmp(&other.place))
    }
}

impl Sort {
    /// Reads `sort` and `search_after`. Without them the order is by score.
    pub fn read(body: Option<&Value>, search_after: Option<&Value>, mapping: &Mapping) -> Result<Sort> {
        read::sort(body, search_after, mapping)
    }

    /// Whether a request named an order; else hits go by score, and tell no keys.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// Whether hits go by score alone, the best first, from the first one on.
    pub fn is_by_score(&self) -> bool {
        let by_score = |key: &Key| matches!(key.what, What::Score) && key.falling;
        self.after.is_none() && self.keys.len() == 1 && self.keys.iter().all(by_score)
    }

    /// Whether scores must be computed.
    pub fn needs_scores(&self) -> bool {
        self.keys.iter().any(|key| matches!(key.what, What::Score))
    }

    /// What collects the first `limit` hits; with all documents' scores if `track_scores`.
    pub fn collector(&self, searcher: &Searcher, limit: usize, track_scores: bool) -> Collector {
        Collector::new(self.clone(), order::firsts(searcher), limit, track_scores)
    }

    /// The order of two hits of different indices, by what their `sort` tells. One field may be of several types there.
    pub(crate) fn compare(&self, keys: &[Value], others: &[Value]) -> std::cmp::Ordering {
        let pairs = self.keys.iter().zip(keys.iter().zip(others));
        pairs.map(|(key, (one, other))| key.compare(one, other)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }

    /// A hit's `sort`.
    pub fn values(&self, hit: &Hit) -> Vec<Value> {
        self.keys.iter().zip(&hit.codes).map(|(key, code)| key.value(code, hit)).collect()
    }
}

impl Key {
    fn compare(&self, one: &Value, other: &Value) -> std::cmp::Ordering {
        let order = match (one, other) {
            (Value::Null, Value::Null) => return std::cmp::Ordering::Equal,
            (Value::Null, _) | (_, Value::Null) => {
                let first = matches!(&self.what, What::Field(column) if column.missing == Missing::First);
                return if first == one.is_null() { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
            }
            (Value::String(one), Value::String(other)) => one.cmp(other),
            _ => match (one.as_i64(), other.as_i64()) {
                (Some(one), Some(other)) => one.cmp(&other),
                _ => one.as_f64().unwrap_or_default().total_cmp(&other.as_f64().unwrap_or_default()),
            },
        };
        if self.falling { order.reverse() } else { order }
    }

    fn value(&self, code: &Code, hit: &Hit) -> Value {
        let code = match code {
            Code::First | Code::Last => return Value::Null,
            Code::Rising(word) | Code::Falling(Reverse(word)) => return json!(word),
            Code::Number(code) => {
                if self.falling {
                    !*code
                } else {
                    *code
                }
            }
        };
        match &self.what {
            What::Score => shortest(hit.score),
            What::Doc => json!(code),
            What::Field(column) if column.kind == Kind::Double => {
                let number = f64::from_u64(code);
                match number {
                    f64::INFINITY => json!("Infinity"),
                    f64::NEG_INFINITY => json!("-Infinity"),
                    _ if column.single => shortest(number as f32),
                    _ => json!(number),
                }
            }
            What::Field(_) => json!(i64::from_u64(code)),
        }
    }
}

/// A single number, as a score, with no more digits than tell it apart.
pub(crate) fn shortest(score: Score) -> Value {
    // Java writes two digits at least, which differ from one for the very smallest numbers.
    let two = format!("{score:.1e}");
    let text = if two.parse() == Ok(score) { two } else { score.to_string() };
    text.parse::<f64>().map_or(Value::Null, |score| json!(score))
}

/// The refusal to read a column of full text.
pub(crate) fn full_text(path: &str) -> Error {
    Error::argument(format!(
        "Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these \
         operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [{path}] in \
         order to load field data by uninverting the inverted index. Note that this can use significant memory."
    ))
    .in_search()
}
