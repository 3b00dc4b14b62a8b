//! What a text is to a linear model: which n-grams of words and of letters it has, as places in a table.
//!
//! An n-gram's place is its hash, so no dictionary has to be kept. Words have one half of the table, letters the other: each half
//! is normalised by itself, since a text has ten times as many n-grams of letters as of words.

use super::lexicon::{Lexicon, Tally};
use crate::text::clean;

/// Where a hash begins.
pub const SEED: u64 = 0x6c62_272e_07bb_0142;
/// Odd, its bits spread.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// Which n-grams, and how large the table is.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// From and to how many words; none if that ends at 0.
    pub words: [u8; 2],
    /// From and to how many letters of one word, its ends counted; none if that ends at 0.
    pub characters: [u8; 2],
    /// The table has 2 to the power of this places.
    pub bits: u8,
    /// Whether words that are negated are words of their own.
    pub negation: bool,
    /// How much words weigh beside letters, from 0 to 1.
    pub word_share: f32,
    /// Words with a known value.
    pub lexicon: Lexicon,
}

impl Shape {
    /// How many places the table has.
    pub fn places(&self) -> usize {
        1 << self.bits
    }

    /// The first place of the letters: all before are of words.
    pub fn first_of_letters(&self) -> usize {
        match (self.has_words(), self.has_letters()) {
            (true, true) => self.places() / 2,
            (true, false) => self.places(),
            _ => 0,
        }
    }

    /// The length of a text's words and of its letters, where the text has both.
    pub fn lengths(&self) -> [f32; 2] {
        if self.has_words() && self.has_letters() { [self.word_share.sqrt(), (1.0 - self.word_share).sqrt()] } else { [1.0; 2] }
    }

    fn has_words(&self) -> bool {
        self.words[1] > 0
    }

    fn has_letters(&self) -> bool {
        self.characters[1] > 0
    }

    /// How far a hash is shifted to give a place in one part of the table.
    fn shift(&self) -> u32 {
        64 - u32::from(self.bits) + u32::from(self.has_words() && self.has_letters())
    }
}

/// Room that is used again from text to text.
#[derive(Debug, Default)]
pub struct Scratch {
    cleaned: String,
    counts: Vec<u8>,
    /// The places that are not empty, in the order they were met.
    pub(super) places: Vec<u32>,
    past: Vec<u64>,
    pub(super) sums: Vec<[f32; 2]>,
}

impl Scratch {
    /// Counts the n-grams of a text.
    pub(super) fn count(&mut self, shape: &Shape, text: &str) {
        self.reset(shape.places());
        let mut cleaned = std::mem::take(&mut self.cleaned);
        clean::clean(text, &mut cleaned);
        self.words(shape, &cleaned);
        self.letters(shape, &cleaned);
        self.cleaned = cleaned;
    }

    /// How often the n-gram at `place` was met.
    pub(super) fn times(&self, place: u32) -> u8 {
        self.counts.get(place as usize).copied().unwrap_or(0)
    }

    fn reset(&mut self, places: usize) {
        if self.counts.len() != places {
            self.counts = vec![0; places];
        } else {
            let counts = &mut self.counts;
            self.places.iter().filter_map(|place| counts.get_mut(*place as usize).map(|count| *count = 0)).for_each(drop);
        }
        self.places.clear();
    }

    fn meet(&mut self, place: usize) {
        if let Some(count) = self.counts.get_mut(place) {
            if *count == 0 {
                self.places.push(place as u32);
            }
            *count = count.saturating_add(1);
        }
    }

    fn words(&mut self, shape: &Shape, cleaned: &str) {
        let [least, most] = shape.words.map(usize::from);
        let shift = shape.shift();
        let mut negated = false;
        let mut tally = Tally::default();
        self.past.clear();
        for token in cleaned.split(' ').filter(|token| most > 0 && !token.is_empty()) {
            let word = hash(SEED, token.as_bytes());
            // the last words, the newest first, each hashed together with what follows it
            self.past.insert(0, SEED);
            self.past.truncate(most);
            for grown in 0..self.past.len() {
                let Some(gram) = self.past.get_mut(grown) else { break };
                *gram = mixed(*gram ^ word);
                let gram = *gram;
                if grown + 1 >= least {
                    self.meet((mixed(gram) >> shift) as usize);
                }
            }
            let mark = tally.add(&shape.lexicon, word, negated);
            mark.into_iter().for_each(|mark| self.meet((mixed(mark) >> shift) as usize));
            let next = is_negated(token, negated);
            if shape.negation && negated && next && !negates(token) {
                self.meet((mixed(!word) >> shift) as usize);
            }
            negated = next;
        }
        if most > 0 && !shape.lexicon.entries().is_empty() {
            tally.marks().for_each(|mark| self.meet((mixed(mark) >> shift) as usize));
        }
    }

    fn letters(&mut self, shape: &Shape, cleaned: &str) {
        let [least, most] = shape.characters.map(usize::from);
        let (shift, first) = (shape.shift(), shape.first_of_letters());
        let plain = |token: &&str| !token.is_empty() && *token != clean::MENTION && *token != clean::LINK;
        for token in cleaned.split(' ').filter(|_| most > 0).filter(plain) {
            let blank = hash(SEED, b" ");
            self.grams(blank, 1, token.as_bytes(), [least, most], |place| (place >> shift) as usize + first);
            let mut tail = token.as_bytes();
            while let Some((byte, rest)) = tail.split_first() {
                if begins(*byte) {
                    self.grams(SEED, 0, tail, [least, most], |place| (place >> shift) as usize + first);
                }
                tail = rest;
            }
        }
    }

    /// The n-grams that begin where `tail` does: `hash` is of the `count` letters before. A blank ends each word.
    fn grams(&mut self, mut hash: u64, mut count: usize, tail: &[u8], [least, most]: [usize; 2], place: impl Fn(u64) -> usize) {
        for byte in tail.iter().chain(b" ") {
            if begins(*byte) {
                if count >= least {
                    self.meet(place(finished(hash)));
                }
                if count == most {
                    return;
                }
                count += 1;
            }
            hash = step(hash, *byte);
        }
        if count >= least {
            self.meet(place(finished(hash)));
        }
    }
}

/// Whether what follows a token means its opposite, given whether the token does: up to the next punctuation.
fn is_negated(token: &str, negated: bool) -> bool {
    let goes_on = |sign: char| sign.is_alphanumeric() || matches!(sign, '#' | '@' | '_');
    negates(token) || (negated && token.starts_with(goes_on))
}

/// English, then Indonesian. Matched, not looked up in a list: the compiler asks for the length first, and each word is asked for.
fn negates(token: &str) -> bool {
    match token {
        "no" | "not" | "never" | "none" | "nobody" | "nothing" | "nowhere" | "neither" | "nor" | "without" | "cannot" => true,
        "cant" | "dont" | "wont" | "isnt" | "aint" | "didnt" | "doesnt" => true,
        "tidak" | "tak" | "bukan" | "jangan" | "gak" | "ga" | "nggak" | "enggak" | "ngga" | "gk" | "tdk" | "kurang" | "belum" => {
            true
        }
        _ => token.ends_with("n't"),
    }
}

/// Whether a byte of UTF-8 is the first of its letter.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, byte| step(hash, *byte))
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Its high bits are of all bytes: enough for a place, and quicker than [`mixed`], with hundreds of n-grams of letters in a text.
fn finished(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(SPREAD)
}

pub fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(SPREAD);
    (hash ^ (hash >> 29)).wrapping_mul(SPREAD)
}

/// What so many of one n-gram are worth: the second less than the first.
pub fn worth(times: u8) -> f32 {
    if times == 1 { 1.0 } else { 1.0 + f32::from(times.max(1)).ln() }
}
