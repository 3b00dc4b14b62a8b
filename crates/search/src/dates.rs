//! Times as Elasticsearch reads and writes them: ISO dates, milliseconds, patterns, and sums as `now-1d/d`.

mod pattern;
#[cfg(test)]
mod tests;

use crate::{Error, Result};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

/// The format of a date field that names none.
pub const DEFAULT_FORMAT: &str = "strict_date_optional_time||epoch_millis";

/// How far a date that was written goes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Exact,
}

/// The format of the other dates that are detected.
pub(crate) const SLASHED: &str = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis";

/// What a date's text says.
struct Written {
    time: DateTime,
    zone: Option<TimeZone>,
    unit: Unit,
}

/// What a date is read under.
#[derive(Clone)]
pub struct Reading<'a> {
    /// Formats, divided by `||`.
    pub format: &'a str,
    /// What the time is now, in milliseconds.
    pub now_millis: i64,
    /// The zone of dates that name none.
    pub zone: TimeZone,
}

impl<'a> Reading<'a> {
    /// Dates of these formats in UTC.
    pub fn new(format: &'a str, now_millis: i64) -> Self {
        Reading { format, now_millis, zone: TimeZone::UTC }
    }

    /// A plain date, in milliseconds.
    pub fn plain(&self, text: &str) -> Result<i64> {
        self.round(text, false)
    }

    /// A date or a sum of dates; what was left out is taken as the last moment if `up`.
    pub fn sum(&self, text: &str, up: bool) -> Result<i64> {
        let (start, rest) = match text.strip_prefix("now") {
            Some(rest) => (self.now_millis, rest),
            None => match text.split_once("||") {
                Some((anchor, rest)) => (self.round(anchor, false).map_err(|_| self.refuse_sum(anchor))?, rest),
                None => return self.round(text, up).map_err(|_| self.refuse_sum(text)),
            },
        };
        if let Some(unit) = unknown_unit(rest) {
            let reason = format!("unit [{unit}] not supported for date math [{rest}]");
            return Err(Error::new(400, "parse_exception", reason).in_search());
        }
        add(start, rest, up, &self.zone).ok_or_else(|| self.refuse_sum(text))
    }

    fn refuse(&self, text: &str) -> Error {
        let reason = format!("failed to parse date field [{text}] with format [{}]", self.format);
        Error::new(400, "parse_exception", reason)
    }

    /// What is asked for is refused with its cause, which says the same.
    fn refuse_sum(&self, text: &str) -> Error {
        let mut error = self.refuse(text).in_search();
        error.reason = format!("{0}: [{0}]", error.reason);
        error
    }

    fn round(&self, text: &str, up: bool) -> Result<i64> {
        for format in self.format.split("||") {
            if let Some(millis) = self.under(format, text, up) {
                return Ok(millis);
            }
        }
        Err(self.refuse(text))
    }

    fn under(&self, format: &str, text: &str, up: bool) -> Option<i64> {
        match format {
            "epoch_millis" => return epoch(text, 1.0),
            "epoch_second" => return epoch(text, 1000.0),
            _ => {}
        }
        let written = match format {
            "strict_date_optional_time" | "date_optional_time" | "strict_date_optional_time_nanos" | "iso8601" => iso(text)?,
            _ => pattern::read(pattern::named(format), text)?,
        };
        let zone = written.zone.unwrap_or_else(|| self.zone.clone());
        let millis = zone.to_zoned(written.time).ok()?.timestamp().as_millisecond();
        if !up {
            return Some(millis);
        }
        let next = zone.to_zoned(written.time).ok()?.checked_add(span(written.unit)?).ok()?;
        Some(next.timestamp().as_millisecond() - 1)
    }
}

fn span(unit: Unit) -> Option<Span> {
    Some(match unit {
        Unit::Year => 1.year(),
        Unit::Month => 1.month(),
        Unit::Day => 1.day(),
        Unit::Hour => 1.hour(),
        Unit::Minute => 1.minute(),
        Unit::Second => 1.second(),
        Unit::Exact => 1.millisecond(),
    })
}

fn epoch(text: &str, factor: f64) -> Option<i64> {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(factor as i64);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    let number = plain.then(|| text.parse::<f64>().ok())??;
    Some((number * factor).floor() as i64)
}

/// The formats of a string that is a date, when fields are met that no mapping names.
pub(crate) fn detected(text: &str) -> Option<&'static str> {
    if text.len() < 4 || !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if iso(text).is_some() {
        return Some(DEFAULT_FORMAT);
    }
    let slashed = SLASHED.split("||").take(2).any(|format| pattern::read(format, text).is_some());
    slashed.then_some(SLASHED)
}

/// `2020`, `2020-01-02`, `2020-01-02T03:04:05.678Z` and all between.
fn iso(text: &str) -> Option<Written> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4)? as i16;
    let (mut month, mut day, mut clock, mut nanos, mut unit) = (1, 1, [0i8; 3], 0, Unit::Year);
    if rest.skip(b'-') {
        month = rest.digits(2)? as i8;
        unit = Unit::Month;
        if rest.skip(b'-') {
            day = rest.digits(2)? as i8;
            unit = Unit::Day;
        }
    }
    let mut zone = None;
    if unit == Unit::Day && rest.skip(b'T') && !rest.0.is_empty() {
        unit = Unit::Hour;
        *clock.first_mut()? = rest.digits(2)? as i8;
        if rest.skip(b':') {
            unit = Unit::Minute;
            *clock.get_mut(1)? = rest.digits(2)? as i8;
            if rest.skip(b':') {
                unit = Unit::Second;
                *clock.get_mut(2)? = rest.digits(2)? as i8;
                if rest.skip(b'.') || rest.skip(b',') {
                    unit = Unit::Exact;
                    nanos = rest.fraction()?;
                }
            }
        }
        zone = rest.zone()?;
    }
    let [hour, minute, second] = clock;
    let time = DateTime::new(year, month, day, hour, minute, second, nanos).ok()?;
    rest.0.is_empty().then_some(Written { time, zone, unit })
}

/// What of a date's text has not been read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, byte: u8) -> bool {
        let met = self.0.first() == Some(&byte);
        if met {
            self.0 = self.0.get(1..).unwrap_or_default();
        }
        met
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number =
            digits.iter().try_fold(0u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))?;
        self.0 = rest;
        Some(number)
    }

    /// Nanoseconds from one to nine digits.
    fn fraction(&mut self) -> Option<i32> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = (1..=9).contains(&count).then(|| self.digits(count))??;
        Some(number as i32 * 10i32.pow(9 - count as u32))
    }

    /// `Z`, `+01:00`, `+0100`, `+01`, or nothing.
    fn zone(&mut self) -> Option<Option<TimeZone>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.skip(b'Z') {
            return Some(Some(TimeZone::UTC));
        }
        let sign = if self.skip(b'+') {
            1
        } else if self.skip(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)? as i32;
        let minutes = if self.skip(b':') || !self.0.is_empty() { self.digits(2)? as i32 } else { 0 };
        let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
        Some(Some(TimeZone::fixed(offset)))
    }
}

/// A zone by name or offset.
pub fn zone(name: &str) -> Result<TimeZone> {
    let offset = || Rest(name.as_bytes()).zone().flatten();
    offset().or_else(|| TimeZone::get(name).ok()).ok_or_else(|| Error::argument(format!("Unknown time-zone ID: {name}")))
}

/// The first unit of a sum that is none.
fn unknown_unit(sums: &str) -> Option<char> {
    sums.chars().find(|unit| unit.is_alphabetic() && !"yMwdhHms".contains(*unit))
}

/// Adds `+1d-2h/d` to a time.
fn add(start: i64, sums: &str, up: bool, zone: &TimeZone) -> Option<i64> {
    let mut time = Timestamp::from_millisecond(start).ok()?.to_zoned(zone.clone());
    let mut rest = sums.trim_start();
    while let Some(sign) = rest.chars().next() {
        rest = rest.get(1..)?;
        if sign == '/' {
            let unit = rest.chars().next()?;
            rest = rest.get(1..)?;
            time = floor(&time, unit)?;
            if up {
                time = step(&time, 1, unit)?.checked_sub(1.millisecond()).ok()?;
            }
            continue;
        }
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = if count == 0 { 1 } else { rest.get(..count)?.parse().ok()? };
        let unit = rest.get(count..)?.chars().next()?;
        rest = rest.get(count + 1..)?;
        time = match sign {
            '+' => step(&time, number, unit)?,
            '-' => step(&time, -number, unit)?,
            _ => return None,
        };
    }
    Some(time.timestamp().as_millisecond())
}

fn step(time: &Zoned, number: i64, unit: char) -> Option<Zoned> {
    let span = Span::new();
    let span = match unit {
        'y' => span.try_years(number),
        'M' => span.try_months(number),
        'w' => span.try_weeks(number),
        'd' => span.try_days(number),
        'h' | 'H' => span.try_hours(number),
        'm' => span.try_minutes(number),
        's' => span.try_seconds(number),
        _ => return None,
    };
    time.checked_add(span.ok()?).ok()
}

fn floor(time: &Zoned, unit: char) -> Option<Zoned> {
    let date = time.date();
    let start = |date: jiff::civil::Date| date.to_zoned(time.time_zone().clone()).ok();
    match unit {
        'y' => start(date.first_of_year()),
        'M' => start(date.first_of_month()),
        'w' => start(date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?),
        'd' => start(date),
        'h' | 'H' => time.round(jiff::ZonedRound::new().smallest(jiff::Unit::Hour).mode(jiff::RoundMode::Trunc)).ok(),
        'm' => time.round(jiff::ZonedRound::new().smallest(jiff::Unit::Minute).mode(jiff::RoundMode::Trunc)).ok(),
        's' => time.round(jiff::ZonedRound::new().smallest(jiff::Unit::Second).mode(jiff::RoundMode::Trunc)).ok(),
        _ => None,
    }
}

/// Writes a time; of several formats the first counts.
pub fn write(millis: i64, format: &str, zone: &TimeZone) -> String {
    let bars = format.as_bytes().windows(2).position(|two| two == b"||");
    let first = bars.and_then(|bars| format.get(..bars)).unwrap_or(format);
    match first {
        "epoch_millis" => return millis.to_string(),
        "epoch_second" => return millis.div_euclid(1000).to_string(),
        _ => {}
    }
    match Timestamp::from_millisecond(millis) {
        Ok(time) if is_plain(first, zone) => pattern::plain(jiff::tz::Offset::UTC.to_datetime(time)),
        Ok(time) => pattern::write(pattern::named(first), &time.to_zoned(zone.clone())),
        Err(_) => millis.to_string(),
    }
}

/// Is this how dates are written mostly?
fn is_plain(format: &str, zone: &TimeZone) -> bool {
    format == "strict_date_optional_time" && *zone == TimeZone::UTC
}

/// Refuses formats that no date could be read by.
pub(crate) fn check_format(format: &str) -> Result<()> {
    for one in format.split("||") {
        let known = matches!(one, "epoch_millis" | "epoch_second") || pattern::sound(pattern::named(one));
        if !known || one.is_empty() {
            return Err(Error::argument(format!("Invalid format: [{one}]: Unknown pattern letter")));
        }
    }
    Ok(())
}
