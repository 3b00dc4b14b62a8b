//! Words that are nearly others.

use super::scoring::Scored;
use super::{Boxed, Context, Mark, Options, boosted, none, values};
use crate::mapping::{Kind, Leaf};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use tantivy::query::{BooleanQuery, EnableScoring, FuzzyTermQuery, Occur, Query, TermQuery, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

/// How near a word must be.
#[derive(Clone, Debug)]
pub(crate) struct Near {
    edits: Edits,
    prefix: usize,
    most: usize,
    transpositions: bool,
}

#[derive(Clone, Copy, Debug)]
enum Edits {
    /// By the word's length: none below the first, one below the second, else two.
    Auto(usize, usize),
    Fixed(usize),
}

/// Words that a nearly written word stands for, at most.
const MOST: usize = 1024;

impl Near {
    /// What a query says of it; without `fuzziness` it is `AUTO`.
    pub(super) fn read(options: &Options) -> Result<Self> {
        Ok(Near {
            edits: options.get("fuzziness").map_or(Ok(Edits::Auto(3, 6)), |told| edits(&crate::java::written(told)))?,
            prefix: options.count("prefix_length")?.unwrap_or(0),
            most: options.count("max_expansions")?.unwrap_or(50).clamp(1, MOST),
            transpositions: options.flag("transpositions")?.or(options.flag("fuzzy_transpositions")?).unwrap_or(true),
        })
    }

    /// So many edits, and all else as by default.
    pub(super) fn plain(told: Option<&str>) -> Result<Self> {
        let edits = told.map_or(Ok(Edits::Fixed(2)), edits)?;
        Ok(Near { edits, prefix: 0, most: 50, transpositions: true })
    }

    pub(super) fn of(&self, word: &str) -> usize {
        let length = word.chars().count();
        match self.edits {
            Edits::Fixed(edits) => edits,
            Edits::Auto(low, _) if length < low => 0,
            Edits::Auto(_, high) if length < high => 1,
            Edits::Auto(..) => 2,
        }
    }
}

fn edits(told: &str) -> Result<Edits> {
    let refuse = || Error::parsing(format!("Can't parse fuzziness [{told}]: valid edit distances are [0, 1, 2] or AUTO"));
    let upper = told.to_uppercase();
    if upper == "AUTO" {
        return Ok(Edits::Auto(3, 6));
    }
    if let Some(limits) = upper.strip_prefix("AUTO:") {
        let (low, high) = limits.split_once(',').ok_or_else(refuse)?;
        return Ok(Edits::Auto(low.trim().parse().map_err(|_| refuse())?, high.trim().parse().map_err(|_| refuse())?));
    }
    let edits: f64 = told.parse().map_err(|_| refuse())?;
    if !(0.0..=2.0).contains(&edits) {
        let reason = format!("Valid edit distances are [0, 1, 2] but was [{told}]");
        return Err(Error::argument(reason));
    }
    Ok(Edits::Fixed(edits as usize))
}

/// How many letters must be put in, left out, changed or swapped.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + usize::from(letter != against);
            let mut best = changed.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let swapped = row > 0 && column > 0 && one.get(row - 1) == Some(against) && other.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

impl Context<'_> {
    /// Documents with a word in a field that is nearly this.
    pub(super) fn near(&self, path: &str, leaf: &Leaf, word: &str, near: &Near) -> Boxed {
        let edits = near.of(word);
        if edits == 0 || word.is_empty() {
            self.mark(path, Mark::Word(word.to_owned()));
            return values::word(leaf, word);
        }
        self.mark(path, Mark::Near(word.to_owned(), edits));
        Box::new(Fuzzy { leaf: leaf.clone(), word: word.to_owned(), edits, near: near.clone() })
    }
}

/// The query.
#[derive(Clone, Debug)]
struct Fuzzy {
    leaf: Leaf,
    word: String,
    edits: usize,
    near: Near,
}

impl Fuzzy {
    fn term(&self, word: &str) -> Term {
        Term::from_field_text(self.leaf.field, word)
    }

    /// The nearest words that there are, with how near they are, and in how many documents the most frequent is.
    fn words(&self, searcher: &Searcher) -> tantivy::Result<(Vec<(String, f32)>, u64)> {
        let automaton = FuzzyTermQuery::new(self.term(&self.word), self.edits as u8, self.near.transpositions).automaton()?;
        let prefix: String = self.word.chars().take(self.near.prefix).collect();
        let mut met: BTreeMap<String, u64> = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(self.leaf.field)?;
            let mut stream = inverted.terms().search(&automaton).into_stream()?;
            while stream.advance() {
                let Ok(word) = std::str::from_utf8(stream.key()) else { continue };
                if word.starts_with(&prefix) {
                    *met.entry(word.to_owned()).or_default() += u64::from(stream.value().doc_freq);
                }
            }
        }
        let length = self.word.chars().count();
        let mut words: Vec<(String, f32, u64)> = met
            .into_iter()
            .map(|(word, frequency)| {
                let shorter = word.chars().count().min(length).max(1);
                let weight = 1.0 - distance(&word, &self.word) as f32 / shorter as f32;
                (word, weight, frequency)
            })
            .filter(|(_, weight, _)| *weight > 0.0)
            .collect();
        words.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        words.truncate(self.near.most);
        let most = words.iter().map(|(_, _, frequency)| *frequency).max().unwrap_or_default();
        Ok((words.into_iter().map(|(word, weight, _)| (word, weight)).collect(), most))
    }
}

impl Query for Fuzzy {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let Some(searcher) = scoring.searcher() else {
            let edits = self.edits as u8;
            return FuzzyTermQuery::new(self.term(&self.word), edits, self.near.transpositions).weight(scoring);
        };
        let option = if self.leaf.kind == Kind::Text { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
        let (words, most) = self.words(searcher)?;
        let each: Vec<(Occur, Boxed)> = words
            .into_iter()
            .map(|(word, weight)| {
                let inner = Arc::new(TermQuery::new(self.term(&word), option));
                let scored = Scored { inner, leaf: self.leaf.clone(), frequency: Some(most) };
                (Occur::Should, boosted(Box::new(scored), weight))
            })
            .collect();
        let query: Boxed = if each.is_empty() { none() } else { Box::new(BooleanQuery::new(each)) };
        query.weight(scoring)
    }
}
