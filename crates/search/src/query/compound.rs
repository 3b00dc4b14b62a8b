//! Queries of queries.

use super::any::beside_others;
use super::boosting::Boosting;
use super::{Boxed, Context, Options, all, boosted, constant, none};
use crate::{Error, Result};
use serde_json::{Map, Value};
use tantivy::query::{AllQuery, BooleanQuery, DisjunctionMaxQuery, EmptyQuery, Occur, Query};

/// How many of some clauses must hold: `2`, `-1`, `75%`, `-25%`, `2<75% 5<90%`.
pub(super) fn required(spec: &Value, clauses: usize) -> Result<usize> {
    let text = crate::java::written(spec);
    let refuse = || Error::new(400, "number_format_exception", format!("For input string: \"{text}\""));
    let mut chosen = text.trim();
    if text.contains('<') {
        chosen = "100%";
        for condition in text.split_whitespace() {
            let (limit, then) = condition.split_once('<').ok_or_else(refuse)?;
            if clauses > limit.trim().parse::<usize>().map_err(|_| refuse())? {
                chosen = then;
            }
        }
    }
    let total = clauses as i64;
    let needed = match chosen.strip_suffix('%') {
        Some(percent) => {
            let percent: i64 = percent.parse::<f64>().map_err(|_| refuse())? as i64;
            let part = total * percent / 100;
            if percent < 0 { total + part } else { part }
        }
        None => {
            let number: i64 = chosen.parse().map_err(|_| refuse())?;
            if number < 0 { total + number } else { number }
        }
    };
    Ok(needed.max(0) as usize)
}

/// Beside others tantivy leaves out what finds all, and the score with it.
fn scoring(query: Boxed) -> Boxed {
    if query.is::<AllQuery>() { constant(query, 1.0) } else { query }
}

/// Clauses of which so many must hold.
pub(super) fn should(mut clauses: Vec<Boxed>, needed: usize) -> Boxed {
    if needed > clauses.len() || clauses.is_empty() {
        return none();
    }
    if clauses.len() == 1 {
        return clauses.remove(0);
    }
    if needed == clauses.len() {
        return must(clauses);
    }
    let clauses = clauses.into_iter().map(|clause| (Occur::Should, scoring(clause))).collect();
    Box::new(BooleanQuery::with_minimum_required_clauses(clauses, needed.max(1)))
}

/// Clauses that must all hold.
pub(super) fn must(mut clauses: Vec<Boxed>) -> Boxed {
    if clauses.len() == 1 {
        return clauses.remove(0);
    }
    Box::new(BooleanQuery::new(clauses.into_iter().map(|clause| (Occur::Must, scoring(beside_others(clause)))).collect()))
}

/// The best of several.
pub(super) fn best(mut queries: Vec<Boxed>, tie_breaker: f32) -> Boxed {
    match queries.len() {
        0 => none(),
        1 => queries.remove(0),
        _ => Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, tie_breaker)),
    }
}

/// The parts of a boolean query.
#[derive(Default)]
pub(super) struct Parts {
    pub must: Vec<Boxed>,
    pub filter: Vec<Boxed>,
    pub should: Vec<Boxed>,
    pub must_not: Vec<Boxed>,
}

impl Parts {
    /// Does it only say what must not be?
    pub(super) fn is_negative(&self) -> bool {
        self.must.is_empty() && self.filter.is_empty() && self.should.is_empty() && !self.must_not.is_empty()
    }

    /// The query; without `needed` one of `should` must hold if nothing else does.
    pub(super) fn query(self, needed: Option<usize>) -> Boxed {
        let Parts { must, filter, should, must_not } = self;
        let demanding = !must.is_empty() || !filter.is_empty();
        if !demanding && should.is_empty() {
            if must_not.is_empty() {
                return all();
            }
            return clauses(vec![constant(all(), 0.0)], vec![], must_not, 0);
        }
        let needed = needed.unwrap_or(usize::from(!demanding));
        if needed > should.len() {
            return none();
        }
        // What finds all only adds to the score: the first filter can do that.
        let (alls, mut required): (Vec<Boxed>, Vec<Boxed>) =
            must.into_iter().partition(|query| query.is::<AllQuery>() && !filter.is_empty());
        let mut score = alls.len() as f32;
        required.extend(filter.into_iter().map(|query| constant(beside_others(query), std::mem::take(&mut score))));
        let needed = if demanding { needed } else { needed.max(1) };
        clauses(required, should, must_not, needed)
    }
}

/// What a part of a text came to.
pub(super) enum Found {
    One(Boxed),
    /// Clauses that count so many times, and of which it may be told how many must hold.
    Many(Parts, f32),
}

impl Found {
    pub(super) fn query(self) -> Boxed {
        match self {
            Found::One(query) => query,
            Found::Many(parts, boost) => boosted(parts.query(None), boost),
        }
    }

    /// The query, where so many of several clauses must hold.
    pub(super) fn with(self, spec: Option<&Value>) -> Result<Boxed> {
        match (self, spec) {
            (Found::Many(parts, boost), Some(spec)) => {
                let needed = required(spec, parts.should.len())?;
                Ok(boosted(parts.query(Some(needed)), boost))
            }
            (found, _) => Ok(found.query()),
        }
    }

    pub(super) fn times(self, more: f32) -> Found {
        match self {
            Found::One(query) => Found::One(boosted(query, more)),
            Found::Many(parts, boost) => Found::Many(parts, boost * more),
        }
    }

    /// Does it find nothing, whatever there is?
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Found::One(query) if query.is::<EmptyQuery>())
    }
}

fn clauses(required: Vec<Boxed>, optional: Vec<Boxed>, forbidden: Vec<Boxed>, needed: usize) -> Boxed {
    if forbidden.is_empty() && optional.is_empty() && required.len() == 1 {
        return must(required);
    }
    if forbidden.is_empty() && required.is_empty() {
        return should(optional, needed);
    }
    let all = required.into_iter().map(|query| (Occur::Must, scoring(beside_others(query))));
    let all = all.chain(optional.into_iter().map(|query| (Occur::Should, scoring(query))));
    let all = all.chain(forbidden.into_iter().map(|query| (Occur::MustNot, query)));
    Box::new(BooleanQuery::with_minimum_required_clauses(all.collect(), needed))
}

fn misfit(error: Error, query: &str, name: &str) -> Error {
    // What cannot be asked of the fields is told as it is; what does not read is told with where it stands.
    if error.in_search {
        return error;
    }
    let mut outer = Error::new(400, "x_content_parse_exception", format!("[{query}] failed to parse field [{name}]"));
    outer.cause = Some(Box::new(error));
    outer
}

impl Context<'_> {
    fn read_all(&self, query: &str, name: &str, told: &Value, depth: usize) -> Result<Vec<Boxed>> {
        let one = |told: &Value| {
            if !told.is_object() {
                let reason = format!("[{query}] {name} doesn't support values of type: {}", crate::java::token(told));
                return Err(Error::new(400, "x_content_parse_exception", reason));
            }
            self.read(told, depth + 1).map_err(|error| misfit(error, query, name))
        };
        match told {
            Value::Array(all) => all.iter().map(one).collect(),
            told => Ok(vec![one(told)?]),
        }
    }

    pub(super) fn bool(&self, body: &Map<String, Value>, depth: usize) -> Result<Boxed> {
        let options = Options::new("bool", body);
        let mut parts = Parts::default();
        for (name, told) in body {
            let part = match name.as_str() {
                "must" => &mut parts.must,
                "filter" => &mut parts.filter,
                "should" => &mut parts.should,
                "must_not" | "mustNot" => &mut parts.must_not,
                "minimum_should_match" | "boost" | "_name" | "adjust_pure_negative" => continue,
                _ => return Err(Error::new(400, "x_content_parse_exception", format!("[bool] unknown field [{name}]"))),
            };
            // What must not be there is not shown.
            let shown = self.marks.borrow().len();
            let read = self.read_all("bool", name, told, depth)?;
            if name.starts_with("must_") || name == "mustNot" {
                self.marks.borrow_mut().truncate(shown);
            }
            part.extend(read);
        }
        let needed = options.get("minimum_should_match").map(|spec| required(spec, parts.should.len())).transpose()?;
        if options.flag("adjust_pure_negative")? == Some(false) && parts.is_negative() {
            return Ok(none());
        }
        Ok(boosted(parts.query(needed), options.boost()?))
    }

    pub(super) fn constant_score(&self, body: &Map<String, Value>, depth: usize) -> Result<Boxed> {
        let options = Options::new("constant_score", body).allow(&["filter"])?;
        let Some(filter) = options.get("filter") else {
            return Err(Error::parsing("[constant_score] requires a 'filter' element"));
        };
        Ok(constant(self.read(filter, depth + 1)?, options.boost()?))
    }

    pub(super) fn dis_max(&self, body: &Map<String, Value>, depth: usize) -> Result<Boxed> {
        let options = Options::new("dis_max", body).allow(&["queries", "tie_breaker"])?;
        let queries = options.get("queries").map(|told| self.read_all("dis_max", "queries", told, depth)).transpose()?;
        let Some(queries) = queries.filter(|queries| !queries.is_empty()) else {
            return Err(Error::parsing("[dis_max] requires 'queries' field with at least one clause"));
        };
        let tie_breaker = options.number("tie_breaker")?.unwrap_or(0.0) as f32;
        Ok(boosted(best(queries, tie_breaker), options.boost()?))
    }

    pub(super) fn boosting(&self, body: &Map<String, Value>, depth: usize) -> Result<Boxed> {
        let options = Options::new("boosting", body).allow(&["positive", "negative", "negative_boost"])?;
        let Some(positive) = options.get("positive") else {
            return Err(Error::parsing("[boosting] query requires 'positive' query to be set'"));
        };
        let Some(negative) = options.get("negative") else {
            return Err(Error::parsing("[boosting] query requires 'negative' query to be set'"));
        };
        let Some(factor) = options.number("negative_boost")?.filter(|factor| *factor >= 0.0) else {
            return Err(Error::parsing("[boosting] query requires 'negative_boost' to be set to be a positive value'"));
        };
        let positive = self.read(positive, depth + 1)?;
        let negative = self.read(negative, depth + 1)?;
        let query: Box<dyn Query> =
            Box::new(Boosting { positive: positive.into(), negative: negative.into(), factor: factor as f32 });
        Ok(boosted(query, options.boost()?))
    }
}
