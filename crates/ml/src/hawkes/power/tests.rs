use super::super::chance::{Chance, MARKS, Seen};
use super::super::{Moments, Search};
use super::*;

/// Straight from the definition.
fn defined(cascade: &Cascade<'_>, p: f64, shape: Shape) -> f64 {
    let events: Vec<(f64, f64)> = cascade.events().collect();
    let Shape { c, theta } = shape;
    let mut likelihood = 0.0;
    for (index, (time, _)) in events.iter().enumerate() {
        let before = events[..index].iter().filter(|(_, mark)| *mark > 0.0);
        let rate = |(earlier, mark): &(f64, f64)| mark * theta * c.powf(theta) * (time - earlier + c).powf(-1.0 - theta);
        if before.clone().count() > 0 {
            likelihood += (p * before.map(rate).sum::<f64>()).ln();
        }
    }
    let faded = events.iter().map(|(time, mark)| mark * (1.0 - (c / (cascade.end() - time + c)).powf(theta)));
    likelihood - p * faded.sum::<f64>()
}

fn any_shape(chance: &mut Chance) -> Shape {
    Shape { c: chance.scale(1.0, 86_400.0), theta: chance.scale(0.05, 3.0) }
}

#[test]
fn it_is_what_the_definition_says() {
    let mut chance = Chance::new(1);
    for round in 0..600 {
        let seen = chance.cascade(if round < 500 { MIXED } else { 4 * MIXED });
        let (p, shape) = (chance.scale(1e-8, 1.0), any_shape(&mut chance));
        let (defined, ours) = (defined(&seen.view(), p, shape), log_likelihood(&seen.view(), p, shape));
        let size = seen.times.len();
        let allowed = if size > MIXED { 1e-6 * size as f64 } else { 1e-10 * defined.abs().max(1.0) };
        assert!((ours - defined).abs() <= allowed, "{round}: {ours} instead of {defined}, {shape:?}");
    }
}

#[test]
fn the_mixture_is_the_kernel() {
    let mut worst = 0.0_f64;
    for c in [1.0, 7.3, 300.0, 86_400.0] {
        for theta in [0.05, 0.23, 1.0, 2.2, 3.0] {
            for after in [0.0, 0.5, 10.0, 1000.0, 1e5, 1e7] {
                let (times, marks) = ([0.0, after], [1.0, 1.0]);
                let sums = Sums::of(&Cascade::new(&times, &marks, after).unwrap());
                let [(log, faded)] = sums.terms(&[Shape { c, theta }]);
                let expected = Shape { c, theta }.reacted(after);
                worst = worst.max((faded - expected).abs() / expected.max(1e-300));
                worst = worst.max((log - Shape { c, theta }.density(after).ln()).abs());
            }
        }
    }
    assert!(worst < 1e-6, "off by {worst}");
}

/// Each event has its children; they are sorted in the end.
fn cascade(chance: &mut Chance, p: f64, shape: Shape, first: f64, end: f64) -> (Seen, usize) {
    let (mut open, mut all) = (vec![(0.0, first)], vec![]);
    while let Some((time, mark)) = open.pop() {
        all.push((time, mark));
        let mut passed = -(1.0 - chance.uniform()).ln();
        while passed < p * mark && all.len() + open.len() < 20_000 {
            let delay = shape.c * ((1.0 - chance.uniform()).powf(-1.0 / shape.theta) - 1.0);
            open.push((time + delay, MARKS.at(chance.uniform())));
            passed -= (1.0 - chance.uniform()).ln();
        }
    }
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let seen: Vec<(f64, f64)> = all.iter().copied().filter(|(time, _)| *time <= end).collect();
    (
        Seen { times: seen.iter().map(|event| event.0).collect(), marks: seen.iter().map(|event| event.1).collect(), end },
        all.len(),
    )
}

fn prior() -> PowerPrior {
    let mean = [(0.55 / MARKS.mean()).ln(), 300_f64.ln(), 0.8_f64.ln()];
    PowerPrior { mean, covariance: [[0.04, 0.0, 0.0], [0.0, 0.25, 0.05], [0.0, 0.05, 0.06]] }
}

fn objective(search: &PowerSearch, cascade: &Cascade<'_>, at: [f64; 3]) -> f64 {
    let problem_free = log_likelihood(cascade, at[0].exp(), Shape { c: at[1].exp(), theta: at[2].exp() });
    let penalty = search.prior.map_or(0.0, |prior| {
        // by Gauss's elimination
        let (mut rows, d) = (prior.covariance, [0, 1, 2].map(|index| at[index] - prior.mean[index]));
        let mut solved = d;
        for pivot in 0..3 {
            for row in (0..3).filter(|row| *row != pivot) {
                let factor = rows[row][pivot] / rows[pivot][pivot];
                (0..3).for_each(|column| rows[row][column] -= factor * rows[pivot][column]);
                solved[row] -= factor * solved[pivot];
            }
        }
        (0..3).map(|index| d[index] * solved[index] / rows[index][index]).sum::<f64>() / 2.0
    });
    problem_free - penalty
}

/// The best that a search by rising steps finds, from many places.
fn climbed(search: &PowerSearch, cascade: &Cascade<'_>, chance: &mut Chance) -> f64 {
    let ln_p = Search::new(search.mean_mark).ln_p();
    let bounds = [ln_p, (1_f64.ln(), 86_400_f64.ln()), (0.05_f64.ln(), 3_f64.ln())];
    let mut best = f64::NEG_INFINITY;
    for _ in 0..6 {
        let mut at = bounds.map(|(low, high)| low + (high - low) * chance.uniform());
        let (mut value, mut reach) = (objective(search, cascade, at), 1.0);
        while reach > 1e-4 {
            let mut risen = false;
            for _ in 0..12 {
                let mut next = [0, 1, 2].map(|index| at[index] + reach * chance.gauss());
                next.iter_mut().zip(bounds).for_each(|(next, (low, high))| *next = next.clamp(low, high));
                let new = objective(search, cascade, next);
                if new > value {
                    (at, value, risen) = (next, new, true);
                }
            }
            reach *= if risen { 1.3 } else { 0.6 };
        }
        best = best.max(value);
    }
    best
}

#[test]
fn nothing_is_better() {
    let mut chance = Chance::new(3);
    for round in 0..60 {
        let real = cascade(&mut chance, 0.6 / MARKS.mean(), Shape { c: 200.0, theta: 0.7 }, 400.0, 3600.0).0;
        let seen = if round % 2 == 0 { chance.cascade(40) } else { real };
        let bare = PowerSearch::new(MARKS.mean());
        let search = if round % 4 < 2 { bare } else { bare.with_prior(prior()) };
        let fit = search.fit(&seen.view());
        let own = objective(&search, &seen.view(), [fit.p.ln(), fit.shape.c.ln(), fit.shape.theta.ln()]);
        assert!((own - fit.objective).abs() <= 1e-8 * own.abs().max(1.0), "{round}: says {} and is {own}", fit.objective);
        let best = climbed(&search, &seen.view(), &mut chance);
        assert!(fit.objective >= best - 1e-4, "{round}: {} below {best}: {fit:?} {seen:?}", fit.objective);
    }
}

#[test]
fn hostile_cascades_have_fits_and_forecasts() {
    let mut chance = Chance::new(4);
    for _ in 0..150 {
        let seen = chance.cascade(30);
        let strange = [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300, 1e-300, 1.0, 35.0];
        let mut any = || chance.one_of(&strange);
        let odd = PowerPrior { mean: [any(), any(), any()], covariance: [[any(), any(), any()]; 3] };
        let (mean_mark, max_branching) = (any(), any());
        let prior = chance.one_of(&[None, Some(prior()), Some(odd)]);
        let search = PowerSearch { prior, mean_mark, max_branching };
        let fit = search.fit(&seen.view());
        let told = search.forecast(&seen.view(), &fit, Moments { mean: 35.0, square: 1e4 });
        let numbers = [fit.p, fit.n_star, fit.shape.c, fit.shape.theta, fit.objective, fit.log_likelihood, told.g1, told.mean];
        assert!(numbers.iter().all(|number| number.is_finite()), "{search:?} {fit:?} {told:?} {seen:?}");
        assert!(told.low >= seen.times.len() as f64 && told.low <= told.high && told.high.is_finite(), "{told:?}");
    }
}

#[test]
fn nine_of_ten_final_sizes_are_within() {
    let (mut chance, search) = (Chance::new(5), PowerSearch::new(MARKS.mean()).with_prior(prior()));
    let (mut inside, mut count) = (0, 0);
    while count < 200 {
        let n_star = (0.55 * (0.2 * chance.gauss()).exp()).min(0.94);
        let (off_c, off_theta) = (0.5 * chance.gauss(), chance.gauss());
        let shape = Shape { c: 300.0 * off_c.exp(), theta: 0.8 * (0.2 * off_c + 0.2236 * off_theta).exp() };
        let first = chance.scale(100.0, 2000.0);
        let (seen, size) = cascade(&mut chance, n_star / MARKS.mean(), shape, first, 1200.0);
        if seen.times.len() < 10 {
            continue;
        }
        let fit = search.fit(&seen.view());
        let told = search.forecast(&seen.view(), &fit, Moments { mean: MARKS.mean(), square: 700.0 / 3.0 });
        count += 1;
        inside += usize::from((told.low..=told.high).contains(&(size as f64)));
    }
    let part = inside as f64 / f64::from(count);
    assert!((0.85..=0.95).contains(&part), "{part} of {count}");
}
