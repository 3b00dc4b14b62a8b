//! What is known of parameters before a cascade is seen: a Gaussian over their logarithms.

use serde::{Deserialize, Serialize};

/// A Gaussian over (ln p, ln β).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Prior {
    /// The means of ln p and ln β.
    pub mean: [f64; 2],
    /// Their variances and covariance.
    pub covariance: [[f64; 2]; 2],
}

/// The prior of the course that the Tweetoscope comes from, in the order of [`Prior::matched`]: means of p and β, their standard
/// deviations, the correlation.
pub const COURSE: [f64; 5] = [0.02, 0.0002, 0.01, 0.001, -0.1];

/// The smallest and largest variance of a logarithm, and the largest correlation, that a prior is taken to have.
const VARIANCES: (f64, f64) = (1e-6, 1e6);
const CORRELATION: f64 = 0.999;

impl Prior {
    /// The Gaussian over the logarithms whose p and β have these means, standard deviations and correlation.
    ///
    /// Not every correlation of p and β can be had: with a standard deviation well above the mean, one of -0.1 may already be
    /// beyond what logarithms with a correlation of -1 give. Then the nearest is taken.
    pub fn matched(mean_p: f64, mean_beta: f64, sd_p: f64, sd_beta: f64, correlation: f64) -> Prior {
        let ratios = [sd_p / mean_p, sd_beta / mean_beta];
        let [p, beta] = ratios.map(|ratio| (ratio * ratio).ln_1p());
        let both = (correlation * sd_p * sd_beta / (mean_p * mean_beta)).max(-1.0).ln_1p();
        let prior = Prior { mean: [mean_p.ln() - p / 2.0, mean_beta.ln() - beta / 2.0], covariance: [[p, both], [both, beta]] };
        prior.sound()
    }

    /// The prior of the course: see [`COURSE`].
    pub fn course() -> Prior {
        let [mean_p, mean_beta, sd_p, sd_beta, correlation] = COURSE;
        Prior::matched(mean_p, mean_beta, sd_p, sd_beta, correlation)
    }

    /// What is usual where nothing is known but the mean mark: branching factors around a half, interest that fades in half an
    /// hour, each give or take a factor of a few.
    pub fn broad(mean_mark: f64) -> Prior {
        let mean = [0.5_f64.ln() - mean_mark.ln(), -1800_f64.ln()];
        Prior { mean, covariance: [[1.0, 0.0], [0.0, 2.25]] }.sound()
    }

    /// The nearest Gaussian that is one: numbers everywhere, variances above 0, a correlation that is not full.
    pub fn sound(&self) -> Prior {
        let mean = self.mean.map(|mean| if mean.is_nan() { 0.0 } else { mean.clamp(-700.0, 700.0) });
        let variance = |variance: f64| if variance.is_nan() { 1.0 } else { variance.clamp(VARIANCES.0, VARIANCES.1) };
        let (p, beta) = (variance(self.covariance[0][0]), variance(self.covariance[1][1]));
        let most = CORRELATION * (p * beta).sqrt();
        let both = (self.covariance[0][1] + self.covariance[1][0]) / 2.0;
        let both = if both.is_nan() { 0.0 } else { both.clamp(-most, most) };
        Prior { mean, covariance: [[p, both], [both, beta]] }
    }

    /// The inverse of the covariance.
    pub(super) fn precision(&self) -> [[f64; 2]; 2] {
        let [[p, both], [_, beta]] = self.covariance;
        let determinant = p * beta - both * both;
        [[beta / determinant, -both / determinant], [-both / determinant, p / determinant]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_matched() {
        let [[p, both], [_, beta]] = Prior::course().covariance;
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} instead of {b}");
        near(p.exp() - 1.0, 0.25);
        near(beta.exp() - 1.0, 25.0);
        near(both.exp() - 1.0, -0.25);
        let [mean_p, mean_beta] = Prior::course().mean;
        near((mean_p + p / 2.0).exp(), 0.02);
        near((mean_beta + beta / 2.0).exp(), 0.0002);
        let [[a, b], [c, d]] = Prior::course().precision();
        near(a * p + b * both, 1.0);
        near(c * p + d * both, 0.0);
    }

    #[test]
    fn what_is_no_gaussian_becomes_one() {
        let hostile = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e300, 1e-300];
        for one in hostile {
            for other in hostile {
                let free = Prior { mean: [one, other], covariance: [[one, other], [other, one]] };
                for prior in [free, free.sound(), Prior::matched(one, other, 1.0, one, other), Prior::broad(one)] {
                    let sound = prior.sound();
                    let [[p, both], [_, beta]] = sound.covariance;
                    assert!(p > 0.0 && beta > 0.0 && p * beta > both * both, "{prior:?}");
                    assert!(sound.precision().iter().flatten().chain(&sound.mean).all(|x| x.is_finite()), "{prior:?}");
                }
            }
        }
        // a correlation that no logarithms give
        assert!(Prior::matched(0.02, 0.0002, 0.1, 0.001, -0.5).covariance[0][1] < 0.0);
    }
}
