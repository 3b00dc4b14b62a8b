use super::super::chance::{Chance, MARKS, simulation};
use super::super::{Cascade, Prior, Search};
use super::*;

fn moments() -> Moments {
    // of a Pareto variable whose density falls as m^-4.5, from 10 on
    Moments { mean: MARKS.mean(), square: 3.5 / 1.5 * 100.0 }
}

/// Cascades of a population, forecast at `end`; how many of the final sizes are within.
fn covered(seed: u64, end: f64) -> (f64, usize) {
    let mut chance = Chance::new(seed);
    let prior = Prior { mean: [(0.55 / MARKS.mean()).ln(), -1800_f64.ln()], covariance: [[0.04, 0.0], [0.0, 0.16]] };
    let search = Search::new(MARKS.mean()).with_prior(prior);
    let (mut inside, mut count) = (0, 0);
    while count < 600 {
        let (n_star, beta) = (0.55 * (0.2 * chance.gauss()).exp(), (0.4 * chance.gauss()).exp() / 1800.0);
        let law = simulation(n_star.min(0.94), beta, chance.scale(100.0, 3000.0));
        let drawn = law.draw(|| chance.uniform());
        let seen = drawn.until(end);
        if seen.times.len() < 10 {
            continue;
        }
        let fit = search.fit(&seen.view());
        let told = search.forecast(&seen.view(), &fit, moments());
        count += 1;
        inside += usize::from((told.low..=told.high).contains(&(drawn.times.len() as f64)));
    }
    (inside as f64 / count as f64, count)
}

#[test]
fn nine_of_ten_final_sizes_are_within() {
    for (seed, end) in [(1, 600.0), (2, 1200.0)] {
        let (part, count) = covered(seed, end);
        assert!((0.85..=0.95).contains(&part), "{end} s: {part} of {count}");
    }
}

#[test]
fn hostile_cascades_have_forecasts() {
    let mut chance = Chance::new(3);
    for _ in 0..2000 {
        let seen = chance.cascade(30);
        let strange = [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300, 1e-300, 1.0, 35.0];
        let moments = Moments { mean: chance.one_of(&strange), square: chance.one_of(&strange) };
        let search = Search { prior: chance.one_of(&[None, Some(Prior::course())]), ..Search::new(chance.one_of(&strange)) };
        let fit = search.fit(&seen.view());
        let told = search.forecast(&seen.view(), &fit, moments);
        let numbers = [told.g1, told.n_star, told.mean, told.low, told.high];
        assert!(numbers.iter().all(|number| number.is_finite()), "{told:?} {search:?} {seen:?}");
        assert!(told.low <= told.high && told.low >= seen.times.len() as f64 && told.mean >= told.low.min(told.mean), "{told:?}");
        assert!(told.n_star < 1.0 && told.g1 >= 0.0, "{told:?}");
    }
}

#[test]
fn what_has_ended_stays_as_it_is() {
    let long_ago = Cascade::new(&[0.0, 60.0, 100.0, 130.0], &[100.0, 20.0, 30.0, 10.0], 1e8).unwrap();
    let search = Search::new(35.0).with_prior(Prior::broad(35.0));
    let fit = search.fit(&long_ago);
    let told = search.forecast(&long_ago, &fit, Moments::constant(35.0));
    assert_eq!((told.low, told.high), (4.0, 4.0));
    assert!((told.mean - 4.0).abs() < 1e-6, "{told:?}");
}
