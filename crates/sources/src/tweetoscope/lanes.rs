//! The clocks of the generators. Each source counts its own seconds from its own start, in each partition in order; here they
//! are put on one time.

use flow::Broken;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A clock may run back by so much, in seconds, in one partition. Beyond that it is taken to have started over.
const SLACK_S: f64 = 60.0;
/// In between partitions of one source so many times what is on its way may lie.
const SPREAD: f64 = 10.0;
/// One that leaps ahead by more is not believed.
const LEAP_S: f64 = 30.0 * 86_400.0;
/// Three hundred years: a clock that shows more is none, and what comes after it still has a time that can be written down.
const LATEST_S: f64 = 1e10;
/// So many clocks at most: all of them are in every cursor.
const MOST: usize = 4096;
/// No name of a source is longer.
const LONGEST_NAME: usize = 256;

/// The clocks, by source and partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lanes {
    sources: BTreeMap<String, BTreeMap<u32, Lane>>,
    /// What they show at most, and how many there are, so that a message need not look at each.
    newest_s: Option<f64>,
    count: u32,
}

/// How far apart clocks that go at the same time may be seen, in seconds, where time goes so much faster: a moment of the wall's
/// is long then.
pub(super) fn slack_s(speed: f64) -> f64 {
    SLACK_S.max(2.0 * speed)
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Lane {
    number: u32,
    /// What its own clock showed last.
    own_s: f64,
    /// How much earlier it started than the time of all.
    shift_s: f64,
    /// How often it has started over.
    starts: u32,
}

/// Where a message belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Which clock it goes by.
    pub(super) clock: u32,
    /// How much is to be added to its times.
    pub(super) shift_s: f64,
    /// How often its source has started over: its cascades are counted anew.
    pub(super) starts: u32,
}

impl Lane {
    fn now_s(&self) -> f64 {
        self.own_s + self.shift_s
    }
}

impl Lanes {
    /// What the clocks show at most.
    pub(super) fn newest_s(&self) -> Option<f64> {
        self.newest_s
    }

    fn slowest_s(&self) -> Option<f64> {
        self.sources.values().flat_map(BTreeMap::values).map(Lane::now_s).min_by(f64::total_cmp)
    }

    /// The source's clock in the partition in which it is farthest.
    fn farthest(lanes: Option<&BTreeMap<u32, Lane>>) -> Option<Lane> {
        let lanes = lanes?.values().copied();
        lanes.max_by(|one, other| one.starts.cmp(&other.starts).then(one.own_s.total_cmp(&other.own_s)))
    }

    /// Takes in what a source's clock shows in a partition. One that cannot be believed changes nothing.
    ///
    /// A source that is seen for the first time and is more than `slack_s` behind has just started.
    pub(super) fn see(&mut self, partition: u32, source: &str, t: f64, slack_s: f64) -> Result<Place, Broken> {
        if !(0.0..=LATEST_S).contains(&t) {
            return Err(Broken(format!("the clock of a source cannot show {t} s: it counts the seconds since its start")));
        }
        let lanes = self.sources.get(source);
        let known = lanes.and_then(|lanes| lanes.get(&partition)).copied();
        if known.is_none() {
            self.check_room(source)?;
        }
        let lane = self.lane(known, Self::farthest(lanes), t, slack_s);
        if let Some(newest) = self.newest_s.filter(|newest| lane.now_s() > newest + LEAP_S) {
            return Err(Broken(format!("the clock of source {source} leaps to {t} s, far beyond {newest} s")));
        }
        self.keep(partition, source, lane, known.is_none());
        Ok(Place { clock: lane.number, shift_s: lane.shift_s, starts: lane.starts })
    }

    /// Whether one more clock can be kept.
    fn check_room(&self, source: &str) -> Result<(), Broken> {
        if self.count as usize >= MOST {
            return Err(Broken(format!("there are {MOST} clocks, one for each source in each partition, and no room for more")));
        }
        if source.len() > LONGEST_NAME {
            return Err(Broken(format!("the name of its source is longer than {LONGEST_NAME} bytes")));
        }
        Ok(())
    }

    fn keep(&mut self, partition: u32, source: &str, lane: Lane, is_new: bool) {
        self.newest_s = Some(self.newest_s.map_or(lane.now_s(), |newest| newest.max(lane.now_s())));
        self.count += u32::from(is_new);
        match self.sources.get_mut(source) {
            Some(lanes) => {
                lanes.insert(partition, lane);
            }
            None => {
                self.sources.insert(source.to_owned(), [(partition, lane)].into());
            }
        }
    }

    /// The lane as it stands once `t` was seen.
    fn lane(&self, known: Option<Lane>, farthest: Option<Lane>, t: f64, slack_s: f64) -> Lane {
        let just_started = self.newest_s.unwrap_or(t) - t;
        let fresh = Lane { number: self.count, own_s: t, shift_s: 0.0, starts: 0 };
        let over = |starts: u32, number: u32| Lane { number, own_s: t, shift_s: just_started, starts: starts + 1 };
        match (known, farthest) {
            (Some(lane), _) if t >= lane.own_s - SLACK_S => Lane { own_s: lane.own_s.max(t), ..lane },
            // Another partition has told of this start before.
            (Some(lane), Some(farthest)) if farthest.starts > lane.starts => Lane { own_s: t, number: lane.number, ..farthest },
            (Some(lane), _) => over(lane.starts, lane.number),
            (None, Some(farthest)) if t >= farthest.own_s - SPREAD * slack_s => {
                Lane { own_s: t, number: fresh.number, ..farthest }
            }
            (None, Some(farthest)) => over(farthest.starts, fresh.number),
            (None, None) if self.slowest_s().is_some_and(|slowest| t < slowest - slack_s) => {
                Lane { shift_s: just_started, ..fresh }
            }
            (None, None) => fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lanes: &mut Lanes, partition: u32, source: &str, t: f64) -> (u32, f64, u32) {
        let place = lanes.see(partition, source, t, SLACK_S).unwrap();
        (place.clock, place.shift_s, place.starts)
    }

    #[test]
    fn each_partition_and_source_has_a_clock() {
        let mut lanes = Lanes::default();
        assert_eq!(seen(&mut lanes, 0, "0", 10.0), (0, 0.0, 0));
        assert_eq!(seen(&mut lanes, 1, "0", 12.0), (1, 0.0, 0));
        assert_eq!(seen(&mut lanes, 0, "1", 5.0), (2, 0.0, 0));
        assert_eq!(seen(&mut lanes, 0, "0", 14.0), (0, 0.0, 0));
        assert_eq!(lanes.newest_s(), Some(14.0));
    }

    #[test]
    fn who_starts_later_and_who_starts_over_is_put_on_the_time_of_all() {
        let mut lanes = Lanes::default();
        seen(&mut lanes, 0, "0", 5000.0);
        assert_eq!(seen(&mut lanes, 0, "1", 3.0), (1, 4997.0, 0));
        assert_eq!(seen(&mut lanes, 0, "1", 23.0), (1, 4997.0, 0));
        assert_eq!(seen(&mut lanes, 0, "0", 4.0), (0, 5016.0, 1));
        assert_eq!(lanes.newest_s(), Some(5020.0));
    }

    #[test]
    fn all_partitions_of_a_source_are_on_the_same_time() {
        let mut lanes = Lanes::default();
        seen(&mut lanes, 0, "0", 5000.0);
        seen(&mut lanes, 0, "1", 3.0);
        assert_eq!(seen(&mut lanes, 1, "1", 0.0), (2, 4997.0, 0));
        assert_eq!(seen(&mut lanes, 2, "0", 4500.0), (3, 0.0, 0), "a partition may be behind");
        assert_eq!(seen(&mut lanes, 3, "0", 4.0), (4, 4996.0, 1), "or its source has started over");
        assert_eq!(seen(&mut lanes, 0, "0", 9.0), (0, 4996.0, 1));
        assert_eq!(seen(&mut lanes, 2, "0", 19.0), (3, 4996.0, 1));
        assert_eq!(lanes.newest_s(), Some(5015.0));
    }

    #[test]
    fn a_clock_that_leaps_is_not_believed() {
        let mut lanes = Lanes::default();
        seen(&mut lanes, 0, "0", 10.0);
        assert!(lanes.see(0, "0", 1e10, SLACK_S).is_err());
        assert_eq!(seen(&mut lanes, 0, "0", 11.0), (0, 0.0, 0));
    }

    #[test]
    fn a_first_message_of_an_absurd_time_leaves_nothing_behind() {
        for absurd in [1e18, -1e10, -1.0, 2e10, f64::NAN, f64::INFINITY] {
            let mut lanes = Lanes::default();
            assert!(lanes.see(0, "0", absurd, SLACK_S).is_err(), "{absurd}");
            assert_eq!(lanes.newest_s(), None);
            assert_eq!(seen(&mut lanes, 0, "0", 10.0), (0, 0.0, 0));
        }
    }

    #[test]
    fn there_is_room_for_so_many_clocks_and_no_more() {
        let mut lanes = Lanes::default();
        assert!(lanes.see(0, &"s".repeat(LONGEST_NAME + 1), 10.0, SLACK_S).is_err());
        for source in 0..MOST {
            seen(&mut lanes, 0, &source.to_string(), 10.0);
        }
        let reason = lanes.see(0, "one more", 11.0, SLACK_S).unwrap_err().0;
        assert!(reason.contains("4096 clocks"), "{reason}");
        assert!(lanes.see(1, "0", 11.0, SLACK_S).is_err(), "a partition more is a clock more");
        assert_eq!(seen(&mut lanes, 0, "7", 11.0), (7, 0.0, 0), "those that are there go on");
    }
}
