use super::*;
use crate::hawkes::chance::Chance as Dice;

/// `ln` of a size that grows with the first feature, with noise; the other features say nothing.
fn examples(dice: &mut Dice, count: usize, width: usize, noise: f64) -> Examples {
    let mut examples = Examples::new(width);
    for _ in 0..count {
        let features: Vec<f32> = (0..width).map(|_| dice.uniform() as f32).collect();
        let target = truth(&features) + noise * dice.gauss();
        examples.push(&features, target as f32);
    }
    examples
}

fn truth(features: &[f32]) -> f64 {
    let [first, second] = [features[0], features[1]].map(f64::from);
    2.0 + (4.0 * first).sin() + if second > 0.5 { 1.0 } else { 0.0 }
}

#[test]
fn it_learns_a_function() {
    let mut dice = Dice::new(1);
    let trained = Forest::train(&examples(&mut dice, 1000, 8, 0.1), &Settings { features: 0.6, ..Settings::default() }, 1);
    let mut errors = 0.0;
    for _ in 0..200 {
        let features: Vec<f32> = (0..8).map(|_| dice.uniform() as f32).collect();
        errors += (trained.forest.law(&features).quantile(0.5).unwrap() - truth(&features)).abs() / 200.0;
    }
    assert!(errors < 0.12, "{errors}");
}

#[test]
fn quantiles_are_reached_as_often_as_they_say() {
    let mut dice = Dice::new(2);
    let (train, test) = (examples(&mut dice, 1500, 4, 0.5), examples(&mut dice, 1500, 4, 0.5));
    let trained = Forest::train(&train, &Settings { leaf: 10, ..Settings::default() }, 1);
    for part in [0.1, 0.5, 0.9] {
        let below = (0..test.len()).filter(|row| {
            let quantile = trained.forest.law(test.row(*row)).quantile(part).unwrap();
            f64::from(test.target(*row)) <= quantile
        });
        let share = below.count() as f64 / 1500.0;
        assert!((share - part).abs() < 0.05, "{share} instead of {part}");
    }
}

#[test]
fn the_relative_median_has_the_least_relative_error() {
    let mut dice = Dice::new(3);
    let trained = Forest::train(&examples(&mut dice, 300, 3, 0.7), &Settings::default(), 1);
    for _ in 0..20 {
        let features = [dice.uniform() as f32, dice.uniform() as f32, 0.0];
        let law = trained.forest.law(&features);
        let error = |guess: f64| law.weighed().map(|(target, weight)| weight * (guess - target).exp_m1().abs()).sum::<f64>();
        let own = error(law.relative_median().unwrap());
        assert!((0..500).all(|step| own <= error(f64::from(step) / 100.0) + 1e-9));
        assert!(law.relative_median() <= law.quantile(0.5), "smaller is safer");
    }
}

#[test]
fn the_same_seed_gives_the_same_forest() {
    let examples = examples(&mut Dice::new(4), 200, 5, 0.3);
    let forest = |seed| Forest::train(&examples, &Settings { trees: 20, ..Settings::default() }, seed).forest;
    assert_eq!(forest(7), forest(7));
    assert_ne!(forest(7), forest(8));
}

#[test]
fn what_a_tree_has_not_seen_judges_it() {
    // Nothing can be learned of noise: in the bag it looks as if, out of it it does not.
    let mut dice = Dice::new(5);
    let mut noise = Examples::new(3);
    for _ in 0..300 {
        noise.push(&[dice.uniform() as f32, dice.uniform() as f32, dice.uniform() as f32], dice.gauss() as f32);
    }
    let trained = Forest::train(&noise, &Settings { leaf: 1, rows: 0.8, ..Settings::default() }, 1);
    let error = |law: Law<'_>, row| (law.mean().unwrap() - f64::from(noise.target(row))).powi(2) / 300.0;
    let inside: f64 = (0..300).map(|row| error(trained.forest.law(noise.row(row)), row)).sum();
    let outside: f64 = (0..300).map(|row| error(trained.out_of_bag(&noise, row).unwrap(), row)).sum();
    assert!(inside < 0.3 && outside > 0.9, "{inside} {outside}");
    assert!(trained.out_of_bag(&noise, 300).is_none());
}

#[test]
fn hostile_examples_do_no_harm() {
    let mut dice = Dice::new(6);
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1e38, -1e-38, 1.0];
    for _ in 0..60 {
        let width = dice.below(4);
        let mut examples = Examples::new(width);
        for _ in 0..dice.below(40) {
            let features: Vec<f32> = (0..dice.below(6)).map(|_| dice.one_of(&odd)).collect();
            examples.push(&features, dice.one_of(&odd));
        }
        let parts = [0.0, -1.0, 0.5, 1.0, 7.0, f32::NAN];
        let (features, rows) = (dice.one_of(&parts), dice.one_of(&parts));
        let settings =
            Settings { trees: dice.one_of(&[0, 5]), leaf: dice.one_of(&[0, 1, 100]), features, rows, ..Settings::default() };
        let trained = Forest::train(&examples, &settings, 1);
        let law = trained.forest.law(&[dice.one_of(&odd), dice.one_of(&odd)]);
        for told in [law.quantile(0.5), law.relative_median(), law.mean(), law.quantile(f64::NAN)].into_iter().flatten() {
            assert!(told.is_finite(), "{told}");
        }
    }
}

#[test]
fn it_can_be_written_and_read() {
    let examples = examples(&mut Dice::new(7), 1000, 4, 0.3);
    let forest = Forest::train(&examples, &Settings::default(), 1).forest;
    let bytes = postcard::to_allocvec(&forest).unwrap();
    assert!(bytes.len() < 500_000, "{} bytes", bytes.len());
    let read: Forest = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(read, forest);
    assert_eq!(read.examples(), 1000);
}

#[test]
fn what_was_read_may_be_wrong() {
    let split = |left| Node::Split { feature: 900, threshold: f32::NAN, left };
    for nodes in [vec![], vec![split(0)], vec![split(9)], vec![split(1), split(0)], vec![Node::Leaf { start: 5, end: 2 }]] {
        let forest = Forest { targets: vec![1.0], trees: vec![Tree { nodes, rows: vec![0, 77] }] };
        assert_eq!(forest.law(&[1.0]).quantile(0.5), None);
    }
}
