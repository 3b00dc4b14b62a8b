//! Where records end.

use memchr::{memchr, memchr2, memrchr};
use std::ops::Range;

/// What separates records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Line ends.
    Lines,
    /// Line ends outside quoted fields.
    Rows {
        /// What separates fields.
        delimiter: u8,
    },
    /// Nothing: all of it is one record.
    Document,
}

/// A record in a run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The record without its line end.
    pub(crate) range: Range<usize>,
    /// Where the next one starts.
    pub(crate) next: usize,
    /// Only a record's first line: a quoted field in it does not end where it should.
    pub(crate) open: bool,
}

impl Framing {
    /// Behind how many bytes the last record ends that is certainly complete. A record longer than `limit` need not be.
    pub(crate) fn cut(self, bytes: &[u8], limit: usize) -> Option<usize> {
        match self {
            Framing::Lines => memrchr(b'\n', bytes).map(|at| at + 1),
            Framing::Rows { delimiter } => rows_cut(bytes, delimiter, limit),
            Framing::Document => None,
        }
    }

    /// Where a record that is too long ends.
    pub(crate) fn end(self, bytes: &[u8]) -> Option<usize> {
        if self == Framing::Document { None } else { memchr(b'\n', bytes) }
    }

    /// The record at `from` in a run of whole records.
    pub(crate) fn next(self, bytes: &[u8], from: usize, limit: usize) -> Option<Frame> {
        let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
        let length = match self {
            Framing::Document => rest.len(),
            Framing::Lines => memchr(b'\n', rest).unwrap_or(rest.len()),
            Framing::Rows { delimiter } => match row(rest, delimiter) {
                Row::Ends(length) if length <= limit => length,
                Row::Cut => rest.len(),
                Row::Ends(_) | Row::Open => {
                    let line = memchr(b'\n', rest).unwrap_or(rest.len());
                    return Some(Frame { range: from..from + line, next: from + line + 1, open: true });
                }
            },
        };
        Some(Frame { range: from..from + length, next: from + length + 1, open: false })
    }
}

fn rows_cut(bytes: &[u8], delimiter: u8, limit: usize) -> Option<usize> {
    let mut cut = 0;
    while let Some(rest) = bytes.get(cut..).filter(|rest| !rest.is_empty()) {
        let line = |rest| memchr(b'\n', rest).map(|at| at + 1);
        let step = match row(rest, delimiter) {
            Row::Ends(length) if length <= limit => Some(length + 1),
            Row::Ends(_) => line(rest),
            // Whether the quote is ever closed is not known yet, unless so much follows that it no longer matters.
            Row::Open | Row::Cut if rest.len() > limit => line(rest),
            Row::Open | Row::Cut => None,
        };
        match step {
            Some(step) => cut += step,
            None => break,
        }
    }
    (cut > 0).then_some(cut)
}

enum Row {
    /// A line end outside quotes, behind so many bytes.
    Ends(usize),
    /// The bytes end inside quotes.
    Open,
    /// The bytes end outside quotes.
    Cut,
}

/// Finds the end of the row that starts the bytes. A quote opens a quoted field only where a field starts.
fn row(bytes: &[u8], delimiter: u8) -> Row {
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            match closing(bytes, at + 1) {
                Some(behind) => at = behind,
                None => return Row::Open,
            }
        }
        match memchr2(b'\n', delimiter, bytes.get(at..).unwrap_or_default()) {
            Some(step) if bytes.get(at + step) == Some(&b'\n') => return Row::Ends(at + step),
            Some(step) => at += step + 1,
            None => return Row::Cut,
        }
    }
}

/// Behind the quote that ends the field whose content starts at `at`; two in a row are one within it.
fn closing(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b'"', bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}
