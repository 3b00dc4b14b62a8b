//! How positive or negative a text is, by a list of rated words and VADER's rules about the words around them.
//!
//! Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text" (ICWSM 2014).
//! Numbers are those of the Python package vaderSentiment 3.3.2, to the last digit that it gives, oddities included: who
//! compares with it must find no difference to explain.
//!
//! A text is cut at blanks into tokens (`tokens`), each of which is looked up once (`words`); what a rated token counts
//! follows from it and from the three before it (`rules`); the sums become four numbers (`totals`).

mod rules;
mod tokens;
mod totals;
mod words;

use tokens::Token;
use words::Words;

/// Rated words, and what emoji are called.
pub struct Lexicon {
    words: Words,
    /// By code point, the place in `names` counted from 1, or 0. A table, because every letter with an accent asks it.
    emoji: Vec<u16>,
    names: Vec<Box<str>>,
}

/// How a text sounds. The three shares add up to 1 but for rounding; of an empty text all are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// From -1 (as negative as can be) to 1, to four digits. Beyond 0.05 either way it counts as an opinion.
    pub compound: f64,
    /// The share of the text that is positive, to three digits.
    pub positive: f64,
    /// The share of the text that is neither.
    pub neutral: f64,
    /// The share of the text that is negative.
    pub negative: f64,
}

/// Room to work in, kept from text to text so that none is allocated for each.
#[derive(Default)]
pub struct Scratch {
    /// The text with its emoji written out, where it has any.
    text: String,
    tokens: Vec<Token>,
    valences: Vec<f64>,
}

impl Lexicon {
    /// VADER's own words and emoji, as the crate `vader_sentiment` publishes them. It stems from before two words were added, and
    /// disregards case, by which one face took the rating of another: these three are put right here.
    pub fn vader() -> Lexicon {
        let mut lexicon = Lexicon { words: Words::new(), emoji: vec![], names: vec![] };
        for (word, valence) in Lexicon::vaders_words() {
            // No word of it is too long, which a test holds: none is refused.
            let _ = lexicon.words.rate(word, valence);
        }
        for (emoji, name) in vader_sentiment::EMOJI_LEXICON.iter() {
            let _ = lexicon.name(emoji, name);
        }
        lexicon
    }

    /// VADER's words and their ratings, in the order of the words, but for the last three.
    pub fn vaders_words() -> impl Iterator<Item = (&'static str, f64)> {
        let rated = vader_sentiment::LEXICON.iter().map(|(word, valence)| (word.as_ref(), *valence));
        let mut rated: Vec<(&str, f64)> = rated.collect();
        // That crate's table has another order in each process.
        rated.sort_unstable_by_key(|(word, _)| *word);
        rated.into_iter().chain([("heart", 3.2), ("hearts", 3.3), (":p", 1.0)])
    }

    /// Reads a lexicon in the form in which VADER's is published: lines of a word, a tab, its mean rating, and whatever else
    /// after another tab; and lines of an emoji, a tab, what it is called. Of several lines about one word the last counts.
    pub fn parse(words: &str, emoji: &str) -> Result<Lexicon, String> {
        let mut lexicon = Lexicon { words: Words::new(), emoji: vec![], names: vec![] };
        for (line, word, rating) in rows(words) {
            let wrong = |what: &str| format!("line {line} of the words: {what} (want WORD, tab, NUMBER)");
            let rating: Option<f64> = rating.parse().ok();
            let valence = rating.filter(|valence| valence.is_finite()).ok_or_else(|| wrong("no number"))?;
            lexicon.words.rate(word, valence).map_err(|what| wrong(&what))?;
        }
        for (line, emoji, name) in rows(emoji) {
            lexicon.name(emoji, name).map_err(|what| format!("line {line} of the emoji: {what} (want EMOJI, tab, NAME)"))?;
        }
        Ok(lexicon)
    }

    /// Emoji of more than one character are left out: texts are asked character by character.
    fn name(&mut self, emoji: &str, name: &str) -> Result<(), String> {
        let mut characters = emoji.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else { return Ok(()) };
        if character.is_ascii() {
            return Err(format!("`{character}` is no emoji"));
        }
        self.names.push(name.into());
        let place = u16::try_from(self.names.len()).map_err(|_| "more than 65,535 emoji".to_owned())?;
        let code = character as usize;
        if self.emoji.len() <= code {
            self.emoji.resize(code + 1, 0);
        }
        if let Some(slot) = self.emoji.get_mut(code) {
            *slot = place;
        }
        Ok(())
    }

    /// What an emoji is called.
    fn named(&self, character: char) -> Option<&str> {
        let place = self.emoji.get(character as usize).copied().unwrap_or_default();
        self.names.get(usize::from(place).checked_sub(1)?).map(|name| &**name)
    }

    /// How `text` sounds.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> Scores {
        let Scratch { text: written, tokens, valences } = scratch;
        let text = if !text.is_ascii() && self.write_out(text, written) { written.as_str() } else { text };
        tokens.clear();
        tokens::cut(text, &self.words, tokens);
        if !tokens.iter().any(|token| token.rated) {
            return Scores { neutral: if tokens.is_empty() { 0.0 } else { 1.0 }, ..Scores::default() };
        }
        rules::weigh(tokens, valences);
        totals::scores(valences, text)
    }

    /// Writes `text` with names in place of emoji. False where it has none, which leaves `written` without meaning.
    ///
    /// A name is kept apart from what is before it, but not from what follows.
    fn write_out(&self, text: &str, written: &mut String) -> bool {
        let Some(first) = text.char_indices().find(|(_, character)| self.named(*character).is_some()) else { return false };
        let (plain, rest) = text.split_at_checked(first.0).unwrap_or((text, ""));
        written.clear();
        written.push_str(plain);
        let mut apart = plain.is_empty() || plain.ends_with(' ');
        for character in rest.chars() {
            let name = self.named(character);
            if let Some(name) = name {
                written.push_str(if apart { "" } else { " " });
                written.push_str(name);
            } else {
                written.push(character);
            }
            apart = name.is_none() && character == ' ';
        }
        true
    }
}

/// Number, first and second field of each line that says something.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let lines = text.split('\n').map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(line, text)| {
        let mut fields = text.split('\t');
        (line + 1, fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
