//! How a cascade is kept: its first post, its numbers, its reposts in pieces, those who wait. A commit writes what changed.

use super::cascade::{Cascade, Grown};
use flow::{Changes, Format, State};
use serde::Serialize;

const FIRST: &[u8] = b"f";
const NUMBERS: &[u8] = b"n";
const WAITING: &[u8] = b"w";
const ENDED: &[u8] = b"z";
/// Reposts are a row of pieces, one a commit that brought some. They come behind the numbers, so a load finds those first.
const EVENTS: u8 = b'r';

/// What of a cascade stands in the log.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) first: Entry,
    pub(super) numbers: Entry,
    pub(super) waiting: Entry,
    pub(super) ended: Entry,
    events: u32,
    pieces: u32,
    /// Pieces of a cascade that was forgotten and has begun again under this key.
    stale: u32,
}

/// One entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) changed: bool,
    pub(super) exists: bool,
}

impl Entry {
    const LOADED: Entry = Entry { changed: false, exists: true };

    /// Writes the entry if it changed, or takes it away if there is no value any more.
    fn save<T: Serialize>(&mut self, key: &[u8], value: Option<&T>, changes: &mut Changes<'_>) {
        match value {
            Some(value) if self.changed => changes.encode(key, value),
            None if self.exists => changes.remove(key),
            _ => return self.changed = false,
        }
        *self = Entry { changed: false, exists: value.is_some() };
    }
}

fn piece(number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [EVENTS, a, b, c, d]
}

impl Stored {
    /// A cascade begins: what stands in the log is, if anything, of another that was forgotten.
    pub(super) fn begin(&mut self) {
        (self.first.changed, self.numbers.changed) = (true, self.numbers.exists);
        (self.stale, self.pieces, self.events) = (self.stale.max(self.pieces), 0, 0);
    }

    fn save_events(&mut self, grown: Option<&Grown>, changes: &mut Changes<'_>) {
        for number in 0..std::mem::take(&mut self.stale) {
            changes.remove(&piece(number));
        }
        let events = grown.map_or(&[][..], |grown| &grown.events);
        if events.is_empty() {
            for number in 0..std::mem::take(&mut self.pieces) {
                changes.remove(&piece(number));
            }
            return self.events = 0;
        }
        let fresh = events.get(self.events as usize..).unwrap_or_default();
        if fresh.is_empty() {
            return;
        }
        let mut bytes = vec![];
        if Format::Compact.encode(&fresh, &mut bytes).is_ok() {
            changes.put(&piece(self.pieces), bytes);
            (self.pieces, self.events) = (self.pieces + 1, events.len() as u32);
        }
    }
}

impl State for Cascade {
    fn save(&mut self, changes: &mut Changes<'_>) {
        let is_open = self.first.is_some();
        self.stored.first.save(FIRST, self.first.as_deref(), changes);
        self.stored.numbers.save(NUMBERS, is_open.then_some(&self.numbers), changes);
        self.stored.waiting.save(WAITING, self.waiting.as_deref(), changes);
        self.stored.ended.save(ENDED, self.ended.as_ref(), changes);
        self.stored.save_events(self.numbers.grown.as_deref(), changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        match sub_key {
            FIRST => {
                self.first = Format::Compact.decode(value).ok().map(Box::new);
                self.stored.first = Entry::LOADED;
            }
            NUMBERS => {
                self.numbers = Format::Compact.decode(value).unwrap_or_default();
                self.stored.numbers = Entry::LOADED;
            }
            WAITING => {
                self.waiting = Format::Compact.decode(value).ok().map(Box::new);
                self.stored.waiting = Entry::LOADED;
            }
            ENDED => {
                self.ended = Format::Compact.decode(value).ok();
                self.stored.ended = Entry::LOADED;
            }
            [EVENTS, ..] => self.load_piece(value),
            _ => {}
        }
    }
}

impl Cascade {
    fn load_piece(&mut self, value: &[u8]) {
        self.stored.pieces += 1;
        let Some(grown) = &mut self.numbers.grown else { return };
        grown.events.extend(Format::Compact.decode::<Vec<[u64; 2]>>(value).unwrap_or_default());
        self.stored.events = grown.events.len() as u32;
    }
}
