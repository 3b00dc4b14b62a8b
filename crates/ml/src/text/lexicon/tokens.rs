//! A text cut into tokens, and what is known of each.

use super::words::{Key, LONGEST, Part, Words};

/// Of a piece of text between blanks, all that the rules ask.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Token {
    pub valence: f64,
    /// What it adds to the next rated token, if it is a word like "very".
    pub boost: f64,
    pub part: Part,
    pub rated: bool,
    /// Whether it denies what follows.
    pub denies: bool,
    /// Whether it is in capitals.
    pub loud: bool,
}

/// One bit, the highest, in each of eight bytes.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// One, in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Appends the tokens of `text`.
pub(super) fn cut(text: &str, words: &Words, tokens: &mut Vec<Token>) {
    let pieces = text.as_bytes().split(|byte| blank_byte(*byte)).filter(|piece| !piece.is_empty());
    for piece in pieces {
        match plain(piece, words) {
            Some(token) => tokens.push(token),
            None => cut_any(piece, words, tokens),
        }
    }
}

/// A piece of a text that is longer than any word, or not all ASCII.
#[cold]
fn cut_any(piece: &[u8], words: &Words, tokens: &mut Vec<Token>) {
    // Cut at ASCII, so it is text still.
    let text = std::str::from_utf8(piece).unwrap_or_default();
    let pieces = text.split(blank).filter(|piece| !piece.is_empty());
    tokens.extend(pieces.map(|piece| plain(piece.as_bytes(), words).unwrap_or_else(|| any(piece, words))));
}

/// What Python takes for a blank: what Unicode does, and four separators of ASCII.
pub(super) fn blank(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

fn blank_byte(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ')
}

/// The token, if it is short and of ASCII.
fn plain(piece: &[u8], words: &Words) -> Option<Token> {
    let key = Key::of(trim(piece, <[u8]>::len))?;
    let [a, b, c] = key.eights;
    if (a | b | c) & HIGH != 0 {
        return None;
    }
    let upper = key.eights.map(|eight| between(eight, b'A', b'Z'));
    let lower = key.eights.map(|eight| between(eight, b'a', b'z'));
    let [ua, ub, uc] = upper;
    let [la, lb, lc] = lower;
    // The bit that makes a capital small is two below the highest.
    let small = Key { eights: [a | ua >> 2, b | ub >> 2, c | uc >> 2], length: key.length };
    let mut token = words.look_up(&small).copied().unwrap_or_default();
    token.loud = ua | ub | uc != 0 && la | lb | lc == 0;
    if key.eights.iter().any(|eight| holds(*eight, b'\'')) {
        token.denies |= holds_denial(piece);
    }
    Some(token)
}

/// Any token, at leisure.
fn any(piece: &str, words: &Words) -> Token {
    let bytes = trim(piece.as_bytes(), |trimmed| std::str::from_utf8(trimmed).map_or(3, |text| text.chars().take(3).count()));
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    // The sign of Kelvin is the one character outside ASCII that small letters bring into it.
    let known = |character: char| words.foreign || character.is_ascii() || character == '\u{212a}';
    let maybe = text.chars().nth(LONGEST).is_none() && text.chars().all(known);
    let small = maybe.then(|| text.to_lowercase());
    let key = small.and_then(|small| Key::of(small.as_bytes()));
    let mut token = key.and_then(|key| words.look_up(&key)).copied().unwrap_or_default();
    token.loud = loud(text);
    token.denies |= holds_denial(bytes);
    token
}

/// Without the punctuation around it, unless two characters or fewer were left: then it may be a face, and stays as it is.
fn trim(piece: &[u8], characters: impl Fn(&[u8]) -> usize) -> &[u8] {
    let mut trimmed = piece;
    while let [first, rest @ ..] = trimmed
        && first.is_ascii_punctuation()
    {
        trimmed = rest;
    }
    while let [rest @ .., last] = trimmed
        && last.is_ascii_punctuation()
    {
        trimmed = rest;
    }
    if trimmed.len() == piece.len() || characters(trimmed) > 2 { trimmed } else { piece }
}

/// Whether it has a capital and no small letter. A capital that only a title has, such as that of one Croatian letter, is none.
fn loud(text: &str) -> bool {
    let title = |character: char| {
        matches!(character, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}'
            | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
    };
    let mut capital = false;
    for character in text.chars() {
        if character.is_lowercase() || title(character) {
            return false;
        }
        capital |= character.is_uppercase();
    }
    capital
}

/// Whether it holds "n't", in whatever case.
fn holds_denial(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|three| three.eq_ignore_ascii_case(b"n't"))
}

/// The highest bit of each of eight ASCII bytes that lies between two.
fn between(eight: u64, first: u8, last: u8) -> u64 {
    let reaches = eight.wrapping_add(ONES * (0x80 - u64::from(first)));
    let exceeds = eight.wrapping_add(ONES * (0x7f - u64::from(last)));
    reaches & !exceeds & HIGH
}

/// Whether one of eight bytes is this one.
fn holds(eight: u64, byte: u8) -> bool {
    let difference = eight ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & HIGH != 0
}
