//! Queries that are text themselves.

use super::compound::{Found, Parts, best};
use super::expand::{Prefixed, after};
use super::fuzzy::Near;
use super::phrases::Phrase;
use super::scoring::scored;
use super::sloppy::Sloppy;
use super::terms::wordy;
use super::{Boxed, Context, Mark, Options, all, boosted, constant, none, searchable, single, unaskable, uncreatable, values};
use crate::analysis::{Word, words};
use crate::mapping::{Kind, Leaf};
use crate::{Error, Result};
use serde_json::{Map, Value};
use tantivy::Term;
use tantivy::query::{BooleanQuery, EnableScoring, Occur, Query, Weight};

/// How a text's words are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Words,
    Phrase,
    PhrasePrefix,
    BoolPrefix,
}

/// How a text is looked for.
#[derive(Clone, Debug)]
pub(super) struct Search<'b> {
    pub style: Style,
    /// Must all words be there?
    pub all: bool,
    pub required: Option<&'b Value>,
    pub near: Option<Near>,
    pub slop: usize,
    pub most: usize,
    /// Does a text without words find all?
    pub empty_finds_all: bool,
    pub lenient: bool,
}

impl Search<'_> {
    pub(super) fn new(style: Style) -> Self {
        Search { style, all: false, required: None, near: None, slop: 0, most: 50, empty_finds_all: false, lenient: false }
    }
}

const COMMON: [&str; 5] = ["query", "analyzer", "zero_terms_query", "lenient", "auto_generate_synonyms_phrase_query"];
const WORDS: [&str; 7] =
    ["operator", "minimum_should_match", "fuzziness", "prefix_length", "max_expansions", "fuzzy_transpositions", "fuzzy_rewrite"];
const PHRASES: [&str; 2] = ["slop", "max_expansions"];

/// Is this `and`?
pub(super) fn operator(told: Option<&str>) -> Result<bool> {
    match told.map(str::to_lowercase).as_deref() {
        None | Some("or") => Ok(false),
        Some("and") => Ok(true),
        Some(other) => {
            Err(Error::argument(format!("No enum constant org.opensearch.index.query.Operator.{}", other.to_uppercase())))
        }
    }
}

/// Refuses analyzers but the one there is.
pub(super) fn analyzer(options: &Options, name: &str) -> Result<()> {
    match options.text(name)? {
        None | Some("standard" | "default") => Ok(()),
        Some(other) => Err(unaskable(format!("[{}] {name} [{other}] not found", options.query))),
    }
}

fn search<'b>(style: Style, options: &Options<'b>) -> Result<Search<'b>> {
    analyzer(options, "analyzer")?;
    let empty = options.text("zero_terms_query")?;
    if let Some(other) = empty.filter(|told| !matches!(told.to_lowercase().as_str(), "none" | "all" | "null")) {
        return Err(Error::parsing(format!("Unsupported zero_terms_query value [{other}]")));
    }
    Ok(Search {
        style,
        all: operator(options.text("operator")?)?,
        required: options.get("minimum_should_match"),
        near: options.get("fuzziness").map(|_| Near::read(options)).transpose()?,
        slop: options.count("slop")?.unwrap_or(0).min(1000),
        most: options.count("max_expansions")?.unwrap_or(50).clamp(1, 1024),
        empty_finds_all: empty.is_some_and(|told| told.eq_ignore_ascii_case("all")),
        lenient: options.flag("lenient")? == Some(true),
    })
}

impl Context<'_> {
    pub(super) fn match_text(&self, body: &Map<String, Value>) -> Result<Boxed> {
        self.one_field("match", Style::Words, &WORDS, body)
    }

    pub(super) fn match_phrase(&self, body: &Map<String, Value>) -> Result<Boxed> {
        self.one_field("match_phrase", Style::Phrase, &["slop"], body)
    }

    pub(super) fn match_phrase_prefix(&self, body: &Map<String, Value>) -> Result<Boxed> {
        self.one_field("match_phrase_prefix", Style::PhrasePrefix, &PHRASES, body)
    }

    pub(super) fn match_bool_prefix(&self, body: &Map<String, Value>) -> Result<Boxed> {
        self.one_field("match_bool_prefix", Style::BoolPrefix, &WORDS, body)
    }

    fn one_field(&self, query: &str, style: Style, more: &[&str], body: &Map<String, Value>) -> Result<Boxed> {
        let missing = || Error::parsing("No text specified for text query");
        let (path, told) = single(query, body)?.ok_or_else(missing)?;
        let Value::Object(inner) = told else {
            if told.is_array() {
                return Err(Error::new(500, "illegal_state_exception", "Can't get text on a START_ARRAY at 1:1"));
            }
            if told.is_null() {
                return Err(missing());
            }
            return self.text(path, told, &Search::new(style));
        };
        let allowed: Vec<&str> = COMMON.iter().chain(more).copied().collect();
        let options = Options::new(query, inner).allow(&allowed)?;
        let text = options.get("query").ok_or_else(missing)?;
        if text.is_array() || text.is_object() {
            return Err(Error::parsing(format!("[{query}] unknown token [{}] after [query]", crate::java::token(text))));
        }
        let search = search(style, &options)?;
        Ok(boosted(self.text(path, text, &search)?, options.boost()?))
    }

    /// Documents in whose field a text is found.
    pub(super) fn text(&self, path: &str, told: &Value, search: &Search) -> Result<Boxed> {
        self.found(path, told, search)?.with(search.required)
    }

    /// The same, before it is said how many words there must be.
    pub(super) fn found(&self, path: &str, told: &Value, search: &Search) -> Result<Found> {
        searchable(path)?;
        let Some(leaf) = self.leaf(path) else { return Ok(Found::One(none())) };
        if leaf.kind == Kind::Text {
            return self.full_text(path, leaf, &words(&crate::java::written(told)), search);
        }
        if search.style == Style::PhrasePrefix {
            let kind = &leaf.type_name;
            let reason = format!("Can only use phrase prefix queries on text fields - not on [{path}] which is of type [{kind}]");
            return if search.lenient { Ok(Found::One(none())) } else { Err(uncreatable(&reason)) };
        }
        let text = crate::java::written(told);
        Ok(Found::One(match (leaf.kind, &search.near, search.style) {
            (Kind::Keyword, _, Style::BoolPrefix) if !leaf.is_own() => {
                constant(Box::new(Prefixed { leaf: leaf.clone(), start: text }), 1.0)
            }
            (Kind::Keyword, Some(near), Style::Words) => {
                wordy("fuzzy", path, leaf)?;
                self.near(path, leaf, &text, near)
            }
            _ => match self.value(path, leaf, told) {
                Err(error) if search.lenient && error.in_search => none(),
                found => found?,
            },
        }))
    }

    fn full_text(&self, path: &str, leaf: &Leaf, words: &[Word], search: &Search) -> Result<Found> {
        let Some((last, before)) = words.split_last() else {
            return Ok(Found::One(if search.empty_finds_all { all() } else { none() }));
        };
        self.count(words.len())?;
        let found = |word: &Word| match &search.near {
            Some(near) => self.near(path, leaf, &word.text, near),
            None => {
                self.mark(path, Mark::Word(word.text.clone()));
                values::word(leaf, &word.text)
            }
        };
        let mut clauses = match search.style {
            Style::Words => words.iter().map(found).collect::<Vec<_>>(),
            Style::BoolPrefix => {
                self.mark(path, Mark::Prefix(last.text.clone()));
                let start = Prefixed { leaf: leaf.clone(), start: last.text.clone() };
                before.iter().map(found).chain([constant(Box::new(start), 1.0)]).collect()
            }
            Style::PhrasePrefix => {
                self.mark(path, Mark::Prefix(last.text.clone()));
                before.iter().for_each(|word| self.mark(path, Mark::Word(word.text.clone())));
                let (before, last) = (before.to_vec(), last.clone());
                let prefix = PhrasePrefix { leaf: leaf.clone(), before, last, slop: search.slop, most: search.most };
                return Ok(Found::One(Box::new(prefix)));
            }
            Style::Phrase => {
                let texts = words.iter().map(|word| word.text.clone()).collect();
                self.mark(path, Mark::Phrase(texts, search.slop));
                return Ok(Found::One(phrase(leaf, words, search.slop)));
            }
        };
        Ok(match clauses.len() {
            1 => Found::One(clauses.remove(0)),
            _ if search.all => Found::Many(Parts { must: clauses, ..Parts::default() }, 1.0),
            _ => Found::Many(Parts { should: clauses, ..Parts::default() }, 1.0),
        })
    }

    pub(super) fn multi_match(&self, body: &Map<String, Value>) -> Result<Boxed> {
        let allowed: Vec<&str> = COMMON.iter().chain(&WORDS).copied().chain(["fields", "type", "tie_breaker", "slop"]).collect();
        let options = Options::new("multi_match", body).allow(&allowed)?;
        let Some(text) = options.get("query") else { return Err(Error::parsing("No text specified for multi_match query")) };
        let told = options.text("type")?.unwrap_or("best_fields");
        let style = match told {
            "best_fields" | "most_fields" => Style::Words,
            "phrase" => Style::Phrase,
            "phrase_prefix" => Style::PhrasePrefix,
            "bool_prefix" => Style::BoolPrefix,
            _ => {
                let reason = format!("failed to parse [multi_match] query type [{told}]. unknown type.");
                return Err(Error::new(400, "parse_exception", reason));
            }
        };
        let mut search = search(style, &options)?;
        let named = fields(&options)?;
        search.lenient |= named.iter().all(|(path, _)| path == "*");
        let default_tie = if matches!(told, "most_fields" | "bool_prefix") { 1.0 } else { 0.0 };
        let tie = options.number("tie_breaker")?.map_or(default_tie, |tie| tie as f32);
        let mut found = vec![];
        for (path, boost) in self.fields(&named) {
            found.push(boosted(self.text(&path, text, &search)?, boost));
        }
        Ok(boosted(best(found, tie), options.boost()?))
    }

    /// Fields by patterns.
    pub(super) fn fields(&self, named: &[(String, f32)]) -> Vec<(String, f32)> {
        let mut found: Vec<(String, f32)> = vec![];
        for (pattern, boost) in named {
            if !pattern.contains('*') {
                found.push((pattern.clone(), *boost));
                continue;
            }
            for path in self.mapping.matching(pattern) {
                if !found.iter().any(|(known, _)| known == path) {
                    found.push((path.to_owned(), *boost));
                }
            }
        }
        found
    }
}

/// The fields that a query names: `name^boost`.
pub(super) fn fields(options: &Options) -> Result<Vec<(String, f32)>> {
    let told: Vec<&Value> = match options.get("fields") {
        None => return Ok(vec![("*".to_owned(), 1.0)]),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    };
    told.into_iter()
        .map(|one| {
            let text = one.as_str().ok_or_else(|| Error::parsing(format!("[{}] unknown token in [fields]", options.query)))?;
            let Some((path, boost)) = text.rsplit_once('^') else { return Ok((text.to_owned(), 1.0)) };
            let boost = boost.parse::<f32>().ok().filter(|boost| boost.is_finite() && *boost >= 0.0);
            let boost =
                boost.ok_or_else(|| Error::new(400, "number_format_exception", format!("For input string: \"{text}\"")))?;
            Ok((path.to_owned(), boost))
        })
        .collect()
}

/// Documents with words that follow each other, so many places off at most.
pub(super) fn phrase(leaf: &Leaf, words: &[Word], slop: usize) -> Boxed {
    let first = words.first().map_or(0, |word| word.place);
    let term = |word: &Word| (word.place - first, Term::from_field_text(leaf.field, &word.text));
    match words {
        [] => none(),
        [word] => values::word(leaf, &word.text),
        _ if slop == 0 => scored(Box::new(Phrase { field: leaf.field, words: words.iter().map(term).collect() }), leaf),
        _ => {
            let words = words.iter().map(|word| (word.place - first, word.text.clone())).collect();
            scored(Box::new(Sloppy { leaf: leaf.clone(), words, slop }), leaf)
        }
    }
}

/// Words that follow each other, the last of which may go on.
#[derive(Clone, Debug)]
struct PhrasePrefix {
    leaf: Leaf,
    before: Vec<Word>,
    last: Word,
    slop: usize,
    most: usize,
}

impl Query for PhrasePrefix {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let mut endings = std::collections::BTreeSet::new();
        for segment in scoring.searcher().map(|searcher| searcher.segment_readers()).unwrap_or_default() {
            let inverted = segment.inverted_index(self.leaf.field)?;
            let mut stream = inverted.terms().range().ge(self.last.text.as_bytes());
            if let Some(end) = after(self.last.text.as_bytes()) {
                stream = stream.lt(end);
            }
            let mut stream = stream.into_stream()?;
            let mut met = 0;
            while met < self.most && stream.advance() {
                met += 1;
                endings.extend(std::str::from_utf8(stream.key()).map(str::to_owned));
            }
        }
        let phrases = endings.into_iter().take(self.most).map(|ending| {
            let words: Vec<Word> = self.before.iter().cloned().chain([Word { text: ending, ..self.last.clone() }]).collect();
            phrase(&self.leaf, &words, self.slop)
        });
        let phrases: Vec<Boxed> = phrases.collect();
        if self.before.is_empty() && !phrases.is_empty() {
            let each = phrases.into_iter().map(|phrase| (Occur::Should, phrase)).collect();
            return BooleanQuery::new(each).weight(scoring);
        }
        best(phrases, 0.0).weight(scoring)
    }
}
