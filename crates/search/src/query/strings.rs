//! `query_string`: what a reader types.

use super::compound::{Found, Parts, best};
use super::expand::Prefixed;
use super::fuzzy::Near;
use super::grammar::{Node, Occurs, Parser};
use super::ranges::Ends;
use super::rewriting::{constant_rewrite, rewrite};
use super::texts::{Search, Style, analyzer, fields, operator};
use super::{Boxed, Context, Mark, Options, all, boosted, constant, none, regular, searchable, terms, unaskable};
use crate::mapping::Kind;
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::ops::Bound;

const NAMES: [&str; 25] = [
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
];

/// How a query is carried out.
pub(super) struct Plan<'b> {
    pub fields: Vec<(String, f32)>,
    /// Is there one field that words are looked for in where none is named?
    pub single: bool,
    pub lenient: bool,
    pub all: bool,
    pub slop: usize,
    pub tie: f32,
    pub style: Style,
    pub zone: Option<&'b str>,
    pub leading_wildcard: bool,
    pub near: Near,
    /// Phrases are looked for in the field of this ending, where there is one.
    pub suffix: Option<&'b str>,
}

impl<'b> Plan<'b> {
    fn read(options: &Options<'b>) -> Result<Self> {
        let mut named = fields(options)?;
        let default = options.text("default_field")?;
        if let Some(field) = default {
            if options.get("fields").is_some() {
                let reason = "cannot use [default_field] and [fields] together";
                return Err(Error::new(400, "action_request_validation_exception", reason));
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
        let zone = options.text("time_zone")?;
        zone.map(crate::dates::zone).transpose()?;
        let default_tie = if options.text("type")? == Some("most_fields") { 1.0 } else { 0.0 };
        Ok(Plan {
            lenient: options.flag("lenient")?.unwrap_or_else(|| named.iter().all(|(path, _)| path == "*")),
            fields: named,
            single: default.is_some_and(|field| !field.contains('*')),
            all: operator(options.text("default_operator")?)?,
            slop: options.count("phrase_slop")?.unwrap_or(0),
            tie: options.number("tie_breaker")?.map_or(default_tie, |tie| tie as f32),
            style,
            zone,
            leading_wildcard: options.flag("allow_leading_wildcard")?.unwrap_or(true),
            near: Near::of_string(options)?,
            suffix: options.text("quote_field_suffix")?,
        })
    }
}

/// The text with a `\` before all that is not a letter to the grammar.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\+-!():^[]\"{}~*?|&/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

impl Context<'_> {
    pub(super) fn query_string(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("query_string", body).allow(&NAMES)?;
        let Some(mut text) = options.get("query").map(crate::java::written) else {
            return Err(Error::parsing("query_string must be provided with a [query]"));
        };
        analyzer(&options, "analyzer")?;
        analyzer(&options, "quote_analyzer")?;
        constant_rewrite(&options, "rewrite")?;
        rewrite(&options, "fuzzy_rewrite")?;
        let plan = Plan::read(&options)?;
        if options.flag("escape")? == Some(true) {
            text = escaped(&text);
        }
        if text.trim().is_empty() {
            return Ok(none());
        }
        let node = Parser::read(&text, plan.all).map_err(|reason| {
            let mut error = unaskable(format!("Failed to parse query [{text}]"));
            error.cause = Some(Box::new(Error::new(400, "parse_exception", reason)));
            error
        })?;
        let found = self.node(&node, None, &plan)?;
        Ok(boosted(found.with(options.get("minimum_should_match"))?, options.boost()?))
    }

    fn node(&self, node: &Node, field: Option<&str>, plan: &Plan) -> Result<Found> {
        match node {
            Node::In(name, inner) => self.node(inner, name.as_deref().or(field), plan),
            Node::Boost(inner, boost) => Ok(self.node(inner, field, plan)?.times(*boost)),
            Node::All(clauses) => self.clauses(clauses, field, plan),
            atom => self.anywhere(atom, field, plan),
        }
    }

    fn clauses(&self, clauses: &[(Occurs, Node)], field: Option<&str>, plan: &Plan) -> Result<Found> {
        let mut parts = Parts::default();
        for (occurs, clause) in clauses {
            self.count(1)?;
            let shown = self.marks.borrow().len();
            let found = self.node(clause, field, plan)?;
            if clause.is_void() && found.is_none() {
                continue;
            }
            match (clause, found, occurs) {
                // The words of a text are clauses like those around it.
                (Node::Text(_), Found::Many(words, 1.0), _) => {
                    parts.must.extend(words.must);
                    parts.should.extend(words.should);
                }
                (_, found, Occurs::Must) => parts.must.push(found.query()),
                (_, found, Occurs::Should) => parts.should.push(found.query()),
                (_, found, Occurs::MustNot) => {
                    self.marks.borrow_mut().truncate(shown);
                    parts.must_not.push(found.query());
                }
            }
        }
        if parts.is_negative() {
            parts.filter.push(all());
        } else if parts.must.is_empty() && parts.should.is_empty() {
            return Ok(Found::One(none()));
        }
        Ok(Found::Many(parts, 1.0))
    }

    /// What is looked for in one field, or in the best of several.
    pub(super) fn anywhere(&self, atom: &Node, field: Option<&str>, plan: &Plan) -> Result<Found> {
        match (atom, field) {
            (Node::Pattern(pattern), Some("*")) if pattern == "*" => return Ok(Found::One(all())),
            (Node::Pattern(pattern), None) if pattern == "*" && plan.fields.iter().any(|(path, _)| path == "*") => {
                return Ok(Found::One(all()));
            }
            (Node::Pattern(pattern) | Node::Words(pattern), Some("_exists_")) => return Ok(Found::One(self.existing(pattern))),
            _ => {}
        }
        let range = if field.is_some() || plan.single { atom.range() } else { None };
        let atom = range.as_ref().unwrap_or(atom);
        let named = match field {
            Some(field) => self.fields(&[(field.to_owned(), 1.0)]),
            None => self.fields(&plan.fields),
        };
        let lenient = plan.lenient || field.is_some_and(|field| field.contains('*'));
        let mut found = vec![];
        for (path, boost) in named {
            match self.atom(atom, &self.quoted(atom, path, plan), plan, lenient) {
                Ok(one) if one.is_none() => {}
                Ok(one) => found.push(one.times(boost)),
                Err(error) if lenient && error.in_search => {}
                Err(error) => return Err(error),
            }
        }
        if found.len() == 1 {
            return Ok(found.remove(0));
        }
        Ok(Found::One(best(found.into_iter().map(Found::query).collect(), plan.tie)))
    }

    /// The field that a phrase is looked for in.
    fn quoted(&self, atom: &Node, path: String, plan: &Plan) -> String {
        let other = plan.suffix.filter(|_| matches!(atom, Node::Phrase(..))).map(|suffix| format!("{path}{suffix}"));
        other.filter(|other| self.leaf(other).is_some()).unwrap_or(path)
    }

    fn atom(&self, atom: &Node, path: &str, plan: &Plan, lenient: bool) -> Result<Found> {
        searchable(path)?;
        let text_like = |style: Style, slop: usize, text: &str| {
            let search = Search { slop, lenient, all: plan.all, ..Search::new(style) };
            self.found(path, &json!(text), &search)
        };
        Ok(Found::One(match atom {
            Node::Words(text) | Node::Text(text) => return text_like(plan.style, plan.slop, text),
            Node::Phrase(text, slop) => return text_like(Style::Phrase, slop.unwrap_or(plan.slop), text),
            Node::Near(word, edits) => {
                let near = plan.near.told(edits.as_deref())?;
                let Some(leaf) = self.leaf(path) else { return Ok(Found::One(none())) };
                terms::wordy("fuzzy", path, leaf)?;
                let word = if leaf.kind == Kind::Text { &word.to_lowercase() } else { word };
                self.near(path, leaf, word, &near)
            }
            Node::Pattern(pattern) => self.pattern(path, pattern, plan)?,
            Node::Prefix(start) => self.beginning(path, start)?,
            Node::Regular(pattern) => {
                let Some(leaf) = self.leaf(path) else { return Ok(Found::One(none())) };
                terms::wordy("regexp", path, leaf)?;
                constant(regular::fitting(leaf, pattern, false, regular::ALL)?, 1.0)
            }
            Node::Range { lower, upper, lower_in, upper_in } => {
                let (lower, upper) = (lower.as_ref().map(|told| json!(told)), upper.as_ref().map(|told| json!(told)));
                let bound = |told: &'_ Option<Value>, inside: bool| match told {
                    None => Bound::Unbounded,
                    Some(told) if inside => Bound::Included(told.clone()),
                    Some(told) => Bound::Excluded(told.clone()),
                };
                let (lower, upper) = (bound(&lower, *lower_in), bound(&upper, *upper_in));
                self.between(path, &Ends { lower: lower.as_ref(), upper: upper.as_ref(), format: None, zone: plan.zone })?
            }
            Node::All(_) | Node::In(..) | Node::Boost(..) => return self.node(atom, Some(path), plan),
        }))
    }

    fn beginning(&self, path: &str, start: &str) -> Result<Boxed> {
        let Some(leaf) = self.leaf(path) else { return Ok(none()) };
        if leaf.type_name == "_index" {
            return Ok(self.of_index(&[format!("{start}*")], false));
        }
        terms::wordy("prefix", path, leaf)?;
        let start = if leaf.kind == Kind::Text { start.to_lowercase() } else { start.to_owned() };
        self.mark(path, Mark::Prefix(start.clone()));
        Ok(constant(Box::new(Prefixed { leaf: leaf.clone(), start }), 1.0))
    }

    fn pattern(&self, path: &str, pattern: &str, plan: &Plan) -> Result<Boxed> {
        if pattern == "*" {
            return Ok(self.existing(path));
        }
        if !plan.leading_wildcard && pattern.starts_with(['*', '?']) {
            return Err(unaskable(format!("Failed to parse query [{pattern}]")));
        }
        let Some(leaf) = self.leaf(path) else { return Ok(none()) };
        if leaf.type_name == "_index" {
            return Ok(self.of_index(&[pattern.to_owned()], false));
        }
        terms::wordy("wildcard", path, leaf)?;
        let pattern = if leaf.kind == Kind::Text { pattern.to_lowercase() } else { pattern.to_owned() };
        self.mark(path, Mark::Pattern(pattern.clone()));
        Ok(constant(regular::like(leaf, &pattern, false)?, 1.0))
    }
}
