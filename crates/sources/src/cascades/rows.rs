//! Rows of the two tables: events, and which of them make a cascade. A row is a line, whatever is quoted in it.

use std::borrow::Cow;

/// The names that tables give what an event has.
const TIME: [&str; 3] = ["time", "relative_time_second", "t"];
const MAGNITUDE: [&str; 4] = ["magnitude", "number_of_followers", "followers", "m"];
const USER: [&str; 4] = ["user_id", "user", "author_id", "author"];
const TEXT: [&str; 3] = ["msg", "text", "message"];
/// Beyond this, a whole number has no exact form in a double, nor in JSON.
const LARGEST: f64 = 9_007_199_254_740_992.0;
/// No event comes later than a hundred years after its cascade's start.
const LATEST_MS: f64 = 3.2e12;

/// An event's row, taken apart.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    /// Milliseconds after the start of the cascade.
    pub(super) at: i64,
    pub(super) followers: u64,
    pub(super) user: &'a str,
    pub(super) text: &'a str,
}

/// Which column of the data file holds what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    time: usize,
    magnitude: usize,
    user: Option<usize>,
    text: Option<usize>,
    /// How many there are.
    count: usize,
}

impl Columns {
    pub(super) fn of(heading: &[u8]) -> Result<Self, String> {
        let names = names(heading);
        let find = |known: &[&str]| known.iter().find_map(|name| names.iter().position(|column| column == name));
        let (Some(time), Some(magnitude)) = (find(&TIME), find(&MAGNITUDE)) else {
            return Err(format!("its first line must name the columns `time` and `magnitude`; it is `{}`", names.join(",")));
        };
        let (user, text) = (find(&USER), find(&TEXT));
        // What a heading of two names leaves out is what was said.
        if names.len() == 2 {
            return Ok(Columns { time, magnitude, user, text: Some(2), count: 3 });
        }
        Ok(Columns { time, magnitude, user, text, count: names.len() })
    }

    /// Takes a row apart; `unit` is how many seconds its time counts in.
    pub(super) fn row<'a>(&self, line: &'a [u8], unit: f64) -> Result<Row<'a>, String> {
        let line =
            std::str::from_utf8(line).map_err(|error| format!("not UTF-8: byte {} does not belong", error.valid_up_to()))?;
        let (mut time, mut magnitude, mut user, mut text) = (None, None, "", "");
        let mut rest = Some(line);
        for column in 0..self.count {
            let Some(left) = rest else { break };
            let whole = Some(column) == self.text && column + 1 == self.count;
            let comma = if whole { None } else { memchr::memchr(b',', left.as_bytes()) };
            let (field, behind) = comma.and_then(|at| Some((left.get(..at)?, left.get(at + 1..)))).unwrap_or((left, None));
            rest = behind;
            match column {
                column if column == self.time => time = Some(field),
                column if column == self.magnitude => magnitude = Some(field),
                column if Some(column) == self.user => user = field.trim().trim_matches('"'),
                column if Some(column) == self.text => text = field,
                _ => {}
            }
        }
        if rest.is_some() {
            return Err(format!("more columns than the {} that the first line names", self.count));
        }
        let at = quantity("time", time, LATEST_MS / 1000.0 / unit)? * unit * 1000.0;
        let followers = quantity("magnitude", magnitude, LARGEST)?;
        Ok(Row { at: at.round() as i64, followers: followers.round() as u64, user, text })
    }
}

/// A number that is not negative and not above `most`.
fn quantity(name: &str, field: Option<&str>, most: f64) -> Result<f64, String> {
    let field = field.ok_or_else(|| format!("too few columns: no {name}"))?;
    let number = field.parse().or_else(|_| field.trim().trim_matches('"').parse::<f64>());
    let number = number.map_err(|_| format!("{name} `{}` is no number", shortened(field)))?;
    match number {
        number if !number.is_finite() => Err(format!("{name} `{}` is not finite", shortened(field))),
        number if number < 0.0 => Err(format!("{name} `{}` is negative", shortened(field))),
        number if number > most => Err(format!("{name} `{}` is too large", shortened(field))),
        number => Ok(number),
    }
}

/// Which column of the index holds where a cascade begins and ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bounds {
    start: usize,
    end: usize,
}

impl Bounds {
    pub(super) fn of(heading: &[u8]) -> Result<Self, String> {
        let names = names(heading);
        let find = |name: &str| names.iter().position(|column| column == name);
        match (find("start_ind"), find("end_ind")) {
            (Some(start), Some(end)) => Ok(Bounds { start, end }),
            _ => Err(format!("its first line must name the columns `start_ind` and `end_ind`; it is `{}`", names.join(","))),
        }
    }

    /// The first and the last row of a cascade, counted from 1, in a data file of so many rows.
    pub(super) fn row(&self, line: &[u8], rows: u64) -> Result<(u64, u64), String> {
        let field = |at: usize, name: &str| {
            let field = line.split(|byte| *byte == b',').nth(at).ok_or_else(|| format!("too few columns: no {name}"))?;
            whole(field).ok_or_else(|| format!("{name} `{}` is no whole number", shortened(&String::from_utf8_lossy(field))))
        };
        let (start, end) = (field(self.start, "start_ind")?, field(self.end, "end_ind")?);
        if end < start {
            return Err(format!("ends at row {end}, before it starts at row {start}"));
        }
        if start == 0 || end > rows {
            return Err(format!("rows {start} to {end} are not all in the data file, which has rows 1 to {rows}"));
        }
        Ok((start, end))
    }
}

/// A whole number, in digits or as R writes some: `1e+05`.
fn whole(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim().trim_matches('"');
    let exact = |number: &f64| number.fract() == 0.0 && (0.0..LARGEST).contains(number);
    text.parse().ok().or_else(|| text.parse().ok().filter(exact).map(|number| number as u64))
}

/// The names in a heading.
fn names(heading: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(heading);
    let text = text.trim_start_matches('\u{feff}');
    let plain = |name: &str| shortened(name.trim().trim_matches('"')).to_lowercase();
    text.split(',').map(plain).collect()
}

/// A field without the quotes around it.
pub(super) fn unquoted(field: &str) -> Cow<'_, str> {
    let inner = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if inner.contains("\"\"") => inner.replace("\"\"", "\"").into(),
        Some(inner) => inner.into(),
        None => field.into(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}
