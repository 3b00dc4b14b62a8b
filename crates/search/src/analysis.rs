//! How full text is told apart into words: as Elasticsearch's `standard` analyzer does, by Unicode's annex 29, in lower case.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};
use unicode_segmentation::UnicodeSegmentation;

#[cfg(test)]
mod tests;

/// Longer words are cut.
const LONGEST: usize = 255;

/// The tokenizers that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(crate::mapping::STANDARD, Standard::default());
    tokenizers
}

/// A text's words in lower case, with where each stands.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut tokenizer = Standard::default();
    let mut stream = tokenizer.token_stream(text);
    let mut words = vec![];
    while stream.advance() {
        let token = stream.token();
        words.push(Word { text: token.text.clone(), from: token.offset_from, to: token.offset_to, place: token.position });
    }
    words
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// In lower case.
    pub text: String,
    /// Its first byte.
    pub from: usize,
    /// The byte behind it.
    pub to: usize,
    /// The number of words before it.
    pub place: usize,
}

/// The `standard` tokenizer.
#[derive(Clone, Default)]
struct Standard {
    token: Token,
    spans: Vec<(usize, usize)>,
}

impl Tokenizer for Standard {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.token.reset();
        self.spans.clear();
        if text.is_ascii() {
            ascii_spans(text.as_bytes(), &mut self.spans);
        } else {
            unicode_spans(text, &mut self.spans);
        }
        Stream { text, token: &mut self.token, spans: &self.spans, next: 0 }
    }
}

/// The words of a text, one by one.
struct Stream<'a> {
    text: &'a str,
    token: &'a mut Token,
    spans: &'a [(usize, usize)],
    next: usize,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some(&(from, to)) = self.spans.get(self.next) else { return false };
        self.next += 1;
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.text.clear();
        lower(self.text.get(from..to).unwrap_or_default(), &mut self.token.text);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Lower case, character by character, as Lucene has it: a final sigma is no other letter.
fn lower(word: &str, into: &mut String) {
    if word.is_ascii() {
        into.push_str(word);
        into.make_ascii_lowercase();
        return;
    }
    for character in word.chars() {
        let mut lowered = character.to_lowercase();
        match (lowered.next(), lowered.next()) {
            (Some(one), None) => into.push(one),
            (Some('i'), Some(_)) => into.push('i'),
            _ => into.push(character),
        }
    }
}

fn push(spans: &mut Vec<(usize, usize)>, text: &str, from: usize, to: usize) {
    let word = text.get(from..to).unwrap_or_default();
    if word.len() <= LONGEST {
        spans.push((from, to));
        return;
    }
    let mut start = from;
    for (count, (at, _)) in word.char_indices().enumerate() {
        if count > 0 && count % LONGEST == 0 {
            spans.push((start, from + at));
            start = from + at;
        }
    }
    spans.push((start, to));
}

/// What a byte is to a word.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Letter,
    Digit,
    Joiner,
    Other,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b'_' => Class::Joiner,
        _ => Class::Other,
    }
}

/// The same as [`unicode_spans`] where there are only plain characters, at a tenth of its cost.
fn ascii_spans(text: &[u8], spans: &mut Vec<(usize, usize)>) {
    let at = |place: usize| text.get(place).map_or(Class::Other, |byte| class(*byte));
    let mut place = 0;
    while place < text.len() {
        if at(place) == Class::Other {
            place += 1;
            continue;
        }
        let from = place;
        let mut telling = false;
        loop {
            let here = at(place);
            if here == Class::Other {
                let mark = text.get(place).copied().unwrap_or_default();
                let before = at(place.wrapping_sub(1));
                let between = before == at(place + 1)
                    && match before {
                        Class::Letter => matches!(mark, b'\'' | b'.' | b':'),
                        Class::Digit => matches!(mark, b'\'' | b'.' | b',' | b';'),
                        _ => false,
                    };
                if !between {
                    break;
                }
            }
            telling |= matches!(here, Class::Letter | Class::Digit);
            place += 1;
        }
        if telling {
            push(spans, std::str::from_utf8(text).unwrap_or_default(), from, place);
        }
    }
}

fn unicode_spans(text: &str, spans: &mut Vec<(usize, usize)>) {
    // What was pushed last, while more may join it: letters behind a colon, characters of a script that has no spaces.
    let mut open: Option<(usize, usize, Join)> = None;
    for (from, part) in text.split_word_bound_indices() {
        let to = from + part.len();
        let join = joins(part);
        match (open, join) {
            (Some((start, end, Join::Complex)), Join::Complex) if end == from => open = Some((start, to, join)),
            (Some((start, end, Join::Word)), Join::Colon) if end == from => open = Some((start, to, Join::Colon)),
            (Some((start, end, Join::Colon)), Join::Word) if end == from && letter_first(part) => {
                open = Some((start, to, join));
            }
            _ => {
                close(open, text, spans);
                open = matches!(join, Join::Word | Join::Complex | Join::Alone).then_some((from, to, join));
            }
        }
    }
    close(open, text, spans);
}

fn close(open: Option<(usize, usize, Join)>, text: &str, spans: &mut Vec<(usize, usize)>) {
    match open {
        Some((from, to, Join::Colon)) => push(spans, text, from, to - 1),
        Some((from, to, _)) => push(spans, text, from, to),
        None => {}
    }
}

/// What a part of a text may grow together with.
#[derive(Clone, Copy, PartialEq)]
enum Join {
    Word,
    Alone,
    Complex,
    Colon,
    Nothing,
}

fn joins(part: &str) -> Join {
    let Some(first) = part.chars().next() else { return Join::Nothing };
    if part == ":" {
        return Join::Colon;
    }
    if complex(first) {
        return Join::Complex;
    }
    if part.chars().any(char::is_alphanumeric) {
        return if part.chars().next_back().is_some_and(char::is_alphabetic) && !ideographic(first) {
            Join::Word
        } else {
            Join::Alone
        };
    }
    if part.chars().any(emoji) { Join::Alone } else { Join::Nothing }
}

fn letter_first(part: &str) -> bool {
    part.chars().next().is_some_and(|first| first.is_alphabetic() && !ideographic(first))
}

/// Han and hiragana: each stands alone.
fn ideographic(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{309f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Thai, Lao, Burmese and Khmer: words without spaces, kept together.
fn complex(character: char) -> bool {
    matches!(character, '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ecd}' | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{1780}'..='\u{17d3}')
}

fn emoji(character: char) -> bool {
    matches!(
        character,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}'
            | '\u{231a}' | '\u{231b}' | '\u{2328}' | '\u{23cf}' | '\u{23e9}'..='\u{23fa}' | '\u{25aa}' | '\u{25ab}' | '\u{25b6}'
            | '\u{25c0}' | '\u{25fb}'..='\u{25fe}' | '\u{2194}'..='\u{2199}' | '\u{21a9}' | '\u{21aa}' | '\u{2934}' | '\u{2935}'
            | '\u{203c}' | '\u{2049}' | '\u{2139}' | '\u{24c2}' | '\u{3297}' | '\u{3299}'
    )
}
