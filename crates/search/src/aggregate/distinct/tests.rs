use super::{Distinct, EXACT, Seen, mix};

fn of(codes: std::ops::Range<u64>) -> Distinct {
    let mut distinct = Distinct::default();
    codes.for_each(|code| {
        distinct.push(mix(code));
    });
    distinct
}

#[test]
fn few_are_counted_and_many_are_guessed_well() {
    assert_eq!(of(0..EXACT as u64).count(), EXACT as u64);
    for count in [70_000, 100_000, 1_000_000] {
        let found = of(0..count).count() as f64;
        assert!((found / count as f64 - 1.0).abs() < 0.025, "{count}: {found}");
    }
}

#[test]
fn together_they_count_once() {
    assert_eq!(of(0..1000).with(of(500..1500)).count(), 1500);
    let (large, small) = (of(0..100_000), of(99_000..101_000));
    for found in [large.clone().with(small.clone()), small.with(large)] {
        assert_eq!(found, of(0..101_000));
    }
}

#[test]
fn places_are_kept_in_order() {
    for of in [100, 100_000] {
        let mut seen = Seen::default();
        let places: Vec<u64> = (0..of).step_by(7).collect();
        places.iter().rev().for_each(|place| {
            seen.push(*place as u32, of as u32);
        });
        assert_eq!(seen.ords(), places);
    }
}
