//! Time as data: milliseconds since the Unix epoch, in UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every record.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After every record: what a producer that has ended shows.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// A moment from milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// A moment from whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Timestamp(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by a (signed) number of milliseconds; the two ends of time stay where they are.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        match self.0 {
            i64::MIN | i64::MAX => self,
            at => Timestamp(at.saturating_add(millis)),
        }
    }

    /// Milliseconds from `earlier` to this moment.
    pub const fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+HH:MM|-HH:MM)`; a space may stand for the `T`.
    /// Digits past the millisecond are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.as_bytes().split_at_checked(19)?;
        let year = digits(head.get(0..4)?)?;
        let month = digits(head.get(5..7)?)?;
        let day = digits(head.get(8..10)?)?;
        let hour = digits(head.get(11..13)?)?;
        let minute = digits(head.get(14..16)?)?;
        let second = digits(head.get(17..19)?)?;
        let marks = [head.get(4)?, head.get(7)?, head.get(13)?, head.get(16)?];
        if marks != [&b'-', &b'-', &b':', &b':'] || !matches!(head.get(10)?, b'T' | b't' | b' ') {
            return None;
        }
        let (millis, zone) = fraction(rest)?;
        let offset = zone_minutes(zone)?;
        let days = days_from_civil(year, month, day)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let seconds = days * 86_400 + hour * 3600 + (minute - offset) * 60 + second.min(59);
        Some(Timestamp(seconds * 1000 + millis))
    }

    /// A moment from its parts in UTC; `None` where there is no such date.
    pub fn from_civil(date: (i64, i64, i64), time: (i64, i64, i64)) -> Option<Self> {
        let (hour, minute, second) = time;
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
            return None;
        }
        let days = days_from_civil(date.0, date.1, date.2)?;
        Some(Timestamp((days * 86_400 + hour * 3600 + minute * 60 + second.min(59)) * 1000))
    }
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |sum: i64, b| b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0')))
}

/// The milliseconds of `.123456` and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(tail) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let length = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, zone) = tail.split_at_checked(length)?;
    if number.is_empty() {
        return None;
    }
    let millis = (0..3).fold(0, |sum, i| sum * 10 + number.get(i).map_or(0, |b| i64::from(b - b'0')));
    Some((millis, zone))
}

fn zone_minutes(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = rest.strip_prefix(b":").unwrap_or(rest);
            let hours = digits(&[*h1, *h2])?;
            let minutes = if minutes.len() == 2 { digits(minutes)? } else { return None };
            let total = hours * 60 + minutes;
            Some(if *sign == b'-' { -total } else { total })
        }
        _ => None,
    }
}

/// Days since the epoch of a proleptic Gregorian date.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(86_400_000));
        let of_day = self.0.rem_euclid(86_400_000);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, millis) = (of_day / 1000 % 60, of_day % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Timestamp::MIN => f.write_str("MIN"),
            Timestamp::MAX => f.write_str("MAX"),
            at => write!(f, "{at}"),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Timestamp);
        }
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        for (text, shown) in [
            ("2026-03-01T00:01:02.345Z", "2026-03-01T00:01:02.345Z"),
            ("2026-03-01T00:01:02Z", "2026-03-01T00:01:02.000Z"),
            ("2024-02-29 23:59:59.9876543+02:00", "2024-02-29T21:59:59.987Z"),
            ("1969-12-31T23:59:59.999-0130", "1970-01-01T01:29:59.999Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        let bad = ["", "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:00:00"];
        for text in bad {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        for text in ["2026-03-01T00:00:00.Z", "2026-03-01T00:00:00+1", "20a6-03-01T00:00:00Z", "é026-03-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for day in -141_000..141_000 {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), Some(day));
        }
    }

    #[test]
    fn the_ends_of_time_do_not_move() {
        assert_eq!(Timestamp::MAX.plus_millis(-5), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_millis(5), Timestamp::MIN);
    }
}
