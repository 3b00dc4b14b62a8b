//! Reads what a message means when it is not JSON: Python's tuples, words and quotes, quotes that do not match, and text that
//! nobody escaped.

use super::value::{Fields, Value};
use crate::Text;
use flow::Broken;

/// No message nests deeper than an object, its list, and the pairs in it.
const DEPTH: u32 = 8;
/// How many ends of an unescaped text are tried. Each costs one reading, so that the worst message costs this many.
const TRIES: usize = 16;
/// A longer name is no field's.
const LONGEST_NAME: usize = 32;

/// Reads an object. Where the text of a message holds quotes as they are, its end is the first that makes sense of the rest.
pub(super) fn fields(text: &str) -> Result<Fields<'_>, Broken> {
    let mut first = None;
    for nth in 0..TRIES {
        let mut reader = Reader { text, at: 0, nth, words: Words::Unseen };
        match reader.whole() {
            Ok(fields) => return Ok(fields),
            Err(broken) if reader.words != Words::Ended => return Err(first.unwrap_or(broken)),
            Err(broken) => first = first.or(Some(broken)),
        }
    }
    Err(first.unwrap_or_else(|| Broken("unreadable".to_owned())))
}

/// What became of the text of the message, which nobody may have escaped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Words {
    Unseen,
    /// It ends at the end to be tried, so there may be another one.
    Ended,
    /// There is no such end.
    Endless,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Which of the possible ends of the words is tried.
    nth: usize,
    words: Words,
}

impl<'a> Reader<'a> {
    fn whole(&mut self) -> Result<Fields<'a>, Broken> {
        self.blanks();
        if self.peek() != Some(b'{') {
            return Err(self.fault("an object"));
        }
        let fields = self.fields(1)?;
        self.blanks();
        if self.peek().is_some() { Err(self.fault("the end")) } else { Ok(fields) }
    }

    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn blanks(&mut self) {
        self.at = self.past_blanks(self.at);
    }

    fn past_blanks(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    fn fault(&self, expected: &str) -> Broken {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let found = found.map_or_else(|| "the end".to_owned(), |found| format!("{found:?}"));
        Broken(format!("byte {}: {expected} was expected, not {found}", self.at))
    }

    fn fields(&mut self, depth: u32) -> Result<Fields<'a>, Broken> {
        let mut fields = vec![];
        self.at += 1;
        while self.is_more(b'}', fields.is_empty())? {
            let name = self.name()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.fault("`:`"));
            }
            self.at += 1;
            self.blanks();
            let is_words = depth == 1 && self.words == Words::Unseen && matches!(name, "msg" | "message");
            let value = if is_words { self.words(depth)? } else { self.value(depth)? };
            fields.push((name.into(), value));
        }
        Ok(Fields(fields))
    }

    fn list(&mut self, close: u8, depth: u32) -> Result<Value<'a>, Broken> {
        let mut parts = vec![];
        self.at += 1;
        while self.is_more(close, parts.is_empty())? {
            parts.push(self.value(depth)?);
        }
        Ok(Value::List(parts))
    }

    /// Passes the comma before the next part, or the bracket behind the last one. As in Python, a comma may stand before it.
    fn is_more(&mut self, close: u8, is_first: bool) -> Result<bool, Broken> {
        self.blanks();
        if !is_first && self.peek() == Some(b',') {
            self.at += 1;
            self.blanks();
        } else if !is_first && self.peek() != Some(close) {
            return Err(self.fault(&format!("`,` or `{}`", char::from(close))));
        }
        let is_closed = self.peek() == Some(close);
        self.at += usize::from(is_closed);
        Ok(!is_closed)
    }

    fn value(&mut self, depth: u32) -> Result<Value<'a>, Broken> {
        match self.peek() {
            Some(b'{' | b'[' | b'(') if depth >= DEPTH => Err(self.fault("no deeper nesting")),
            Some(b'{') => self.fields(depth + 1).map(Value::Fields),
            Some(b'[') => self.list(b']', depth + 1),
            Some(b'(') => self.list(b')', depth + 1),
            Some(b'"' | b'\'') => self.string(),
            _ => self.word().map(Value::of_word),
        }
    }

    /// A word without quotes: a number, `None`, or a name.
    fn word(&mut self) -> Result<&'a str, Broken> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_in_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '+' | '.' | '/');
        let word = rest.split(|char| !is_in_word(char)).next().unwrap_or_default();
        if word.is_empty() {
            return Err(self.fault("a value"));
        }
        self.at += word.len();
        Ok(word)
    }

    /// The name of a field; any quote ends it.
    fn name(&mut self) -> Result<&'a str, Broken> {
        let Some(b'"' | b'\'') = self.peek() else { return self.word() };
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        match rest.find(['"', '\'']) {
            Some(length) if length <= LONGEST_NAME => {
                self.at += length + 2;
                rest.get(..length).ok_or_else(|| self.fault("a name"))
            }
            _ => Err(self.fault("a name")),
        }
    }

    /// Text up to its quote, or up to the other one if only that makes sense.
    fn string(&mut self) -> Result<Value<'a>, Broken> {
        let (quote, start) = (self.peek(), self.at + 1);
        let plain = self.quotes(start).find(|(at, is_escaped)| !is_escaped && self.byte(*at) == quote);
        let plain = plain.filter(|(at, _)| self.is_closing(*at));
        let end = plain.or_else(|| self.quotes(start).find(|(at, is_escaped)| !is_escaped && self.is_closing(*at)));
        let (end, _) = end.ok_or_else(|| self.fault("text with an end"))?;
        self.at = end + 1;
        Ok(Value::Text(unescaped(self.text.get(start..end).unwrap_or_default())))
    }

    /// Each quote from here on, and whether a backslash escapes it.
    fn quotes(&self, start: usize) -> impl Iterator<Item = (usize, bool)> + use<'a> {
        let mut is_escaped = false;
        let bytes = self.text.bytes().enumerate().skip(start);
        bytes.filter_map(move |(at, byte)| {
            let was_escaped = is_escaped;
            is_escaped = byte == b'\\' && !was_escaped;
            matches!(byte, b'"' | b'\'').then_some((at, was_escaped))
        })
    }

    /// Whether behind the quote there is what can follow a text.
    fn is_closing(&self, quote: usize) -> bool {
        matches!(self.byte(self.past_blanks(quote + 1)), None | Some(b',' | b':' | b'}' | b']' | b')'))
    }

    /// The words of a message, quoted or not, up to the end that is tried.
    fn words(&mut self, depth: u32) -> Result<Value<'a>, Broken> {
        let quote = self.peek().filter(|byte| matches!(byte, b'"' | b'\''));
        let start = self.at + usize::from(quote.is_some());
        let ends: &mut dyn Iterator<Item = usize> = match quote {
            Some(_) => &mut self.quotes(start).map(|(at, _)| at).filter(|at| self.byte(*at) == quote),
            None => {
                &mut self.text.bytes().enumerate().skip(start).filter(|(_, byte)| matches!(byte, b',' | b'}')).map(|(at, _)| at)
            }
        };
        let skip = usize::from(quote.is_some());
        let end = ends.filter(|end| self.is_followed(end + skip)).nth(self.nth);
        let Some(end) = end else {
            self.words = Words::Endless;
            return self.value(depth);
        };
        self.words = Words::Ended;
        self.at = end + skip;
        let words = self.text.get(start..end).unwrap_or_default();
        Ok(if quote.is_some() { Value::Text(unescaped(words)) } else { bare(words.trim()) })
    }

    /// Whether here the next field begins, or the message ends.
    fn is_followed(&self, at: usize) -> bool {
        let at = self.past_blanks(at);
        match self.byte(at) {
            Some(b'}') => self.past_blanks(at + 1) == self.text.len(),
            Some(b',') => self.is_named(self.past_blanks(at + 1)),
            _ => false,
        }
    }

    /// Whether here stands the name of a field.
    fn is_named(&self, at: usize) -> bool {
        let is_quote = |at| matches!(self.byte(at), Some(b'"' | b'\''));
        let rest = self.text.as_bytes().get(at + 1..).unwrap_or_default();
        let is_in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = rest.iter().take(LONGEST_NAME).take_while(is_in_name).count();
        let end = at + 1 + length;
        length > 0 && is_quote(at) && is_quote(end) && self.byte(self.past_blanks(end + 1)) == Some(b':')
    }
}

/// Words without quotes: `None` is none, all others are as they are.
fn bare(words: &str) -> Value<'_> {
    match Value::of_word(words) {
        Value::Nothing => Value::Nothing,
        _ => Value::Text(words.into()),
    }
}

/// What JSON's and Python's escapes stand for. A backslash that begins none of them was meant as it is.
fn unescaped(raw: &str) -> Text<'_> {
    let Some((before, mut rest)) = raw.split_once('\\') else { return raw.into() };
    let mut text = before.to_owned();
    loop {
        let (char, length) = escaped(rest).unwrap_or(('\\', 0));
        text.push(char);
        rest = rest.get(length..).unwrap_or_default();
        let Some((before, behind)) = rest.split_once('\\') else { break };
        text.push_str(before);
        rest = behind;
    }
    text.push_str(rest);
    text.into()
}

/// The character of an escape, given what stands behind its backslash, and how long it is there.
fn escaped(escape: &str) -> Option<(char, usize)> {
    let char = match escape.bytes().next()? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'x' => return Some((char::from_u32(hex(escape, 1, 2)?)?, 3)),
        b'U' => return Some((char::from_u32(hex(escape, 1, 8)?)?, 9)),
        b'u' => return unicode(escape),
        byte @ (b'"' | b'\'' | b'\\' | b'/') => char::from(byte),
        _ => return None,
    };
    Some((char, 1))
}

/// `uXXXX`, or a pair of them.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let first = hex(escape, 1, 4)?;
    if let Some(char) = char::from_u32(first) {
        return Some((char, 5));
    }
    let second = escape.get(5..7).filter(|start| *start == "\\u").and_then(|_| hex(escape, 7, 4));
    let low = second.filter(|second| (0xdc00..0xe000).contains(second) && first < 0xdc00);
    // Half a pair is no character.
    let Some(low) = low else { return Some(('\u{fffd}', 5)) };
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00)).map(|char| (char, 11))
}

fn hex(text: &str, start: usize, length: usize) -> Option<u32> {
    let digits = text.get(start..start + length)?;
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}
