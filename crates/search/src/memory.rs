//! What was found out about segments' columns, so that it need not be found out again. Segments never change.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::index::SegmentId;

/// A segment's column.
pub(crate) type Key = (SegmentId, String);

struct Known<T> {
    value: Arc<T>,
    size: usize,
    used: u64,
}

struct Inside<T> {
    columns: HashMap<Key, Known<T>>,
    size: usize,
    clock: u64,
}

/// Remembers up to so much; what was used longest ago goes first.
pub(crate) struct Memory<T> {
    limit: usize,
    inside: Mutex<Inside<T>>,
}

impl<T> Memory<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Memory { limit, inside: Mutex::new(Inside { columns: HashMap::new(), size: 0, clock: 0 }) }
    }

    /// What is known of a column, or what `find` tells, with its size.
    pub(crate) fn get<E>(&self, key: Key, find: impl FnOnce() -> Result<(T, usize), E>) -> Result<Arc<T>, E> {
        {
            let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
            inside.clock += 1;
            let clock = inside.clock;
            if let Some(known) = inside.columns.get_mut(&key) {
                known.used = clock;
                return Ok(known.value.clone());
            }
        }
        // Found out without the lock: others may go on, and at worst find the same.
        let (value, size) = find()?;
        let value = Arc::new(value);
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).keep(key, value.clone(), size, self.limit);
        Ok(value)
    }

    /// The same, where nothing can go wrong.
    pub(crate) fn know(&self, key: Key, find: impl FnOnce() -> (T, usize)) -> Arc<T> {
        let Ok(value) = self.get(key, || Ok::<_, Infallible>(find()));
        value
    }

    /// Forgets segments that are no more.
    pub(crate) fn forget(&self, segments: &[SegmentId]) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.columns.retain(|(segment, _), _| !segments.contains(segment));
        inside.size = inside.columns.values().map(|known| known.size).sum();
    }
}

impl<T> Inside<T> {
    fn keep(&mut self, key: Key, value: Arc<T>, size: usize, limit: usize) {
        let used = self.clock;
        self.size += size;
        if let Some(old) = self.columns.insert(key, Known { value, size, used }) {
            self.size -= old.size;
        }
        while self.size > limit && self.columns.len() > 1 {
            let oldest = self.columns.iter().min_by_key(|(_, known)| known.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| self.columns.remove(&key)) else { break };
            self.size -= gone.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;
    use tantivy::index::SegmentId;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let memory = Memory::new(2);
        let segment = SegmentId::generate_random();
        let ask = |name: &str, value: u8| *memory.get((segment, name.to_owned()), || Ok::<_, ()>((value, 1))).unwrap();
        assert_eq!([ask("a", 1), ask("b", 2), ask("a", 3), ask("c", 4)], [1, 2, 1, 4]);
        assert_eq!([ask("a", 5), ask("b", 6)], [1, 6]);
        memory.forget(&[segment]);
        assert_eq!(ask("b", 7), 7);
    }
}
