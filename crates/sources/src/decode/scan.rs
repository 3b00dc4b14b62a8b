//! A walk over one JSON text that copies nothing, for the shape that comes by the million.
//!
//! It checks all of the grammar, but understands only what is written plainly: on anything unusual (an escaped field
//! name, a field twice, a number where a string should be) it gives up, and the general decoder has the last word.
//! So it can make a line faster, never different; a test holds the two together.

use domain::Text;

/// How deep values may nest, as in `serde_json`.
const DEEPEST: u8 = 127;

/// A place in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// A string as it stands between its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'a> {
    between: &'a str,
    escaped: bool,
}

impl<'a> Quoted<'a> {
    /// What it says.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        if !self.escaped {
            return Some(self.between.into());
        }
        serde_json::from_str::<String>(&format!("\"{}\"", self.between)).ok().map(Text::from)
    }
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scan { text, at: 0 }
    }

    /// Whether nothing but white space follows.
    pub(crate) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    fn raw(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.raw()? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Calls `field` with each field's name, standing in front of its value; `field` must step over the value.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.eat(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.string()?;
            if name.escaped {
                return None;
            }
            self.eat(b':')?;
            field(self, name.between)?;
            if self.more(b'}')? {
                continue;
            }
            return Some(());
        }
    }

    /// Calls `item` in front of each item; `item` must step over it.
    pub(crate) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.eat(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            if !self.more(b']')? {
                return Some(());
            }
        }
    }

    /// Whether a comma comes, and not the end.
    fn more(&mut self, end: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b',' { Some(true) } else { (byte == end).then_some(false) }
    }

    pub(crate) fn string(&mut self) -> Option<Quoted<'a>> {
        self.eat(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.text.as_bytes().get(self.at..)?)?;
            match self.raw()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
        let between = self.text.get(start..self.at)?;
        self.at += 1;
        Some(Quoted { between, escaped })
    }

    fn escape(&mut self) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        self.at += match rest.first()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if rest.get(1..5)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
        Some(())
    }

    /// Puts a string where there is none yet; `null` puts nothing.
    pub(crate) fn into(&mut self, place: &mut Option<Text<'a>>) -> Option<()> {
        if place.is_some() {
            return None;
        }
        if self.peek()? == b'n' {
            return self.word("null");
        }
        *place = Some(self.string()?.text()?);
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Steps over a value of any kind.
    pub(crate) fn skip(&mut self) -> Option<()> {
        self.skip_within(DEEPEST - 3)
    }

    fn skip_within(&mut self, depth: u8) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => {
                let depth = depth.checked_sub(1)?;
                self.object(|scan, _| scan.skip_within(depth))
            }
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.list(|scan| scan.skip_within(depth))
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(drop),
        }
    }

    /// A number, as it is written.
    pub(crate) fn number(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        if self.raw() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0') {
            return None;
        }
        if self.raw() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.raw(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.raw(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        self.text.get(start..self.at)
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.raw().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }
}

/// How many bytes come before the first that a string cannot hold as it is: a quote, a backslash, a control character.
/// (Wider blocks were measured and are slower: most strings are short.)
#[inline]
fn plain(bytes: &[u8]) -> Option<usize> {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = special(u64::from_le_bytes(*word));
        if marks != 0 {
            return Some(index * 8 + (marks.trailing_zeros() / 8) as usize);
        }
    }
    let found = tail.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(words.len() * 8 + found)
}

/// Marks the top bit of bytes that are special; the lowest mark is right, those above it need not be.
const fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_slash = slash.wrapping_sub(ONES) & !slash;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_quote | is_slash | is_control) & TOPS
}
