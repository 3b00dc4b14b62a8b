//! Patterns of dates as `yyyy-MM-dd HH:mm`.

use super::{Rest, Unit, Written};
use jiff::Zoned;
use jiff::civil::DateTime;
use std::fmt::Write;

/// The pattern of a format that has a name.
pub(super) fn named(format: &str) -> &str {
    match format.strip_prefix("strict_").unwrap_or(format) {
        "date_optional_time" | "date_time" | "iso8601" | "date_optional_time_nanos" => "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "date_time_no_millis" => "yyyy-MM-dd'T'HH:mm:ssXXX",
        "date" | "year_month_day" => "yyyy-MM-dd",
        "year_month" => "yyyy-MM",
        "year" => "yyyy",
        "date_hour" => "yyyy-MM-dd'T'HH",
        "date_hour_minute" => "yyyy-MM-dd'T'HH:mm",
        "date_hour_minute_second" => "yyyy-MM-dd'T'HH:mm:ss",
        "date_hour_minute_second_millis" | "date_hour_minute_second_fraction" => "yyyy-MM-dd'T'HH:mm:ss.SSS",
        "hour_minute" => "HH:mm",
        "hour_minute_second" => "HH:mm:ss",
        "basic_date" => "yyyyMMdd",
        "basic_date_time" => "yyyyMMdd'T'HHmmss.SSSX",
        "basic_date_time_no_millis" => "yyyyMMdd'T'HHmmssX",
        _ => format,
    }
}

/// A part of a pattern.
enum Part<'a> {
    /// So many of a letter.
    Field(char, usize),
    /// Text as it is.
    Text(&'a str),
}

fn parts(pattern: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if first == '\'' {
            let inner = rest.get(1..).unwrap_or_default();
            let end = inner.find('\'').unwrap_or(inner.len());
            rest = inner.get(end + 1..).unwrap_or_default();
            return Some(Part::Text(if end == 0 { "'" } else { inner.get(..end).unwrap_or_default() }));
        }
        let letter = first.is_ascii_alphabetic();
        let same = rest.chars().take_while(|next| *next == first).count();
        let (head, tail) = rest.split_at(if letter { same } else { first.len_utf8() });
        rest = tail;
        Some(if letter { Part::Field(first, same) } else { Part::Text(head) })
    })
}

/// Can dates be read and written by this pattern?
pub(super) fn sound(pattern: &str) -> bool {
    parts(pattern).all(|part| match part {
        Part::Field(letter, _) => "yuMdHmsSXxZzE".contains(letter),
        Part::Text(_) => true,
    })
}

pub(super) fn read(pattern: &str, text: &str) -> Option<Written> {
    let mut rest = Rest(text.as_bytes());
    let (mut year, mut month, mut day, mut clock, mut nanos) = (1970, 1, 1, [0i8; 3], 0);
    let (mut zone, mut unit) = (None, Unit::Year);
    for part in parts(pattern) {
        let Part::Field(letter, count) = part else {
            let Part::Text(fixed) = part else { return None };
            if !fixed.bytes().all(|byte| rest.skip(byte)) {
                return None;
            }
            continue;
        };
        let mut number = |at_least: usize| -> Option<u32> {
            let count =
                if at_least == 1 { rest.0.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count() } else { at_least };
            rest.digits(count.max(1))
        };
        let mut here = unit;
        match letter {
            'y' | 'u' => year = number(count.max(4))? as i16,
            'M' => (month, here) = (number(count)? as i8, Unit::Month),
            'd' => (day, here) = (number(count)? as i8, Unit::Day),
            'H' => (*clock.first_mut()?, here) = (number(count)? as i8, Unit::Hour),
            'm' => (*clock.get_mut(1)?, here) = (number(count)? as i8, Unit::Minute),
            's' => (*clock.get_mut(2)?, here) = (number(count)? as i8, Unit::Second),
            'S' => (nanos, here) = (rest.fraction()?, Unit::Exact),
            'X' | 'x' | 'Z' => zone = rest.zone()?,
            _ => return None,
        }
        unit = if here > unit { here } else { unit };
    }
    let [hour, minute, second] = clock;
    let time = DateTime::new(year, month, day, hour, minute, second, nanos).ok()?;
    rest.0.is_empty().then_some(Written { time, zone, unit })
}

pub(super) fn write(pattern: &str, time: &Zoned) -> String {
    let mut into = String::with_capacity(pattern.len());
    for part in parts(pattern) {
        let written = match part {
            Part::Text(text) => into.write_str(text),
            Part::Field('y' | 'u', 2) => padded(&mut into, time.year() % 100, 2),
            Part::Field('y' | 'u', count) => padded(&mut into, time.year(), count),
            Part::Field('M', 3) => write!(into, "{}", time.strftime("%b")),
            Part::Field('M', 4) => write!(into, "{}", time.strftime("%B")),
            Part::Field('M', count) => padded(&mut into, time.month().into(), count),
            Part::Field('d', count) => padded(&mut into, time.day().into(), count),
            Part::Field('H', count) => padded(&mut into, time.hour().into(), count),
            Part::Field('m', count) => padded(&mut into, time.minute().into(), count),
            Part::Field('s', count) => padded(&mut into, time.second().into(), count),
            Part::Field('S', 3) => padded(&mut into, time.millisecond(), 3),
            Part::Field('S', count) => {
                let nanos = format!("{:09}", time.subsec_nanosecond());
                into.write_str(nanos.get(..count.min(9)).unwrap_or_default())
            }
            Part::Field('E', count) => write!(into, "{}", time.strftime(if count < 4 { "%a" } else { "%A" })),
            Part::Field(letter @ ('X' | 'x' | 'Z' | 'z'), count) => into.write_str(&offset(letter, count, time)),
            Part::Field(letter, count) => into.write_str(&letter.to_string().repeat(count)),
        };
        if written.is_err() {
            break;
        }
    }
    into
}

/// Writes a time of UTC with its milliseconds, as the pattern of `strict_date_optional_time` would, and sooner.
pub(super) fn plain(time: DateTime) -> String {
    let mut into = String::with_capacity(24);
    let parts = [
        (time.year(), 4, '-'),
        (time.month().into(), 2, '-'),
        (time.day().into(), 2, 'T'),
        (time.hour().into(), 2, ':'),
        (time.minute().into(), 2, ':'),
        (time.second().into(), 2, '.'),
        (time.millisecond(), 3, 'Z'),
    ];
    for (number, count, behind) in parts {
        if padded(&mut into, number, count).is_ok() {
            into.push(behind);
        }
    }
    into
}

/// Writes a number with so many digits, at least.
fn padded(into: &mut String, number: i16, count: usize) -> std::fmt::Result {
    let Some(first) = 4usize.checked_sub(count).filter(|_| number >= 0) else { return write!(into, "{number:0count$}") };
    let digits = [number / 1000, number / 100 % 10, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8);
    let first = digits.iter().position(|digit| *digit > b'0').unwrap_or(3).min(first);
    into.push_str(digits.get(first..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
    Ok(())
}

fn offset(letter: char, count: usize, time: &Zoned) -> String {
    let seconds = time.offset().seconds();
    if seconds == 0 && letter == 'X' {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    match (letter, count) {
        ('X' | 'x', 1) if minutes == 0 => format!("{sign}{hours:02}"),
        ('X' | 'x', 3) => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}{minutes:02}"),
    }
}
