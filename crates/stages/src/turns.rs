//! What waits for its time: items in the order of their times, whatever order they came in.

use crate::kept::Kept;
use flow::{Changes, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Items by time, then by rank, then by name; a state with more than one queue tells them apart by a prefix.
#[derive(Debug)]
pub struct Turns<T, const PREFIX: u8 = b'q'>(Kept<T, PREFIX>);

impl<T, const PREFIX: u8> Default for Turns<T, PREFIX> {
    fn default() -> Self {
        Turns(Kept::default())
    }
}

impl<T: Serialize + DeserializeOwned, const PREFIX: u8> Turns<T, PREFIX> {
    /// Takes an item in. One of the same time, rank and name takes the place of the one before.
    pub fn push(&mut self, time: Timestamp, rank: u8, name: &[u8], item: T) {
        // Turned so that bytes sort as numbers do.
        let order = (time.millis() ^ i64::MIN).to_be_bytes();
        self.0.insert([&order[..], &[rank], name].concat(), item);
    }

    /// When the first is due: a moment after its time, for only then can no other of the same time come.
    pub fn due(&self) -> Option<Timestamp> {
        let (order, _) = self.0.first()?.split_first_chunk::<8>()?;
        Some(Timestamp::from_millis(i64::from_be_bytes(*order) ^ i64::MIN).plus_millis(1))
    }

    /// The first that is due at `at`.
    pub fn pop(&mut self, at: Timestamp) -> Option<T> {
        self.due().filter(|due| *due <= at)?;
        let key = self.0.first()?.to_vec();
        self.0.remove(&key)
    }

    pub fn save(&mut self, changes: &mut Changes<'_>) {
        self.0.save(changes);
    }

    pub fn load(&mut self, name: &[u8], value: &[u8]) -> bool {
        self.0.load(name, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_in_the_order_of_time_then_rank_then_name() {
        let mut turns: Turns<String> = Turns::default();
        let at = Timestamp::from_millis;
        for (time, rank, name) in [(5, 1, "b"), (-7, 2, "z"), (5, 0, "y"), (5, 1, "a"), (9, 0, "x")] {
            turns.push(at(time), rank, name.as_bytes(), name.to_owned());
        }
        assert_eq!(turns.due(), Some(at(-6)));
        let mut order = vec![];
        while let Some(name) = turns.pop(at(6)) {
            order.push(name);
        }
        assert_eq!((order.concat().as_str(), turns.due()), ("zyab", Some(at(10))));
    }
}
