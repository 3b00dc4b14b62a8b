//! The event-time clocks of a source. Most have one; one that brings several streams has one for each, and is as far as the
//! slowest of them that still goes.

use flow::Timestamp;
use flow::window::Clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The clocks, by the numbers that the source gives them. They are part of its committed state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clocks {
    clocks: BTreeMap<u32, Kept>,
    watermark: Timestamp,
    lateness_ms: i64,
    /// A clock that stands for so long while another goes, by the wall clock, holds nobody up.
    idle_ms: i64,
    newest_at: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Kept {
    clock: Clock,
    at: Timestamp,
}

impl Clocks {
    /// No clock yet.
    pub fn new(lateness_ms: i64, idle_ms: i64) -> Self {
        Clocks { clocks: BTreeMap::new(), watermark: Timestamp::MIN, lateness_ms, idle_ms, newest_at: Timestamp::MIN }
    }

    /// The same clocks with other allowances.
    #[must_use]
    pub fn with(mut self, lateness_ms: i64, idle_ms: i64) -> Self {
        for kept in self.clocks.values_mut() {
            kept.clock = kept.clock.with_lateness(lateness_ms);
        }
        Clocks { lateness_ms, idle_ms, ..self }
    }

    /// Takes in what a clock shows, at this moment of the wall's; whether a record of that time is late.
    pub fn observe(&mut self, clock: u32, time: Timestamp, at: Timestamp) -> bool {
        let fresh = Kept { clock: Clock::new(self.lateness_ms), at };
        let kept = self.clocks.entry(clock).or_insert(fresh);
        kept.at = at;
        self.newest_at = self.newest_at.max(at);
        kept.clock.observe(time) || time < self.watermark
    }

    /// Takes in that `now` has passed, and nothing came.
    pub fn pass(&mut self, now: Timestamp) {
        if self.clocks.is_empty() {
            self.observe(0, now, self.newest_at);
        }
        for kept in self.clocks.values_mut() {
            kept.clock.pass(now);
        }
    }

    /// The time before which a record is late: it never runs back.
    pub fn watermark(&mut self) -> Timestamp {
        let silent_since = self.newest_at.plus_millis(-self.idle_ms);
        let going = self.clocks.values().filter(|kept| kept.at >= silent_since);
        let slowest = going.map(|kept| kept.clock.watermark()).min();
        self.watermark = self.watermark.max(slowest.unwrap_or(Timestamp::MIN));
        self.watermark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_slowest_that_goes_decides() {
        let mut clocks = Clocks::new(10, 100);
        assert_eq!(clocks.watermark(), Timestamp::MIN);
        assert!(!clocks.observe(0, at(500), at(0)));
        assert_eq!(clocks.watermark(), at(490));
        assert!(!clocks.observe(0, at(900), at(1)));
        assert!(!clocks.observe(1, at(600), at(1)));
        assert_eq!(clocks.watermark(), at(590));
        assert!(clocks.observe(0, at(889), at(2)), "each is judged by its own clock");
        assert!(clocks.observe(1, at(500), at(2)));
    }

    #[test]
    fn a_clock_that_stands_is_left_behind_and_then_late() {
        let mut clocks = Clocks::new(0, 100);
        clocks.observe(0, at(500), at(0));
        clocks.observe(1, at(100), at(0));
        clocks.observe(0, at(800), at(100));
        assert_eq!(clocks.watermark(), at(100));
        clocks.observe(0, at(900), at(101));
        assert_eq!(clocks.watermark(), at(900));
        assert!(clocks.observe(1, at(200), at(102)));
    }

    #[test]
    fn time_passes_where_nothing_comes_and_is_kept() {
        let mut clocks = Clocks::new(10, 100);
        clocks.pass(at(50));
        assert_eq!(clocks.watermark(), at(40));
        let mut bytes = vec![];
        flow::Format::Compact.encode(&clocks, &mut bytes).unwrap();
        let mut back = flow::Format::Compact.decode::<Clocks>(&bytes).unwrap().with(30, 100);
        assert_eq!(back.watermark(), at(40), "it never runs back");
        back.pass(at(90));
        assert_eq!(back.watermark(), at(60));
    }
}
