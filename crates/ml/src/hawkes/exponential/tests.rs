use super::super::chance::Chance;
use super::*;

/// Straight from the definition: every pair, sums of logarithms of sums of exponentials.
fn defined(cascade: &Cascade<'_>, p: f64, beta: f64) -> f64 {
    let events: Vec<(f64, f64)> = cascade.events().collect();
    let mut likelihood = 0.0;
    for (index, (time, _)) in events.iter().enumerate() {
        let before = || events[..index].iter().filter(|(_, mark)| *mark > 0.0);
        let logs = before().map(|(earlier, mark)| mark.ln() - beta * (time - earlier));
        let most = logs.clone().fold(f64::NEG_INFINITY, f64::max);
        if before().count() > 0 {
            likelihood += (p * beta).ln() + most + logs.map(|log| (log - most).exp()).sum::<f64>().ln();
        }
    }
    let faded = events.iter().map(|(time, mark)| -mark * (-beta * (cascade.end() - time)).exp_m1());
    likelihood - p * faded.sum::<f64>()
}

#[test]
fn it_is_what_the_definition_says() {
    let mut chance = Chance::new(1);
    for round in 0..2000 {
        let seen = chance.cascade(60);
        let (p, beta) = (chance.scale(1e-8, 1.0), chance.scale(1e-6, 0.1));
        let (defined, ours) = (defined(&seen.view(), p, beta), log_likelihood(&seen.view(), p, beta));
        assert!((ours - defined).abs() <= 1e-11 * defined.abs().max(1.0), "{round}: {ours} instead of {defined}");
    }
}

#[test]
fn every_octave_is_as_good_as_a_pass_of_its_own() {
    let mut chance = Chance::new(2);
    for _ in 0..300 {
        let seen = chance.cascade(100);
        let passage = Passage::of(&seen.view());
        for terms in passage.sweep::<2, 8>([1e-6, 1e-4]).into_iter().flatten() {
            let [[own]] = passage.sweep::<1, 1>([terms.beta]);
            let near = |one: f64, other: f64, size: f64| (one - other).abs() <= 1e-11 * size.abs().max(1e-3);
            assert!(near(own.logs, terms.logs, own.logs), "{own:?} {terms:?}");
            assert!(near(own.logs_slope, terms.logs_slope, own.logs), "{own:?} {terms:?}");
            assert!(near(own.faded, terms.faded, own.faded), "{own:?} {terms:?}");
            assert!(near(own.faded_slope, terms.faded_slope, own.faded), "{own:?} {terms:?}");
        }
    }
}

#[test]
fn slopes_are_slopes() {
    let mut chance = Chance::new(3);
    for _ in 0..300 {
        let seen = chance.cascade(100);
        let place = chance.scale(1e-6, 1e-2_f64).ln();
        let betas = [place - 1e-4, place, place + 1e-4].map(f64::exp);
        let [[before, here, after]] = Passage::of(&seen.view()).sweep::<3, 1>(betas);
        let near =
            |slope: f64, rise: f64, level: f64| (slope - rise / 2e-4).abs() <= 1e-5 * (slope.abs() + 1e-4 * level.abs() + 1e-6);
        assert!(near(here.logs_slope, after.logs - before.logs, here.logs), "{before:?} {here:?} {after:?}");
        assert!(near(here.faded_slope, after.faded - before.faded, here.faded), "{before:?} {here:?} {after:?}");
    }
}

#[test]
fn hostile_numbers_give_numbers() {
    let far = [0.0, 0.0, 1e-300, 1.0, 1e15, 1e15];
    for marks in [[0.0; 6], [1e15; 6], [1e-300, 1e-99, 0.0, 1e15, 1e-99, 0.0], [0.0, 0.0, 5e-324, 1.0, 0.0, 1e-99]] {
        let cascade = Cascade::new(&far, &marks, 1e15).unwrap();
        for number in [0.0, 1e-300, 1e-8, 1.0, 1e300, f64::INFINITY] {
            for other in [0.0, 1e-300, 1e-8, 1.0, 1e300, f64::INFINITY] {
                assert!(log_likelihood(&cascade, number, other).is_finite(), "{marks:?} {number} {other}");
            }
        }
    }
}
