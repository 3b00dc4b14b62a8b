//! A task: one stage on one partition. It turns batches into commits and does nothing else.

use crate::{
    Batch, Broken, Change, Changes, Commit, Input, Late, Mark, Out, Output, Producer, Progress, Raw, Refused, Rejected, Stage,
    State, Timestamp, Watermarks,
};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Key = Box<[u8]>;

/// The entry under which a task keeps its watermarks.
const WATERMARKS: &[u8] = &[0];
/// What the entries of states start with.
const STATES: u8 = 1;

/// What a task has done since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records read.
    pub read: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Records that came too late.
    pub late: u64,
    /// Records that could not be taken in.
    pub rejected: u64,
    /// Records for which there was no use.
    pub passed_over: u64,
    /// Records written.
    pub written: u64,
}

/// One stage on one partition.
pub struct Task<S: Stage> {
    stage: Arc<S>,
    partition: u32,
    producer: Producer,
    out: Out,
    states: HashMap<Key, Slot<S::State>>,
    timers: Timers,
    touched: Vec<Key>,
    watermarks: Watermarks,
    marked: Option<(Timestamp, bool)>,
    progress: BTreeMap<(String, u32), u64>,
    counters: Counters,
    at: u64,
}

#[derive(Default)]
struct Slot<T> {
    state: T,
    deadline: Option<Deadline>,
    touched: bool,
}

impl<S: Stage> Task<S> {
    /// A task as it stood at its last commit. `fresh` are the watermarks of one that never committed.
    pub fn restore(stage: Arc<S>, partition: u32, entries: &[(Vec<u8>, Vec<u8>)], fresh: Watermarks, out: Out) -> Self {
        let mut task = Task {
            producer: format!("{}/{partition}", stage.name()).into(),
            stage,
            partition,
            out,
            states: HashMap::new(),
            timers: Timers::default(),
            touched: vec![],
            watermarks: fresh,
            marked: None,
            progress: BTreeMap::new(),
            counters: Counters::default(),
            at: 0,
        };
        for (key, value) in entries {
            task.load(key, value);
        }
        task.watermarks = task.watermarks.with_feedback(task.stage.feedback());
        task.resume();
        task
    }

    fn load(&mut self, entry: &[u8], value: &[u8]) {
        if entry == WATERMARKS {
            if let Ok(watermarks) = crate::Format::Compact.decode(value) {
                self.watermarks = watermarks;
            }
        } else if let Some((key, sub_key)) = split_entry(entry) {
            self.states.entry_ref(key).or_default().state.load(sub_key, value);
        }
    }

    fn resume(&mut self) {
        let watermark = self.watermarks.watermark();
        for (key, slot) in &mut self.states {
            self.stage.on_resume(watermark, &mut slot.state);
            slot.deadline = deadline(&*self.stage, &slot.state);
            if let Some(deadline) = slot.deadline {
                self.timers.set(key, deadline);
            }
        }
    }

    /// Takes a batch in. Records at the offsets in `poison` are rejected unread.
    pub fn step(&mut self, batch: &Batch, poison: &BTreeSet<u64>) {
        for record in batch.block.records(batch.base, batch.from) {
            self.at = record.offset;
            let (format, watermark) = (self.out.format(), self.watermarks.watermark());
            let input = Input { topic: &batch.topic, partition: batch.partition, record, format, watermark };
            if poison.contains(&record.offset) {
                self.reject(&input, "the stage failed on it");
            } else {
                self.take(&input);
            }
        }
        self.counters.bytes += batch.block.bytes.len() as u64;
        match self.progress.get_mut(&(batch.topic.clone(), batch.partition)) {
            Some(next) => *next = batch.next(),
            None => {
                self.progress.insert((batch.topic.clone(), batch.partition), batch.next());
            }
        }
        if self.stage.awaits(&batch.topic) {
            self.watermarks.observe(&batch.topic, &batch.block.producer, batch.block.mark);
        }
        self.fire();
    }

    fn take(&mut self, input: &Input<'_>) {
        self.counters.read += 1;
        if self.stage.refuses_late() && self.is_late(input) {
            let reason = format!("older than the watermark {:?}", self.watermarks.watermark());
            let refused = self.refused(input, &reason);
            self.out.send(input.record.time, &Late(refused));
            return;
        }
        if let Err(Broken(reason)) = self.apply(input) {
            self.reject(input, &reason);
        }
    }

    fn is_late(&self, input: &Input<'_>) -> bool {
        let delay_ms = self.stage.feedback().filter(|(topic, _)| *topic == input.topic).map_or(0, |(_, delay_ms)| delay_ms);
        input.record.late || input.record.time.plus_millis(delay_ms) < self.watermarks.watermark()
    }

    fn apply(&mut self, input: &Input<'_>) -> Result<(), Broken> {
        if size_of::<S::State>() == 0 {
            return self.stage.on_record(input, &mut S::State::default(), &mut self.out);
        }
        let key = self.stage.key(input);
        let slot = self.states.entry_ref(key).or_default();
        self.stage.on_record(input, &mut slot.state, &mut self.out)?;
        let deadline = deadline(&*self.stage, &slot.state);
        touch(key, slot, deadline, &mut self.timers, &mut self.touched);
        Ok(())
    }

    fn fire(&mut self) {
        while let Some((at, key)) = self.due() {
            let Some(slot) = self.states.get_mut(&key) else { continue };
            slot.deadline = None;
            self.stage.on_deadline(&key, at, &mut slot.state, &mut self.out);
            let deadline = deadline(&*self.stage, &slot.state);
            touch(&key, slot, deadline, &mut self.timers, &mut self.touched);
        }
    }

    /// The next deadline, if its time has come: the watermark has passed it, or every producer has ended.
    fn due(&mut self) -> Option<(Timestamp, Key)> {
        if let Some(due) = self.timers.take(self.watermarks.watermark()) {
            return Some(due);
        }
        if !self.watermarks.all_done() || self.watermarks.awaits_feedback() {
            return None;
        }
        let (at, key) = self.timers.work.pop_first()?;
        self.watermarks.close_to(at);
        Some((at, key))
    }

    fn reject(&mut self, input: &Input<'_>, reason: &str) {
        self.counters.rejected += 1;
        let refused = self.refused(input, reason);
        self.out.send(input.record.time, &Rejected(refused));
    }

    fn refused(&self, input: &Input<'_>, reason: &str) -> Refused {
        Refused {
            by: self.stage.name().to_owned(),
            from: input.topic.to_owned(),
            partition: input.partition,
            offset: input.record.offset,
            time: input.record.time,
            reason: reason.to_owned(),
            raw: Raw(input.record.value.unwrap_or_default().to_vec()),
        }
    }

    /// All that changed since the last commit, as one value. `at` is the wall clock, which goes into the marks.
    pub fn commit(&mut self, at: Timestamp) -> Commit {
        let inputs = std::mem::take(&mut self.progress)
            .into_iter()
            .map(|((topic, partition), next)| Progress { topic, partition, next })
            .collect();
        Commit { inputs, state: self.changes(), outputs: self.outputs(at) }
    }

    fn changes(&mut self) -> Vec<Change> {
        let mut changes = vec![];
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        for key in touched {
            let Some(slot) = self.states.get_mut(&key) else { continue };
            slot.touched = false;
            let prefix = entry_of(&key);
            slot.state.save(&mut Changes { partition: self.partition, prefix: &prefix, changes: &mut changes });
            if self.stage.is_done(&slot.state) {
                self.states.remove(&key);
            }
        }
        let mut value = vec![];
        if crate::Format::Compact.encode(&self.watermarks, &mut value).is_ok() {
            changes.push(Change { partition: self.partition, key: WATERMARKS.to_vec(), value: Some(value) });
        }
        changes
    }

    fn outputs(&mut self, at: Timestamp) -> Vec<Output> {
        let mark = Mark { watermark: self.promise(), at, done: self.is_done() };
        let moved = self.marked != Some((mark.watermark, mark.done));
        self.marked = Some((mark.watermark, mark.done));
        self.out.take(&self.producer, mark, moved)
    }

    /// No record that follows is older: what comes in is not, and neither is what waits for its time. Feedback leads to nothing
    /// older than what waits.
    fn promise(&self) -> Timestamp {
        let waiting = self.timers.work.first().map(|(at, _)| *at);
        let inputs = if self.watermarks.all_done() { None } else { Some(self.watermarks.inputs()) };
        waiting.into_iter().chain(inputs).min().unwrap_or(self.watermarks.watermark())
    }

    /// What was counted since the last call.
    pub fn counters(&mut self) -> Counters {
        self.out.count(&mut self.counters);
        std::mem::take(&mut self.counters)
    }

    /// The offset of the record that is, or was last, worked on.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// How far event time has come.
    pub fn watermark(&self) -> Timestamp {
        self.watermarks.watermark()
    }

    /// Whether every producer has ended and every window is closed.
    pub fn is_done(&self) -> bool {
        self.watermarks.all_done() && self.timers.work.is_empty()
    }

    /// How many keys have a state.
    pub fn keys(&self) -> usize {
        self.states.len()
    }
}

/// When a state is to be called, and whether only to be forgotten.
type Deadline = (Timestamp, bool);

fn deadline<S: Stage>(stage: &S, state: &S::State) -> Option<Deadline> {
    stage.deadline(state).map(|at| (at, stage.is_chore(state)))
}

/// The deadlines of all keys, in order.
#[derive(Default)]
struct Timers {
    work: BTreeSet<(Timestamp, Key)>,
    chores: BTreeSet<(Timestamp, Key)>,
}

impl Timers {
    fn of(&mut self, is_chore: bool) -> &mut BTreeSet<(Timestamp, Key)> {
        if is_chore { &mut self.chores } else { &mut self.work }
    }

    fn set(&mut self, key: &[u8], (at, is_chore): Deadline) {
        self.of(is_chore).insert((at, key.into()));
    }

    fn clear(&mut self, key: &[u8], (at, is_chore): Deadline) {
        self.of(is_chore).remove(&(at, key.into()));
    }

    /// Takes the first deadline that is not behind `until`.
    fn take(&mut self, until: Timestamp) -> Option<(Timestamp, Key)> {
        let first = |timers: &BTreeSet<(Timestamp, Key)>| timers.first().map(|(at, _)| *at);
        let is_chore = match (first(&self.work), first(&self.chores)) {
            (Some(work), Some(chore)) => chore < work,
            (work, _) => work.is_none(),
        };
        let timers = self.of(is_chore);
        if first(timers)? <= until { timers.pop_first() } else { None }
    }
}

fn touch<T>(key: &[u8], slot: &mut Slot<T>, deadline: Option<Deadline>, timers: &mut Timers, touched: &mut Vec<Key>) {
    if slot.deadline != deadline {
        if let Some(old) = slot.deadline {
            timers.clear(key, old);
        }
        if let Some(new) = deadline {
            timers.set(key, new);
        }
        slot.deadline = deadline;
    }
    if !slot.touched {
        slot.touched = true;
        touched.push(key.into());
    }
}

/// The start of the entries of a key's state: keys of any bytes stay apart, since their length comes first.
fn entry_of(key: &[u8]) -> Vec<u8> {
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    [&[STATES], &length.to_be_bytes()[..], key].concat()
}

fn split_entry(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = entry.strip_prefix(&[STATES])?.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}
