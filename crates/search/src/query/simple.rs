//! `simple_query_string`: the same for readers who make mistakes. It never fails.

use super::compound::{Parts, required};
use super::grammar::Node;
use super::strings::Plan;
use super::texts::{Style, analyzer, fields, operator};
use super::{Boxed, Context, Options, all, boosted, none};
use crate::{Error, Result};
use serde_json::{Map, Value};

const NAMES: [&str; 12] = [
    "query",
    "fields",
    "default_operator",
    "analyzer",
    "analyze_wildcard",
    "auto_generate_synonyms_phrase_query",
    "flags",
    "fuzzy_max_expansions",
    "fuzzy_prefix_length",
    "fuzzy_transpositions",
    "lenient",
    "minimum_should_match",
];

/// Groups within groups, at most; deeper ones are read as text.
const DEEPEST: usize = 50;

impl Context<'_> {
    pub(super) fn simple_query_string(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("simple_query_string", body).allow(&[&NAMES[..], &["quote_field_suffix"]].concat())?;
        let Some(text) = options.get("query").map(crate::java::written) else {
            return Err(Error::parsing("[simple_query_string] query text missing"));
        };
        analyzer(&options)?;
        let named = fields(&options)?;
        let plan = Plan {
            lenient: options.flag("lenient")?.unwrap_or_else(|| named.iter().all(|(path, _)| path == "*")),
            fields: named,
            all: operator(options.text("default_operator")?)?,
            slop: 0,
            tie: 1.0,
            style: Style::Words,
            zone: None,
            leading_wildcard: true,
            required: options.get("minimum_should_match"),
        };
        let text = text.trim();
        if text == "*" {
            return Ok(boosted(all(), options.boost()?));
        }
        let mut reader = Reader { rest: text, context: self, plan: &plan, depth: 0 };
        Ok(boosted(reader.query()?.unwrap_or_else(none), options.boost()?))
    }
}

struct Reader<'a, 'b, 'c> {
    rest: &'a str,
    context: &'b Context<'c>,
    plan: &'b Plan<'b>,
    depth: usize,
}

impl Reader<'_, '_, '_> {
    /// Clauses up to the end or the bracket that closes; none if there are none.
    fn query(&mut self) -> Result<Option<Boxed>> {
        // Of two operators between clauses the last counts.
        let mut parts = Parts::default();
        let (mut count, mut forbidden, mut joint) = (0, false, None);
        let mut last_joint_and = false;
        while let Some(first) = self.rest.chars().next() {
            match first {
                ')' if self.depth > 0 => break,
                '+' | '|' => joint = Some(first == '+'),
                '-' => forbidden = !forbidden,
                _ if first.is_whitespace() || first == ')' => {}
                _ => {
                    self.context.count(1)?;
                    let Some(query) = self.atom()? else { continue };
                    let and = joint.take().unwrap_or(self.plan.all);
                    if forbidden {
                        let inner = Parts { must: vec![all()], must_not: vec![query], ..Parts::default() };
                        put(&mut parts, inner.query(None), and, &mut last_joint_and, count);
                    } else {
                        put(&mut parts, query, and, &mut last_joint_and, count);
                    }
                    count += 1;
                    forbidden = false;
                    continue;
                }
            }
            self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
        }
        if count == 0 {
            return Ok(None);
        }
        let needed = self.plan.required.map(|spec| required(spec, parts.should.len())).transpose()?;
        Ok(Some(parts.query(needed)))
    }

    fn atom(&mut self) -> Result<Option<Boxed>> {
        if let Some(inner) = self.rest.strip_prefix('(') {
            self.rest = inner;
            if self.depth >= DEEPEST {
                return Ok(None);
            }
            self.depth += 1;
            let query = self.query()?;
            self.depth -= 1;
            self.rest = self.rest.strip_prefix(')').unwrap_or(self.rest);
            return Ok(query);
        }
        let node = match self.rest.strip_prefix('"').and_then(|inner| Some((inner, inner.find('"')?))) {
            Some((inner, end)) => {
                let text = inner.get(..end).unwrap_or_default().to_owned();
                self.rest = inner.get(end + 1..).unwrap_or_default();
                let slop = self.tail();
                Node::Phrase(text, slop.and_then(|slop| slop.parse().ok()))
            }
            None => self.word(),
        };
        let found = self.context.anywhere(&node, None, self.plan)?;
        Ok((!found.is::<tantivy::query::EmptyQuery>()
            || !matches!(&node, Node::Words(text) if crate::analysis::words(text).is_empty()))
        .then_some(found))
    }

    fn word(&mut self) -> Node {
        let stops = |character: char| character.is_whitespace() || "\"()+|~*".contains(character);
        let mut end = self.rest.find(stops).unwrap_or(self.rest.len());
        if end == 0 {
            // A lone `"`, `~` or `*`.
            end = self.rest.chars().next().map_or(0, char::len_utf8);
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if let Some(rest) = self.rest.strip_prefix('*') {
            self.rest = rest;
            return Node::Pattern(format!("{word}*"));
        }
        match self.tail() {
            Some(edits) => Node::Near(
                word.to_owned(),
                (!edits.is_empty()).then_some(edits).filter(|edits| matches!(edits.as_str(), "0" | "1" | "2")),
            ),
            None => Node::Words(word.to_owned()),
        }
    }

    /// `~2`, if it stands here.
    fn tail(&mut self) -> Option<String> {
        let rest = self.rest.strip_prefix('~')?;
        let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        self.rest = rest;
        Some(digits.to_owned())
    }
}

/// Puts a clause to the others: when `and` and `or` change, what is there becomes one clause.
fn put(parts: &mut Parts, query: Boxed, and: bool, last_and: &mut bool, count: usize) {
    if count == 1 && and != *last_and {
        let moved = if and { std::mem::take(&mut parts.should) } else { std::mem::take(&mut parts.must) };
        if and { parts.must.extend(moved) } else { parts.should.extend(moved) }
    } else if count > 1 && and != *last_and {
        let whole = std::mem::take(parts).query(None);
        if and { parts.must.push(whole) } else { parts.should.push(whole) }
    }
    if and {
        parts.must.push(query)
    } else {
        parts.should.push(query)
    }
    *last_and = and;
}
