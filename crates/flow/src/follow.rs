//! Following topics: reading what is there and what comes, without a group, for those who keep nothing.

use crate::{Format, Log, Record, Result};
use std::sync::Arc;
use std::time::Duration;

const READ_BYTES: usize = 1 << 20;

/// A reader of some topics, from a place near their ends on. It commits nothing: who starts again reads again.
pub struct Follow {
    log: Arc<dyn Log>,
    topics: Vec<Followed>,
    seen: u64,
}

struct Followed {
    name: &'static str,
    /// So many records back it begins, in each partition.
    back: u64,
    /// The next offset of each partition; none while the topic is not there.
    next: Vec<u64>,
    /// Whether all that was there at first has been read.
    caught_up: bool,
}

/// A record that was followed.
pub struct Heard<'a> {
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: u32,
    /// The record.
    pub record: Record<'a>,
    /// How its value is encoded.
    pub format: Format,
}

impl Follow {
    /// Follows these topics, each from so many records before its end.
    pub fn new(log: Arc<dyn Log>, topics: &[(&'static str, u64)]) -> Self {
        let followed = |(name, back): &(&'static str, u64)| Followed { name, back: *back, next: vec![], caught_up: false };
        Follow { log, topics: topics.iter().map(followed).collect(), seen: 0 }
    }

    /// Goes on in a topic from these places, one a partition.
    pub fn resume(&mut self, name: &str, next: Vec<u64>) {
        for topic in self.topics.iter_mut().filter(|topic| topic.name == name) {
            topic.next.clone_from(&next);
        }
        self.recover();
    }

    /// Where it goes on in a topic, in each partition.
    pub fn places(&self, name: &str) -> Vec<u64> {
        self.topics.iter().find(|topic| topic.name == name).map(|topic| topic.next.clone()).unwrap_or_default()
    }

    /// Whether all topics are there.
    pub fn is_open(&self) -> bool {
        self.topics.iter().all(|topic| !topic.next.is_empty())
    }

    /// Reads some of each partition, the topics in their order; false if there was nothing. What was there at first of a topic is read
    /// before anything of those behind it.
    pub fn round(&mut self, mut hear: impl FnMut(Heard<'_>)) -> Result<bool> {
        if !self.is_open() {
            self.open()?;
        }
        let (format, mut any) = (self.log.format(), false);
        for topic in &mut self.topics {
            if topic.next.is_empty() {
                continue;
            }
            let mut is_new = false;
            for (partition, next) in (0..).zip(&mut topic.next) {
                let from = *next;
                for batch in self.log.read(topic.name, partition, from, READ_BYTES)? {
                    for record in batch.block.records(batch.base, batch.from.max(from)) {
                        hear(Heard { topic: topic.name, partition, record, format });
                    }
                    *next = (*next).max(batch.next());
                }
                is_new |= *next > from;
            }
            any |= is_new;
            topic.caught_up |= !is_new;
            if !topic.caught_up {
                break;
            }
        }
        Ok(any)
    }

    /// Finds the topics that were not there yet, and where to begin in them.
    fn open(&mut self) -> Result<()> {
        self.seen = self.log.wait(self.seen, Duration::ZERO);
        let specs = self.log.topics()?;
        for topic in self.topics.iter_mut().filter(|topic| topic.next.is_empty()) {
            let Some(spec) = specs.iter().find(|spec| spec.name == topic.name) else { continue };
            let from = |partition| {
                let bounds = self.log.bounds(topic.name, partition)?;
                Ok(bounds.start.max(bounds.end.saturating_sub(topic.back)))
            };
            topic.next = (0..spec.partitions).map(from).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// Waits until something is written, but not longer.
    pub fn rest(&mut self, wait: Duration) {
        self.seen = self.log.wait(self.seen, wait);
    }

    /// Back into the bounds of what the log holds, should retention have run ahead or the log be a new one.
    pub fn recover(&mut self) {
        for topic in &mut self.topics {
            for (partition, next) in (0..).zip(&mut topic.next) {
                if let Ok(bounds) = self.log.bounds(topic.name, partition) {
                    *next = if *next > bounds.end { bounds.start } else { (*next).max(bounds.start) };
                }
            }
        }
    }
}
