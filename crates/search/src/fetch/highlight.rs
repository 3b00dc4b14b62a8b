//! Shows in a document's texts what a query looked for.

use super::fields::{at_path, whole};
use super::passages::{Limits, passages};
use crate::analysis::{Word, words};
use crate::mapping::{Kind, Mapping};
use crate::query::{Context, Mark, distance};
use crate::{Error, Result, java};
use serde_json::{Map, Value};

/// What `highlight` asks.
#[derive(Clone, Debug)]
pub(crate) struct Highlight {
    fields: Vec<(String, Style)>,
}

/// How a field is shown.
#[derive(Clone, Debug)]
struct Style {
    before: String,
    after: String,
    limits: Limits,
    /// Only what was looked for in this very field?
    own: bool,
    query: Option<Value>,
    /// Are signs of HTML in the text written as such?
    html: bool,
    /// So much of the text is shown if nothing in it was looked for.
    no_match_size: usize,
}

impl Style {
    fn take(&mut self, told: &Map<String, Value>, scope: &str) -> Result<()> {
        for (name, value) in told {
            let unknown = || Error::new(400, "x_content_parse_exception", format!("[{scope}] unknown field [{name}]"));
            let number =
                || value.as_u64().or_else(|| value.as_str()?.parse().ok()).map(|number| number as usize).ok_or_else(unknown);
            match name.as_str() {
                "pre_tags" => self.before = tag(value).ok_or_else(unknown)?,
                "post_tags" => self.after = tag(value).ok_or_else(unknown)?,
                "number_of_fragments" => self.limits.count = number()?,
                "fragment_size" => self.limits.length = number()?,
                "no_match_size" => self.no_match_size = number()?,
                "order" => self.limits.best_first = value == "score",
                "require_field_match" => self.own = *value != Value::Bool(false) && value != "false",
                "highlight_query" => self.query = Some(value.clone()),
                "tags_schema" if value == "styled" => {
                    self.before = "<em class=\"hlt1\">".to_owned();
                }
                "encoder" if scope == "highlight" => self.html = value == "html",
                "type" if value == "unified" => {}
                "boundary_scanner" if value == "sentence" => {}
                "type" | "boundary_scanner" => {
                    let value = java::written(value);
                    let reason = format!("[{name}] of [{value}] in [highlight] is not supported by Goshawk: leave it out");
                    return Err(Error::argument(reason));
                }
                // Without a meaning for this kind of highlighter.
                "boundary_scanner_locale"
                | "boundary_chars"
                | "boundary_max_scan"
                | "phrase_limit"
                | "force_source"
                | "fragmenter"
                | "max_analyzer_offset"
                | "options"
                | "tags_schema"
                | "matched_fields"
                | "fragment_offset" => {}
                "fields" if scope == "highlight" => {}
                _ => return Err(unknown()),
            }
        }
        Ok(())
    }
}

fn tag(value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => all.first()?.as_str().map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    }
}

impl Highlight {
    pub(crate) fn read(told: &Value) -> Result<Self> {
        let empty = Map::new();
        let told = told.as_object().unwrap_or(&empty);
        let limits = Limits { count: 5, length: 100, best_first: false };
        let (before, after) = ("<em>".to_owned(), "</em>".to_owned());
        let mut style = Style { before, after, limits, own: true, query: None, html: false, no_match_size: 0 };
        style.take(told, "highlight")?;
        let mut fields = vec![];
        let named: Vec<(&String, &Value)> = match told.get("fields") {
            Some(Value::Object(named)) => named.iter().collect(),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_object).flatten().collect(),
            _ => vec![],
        };
        for (name, own) in named {
            let mut style = style.clone();
            style.take(own.as_object().unwrap_or(&empty), "highlight_field")?;
            fields.push((name.clone(), style));
        }
        Ok(Highlight { fields })
    }

    /// The texts of a document with what was looked for.
    pub(super) fn show(&self, mapping: &Mapping, source: &Value, marks: &[(String, Mark)]) -> Result<Map<String, Value>> {
        let mut shown = Map::new();
        for (pattern, style) in &self.fields {
            let other = match &style.query {
                None => None,
                Some(told) => {
                    let context = Context::new(mapping, crate::store::now_millis());
                    context.read(told, 1)?;
                    Some(context.marks.take())
                }
            };
            let marks = other.as_deref().unwrap_or(marks);
            for path in mapping.matching(pattern) {
                let Some(leaf) = mapping.leaf(path).filter(|leaf| matches!(leaf.kind, Kind::Text | Kind::Keyword)) else {
                    continue;
                };
                let marks: Vec<&Mark> =
                    marks.iter().filter(|(field, _)| !style.own || field == path).map(|(_, mark)| mark).collect();
                let mut fragments = vec![];
                for value in at_path(source, whole(mapping, path)) {
                    fragments.extend(style.fragments(&java::written(value), leaf.kind, &marks));
                }
                if style.limits.count > 0 {
                    fragments.truncate(style.limits.count);
                }
                if !fragments.is_empty() {
                    shown.insert(path.to_owned(), Value::Array(fragments.into_iter().map(Value::String).collect()));
                }
            }
        }
        Ok(shown)
    }
}

impl Style {
    fn fragments(&self, text: &str, kind: Kind, marks: &[&Mark]) -> Vec<String> {
        let words = match kind {
            Kind::Text => words(text),
            _ => vec![Word { text: text.to_owned(), from: 0, to: text.len(), place: 0 }],
        };
        let found = matches(&words, marks);
        if found.is_empty() {
            let end = words.iter().map(|word| word.to).take_while(|end| *end <= self.no_match_size).last();
            let part = end.filter(|_| self.no_match_size > 0).and_then(|end| text.get(..end));
            return part.map(|part| self.encoded(part)).into_iter().collect();
        }
        let parts = passages(text, &found, self.limits);
        parts.into_iter().map(|(from, to)| self.tagged(text, from, to, &found)).collect()
    }

    fn tagged(&self, text: &str, from: usize, to: usize, found: &[(usize, usize)]) -> String {
        let mut tagged = String::new();
        let mut at = from;
        for (start, end) in found.iter().copied().filter(|(start, end)| *start >= from && *end <= to) {
            tagged.push_str(&self.encoded(text.get(at..start).unwrap_or_default()));
            tagged.push_str(&self.before);
            tagged.push_str(&self.encoded(text.get(start..end).unwrap_or_default()));
            tagged.push_str(&self.after);
            at = end;
        }
        tagged.push_str(&self.encoded(text.get(at..to).unwrap_or_default()));
        tagged.trim().to_owned()
    }
}

impl Style {
    /// A part of a text as it is shown.
    fn encoded(&self, text: &str) -> String {
        if !self.html {
            return text.to_owned();
        }
        let mut encoded = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '"' => encoded.push_str("&quot;"),
                '&' => encoded.push_str("&amp;"),
                '<' => encoded.push_str("&lt;"),
                '>' => encoded.push_str("&gt;"),
                '\'' => encoded.push_str("&#x27;"),
                '/' => encoded.push_str("&#x2F;"),
                letter => encoded.push(letter),
            }
        }
        encoded
    }
}

/// Where words stand that were looked for, in order.
fn matches(words: &[Word], marks: &[&Mark]) -> Vec<(usize, usize)> {
    let mut found = vec![];
    for mark in marks {
        if let Mark::Phrase(phrase, slop) = mark {
            found.extend(phrases(words, phrase, *slop));
            continue;
        }
        let fits = |word: &&Word| match mark {
            Mark::Word(text) => word.text == *text,
            Mark::Prefix(start) => word.text.starts_with(start),
            Mark::Pattern(pattern) => like(pattern, &word.text),
            Mark::Near(text, edits) => distance(text, &word.text, *edits, true) <= *edits,
            Mark::Phrase(..) => false,
        };
        found.extend(words.iter().filter(fits).map(|word| (word.from, word.to)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The words of phrases: in their order, so many places off at most.
fn phrases(words: &[Word], phrase: &[String], slop: usize) -> Vec<(usize, usize)> {
    let mut found = vec![];
    for start in 0..words.len() {
        let mut met = vec![];
        let mut next = start;
        for text in phrase {
            let reach = if met.is_empty() { 1 } else { slop + 1 };
            let place = words.iter().skip(next).take(reach).position(|word| word.text == *text);
            let Some(word) = place.and_then(|place| words.get(next + place)) else { break };
            next += place.unwrap_or_default() + 1;
            met.push((word.from, word.to));
        }
        if met.len() == phrase.len() {
            found.extend(met);
        }
    }
    found
}

/// Does a pattern of `*` and `?` fit a word?
fn like(pattern: &str, word: &str) -> bool {
    let (pattern, word): (Vec<char>, Vec<char>) = (pattern.chars().collect(), word.chars().collect());
    let mut rows = vec![false; word.len() + 1];
    if let Some(first) = rows.first_mut() {
        *first = true;
    }
    for letter in pattern {
        let mut next = vec![false; word.len() + 1];
        for place in 0..=word.len() {
            let at = |rows: &[bool], place: usize| rows.get(place).copied().unwrap_or_default();
            let before = place.checked_sub(1);
            let fits = match letter {
                '*' => at(&rows, place) || before.is_some_and(|before| at(&next, before)),
                '?' => before.is_some_and(|before| at(&rows, before)),
                letter => before.is_some_and(|before| at(&rows, before) && word.get(before) == Some(&letter)),
            };
            if let Some(cell) = next.get_mut(place) {
                *cell = fits;
            }
        }
        rows = next;
    }
    rows.last().copied().unwrap_or_default()
}
