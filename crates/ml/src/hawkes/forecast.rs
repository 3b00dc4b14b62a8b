//! How many there will be in the end.
//!
//! With `G1 = p Σ m_i (1 - Φ(end - t_i))`, so many direct children are still to come of what was seen, a Poisson number. Each
//! brings a tree of its own of mean size `1 / (1 - n*)` and variance `σ² / (1 - n*)³`, where `σ² = n* + p² Var(m)` is the variance
//! of the number of children of one whose mark is not known. So the number of later events is 0 with odds `exp(-G1)`; its mean
//! and variance are known, and when it is not 0 an inverse Gaussian law with these is near enough.
//!
//! Parameters are not known but only likely. The interval is that of a mixture over a grid of them, each with its likelihood.

use super::normal::inverse_gaussian;
use serde::{Deserialize, Serialize};

/// What is usual of marks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The mean of squares.
    pub square: f64,
}

/// What is expected of a cascade.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Forecast {
    /// How many direct children of what was seen are still to come.
    pub g1: f64,
    /// The branching factor.
    pub n_star: f64,
    /// The final size that is expected with the best parameters.
    pub mean: f64,
    /// The final size is below with odds of 5 %.
    pub low: f64,
    /// The final size is above with odds of 5 %.
    pub high: f64,
}

/// The odds at `low` and `high`.
pub const ODDS: (f64, f64) = (0.05, 0.95);
/// No size is larger.
const MOST: f64 = 1e18;
/// Nearer than this a quantile need not be: the law is no truer.
const CLOSE: f64 = 1.001;

impl Moments {
    /// What all marks being alike would give.
    pub fn constant(mark: f64) -> Self {
        Moments { mean: mark, square: mark * mark }
    }

    fn variance(&self) -> f64 {
        let variance = self.square - self.mean * self.mean;
        if variance > 0.0 { variance.min(1e100) } else { 0.0 }
    }
}

/// One way that it may go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    /// How likely, up to a factor common to all.
    pub weight: f64,
    pub p: f64,
    pub n_star: f64,
    pub g1: f64,
}

/// What scenarios come to; the first is the best.
pub(super) fn forecast(size: usize, moments: Moments, scenarios: &[Scenario]) -> Forecast {
    let size = size as f64;
    let Some(best) = scenarios.first() else { return Forecast { g1: 0.0, n_star: 0.0, mean: size, low: size, high: size } };
    let most = scenarios.iter().map(|scenario| scenario.weight).fold(0.0, f64::max);
    let likely = scenarios.iter().filter(|scenario| scenario.weight > 1e-3 * most);
    let laws: Vec<Law> = likely.map(|scenario| Law::of(scenario, moments)).collect();
    let at = |odds| size + quantile(&laws, odds);
    let (low, high) = (at(ODDS.0), at(ODDS.1));
    Forecast { g1: best.g1, n_star: best.n_star, mean: (size + best.g1 / (1.0 - best.n_star)).min(MOST), low, high }
}

/// The law of the number of later events, for one set of parameters.
#[derive(Clone, Copy, Debug)]
struct Law {
    weight: f64,
    none: f64,
    /// Mean and variance, if there are any.
    mean: f64,
    variance: f64,
}

impl Law {
    fn of(scenario: &Scenario, moments: Moments) -> Law {
        let Scenario { weight, p, n_star, g1 } = *scenario;
        let tree = 1.0 / (1.0 - n_star);
        let spread = (n_star + p * p * moments.variance()) * tree.powi(3);
        let (none, some) = ((-g1).exp(), -(-g1).exp_m1());
        let (mean, variance) = (g1 * tree, g1 * (spread + tree * tree));
        let square = (variance + mean * mean) / some;
        let mean = mean / some;
        Law { weight, none, mean, variance: (square - mean * mean).max(1e-3 * mean) }
    }

    fn at_most(&self, count: f64) -> f64 {
        let some = 1.0 - self.none;
        if some > 0.0 { self.none + some * inverse_gaussian(count + 0.5, self.mean, self.variance) } else { 1.0 }
    }
}

/// The smallest count that the mixture does not exceed with these odds; of a large one, as near as [`CLOSE`].
fn quantile(laws: &[Law], odds: f64) -> f64 {
    let whole: f64 = laws.iter().map(|law| law.weight).sum();
    let excess = |count: f64| laws.iter().map(|law| law.weight * law.at_most(count)).sum::<f64>() - odds * whole;
    if excess(0.0) >= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = bracket(&excess, guess(laws, odds));
    let (mut below, mut above) = (excess(low), excess(high));
    let mut last = None;
    // what is beyond all sizes has no end to be looked for
    while above >= 0.0 && high - low > 1.0 && high > low * CLOSE {
        // along a straight line in the logarithm, and never too near to an end
        let (from, to) = (low.ln_1p(), high.ln_1p());
        let part = (below / (below - above)).clamp(0.05, 0.95);
        let middle = (from + (to - from) * part).exp_m1();
        let value = excess(middle);
        let is_high = value >= 0.0;
        // an end that stays twice counts half
        let half = if last == Some(is_high) { 0.5 } else { 1.0 };
        (low, below, high, above) =
            if is_high { (low, below * half, middle, value) } else { (middle, value, high, above * half) };
        last = Some(is_high);
    }
    high.ceil()
}

/// About where a lognormal law with the mixture's mean and variance has these odds.
fn guess(laws: &[Law], odds: f64) -> f64 {
    let whole: f64 = laws.iter().map(|law| law.weight).sum();
    let moment = |of: fn(&Law) -> f64| laws.iter().map(|law| law.weight * (1.0 - law.none) * of(law)).sum::<f64>() / whole;
    let (mean, square) = (moment(|law| law.mean), moment(|law| law.variance + law.mean * law.mean));
    let variance = (square / (mean * mean)).ln().max(0.0);
    let guess = (mean.ln() - variance / 2.0 + if odds < 0.5 { -1.645 } else { 1.645 } * variance.sqrt()).exp();
    if guess.is_nan() { 1.0 } else { guess.clamp(1.0, MOST) }
}

/// Two counts, a factor of four apart, between which the excess comes to be above 0.
fn bracket(excess: &impl Fn(f64) -> f64, guess: f64) -> (f64, f64) {
    let mut high = guess;
    while high < MOST && excess(high) < 0.0 {
        high *= 4.0;
    }
    if high > guess {
        return (high / 4.0, high);
    }
    while high > 1.0 && excess(high / 4.0) >= 0.0 {
        high /= 4.0;
    }
    (if high > 1.0 { high / 4.0 } else { 0.0 }, high)
}

#[cfg(test)]
mod tests;
