//! Words of which is known beforehand how good or bad they are: what thousands of people said of them, thousands of texts cannot teach.

use super::features::{SEED, hash, mixed};
use crate::text::clean::clean;
use std::collections::BTreeMap;

/// Values are kept in tenths.
const TENTHS: f32 = 10.0;
/// How much of a word's value is left, the other way round, where it is negated.
const NEGATED: f32 = -0.74;
/// Sums beyond this are alike.
const MOST: f32 = 6.0;

/// Words and their values, from about -4 to 4. A model keeps the ones that it was learned with, so they need not be had when it is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lexicon {
    /// The hash of each word and its value, in the order of the hashes.
    entries: Vec<(u32, i8)>,
}

impl Lexicon {
    /// Words that are one token once cleaned; others cannot be met, and are left out. Of two that are alike, the last one's value holds.
    pub fn new<'a>(words: impl IntoIterator<Item = (&'a str, f32)>) -> Lexicon {
        let mut cleaned = String::new();
        let mut entries = BTreeMap::new();
        for (word, value) in words {
            clean(word, &mut cleaned);
            if !cleaned.is_empty() && !cleaned.contains(' ') {
                entries.insert(key(hash(SEED, cleaned.as_bytes())), (value * TENTHS).round() as i8);
            }
        }
        Lexicon { entries: entries.into_iter().collect() }
    }

    /// From what [`Lexicon::entries`] gave; none if that is not in order.
    pub(super) fn of(entries: Vec<(u32, i8)>) -> Option<Lexicon> {
        entries.is_sorted_by(|left, right| left.0 < right.0).then_some(Lexicon { entries })
    }

    pub(super) fn entries(&self) -> &[(u32, i8)] {
        &self.entries
    }

    /// The value of a word, by its hash.
    fn value(&self, word: u64) -> Option<f32> {
        let at = self.entries.binary_search_by_key(&key(word), |entry| entry.0).ok()?;
        self.entries.get(at).map(|entry| f32::from(entry.1) / TENTHS)
    }
}

fn key(word: u64) -> u32 {
    (mixed(word) >> 32) as u32
}

/// What the words of one text add up to.
#[derive(Default)]
pub struct Tally {
    good: f32,
    bad: f32,
    last: Option<f32>,
}

impl Tally {
    /// Adds a word, by its hash. If it has a value, it is worth a mark of its own.
    pub fn add(&mut self, lexicon: &Lexicon, word: u64, negated: bool) -> Option<u64> {
        let value = lexicon.value(word)? * if negated { NEGATED } else { 1.0 };
        if value > 0.0 {
            self.good += value
        } else {
            self.bad -= value
        }
        self.last = Some(value);
        Some(mark(1, value.clamp(-3.0, 3.0)))
    }

    /// The marks of the text as a whole.
    pub fn marks(&self) -> impl Iterator<Item = u64> {
        let all = [
            Some(mark(2, self.good - self.bad)),
            Some(mark(3, self.good)),
            Some(mark(4, self.bad)),
            self.last.map(|last| mark(5, last)),
        ];
        all.into_iter().flatten()
    }
}

/// The hash of a sum, rounded: more than 0 is not the same as 0.
fn mark(kind: u8, sum: f32) -> u64 {
    let size = sum.abs().min(MOST).round() as u8;
    hash(!SEED, &[kind, size, if sum > 0.0 { 1 } else { u8::from(sum < 0.0) * 2 }])
}
