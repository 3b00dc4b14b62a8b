//! Records as they stand on Kafka: the value is the record's, and headers say the rest.
//!
//! `source`: who wrote it. `schema`: the version of the value's form. `time`: when it happened. `late`: present if it came
//! late. `mark`: on the last record of a block, what its writer promises. A block without records is one record without
//! key and value. A stranger's record has none of these: it happened at its Kafka timestamp, and promises nothing.

use flow::{Batch, Block, BlockBuilder, Mark, Output, Producer, Record, Timestamp};
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Header, Headers, OwnedHeaders};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// The version of the form of our values.
pub const SCHEMA: &str = "1";

/// A mark as a header.
#[derive(Serialize, Deserialize)]
struct Told {
    watermark: Option<Timestamp>,
    at: Timestamp,
    done: bool,
    /// No record but the mark stands here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    alone: bool,
}

/// One record to send.
pub struct Sent<'a> {
    /// Its key; none in a heartbeat.
    pub key: Option<&'a [u8]>,
    /// Its value; none where it takes its key back.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: OwnedHeaders,
}

/// The records that a block comes to.
pub fn records(output: &Output) -> Vec<Sent<'_>> {
    let block = &output.block;
    let records: Vec<Record<'_>> = block.records(0, 0).collect();
    let last = records.len().saturating_sub(1);
    let mut sent: Vec<Sent<'_>> = Vec::with_capacity(records.len().max(1));
    for (number, record) in records.into_iter().enumerate() {
        let mut headers = common(block, record.time);
        if record.late {
            headers = headers.insert(Header { key: "late", value: Some("1") });
        }
        if number == last && !block.producer.is_empty() {
            headers = with_mark(headers, block.mark, false);
        }
        sent.push(Sent { key: Some(record.key), value: record.value, headers });
    }
    if sent.is_empty() {
        let headers = with_mark(common(block, block.mark.at), block.mark, true);
        sent.push(Sent { key: None, value: None, headers });
    }
    sent
}

fn common(block: &Block, time: Timestamp) -> OwnedHeaders {
    let headers = OwnedHeaders::new_with_capacity(5);
    let headers = headers.insert(Header { key: "source", value: Some(&*block.producer) });
    let headers = headers.insert(Header { key: "schema", value: Some(SCHEMA) });
    headers.insert(Header { key: "time", value: Some(&time.to_string()) })
}

/// The end of the years that RFC 3339 can write.
const END_OF_YEARS: Timestamp = Timestamp::from_millis(253_402_300_799_999);

fn with_mark(headers: OwnedHeaders, mark: Mark, alone: bool) -> OwnedHeaders {
    let watermark = Some(mark.watermark.min(END_OF_YEARS)).filter(|watermark| *watermark != Timestamp::MIN);
    let told = Told { watermark, at: mark.at, done: mark.done, alone };
    headers.insert(Header { key: "mark", value: Some(&serde_json::to_vec(&told).unwrap_or_default()) })
}

/// What the headers of a record say.
struct Heading {
    producer: Producer,
    time: Timestamp,
    late: bool,
    mark: Option<Told>,
}

/// Reads the headers; `last` is whoever wrote the record before, which is most often the same.
fn heading(message: &BorrowedMessage<'_>, last: Option<&Producer>) -> Heading {
    let written = Timestamp::from_millis(message.timestamp().to_millis().unwrap_or(0));
    let mut heading = Heading { producer: Producer::from(""), time: written, late: false, mark: None };
    let Some(headers) = message.headers() else { return heading };
    for header in headers.iter() {
        let text = || header.value.and_then(|value| std::str::from_utf8(value).ok());
        match header.key {
            "source" => {
                let name = text().unwrap_or_default();
                heading.producer = last.filter(|last| ***last == *name).cloned().unwrap_or_else(|| Producer::from(name));
            }
            "time" => heading.time = text().and_then(Timestamp::parse).unwrap_or(written),
            "late" => heading.late = true,
            "mark" => heading.mark = header.value.and_then(|value| serde_json::from_slice(value).ok()),
            _ => {}
        }
    }
    heading
}

/// Puts the messages of one partition together to blocks again.
pub struct Inbox {
    topic: String,
    partition: u32,
    from: u64,
    base: u64,
    at: Timestamp,
    producer: Producer,
    builder: BlockBuilder,
    /// Records in the builder: it may hold gaps alone.
    records: usize,
    ready: Vec<Batch>,
    bytes: usize,
}

impl Inbox {
    /// Nothing yet; the first message is behind `from`.
    pub fn new(topic: &str, partition: u32, from: u64) -> Self {
        Inbox {
            topic: topic.to_owned(),
            partition,
            from,
            base: from,
            at: Timestamp::MIN,
            producer: Producer::from(""),
            builder: BlockBuilder::default(),
            records: 0,
            ready: vec![],
            bytes: 0,
        }
    }

    /// The offset behind everything that was taken in.
    pub fn next(&self) -> u64 {
        self.base + u64::from(self.builder.span())
    }

    /// About how many bytes wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a message in.
    pub fn push(&mut self, message: &BorrowedMessage<'_>) {
        let heading = heading(message, Some(&self.producer));
        if heading.producer != self.producer {
            if self.records > 0 {
                self.close(None);
            }
            self.producer = heading.producer;
        }
        let offset = u64::try_from(message.offset()).unwrap_or(0);
        self.pad_to(offset);
        self.at = Timestamp::from_millis(message.timestamp().to_millis().unwrap_or(0));
        if heading.mark.as_ref().is_some_and(|mark| mark.alone) {
            self.pad_to(offset + 1);
        } else {
            self.record(message, heading.time, heading.late);
        }
        if let Some(told) = heading.mark {
            let watermark = told.watermark.unwrap_or(Timestamp::MIN);
            let watermark = if watermark == END_OF_YEARS { Timestamp::MAX } else { watermark };
            self.close(Some(Mark { watermark, at: told.at, done: told.done }));
            // What follows is nobody's until it says whose it is: a gap must not stand for its writer's word.
            self.producer = Producer::from("");
        }
    }

    fn record(&mut self, message: &BorrowedMessage<'_>, time: Timestamp, late: bool) {
        self.records += 1;
        let key = message.key().unwrap_or_default();
        let Some(value) = message.payload() else { return self.builder.push_tombstone(key, time) };
        self.bytes += key.len() + value.len() + 16;
        let write = |into: &mut Vec<u8>| {
            into.extend_from_slice(value);
            Ok::<(), Infallible>(())
        };
        let Ok(start) = self.builder.push(key, time, write);
        if late {
            self.builder.flag_late(start);
        }
    }

    /// Lets offsets pass that hold nothing for readers: ends of transactions, what was compacted.
    pub fn pad_to(&mut self, offset: u64) {
        // A block's span is bounded, a gap is not.
        while offset.saturating_sub(self.base) > u64::from(u32::MAX) {
            self.close(None);
            self.base = offset.min(self.base + u64::from(u32::MAX));
        }
        self.builder.pad_to(offset.saturating_sub(self.base));
    }

    /// Ends the block that is being put together. One that is cut short promises nothing yet.
    fn close(&mut self, mark: Option<Mark>) {
        if self.builder.is_empty() {
            return;
        }
        let builder = std::mem::take(&mut self.builder);
        self.records = 0;
        let mark = mark.unwrap_or(Mark { watermark: Timestamp::MIN, at: self.at, done: false });
        let block = builder.finish(self.producer.clone(), mark);
        let batch = Batch { topic: self.topic.clone(), partition: self.partition, base: self.base, from: self.base, block };
        self.base = batch.next();
        self.ready.push(Batch { from: batch.base.max(self.from), ..batch });
    }

    /// What was put together so far.
    pub fn take(&mut self) -> Vec<Batch> {
        self.close(None);
        self.bytes = 0;
        std::mem::take(&mut self.ready)
    }
}
