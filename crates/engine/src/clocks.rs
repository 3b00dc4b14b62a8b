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
    /// The clock that holds the others up: while it stands, the watermark does. None: it must be looked for.
    #[serde(skip)]
    slowest: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Kept {
    clock: Clock,
    at: Timestamp,
}

impl Clocks {
    /// No clock yet.
    pub fn new(lateness_ms: i64, idle_ms: i64) -> Self {
        let (clocks, watermark, newest_at) = (BTreeMap::new(), Timestamp::MIN, Timestamp::MIN);
        Clocks { clocks, watermark, lateness_ms, idle_ms, newest_at, slowest: None }
    }

    /// The same clocks with other allowances.
    #[must_use]
    pub fn with(mut self, lateness_ms: i64, idle_ms: i64) -> Self {
        for kept in self.clocks.values_mut() {
            kept.clock = kept.clock.with_lateness(lateness_ms);
        }
        Clocks { lateness_ms, idle_ms, slowest: None, ..self }
    }

    /// Takes in what a clock shows, at this moment of the wall's; whether a record of that time is late.
    ///
    /// It is judged by all that came before it, whether or not that was committed: else a smaller batch would refuse other records.
    pub fn observe(&mut self, clock: u32, time: Timestamp, at: Timestamp) -> bool {
        if !self.is_alone(clock) {
            self.watermark();
        }
        let fresh = Kept { clock: Clock::new(self.lateness_ms), at };
        let kept = self.clocks.entry(clock).or_insert(fresh);
        kept.at = at;
        let late = kept.clock.observe(time) || time < self.watermark;
        if self.slowest == Some(clock) || at > self.newest_at {
            self.slowest = None;
        }
        self.newest_at = self.newest_at.max(at);
        late
    }

    /// Whether there is no clock but this one, which then judges by itself.
    fn is_alone(&self, clock: u32) -> bool {
        self.clocks.len() == 1 && self.clocks.contains_key(&clock)
    }

    /// Takes in that `now` has passed, and nothing came.
    pub fn pass(&mut self, now: Timestamp) {
        if self.clocks.is_empty() {
            self.observe(0, now, self.newest_at);
        }
        for kept in self.clocks.values_mut() {
            kept.clock.pass(now);
        }
        self.slowest = None;
    }

    /// The time before which a record is late: it never runs back.
    pub fn watermark(&mut self) -> Timestamp {
        if self.slowest.is_some() {
            return self.watermark;
        }
        let silent_since = self.newest_at.plus_millis(-self.idle_ms);
        let going = self.clocks.iter().filter(|(_, kept)| kept.at >= silent_since);
        if let Some((shown, number)) = going.map(|(number, kept)| (kept.clock.watermark(), *number)).min() {
            self.watermark = self.watermark.max(shown);
            self.slowest = Some(number);
        }
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
        assert!(!clocks.observe(1, at(600), at(1)));
        assert!(!clocks.observe(0, at(900), at(1)));
        assert_eq!(clocks.watermark(), at(590));
        assert!(clocks.observe(0, at(889), at(2)), "each is judged by its own clock");
        assert!(clocks.observe(1, at(500), at(2)));
    }

    #[test]
    fn a_clock_that_stands_is_left_behind_and_then_late() {
        let mut clocks = Clocks::new(0, 100);
        clocks.observe(1, at(100), at(0));
        clocks.observe(0, at(500), at(0));
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

    #[test]
    fn what_is_late_does_not_depend_on_where_commits_fall() {
        let records: Vec<(u32, i64)> = (0..400).map(|n| ((n * 7 % 5) as u32, n * 10 - n * n * 13 % 90)).collect();
        let late = |commit_every: usize| {
            let mut clocks = Clocks::new(30, 40);
            let one = |(n, (clock, time)): (usize, &(u32, i64))| {
                if n % commit_every == 0 {
                    clocks.watermark();
                }
                clocks.observe(*clock, at(*time), at(n as i64))
            };
            records.iter().enumerate().map(one).collect::<Vec<bool>>()
        };
        let each = late(1);
        assert!(each.contains(&true) && each.contains(&false));
        assert!(each == late(7) && each == late(1000));
    }

    #[test]
    fn a_clock_that_is_new_is_judged_by_the_others() {
        let mut clocks = Clocks::new(10, 100);
        clocks.observe(0, at(900), at(0));
        assert!(clocks.observe(1, at(600), at(0)));
        assert!(!clocks.observe(1, at(890), at(0)));
    }
}
