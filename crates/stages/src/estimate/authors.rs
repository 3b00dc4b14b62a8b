//! Whose cascades became how large.

use crate::kept::Kept;
use domain::Series;
use flow::{Changes, Format};
use ml::popularity::{Author, Past};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3Default;

/// So many authors are remembered; beyond that, those are not of whom no cascade has ended for longest.
const MOST: usize = 100_000;
const ALL: &[u8] = b"z";
const AUTHORS: u8 = b'a';

/// What the cascades that have ended came to: in all, and by author.
#[derive(Debug, Default)]
pub(super) struct Authors {
    all: Past,
    authors: Kept<Entry, AUTHORS>,
    /// The same by turn: numbers rise.
    turns: BTreeMap<u64, Vec<u8>>,
    has_learned: bool,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Entry {
    turn: u64,
    past: Past,
}

impl Authors {
    /// What is known of who wrote its first post.
    pub(super) fn known(&self, series: &Series<'_>) -> Author {
        let entry = key(series).and_then(|key| self.authors.get(&key)).copied();
        Author { own: entry.unwrap_or_default().past, all: self.all }
    }

    /// Learns what a cascade came to.
    pub(super) fn learn(&mut self, series: &Series<'_>) {
        self.all.learn(series.size);
        self.has_learned = true;
        let Some(key) = key(series) else { return };
        let mut entry = self.authors.get(&key).copied().unwrap_or_default();
        self.turns.remove(&entry.turn);
        // Turns begin at 1: 0 is that of nobody.
        entry.turn = self.turns.last_key_value().map_or(0, |(newest, _)| *newest) + 1;
        entry.past.learn(series.size);
        self.turns.insert(entry.turn, key.clone());
        self.authors.insert(key, entry);
        while self.turns.len() > MOST
            && let Some((_, oldest)) = self.turns.pop_first()
        {
            self.authors.remove(&oldest);
        }
    }

    pub(super) fn save(&mut self, changes: &mut Changes<'_>) {
        self.authors.save(changes);
        if std::mem::take(&mut self.has_learned) {
            changes.encode(ALL, &self.all);
        }
    }

    /// Takes back what was saved, if it is of this.
    pub(super) fn load(&mut self, sub_key: &[u8], value: &[u8]) -> bool {
        if sub_key == ALL {
            self.all = Format::Compact.decode(value).unwrap_or_default();
            return true;
        }
        let is_author = self.authors.load(sub_key, value);
        if let Some(key) = sub_key.strip_prefix(&[AUTHORS])
            && let Some(entry) = self.authors.get(key)
        {
            self.turns.insert(entry.turn, key.to_vec());
        }
        is_author
    }
}

/// An author's key: of one length, however long the name is.
fn key(series: &Series<'_>) -> Option<Vec<u8>> {
    let author = series.author.as_ref()?;
    let mut hash = Xxh3Default::new();
    for part in [series.network.as_bytes(), &[0], author.as_bytes()] {
        hash.update(part);
    }
    Some(hash.digest128().to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests;
