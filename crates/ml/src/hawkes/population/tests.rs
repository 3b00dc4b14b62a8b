use super::super::chance::{Chance, MARKS, Seen, simulation};
use super::super::{COURSE, Search, Simulated};
use super::*;

/// A cascade of the population, with its p and β: branching factors around 0.55, interest that fades in half an hour.
fn drawn(chance: &mut Chance) -> (Simulated, [f64; 2]) {
    let (off_p, off_beta) = (chance.gauss(), chance.gauss());
    let n_star = (0.55_f64.ln() + 0.2 * off_p).exp().min(0.94);
    let beta = (0.5 * (0.6 * off_p + 0.8 * off_beta)).exp() / 1800.0;
    let law = simulation(n_star, beta, chance.scale(200.0, 2000.0));
    (law.draw(|| chance.uniform()), [law.p.ln(), beta.ln()])
}

fn finished(drawn: &Simulated, fit: Option<Fit>) -> Finished {
    let reposters = drawn.marks.iter().skip(1);
    Finished {
        reposts: drawn.times.len() as u64 - 1,
        reach: drawn.marks.iter().sum(),
        reposters_reach: reposters.clone().sum(),
        squares: reposters.map(|mark| mark * mark).sum(),
        fit,
    }
}

/// A search as one would run it now.
fn search(population: &Population) -> Search {
    let mean = population.moments().map_or(1.0, |moments| moments.mean);
    Search::new(mean).with_prior(population.prior_or_broad(mean))
}

fn learned(count: usize, seed: u64) -> Population {
    let (mut population, mut chance) = (Population::default(), Chance::new(seed));
    for _ in 0..count {
        let (drawn, _) = drawn(&mut chance);
        let fit = search(&population).fit(&drawn.until(1200.0).view());
        population.observe(&finished(&drawn, Some(fit)));
    }
    population
}

#[test]
fn the_population_is_found() {
    let population = learned(500, 1);
    let prior = population.prior().unwrap();
    let [p, beta] = [prior.mean[0] - (0.55 / MARKS.mean()).ln(), prior.mean[1] + 1800_f64.ln()];
    assert!(p.abs() < 0.06 && beta.abs() < 0.15, "off by {p} and {beta}: {prior:?}");
    let [[p, both], [_, beta]] = prior.covariance;
    assert!((0.02..0.08).contains(&p) && (0.1..0.5).contains(&beta), "{prior:?}");
    let correlation = both / (p * beta).sqrt();
    assert!((0.2..0.9).contains(&correlation), "{correlation}");
    let moments = population.moments().unwrap();
    assert!((moments.mean / MARKS.mean() - 1.0).abs() < 0.03, "{moments:?}");
}

/// The mean absolute errors of ln p and ln β.
fn errors(searches: &[Search], seed: u64) -> Vec<[f64; 2]> {
    let mut chance = Chance::new(seed);
    let cascades: Vec<(Seen, [f64; 2])> = std::iter::repeat_with(|| drawn(&mut chance))
        .map(|(drawn, truth)| (drawn.until(600.0), truth))
        .filter(|(seen, _)| seen.times.len() >= 10)
        .take(400)
        .collect();
    let off = |search: &Search| {
        cascades.iter().fold([0.0; 2], |sums, (seen, truth)| {
            let fit = search.fit(&seen.view());
            let off = [(fit.p.ln() - truth[0]).abs(), (fit.beta.ln() - truth[1]).abs()];
            [sums[0] + off[0] / 400.0, sums[1] + off[1] / 400.0]
        })
    };
    searches.iter().map(off).collect()
}

#[test]
fn what_is_learned_helps() {
    let bare = Search::new(MARKS.mean());
    // the constants of the course are for a mean mark of 35
    let [p, beta, sd_p, sd_beta, correlation] = COURSE;
    let scale = 35.0 / MARKS.mean();
    let course = bare.with_prior(Prior::matched(p * scale, beta, sd_p * scale, sd_beta, correlation));
    let errors = errors(&[bare, course, search(&learned(500, 2))], 3);
    for other in [errors[0], errors[1]] {
        assert!(errors[2][0] < 0.8 * other[0] && errors[2][1] < 0.8 * other[1], "{errors:?}");
    }
}

#[test]
fn before_enough_is_seen_it_does_not_judge() {
    assert_eq!(Population::default().prior(), None);
    assert_eq!(Population::default().moments(), None);
    assert_eq!(Population::default().prior_or_broad(35.0), Prior::broad(35.0));
    assert!(learned(49, 4).prior().is_none() && learned(50, 4).prior().is_some());
}

#[test]
fn hostile_cascades_do_not_break_it() {
    let mut chance = Chance::new(5);
    let mut population = Population::default();
    for round in 0..5000 {
        let strange = [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300, 1e-300, 1.0, 35.0, 1e15];
        let mut any = || chance.one_of(&strange);
        let errors = super::super::Errors { ln_p: any(), ln_beta: any(), covariance: any() };
        let fit = Fit {
            p: any(),
            beta: any(),
            errors: Some(errors),
            ..Search::new(1.0).fit(&crate::hawkes::Cascade::new(&[0.0], &[1.0], 1.0).unwrap())
        };
        let (reach, reposters_reach, squares) = (any(), any(), any());
        let reposts = chance.one_of(&[0, 1, 1000, u64::MAX]);
        population.observe(&Finished { reposts, reach, reposters_reach, squares, fit: Some(fit) });
        let all = [population.mean[0], population.mean[1], population.reposts, population.reach, population.squares];
        assert!(all.iter().chain(&population.covariance).all(|number| number.is_finite()), "{round}: {population:?}");
        let [p, both, beta] = population.covariance;
        assert!(p > 0.0 && beta > 0.0 && both * both < p * beta, "{population:?}");
    }
    // one liar among many
    let mut population = learned(300, 6);
    let before = population.clone();
    population.observe(&Finished { reposts: 1_000_000, reach: 1e15, reposters_reach: 1e15, squares: 1e30, fit: None });
    assert!((population.mean[0] - before.mean[0]).abs() < 0.05, "{population:?} after {before:?}");
}
