//! The normal distribution, and the inverse Gaussian one that is made of it: to a few parts of 10^7, which is enough to tell odds.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// `exp(x²) erfc(x)` for `x` from 0.
fn scaled_tail(x: f64) -> f64 {
    if x > 3.0 {
        // the continued fraction, from its end
        let fraction = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0].into_iter().fold(x, |below, step| x + step / 2.0 / below);
        return FRAC_2_SQRT_PI / 2.0 / fraction;
    }
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let factors = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    t * factors.into_iter().fold(0.0, |sum, factor| sum * t + factor)
}

/// The probability that a standard normal variable is at most `x`.
pub fn normal(x: f64) -> f64 {
    let tail = scaled_tail(x.abs() * FRAC_1_SQRT_2) * (-x * x / 2.0).exp() / 2.0;
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// The probability that a variable with an inverse Gaussian law of this mean and variance is at most `x`.
pub fn inverse_gaussian(x: f64, mean: f64, variance: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let shape = mean / variance * mean * mean;
    let root = (shape / x).sqrt();
    let (below, beyond) = (root * (x / mean - 1.0), root * (x / mean + 1.0));
    // exp(2 shape / mean) times the normal tail: as one, it cannot overflow
    let mirrored = scaled_tail(beyond * FRAC_1_SQRT_2) * (-below * below / 2.0).exp() / 2.0;
    let odds = normal(below) + mirrored;
    if odds.is_nan() { 1.0 } else { odds.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_are_as_tables_say() {
        for (x, odds) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.644_853_627, 0.05), (-5.0, 2.866_516e-7), (8.0, 1.0)] {
            assert!((normal(x) - odds).abs() < 2e-7, "{x}: {}", normal(x));
        }
    }

    #[test]
    fn the_inverse_gaussian_has_its_moments() {
        for (mean, variance) in [(1.0, 1.0), (3.0, 0.5), (2.0, 40.0), (1000.0, 1.0)] {
            let sd = f64::sqrt(variance);
            let (low, step): (f64, f64) =
                ((mean - 12.0 * sd).max(0.0), (mean - (mean - 12.0 * sd).max(0.0) + 150.0 * sd) / 400_000.0);
            let (mut sums, mut before) = ([0.0; 3], 0.0);
            for place in (1..=400_000).map(|index| low + step * f64::from(index)) {
                let odds = inverse_gaussian(place, mean, variance);
                let (part, middle) = (odds - before, place - step / 2.0 - mean);
                before = odds;
                sums = [sums[0] + part, sums[1] + part * middle, sums[2] + part * middle * middle];
            }
            assert!((sums[0] - 1.0).abs() < 1e-5, "{mean} {variance}: {sums:?}");
            assert!(sums[1].abs() < 2e-3 * sd && (sums[2] / variance - 1.0).abs() < 1e-2, "{mean} {variance}: {sums:?}");
        }
        let hostile = [0.0, -1.0, 1e-300, 1.0, 1e300, f64::INFINITY];
        for (x, mean) in hostile.iter().flat_map(|x| hostile.map(|mean| (*x, mean))) {
            assert!(hostile.iter().all(|variance| !inverse_gaussian(x, mean, *variance).is_nan()));
        }
    }
}
