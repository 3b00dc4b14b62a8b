//! Windows in three parts: a clock says what is late, a windower cuts time into panes, a fold keeps what is in them.

use crate::{Changes, State, Timestamp};
use std::collections::BTreeMap;

/// A source's event-time clock: what it has shown, and how far behind that a record may come.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Clock {
    lateness_ms: i64,
    newest: Timestamp,
}

impl Clock {
    /// A clock that has shown nothing yet.
    pub fn new(lateness_ms: i64) -> Self {
        Clock { lateness_ms, newest: Timestamp::MIN }
    }

    /// The same clock with another allowance.
    #[must_use]
    pub fn with_lateness(self, lateness_ms: i64) -> Self {
        Clock { lateness_ms, ..self }
    }

    /// Takes a record's time in; whether that record is late.
    pub fn observe(&mut self, time: Timestamp) -> bool {
        let late = time < self.watermark();
        self.newest = self.newest.max(time);
        late
    }

    /// Takes in that nothing newer than `now` came although `now` has passed.
    pub fn pass(&mut self, now: Timestamp) {
        self.newest = self.newest.max(now);
    }

    /// The time before which a record is late.
    pub fn watermark(&self) -> Timestamp {
        self.newest.plus_millis(-self.lateness_ms)
    }
}

/// Windows of one size that start every hop. A window is a run of panes, each a hop long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hopping {
    hop_ms: i64,
    panes: i64,
}

impl Hopping {
    /// Windows of `size_ms` every `hop_ms`; `None` unless the size is a positive multiple of the hop.
    pub fn new(size_ms: i64, hop_ms: i64) -> Option<Self> {
        (hop_ms > 0 && size_ms > 0 && size_ms % hop_ms == 0).then(|| Hopping { hop_ms, panes: size_ms / hop_ms })
    }

    /// The pane that holds a moment.
    pub fn pane(&self, time: Timestamp) -> i64 {
        time.millis().div_euclid(self.hop_ms)
    }

    /// When a pane ends, and with it the window of which it is the last.
    pub fn end(&self, pane: i64) -> Timestamp {
        Timestamp::from_millis((pane + 1).saturating_mul(self.hop_ms))
    }

    /// When the window that ends at `end` starts.
    pub fn start(&self, end: Timestamp) -> Timestamp {
        end.plus_millis(-self.hop_ms * self.panes)
    }
}

/// What is kept of the items of a window: each pane on its own, and a running summary that panes enter and leave in order.
pub trait Fold: Default + Send {
    /// What comes in.
    type Item;
    /// What one pane keeps.
    type Pane: Default + Send;
    /// What a window comes to.
    type Result;

    /// Takes an item into its pane.
    fn add(pane: &mut Self::Pane, item: Self::Item);
    /// What was added to the pane since the last call, encoded.
    fn fresh(pane: &mut Self::Pane) -> Vec<u8>;
    /// Takes back what [`Fold::fresh`] gave.
    fn load(pane: &mut Self::Pane, fresh: &[u8]);
    /// A pane is complete and enters the window.
    fn enter(&mut self, index: i64, pane: &Self::Pane);
    /// The oldest pane leaves the window.
    fn leave(&mut self, index: i64, pane: &Self::Pane);
    /// What the panes in the window come to.
    fn result(&self) -> Self::Result;
}

/// The state of one key's windows. Panes are kept under sub-keys, in pieces: one piece a commit that touched the pane.
#[derive(Debug, Default)]
pub struct Windows<F: Fold> {
    panes: BTreeMap<i64, Held<F::Pane>>,
    /// Panes up to here have entered the window.
    entered: Option<i64>,
    running: F,
    touched: Vec<i64>,
    left: Vec<(i64, u32)>,
}

#[derive(Debug, Default)]
struct Held<P> {
    pane: P,
    pieces: u32,
    touched: bool,
}

impl<F: Fold> Windows<F> {
    /// Takes an item into the pane of its time.
    pub fn add(&mut self, windower: &Hopping, time: Timestamp, item: F::Item) {
        let index = windower.pane(time);
        let held = self.panes.entry(index).or_default();
        F::add(&mut held.pane, item);
        if !held.touched {
            held.touched = true;
            self.touched.push(index);
        }
    }

    fn in_window(&self) -> bool {
        self.entered.is_some_and(|entered| self.panes.first_key_value().is_some_and(|(first, _)| *first <= entered))
    }

    /// When the next window with anything in it closes.
    pub fn deadline(&self, windower: &Hopping) -> Option<Timestamp> {
        let (first, _) = self.panes.first_key_value()?;
        let next = if self.in_window() { self.entered? + 1 } else { *first };
        Some(windower.end(next))
    }

    /// Closes the window that ends at `end` and tells what it came to.
    pub fn close(&mut self, windower: &Hopping, end: Timestamp) -> F::Result {
        let index = windower.pane(end.plus_millis(-1));
        self.enter(index);
        let result = self.running.result();
        self.leave_up_to(index + 1 - windower.panes);
        result
    }

    fn leave_up_to(&mut self, last: i64) {
        while let Some(oldest) = self.panes.first_entry().filter(|oldest| *oldest.key() <= last) {
            let (index, held) = oldest.remove_entry();
            self.running.leave(index, &held.pane);
            if held.pieces > 0 {
                self.left.push((index, held.pieces));
            }
        }
    }

    fn enter(&mut self, index: i64) {
        if let Some(held) = self.panes.get(&index) {
            self.running.enter(index, &held.pane);
        }
        self.entered = Some(index);
    }

    /// Whether nothing is kept.
    pub fn is_done(&self) -> bool {
        self.panes.is_empty()
    }

    /// Lets the panes that end by the watermark enter again, after a restart.
    pub fn resume(&mut self, windower: &Hopping, watermark: Timestamp) {
        let closed: Vec<i64> = self.panes.keys().copied().filter(|pane| windower.end(*pane) <= watermark).collect();
        for index in &closed {
            self.enter(*index);
        }
        if !closed.is_empty() {
            self.entered = Some(windower.pane(watermark) - 1);
        }
    }
}

fn sub_key(pane: i64, piece: u32) -> [u8; 12] {
    let mut key = [0; 12];
    let ordered = pane.cast_unsigned() ^ (1 << 63);
    let (head, tail) = key.split_at_mut(8);
    head.copy_from_slice(&ordered.to_be_bytes());
    tail.copy_from_slice(&piece.to_be_bytes());
    key
}

fn pane_of(sub_key: &[u8]) -> Option<(i64, u32)> {
    let (head, tail) = sub_key.split_first_chunk::<8>()?;
    let piece = u32::from_be_bytes(tail.try_into().ok()?);
    Some(((u64::from_be_bytes(*head) ^ (1 << 63)).cast_signed(), piece))
}

impl<F: Fold> State for Windows<F> {
    fn save(&mut self, changes: &mut Changes<'_>) {
        for index in std::mem::take(&mut self.touched) {
            if let Some(held) = self.panes.get_mut(&index) {
                changes.put(&sub_key(index, held.pieces), F::fresh(&mut held.pane));
                held.pieces += 1;
                held.touched = false;
            }
        }
        for (index, pieces) in std::mem::take(&mut self.left) {
            (0..pieces).for_each(|piece| changes.remove(&sub_key(index, piece)));
        }
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if let Some((index, piece)) = pane_of(sub_key) {
            let held = self.panes.entry(index).or_default();
            F::load(&mut held.pane, value);
            held.pieces = held.pieces.max(piece + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_flags_what_is_older_than_it_allows() {
        let mut clock = Clock::new(60_000);
        let times = [100_000, 40_000, 39_999, 200_000, 140_000, 139_999];
        let late: Vec<bool> = times.iter().map(|t| clock.observe(Timestamp::from_millis(*t))).collect();
        assert_eq!(late, [false, false, true, false, false, true]);
        clock.pass(Timestamp::from_millis(300_000));
        assert_eq!(clock.watermark().millis(), 240_000);
    }

    #[test]
    fn a_size_that_is_no_multiple_of_the_hop_is_refused() {
        assert!(Hopping::new(300_000, 60_000).is_some());
        assert!(Hopping::new(300_000, 70_000).is_none());
        assert!(Hopping::new(0, 60_000).is_none() && Hopping::new(60_000, 0).is_none());
    }

    #[test]
    fn panes_before_the_epoch_are_panes_too() {
        let windower = Hopping::new(300, 100).unwrap();
        assert_eq!(windower.pane(Timestamp::from_millis(-1)), -1);
        assert_eq!(windower.end(-1).millis(), 0);
        assert!(sub_key(-1, 9) < sub_key(0, 0));
        assert_eq!(pane_of(&sub_key(-7, 3)), Some((-7, 3)));
    }
}
