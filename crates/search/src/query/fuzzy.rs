//! Words that are nearly others.

use super::rewriting::blended;
use super::scoring::Scored;
use super::{Boxed, Context, Mark, Options, boosted, none, uncreatable, values};
use crate::mapping::{Kind, Leaf};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use tantivy::query::{BooleanQuery, EnableScoring, FuzzyTermQuery, Occur, Query, TermQuery, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, TantivyError, Term};

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

/// Letters of a word that an automaton is built for, at most: each takes some 80 kB.
const LONGEST: usize = 100;

impl Near {
    /// What a query says of it; without `fuzziness` it is `AUTO`.
    pub(super) fn read(options: &Options) -> Result<Self> {
        let most = blended(options, "rewrite")?.or(blended(options, "fuzzy_rewrite")?);
        Ok(Near {
            edits: options.get("fuzziness").map_or(Ok(Edits::Auto(3, 6)), |told| edits(&crate::java::written(told)))?,
            prefix: options.count("prefix_length")?.unwrap_or(0),
            most: most.or(options.count("max_expansions")?).unwrap_or(50).clamp(1, MOST),
            transpositions: options.flag("transpositions")?.or(options.flag("fuzzy_transpositions")?).unwrap_or(true),
        })
    }

    /// What a query string says of its words that may be written otherwise.
    pub(super) fn of_string(options: &Options) -> Result<Self> {
        let most = options.count("fuzzy_max_expansions")?.unwrap_or(50);
        if most == 0 {
            return Err(uncreatable("maxExpansions must be positive."));
        }
        Ok(Near {
            edits: options.get("fuzziness").map_or(Ok(Edits::Auto(3, 6)), |told| at_most(&crate::java::written(told)))?,
            prefix: options.count("fuzzy_prefix_length")?.unwrap_or(0),
            most: most.min(MOST),
            transpositions: options.flag("fuzzy_transpositions")?.unwrap_or(true),
        })
    }

    /// The same with as many edits as a word itself says, if it does.
    pub(super) fn told(&self, told: Option<&str>) -> Result<Self> {
        let Some(told) = told else { return Ok(self.clone()) };
        let refuse = |_| uncreatable(&format!("For input string: \"{}\"", told.to_uppercase()));
        let edits: f32 = told.parse().map_err(refuse)?;
        Ok(Near { edits: Edits::Fixed((edits as usize).min(2)), ..self.clone() })
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

/// `AUTO`, or `AUTO:3,6`.
fn auto(told: &str) -> Option<Edits> {
    let upper = told.to_uppercase();
    let limits = upper.strip_prefix("AUTO")?;
    if limits.is_empty() {
        return Some(Edits::Auto(3, 6));
    }
    let (low, high) = limits.strip_prefix(':')?.split_once(',')?;
    Some(Edits::Auto(low.trim().parse().ok()?, high.trim().parse().ok()?))
}

/// What is more than can be is the most that can be.
fn at_most(told: &str) -> Result<Edits> {
    let fixed = told.parse().ok().filter(|edits: &f32| *edits >= 0.0).map(|edits| Edits::Fixed((edits as usize).min(2)));
    auto(told).or(fixed).ok_or_else(|| Error::argument(format!("Invalid fuzziness value: {told}")))
}

fn edits(told: &str) -> Result<Edits> {
    let refuse = || Error::parsing(format!("Can't parse fuzziness [{told}]: valid edit distances are [0, 1, 2] or AUTO"));
    if let Some(auto) = auto(told) {
        return Ok(auto);
    }
    let edits: f64 = told.parse().map_err(|_| refuse())?;
    if !(0.0..=2.0).contains(&edits) {
        let reason = format!("Valid edit distances are [0, 1, 2] but was [{told}]");
        return Err(Error::argument(reason));
    }
    Ok(Edits::Fixed(edits as usize))
}

/// How many letters must be put in, left out, changed or, if so told, swapped. What is more than `most` is told as that and one.
pub(crate) fn distance(one: &str, other: &str, most: usize, swaps: bool) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let far = most.saturating_add(1);
    if one.len().abs_diff(other.len()) > most {
        return far;
    }
    // Only cells that are no farther from the diagonal than `most` can be that near.
    let row = |number: usize| (number.saturating_sub(most), (number + most).min(other.len()));
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=row(0).1).collect();
    for (number, letter) in one.iter().enumerate() {
        let number = number + 1;
        let (from, to) = row(number);
        let cell = |line: &[usize], of: usize, column: Option<usize>| {
            column.and_then(|column| column.checked_sub(row(of).0)).and_then(|place| line.get(place).copied()).unwrap_or(far)
        };
        let mut next = Vec::with_capacity(to - from + 1);
        for column in from..=to {
            let left = column.checked_sub(1);
            let against = left.and_then(|left| other.get(left));
            let changed = cell(&last, number - 1, left).saturating_add(usize::from(against != Some(letter)));
            let mut best = changed.min(cell(&last, number - 1, Some(column)).saturating_add(1));
            best = best.min(cell(&next, number, left).saturating_add(1));
            let crossed = |two: usize| one.get(number - 2) == against && other.get(two) == Some(letter);
            if let Some(two) = column.checked_sub(2).filter(|two| swaps && number >= 2 && crossed(*two)) {
                best = best.min(cell(&before, number - 2, Some(two)).saturating_add(1));
            }
            next.push(best.min(far));
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(far)
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

    /// How far a word is, if it is near enough.
    fn far(&self, word: &str) -> Option<usize> {
        let far = distance(word, &self.word, self.edits, self.near.transpositions);
        (far <= self.edits).then_some(far)
    }

    /// The words that there are and that are near enough, with the number of documents they are in.
    fn met(&self, searcher: &Searcher) -> tantivy::Result<BTreeMap<String, u64>> {
        let prefix: String = self.word.chars().take(self.near.prefix).collect();
        let mut met: BTreeMap<String, u64> = BTreeMap::new();
        let mut meet = |key: &[u8], documents: u32| {
            if let Some(word) = std::str::from_utf8(key).ok().filter(|word| word.starts_with(&prefix)) {
                *met.entry(word.to_owned()).or_default() += u64::from(documents);
            }
        };
        let short = self.word.chars().count() <= LONGEST;
        let near = || FuzzyTermQuery::new(self.term(&self.word), self.edits as u8, self.near.transpositions).automaton();
        let near = short.then(near).transpose()?;
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(self.leaf.field)?;
            if let Some(near) = &near {
                let mut stream = inverted.terms().search(near).into_stream()?;
                while stream.advance() {
                    meet(stream.key(), stream.value().doc_freq);
                }
                continue;
            }
            // Few words are so long that they need to be looked at.
            let mut stream = inverted.terms().stream()?;
            while stream.advance() {
                let key = stream.key();
                let long = key.len().abs_diff(self.word.len()) <= 4 * self.edits;
                if long && std::str::from_utf8(key).is_ok_and(|word| self.far(word).is_some()) {
                    meet(key, stream.value().doc_freq);
                }
            }
        }
        Ok(met)
    }

    /// The nearest of these words, with how near they are, and in how many documents the most frequent is.
    fn words(&self, searcher: &Searcher) -> tantivy::Result<(Vec<(String, f32)>, u64)> {
        let length = self.word.chars().count();
        let mut words: Vec<(String, f32, u64)> = self
            .met(searcher)?
            .into_iter()
            .filter_map(|(word, frequency)| {
                let shorter = word.chars().count().min(length).max(1);
                let weight = 1.0 - self.far(&word)? as f32 / shorter as f32;
                Some((word, weight.max(0.0), frequency))
            })
            .collect();
        words.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        words.truncate(self.near.most);
        let most = words.iter().map(|(_, _, frequency)| *frequency).max().unwrap_or_default();
        Ok((words.into_iter().map(|(word, weight, _)| (word, weight)).collect(), most))
    }
}

impl Query for Fuzzy {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let searcher = scoring.searcher().ok_or_else(|| TantivyError::InvalidArgument("a searcher is needed".to_owned()))?;
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
