//! The address of a source: `scheme:path?option=value&...`.

use crate::Error;
use std::collections::BTreeMap;

/// An address, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Address {
    pub(crate) scheme: String,
    pub(crate) path: String,
    options: BTreeMap<String, String>,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| Error::NoScheme(text.to_owned()))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let option = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, "true"));
            (unescaped(name), unescaped(value))
        };
        let options = query.split('&').filter(|part| !part.is_empty()).map(option).collect();
        Ok(Address { scheme: scheme.to_owned(), path: path.to_owned(), options })
    }

    /// The same address with these options only, and all others as they were written.
    pub(crate) fn split(&self, ours: &[&str]) -> (Address, String) {
        let (own, other): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.options.clone().into_iter().partition(|(name, _)| ours.contains(&name.as_str()));
        let written: Vec<String> = other.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        (Address { options: own, ..self.clone() }, written.join("&"))
    }

    /// The path as it was meant: as written if `exists` says so, else with its `%3F` and the like undone.
    pub(crate) fn path(&self, exists: impl Fn(&str) -> bool) -> String {
        if exists(&self.path) { self.path.clone() } else { unescaped(&self.path) }
    }

    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// An option's value as `read` understands it, or `default`.
    pub(crate) fn value<T>(&self, name: &str, default: T, wanted: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        let Some(value) = self.option(name) else { return Ok(default) };
        read(value).ok_or_else(|| self.bad(name, value, wanted))
    }

    pub(crate) fn bad(&self, option: &str, value: &str, wanted: &str) -> Error {
        let text = str::to_owned;
        Error::BadOption { scheme: text(&self.scheme), option: text(option), value: text(value), wanted: text(wanted) }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        self.value(name, false, "write true or false", |value| value.parse().ok())
    }

    /// Refuses options that are not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Error> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(option) => Err(Error::UnknownOption {
                scheme: self.scheme.clone(),
                option: option.clone(),
                nearest: nearest(option, known),
                known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            }),
        }
    }
}

/// Undoes `%3F` and the like; what is no such escape stays.
pub(crate) fn unescaped(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The reverse of [`unescaped`], for an option's value.
pub(crate) fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '%' | '&' | '=' | '?' | '#' | ' ') || c.is_control();
    let escape = |c: char| if special(c) { format!("%{:02X}", u32::from(c)) } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// The known word that a mistyped one is nearest to, if it is near at all.
pub(crate) fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let close = known.iter().map(|name| (distance(word, name), *name)).min()?;
    (close.0 <= 1 + word.len() / 3).then(|| close.1.to_owned())
}

/// How many letters must change to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in to.chars().zip(row.iter().skip(1)) {
            left = (corner + usize::from(a != b)).min(left + 1).min(above + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
