//! The words of a segment's column, told apart across segments.

use super::partial::NOWHERE;
use super::spec::{Choice, Missing};
use super::work::Site;
use crate::mapping::Leaf;
use crate::memory::{Key, Memory};
use crate::{Result, blocks};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, LazyLock};
use tantivy::columnar::StrColumn;
use tantivy::index::SegmentId;

/// A segment's words. Across segments they are known by their hashes of 64 bits; two of a million words share one once in 10^7 times.
pub(super) struct Words {
    column: Option<StrColumn>,
    place: Key,
    segment: u32,
    /// A word that stands in where there is none.
    missing: Option<String>,
    /// Whether there is no other segment: then places tell words apart.
    alone: bool,
}

/// So many words are worth to remember all hashes.
const MANY: usize = 1000;

/// So many hashes are remembered, at 8 bytes each.
const REMEMBERED: usize = 8_000_000;

static MEMORY: LazyLock<Memory<Vec<u64>>> = LazyLock::new(|| Memory::new(REMEMBERED));

/// Forgets segments that are no more.
pub(crate) fn forget(segments: &[SegmentId]) {
    MEMORY.forget(segments);
}

/// The hash that tells words apart.
pub(super) fn hash(word: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(word);
    hasher.finish()
}

impl Words {
    pub(super) fn open(site: &Site<'_>, leaf: &Leaf, missing: Option<&Missing>) -> Result<Option<Words>> {
        let column = blocks::words(site.segment, &leaf.column)?;
        let missing = match missing {
            Some(Missing::Word(word)) => Some(word.clone()),
            _ => None,
        };
        let alone = missing.is_none() && !site.several && site.searcher.segment_readers().len() == 1;
        let place = (site.segment.segment_id(), leaf.column.clone());
        Ok(Some(Words { column, place, segment: site.ordinal, missing, alone }))
    }

    /// No words but the one that stands in.
    pub(super) fn missing(site: &Site<'_>, missing: &Missing) -> Option<Words> {
        let Missing::Word(word) = missing else { return None };
        let place = (site.segment.segment_id(), String::new());
        Some(Words { column: None, place, segment: 0, missing: Some(word.clone()), alone: false })
    }

    /// Whether no other segment has words, nor does one stand in.
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    /// How many words there are.
    pub(super) fn count(&self) -> u32 {
        self.column.as_ref().map_or(0, |column| column.num_terms() as u32)
    }

    /// The place of what stands in: behind all others.
    pub(super) fn missing_ord(&self) -> Option<u64> {
        self.missing.as_ref().map(|_| u64::from(self.count()))
    }

    /// What tells words across segments apart, and where they stand.
    pub(super) fn keys(&self, ords: &[u64]) -> Result<Vec<(u64, (u32, u32))>> {
        if self.alone {
            return Ok(ords.iter().map(|ord| (*ord, (self.segment, *ord as u32))).collect());
        }
        let known = ords.partition_point(|ord| *ord < u64::from(self.count()));
        let (own, other) = ords.split_at(known);
        let mut keys = Vec::with_capacity(ords.len());
        if own.len() >= MANY && own.len() >= self.count() as usize / 8 {
            let hashes = self.hashes()?;
            let key = |ord: &u64| (hashes.get(*ord as usize).copied().unwrap_or_default(), (self.segment, *ord as u32));
            keys.extend(own.iter().map(key));
        } else if let Some(column) = &self.column {
            let mut places = own.iter();
            column.dictionary().sorted_ords_to_term_cb(own, |word| {
                let place = places.next().copied().unwrap_or_default();
                keys.push((hash(word), (self.segment, place as u32)));
            })?;
        }
        let missing = self.missing.as_deref().unwrap_or_default();
        keys.extend(other.iter().map(|_| (hash(missing.as_bytes()), (NOWHERE, 0))));
        Ok(keys)
    }

    /// The hashes of all words.
    fn hashes(&self) -> Result<Arc<Vec<u64>>> {
        MEMORY.get(self.place.clone(), || {
            let mut hashes = Vec::with_capacity(self.count() as usize);
            if let Some(column) = &self.column {
                let mut words = column.dictionary().stream()?;
                while words.advance() {
                    hashes.push(hash(words.key()));
                }
            }
            let size = hashes.len();
            Ok((hashes, size))
        })
    }

    /// Which words are chosen, the one that stands in last.
    pub(super) fn chosen(&self, include: Option<&Choice>, exclude: Option<&Choice>) -> Result<Option<Vec<bool>>> {
        if include.is_none() && exclude.is_none() {
            return Ok(None);
        }
        let is_chosen =
            |word: &str| include.is_none_or(|choice| choice.has(word)) && !exclude.is_some_and(|choice| choice.has(word));
        let mut chosen = Vec::with_capacity(self.count() as usize + 1);
        if let Some(column) = &self.column {
            let mut words = column.dictionary().stream()?;
            while words.advance() {
                chosen.push(std::str::from_utf8(words.key()).is_ok_and(is_chosen));
            }
        }
        chosen.extend(self.missing.as_deref().map(is_chosen));
        Ok(Some(chosen))
    }
}

impl Choice {
    fn has(&self, word: &str) -> bool {
        match self {
            Choice::Words(words) => words.contains(word),
            Choice::Pattern(pattern) => pattern.is_match(word),
            Choice::Codes(_) => false,
        }
    }
}
