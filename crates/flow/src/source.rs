//! A source: the world, as records.

use crate::{Broken, Out, Refused, Timestamp};
use std::time::Duration;

/// What a poll of a source brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Something; poll again at once.
    Some,
    /// Nothing at the moment.
    Idle,
    /// The end: nothing will follow.
    End,
}

/// A record that a source has written to its [`Out`], as the engine needs it to flag what is late or double.
#[derive(Debug)]
pub struct Staged {
    /// Where it stands.
    pub place: crate::out::Place,
    /// When it happened.
    pub time: Timestamp,
    /// Which of the source's clocks it goes by: 0, unless the source brings several streams, each with a time of its own.
    pub clock: u32,
    /// What identifies it, hashed: a second one with the same identity is refused.
    pub identity: u64,
    /// Where its bytes came from, in the source's own count.
    pub offset: u64,
    /// Its bytes, should it be refused.
    pub raw: bytes::Bytes,
}

/// What one poll brings: records, refusals, and the cursor behind them.
#[derive(Debug)]
pub struct Pulled {
    /// The records, encoded.
    pub out: Out,
    /// The records again, in the order in which the source showed them.
    pub staged: Vec<Staged>,
    /// What the source could not read.
    pub refused: Vec<Refused>,
    /// Where to go on after all this.
    pub cursor: Vec<u8>,
    /// What the source's own clock shows, if it has one: with it, time goes on while nothing comes.
    pub now: Option<Timestamp>,
}

/// Where records come from. A source keeps no state but its cursor, which is committed with what it brought.
pub trait Source: Send {
    /// Starts, behind the cursor of the last commit if there is one. The source writes into outputs that `out` makes.
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken>;
    /// Brings what there is, waiting up to `wait` for it.
    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken>;
    /// How far it is, from 0 to 1, if that is known.
    fn done(&self) -> Option<f64> {
        None
    }
}
