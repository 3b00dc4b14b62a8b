//! `query_string`: what a reader types.

use super::compound::{Parts, best, required};
use super::fuzzy::Near;
use super::grammar::{Node, Occurs, Parser};
use super::ranges::Ends;
use super::texts::{Search, Style, analyzer, fields, operator};
use super::{Boxed, Context, Mark, Options, all, boosted, constant, none, terms, unaskable};
use crate::mapping::Kind;
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::ops::Bound;

const NAMES: [&str; 28] = [
    "query",
    "fields",
    "default_field",
    "default_operator",
    "analyzer",
    "quote_analyzer",
    "allow_leading_wildcard",
    "analyze_wildcard",
    "auto_generate_synonyms_phrase_query",
    "enable_position_increments",
    "fuzziness",
    "fuzzy_max_expansions",
    "fuzzy_prefix_length",
    "fuzzy_transpositions",
    "fuzzy_rewrite",
    "lenient",
    "max_determinized_states",
    "minimum_should_match",
    "phrase_slop",
    "quote_field_suffix",
    "rewrite",
    "tie_breaker",
    "time_zone",
    "type",
    "escape",
    "split_on_whitespace",
    "use_dis_max",
    "locale",
];

/// How a query is carried out.
pub(super) struct Plan<'b> {
    pub fields: Vec<(String, f32)>,
    pub lenient: bool,
    pub all: bool,
    pub slop: usize,
    pub tie: f32,
    pub style: Style,
    pub zone: Option<&'b str>,
    pub leading_wildcard: bool,
    pub required: Option<&'b Value>,
}

impl Context<'_> {
    pub(super) fn query_string(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("query_string", body).allow(&NAMES)?;
        let Some(text) = options.get("query").map(crate::java::written) else {
            return Err(Error::parsing("query_string must be provided with a [query]"));
        };
        analyzer(&options)?;
        let mut named = fields(&options)?;
        if let Some(field) = options.text("default_field")? {
            if options.get("fields").is_some() {
                return Err(Error::new(
                    400,
                    "action_request_validation_exception",
                    "cannot use [default_field] and [fields] together",
                ));
            }
            named = vec![(field.to_owned(), 1.0)];
        }
        let style = match options.text("type")? {
            None | Some("best_fields" | "most_fields") => Style::Words,
            Some("phrase") => Style::Phrase,
            Some(other) => {
                let reason = format!("failed to parse [query_string] query type [{other}]. unknown type.");
                return Err(Error::new(400, "parse_exception", reason));
            }
        };
        let default_tie = if options.text("type")? == Some("most_fields") { 1.0 } else { 0.0 };
        let plan = Plan {
            lenient: options.flag("lenient")?.unwrap_or_else(|| named.iter().all(|(path, _)| path == "*")),
            fields: named,
            all: operator(options.text("default_operator")?)?,
            slop: options.count("phrase_slop")?.unwrap_or(0),
            tie: options.number("tie_breaker")?.map_or(default_tie, |tie| tie as f32),
            style,
            zone: options.text("time_zone")?,
            leading_wildcard: options.flag("allow_leading_wildcard")?.unwrap_or(true),
            required: options.get("minimum_should_match"),
        };
        if text.trim().is_empty() {
            return Ok(none());
        }
        let node = Parser::read(&text, plan.all).map_err(|reason| {
            let mut error = unaskable(format!("Failed to parse query [{text}]"));
            error.cause = Some(Box::new(Error::new(400, "parse_exception", reason)));
            error
        })?;
        Ok(boosted(self.node(&node, None, &plan)?, options.boost()?))
    }

    fn node(&self, node: &Node, field: Option<&str>, plan: &Plan) -> Result<Boxed> {
        match node {
            Node::In(name, inner) => self.node(inner, name.as_deref().or(field), plan),
            Node::Boost(inner, boost) => Ok(boosted(self.node(inner, field, plan)?, *boost)),
            Node::All(clauses) => {
                let mut parts = Parts::default();
                for (occurs, clause) in clauses {
                    self.count(1)?;
                    let shown = self.marks.borrow().len();
                    let query = self.node(clause, field, plan)?;
                    match occurs {
                        Occurs::Must => parts.must.push(query),
                        Occurs::Should => parts.should.push(query),
                        Occurs::MustNot => {
                            self.marks.borrow_mut().truncate(shown);
                            parts.must_not.push(query);
                        }
                    }
                }
                let needed = plan.required.map(|spec| required(spec, parts.should.len())).transpose()?;
                Ok(parts.query(needed))
            }
            atom => self.anywhere(atom, field, plan),
        }
    }

    /// What is looked for in one field, or in the best of several.
    pub(super) fn anywhere(&self, atom: &Node, field: Option<&str>, plan: &Plan) -> Result<Boxed> {
        match (atom, field) {
            (Node::Pattern(pattern), Some("*")) if pattern == "*" => return Ok(all()),
            (Node::Pattern(pattern), None) if pattern == "*" && plan.fields.iter().any(|(path, _)| path == "*") => {
                return Ok(all());
            }
            (Node::Pattern(pattern) | Node::Words(pattern), Some("_exists_")) => return Ok(self.existing(pattern)),
            _ => {}
        }
        let named = match field {
            Some(field) => self.fields(&[(field.to_owned(), 1.0)]),
            None => self.fields(&plan.fields),
        };
        let lenient = plan.lenient || field.is_some_and(|field| field.contains('*'));
        let mut found = vec![];
        for (path, boost) in named {
            match self.atom(atom, &path, plan, lenient) {
                Ok(query) if query.is::<tantivy::query::EmptyQuery>() => {}
                Ok(query) => found.push(boosted(query, boost)),
                Err(error) if lenient && error.in_search => {}
                Err(error) => return Err(error),
            }
        }
        Ok(best(found, plan.tie))
    }

    fn atom(&self, atom: &Node, path: &str, plan: &Plan, lenient: bool) -> Result<Boxed> {
        let text_like = |style: Style, slop: usize, text: &str| {
            let search = Search { slop, lenient, all: plan.all, ..Search::new(style) };
            self.text(path, &json!(text), &search)
        };
        match atom {
            Node::Words(text) => text_like(plan.style, plan.slop, text),
            Node::Phrase(text, slop) => text_like(Style::Phrase, slop.unwrap_or(plan.slop), text),
            Node::Near(word, edits) => {
                let near = Near::plain(edits.as_deref())?;
                let Some(leaf) = self.leaf(path) else { return Ok(none()) };
                match leaf.kind {
                    Kind::Text => Ok(self.near(path, leaf, &word.to_lowercase(), &near)),
                    Kind::Keyword => Ok(self.near(path, leaf, word, &near)),
                    _ => text_like(Style::Words, 0, word),
                }
            }
            Node::Pattern(pattern) => self.pattern(path, pattern, plan),
            Node::Regular(pattern) => {
                let Some(leaf) = self.leaf(path) else { return Ok(none()) };
                Ok(constant(terms::fitting(leaf, pattern, false)?, 1.0))
            }
            Node::Range { lower, upper, lower_in, upper_in } => {
                let (lower, upper) = (lower.as_ref().map(|told| json!(told)), upper.as_ref().map(|told| json!(told)));
                let bound = |told: &'_ Option<Value>, inside: bool| match told {
                    None => Bound::Unbounded,
                    Some(told) if inside => Bound::Included(told.clone()),
                    Some(told) => Bound::Excluded(told.clone()),
                };
                let (lower, upper) = (bound(&lower, *lower_in), bound(&upper, *upper_in));
                self.between(path, &Ends { lower: lower.as_ref(), upper: upper.as_ref(), format: None, zone: plan.zone })
            }
            Node::All(_) | Node::In(..) | Node::Boost(..) => self.node(atom, Some(path), plan),
        }
    }

    fn pattern(&self, path: &str, pattern: &str, plan: &Plan) -> Result<Boxed> {
        if pattern == "*" {
            return Ok(self.existing(path));
        }
        if !plan.leading_wildcard && pattern.starts_with(['*', '?']) {
            return Err(unaskable(format!("Failed to parse query [{pattern}]")));
        }
        let Some(leaf) = self.leaf(path) else { return Ok(none()) };
        let pattern = match leaf.kind {
            Kind::Text => pattern.to_lowercase(),
            Kind::Keyword => pattern.to_owned(),
            _ => {
                let kind = &leaf.type_name;
                let reason = format!(
                    "Can only use wildcard queries on keyword and text fields - not on [{path}] which is of type [{kind}]"
                );
                return Err(unaskable(reason));
            }
        };
        self.mark(path, Mark::Pattern(pattern.clone()));
        Ok(constant(terms::like(leaf, &pattern, false)?, 1.0))
    }
}
