//! A log that fails on demand, around one that does not.

use flow::{Batch, Commit, Error, Event, Format, Group, Log, Member, Output, Result, Timestamp, TopicSpec};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens at the next commit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fate {
    /// It goes through.
    #[default]
    Works,
    /// The process dies just before it.
    DiesBefore,
    /// The process dies just after it.
    DiesAfter,
    /// The process is paused on the way to it; the world goes on meanwhile.
    Pauses,
}

/// How commits are deliberately broken, to see that this is noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Breakage {
    None,
    LosesInputs,
    LosesState,
    LosesOutputs,
}

/// The log, as a process that may fail sees it.
#[derive(Clone)]
pub struct Faulty {
    pub log: Arc<dyn Log>,
    pub fate: Arc<Mutex<Fate>>,
    pub breakage: Breakage,
    pub commits: Arc<AtomicU64>,
}

struct Seat {
    member: Box<dyn Member>,
    faulty: Faulty,
}

impl Seat {
    fn broken(&self, commit: &Commit) -> Commit {
        let mut commit = commit.clone();
        let number = self.faulty.commits.fetch_add(1, Ordering::Relaxed);
        if number % 5 == 4 {
            match self.faulty.breakage {
                Breakage::None => {}
                Breakage::LosesInputs => commit.inputs.clear(),
                Breakage::LosesState => commit.state.clear(),
                Breakage::LosesOutputs => commit.outputs.clear(),
            }
        }
        commit
    }
}

impl Member for Seat {
    fn poll(&mut self, wait: Duration, bytes: usize) -> Result<Vec<Event>> {
        self.member.poll(wait, bytes)
    }

    fn commit(&mut self, commit: &Commit) -> Result<()> {
        let fate = std::mem::take(&mut *self.faulty.fate.lock().unwrap());
        let died = || Error::Refused("died".into());
        match fate {
            Fate::DiesBefore => Err(died()),
            Fate::Pauses => Err(Error::Io("paused".into())),
            Fate::Works => self.member.commit(&self.broken(commit)),
            Fate::DiesAfter => {
                self.member.commit(&self.broken(commit))?;
                Err(died())
            }
        }
    }

    fn lag(&self) -> Vec<(u32, u64)> {
        self.member.lag()
    }
}

impl Log for Faulty {
    fn format(&self) -> Format {
        self.log.format()
    }

    fn identity(&self) -> Result<String> {
        self.log.identity()
    }

    fn declare(&self, topics: &[TopicSpec]) -> Result<()> {
        self.log.declare(topics)
    }

    fn topics(&self) -> Result<Vec<TopicSpec>> {
        self.log.topics()
    }

    fn join(&self, group: &Group) -> Result<Box<dyn Member>> {
        Ok(Box::new(Seat { member: self.log.join(group)?, faulty: self.clone() }))
    }

    fn append(&self, outputs: Vec<Output>) -> Result<()> {
        self.log.append(outputs)
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>> {
        self.log.bounds(topic, partition)
    }

    fn read(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        self.log.read(topic, partition, from, bytes)
    }

    fn lag(&self, group: &Group) -> Result<u64> {
        self.log.lag(group)
    }

    fn wait(&self, seen: u64, wait: Duration) -> u64 {
        self.log.wait(seen, wait)
    }

    fn erase(&self, topic: &str, partition: u32, keys: &[(&[u8], u64)]) -> Result<u64> {
        self.log.erase(topic, partition, keys)
    }

    fn maintain(&self, now: Timestamp) -> Result<()> {
        self.log.maintain(now)
    }

    fn sync(&self) -> Result<()> {
        self.log.sync()
    }
}
