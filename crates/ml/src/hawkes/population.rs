//! What is usual, learned from cascades that have ended.
//!
//! Of one that has ended, `p` is known well: all of its children have come, so `p C` is `p` times the sum of all marks, and the
//! most likely `p` is the number of reposts over that sum, with a relative variance of one over that number. What is known of
//! `β`, and of `p` and `β` together, is what the fit of its last window said. Both make a Gaussian for this cascade, and the
//! population is the Gaussian whose mean and covariance are those of the mixture of them all: expectation and maximisation, one
//! step a cascade. The steps shrink to one in [`MEMORY`], so that what is long ago is forgotten.

use super::forecast::Moments;
use super::prior::Prior;
use super::search::Fit;
use serde::{Deserialize, Serialize};

/// About so many cascades are remembered.
pub const MEMORY: f64 = 2000.0;
/// From so many on, the population is used as a prior.
pub const ENOUGH: u64 = 50;

/// The smallest variances of ln p and ln β, and the largest correlation: no prior is to be surer.
const FLOORS: [f64; 2] = [0.01, 0.02];
const CORRELATION: f64 = 0.95;
/// A cascade counts as at most so many standard deviations from the mean.
const FARTHEST: f64 = 5.0;
/// A cascade's mean mark counts as at most so many times the usual one.
const LARGER: f64 = 100.0;

/// A cascade that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Finished {
    /// How many reposts there were: the final size less 1.
    pub reposts: u64,
    /// The sum of all marks, that of the first post included.
    pub reach: f64,
    /// The sum of the marks of reposts.
    pub reposters_reach: f64,
    /// The sum of the squares of the marks of reposts.
    pub squares: f64,
    /// What its last window said, with the prior of that time. One without errors tells nothing.
    pub fit: Option<Fit>,
}

/// What is usual: a Gaussian over (ln p, ln β), and the moments of marks.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Population {
    seen: u64,
    mean: [f64; 2],
    covariance: [f64; 3],
    /// Means over cascades: of the number of reposts, of the sum of their marks and of the squares.
    reposts: f64,
    reach: f64,
    squares: f64,
}

/// What is known of one cascade: the mean, and the covariance as (ln p, ln p), (ln p, ln β), (ln β, ln β).
#[derive(Clone, Copy)]
struct Gaussian {
    mean: [f64; 2],
    covariance: [f64; 3],
}

impl Population {
    /// How many cascades were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The moments of the marks of reposts, once there were some.
    pub fn moments(&self) -> Option<Moments> {
        let moments = Moments { mean: self.reach / self.reposts, square: self.squares / self.reposts };
        let known = moments.mean > 0.0 && moments.mean.is_finite() && moments.square.is_finite();
        known.then(|| Moments { square: moments.square.max(moments.mean * moments.mean), ..moments })
    }

    /// The prior that it makes, once enough cascades were seen.
    pub fn prior(&self) -> Option<Prior> {
        let [p, both, beta] = self.covariance;
        (self.seen >= ENOUGH).then(|| Prior { mean: self.mean, covariance: [[p, both], [both, beta]] }.sound())
    }

    /// The prior that it makes, or a broad one for this mean mark as long as too few cascades were seen.
    pub fn prior_or_broad(&self, mean_mark: f64) -> Prior {
        self.prior().unwrap_or_else(|| Prior::broad(mean_mark))
    }

    /// Learns from a cascade that has ended. What makes no sense in it is passed over.
    pub fn observe(&mut self, finished: &Finished) {
        self.seen = self.seen.saturating_add(1);
        // Early ones were judged by a prior that knew little: what is learned later weighs more.
        let step = (self.seen as f64 + 2.0).powf(-0.8).max(1.0 / MEMORY);
        self.learn_marks(finished, step);
        let usual = self.usual();
        let known = usual.of(finished, usual.mean);
        if self.seen == 1 {
            (self.mean, self.covariance) = (usual.mean, usual.covariance);
        }
        self.learn(&known, step);
    }

    fn learn_marks(&mut self, finished: &Finished, step: f64) {
        let reposts = finished.reposts as f64;
        let sound = |sum: f64| if sum >= 0.0 { sum.min(1e30) } else { 0.0 };
        let (mut reach, mut squares) = (sound(finished.reposters_reach), sound(finished.squares));
        if let Some(moments) = self.moments().filter(|_| self.seen > ENOUGH) {
            reach = reach.min(LARGER * moments.mean * reposts);
            squares = squares.min(LARGER * LARGER * moments.square * reposts);
        }
        for (mean, new) in [(&mut self.reposts, reposts), (&mut self.reach, reach), (&mut self.squares, squares)] {
            *mean += step * (new - *mean);
        }
    }

    /// The Gaussian so far; a broad one at first.
    fn usual(&self) -> Gaussian {
        if self.seen > 1 {
            return Gaussian { mean: self.mean, covariance: self.covariance };
        }
        let broad = Prior::broad(self.moments().map_or(1.0, |moments| moments.mean));
        let [[p, both], [_, beta]] = broad.covariance;
        Gaussian { mean: broad.mean, covariance: [p, both, beta] }
    }

    /// The mean and covariance of a mixture of what it was and the new one.
    fn learn(&mut self, new: &Gaussian, step: f64) {
        let [p, beta] = [new.mean[0] - self.mean[0], new.mean[1] - self.mean[1]];
        self.mean = [self.mean[0] + step * p, self.mean[1] + step * beta];
        let between = [p * p, p * beta, beta * beta].map(|square| step * (1.0 - step) * square);
        for ((own, new), between) in self.covariance.iter_mut().zip(new.covariance).zip(between) {
            *own = (1.0 - step) * *own + step * new + between;
        }
        let [p, both, beta] = self.covariance;
        let (p, beta) = (p.max(FLOORS[0]), beta.max(FLOORS[1]));
        let most = CORRELATION * (p * beta).sqrt();
        self.covariance = [p, both.clamp(-most, most), beta];
    }
}

impl Gaussian {
    /// What is known of a cascade: what its fit says, or else what is usual; and then how many reposts there were.
    fn of(&self, finished: &Finished, usual: [f64; 2]) -> Gaussian {
        let fit = finished.fit.and_then(|fit| fit.errors.map(|errors| (fit, errors)));
        let told = fit.map_or(*self, |(fit, errors)| Gaussian {
            mean: [fit.p.ln(), fit.beta.ln()],
            covariance: [errors.ln_p * errors.ln_p, errors.covariance, errors.ln_beta * errors.ln_beta],
        });
        let told = if told.sound() { told } else { *self };
        // half a repost more: so the logarithm of a Poisson number is right in the mean, and there is one of 0
        let reposts = finished.reposts as f64 + 0.5;
        let known = told.given((reposts / finished.reach).ln(), 1.0 / reposts);
        let known = if known.sound() { known } else { told };
        let [p, _, beta] = self.covariance.map(f64::sqrt);
        let near = |at: f64, mean: f64, deviation: f64| at.clamp(mean - FARTHEST * deviation, mean + FARTHEST * deviation);
        let mean = [near(known.mean[0], usual[0], p), near(known.mean[1], usual[1], beta)];
        let covariance = [known.covariance[0].min(self.covariance[0]), known.covariance[1], known.covariance[2].min(25.0)];
        Gaussian { mean, covariance }
    }

    /// With ln p measured.
    fn given(&self, ln_p: f64, variance: f64) -> Gaussian {
        let [p, both, beta] = self.covariance;
        let (gain, off) = ([p, both].map(|part| part / (p + variance)), ln_p - self.mean[0]);
        let mean = [self.mean[0] + gain[0] * off, self.mean[1] + gain[1] * off];
        Gaussian { mean, covariance: [p - gain[0] * p, both - gain[0] * both, beta - gain[1] * both] }
    }

    fn sound(&self) -> bool {
        let [p, both, beta] = self.covariance;
        let finite = self.mean.iter().chain(&self.covariance).all(|number| number.is_finite());
        finite && p > 0.0 && beta > 0.0 && both * both <= p * beta
    }
}

#[cfg(test)]
mod tests;
