//! What stands behind the `?` of an address.

use crate::{Error, Result};
use std::collections::BTreeMap;

/// By name.
pub(super) struct Parameters(BTreeMap<String, String>);

const COMMON: [&str; 7] = ["pretty", "human", "error_trace", "filter_path", "format", "source", "source_content_type"];

/// A part of an address as it is meant.
pub(super) fn decoded(text: &str) -> Result<String> {
    let refuse = || Error::argument(format!("an address that cannot be read: [{text}]"));
    let mut bytes = vec![];
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(refuse);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| refuse())
}

impl Parameters {
    pub(super) fn read(query: &str) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters.insert(decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?);
        }
        Ok(Parameters(parameters))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Is it there, and not `false`?
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("" | "true") => Ok(true),
            Some(other) => {
                Err(Error::argument(format!("Failed to parse value [{other}] as only [true] or [false] are allowed.")))
            }
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text
            .parse::<i32>()
            .map_err(|_| Error::argument(format!("Failed to parse int parameter [{name}] with value [{text}]")));
        Ok(Some(i64::from(number?)))
    }

    pub(super) fn long(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number =
            text.parse().map_err(|_| Error::argument(format!("Failed to parse long parameter [{name}] with value [{text}]")));
        Ok(Some(number?))
    }

    /// Refuses what no list names.
    pub(super) fn allow(&self, path: &str, names: &[&[&str]]) -> Result<()> {
        let known = |name: &&String| COMMON.contains(&name.as_str()) || names.iter().any(|list| list.contains(&name.as_str()));
        match self.0.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(Error::argument(format!("request [{path}] contains unrecognized parameter: [{name}]"))),
        }
    }
}
