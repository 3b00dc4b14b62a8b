//! What every log must do (`conformance`, seen through a `watch`), what a disk can do to one (`crash`), and what is
//! special on Apache Kafka (`kafka`).

#[path = "../../../../tests/brokers.rs"]
mod brokers;
mod conformance;
mod crash;
mod kafka;
mod watch;

use flow::{Batch, Block, BlockBuilder, Commit, Group, Log, Mark, Output, Progress, Timestamp};
use std::convert::Infallible;
use std::time::{Duration, Instant};

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

/// Every record of a partition, as `key=value`: which offsets they take is the log's own business.
pub fn values(log: &dyn Log, topic: &str, partition: u32) -> Vec<String> {
    let bare = |line: String| line.split_once(':').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    contents(log, topic, partition).into_iter().map(bare).collect()
}

/// That a partition holds these records, soon: brokers show what was committed a moment later.
pub fn holds(log: &dyn Log, topic: &str, partition: u32, expected: &[impl AsRef<str>]) {
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    let until = Instant::now() + Duration::from_secs(20);
    while values(log, topic, partition) != expected && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(values(log, topic, partition), expected);
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
