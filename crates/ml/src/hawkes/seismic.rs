//! SEISMIC: how infectious a cascade is just now, and what that makes of it in the end.
//!
//! After Zhao, Erdogdu, He, Rajaraman and Leskovec (KDD 2015), with the constants of their R package. The reaction time has the
//! density `φ(s) = c` in the first 300 seconds and `c (s / 300)^-(1+θ)` after. Infectiousness is the number of reshares in a
//! window that ends now, recent ones counting more, over how many were to be expected if each who saw it had reshared:
//!
//! ```text
//! p = Σ_{reshares} K(t - t_i) / Σ_{all} m_i ∫ φ(u - t_i) K(t - u) du      K(x) = max(0, 1 - x / w)
//! N = n + p Σ m_i (1 - Φ(t - t_i)) / (1 - p degree)
//! ```
//!
//! The window `w` is half the cascade's age, at least 300 seconds and at most two hours, and longer if it takes more to hold five
//! reshares. There is no prediction with fewer, nor where one reshare brings more than one more: then it has no end.

use super::cascade::Cascade;

/// How fast the density falls after the first minutes.
pub const THETA: f64 = 0.231_484_3;
/// The density in the first minutes, a second.
pub const DENSITY: f64 = 0.000_626_572_5;
/// For how long the density stays the same, in seconds.
pub const STEADY: f64 = 300.0;
/// The mean degree that the R package takes where none is given.
pub const DEGREE: f64 = 100.0;
/// The shortest and the longest window, in seconds.
pub const WINDOW: (f64, f64) = (300.0, 7200.0);
/// So many reshares are needed.
pub const RESHARES: usize = 5;

/// What SEISMIC says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// How many of those who see it reshare it.
    pub infectiousness: f64,
    /// The final size, the first post included.
    pub size: f64,
}

/// How infectious a cascade is when it was last seen; nothing if there are too few reshares, or nobody has seen it.
pub fn infectiousness(cascade: &Cascade<'_>) -> Option<f64> {
    let width = window(cascade)?;
    let age = |time: f64| cascade.end() - time;
    let weights = cascade.times().iter().skip(1).map(|time| (1.0 - age(*time) / width).max(0.0));
    let expected: f64 = cascade.events().map(|(time, mark)| mark * weighed(age(time), width)).sum();
    let infectiousness = weights.sum::<f64>() / expected;
    infectiousness.is_finite().then_some(infectiousness)
}

/// The final size if things go on like this; nothing if [`infectiousness`] is not known, or there is no end to it. `degree` is
/// how many see one more reshare.
pub fn predict(cascade: &Cascade<'_>, degree: f64) -> Option<Prediction> {
    let infectiousness = infectiousness(cascade)?;
    let branching = infectiousness * degree;
    let open: f64 = cascade.events().map(|(time, mark)| mark * (1.0 - reacted(cascade.end() - time))).sum();
    let size = cascade.size() as f64 + infectiousness * open / (1.0 - branching);
    let ends = (0.0..1.0).contains(&branching) && size.is_finite();
    ends.then_some(Prediction { infectiousness, size })
}

fn window(cascade: &Cascade<'_>) -> Option<f64> {
    let times = cascade.times();
    // the reshare before the fifth last, or the first post: it weighs nothing, and the five after it do
    let before = times.len().checked_sub(RESHARES + 1)?;
    let needed = cascade.end() - times.get(before)?;
    let usual = (cascade.end() / 2.0).clamp(WINDOW.0, WINDOW.1);
    let held = times.iter().skip(1).rev().take_while(|time| cascade.end() - *time < usual).take(RESHARES).count();
    Some(if held < RESHARES { needed.max(usual) } else { usual })
}

/// `Φ`: the part that has reacted after so many seconds.
fn reacted(age: f64) -> f64 {
    let late = if age > STEADY { STEADY / THETA * (1.0 - (age / STEADY).powf(-THETA)) } else { 0.0 };
    (DENSITY * (age.min(STEADY) + late)).min(1.0)
}

/// The integral of `s φ(s)` from 0.
fn delayed(age: f64) -> f64 {
    let early = age.min(STEADY);
    let power = 1.0 - THETA;
    let late = if age > STEADY { STEADY * STEADY / power * ((age / STEADY).powf(power) - 1.0) } else { 0.0 };
    DENSITY * (early * early / 2.0 + late)
}

/// The integral of `φ(s) K(age - s)` from 0 to `age`.
fn weighed(age: f64, width: f64) -> f64 {
    let from = (age - width).max(0.0);
    let whole = (1.0 - age / width) * (reacted(age) - reacted(from)) + (delayed(age) - delayed(from)) / width;
    whole.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    #[test]
    fn integrals_are_those_of_the_density() {
        let density = |s: f64| if s < STEADY { DENSITY } else { DENSITY * (s / STEADY).powf(-1.0 - THETA) };
        let sum = |to: f64, f: &dyn Fn(f64) -> f64| {
            let step = to / 200_000.0;
            (0..200_000).map(|index| f((f64::from(index) + 0.5) * step)).sum::<f64>() * step
        };
        for age in [10.0, 299.0, 301.0, 5000.0] {
            assert!((reacted(age) / sum(age, &density) - 1.0).abs() < 1e-6);
            for width in [300.0, 2500.0] {
                let kernel = |s: f64| density(s) * (1.0 - (age - s) / width).max(0.0);
                assert!((weighed(age, width) / sum(age, &kernel) - 1.0).abs() < 1e-5, "{age} {width}");
            }
        }
        assert!((reacted(1e60) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn it_is_computed_as_by_hand() {
        // Seen at 600 s: the window is 300 s. Of the five reshares in it, each weighs 1 - age / 300.
        let times = [0.0, 350.0, 400.0, 450.0, 500.0, 550.0];
        let cascade = Cascade::new(&times, &[1000.0, 0.0, 0.0, 0.0, 0.0, 0.0], 600.0).unwrap();
        let weights = (50.0 + 100.0 + 150.0 + 200.0 + 250.0) / 300.0;
        let expected = 1000.0 * weighed(600.0, 300.0);
        let told = predict(&cascade, 1.0).unwrap();
        assert!((told.infectiousness - weights / expected).abs() < 1e-12);
        let later = told.infectiousness * 1000.0 * (1.0 - reacted(600.0)) / (1.0 - told.infectiousness);
        assert!((told.size - 6.0 - later).abs() < 1e-9);
        assert_eq!(predict(&cascade, 1e6), None, "no end");
        let few = Cascade::new(&times[..5], &[1000.0; 5], 600.0).unwrap();
        assert_eq!(predict(&few, DEGREE), None);
        // the same long after: the window grows until it holds five
        let late = Cascade::new(&times, &[1000.0; 6], 90_000.0).unwrap();
        assert!(infectiousness(&late).unwrap() > 0.0);
    }

    #[test]
    fn hostile_cascades_have_a_number_or_none() {
        let mut chance = Chance::new(1);
        let mut told = 0;
        for _ in 0..3000 {
            let seen = chance.cascade(40);
            let degree = chance.one_of(&[100.0, 0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300]);
            if let Some(prediction) = predict(&seen.view(), degree) {
                told += 1;
                assert!(prediction.size.is_finite() && prediction.size >= seen.times.len() as f64, "{prediction:?}");
                assert!(prediction.infectiousness.is_finite() && prediction.infectiousness >= 0.0);
            }
        }
        assert!(told > 300, "{told}");
    }
}
