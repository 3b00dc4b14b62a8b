//! The log's face, over any storage: topics, groups, commits, and waiting for news.

use crate::groups::Groups;
use crate::store::{Entry, Found, Placed, Recovered, Store};
use crate::topics::Topics;
use flow::{Batch, Commit, Error, Event, Format, Group, Log, Member, Output, Result, Timestamp, TopicSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A member, and the sharing-out of its group that it knows of.
type Known = (u64, u64);

/// A log over a store.
pub struct Journal<S> {
    shared: Arc<Shared<S>>,
    format: Format,
}

struct Shared<S> {
    inner: Mutex<Inner<S>>,
    news: Condvar,
}

struct Inner<S> {
    topics: Topics,
    groups: Groups,
    store: S,
    changes: u64,
}

impl<S: Store> Journal<S> {
    /// An empty log.
    pub fn new(store: S, format: Format) -> Self {
        Journal::recovered(store, Recovered::default(), format)
    }

    /// A log that was there before.
    pub fn recovered(store: S, recovered: Recovered, format: Format) -> Self {
        let groups = Groups::recovered(recovered.groups);
        let inner = Mutex::new(Inner { topics: recovered.topics, groups, store, changes: 1 });
        Journal { shared: Arc::new(Shared { inner, news: Condvar::new() }), format }
    }
}

impl<S: Store> Shared<S> {
    /// A panic in another thread leaves no half-applied commit behind: every change is made last, in one go.
    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, member: Option<(&str, Known)>, commit: &Commit) -> Result<()> {
        let checksums: Vec<u32> = commit.outputs.iter().map(|output| crc32c::crc32c(&output.block.bytes)).collect();
        let mut inner = self.lock();
        let durable = inner.commit(member, commit, &checksums)?;
        drop(inner);
        self.news.notify_all();
        durable()
    }

    /// Waits until something changes, `until` at most; whether to look again.
    fn wait<'a>(&self, inner: MutexGuard<'a, Inner<S>>, until: Instant) -> Option<MutexGuard<'a, Inner<S>>> {
        let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        let (inner, _) = self.news.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner);
        Some(inner)
    }
}

impl<S: Store> Inner<S> {
    fn commit(&mut self, member: Option<(&str, Known)>, commit: &Commit, checksums: &[u32]) -> Result<crate::store::Durable> {
        if let Some((group, member)) = member {
            self.groups.check(group, member, commit)?;
        }
        let blocks = self.place(&commit.outputs, checksums)?;
        let group = member.map(|(group, _)| group);
        let entry = Entry::Commit { group, inputs: &commit.inputs, state: &commit.state, blocks: &blocks };
        let durable = self.store.append(entry, &self.groups, &self.topics)?;
        if let Some(group) = group {
            self.groups.apply(group, commit.inputs.clone(), commit.state.clone());
        }
        self.changes += 1;
        Ok(durable)
    }

    fn place(&self, outputs: &[Output], checksums: &[u32]) -> Result<Vec<Placed>> {
        let mut ends = BTreeMap::new();
        let mut blocks = Vec::with_capacity(outputs.len());
        for (output, checksum) in outputs.iter().zip(checksums) {
            let part = self.topics.part(&output.topic, output.partition)?;
            let base = ends.entry(part).or_insert_with(|| self.store.bounds(part).end);
            blocks.push(Placed { part, base: *base, block: output.block.clone(), checksum: *checksum });
            *base += u64::from(output.block.span);
        }
        Ok(blocks)
    }

    /// How many partitions a group has: those of its inputs, which must agree.
    fn partitions(&self, group: &Group) -> Result<u32> {
        let mut agreed = None;
        for topic in &group.inputs {
            self.topics.part(topic, 0)?;
            let partitions = self.topics.partitions(topic).unwrap_or(0);
            if *agreed.get_or_insert(partitions) != partitions {
                let names = group.inputs.join(", ");
                return Err(Error::Refused(format!("{} reads {names}, which must have equally many partitions", group.name)));
            }
        }
        Ok(agreed.unwrap_or(1))
    }
}

impl<S: Store> Log for Journal<S> {
    fn format(&self) -> Format {
        self.format
    }

    fn identity(&self) -> Result<String> {
        self.shared.lock().store.identity()
    }

    fn declare(&self, topics: &[TopicSpec]) -> Result<()> {
        let mut inner = self.shared.lock();
        let inner = &mut *inner;
        inner.topics.missing(topics)?;
        let changed = inner.topics.changed(topics);
        if changed.is_empty() {
            return Ok(());
        }
        let durable = inner.store.append(Entry::Declare(&changed), &inner.groups, &inner.topics)?;
        inner.topics.add(changed);
        durable()
    }

    fn topics(&self) -> Result<Vec<TopicSpec>> {
        Ok(self.shared.lock().topics.specs().to_vec())
    }

    fn join(&self, group: &Group) -> Result<Box<dyn Member>> {
        let mut inner = self.shared.lock();
        let partitions = inner.partitions(group)?;
        let id = inner.groups.join(group, partitions);
        drop(inner);
        self.shared.news.notify_all();
        let shared = self.shared.clone();
        Ok(Box::new(Seat { shared, group: group.clone(), id, generation: 0, held: BTreeMap::new(), turn: 0 }))
    }

    fn append(&self, outputs: Vec<Output>) -> Result<()> {
        self.shared.commit(None, &Commit { outputs, ..Commit::default() })
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>> {
        let inner = self.shared.lock();
        Ok(inner.store.bounds(inner.topics.part(topic, partition)?))
    }

    fn read(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        let mut inner = self.shared.lock();
        let part = inner.topics.part(topic, partition)?;
        let found = inner.store.find(part, from, bytes)?;
        drop(inner);
        found.into_iter().map(|found| found.into_batch(topic, partition, from)).collect()
    }

    fn lag(&self, group: &Group) -> Result<u64> {
        let inner = self.shared.lock();
        let mut lag = 0;
        for topic in &group.inputs {
            for partition in 0..inner.topics.partitions(topic).unwrap_or(0) {
                let bounds = inner.store.bounds(inner.topics.part(topic, partition)?);
                lag += bounds.end - inner.groups.progress(&group.name, topic, partition).clamp(bounds.start, bounds.end);
            }
        }
        Ok(lag)
    }

    fn wait(&self, seen: u64, wait: Duration) -> u64 {
        let until = Instant::now() + wait;
        let mut inner = self.shared.lock();
        loop {
            let changes = inner.changes;
            if changes > seen {
                return changes;
            }
            match self.shared.wait(inner, until) {
                Some(again) => inner = again,
                None => return changes,
            }
        }
    }

    fn erase(&self, topic: &str, partition: u32, keys: &[(&[u8], u64)]) -> Result<u64> {
        let mut inner = self.shared.lock();
        let inner = &mut *inner;
        let part = inner.topics.part(topic, partition)?;
        inner.store.erase(part, &keys.iter().copied().collect(), &inner.groups, &inner.topics)
    }

    fn maintain(&self, now: Timestamp) -> Result<()> {
        let mut inner = self.shared.lock();
        let inner = &mut *inner;
        inner.store.maintain(now, &inner.groups, &inner.topics)
    }

    fn sync(&self) -> Result<()> {
        let durable = self.shared.lock().store.sync();
        durable()
    }
}

/// A member's seat in its group.
struct Seat<S: Store> {
    shared: Arc<Shared<S>>,
    group: Group,
    id: u64,
    /// The sharing-out that this member knows of.
    generation: u64,
    /// The partitions that it works on, and where it reads next in each input.
    held: BTreeMap<u32, Vec<u64>>,
    turn: usize,
}

impl<S: Store> Seat<S> {
    /// Catches up with the group: what was taken away, and what came.
    fn sync(&mut self, inner: &Inner<S>) -> Vec<Event> {
        let known = std::mem::replace(&mut self.generation, inner.groups.generation(&self.group.name));
        let owned = inner.groups.owned(&self.group.name, self.id);
        // A partition that was another's meanwhile comes back as if it were new.
        let held: BTreeSet<u32> = self.held.keys().copied().collect();
        let lost: Vec<u32> =
            held.iter().copied().filter(|partition| !inner.groups.kept_since(&self.group.name, *partition, known)).collect();
        let mut events = vec![];
        self.held.retain(|partition, _| owned.contains(partition) && !lost.contains(partition));
        if !lost.is_empty() {
            events.push(Event::Revoked(lost));
        }
        for partition in owned.iter().filter(|partition| !self.held.contains_key(partition)).copied().collect::<Vec<_>>() {
            let next = |topic: &String| inner.groups.progress(&self.group.name, topic, partition);
            self.held.insert(partition, self.group.inputs.iter().map(next).collect());
            events.push(Event::Assigned { partition, state: inner.groups.state(&self.group.name, partition) });
        }
        events
    }

    /// Finds what is new, a fair share from each partition.
    fn news(&mut self, inner: &mut Inner<S>, bytes: usize) -> Result<Vec<(Found, usize, u32, u64)>> {
        let mut news = vec![];
        let count = self.held.len().max(1) * self.group.inputs.len().max(1);
        let share = (bytes / count).max(1);
        self.turn += 1;
        let turn = self.turn % count;
        let mut order: Vec<u32> = self.held.keys().copied().collect();
        let turn = turn.min(order.len());
        order.rotate_left(turn);
        for partition in order {
            let Some(nexts) = self.held.get_mut(&partition) else { continue };
            for (input, (topic, next)) in self.group.inputs.iter().zip(nexts).enumerate() {
                let part = inner.topics.part(topic, partition)?;
                if *next >= inner.store.bounds(part).end {
                    continue;
                }
                news.extend(inner.store.find(part, *next, share)?.into_iter().map(|found| (found, input, partition, *next)));
            }
        }
        Ok(news)
    }

    fn fetch(&mut self, news: Vec<(Found, usize, u32, u64)>) -> Result<Vec<Event>> {
        let mut events = Vec::with_capacity(news.len());
        for (found, input, partition, from) in news {
            let topic = self.group.inputs.get(input).map(String::as_str).unwrap_or_default();
            let batch = found.into_batch(topic, partition, from)?;
            if let Some(next) = self.held.get_mut(&partition).and_then(|nexts| nexts.get_mut(input)) {
                *next = batch.next();
            }
            events.push(Event::Batch(batch));
        }
        Ok(events)
    }
}

impl<S: Store> Member for Seat<S> {
    fn poll(&mut self, wait: Duration, bytes: usize) -> Result<Vec<Event>> {
        let shared = self.shared.clone();
        let until = Instant::now() + wait;
        let mut inner = shared.lock();
        loop {
            if inner.groups.generation(&self.group.name) != self.generation {
                let events = self.sync(&inner);
                if !events.is_empty() {
                    return Ok(events);
                }
            }
            let news = self.news(&mut inner, bytes)?;
            if !news.is_empty() {
                drop(inner);
                return self.fetch(news);
            }
            match shared.wait(inner, until) {
                Some(again) => inner = again,
                None => return Ok(vec![]),
            }
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<()> {
        let result = self.shared.commit(Some((&self.group.name, (self.id, self.generation))), commit);
        if matches!(result, Err(Error::Fenced(_))) {
            // What was computed from here on stands on a state that is not the committed one: begin again from there.
            self.held.clear();
            self.generation = 0;
        }
        result
    }

    fn lag(&self) -> Vec<(u32, u64)> {
        let inner = self.shared.lock();
        let behind = |partition: u32, nexts: &Vec<u64>| {
            let waiting = self.group.inputs.iter().zip(nexts).filter_map(|(topic, next)| {
                let part = inner.topics.part(topic, partition).ok()?;
                Some(inner.store.bounds(part).end.saturating_sub(*next))
            });
            waiting.sum()
        };
        self.held.iter().map(|(partition, nexts)| (*partition, behind(*partition, nexts))).collect()
    }
}

impl<S: Store> Drop for Seat<S> {
    fn drop(&mut self) {
        self.shared.lock().groups.leave(&self.group.name, self.id);
        self.shared.news.notify_all();
    }
}
