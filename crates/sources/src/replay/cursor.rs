//! Where a replay goes on.

use flow::{Broken, Format, Timestamp};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

/// How far a replay is, and what its clock was set by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The next record's first byte, in the recording as it was before compression.
    pub(crate) offset: u64,
    /// How many records came before, over all laps.
    pub(crate) records: u64,
    /// The wall clock when the replay first started.
    pub(crate) started: Timestamp,
    /// The first post's time.
    pub(crate) first: Option<Timestamp>,
    /// The newest time so far in this lap.
    pub(crate) newest: Option<Timestamp>,
    /// The time that the first post of this lap is shown at, where times are moved.
    pub(crate) anchor: Timestamp,
    /// How often the whole recording was played.
    pub(crate) lap: u32,
    /// The recording is damaged behind `offset`, and that has been told.
    pub(crate) cut: bool,
}

impl Cursor {
    pub(crate) fn starting(now: Timestamp) -> Self {
        Cursor { offset: 0, records: 0, started: now, first: None, newest: None, anchor: now, lap: 0, cut: false }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Broken> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Format::Compact.decode(rest),
            Some((version, _)) => Err(Broken(format!("a replay's cursor of version {version}, this is version {VERSION}"))),
            None => Err(Broken("a replay's cursor is empty".to_owned())),
        }
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, Broken> {
        let mut bytes = vec![VERSION];
        Format::Compact.encode(self, &mut bytes)?;
        Ok(bytes)
    }
}
