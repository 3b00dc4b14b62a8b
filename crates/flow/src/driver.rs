//! A synchronous driver for tests: a stage, or a chain of stages, without threads, clocks or a log.

use crate::{Batch, Block, Format, Mark, Out, Output, Producer, Stage, Task, Timestamp, TopicSpec, Value, Watermarks};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One stage on one partition, fed by hand. What it commits is applied to a plain map, from which [`Driver::crash`]
/// starts it again.
pub struct Driver<S: Stage> {
    stage: Arc<S>,
    awaited: Vec<(String, Producer)>,
    topics: Vec<TopicSpec>,
    task: Task<S>,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    next: BTreeMap<String, u64>,
}

impl<S: Stage> Driver<S> {
    /// A stage that writes to these topics (one partition each) and awaits these producers of its inputs, written `topic/name`.
    pub fn new(stage: S, producers: &[&str], topics: &[&str]) -> Self {
        let stage = Arc::new(stage);
        let awaited = |name: &&str| {
            let (topic, producer) = name.split_once('/').unwrap_or((name, ""));
            (topic.to_owned(), Producer::from(producer))
        };
        let awaited: Vec<_> = producers.iter().map(awaited).collect();
        let topics: Vec<TopicSpec> = topics.iter().map(|name| TopicSpec::new(name, 1)).collect();
        let task = restore(&stage, &BTreeMap::new(), &awaited, &topics);
        Driver { stage, awaited, topics, task, state: BTreeMap::new(), next: BTreeMap::new() }
    }

    /// Feeds one block, commits, and gives what was written.
    pub fn step(&mut self, topic: &str, block: Block) -> Vec<Output> {
        let next = self.next.entry(topic.to_owned()).or_default();
        let batch = Batch { topic: topic.to_owned(), partition: 0, base: *next, from: *next, block };
        *next = batch.next();
        self.task.step(&batch, &BTreeSet::new());
        let commit = self.task.commit(Timestamp::default());
        for change in commit.state {
            match change.value {
                Some(value) => self.state.insert(change.key, value),
                None => self.state.remove(&change.key),
            };
        }
        commit.outputs
    }

    /// Feeds values of one producer as a block with this watermark.
    pub fn feed<V: Value>(&mut self, producer: &str, values: &[(Timestamp, V)], watermark: Timestamp) -> Vec<Output> {
        let mut out = Out::new(Format::Json, &[TopicSpec::new(V::TOPIC, 1)]);
        for (time, value) in values {
            out.send(*time, value);
        }
        let mark = Mark { watermark, at: Timestamp::default(), done: watermark == Timestamp::MAX };
        let blocks = out.take(&Producer::from(producer), mark, true);
        blocks.into_iter().flat_map(|output| self.step(&output.topic, output.block)).collect()
    }

    /// Forgets everything but what was committed, as a crash does.
    pub fn crash(&mut self) {
        self.task = restore(&self.stage, &self.state, &self.awaited, &self.topics);
    }

    /// Starts another stage on what was committed, as a restart with another configuration does.
    pub fn replace(&mut self, stage: S) {
        self.stage = Arc::new(stage);
        self.crash();
    }

    /// How many entries the committed state has.
    pub fn entries(&self) -> usize {
        self.state.len()
    }
}

fn restore<S: Stage>(
    stage: &Arc<S>,
    state: &BTreeMap<Vec<u8>, Vec<u8>>,
    awaited: &[(String, Producer)],
    topics: &[TopicSpec],
) -> Task<S> {
    let entries: Vec<_> = state.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let fresh = Watermarks::awaiting(awaited.iter().cloned(), i64::MAX);
    Task::restore(stage.clone(), 0, &entries, fresh, Out::new(Format::Json, topics))
}

/// The records of these outputs as lines: topic, key and value.
pub fn lines(outputs: &[Output]) -> Vec<String> {
    let records = outputs.iter().flat_map(|output| output.block.records(0, 0).map(move |record| (output, record)));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    records.map(|(output, r)| format!("{} {} {}", output.topic, text(r.key), text(r.value.unwrap_or_default()))).collect()
}
