//! Entries of a state that come and go: each is written down once, and taken away once.

use flow::{Changes, Format};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// Entries under keys of bytes, all behind one prefix.
#[derive(Debug)]
pub struct Kept<V, const PREFIX: u8> {
    entries: BTreeMap<Vec<u8>, V>,
    changed: BTreeSet<Vec<u8>>,
}

impl<V, const PREFIX: u8> Default for Kept<V, PREFIX> {
    fn default() -> Self {
        Kept { entries: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<V: Serialize + DeserializeOwned, const PREFIX: u8> Kept<V, PREFIX> {
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        self.entries.get(key)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The first key, in order.
    pub fn first(&self) -> Option<&[u8]> {
        self.entries.first_key_value().map(|(key, _)| key.as_slice())
    }

    pub fn insert(&mut self, key: Vec<u8>, value: V) -> Option<V> {
        self.changed.insert(key.clone());
        self.entries.insert(key, value)
    }

    pub fn remove(&mut self, key: &[u8]) -> Option<V> {
        let value = self.entries.remove(key)?;
        self.changed.insert(key.to_vec());
        Some(value)
    }

    /// All of them, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values()
    }

    /// All of them with their keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &V)> {
        self.entries.iter().map(|(key, value)| (key.as_slice(), value))
    }

    /// The keys that begin with these bytes.
    pub fn behind(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let from = self.entries.range(prefix.to_vec()..);
        from.map(|(key, _)| key).take_while(|key| key.starts_with(prefix)).cloned().collect()
    }

    pub fn clear(&mut self) {
        self.changed.extend(std::mem::take(&mut self.entries).into_keys());
    }

    pub fn save(&mut self, changes: &mut Changes<'_>) {
        for key in std::mem::take(&mut self.changed) {
            let name = [&[PREFIX], key.as_slice()].concat();
            match self.entries.get(&key) {
                Some(value) => changes.encode(&name, value),
                None => changes.remove(&name),
            }
        }
    }

    /// Takes back what was saved, if it is one of these.
    pub fn load(&mut self, name: &[u8], value: &[u8]) -> bool {
        let Some(key) = name.strip_prefix(&[PREFIX]) else { return false };
        if let Ok(value) = Format::Compact.decode(value) {
            self.entries.insert(key.to_vec(), value);
        }
        true
    }
}
