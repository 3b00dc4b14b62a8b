//! When the records happen: a gentle daily wave, in whole numbers so that a record's number gives its moment.

use flow::Timestamp;

const DAY_MS: i64 = 86_400_000;
/// How busy each hour of a day is (UTC), in hundredths of the mean.
const HOURS: [u128; 24] =
    [62, 54, 50, 50, 54, 64, 80, 98, 112, 118, 118, 116, 118, 118, 116, 114, 114, 118, 126, 136, 142, 134, 110, 78];
const ALL: u128 = 2400;

/// A schedule of records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// The midnight before the start.
    midnight: Timestamp,
    /// Millionths of records due between that midnight and the start.
    before: u128,
    /// Millionths of records a second, on average.
    rate: u128,
}

impl Timing {
    /// `rate` records a second from `start` on.
    pub(super) fn new(start: Timestamp, rate: f64) -> Self {
        let of_day = start.millis().rem_euclid(DAY_MS);
        let rate = ((rate * 1e6) as u128).max(1);
        let hour = (of_day / 3_600_000) as usize;
        let full: u128 = HOURS.iter().take(hour).sum();
        let part = HOURS.get(hour).copied().unwrap_or(0) * (of_day % 3_600_000).cast_unsigned() as u128;
        let before = rate * 36 * full + rate * 36 * part / 3_600_000;
        Timing { midnight: start.plus_millis(-of_day), before, rate }
    }

    /// When record `number` is due, counted from 0.
    pub(super) fn moment(&self, number: u64) -> Timestamp {
        let position = self.before + u128::from(number) * 1_000_000;
        let day = self.rate * 36 * ALL;
        let mut rest = position % day;
        let mut millis = (position / day) as i64 * DAY_MS;
        for share in HOURS {
            let hour = self.rate * 36 * share;
            if rest < hour {
                millis += (rest * 3_600_000 / hour) as i64;
                break;
            }
            rest -= hour;
            millis += 3_600_000;
        }
        self.midnight.plus_millis(millis)
    }

    /// The first record that is due at `time` or later, not before `from`.
    pub(super) fn at(&self, time: Timestamp, from: u64) -> u64 {
        let (mut low, mut high) = (from, from + 1);
        while self.moment(high) < time && high < u64::MAX / 4 {
            high *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.moment(middle) < time { low = middle + 1 } else { high = middle }
        }
        low
    }
}
