//! Indexes in folders: what is written is kept, what is committed is found.

mod about;
mod ahead;
mod blooms;
mod feed;
mod index;
mod indexes;
mod own;
mod sparse;
#[cfg(test)]
mod tests;
mod writer;

pub use feed::Feed;
pub(crate) use index::{Index, Stored};
pub use indexes::Indices;
pub(crate) use indexes::missing;
pub(crate) use own::{Condition, Done, Outcome, TERM, Write};

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, in milliseconds.
pub(crate) fn now_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A name that nothing else has: so many characters, that go into an address.
pub(crate) fn unique(length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let chance = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(count);
        hasher.write_i64(now_millis());
        hasher.finish()
    };
    let (mut bits, mut left) = (chance(), 10);
    let mut name = String::with_capacity(length);
    for _ in 0..length {
        if left == 0 {
            (bits, left) = (chance(), 10);
        }
        name.push(char::from(LETTERS.get((bits & 63) as usize).copied().unwrap_or(b'A')));
        (bits, left) = (bits >> 6, left - 1);
    }
    name
}
