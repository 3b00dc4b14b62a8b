//! A tap: a topic's records as JSON lines.
//!
//! The partitions are merged by the records' times as far as what has been read allows; within a partition the order is
//! that of the offsets, always. A reader holds one read of each partition at most.

#[cfg(test)]
mod tests;

use crate::Error;
use flow::{Batch, Format, Log, Raw, Record, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

/// About how much is read of a partition at a time.
const READ_BYTES: usize = 64 * 1024;
/// About how much is handed out at a time.
const STEP_BYTES: usize = 64 * 1024;
/// How long a tap that follows waits for records before it looks whether it should stop.
const WAIT: Duration = Duration::from_millis(250);

/// Where a tap begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// With the oldest record.
    #[default]
    Start,
    /// Behind the newest record.
    End,
    /// With this offset, in every partition.
    Offset(u64),
}

impl std::str::FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "start" => Ok(From::Start),
            "end" => Ok(From::End),
            _ => text.parse().map(From::Offset).map_err(|_| format!("'{text}' is not start, end or an offset, a whole number")),
        }
    }
}

/// What a tap shows.
#[derive(Clone, Debug, Default)]
pub struct TapOptions {
    /// The topic.
    pub topic: String,
    /// Where to begin.
    pub from: From,
    /// How many records to show at most.
    pub limit: Option<u64>,
    /// Show only the records of exactly this key.
    pub key: Option<Vec<u8>>,
    /// Show each record's key, partition, offset and time, too. A record that takes its key back has no value, and shows
    /// only so.
    pub meta: bool,
    /// Go on when all there was has been shown.
    pub follow: bool,
}

/// What a step of a tap came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There may be more.
    More,
    /// Nothing is there now, and the tap follows.
    Waiting,
    /// That was all.
    Ended,
}

/// One partition, as far as it has been read.
struct Part {
    partition: u32,
    next: u64,
    /// Where a tap that does not follow stops: the end of the partition when it was opened.
    end: u64,
    lines: VecDeque<(Timestamp, Vec<u8>)>,
}

/// A tap on a topic.
pub struct Tap<'a> {
    log: &'a dyn Log,
    options: TapOptions,
    parts: Vec<Part>,
    left: u64,
    seen: u64,
}

impl<'a> Tap<'a> {
    /// Opens a tap on a topic that exists.
    pub fn new(log: &'a dyn Log, options: TapOptions) -> Result<Self, Error> {
        let seen = log.wait(0, Duration::ZERO);
        let specs = log.topics()?;
        let Some(spec) = specs.iter().find(|spec| spec.name == options.topic) else {
            let topics = specs.into_iter().map(|spec| spec.name).collect();
            return Err(Error::NoTopic { topic: options.topic, topics });
        };
        let part = |partition| {
            let bounds = log.bounds(&options.topic, partition)?;
            let next = match options.from {
                From::Start => bounds.start,
                From::End => bounds.end,
                From::Offset(offset) => offset.max(bounds.start),
            };
            Ok(Part { partition, next, end: bounds.end, lines: VecDeque::new() })
        };
        let parts = (0..spec.partitions).map(part).collect::<Result<_, Error>>()?;
        let left = options.limit.unwrap_or(u64::MAX);
        Ok(Tap { log, options, parts, left, seen })
    }

    /// Appends some lines to `into`; waits up to `wait` if it follows and there are none.
    pub fn step(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<Step, Error> {
        let full = into.len() + STEP_BYTES;
        while self.left > 0 && into.len() < full {
            if !self.refill()? {
                // Nothing of what was read is for us; let the caller look whether to go on.
                return Ok(Step::More);
            }
            let heads = self.parts.iter_mut().filter_map(|part| Some((part.lines.front()?.0, part)));
            let Some((_, oldest)) = heads.min_by_key(|(time, _)| *time) else { return Ok(self.dry(wait)) };
            if let Some((_, line)) = oldest.lines.pop_front() {
                into.extend_from_slice(&line);
                self.left -= 1;
            }
        }
        Ok(if self.left == 0 { Step::Ended } else { Step::More })
    }

    fn dry(&mut self, wait: Duration) -> Step {
        if !self.options.follow {
            return Step::Ended;
        }
        self.seen = self.log.wait(self.seen, wait);
        Step::Waiting
    }

    /// Reads on in every partition of which no line is left. False if that brought only records of other keys.
    fn refill(&mut self) -> Result<bool, Error> {
        let (mut moved, mut any) = (false, false);
        for part in &mut self.parts {
            if part.lines.is_empty() && (self.options.follow || part.next < part.end) {
                moved |= part.read(self.log, &self.options)?;
            }
            any |= !part.lines.is_empty();
        }
        Ok(any || !moved)
    }

    /// Writes all there is, until `stop` says so; returns how many records that were.
    pub fn write_to(&mut self, to: &mut dyn Write, stop: &dyn Fn() -> bool) -> Result<u64, Error> {
        let left = self.left;
        let mut lines = Vec::with_capacity(2 * STEP_BYTES);
        let mut step = Step::More;
        while step != Step::Ended && !stop() {
            step = self.step(WAIT, &mut lines)?;
            to.write_all(&lines)?;
            if step != Step::More {
                to.flush()?;
            }
            lines.clear();
        }
        to.flush()?;
        Ok(left - self.left)
    }
}

impl Part {
    /// Reads some; false if there was nothing.
    fn read(&mut self, log: &dyn Log, options: &TapOptions) -> Result<bool, Error> {
        let batches = match log.read(&options.topic, self.partition, self.next, READ_BYTES) {
            Ok(batches) => batches,
            Err(error) => {
                // Retention may have taken away what comes next: go on with what is left.
                let start = log.bounds(&options.topic, self.partition)?.start;
                if start <= self.next {
                    return Err(error.into());
                }
                self.next = start;
                return Ok(true);
            }
        };
        let from = self.next;
        for batch in &batches {
            self.take(batch, log.format(), options);
        }
        Ok(self.next > from)
    }

    fn take(&mut self, batch: &Batch, format: Format, options: &TapOptions) {
        for record in batch.block.records(batch.base, batch.from.max(self.next)) {
            let ours = options.key.as_deref().is_none_or(|key| key == record.key);
            let old = options.follow || record.offset < self.end;
            if ours
                && old
                && let Some(line) = line(self.partition, &record, format, options)
            {
                self.lines.push_back((record.time, line));
            }
        }
        self.next = self.next.max(batch.next());
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    key: Raw,
    partition: u32,
    offset: u64,
    time: Timestamp,
    value: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
}

/// A record's line. One that does not decode shows why, with where it stands: it is not passed over in silence.
fn line(partition: u32, record: &Record<'_>, format: Format, options: &TapOptions) -> Option<Vec<u8>> {
    let json = record.value.map(|value| domain::topics::to_json(&options.topic, format, value)).transpose();
    let (json, broken) = match json {
        Ok(json) => (json, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let mut line = if options.meta || broken.is_some() {
        let value = json.as_deref().and_then(|json| serde_json::from_slice(json).ok());
        let Record { offset, time, .. } = *record;
        let meta = Meta { key: Raw(record.key.to_vec()), partition, offset, time, value, broken };
        serde_json::to_vec(&meta).ok()?
    } else {
        json?
    };
    line.push(b'\n');
    Some(line)
}
