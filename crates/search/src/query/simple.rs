//! `simple_query_string`: the same for readers who make mistakes. It never fails. Lucene's rules, to the letter.

use super::compound::{Found, Parts};
use super::fuzzy::Near;
use super::grammar::Node;
use super::strings::Plan;
use super::texts::{Style, analyzer, fields, operator};
use super::{Boxed, Context, Options, all, boosted, none, uncreatable};
use crate::{Error, Result};
use serde_json::{Map, Value};

const NAMES: [&str; 13] = [
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
    "quote_field_suffix",
];

/// Groups within groups, at most.
const DEEPEST: usize = 50;

/// What has a meaning, a bit each.
const AND: u16 = 1;
const NOT: u16 = 1 << 1;
const OR: u16 = 1 << 2;
const PREFIX: u16 = 1 << 3;
const PHRASE: u16 = 1 << 4;
const GROUP: u16 = 1 << 5;
const ESCAPE: u16 = 1 << 6;
const SPACE: u16 = 1 << 7;
const FUZZY: u16 = 1 << 8;
const SLOP: u16 = 1 << 9;

fn flags(told: Option<&Value>) -> Result<u16> {
    if let Some(number) = told.and_then(Value::as_i64) {
        return Ok((number & i64::from(u16::MAX)) as u16);
    }
    let names = told.map(crate::java::written).filter(|names| !names.is_empty());
    let Some(names) = names else { return Ok(u16::MAX) };
    let mut flags = 0;
    for name in names.split('|').filter(|name| !name.is_empty()) {
        flags |= match name.to_uppercase().as_str() {
            "ALL" => return Ok(u16::MAX),
            "NONE" => return Ok(0),
            "AND" => AND,
            "NOT" => NOT,
            "OR" => OR,
            "PREFIX" => PREFIX,
            "PHRASE" => PHRASE,
            "PRECEDENCE" => GROUP,
            "ESCAPE" => ESCAPE,
            "WHITESPACE" => SPACE,
            "FUZZY" => FUZZY,
            "NEAR" | "SLOP" => SLOP,
            _ => return Err(Error::argument(format!("Unknown simple_query_string flag [{name}]"))),
        };
    }
    Ok(flags)
}

impl Context<'_> {
    pub(super) fn simple_query_string(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let options = Options::new("simple_query_string", body).allow(&NAMES)?;
        let Some(text) = options.get("query").map(crate::java::written) else {
            return Err(Error::parsing("[simple_query_string] query text missing"));
        };
        analyzer(&options, "analyzer")?;
        let named = fields(&options)?;
        let plan = Plan {
            lenient: options.flag("lenient")?.unwrap_or_else(|| named.iter().all(|(path, _)| path == "*")),
            fields: named,
            single: false,
            all: operator(options.text("default_operator")?)?,
            slop: 0,
            tie: 1.0,
            style: Style::Words,
            zone: None,
            leading_wildcard: true,
            near: Near::of_string(&options)?,
            suffix: options.text("quote_field_suffix")?,
        };
        let flags = flags(options.get("flags"))?;
        if text.trim() == "*" {
            return Ok(boosted(all(), options.boost()?));
        }
        let text: Vec<char> = text.chars().collect();
        let reader = Reader { closing: closing(&text, flags), text: &text, flags, context: self, plan: &plan };
        let found = reader.group(0, text.len(), 0)?.unwrap_or_else(|| Found::One(none()));
        Ok(boosted(found.with(options.get("minimum_should_match"))?, options.boost()?))
    }
}

/// Where each group that begins at a place ends, if it does.
fn closing(text: &[char], flags: u16) -> Vec<Option<usize>> {
    let mut closing = vec![None; text.len()];
    let (mut open, mut escaped) = (vec![], false);
    for (place, character) in text.iter().enumerate() {
        let meant = !escaped;
        escaped = meant && *character == '\\' && flags & ESCAPE != 0;
        match character {
            '(' if meant => open.push(place),
            ')' if meant => {
                if let Some(end) = open.pop().and_then(|start: usize| closing.get_mut(start)) {
                    *end = Some(place);
                }
            }
            _ => {}
        }
    }
    closing
}

struct Reader<'a, 'b, 'c> {
    text: &'a [char],
    closing: Vec<Option<usize>>,
    flags: u16,
    context: &'b Context<'c>,
    plan: &'b Plan<'b>,
}

/// What was read of a group.
struct State {
    at: usize,
    end: usize,
    depth: usize,
    found: Option<Found>,
    /// How the clauses that were found are joined: do all of them count?
    joined: Option<bool>,
    /// How the next is to be joined, if that is told.
    joint: Option<bool>,
    forbidden: bool,
}

impl Reader<'_, '_, '_> {
    fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    fn peek(&self, state: &State) -> Option<char> {
        self.text.get(state.at).copied().filter(|_| state.at < state.end)
    }

    fn group(&self, at: usize, end: usize, depth: usize) -> Result<Option<Found>> {
        let mut state = State { at, end, depth, found: None, joined: None, joint: None, forbidden: false };
        while let Some(first) = self.peek(&state) {
            match first {
                '(' if self.has(GROUP) => self.inner(&mut state)?,
                ')' if self.has(GROUP) => state.at += 1,
                '"' if self.has(PHRASE) => self.phrase(&mut state)?,
                '+' if self.has(AND) => state.join(true),
                '|' if self.has(OR) => state.join(false),
                '-' if self.has(NOT) => {
                    state.forbidden = !state.forbidden;
                    state.at += 1;
                    continue;
                }
                ' ' | '\t' | '\n' | '\r' if self.has(SPACE) => state.at += 1,
                _ => self.word(&mut state)?,
            }
            state.forbidden = false;
        }
        Ok(state.found)
    }

    fn inner(&self, state: &mut State) -> Result<()> {
        let start = state.at + 1;
        let end = self.closing.get(state.at).copied().flatten().filter(|end| *end < state.end);
        state.at = start;
        let Some(end) = end else { return Ok(()) };
        if end == start {
            state.joint = None;
        } else if state.depth >= DEEPEST {
            return Err(uncreatable("groups within groups, too deep"));
        } else {
            let found = self.group(start, end, state.depth + 1)?;
            self.put(state, found);
        }
        state.at = end + 1;
        Ok(())
    }

    fn phrase(&self, state: &mut State) -> Result<()> {
        let start = state.at + 1;
        let (mut text, mut place) = (String::new(), start);
        let closed = loop {
            match self.text.get(place).filter(|_| place < state.end) {
                None => break false,
                Some('"') => break true,
                Some('\\') if self.has(ESCAPE) => {
                    text.extend(self.text.get(place + 1).filter(|_| place + 1 < state.end));
                    place += 2;
                }
                Some(other) => {
                    text.push(*other);
                    place += 1;
                }
            }
        };
        state.at = if closed { place + 1 } else { start };
        if !closed {
            return Ok(());
        }
        if place == start {
            state.joint = None;
            return Ok(());
        }
        let slop = if self.peek(state) == Some('~') && self.has(SLOP) { self.number(state) } else { 0 };
        self.clause(state, &Node::Phrase(text, Some(slop)))
    }

    fn word(&self, state: &mut State) -> Result<()> {
        let (mut text, mut begins) = (String::new(), false);
        while let Some(next) = self.peek(state) {
            let escaped = next == '\\' && self.has(ESCAPE);
            if !escaped && (self.ends(next) || !text.is_empty() && next == '~' && self.has(FUZZY)) {
                break;
            }
            begins = !escaped && !text.is_empty() && next == '*' && self.has(PREFIX);
            state.at += usize::from(escaped);
            text.extend(self.peek(state));
            state.at = (state.at + 1).min(state.end);
        }
        if text.is_empty() {
            return Ok(());
        }
        let near = self.peek(state) == Some('~') && self.has(FUZZY);
        let node = match if near { self.number(state).min(2) } else { 0 } {
            0 if begins && !near => {
                text.pop();
                Node::Prefix(text)
            }
            0 => Node::Words(text),
            edits => Node::Near(text, Some(edits.to_string())),
        };
        self.clause(state, &node)
    }

    /// Does a word end before this?
    fn ends(&self, character: char) -> bool {
        match character {
            '"' => self.has(PHRASE),
            '|' => self.has(OR),
            '+' => self.has(AND),
            '(' | ')' => self.has(GROUP),
            ' ' | '\t' | '\n' | '\r' => self.has(SPACE),
            _ => false,
        }
    }

    /// What stands behind `~`: 2 if nothing does, 0 if it is no number.
    fn number(&self, state: &mut State) -> usize {
        let mut told = String::new();
        state.at += 1;
        while let Some(next) = self.peek(state).filter(|next| !self.ends(*next)) {
            told.push(next);
            state.at += 1;
        }
        if told.is_empty() { 2 } else { told.parse::<i32>().map_or(0, |number| number.max(0) as usize) }
    }

    fn clause(&self, state: &mut State, node: &Node) -> Result<()> {
        self.context.count(1)?;
        let found = self.context.anywhere(node, None, self.plan)?;
        self.put(state, Some(found).filter(|found| !(node.is_void() && found.is_none())));
        Ok(())
    }

    /// Puts a clause to the others: where `and` and `or` change, what is there becomes one clause.
    fn put(&self, state: &mut State, found: Option<Found>) {
        let joint = state.joint.take();
        let Some(mut found) = found else { return };
        if state.forbidden {
            found = Found::Many(Parts { should: vec![all()], must_not: vec![found.query()], ..Parts::default() }, 1.0);
        }
        let Some(before) = state.found.take() else {
            state.found = Some(found);
            return;
        };
        let and = joint.unwrap_or(self.plan.all);
        let (mut parts, mut more) = match before {
            Found::Many(parts, _) if state.joined == Some(and) => (parts, vec![]),
            before => (Parts::default(), vec![before.query()]),
        };
        more.push(found.query());
        if and {
            parts.must.extend(more)
        } else {
            parts.should.extend(more)
        }
        state.joined = Some(and);
        state.found = Some(Found::Many(parts, 1.0));
    }
}

impl State {
    /// An operator between clauses; of several the first counts.
    fn join(&mut self, and: bool) {
        if self.found.is_some() {
            self.joint.get_or_insert(and);
        }
        self.at += 1;
    }
}
