//! Texts made alike, before anything is learned from them or said about them: both go through here, so both see the same.
//!
//! What comes out are tokens, one blank between them: words and numbers in lower case, hashtags with their `#`, [`MENTION`] and
//! [`LINK`] for whomever and whatever was named, and punctuation, emoticons and emoji by themselves. Entities are decoded, letters
//! in fancy dress are plain (NFKC), and what is repeated is so three times at most.
//!
//! ```
//! let mut cleaned = String::new();
//! ml::text::clean::clean("@Ann I&#39;m sooooo HAPPY!!!!! :-D https://a.b/c", &mut cleaned);
//! assert_eq!(cleaned, "@user i'm sooo happy !!! :-d http");
//! ```

mod entities;

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Whoever was mentioned.
pub const MENTION: &str = "@user";
/// Whatever was linked to.
pub const LINK: &str = "http";
/// A letter or sign is repeated so often at most.
const REPEATS: usize = 3;

/// Puts the tokens of `text` into `into`, in place of what it held.
pub fn clean(text: &str, into: &mut String) {
    into.clear();
    let decoded = if text.contains('&') { Cow::Owned(entities::decode(text)) } else { Cow::Borrowed(text) };
    let plain = if is_plain(&decoded) { decoded } else { Cow::Owned(decoded.nfkc().filter_map(simplified).collect()) };
    let mut rest = plain.trim_start();
    while let Some(first) = rest.chars().next() {
        let before = into.len();
        if before > 0 {
            into.push(' ');
        }
        let start = into.len();
        rest = token(first, rest, into).trim_start();
        if into.len() == start {
            into.truncate(before);
        }
    }
}

/// Whether nothing is to do for its letters: most texts are ASCII, or nearly.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
        || (is_nfkc_quick(text.chars()) == IsNormalized::Yes && text.chars().all(|sign| simplified(sign) == Some(sign)))
}

/// One sign for those that mean the same, none for those that are not seen.
fn simplified(sign: char) -> Option<char> {
    match sign {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => Some('\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => Some('"'),
        '\u{2010}'..='\u{2015}' => Some('-'),
        // joiners, directions, variation selectors, tones of skin, byte order marks
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => None,
        '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => None,
        other => Some(other),
    }
}

/// Appends the first token of `text`, which begins with `first`; returns what follows it.
fn token<'text>(first: char, text: &'text str, into: &mut String) -> &'text str {
    if matches!(first, 'h' | 'H' | 'w' | 'W') && is_link(text) {
        into.push_str(LINK);
        return text.trim_start_matches(|sign: char| !sign.is_whitespace());
    }
    if first == '@' && second(text).is_some_and(is_name) {
        into.push_str(MENTION);
        return text.strip_prefix('@').unwrap_or_default().trim_start_matches(is_name);
    }
    if first == '#' && second(text).is_some_and(is_word) {
        into.push('#');
        return word(text.strip_prefix('#').unwrap_or_default(), into);
    }
    if is_word(first) {
        return word(text, into);
    }
    if is_picture(first) {
        into.push(first);
        return text.strip_prefix(first).unwrap_or_default();
    }
    signs(text, into)
}

fn second(text: &str) -> Option<char> {
    text.chars().nth(1)
}

fn is_link(text: &str) -> bool {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    begins("http://") || begins("https://") || begins("www.")
}

fn is_name(sign: char) -> bool {
    sign == '_' || sign.is_ascii_alphanumeric()
}

fn is_word(sign: char) -> bool {
    sign == '_' || sign.is_ascii_alphanumeric() || (!sign.is_ascii() && (sign.is_alphanumeric() || is_mark(sign)))
}

/// Signs that belong to the letter before them.
fn is_mark(sign: char) -> bool {
    unicode_normalization::char::is_combining_mark(sign)
}

/// Emoji and the like, each a token: two that stand together are two.
fn is_picture(sign: char) -> bool {
    sign >= '\u{2190}' && !sign.is_alphanumeric() && !('\u{3000}'..='\u{303f}').contains(&sign)
}

/// Letters and digits, with apostrophes inside.
fn word<'text>(text: &'text str, into: &mut String) -> &'text str {
    let mut repeats = Repeats::default();
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let inside = sign == '\'' && at > 0 && signs.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !inside && !is_word(sign) {
            return text.get(at..).unwrap_or_default();
        }
        if sign.is_ascii() {
            repeats.push(sign.to_ascii_lowercase(), into);
        } else {
            sign.to_lowercase().for_each(|sign| repeats.push(sign, into));
        }
    }
    ""
}

/// Punctuation up to the next word, blank or picture; with the letter that makes it an emoticon, if one does.
fn signs<'text>(text: &'text str, into: &mut String) -> &'text str {
    let ends = |sign: char| sign.is_whitespace() || is_word(sign) || is_picture(sign);
    let (run, rest) = text.split_at_checked(text.find(ends).unwrap_or(text.len())).unwrap_or((text, ""));
    // names and hashtags begin a token of their own
    let (run, rest) = match run.char_indices().next_back() {
        Some((at, '@' | '#')) if at > 0 && rest.starts_with(is_word) => text.split_at_checked(at).unwrap_or((run, rest)),
        _ => (run, rest),
    };
    let mut repeats = Repeats::default();
    run.chars().filter(|sign| !sign.is_control()).for_each(|sign| repeats.push(sign, into));
    let mouth = rest.chars().next().filter(|_| is_face(run)).filter(|sign| "dDpPoO3cCxX".contains(*sign));
    match (mouth, second(rest).is_some_and(is_word)) {
        (Some(mouth), false) => {
            into.push(mouth.to_ascii_lowercase());
            rest.strip_prefix(mouth).unwrap_or_default()
        }
        _ => rest,
    }
}

/// Whether a letter may be the mouth to these eyes, or a 3 the rest of a heart.
fn is_face(run: &str) -> bool {
    matches!(run, ":" | ";" | "=" | ":-" | ";-" | "=-" | ":'" | "<" | ">:")
}

/// Leaves out what is repeated too often. Digits are not letters: 1000000 stays.
#[derive(Default)]
struct Repeats {
    last: Option<char>,
    count: usize,
}

impl Repeats {
    fn push(&mut self, sign: char, into: &mut String) {
        self.count = if self.last == Some(sign) { self.count + 1 } else { 1 };
        self.last = Some(sign);
        if self.count <= REPEATS || sign.is_ascii_digit() {
            into.push(sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    fn cleaned(text: &str) -> String {
        let mut into = "left over".to_owned();
        clean(text, &mut into);
        into
    }

    #[test]
    fn names_links_and_tags_are_tokens() {
        assert_eq!(
            cleaned("RT @some_one: see HTTPS://x.y/z?a=b, www.a.b #Big_Day#two"),
            "rt @user : see http http #big_day #two"
        );
        assert_eq!(cleaned("a@b @ # #! @"), "a @user @ # #! @");
        assert_eq!(cleaned("(@x) (#y)"), "( @user ) ( #y )");
    }

    #[test]
    fn case_and_repeats_go() {
        assert_eq!(cleaned("Sooooo COOOL 1000000 !!!!!!!! ......"), "sooo coool 1000000 !!! ...");
        assert_eq!(cleaned("ÀÉ ΣΣΣΣΣ"), "àé σσσ");
    }

    #[test]
    fn entities_are_decoded() {
        assert_eq!(cleaned("a &amp; b &lt;3 &#128514; &#x27; &bogus; R&D &"), "a & b <3 😂 ' & bogus ; r & d &");
        assert_eq!(cleaned("&amp;amp; &amp;lt;"), "& <");
    }

    #[test]
    fn one_sign_for_those_that_mean_the_same() {
        assert_eq!(cleaned("can’t “x” — ﬁne Ｆｕｌｌ 𝓕𝓪𝓷𝓬𝔂"), "can't \" x \" - fine full fancy");
        assert_eq!(cleaned("e\u{301}t\u{e9} zero\u{200b}width"), "été zerowidth");
        assert_eq!(cleaned("don't 'quoted' o'"), "don't ' quoted ' o '");
    }

    #[test]
    fn emoji_and_emoticons_are_kept() {
        assert_eq!(cleaned("😂😂👍🏽 ❤️ok"), "😂 😂 👍 ❤ ok");
        assert_eq!(cleaned(":) :-( :D ;P :Dog <3 <35"), ":) :-( :d ;p : dog <3 < 35");
    }

    #[test]
    fn nothing_comes_of_nothing() {
        for nothing in ["", "  \n\t", "\u{200b}\u{fe0f}", "\u{0}\u{1}"] {
            assert_eq!(cleaned(nothing), "");
        }
        assert_eq!(cleaned("日本語 ไทย हिन्दी"), "日本語 ไทย हिन्दी");
    }

    #[test]
    fn twice_is_as_once() {
        for text in ["A &lt; B :D http://x #Tag @me 😂😂 can’t!!!!", "…¿qué? ½ ㎏", "a'b'c '' _x_"] {
            let once = cleaned(text);
            assert_eq!(cleaned(&once).replace("@user", ""), once.replace("@user", ""), "{text}");
        }
    }
}
