//! The clocks of the generators. Each source counts its own seconds from its own start, in each partition in order; here they
//! are put on one time.

use flow::Broken;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A clock may be behind the others by so much, in seconds, when it is first seen; beyond that it is taken to have just started.
const SLACK_S: f64 = 60.0;
/// One that leaps ahead by more is not believed.
const LEAP_S: f64 = 30.0 * 86_400.0;

/// The clocks, by partition and source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lanes(BTreeMap<(u32, String), Lane>);

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

impl Lanes {
    /// What the clocks show at most.
    pub(super) fn newest_s(&self) -> Option<f64> {
        self.0.values().map(|lane| lane.own_s + lane.shift_s).max_by(f64::total_cmp)
    }

    fn slowest_s(&self) -> Option<f64> {
        self.0.values().map(|lane| lane.own_s + lane.shift_s).min_by(f64::total_cmp)
    }

    /// Takes in what a source's clock shows in a partition.
    pub(super) fn see(&mut self, partition: u32, source: &str, t: f64) -> Result<Place, Broken> {
        let (newest, slowest, number) = (self.newest_s(), self.slowest_s(), self.0.len() as u32);
        let known = self.0.get_mut(&(partition, source.to_owned()));
        if let Some(newest) = newest.filter(|newest| t + known.as_ref().map_or(0.0, |lane| lane.shift_s) > newest + LEAP_S) {
            return Err(Broken(format!("the clock of source {source} leaps to {t} s, far beyond {newest} s")));
        }
        let lane = match known {
            Some(lane) => {
                if t < lane.own_s - SLACK_S {
                    (lane.shift_s, lane.starts, lane.own_s) = (newest.unwrap_or(t) - t, lane.starts + 1, t);
                }
                lane.own_s = lane.own_s.max(t);
                *lane
            }
            None => {
                let is_behind = slowest.is_some_and(|slowest| t < slowest - SLACK_S);
                let shift_s = if is_behind { newest.unwrap_or(t) - t } else { 0.0 };
                let lane = Lane { number, own_s: t, shift_s, starts: 0 };
                self.0.insert((partition, source.to_owned()), lane);
                lane
            }
        };
        Ok(Place { clock: lane.number, shift_s: lane.shift_s, starts: lane.starts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lanes: &mut Lanes, partition: u32, source: &str, t: f64) -> (u32, f64, u32) {
        let place = lanes.see(partition, source, t).unwrap();
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
    fn a_clock_that_leaps_is_not_believed() {
        let mut lanes = Lanes::default();
        seen(&mut lanes, 0, "0", 10.0);
        assert!(lanes.see(0, "0", 1e10).is_err());
        assert_eq!(seen(&mut lanes, 0, "0", 11.0), (0, 0.0, 0));
    }
}
