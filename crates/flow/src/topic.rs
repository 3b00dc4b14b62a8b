//! Topics: what values live where, and how a log keeps them.

/// A type of value that lives in one topic, under one key.
pub trait Value: serde::Serialize {
    /// The topic's name.
    const TOPIC: &'static str;
    /// What decides the partition, the order, and what compaction keeps.
    fn key(&self) -> &[u8];
}

/// What happens to old records.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Cleanup {
    /// Records go when older than the age, or when the partition is larger than the size.
    Delete {
        /// Milliseconds that a record is kept, by the wall clock of its commit; none: for ever.
        age_ms: Option<u64>,
        /// Bytes that one partition keeps; none: all.
        size: Option<u64>,
    },
    /// The last record of each key stays; a record without a value removes its key.
    Compact,
}

/// A topic as a log creates it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TopicSpec {
    /// The name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// What happens to old records.
    pub cleanup: Cleanup,
}

impl TopicSpec {
    /// A topic that keeps everything.
    pub fn new(name: &str, partitions: u32) -> Self {
        let cleanup = Cleanup::Delete { age_ms: None, size: None };
        TopicSpec { name: name.to_owned(), partitions, cleanup }
    }

    /// The same topic with another cleanup.
    #[must_use]
    pub fn with(mut self, cleanup: Cleanup) -> Self {
        self.cleanup = cleanup;
        self
    }
}
