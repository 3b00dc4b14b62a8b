//! Blocks: runs of records that one producer wrote to one partition in one commit.
//!
//! A block is the unit that a log stores, caches and hands to readers, so a record is never copied on its
//! own. Each block carries its producer's [`Mark`]; a block without records is a heartbeat.

use crate::{Producer, Timestamp};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

const LATE: u8 = 1;
const DEAD: u8 = 2;
const TOMBSTONE: u8 = 4;
const GAP: u8 = 8;

/// What a producer promises with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// No record that follows from this producer is older, but for those flagged late.
    pub watermark: Timestamp,
    /// The producer's wall clock when it wrote this. Data like any other: it lets a reader see which producers fell silent.
    pub at: Timestamp,
    /// The producer has ended: nobody waits for it any more.
    pub done: bool,
}

/// A record, borrowed from its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the partition.
    pub offset: u64,
    /// When it happened.
    pub time: Timestamp,
    /// What it is about.
    pub key: &'a [u8],
    /// What it says; `None` takes the key's earlier records back.
    pub value: Option<&'a [u8]>,
    /// Its source had already shown newer records than the allowed lateness when it came.
    pub late: bool,
}

/// A run of records of one producer.
#[derive(Clone, Debug)]
pub struct Block {
    /// Who wrote it.
    pub producer: Producer,
    /// What its producer promises.
    pub mark: Mark,
    /// The time from which the records' times are counted.
    pub base_time: Timestamp,
    /// The newest record's time; `MIN` in a heartbeat.
    pub max_time: Timestamp,
    /// How many offsets it takes.
    pub span: u32,
    /// The encoded records.
    pub bytes: Bytes,
}

impl Block {
    /// A block that only says how far its producer is. It takes one offset, so that progress can stand behind it.
    pub fn heartbeat(producer: Producer, mark: Mark) -> Self {
        let mut bytes = Vec::with_capacity(2);
        push_gap(&mut bytes, 1);
        let (base_time, max_time) = (Timestamp::default(), Timestamp::MIN);
        Block { producer, mark, base_time, max_time, span: 1, bytes: bytes.into() }
    }

    /// Whether the block holds no record.
    pub fn is_heartbeat(&self) -> bool {
        self.max_time == Timestamp::MIN
    }

    /// The records from offset `from` on, where the block starts at offset `base`.
    /// A block whose bytes are no records yields what came before the damage.
    pub fn records(&self, base: u64, from: u64) -> impl Iterator<Item = Record<'_>> {
        Records { rest: &self.bytes, offset: base, base_time: self.base_time }.filter(move |r| r.offset >= from)
    }

    /// The same block with the records that `keep` refuses turned into gaps, their bytes gone;
    /// `None` if all were kept.
    pub fn sifted(&self, base: u64, mut keep: impl FnMut(&Record<'_>) -> bool) -> Option<Block> {
        let mut builder = BlockBuilder { base_time: self.base_time, ..BlockBuilder::default() };
        let mut dropped = false;
        for record in self.records(base, 0) {
            builder.pad_to(record.offset - base);
            if keep(&record) {
                builder.push_raw(&record);
            } else {
                dropped = true;
            }
        }
        builder.pad_to(u64::from(self.span));
        dropped.then(|| builder.finish(self.producer.clone(), self.mark))
    }
}

struct Records<'a> {
    rest: &'a [u8],
    offset: u64,
    base_time: Timestamp,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            let (flags, rest) = self.rest.split_first()?;
            if flags & GAP != 0 {
                let (length, rest) = read_varint(rest)?;
                self.offset += length;
                self.rest = rest;
                continue;
            }
            let (record, rest) = self.parse(*flags, rest)?;
            self.rest = rest;
            self.offset += 1;
            if flags & DEAD == 0 {
                return Some(record);
            }
        }
    }
}

impl<'a> Records<'a> {
    fn parse(&self, flags: u8, rest: &'a [u8]) -> Option<(Record<'a>, &'a [u8])> {
        let (delta, rest) = read_varint(rest)?;
        let (key_length, rest) = read_varint(rest)?;
        let (key, rest) = rest.split_at_checked(usize::try_from(key_length).ok()?)?;
        let (value_length, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*value_length)).ok()?)?;
        let record = Record {
            offset: self.offset,
            time: self.base_time.plus_millis(unzigzag(delta)),
            key,
            value: (flags & TOMBSTONE == 0).then_some(value),
            late: flags & LATE != 0,
        };
        Some((record, rest))
    }
}

/// Collects records into a block.
#[derive(Clone, Debug, Default)]
pub struct BlockBuilder {
    bytes: Vec<u8>,
    span: u32,
    base_time: Timestamp,
    max_time: Option<Timestamp>,
    expected: usize,
}

impl BlockBuilder {
    /// A builder that makes room for so many bytes with its first record.
    pub fn expecting(bytes: usize) -> Self {
        BlockBuilder { expected: bytes, ..BlockBuilder::default() }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a record whose value `write` appends, and returns where it stands, for [`Self::flag_late`] and
    /// [`Self::kill`]. If `write` fails, nothing is added.
    pub fn push<E>(
        &mut self,
        key: &[u8],
        time: Timestamp,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let start = self.begin(0, key, time);
        let value_at = self.bytes.len();
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        self.end(value_at, time);
        Ok(start)
    }

    /// Adds a record that takes its key back.
    pub fn push_tombstone(&mut self, key: &[u8], time: Timestamp) {
        self.begin(TOMBSTONE, key, time);
        self.end(self.bytes.len(), time);
    }

    fn push_raw(&mut self, record: &Record<'_>) {
        let flags = if record.late { LATE } else { 0 } | if record.value.is_none() { TOMBSTONE } else { 0 };
        self.begin(flags, record.key, record.time);
        let value_at = self.bytes.len();
        self.bytes.extend_from_slice(record.value.unwrap_or_default());
        self.end(value_at, record.time);
    }

    fn begin(&mut self, flags: u8, key: &[u8], time: Timestamp) -> usize {
        if self.bytes.is_empty() && self.base_time == Timestamp::default() {
            self.bytes.reserve(self.expected);
            self.base_time = time;
        }
        let start = self.bytes.len();
        self.bytes.push(flags);
        push_varint(&mut self.bytes, zigzag(time.millis_since(self.base_time)));
        push_varint(&mut self.bytes, key.len() as u64);
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(&[0; 4]);
        start
    }

    fn end(&mut self, value_at: usize, time: Timestamp) {
        let length = u32::try_from(self.bytes.len() - value_at).unwrap_or(u32::MAX);
        if let Some(field) = self.bytes.get_mut(value_at - 4..value_at) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        self.span += 1;
        self.max_time = self.max_time.max(Some(time));
    }

    /// Marks the record at `start` as late.
    pub fn flag_late(&mut self, start: usize) {
        if let Some(flags) = self.bytes.get_mut(start) {
            *flags |= LATE;
        }
    }

    /// Takes the record at `start` out; it keeps its offset, and no reader sees it.
    pub fn kill(&mut self, start: usize) {
        if let Some(flags) = self.bytes.get_mut(start) {
            *flags |= DEAD;
        }
    }

    /// How many offsets it takes so far.
    pub fn span(&self) -> u32 {
        self.span
    }

    /// Lets offsets pass that hold no record for readers, until it takes `span` of them.
    pub fn pad_to(&mut self, span: u64) {
        let gap = span.saturating_sub(u64::from(self.span));
        if gap > 0 {
            push_gap(&mut self.bytes, gap);
            self.span += u32::try_from(gap).unwrap_or(0);
        }
    }

    /// The block, of this producer.
    pub fn finish(mut self, producer: Producer, mark: Mark) -> Block {
        // Blocks are kept in memory for readers that keep up: room that nobody uses is worth giving back.
        if self.bytes.capacity() > self.bytes.len() + self.bytes.len() / 2 {
            self.bytes.shrink_to_fit();
        }
        let max_time = self.max_time.unwrap_or(Timestamp::MIN);
        Block { producer, mark, base_time: self.base_time, max_time, span: self.span, bytes: self.bytes.into() }
    }
}

fn push_gap(bytes: &mut Vec<u8>, length: u64) {
    bytes.push(GAP);
    push_varint(bytes, length);
}

const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

const fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
}

fn push_varint(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut n = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        n |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((n, bytes.get(i + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const MARK: Mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };

    fn push(builder: &mut BlockBuilder, key: &str, time: i64, value: &str) -> usize {
        let write = |into: &mut Vec<u8>| {
            into.extend_from_slice(value.as_bytes());
            Ok::<(), Infallible>(())
        };
        builder.push(key.as_bytes(), Timestamp::from_millis(time), write).unwrap()
    }

    fn shown(block: &Block, base: u64, from: u64) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let line = |r: Record<'_>| {
            let value = r.value.map_or("-".into(), text);
            format!("{} {} {}={}{}", r.offset, r.time.millis(), text(r.key), value, if r.late { " late" } else { "" })
        };
        block.records(base, from).map(line).collect()
    }

    #[test]
    fn records_come_back_as_they_went_in() {
        let mut builder = BlockBuilder::default();
        push(&mut builder, "a", 1000, "one");
        let late = push(&mut builder, "b", -500, "two");
        let dead = push(&mut builder, "c", 3000, "three");
        builder.push_tombstone(b"d", Timestamp::from_millis(4000));
        builder.flag_late(late);
        builder.kill(dead);
        let block = builder.finish("p".into(), MARK);
        assert_eq!(block.span, 4);
        assert_eq!(block.max_time.millis(), 4000);
        assert_eq!(shown(&block, 10, 0), ["10 1000 a=one", "11 -500 b=two late", "13 4000 d=-"]);
        assert_eq!(shown(&block, 10, 11), ["11 -500 b=two late", "13 4000 d=-"]);
    }

    #[test]
    fn sifting_keeps_offsets_and_drops_bytes() {
        let mut builder = BlockBuilder::default();
        for (key, value) in [("a", "secret"), ("b", "kept"), ("a", "secret"), ("a", "secret"), ("c", "kept")] {
            push(&mut builder, key, 7, value);
        }
        let block = builder.finish("p".into(), MARK);
        let sifted = block.sifted(100, |r| r.key != b"a").unwrap();
        assert_eq!(shown(&sifted, 100, 0), ["101 7 b=kept", "104 7 c=kept"]);
        assert_eq!(sifted.span, 5);
        assert!(!sifted.bytes.windows(6).any(|w| w == b"secret"));
        assert!(sifted.sifted(100, |_| true).is_none());
    }

    #[test]
    fn a_failed_write_leaves_no_trace() {
        let mut builder = BlockBuilder::default();
        push(&mut builder, "a", 1, "x");
        let before = builder.len();
        assert!(builder.push(b"b", Timestamp::default(), |_| Err("no")).is_err());
        assert_eq!(builder.len(), before);
    }

    #[test]
    fn damaged_bytes_end_the_block_without_a_panic() {
        let mut builder = BlockBuilder::default();
        push(&mut builder, "key", 5, "a value");
        let block = builder.finish("p".into(), MARK);
        for length in 0..block.bytes.len() {
            let cut = Block { bytes: block.bytes.slice(..length), ..block.clone() };
            assert_eq!(cut.records(0, 0).count(), 0);
        }
        for byte in 0..=255 {
            let noise = Block { bytes: vec![byte; 40].into(), ..block.clone() };
            noise.records(0, 0).for_each(drop);
        }
    }

    #[test]
    fn numbers_of_any_size_survive() {
        for n in [0, 1, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            let mut bytes = vec![];
            push_varint(&mut bytes, zigzag(n));
            assert_eq!(read_varint(&bytes).map(|(n, rest)| (unzigzag(n), rest.len())), Some((n, 0)));
        }
    }
}
