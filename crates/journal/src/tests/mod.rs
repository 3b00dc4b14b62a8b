//! What every log must do (`conformance`), and what a disk can do to one (`crash`).

mod conformance;
mod crash;

use flow::{Batch, Block, BlockBuilder, Commit, Event, Group, Log, Mark, Member, Output, Progress, Timestamp};
use std::convert::Infallible;
use std::time::Duration;

const NO_WAIT: Duration = Duration::ZERO;

pub fn mark(at: i64) -> Mark {
    Mark { watermark: Timestamp::MIN, at: Timestamp::from_millis(at), done: false }
}

/// A block of `key=value` records; `key` alone takes the key back.
pub fn block(records: &[&str], at: i64) -> Block {
    let mut builder = BlockBuilder::default();
    for record in records {
        match record.split_once('=') {
            Some((key, value)) => {
                let write = |into: &mut Vec<u8>| {
                    into.extend_from_slice(value.as_bytes());
                    Ok::<(), Infallible>(())
                };
                builder.push(key.as_bytes(), Timestamp::from_millis(at), write).unwrap();
            }
            None => builder.push_tombstone(record.as_bytes(), Timestamp::from_millis(at)),
        }
    }
    builder.finish("test".into(), mark(at))
}

pub fn output(topic: &str, partition: u32, records: &[&str]) -> Output {
    Output { topic: topic.into(), partition, block: block(records, 0) }
}

pub fn group(name: &str, inputs: &[&str]) -> Group {
    Group { name: name.into(), inputs: inputs.iter().map(|topic| (*topic).to_owned()).collect() }
}

pub fn progress(topic: &str, partition: u32, next: u64) -> Commit {
    Commit { inputs: vec![Progress { topic: topic.into(), partition, next }], ..Commit::default() }
}

/// Every record of a partition, as `offset:key=value`.
pub fn contents(log: &dyn Log, topic: &str, partition: u32) -> Vec<String> {
    let range = log.bounds(topic, partition).unwrap();
    let (mut next, mut lines) = (range.start, vec![]);
    while next < range.end {
        let batches = log.read(topic, partition, next, 100).unwrap();
        assert!(!batches.is_empty(), "nothing at {next} of {range:?}");
        for batch in batches {
            next = batch.next();
            lines.extend(shown(&batch));
        }
    }
    lines
}

pub fn shown(batch: &Batch) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let line = |record: flow::Record<'_>| match record.value {
        Some(value) => format!("{}:{}={}", record.offset, text(record.key), text(value)),
        None => format!("{}:{}", record.offset, text(record.key)),
    };
    batch.block.records(batch.base, batch.from).map(line).collect()
}

/// What one poll brings, in short.
pub fn poll(member: &mut dyn Member) -> Vec<String> {
    let events = member.poll(NO_WAIT, 1 << 20).unwrap();
    let mut lines = vec![];
    for event in events {
        match event {
            Event::Revoked(partitions) => lines.push(format!("revoked {partitions:?}")),
            Event::Assigned { partition, state } => lines.push(format!("assigned {partition} with {} entries", state.len())),
            Event::Batch(batch) => {
                lines.extend(shown(&batch).into_iter().map(|line| format!("{}/{} {line}", batch.topic, batch.partition)));
            }
        }
    }
    lines
}
