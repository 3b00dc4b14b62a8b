//! Where rows begin: one look at a table of any length, keeping only what was asked for.

use std::io::{BufRead, Read, Result};
use xxhash_rust::xxh3::Xxh3;

const CHUNK: usize = 1 << 18;

/// What a look at a table found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Located {
    /// Where each wanted row begins; the row behind the last begins at the end.
    pub(super) offsets: Vec<u64>,
    /// How many rows there are.
    pub(super) rows: u64,
    /// How many bytes.
    pub(super) length: u64,
    /// The hash of all rows: it tells them from others of the same number and length.
    pub(super) hash: u64,
}

/// Finds rows in what stands from `offset` on, behind the heading. `wanted` counts them from 1 and rises.
pub(super) fn locate(mut input: impl Read, offset: u64, wanted: &[u64]) -> Result<Located> {
    let mut found = Located { length: offset, ..Located::default() };
    let (mut buffer, mut hash) = (vec![0; CHUNK], Xxh3::new());
    let (mut row, mut open) = (1, false);
    let mut next = wanted.iter().copied().peekable();
    if next.next_if_eq(&row).is_some() {
        found.offsets.push(offset);
    }
    loop {
        let read = input.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        for newline in memchr::memchr_iter(b'\n', chunk) {
            row += 1;
            if next.next_if_eq(&row).is_some() {
                found.offsets.push(found.length + newline as u64 + 1);
            }
        }
        hash.update(chunk);
        open = !chunk.ends_with(b"\n");
        found.length += read as u64;
    }
    found.hash = hash.digest();
    // A last row without an end of line is one, and the next begins behind it.
    found.rows = row - 1 + u64::from(open);
    if open && next.next_if_eq(&(row + 1)).is_some() {
        found.offsets.push(found.length);
    }
    Ok(found)
}

/// Reads a line of at most `limit` bytes. None: it is longer.
pub(super) fn line(input: &mut impl BufRead, limit: usize, into: &mut Vec<u8>) -> Result<Option<usize>> {
    into.clear();
    let read = input.take(limit as u64 + 1).read_until(b'\n', into)?;
    let fits = read <= limit;
    while into.ends_with(b"\n") || into.ends_with(b"\r") {
        into.pop();
    }
    Ok(fits.then_some(read))
}
