//! How a moment or a length of time is written in an address.

use flow::Timestamp;

/// What to say of a moment that cannot be read.
pub const MOMENT: &str = "write a time as RFC 3339, as in 2026-03-01T12:00:00Z, or as a length of time before the newest \
                          window's end, as in -15m, -1h or -2d";
/// What to say of a length of time that cannot be read.
pub const LENGTH: &str = "write a length of time as a whole number and a unit, as in 90s, 15m, 1h or 2d";

/// Reads a moment; `now` is what a relative one counts from.
pub fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(back) = text.strip_prefix('-') {
        return Some(now.plus_millis(-length_ms(back)?));
    }
    // In an address a plus sign stands for a space, and `+02:00` arrives without its sign.
    let mended = || text.rsplit_once(' ').map(|(head, zone)| format!("{head}+{zone}"));
    Timestamp::parse(text).or_else(|| Timestamp::parse(&mended()?))
}

/// Reads a length of time, in milliseconds.
pub fn length_ms(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_of_both_kinds() {
        let now = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        for (text, read) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
            ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.000Z"),
            ("2026-03-01T10:00:00 02:00", "2026-03-01T08:00:00.000Z"),
            ("-90s", "2026-03-01T11:58:30.000Z"),
            ("-1h", "2026-03-01T11:00:00.000Z"),
            ("-2d", "2026-02-27T12:00:00.000Z"),
        ] {
            assert_eq!(moment(text, now).unwrap().to_string(), read);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "-",
            "1h",
            "-1",
            "-h",
            "-1w",
            "--1h",
            "yesterday",
            "2026-03-01",
            "-99999999999999999999s",
            "-9223372036854775807d",
        ] {
            assert_eq!(moment(text, Timestamp::default()), None, "{text}");
        }
        for text in ["", "h", "-1h", "1.5h", "1 h", "1H"] {
            assert_eq!(length_ms(text), None, "{text}");
        }
    }
}
