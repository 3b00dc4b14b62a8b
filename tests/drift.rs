//! The law of cascades changes half-way, with the real process: it is noticed, told, and learned from.

use crate::cascades::write;
use crate::support::{Dice, Place};
use serde_json::Value;

/// Cascades of each law.
const EACH: usize = 500;
/// Where means of errors over 64 tell: models have been in force for a while, and all errors are of the first law.
const SETTLED: std::ops::RangeInclusive<u64> = 200..=480;
/// Cards as they stand.
const RUN: &str = "run --drain --listen off --source cascades:FOLDER?speed=max&shuffle=false&alive=30&start=2026-01-01T00:00:00Z";
const ABOVE: f64 = 0.35;

/// A law of cascades.
struct Law {
    /// How many reposts a repost leads to, in the mean.
    n_star: f64,
    /// In so many seconds interest fades.
    fades: f64,
}

/// In ten minutes most is over.
const QUICK: Law = Law { n_star: 0.5, fades: 300.0 };
/// In ten minutes little is.
const SLOW: Law = Law { n_star: 0.7, fades: 1200.0 };

/// From above 0 to 1.
fn share(dice: &mut Dice) -> f64 {
    (dice.roll(1 << 40) + 1) as f64 / (1_u64 << 40) as f64
}

/// A Hawkes process, as a family: the first post has 40 children, any other up to three.
fn cascade(law: &Law, dice: &mut Dice) -> Vec<(u64, u64)> {
    let (mut times, mut next) = (vec![0.0], 0);
    while let Some(time) = times.get(next).copied() {
        let (tries, chance) = if next == 0 { (40, 1.0) } else { (3, law.n_star / 3.0) };
        for _ in 0..tries {
            if share(dice) <= chance {
                times.push(time - share(dice).ln() * law.fades);
            }
        }
        next += 1;
    }
    times.sort_by(f64::total_cmp);
    times.iter().map(|time| (*time as u64, 100)).collect()
}

/// What a run on such cascades leaves on its log.
fn played(place: &Place, name: &str, cascades: &[Vec<(u64, u64)>]) {
    write(place, name, cascades);
    place.ok(&format!("{} --log disk:{name}-log", RUN.replace("FOLDER", name)));
}

fn number(of: &Value, name: &str) -> f64 {
    of[name].as_f64().unwrap_or_else(|| panic!("{name} of {of}"))
}

fn count(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_else(|| panic!("{name} of {of}"))
}

/// How many errors there were, and the mean of the newest, each time that it was told.
fn means(place: &Place, name: &str) -> Vec<(u64, f64)> {
    let told = place.tap(&format!("accuracies --log disk:{name}-log"));
    told.iter().map(|told| (count(told, "errors"), number(told, "mean"))).collect()
}

fn greatest(means: &[(u64, f64)], within: impl std::ops::RangeBounds<u64>) -> f64 {
    let means = means.iter().filter(|(errors, _)| within.contains(errors));
    means.map(|(_, mean)| *mean).max_by(f64::total_cmp).expect("some")
}

#[test]
fn a_change_of_law_shows_is_told_of_and_is_learned() {
    // A longer delay than usual: it takes a round of the ring for each.
    let place = Place::new().set("collect.windows", "10m").set("predict.delay", "2h").set("monitor.over", "64");
    place
        .write("goshawk.toml", format!("[watch.rules.inaccurate]\nof = \"accuracies.mean\"\nabove = {ABOVE}\nexpire = \"1d\"\n"));
    let mut dice = Dice(7);
    let quick: Vec<_> = (0..EACH).map(|_| cascade(&QUICK, &mut dice)).collect();
    let slow: Vec<_> = (0..EACH).map(|_| cascade(&SLOW, &mut dice)).collect();
    played(&place, "both", &[quick, slow.clone()].concat());
    played(&place, "slow", &slow);

    let (both, alone) = (means(&place, "both"), means(&place, "slow"));
    let (before, worst) = (greatest(&both, SETTLED), greatest(&both, EACH as u64..));
    assert!(before < 0.15 && worst > 3.0 * before && worst > ABOVE, "{before} before, {worst} at worst");
    let (last, best) = (both[both.len() - 1].1, alone[alone.len() - 1].1);
    // Whoever never knew another law does no better on the same cascades.
    assert!(last < 1.2 * best && 2.0 * last < worst, "{last} at the end, {best} without a change");

    the_gate_lets_some_in(&place);
    it_is_told_of_once(&place);
}

/// Models of the new law take the place of those of the old one; but not any model does.
fn the_gate_lets_some_in(place: &Place) {
    let models = place.tap("models --log disk:both-log");
    let is_taken = |model: &&Value| model["in_force"] == model["version"];
    let later = || models.iter().filter(|model| count(model, "learned_from") > EACH as u64);
    let (taken, refused): (Vec<&Value>, Vec<&Value>) = later().partition(is_taken);
    assert!(!taken.is_empty() && !refused.is_empty(), "{} taken, {} refused", taken.len(), refused.len());
    for model in taken {
        assert!(number(model, "are") <= number(model, "constant_are"), "taken, though worse than the constant: {model}");
    }
    for model in refused {
        assert!(count(model, "in_force") < count(model, "version"), "{model}");
    }
    let predictions = place.tap("predictions --log disk:both-log");
    let of_new = predictions.iter().filter(|told| count(told, "model") > EACH as u64).count();
    assert!(of_new > EACH / 2, "only {of_new} predictions are of models that knew the new law");
}

/// Not before the change, and no longer than it takes to learn.
fn it_is_told_of_once(place: &Place) {
    let alerts = place.tap("alerts --log disk:both-log");
    let states: Vec<&str> = alerts.iter().map(|alert| alert["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["firing", "calm"], "{alerts:?}");
    let sizes = place.tap("sizes --log disk:both-log");
    // Cascades go by the number of their card.
    let first_of_new = EACH.to_string();
    let first = sizes.iter().find(|size| size["cascade"].as_str() == Some(&first_of_new)).expect("the first of the new law");
    assert!(alerts[0]["since"].as_str() > first["start"].as_str(), "{} is before {first}", alerts[0]);
}
