//! The log: what makes a step's commit durable, whole or not at all.

use crate::{Block, Format, Timestamp, TopicSpec};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// The result of a call to a log.
pub type Result<T> = std::result::Result<T, Error>;

/// What a log can refuse, by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another member owns a partition of this commit now. Drop what was computed and poll again.
    #[error("another member has taken over: {0}")]
    Fenced(String),
    /// There is no room. Nothing was written; the same commit can be tried again.
    #[error("no space left: {0}")]
    Full(String),
    /// The log cannot vouch for what it wrote. Only a restart, which reads back what is really there, helps.
    #[error("the log is poisoned: {0}; restart to carry on from what is safely on disk")]
    Poisoned(String),
    /// The log cannot be used like this; the text says what to do.
    #[error("{0}")]
    Refused(String),
    /// Bytes on disk are not what was written.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// A failure that may pass.
    #[error("{0}")]
    Io(String),
}

impl Error {
    /// How long to wait before the same call may succeed; `None` if it never will.
    pub fn retry(&self) -> Option<Duration> {
        match self {
            Error::Full(_) => Some(Duration::from_secs(1)),
            Error::Io(_) => Some(Duration::from_millis(200)),
            Error::Fenced(_) | Error::Poisoned(_) | Error::Refused(_) | Error::Damaged(_) => None,
        }
    }
}

/// How far a group has read one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The first offset not yet read.
    pub next: u64,
}

/// One change of a group's state. No value: the entry goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The partition whose state it is.
    pub partition: u32,
    /// The entry.
    #[serde(with = "serde_bytes")]
    pub key: Vec<u8>,
    /// Its new value.
    #[serde(with = "serde_bytes")]
    pub value: Option<Vec<u8>>,
}

/// Records for one partition.
#[derive(Clone, Debug)]
pub struct Output {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// The records.
    pub block: Block,
}

/// All that one step changes: applied whole, or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// What was read.
    pub inputs: Vec<Progress>,
    /// What changed in the group's state.
    pub state: Vec<Change>,
    /// What was written.
    pub outputs: Vec<Output>,
}

impl Commit {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.state.is_empty() && self.outputs.is_empty()
    }
}

/// A group of members that share the partitions of some topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name: the role's.
    pub name: String,
    /// The topics that it reads, all with equally many partitions. A source reads none: its newest member owns partition 0.
    pub inputs: Vec<String>,
}

/// A block at its place.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: u32,
    /// Where the block starts.
    pub base: u64,
    /// From which offset on it is to be read.
    pub from: u64,
    /// The records.
    pub block: Block,
}

impl Batch {
    /// The offset behind the block.
    pub fn next(&self) -> u64 {
        self.base + u64::from(self.block.span)
    }
}

/// What a poll brings, in this order.
#[derive(Clone, Debug)]
pub enum Event {
    /// These partitions are another's now: drop what belongs to them.
    Revoked(Vec<u32>),
    /// This partition is yours; its state stands as last committed.
    Assigned {
        /// The partition.
        partition: u32,
        /// The entries of its state, in the order of their keys.
        state: Vec<(Vec<u8>, Vec<u8>)>,
    },
    /// Records to work on.
    Batch(Batch),
}

/// One member of a group: it reads what it is assigned and commits what it computed.
pub trait Member: Send {
    /// What happened since the last poll; waits up to `wait` for something, and brings about `bytes` at most.
    fn poll(&mut self, wait: Duration, bytes: usize) -> Result<Vec<Event>>;
    /// Applies a commit whole, or not at all. After [`Error::Fenced`], the next poll says what is still owned.
    fn commit(&mut self, commit: &Commit) -> Result<()>;
    /// How many records wait to be read, for each partition that is assigned.
    fn lag(&self) -> Vec<(u32, u64)>;
    /// Whether a source that another member has taken over may come back to this one, should that one go.
    fn may_return(&self) -> bool {
        false
    }
}

/// A durable log of topics, with the progress and state of the groups that work on them.
pub trait Log: Send + Sync {
    /// How values are encoded here.
    fn format(&self) -> Format;
    /// What tells this log from every other, one that stood in the same place before among them: it is made with the log, and
    /// the same at each start.
    fn identity(&self) -> Result<String>;
    /// Creates the topics that are missing; refuses one that exists otherwise.
    fn declare(&self, topics: &[TopicSpec]) -> Result<()>;
    /// The topics that exist.
    fn topics(&self) -> Result<Vec<TopicSpec>>;
    /// Joins a group.
    fn join(&self, group: &Group) -> Result<Box<dyn Member>>;
    /// Appends records without a group, as a web request does.
    fn append(&self, outputs: Vec<Output>) -> Result<()>;
    /// The offsets that a partition holds: its first, and the one behind its last.
    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>>;
    /// The blocks from an offset on, about `bytes` at most, and at least one if there is one.
    fn read(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>>;
    /// How many records a group has yet to read, by what it has committed.
    fn lag(&self, group: &Group) -> Result<u64>;
    /// Waits until something was committed after the change numbered `seen`; returns the newest change's number.
    fn wait(&self, seen: u64, wait: Duration) -> u64;
    /// Removes the records of these keys that stand before the offset given with each, bytes and all; returns how many
    /// there were.
    fn erase(&self, topic: &str, partition: u32, keys: &[(&[u8], u64)]) -> Result<u64>;
    /// Whether single records can be erased at all.
    fn erases(&self) -> bool {
        true
    }
    /// What the log itself counts, in the OpenMetrics text form, without its closing line.
    fn metrics(&self) -> String {
        String::new()
    }
    /// Applies retention and compaction as of `now`.
    fn maintain(&self, now: Timestamp) -> Result<()>;
    /// Returns once everything committed so far is durable.
    fn sync(&self) -> Result<()>;
}
