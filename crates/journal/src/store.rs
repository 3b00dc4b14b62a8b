//! What a journal asks of its storage.

use crate::groups::{Groups, Kept};
use crate::topics::{Part, Topics};
use flow::{Batch, Block, Change, Progress, Result, Timestamp, TopicSpec};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// How long a table keeps a record that takes its key back: a reader who is behind must still meet it.
pub const TOMBSTONE_MS: i64 = 24 * 3_600_000;

/// One thing to make durable.
pub enum Entry<'a> {
    /// Topics come to be, or change their cleanup.
    Declare(&'a [TopicSpec]),
    /// A commit, its blocks at their places.
    Commit { group: Option<&'a str>, inputs: &'a [Progress], state: &'a [Change], blocks: &'a [Placed] },
}

/// A block at its place, with its checksum.
#[derive(Clone, Debug)]
pub struct Placed {
    pub part: Part,
    pub base: u64,
    pub block: Block,
    pub checksum: u32,
}

/// Where a block is.
pub enum Found {
    Held { base: u64, block: Block },
    Stored { base: u64, fetch: Box<dyn FnOnce() -> Result<Block> + Send> },
}

impl Found {
    /// The block itself; reads the disk if need be, so call it without a lock.
    pub fn into_batch(self, topic: &str, partition: u32, from: u64) -> Result<Batch> {
        let (base, block) = match self {
            Found::Held { base, block } => (base, block),
            Found::Stored { base, fetch } => (base, fetch()?),
        };
        Ok(Batch { topic: topic.to_owned(), partition, base, from: from.max(base), block })
    }
}

/// What a storage that was there before brings back.
#[derive(Default)]
pub struct Recovered {
    pub topics: Topics,
    pub groups: BTreeMap<String, Kept>,
}

/// Keys to erase, each up to an offset.
pub type Erasures<'a> = HashMap<&'a [u8], u64>;

/// Sixteen digits that nobody else has.
pub fn random_name() -> String {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}

/// Waits until what was appended is durable, as far as the store promises that on commit. Call it without a lock.
pub type Durable = Box<dyn FnOnce() -> Result<()> + Send>;

/// Where a journal keeps its entries. Calls come one at a time.
pub trait Store: Send + 'static {
    /// What tells it from every other.
    fn identity(&self) -> Result<String>;
    /// Makes an entry readable. All or nothing.
    fn append(&mut self, entry: Entry<'_>, groups: &Groups, topics: &Topics) -> Result<Durable>;
    /// The offsets that a partition holds.
    fn bounds(&self, part: Part) -> Range<u64>;
    /// Where the blocks from an offset on are: about so many bytes, but at least one block if there is one.
    fn find(&mut self, part: Part, from: u64, bytes: usize) -> Result<Vec<Found>>;
    /// Removes the records of these keys that stand before the offset given with each.
    fn erase(&mut self, part: Part, keys: &Erasures<'_>, groups: &Groups, topics: &Topics) -> Result<u64>;
    /// Applies retention and compaction.
    fn maintain(&mut self, now: Timestamp, groups: &Groups, topics: &Topics) -> Result<()>;
    /// What waits until everything is durable.
    fn sync(&mut self) -> Durable;
}
