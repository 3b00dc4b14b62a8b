//! A member, watched: what it holds, and what it was given. Logs differ in when they say something, not in what.

use super::shown;
use flow::{Commit, Event, Group, Log, Member, Progress};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

pub struct Watch {
    pub member: Box<dyn Member>,
    /// The partitions that it holds, with the entries of their states as they were given.
    pub held: BTreeMap<u32, Vec<(String, String)>>,
    /// The records that it was given, as `topic/partition key=value`.
    pub records: Vec<String>,
    /// How far it has read, by topic and partition.
    pub read: BTreeMap<(String, u32), u64>,
}

impl Watch {
    pub fn join(log: &dyn Log, group: &Group) -> Watch {
        let member = log.join(group).unwrap();
        Watch { member, held: BTreeMap::new(), records: vec![], read: BTreeMap::new() }
    }

    /// A member that holds so many partitions.
    pub fn holding(log: &dyn Log, group: &Group, count: usize) -> Watch {
        let mut watch = Watch::join(log, group);
        until("it is given its partitions", &mut [&mut watch], |all| all[0].held.len() == count);
        watch
    }

    pub fn turn(&mut self) {
        for event in self.member.poll(Duration::from_millis(20), 1 << 20).unwrap() {
            self.take(event);
        }
    }

    pub fn take(&mut self, event: Event) {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        match event {
            Event::Revoked(partitions) => self.held.retain(|partition, _| !partitions.contains(partition)),
            Event::Assigned { partition, state } => {
                self.held.insert(partition, state.into_iter().map(|(key, value)| (text(key), text(value))).collect());
            }
            Event::Batch(batch) => {
                assert!(self.held.contains_key(&batch.partition), "a record of a partition that it does not hold");
                for line in shown(&batch) {
                    let line = line.split_once(':').unwrap().1;
                    self.records.push(format!("{}/{} {line}", batch.topic, batch.partition));
                }
                self.read.insert((batch.topic.clone(), batch.partition), batch.next());
            }
        }
    }

    pub fn partitions(&self) -> BTreeSet<u32> {
        self.held.keys().copied().collect()
    }

    /// The records once there are so many of them; they are forgotten here.
    pub fn gets(&mut self, count: usize) -> Vec<String> {
        until("it reads", &mut [&mut *self], |all| all[0].records.len() >= count);
        let mut records = std::mem::take(&mut self.records);
        records.sort();
        records
    }

    /// Nothing comes for a while.
    pub fn gets_nothing(&mut self) {
        for _ in 0..20 {
            self.turn();
        }
        assert!(self.records.is_empty(), "{:?}", self.records);
    }

    /// That it has read a partition as far as it has.
    pub fn progress(&self, topic: &str, partition: u32) -> Commit {
        let next = self.read[&(topic.to_owned(), partition)];
        Commit { inputs: vec![Progress { topic: topic.into(), partition, next }], ..Commit::default() }
    }
}

/// Lets members work until something is so.
pub fn until(what: &str, watches: &mut [&mut Watch], so: impl Fn(&[&mut Watch]) -> bool) {
    let limit = Instant::now() + LIMIT;
    while !so(watches) {
        for watch in &mut *watches {
            watch.turn();
        }
        let seen = || watches.iter().map(|watch| format!("{:?} {:?}", watch.held, watch.records)).collect::<Vec<_>>();
        assert!(Instant::now() < limit, "not within {LIMIT:?}: {what}; {:?}", seen());
    }
}

/// Commits, trying again while the log says that it may go well yet.
pub fn commit(watch: &mut Watch, commit: &Commit) -> flow::Result<()> {
    let limit = Instant::now() + LIMIT;
    loop {
        match watch.member.commit(commit) {
            Err(error) if error.retry().is_some() && Instant::now() < limit => std::thread::sleep(Duration::from_millis(50)),
            other => return other,
        }
    }
}
