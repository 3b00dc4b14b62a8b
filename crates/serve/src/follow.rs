//! The follower: a thread that reads topic `counts` into the view and tells the hub of windows that have closed.
//!
//! It only reads. The topic may not be there yet when it starts, and the log may fail for a while: it waits, says so, and
//! tries again.

#[cfg(test)]
mod tests;

use crate::hub::Hub;
use domain::Counts;
use flow::{Log, Timestamp, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const READ_BYTES: usize = 1 << 20;
/// How long to wait for something new before looking whether to stop.
const WAIT: Duration = Duration::from_millis(250);
/// The rows of one end come from all partitions, one after the other. An end is told when none came for so long.
const QUIET: Duration = Duration::from_millis(200);
/// So many ends may wait to be told; when more come, the oldest are passed over, and everybody hears of that.
const PENDING: usize = 256;

/// The follower.
pub struct Follower {
    log: Arc<dyn Log>,
    hub: Arc<Hub>,
    stop: Arc<AtomicBool>,
    rows: usize,
    next: Vec<u64>,
    seen: u64,
    pending: BTreeMap<Timestamp, Instant>,
    passed_over: u64,
}

impl Follower {
    /// A follower of `log` that keeps at most `rows` rows, for `hub`.
    pub fn new(log: Arc<dyn Log>, hub: Arc<Hub>, rows: usize, stop: Arc<AtomicBool>) -> Self {
        Follower { log, hub, stop, rows, next: vec![], seen: 0, pending: BTreeMap::new(), passed_over: 0 }
    }

    /// Follows until told to stop.
    pub fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            match self.round() {
                Ok(true) => {}
                Ok(false) => self.rest(),
                Err(error) => self.recover(&error),
            }
            self.tell(Instant::now());
        }
    }

    fn rest(&mut self) {
        self.hub.follow_state(|state| {
            state.caught_up = !self.next.is_empty();
            state.trouble = None;
        });
        let wait = if self.pending.is_empty() { WAIT } else { QUIET / 4 };
        self.seen = self.log.wait(self.seen, wait);
    }

    fn recover(&mut self, error: &flow::Error) {
        tracing::warn!(%error, "cannot read topic counts; trying again");
        self.hub.follow_state(|state| {
            state.caught_up = false;
            state.trouble = Some(error.to_string());
        });
        std::thread::sleep(error.retry().unwrap_or(Duration::from_secs(1)).min(Duration::from_secs(1)));
        self.clamp();
    }

    /// Back into the bounds of what the log holds, should retention have run ahead of us or the log be a new one.
    fn clamp(&mut self) {
        for (partition, next) in (0..).zip(&mut self.next) {
            if let Ok(bounds) = self.log.bounds(Counts::TOPIC, partition) {
                *next = if *next > bounds.end { bounds.start } else { (*next).max(bounds.start) };
            }
        }
    }

    /// Reads some of every partition; false if there was nothing.
    fn round(&mut self) -> flow::Result<bool> {
        if self.next.is_empty() && !self.open()? {
            return Ok(false);
        }
        let mut any = false;
        for partition in 0..self.next.len() {
            any |= self.read(partition)?;
        }
        Ok(any)
    }

    /// Finds where to begin: each record takes an offset, so what is further back than the rows we keep would only be dropped.
    fn open(&mut self) -> flow::Result<bool> {
        self.seen = self.log.wait(self.seen, Duration::ZERO);
        let topics = self.log.topics()?;
        let Some(spec) = topics.iter().find(|spec| spec.name == Counts::TOPIC) else { return Ok(false) };
        let from = |partition| {
            let bounds = self.log.bounds(Counts::TOPIC, partition)?;
            Ok(bounds.start.max(bounds.end.saturating_sub(self.rows as u64)))
        };
        self.next = (0..spec.partitions).map(from).collect::<flow::Result<_>>()?;
        Ok(true)
    }

    fn read(&mut self, partition: usize) -> flow::Result<bool> {
        let Some(next) = self.next.get_mut(partition) else { return Ok(false) };
        let batches = self.log.read(Counts::TOPIC, partition as u32, *next, READ_BYTES)?;
        let (format, now) = (self.log.format(), Instant::now());
        let (from, mut broken) = (*next, 0);
        let mut view = self.hub.view_mut();
        for batch in &batches {
            for record in batch.block.records(batch.base, batch.from.max(*next)) {
                let counts = record.value.map(|value| format.decode::<Counts<'_>>(value));
                match counts {
                    Some(Ok(counts)) if view.insert(&counts) => {
                        self.pending.insert(counts.end, now);
                    }
                    Some(Err(_)) => broken += 1,
                    _ => {}
                }
            }
            *next = (*next).max(batch.next());
        }
        drop(view);
        self.hub.numbers.broken(broken);
        while self.pending.len() > PENDING {
            self.pending.pop_first();
            self.passed_over += 1;
        }
        Ok(*next > from)
    }

    /// Tells the hub of the ends that have been quiet long enough, in their order.
    fn tell(&mut self, now: Instant) {
        let quiet = |since: &Instant| now.saturating_duration_since(*since) >= QUIET;
        let told: Vec<Timestamp> = self.pending.iter().filter(|(_, since)| quiet(since)).map(|(end, _)| *end).collect();
        if !told.is_empty() && self.passed_over > 0 {
            self.hub.passed_over(std::mem::take(&mut self.passed_over));
        }
        for end in told {
            self.pending.remove(&end);
            self.hub.closed(end);
        }
    }
}
