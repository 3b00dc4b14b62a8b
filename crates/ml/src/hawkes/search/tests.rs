use super::super::chance::{Chance, MARKS, Seen, simulation};
use super::super::exponential::log_likelihood;
use super::*;

const MEAN: f64 = 35.0;

fn objective(search: &Search, cascade: &Cascade<'_>, ln_p: f64, ln_beta: f64) -> f64 {
    let penalty = search.prior.map_or(0.0, |prior| {
        let (d, [[a, b], [_, c]]) = ([ln_p - prior.mean[0], ln_beta - prior.mean[1]], prior.precision());
        (a * d[0] * d[0] + 2.0 * b * d[0] * d[1] + c * d[1] * d[1]) / 2.0
    });
    log_likelihood(cascade, ln_p.exp(), ln_beta.exp()) - penalty
}

/// The top of a function with one top.
fn top(mut low: f64, mut high: f64, f: &dyn Fn(f64) -> f64) -> f64 {
    let golden = 0.618_033_988_749_895;
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut of_left, mut of_right) = (f(left), f(right));
    while high - low > 1e-7 {
        if of_left > of_right {
            (high, right, of_right) = (right, left, of_left);
            left = high - golden * (high - low);
            of_left = f(left);
        } else {
            (low, left, of_left) = (left, right, of_right);
            right = low + golden * (high - low);
            of_right = f(right);
        }
    }
    f(low).max(f(high)).max(of_left).max(of_right)
}

/// What a dense grid finds, polished around its three best places.
fn brute(search: &Search, cascade: &Cascade<'_>) -> f64 {
    let problem = Problem::new(search, cascade);
    let (low, high) = (BETA.0.ln(), BETA.1.ln());
    // For one β the sums are the same for all p: the likelihood is tested elsewhere, here the search is.
    let profile = |ln_beta: f64| {
        let [[terms]] = problem.passage.sweep::<1, 1>([ln_beta.exp()]);
        top(problem.ln_p.0, problem.ln_p.1, &|ln_p| problem.value(&terms, ln_p, ln_beta))
    };
    let places: Vec<f64> = (0..=200).map(|step| low + (high - low) * f64::from(step) / 200.0).collect();
    let mut values: Vec<(f64, f64)> = places.iter().map(|place| (profile(*place), *place)).collect();
    values.sort_by(|one, other| other.0.total_cmp(&one.0));
    let width = (high - low) / 200.0;
    let polished = values.iter().take(3).map(|(_, place)| top((place - width).max(low), (place + width).min(high), &profile));
    polished.fold(values[0].0, f64::max)
}

fn searches() -> [Search; 4] {
    let search = Search::new(MEAN);
    let narrow = Prior::matched(0.01, 0.001, 0.001, 0.0001, 0.3);
    [search, search.with_prior(Prior::course()), search.with_prior(Prior::broad(MEAN)), search.with_prior(narrow)]
}

#[test]
fn nothing_is_better() {
    let mut chance = Chance::new(1);
    for round in 0..1000 {
        let seen = chance.cascade(50);
        let search = searches()[round % 4];
        let fit = search.fit(&seen.view());
        let own = objective(&search, &seen.view(), fit.p.ln(), fit.beta.ln());
        assert!((own - fit.objective).abs() <= 1e-9 * own.abs().max(1.0), "{round}: says {} and is {own}", fit.objective);
        let brute = brute(&search, &seen.view());
        assert!(fit.objective >= brute - 1e-6, "{round}: {} below {brute}: {fit:?} {seen:?}", fit.objective);
        assert!(fit.objective <= brute + 1e-3, "{round}: the test itself is blind: {} above {brute}", fit.objective);
    }
}

#[test]
fn every_number_is_one() {
    let mut chance = Chance::new(2);
    for round in 0..4000 {
        let mut seen = chance.cascade(30);
        let unit = chance.one_of(&[1.0, 1e-200, 1e4]);
        seen.times.iter_mut().chain([&mut seen.end]).for_each(|time| *time *= unit);
        let strange = [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300, 1e-300, 1.0, 0.5];
        let (mean_mark, max_branching) = (chance.one_of(&strange), chance.one_of(&strange));
        let beta = (chance.one_of(&strange), chance.one_of(&strange));
        let prior = Prior { mean: [beta.0, mean_mark], covariance: [[beta.1, max_branching], [mean_mark, beta.0]] };
        let prior = chance.one_of(&[None, Some(prior), Some(Prior::course())]);
        let search = if round % 2 == 0 { Search { prior, mean_mark, max_branching, beta } } else { searches()[round / 2 % 4] };
        let fit = search.fit(&seen.view());
        let numbers = [fit.p, fit.beta, fit.n_star, fit.log_likelihood, fit.objective];
        assert!(numbers.iter().all(|number| number.is_finite()), "{search:?} {fit:?} {seen:?}");
        assert!(fit.p > 0.0 && fit.beta > 0.0 && fit.n_star < 1.0, "{fit:?}");
        if let Some(errors) = fit.errors {
            assert!(errors.ln_p > 0.0 && errors.ln_beta > 0.0, "{errors:?}");
            assert!(errors.covariance.abs() <= errors.ln_p * errors.ln_beta, "{errors:?}");
        }
    }
}

/// Cascades of one law, `size` events expected of each, seen for three hours.
fn alike(seed: u64, count: usize, size: f64) -> impl Iterator<Item = Seen> {
    let mut chance = Chance::new(seed);
    let law = simulation(0.6, 1.0 / 1800.0, 0.4 / 0.6 * MARKS.mean() * size);
    std::iter::repeat_with(move || law.draw(|| chance.uniform()).until(10_800.0)).take(count)
}

#[test]
fn the_truth_is_found() {
    let search = Search::new(MARKS.mean());
    let mut ratios: Vec<[f64; 2]> = vec![];
    for seen in alike(3, 60, 2000.0) {
        let fit = search.fit(&seen.view());
        ratios.push([fit.n_star / 0.6, fit.beta * 1800.0]);
    }
    for parameter in [0, 1] {
        ratios.sort_by(|one, other| one[parameter].total_cmp(&other[parameter]));
        let median = ratios[ratios.len() / 2][parameter];
        assert!((median - 1.0).abs() < 0.02, "parameter {parameter}: {median} times the truth");
    }
}

#[test]
fn it_knows_how_sure_it_is() {
    let search = Search::new(MARKS.mean());
    let (mut inside, mut count) = ([0, 0], 0);
    for seen in alike(4, 400, 400.0) {
        let fit = search.fit(&seen.view());
        let errors = fit.errors.expect("far from any bound");
        let off = [(fit.n_star / 0.6).ln() / errors.ln_p, (fit.beta * 1800.0).ln() / errors.ln_beta];
        count += 1;
        inside.iter_mut().zip(off).for_each(|(inside, off)| *inside += usize::from(off.abs() < 1.644_853_6));
    }
    for inside in inside {
        let part = inside as f64 / f64::from(count);
        assert!((0.85..=0.95).contains(&part), "{part} of the intervals hold the truth");
    }
}

#[test]
fn bounds_are_told() {
    let search = Search::new(MEAN);
    let alone = Cascade::new(&[0.0], &[10.0], 600.0).unwrap();
    let fit = search.fit(&alone);
    assert!(fit.p_at_bound && fit.beta_at_bound && fit.errors.is_none(), "{fit:?}");
    assert!((fit.p / LEAST_P - 1.0).abs() < 1e-9 && fit.beta == BETA.0, "{fit:?}");
    let burst = Cascade::new(&[0.0; 50], &[1.0; 50], 1e6).unwrap();
    let fit = search.fit(&burst);
    assert!(fit.p_at_bound && fit.beta == BETA.1 && (fit.n_star - MAX_BRANCHING).abs() < 1e-9, "{fit:?}");
}

#[test]
fn without_events_the_prior_stays() {
    let prior = Prior::broad(MEAN);
    let nothing = Cascade::new(&[0.0, 5.0], &[0.0, 0.0], 600.0).unwrap();
    let fit = Search::new(MEAN).with_prior(prior).fit(&nothing);
    assert!((fit.p.ln() - prior.mean[0]).abs() < 1e-9 && (fit.beta.ln() - prior.mean[1]).abs() < 1e-9, "{fit:?}");
    let errors = fit.errors.unwrap();
    assert!((errors.ln_p - 1.0).abs() < 1e-6 && (errors.ln_beta - 1.5).abs() < 1e-6, "{errors:?}");
}
