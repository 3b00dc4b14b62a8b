//! The ways in which services and recordings write a moment.

use flow::Timestamp;

/// The first microblog post ever: 2006-03-21.
pub(crate) const FIRST_POST: Timestamp = Timestamp::from_seconds(1_142_899_200);

/// A moment as a network writes it: RFC 3339, or `Mon Apr 06 22:19:49 +0000 2009`.
pub(crate) fn network(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).or_else(|| spelled_out(text)).ok_or_else(|| format!("`{}` is no time", shortened(text)))
}

/// A moment as people write it in tables: what a network writes, a date and time without a zone (taken as UTC),
/// a date alone, or seconds or milliseconds since 1970.
pub(crate) fn table(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    network(text).or_else(|reason| number(text).or_else(|| zoneless(text)).ok_or(reason))
}

/// Digits alone: milliseconds, if as seconds they would lie beyond the year 5000.
pub(crate) fn number(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    if whole > 100_000_000_000 {
        return Some(Timestamp::from_millis(whole));
    }
    let millis = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some(Timestamp::from_seconds(whole).plus_millis(millis))
}

fn zoneless(text: &str) -> Option<Timestamp> {
    let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { format!("{text}Z") };
    Timestamp::parse(&text)
}

/// `Mon Apr 06 22:19:49 +0000 2009`, with an offset or one of the zones that old recordings carry.
fn spelled_out(text: &str) -> Option<Timestamp> {
    let mut words = text.split_ascii_whitespace();
    let (_, month, day, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (zone, year, rest) = (words.next()?, words.next()?, words.next());
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let mut parts = clock.splitn(3, ':').map(small);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let date = (small(year)?, i64::try_from(month).ok()?, small(day)?);
    let moment = Timestamp::from_civil(date, (hour, minute, second))?;
    rest.is_none().then(|| Some(moment.plus_millis(-zone_minutes(zone)? * 60_000)))?
}

fn small(digits: &str) -> Option<i64> {
    (digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn zone_minutes(zone: &str) -> Option<i64> {
    Some(match zone {
        "UTC" | "GMT" | "Z" => 0,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" => -480,
        "BST" | "CET" => 60,
        "CEST" => 120,
        _ => {
            let (sign, digits) = zone.split_at_checked(1)?;
            let number = small(digits).filter(|_| digits.len() == 4)?;
            let minutes = number / 100 * 60 + number % 100;
            match sign {
                "+" => minutes,
                "-" => -minutes,
                _ => return None,
            }
        }
    })
}

/// Text of unknown length, cut for a message.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
