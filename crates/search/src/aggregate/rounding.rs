//! Which bucket of a histogram a value falls into.

#[cfg(test)]
mod tests;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

/// How values are rounded down to buckets.
#[derive(Clone, Debug)]
pub(super) enum Rounding {
    /// Numbers, to a multiple of an interval.
    Number { interval: f64, offset: f64 },
    /// Times, to a multiple of so many milliseconds of a zone's clock.
    Fixed { interval: i64, offset: i64, zone: TimeZone },
    /// Times, to a unit of a zone's calendar.
    Calendar { unit: Unit, offset: i64, zone: TimeZone },
}

/// A unit of the calendar. Minutes and hours are fixed intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Times from `from` until before `to`, which all fall into the bucket that starts at `key`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Section {
    pub(super) key: i64,
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Section {
    fn moved(self, by: i64) -> Section {
        let moved = |millis: i64| millis.saturating_add(by);
        Section { key: moved(self.key), from: moved(self.from), to: moved(self.to) }
    }
}

impl Rounding {
    /// The number of a value's bucket: of numbers the multiple, of times when the bucket starts.
    pub(super) fn number(&self, value: f64) -> i64 {
        match self {
            Rounding::Number { interval, offset } => ((value - offset) / interval).floor() as i64,
            _ => self.section(value as i64).key,
        }
    }

    /// What stands at a bucket's start.
    pub(super) fn start(&self, number: i64) -> f64 {
        match self {
            Rounding::Number { interval, offset } => number as f64 * interval + offset,
            _ => number as f64,
        }
    }

    /// The bucket after one.
    pub(super) fn next(&self, number: i64) -> i64 {
        if let Rounding::Number { .. } = self {
            return number.saturating_add(1);
        }
        let mut section = self.section(number);
        // A bucket across a change of the clock has two sections.
        for _ in 0..8 {
            section = self.section(section.to);
            if section.key > number {
                break;
            }
        }
        section.key
    }

    /// The interval, where buckets lie at its multiples.
    pub(super) fn step(&self) -> Option<i64> {
        match self {
            Rounding::Number { .. } => Some(1),
            Rounding::Fixed { interval, zone, .. } if zone.to_fixed_offset().is_ok() => Some(*interval),
            _ => None,
        }
    }

    /// The bucket of a time, and what lies around it in the same.
    pub(super) fn section(&self, millis: i64) -> Section {
        match self {
            Rounding::Number { .. } => Section { key: 0, from: 0, to: 0 },
            Rounding::Fixed { interval, offset, zone } => {
                fixed(*interval, zone, millis.saturating_sub(*offset), 8).moved(*offset)
            }
            Rounding::Calendar { unit, offset, zone } => {
                let at = millis.saturating_sub(*offset);
                // Times that no calendar knows are buckets of their own.
                calendar(*unit, zone, at).unwrap_or(Section { key: at, from: at, to: at.saturating_add(1) }).moved(*offset)
            }
        }
    }
}

fn millis_of(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1000
}

fn fixed(interval: i64, zone: &TimeZone, millis: i64, tries: u8) -> Section {
    let around = |shift: i64| {
        let start = millis.saturating_add(shift).div_euclid(interval).saturating_mul(interval);
        (start, start.saturating_sub(shift))
    };
    if let Ok(offset) = zone.to_fixed_offset() {
        let (_, key) = around(millis_of(offset));
        return Section { key, from: key, to: key.saturating_add(interval) };
    }
    let Ok(time) = Timestamp::from_millisecond(millis) else {
        return Section { key: millis, from: millis, to: millis.saturating_add(1) };
    };
    let (local, plain) = around(millis_of(zone.to_offset(time)));
    let before = time.checked_add(1.millisecond()).ok().and_then(|next| zone.preceding(next).next());
    let before = before.map_or(i64::MIN, |change| change.timestamp().as_millisecond());
    let after = zone.following(time).next().map_or(i64::MAX, |change| change.timestamp().as_millisecond());
    let key = key(local, plain, before, millis, zone).unwrap_or_else(|| {
        // Rounding down across a change of the clock: what was before it decides.
        if tries == 0 { plain } else { fixed(interval, zone, before - 1, tries - 1).key }
    });
    Section { key, from: plain.max(before), to: plain.saturating_add(interval).min(after) }
}

/// When a local time was that lies before `millis`, if that was since the last change of the clock, at `before`.
fn key(local: i64, plain: i64, before: i64, millis: i64, zone: &TimeZone) -> Option<i64> {
    let Some(civil) = Timestamp::from_millisecond(local).ok().map(|time| Offset::UTC.to_datetime(time)) else {
        return Some(plain);
    };
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => Some(local - millis_of(offset)).filter(|key| *key >= before),
        AmbiguousOffset::Gap { .. } => Some(before),
        AmbiguousOffset::Fold { before: first, after: second } => {
            let late = local - millis_of(second);
            if late < before {
                return None;
            }
            Some(if millis >= late { late } else { local - millis_of(first) })
        }
    }
}

fn calendar(unit: Unit, zone: &TimeZone, millis: i64) -> Option<Section> {
    let date = zone.to_datetime(Timestamp::from_millisecond(millis).ok()?).date();
    let (start, length): (_, Span) = match unit {
        Unit::Day => (date, 1.day()),
        Unit::Week => (date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?, 1.week()),
        Unit::Month => (date.first_of_month(), 1.month()),
        Unit::Quarter => {
            let back = i64::from((date.month() - 1) % 3);
            (date.first_of_month().checked_sub(back.months()).ok()?, 3.months())
        }
        Unit::Year => (date.first_of_year(), 1.year()),
    };
    let millis_at = |date: jiff::civil::Date| {
        let midnight = DateTime::from_parts(date, jiff::civil::Time::midnight());
        Some(zone.to_ambiguous_timestamp(midnight).compatible().ok()?.as_millisecond())
    };
    let from = millis_at(start)?;
    Some(Section { key: from, from, to: millis_at(start.checked_add(length).ok()?)? })
}
