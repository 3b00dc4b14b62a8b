//! A stage: a pure, synchronous operator that cannot fail.

use crate::{Batch, Broken, Change, Format, Out, Record, Timestamp};
use serde::{Deserialize, Serialize};

/// A record as a stage gets it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The topic it was read from.
    pub topic: &'a str,
    /// The partition.
    pub partition: u32,
    /// The record.
    pub record: Record<'a>,
    /// How its value is encoded.
    pub format: Format,
    /// How far event time has come where it is read: what the stage writes now must not be older.
    pub watermark: Timestamp,
}

impl<'a> Input<'a> {
    /// The record's value.
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, Broken> {
        let value = self.record.value.ok_or_else(|| Broken("the record has no value".into()))?;
        self.format.decode(value)
    }
}

/// How somebody does whom a stage asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What is wrong, if something is. The stage goes on without.
    pub trouble: Option<String>,
    /// How many questions were not answered.
    pub unanswered: u64,
}

/// An operator on records, with a state for each key and timers that follow from the state.
///
/// It reads no clock, does no I/O, draws no unseeded random number and never depends on the order of a hash
/// table: the same records in give the same records out.
pub trait Stage: Send + Sync {
    /// The state of one key.
    type State: State;

    /// The role's name.
    fn name(&self) -> &str;

    /// The key whose state a record meets.
    fn key<'a>(&self, input: &Input<'a>) -> &'a [u8] {
        input.record.key
    }

    /// A batch whose records are to come one by one: who has to ask somebody about them asks about all at once, here.
    fn ask(&self, _batch: &Batch, _format: Format) {}

    /// Whether [`Stage::ask`] waits for somebody outside, which takes no processor.
    fn asks_outside(&self) -> bool {
        false
    }

    /// How who is asked does, since the last call.
    fn asked(&self) -> Asked {
        Asked::default()
    }

    /// Takes a record in. `Err` only says that its value does not decode: it goes to `rejected`, and nothing else changes.
    fn on_record(&self, input: &Input<'_>, state: &mut Self::State, out: &mut Out) -> Result<(), Broken>;

    /// The time that a state asked for has come: no record older than `at` follows.
    fn on_deadline(&self, _key: &[u8], _at: Timestamp, _state: &mut Self::State, _out: &mut Out) {}

    /// When the state wants to be called next.
    fn deadline(&self, _state: &Self::State) -> Option<Timestamp> {
        None
    }

    /// Whether all that is left to do at the state's deadline is to forget it: the end of all sources does not hurry that.
    fn is_chore(&self, _state: &Self::State) -> bool {
        false
    }

    /// Whether the state can be forgotten.
    fn is_done(&self, _state: &Self::State) -> bool {
        false
    }

    /// All entries of a state are back after a restart; `watermark` is that of the commit that wrote them last.
    fn on_resume(&self, _watermark: Timestamp, _state: &mut Self::State) {}

    /// The input to which the stage's own output leads by way of others, and how much later than their times its records take
    /// effect, in milliseconds. The delay is what lets time go on in a ring.
    fn feedback(&self) -> Option<(&'static str, i64)> {
        None
    }

    /// Whether the stage goes by the marks in this input. One that it has no use for does not hold it up.
    fn awaits(&self, _topic: &str) -> bool {
        true
    }

    /// Whether records older than the watermark are kept away and go to `late`.
    fn refuses_late(&self) -> bool {
        true
    }
}

/// The state of one key: it says what changed, so that a commit costs what changed and not what is there.
pub trait State: Default + Send {
    /// Writes what changed since the last call. A state that is done removes all its entries.
    fn save(&mut self, changes: &mut Changes<'_>);
    /// Takes back one entry that [`State::save`] wrote; entries come in the order of their sub-keys.
    fn load(&mut self, sub_key: &[u8], value: &[u8]);
}

/// No state. A task keeps nothing for the keys of such a stage.
impl State for () {
    fn save(&mut self, _changes: &mut Changes<'_>) {}
    fn load(&mut self, _sub_key: &[u8], _value: &[u8]) {}
}

/// The changes of one key's state, under sub-keys.
#[derive(Debug)]
pub struct Changes<'a> {
    pub(crate) partition: u32,
    pub(crate) prefix: &'a [u8],
    pub(crate) changes: &'a mut Vec<Change>,
}

impl Changes<'_> {
    /// Sets the entry at `sub_key`.
    pub fn put(&mut self, sub_key: &[u8], value: Vec<u8>) {
        self.push(sub_key, Some(value));
    }

    /// Sets the entry at `sub_key` to a value in the compact form, as [`State::load`] decodes it.
    pub fn encode<T: Serialize>(&mut self, sub_key: &[u8], value: &T) {
        let mut bytes = vec![];
        if Format::Compact.encode(value, &mut bytes).is_ok() {
            self.put(sub_key, bytes);
        }
    }

    /// Removes the entry at `sub_key`.
    pub fn remove(&mut self, sub_key: &[u8]) {
        self.push(sub_key, None);
    }

    fn push(&mut self, sub_key: &[u8], value: Option<Vec<u8>>) {
        let key = [self.prefix, sub_key].concat();
        self.changes.push(Change { partition: self.partition, key, value });
    }
}
