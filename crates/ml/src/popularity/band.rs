//! A guess and the interval around it.

use crate::forest::Law;
use serde::{Deserialize, Serialize};

/// The odds to be below `low`, and above `high`.
const ODDS: f64 = 0.1;
/// So much wider is an interval taken to be on each side when it is judged: one without width could not be stretched.
const WIDTH: f64 = 0.02;

/// Logarithms of how many times larger a cascade will be than it was seen.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Band {
    /// The guess.
    pub middle: f64,
    /// Less is not likely.
    pub low: f64,
    /// More is not likely.
    pub high: f64,
}

impl Band {
    /// In order, and not below 0.
    pub fn new(middle: f64, low: f64, high: f64) -> Self {
        let middle = middle.max(0.0);
        Band { middle, low: low.clamp(0.0, middle), high: high.max(middle) }
    }

    /// What a law says; nothing without examples.
    pub(super) fn of(law: &Law<'_>) -> Option<Self> {
        Some(Band::new(law.relative_median()?, law.quantile(ODDS)?, law.quantile(1.0 - ODDS)?))
    }

    /// Between this one and another, of which `share` is taken.
    pub(super) fn towards(&self, other: &Band, share: f64) -> Self {
        let between = |own: f64, other: f64| own + share * (other - own);
        Band::new(between(self.middle, other.middle), between(self.low, other.low), between(self.high, other.high))
    }

    /// How far out the truth is: 1 at the ends of the interval.
    pub(super) fn miss(&self, truth: f64) -> f64 {
        let room = if truth < self.middle { self.middle - self.low } else { self.high - self.middle };
        (truth - self.middle).abs() / (room + WIDTH)
    }

    /// The interval that holds all that misses by no more than this.
    pub(super) fn stretched(&self, scale: f64) -> Self {
        let (below, above) = (self.middle - self.low + WIDTH, self.high - self.middle + WIDTH);
        Band::new(self.middle, self.middle - scale * below, self.middle + scale * above)
    }
}
