//! A partition's state, brought back: from the copy on this machine's disk, and from the state's topic what is newer.

use super::Kept;
use super::cache::{Changes, Copy, Landmark, State, apply};
use flow::{Batch, Change, Error, Result};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How much is read of a topic of states at a time.
pub const READ_BYTES: usize = 4 << 20;
/// How often to look whether a transaction that is in the way has ended.
const LOOK: Duration = Duration::from_millis(10);

/// The keys under which a state keeps how far its group has read each input. A stage's own keys start otherwise.
const PROGRESS: &[u8] = b"\xffprogress ";

/// The change that says how far an input has been read.
pub fn progress(partition: u32, topic: &str, next: u64) -> Change {
    let key = [PROGRESS, topic.as_bytes()].concat();
    Change { partition, key, value: Some(next.to_string().into_bytes()) }
}

/// A state, and the copy of it that is to be kept from here on.
pub struct Restored {
    /// The entries.
    pub state: State,
    /// How far each input has been read, by the name that stages know.
    pub progress: BTreeMap<String, u64>,
    /// The copy, where one is kept.
    pub copy: Option<Copy>,
}

impl Kept {
    /// The state of a partition as last committed.
    pub fn restore(&self, topic: &str, partition: u32) -> Result<Restored> {
        let begun = Instant::now();
        let bounds = self.settled(topic, partition)?;
        let (mut copy, mut state) = self.copy(topic, partition);
        if let Some(kept) = &mut copy
            && !self.stands(topic, partition, kept, bounds.end)?
        {
            tracing::info!(topic, partition, "the copy of the state is not of this topic; reading it whole");
            state.clear();
            copy = kept.clear().ok().and(copy);
        }
        let from = copy.as_ref().map_or(bounds.start, |copy| copy.next(bounds.start));
        let mut next = from;
        while next < bounds.end {
            let batches = self.read_topic(topic, partition, next, READ_BYTES)?;
            let Some(last) = batches.last() else {
                return Err(Error::Io(format!("kafka: {topic}/{partition} ends before {}", bounds.end)));
            };
            next = last.next();
            let (landmark, changes) = changes(&batches);
            apply(&mut state, changes.iter().cloned());
            let kept = copy.as_mut().zip(landmark).map(|(copy, landmark)| copy.append(landmark, changes));
            if let Some(Err(error)) = kept {
                tracing::warn!(topic, partition, %error, "the copy of the state cannot be kept; going on without");
                copy = None;
            }
        }
        let (entries, read) = (state.len(), next.saturating_sub(from));
        tracing::info!(topic, partition, entries, read, from, ms = begun.elapsed().as_millis(), "state restored");
        let progress = take_progress(&mut state);
        Ok(Restored { state, progress, copy })
    }

    /// The bounds of a topic of states, once no transaction is open in it: the end is that of all that was ever written
    /// by now, not of what is committed by now.
    pub fn settled(&self, topic: &str, partition: u32) -> Result<std::ops::Range<u64>> {
        let target = self.bounds_of(&self.asks, topic, partition)?.end;
        let until = Instant::now() + self.settings.transaction * 2 + self.settings.timeout;
        loop {
            let bounds = self.bounds_of(&self.committed, topic, partition)?;
            if bounds.end >= target {
                return Ok(bounds);
            }
            if Instant::now() > until {
                return Err(Error::Io(format!(
                    "kafka: a transaction on {topic}/{partition} does not end; if it hangs on the brokers, kafka-transactions.sh \
                     find-hanging and abort end it"
                )));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn copy(&self, topic: &str, partition: u32) -> (Option<Copy>, State) {
        let Some(slot) = &self.slot else { return (None, State::new()) };
        match Copy::open(&slot.file(&self.cluster, topic, partition)) {
            Ok((copy, state)) => (Some(copy), state),
            Err(error) => {
                tracing::warn!(topic, partition, %error, "the copy of the state cannot be used; going on without");
                (None, State::new())
            }
        }
    }

    /// Whether the record that a copy knows last, if any, is still where it was.
    pub fn stands(&self, topic: &str, partition: u32, copy: &Copy, end: u64) -> Result<bool> {
        let Some(landmark) = copy.landmark else { return Ok(true) };
        if landmark.offset >= end {
            return Ok(false);
        }
        let batches = self.read_topic(topic, partition, landmark.offset, 1)?;
        let first = batches.iter().flat_map(|batch| batch.block.records(batch.base, batch.from)).next();
        Ok(first.is_some_and(|record| Landmark::of(record.offset, record.key, record.value) == landmark))
    }
}

fn take_progress(state: &mut State) -> BTreeMap<String, u64> {
    let taken = state.split_off(PROGRESS);
    let read = taken.into_iter().filter_map(|(key, value)| {
        let topic = String::from_utf8(key.strip_prefix(PROGRESS)?.to_vec()).ok()?;
        Some((topic, std::str::from_utf8(&value).ok()?.parse().ok()?))
    });
    read.collect()
}

/// The changes in records of a topic of states, and the last of them.
pub fn changes(batches: &[Batch]) -> (Option<Landmark>, Changes) {
    let mut landmark = None;
    let mut changes = vec![];
    for record in batches.iter().flat_map(|batch| batch.block.records(batch.base, batch.from)) {
        landmark = Some(Landmark::of(record.offset, record.key, record.value));
        changes.push((record.key.to_vec(), record.value.map(<[u8]>::to_vec)));
    }
    (landmark, changes)
}
