use super::{Rounding, Unit};
use crate::dates;
use proptest::prelude::*;

fn text(millis: i64) -> String {
    dates::write(millis, "yyyy-MM-dd'T'HH:mm", &jiff::tz::TimeZone::UTC)
}

fn next_few(rounding: &Rounding, from: &str, count: usize) -> Vec<String> {
    let start = dates::Reading::new(dates::DEFAULT_FORMAT, 0).plain(from).unwrap();
    let mut key = rounding.section(start).key;
    let step = |_| {
        let next = rounding.next(key);
        text(std::mem::replace(&mut key, next))
    };
    (0..count).map(step).collect()
}

#[test]
fn buckets_follow_each_other_over_changes_of_the_clock() {
    let zone = dates::zone("Europe/Paris").unwrap();
    let day = Rounding::Calendar { unit: Unit::Day, offset: 0, zone: zone.clone() };
    assert_eq!(next_few(&day, "2026-03-28T12:00", 3), ["2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00"]);
    let hours = Rounding::Fixed { interval: 3_600_000, offset: 0, zone: zone.clone() };
    assert_eq!(next_few(&hours, "2026-10-25T00:30Z", 3), ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]);
    let many = Rounding::Fixed { interval: 3 * 3_600_000, offset: 0, zone };
    assert_eq!(
        next_few(&many, "2026-03-28T22:00", 4),
        ["2026-03-28T20:00", "2026-03-28T23:00", "2026-03-29T01:00", "2026-03-29T04:00"]
    );
    let quarter = Rounding::Calendar { unit: Unit::Quarter, offset: -3_600_000, zone: jiff::tz::TimeZone::UTC };
    assert_eq!(next_few(&quarter, "2026-03-31T23:30", 2), ["2026-03-31T23:00", "2026-06-30T23:00"]);
}

proptest! {
    #[test]
    fn a_section_is_all_of_one_bucket(
        millis in -2_000_000_000_000i64..4_000_000_000_000,
        zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "+05:30", "America/Sao_Paulo"]),
        interval in prop::sample::select(vec![60_000i64, 3_600_000, 10_800_000, 86_400_000, 7 * 86_400_000]),
        unit in prop::sample::select(vec![Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year]),
        offset in -100_000_000i64..100_000_000,
        place in 0.0f64..1.0,
    ) {
        let zone = dates::zone(zone).unwrap();
        let fixed = Rounding::Fixed { interval, offset, zone: zone.clone() };
        for rounding in [fixed, Rounding::Calendar { unit, offset, zone }] {
            let section = rounding.section(millis);
            prop_assert!(section.from <= millis && millis < section.to, "{rounding:?} {section:?}");
            prop_assert!(section.key <= millis);
            let other = section.from + ((section.to - section.from - 1) as f64 * place) as i64;
            prop_assert_eq!(rounding.section(other).key, section.key);
            prop_assert_eq!(rounding.section(section.key).key, section.key);
            prop_assert!(rounding.next(section.key) > section.key);
        }
    }

    #[test]
    fn any_time_has_a_bucket(millis in any::<i64>(), offset in any::<i64>(), interval in 1i64..) {
        let zone = dates::zone("Europe/Paris").unwrap();
        Rounding::Fixed { interval, offset, zone: zone.clone() }.section(millis);
        Rounding::Calendar { unit: Unit::Week, offset, zone }.section(millis);
    }
}
