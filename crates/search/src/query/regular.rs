//! Patterns: `*` and `?`, and the regular expressions of Lucene.

use super::expand::Prefixed;
use super::glob::Like;
use super::{Boxed, Options, uncreatable};
use crate::mapping::Leaf;
use crate::{Error, Result};
use std::iter::Peekable;
use std::str::Chars;
use tantivy::query::RegexQuery;

/// Characters of a regular expression, at most.
const LONGEST: usize = 1000;

/// Which operators a regular expression may have, a bit each; `<` is for `INTERVAL`.
pub(super) const ALL: u8 = 0xff;
const OPERATORS: [(char, u8); 5] = [('&', 1), ('~', 2), ('#', 4), ('@', 8), ('<', 32)];

/// Documents with words that a pattern of `*` and `?` fits.
pub(super) fn like(leaf: &Leaf, pattern: &str, any_case: bool) -> Result<Boxed> {
    let plain = pattern.strip_suffix('*').filter(|start| !start.contains(['*', '?', '\\']));
    if let (Some(start), false) = (plain, any_case) {
        return Ok(Box::new(Prefixed { leaf: leaf.clone(), start: start.to_owned() }));
    }
    if let (Some(like), false) = (Like::new(leaf, pattern), any_case) {
        return Ok(Box::new(like));
    }
    let mut expression = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '\\' => literal(characters.next().unwrap_or('\\'), &mut expression),
            other => literal(other, &mut expression),
        }
    }
    regular(leaf, &expression, any_case)
}

/// A character of a regular expression that means itself.
pub(super) fn literal(character: char, into: &mut String) {
    if !character.is_alphanumeric()
        && character.is_ascii()
        && !character.is_control()
        && !matches!(character, ' ' | '<' | '>' | '"' | '\'')
    {
        into.push('\\');
    }
    into.push(character);
}

/// Documents with words that a regular expression of Rust's fits.
pub(super) fn regular(leaf: &Leaf, expression: &str, any_case: bool) -> Result<Boxed> {
    let flags = if any_case { "(?is)" } else { "(?s)" };
    let query = RegexQuery::from_pattern(&format!("{flags}(?:{expression})"), leaf.field);
    Ok(Box::new(query.map_err(|error| uncreatable(&error.to_string()))?))
}

/// The operators that a query lets its regular expression have.
pub(super) fn flags(options: &Options) -> Result<u8> {
    let value = options.number("flags_value")?.map(|value| (value as i64 & 0xff) as u8);
    let names = options.get("flags").map(crate::java::written).filter(|names| !names.is_empty());
    let Some(names) = names else { return Ok(value.unwrap_or(ALL)) };
    if value.is_some() {
        return Err(Error::argument("[regexp] takes [flags] or [flags_value], not both"));
    }
    let mut flags = 0;
    for name in names.split('|') {
        flags |= match name.to_uppercase().as_str() {
            "INTERSECTION" => 1,
            "COMPLEMENT" => 2,
            "EMPTY" => 4,
            "ANYSTRING" => 8,
            "INTERVAL" => 32,
            "NONE" => 0,
            "ALL" => ALL,
            _ => return Err(Error::argument(format!("Unknown regexp flag [{name}]"))),
        };
    }
    Ok(flags)
}

/// Documents with words that a regular expression of Lucene's fits.
pub(super) fn fitting(leaf: &Leaf, pattern: &str, any_case: bool, flags: u8) -> Result<Boxed> {
    let length = pattern.chars().count();
    if length > LONGEST {
        let reason = format!(
            "The length of regex [{length}] used in the Regexp Query request has exceeded the allowed maximum of [{LONGEST}]. This maximum can be set by changing the [index.max_regex_length] index level setting."
        );
        return Err(Error::argument(reason));
    }
    regular(leaf, &translated(pattern, flags)?, any_case)
}

fn translated(pattern: &str, flags: u8) -> Result<String> {
    let mut depth = 0i32;
    let mut expression = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let operator = OPERATORS.iter().find(|(operator, _)| *operator == character);
        match character {
            '\\' => escaped(characters.next(), &mut expression)?,
            '[' => class(&mut characters, &mut expression)?,
            '^' | '$' | '/' | ']' | '>' => literal(character, &mut expression),
            '"' => characters.by_ref().take_while(|next| *next != '"').for_each(|next| literal(next, &mut expression)),
            other => match operator {
                Some((_, bit)) if flags & bit == 0 => literal(other, &mut expression),
                Some(('@', _)) => expression.push_str(".*"),
                Some(_) => {
                    return Err(uncreatable(&format!("the operator [{other}] of regular expressions is not supported here")));
                }
                None => {
                    depth += i32::from(other == '(') - i32::from(other == ')');
                    expression.push(other);
                }
            },
        }
    }
    if depth > 0 {
        return Err(uncreatable(&format!("expected ')' at position {}", pattern.chars().count())));
    }
    Ok(expression)
}

/// What stands behind a `\`: a class of ASCII, or a character that means itself.
fn escaped(character: Option<char>, into: &mut String) -> Result<()> {
    match character {
        Some('d') => into.push_str("[0-9]"),
        Some('D') => into.push_str("[^0-9]"),
        Some('s') => into.push_str("[ \\t\\n\\r]"),
        Some('S') => into.push_str("[^ \\t\\n\\r]"),
        Some('w') => into.push_str("[0-9A-Z_a-z]"),
        Some('W') => into.push_str("[^0-9A-Z_a-z]"),
        Some(letter) if letter.is_ascii_alphabetic() => {
            return Err(uncreatable(&format!("invalid character class \\{}", u32::from(letter))));
        }
        other => literal(other.unwrap_or('\\'), into),
    }
    Ok(())
}

/// `[a-z]`, from behind its bracket on.
fn class(characters: &mut Peekable<Chars>, into: &mut String) -> Result<()> {
    into.push('[');
    if characters.next_if_eq(&'^').is_some() {
        into.push('^');
    }
    let mut first = true;
    while let Some(character) = characters.next_if(|next| first || *next != ']') {
        first = false;
        if character == '\\' && characters.peek().is_some_and(|next| next.is_ascii_alphabetic()) {
            escaped(characters.next(), into)?;
            continue;
        }
        literal(if character == '\\' { characters.next().unwrap_or('\\') } else { character }, into);
        if characters.next_if_eq(&'-').is_some() {
            let Some(end) = characters.next_if(|next| *next != ']') else {
                literal('-', into);
                continue;
            };
            into.push('-');
            literal(if end == '\\' { characters.next().unwrap_or('\\') } else { end }, into);
        }
    }
    if characters.next().is_none() {
        return Err(uncreatable("expected ']' at the end"));
    }
    into.push(']');
    Ok(())
}
