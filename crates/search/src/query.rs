//! Queries: Elasticsearch's JSON in, the index's own out.

mod any;
mod boosting;
mod compound;
mod expand;
mod fuzzy;
mod glob;
mod grammar;
mod phrases;
mod ranges;
mod regular;
mod rewriting;
mod scoring;
mod simple;
mod sloppy;
mod strings;
mod terms;
#[cfg(test)]
mod tests;
mod texts;
mod values;

pub(crate) use fuzzy::distance;
pub(crate) use scoring::{unexplained, unscored};

use crate::mapping::{Leaf, Mapping};
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use tantivy::query::{AllQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Query};

/// A query of the index.
pub(crate) type Boxed = Box<dyn Query>;

/// Queries within queries, at most.
const DEEPEST: usize = 60;

/// Clauses of a query, at most.
const CLAUSES: usize = 1024;

const NAMES: [&str; 22] = [
    "bool",
    "boosting",
    "constant_score",
    "dis_max",
    "exists",
    "fuzzy",
    "ids",
    "match",
    "match_all",
    "match_bool_prefix",
    "match_none",
    "match_phrase",
    "match_phrase_prefix",
    "multi_match",
    "prefix",
    "query_string",
    "range",
    "regexp",
    "simple_query_string",
    "term",
    "terms",
    "wildcard",
];

/// What a query looks for in a field's text, to be shown in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mark {
    /// A word.
    Word(String),
    /// Words that begin so.
    Prefix(String),
    /// Words that a pattern with `*` and `?` fits.
    Pattern(String),
    /// Words that are nearly this.
    Near(String, usize),
    /// Words that follow each other.
    Phrase(Vec<String>, usize),
}

/// What queries are read under.
pub(crate) struct Context<'a> {
    pub mapping: &'a Mapping,
    pub now_millis: i64,
    clauses: Cell<usize>,
    /// By field.
    pub marks: RefCell<Vec<(String, Mark)>>,
    /// Queries that have a name.
    pub named: RefCell<BTreeMap<String, Boxed>>,
}

/// Reads a query.
pub fn read(body: &Value, mapping: &Mapping, now_millis: i64) -> Result<Box<dyn Query>> {
    Context::new(mapping, now_millis).read(body, 1)
}

/// An error of a query that reads as one, but cannot be asked of these fields.
pub(crate) fn unaskable(reason: impl Into<String>) -> Error {
    Error::new(400, "query_shard_exception", reason).in_search()
}

fn uncreatable(reason: &str) -> Error {
    unaskable(format!("failed to create query: {reason}"))
}

pub(crate) fn none() -> Boxed {
    Box::new(EmptyQuery)
}

pub(crate) fn all() -> Boxed {
    Box::new(AllQuery)
}

/// A query that finds the same and scores each document alike.
pub(crate) fn constant(query: Boxed, score: f32) -> Boxed {
    Box::new(ConstScoreQuery::new(query, score))
}

/// The documents of one query that another finds too; the scores are those of the first.
pub(crate) fn narrowed(query: Boxed, filter: Boxed) -> Boxed {
    let parts = compound::Parts { must: vec![query], filter: vec![filter], ..compound::Parts::default() };
    parts.query(None)
}

fn boosted(query: Boxed, boost: f32) -> Boxed {
    if boost == 1.0 { query } else { Box::new(BoostQuery::new(query, boost)) }
}

impl<'a> Context<'a> {
    pub(crate) fn new(mapping: &'a Mapping, now_millis: i64) -> Self {
        Context { mapping, now_millis, clauses: Cell::new(0), marks: RefCell::default(), named: RefCell::default() }
    }

    fn leaf(&self, path: &str) -> Option<&'a Leaf> {
        self.mapping.leaf(path)
    }

    fn mark(&self, path: &str, mark: Mark) {
        self.marks.borrow_mut().push((path.to_owned(), mark));
    }

    /// Counts clauses, and refuses too many.
    fn count(&self, more: usize) -> Result<()> {
        self.clauses.set(self.clauses.get() + more);
        if self.clauses.get() <= CLAUSES {
            return Ok(());
        }
        Err(uncreatable(&format!("Query contains too many nested clauses; maxClauseCount is set to {CLAUSES}")))
    }

    pub(crate) fn read(&self, body: &Value, depth: usize) -> Result<Boxed> {
        if depth > DEEPEST {
            return Err(Error::argument(format!(
                "The nested depth of the query exceeds the maximum nested depth for queries set in [{DEEPEST}]"
            )));
        }
        self.count(1)?;
        let Some(told) = body.as_object() else {
            return Err(Error::parsing("[_na] query malformed, must start with start_object"));
        };
        let mut entries = told.iter();
        let Some((name, body)) = entries.next() else {
            return Err(Error::argument("query malformed, empty clause found"));
        };
        if entries.next().is_some() {
            return Err(Error::parsing(format!("[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")));
        }
        let Some(inner) = body.as_object() else {
            return Err(Error::parsing(format!("[{name}] query malformed, no start_object after query name")));
        };
        let query = self.of_kind(name, inner, depth)?;
        if let Some(name) = own_name(inner) {
            self.named.borrow_mut().insert(name, query.box_clone());
        }
        Ok(query)
    }

    fn of_kind(&self, name: &str, body: &Map<String, Value>, depth: usize) -> Result<Boxed> {
        match name {
            "match_all" => {
                let boost = Options::new("match_all", body).allow(&[])?.boost()?;
                Ok(if boost == 1.0 { all() } else { constant(all(), boost) })
            }
            "match_none" => Options::new("match_none", body).allow(&[]).map(|_| none()),
            "bool" => self.bool(body, depth),
            "boosting" => self.boosting(body, depth),
            "constant_score" => self.constant_score(body, depth),
            "dis_max" => self.dis_max(body, depth),
            "match" => self.match_text(body),
            "match_phrase" => self.match_phrase(body),
            "match_phrase_prefix" => self.match_phrase_prefix(body),
            "match_bool_prefix" => self.match_bool_prefix(body),
            "multi_match" => self.multi_match(body),
            "query_string" => self.query_string(body),
            "simple_query_string" => self.simple_query_string(body),
            "term" => self.term(body),
            "terms" => self.terms(body),
            "ids" => self.ids(body),
            "exists" => self.exists(body),
            "prefix" => self.prefix(body),
            "wildcard" => self.wildcard(body),
            "regexp" => self.regexp(body),
            "fuzzy" => self.fuzzy(body),
            "range" => self.range(body),
            _ => Err(unknown(name)),
        }
    }
}

/// The name that a query gives itself, beside its field or within it.
fn own_name(body: &Map<String, Value>) -> Option<String> {
    let inner = || body.values().next().filter(|_| body.len() == 1)?.as_object()?.get("_name");
    body.get("_name").or_else(inner).map(crate::java::written)
}

/// Refuses fields of documents' own that are not kept to be searched.
fn searchable(path: &str) -> Result<()> {
    match path {
        "_source" | "_version" => Err(unaskable(format!("The {path} field is not searchable"))),
        "_seq_no" => Err(Error::argument("searching by [_seq_no] is not supported")),
        _ => Ok(()),
    }
}

fn unknown(name: &str) -> Error {
    let most = |known: &str| 1 + known.len() / 5;
    let near = NAMES.iter().map(|known| (distance(known, name, most(known), true), known));
    let near = near.filter(|(far, known)| *far <= most(known)).min();
    match near {
        Some((far, known)) if far > 0 => Error::parsing(format!("unknown query [{name}] did you mean [{known}]?")),
        _ => Error::parsing(format!("unknown query [{name}]")),
    }
}

/// The single field of a query, and what it says of it.
fn single<'b>(query: &str, body: &'b Map<String, Value>) -> Result<Option<(&'b str, &'b Value)>> {
    let mut entries = body.iter();
    let Some((path, told)) = entries.next() else { return Ok(None) };
    if let Some((other, _)) = entries.next() {
        let reason = format!("[{query}] query doesn't support multiple fields, found [{path}] and [{other}]");
        return Err(Error::parsing(reason));
    }
    searchable(path)?;
    Ok(Some((path, told)))
}

/// What a query says of itself, by name.
struct Options<'b> {
    query: &'b str,
    body: &'b Map<String, Value>,
}

impl<'b> Options<'b> {
    fn new(query: &'b str, body: &'b Map<String, Value>) -> Self {
        Options { query, body }
    }

    /// Refuses what it does not name; `boost` and `_name` are always let in.
    fn allow(self, names: &[&str]) -> Result<Self> {
        match self.body.keys().find(|name| !matches!(name.as_str(), "boost" | "_name") && !names.contains(&name.as_str())) {
            Some(name) => Err(Error::parsing(format!("[{}] query does not support [{name}]", self.query))),
            None => Ok(self),
        }
    }

    fn get(&self, name: &str) -> Option<&'b Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&'b str>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                let reason = format!("[{}] {name} doesn't support values of type: {}", self.query, crate::java::token(other));
                Err(Error::parsing(reason))
            }
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(other) => {
                let reason =
                    format!("Failed to parse value [{}] as only [true] or [false] are allowed.", crate::java::written(other));
                Err(Error::argument(reason))
            }
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        };
        let number = number.filter(|number: &f64| number.is_finite());
        number.map(Some).ok_or_else(|| {
            Error::new(400, "number_format_exception", format!("For input string: \"{}\"", crate::java::written(value)))
        })
    }

    fn count(&self, name: &str) -> Result<Option<usize>> {
        match self.number(name)? {
            Some(number) if number < 0.0 => Err(Error::argument(format!("[{}] {name} must not be negative", self.query))),
            number => Ok(number.map(|number| number as usize)),
        }
    }

    fn boost(&self) -> Result<f32> {
        let boost = self.number("boost")?.unwrap_or(1.0) as f32;
        if boost < 0.0 {
            return Err(Error::argument(format!(
                "negative [boost] are not allowed in [{}], use a value between 0 and 1 to deboost",
                self.query
            )));
        }
        Ok(boost)
    }
}
