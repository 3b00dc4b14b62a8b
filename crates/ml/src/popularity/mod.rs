//! How large a cascade will be, learned from those that have ended; for one window of observation.
//!
//! In the order of a sample's life:
//!
//! - [`View::features`] tells what is seen of a cascade at the end of the window as numbers.
//! - [`Predictor::predict`] makes a size of them, and an interval that holds four in five. It does so from the first cascade on.
//! - When the cascade has ended, a [`Sample`] says what came of it: [`Predictor::learn`] notes how wrong its model was,
//!   [`Learner::learn`] keeps the sample, and after a few of them gives a new [`Model`].
//! - [`Predictor::offer`] lets it go live if on recent samples it does not do worse than the one before, and than a constant.
//!
//! Learner and predictor need not be in the same place: they only have to learn the same samples in the same order. The score is
//! `|guess - N| / N`, and everything here is to make its mean small.
//!
//! ```
//! use ml::popularity::{Learner, Predictor, Sample, Schedule};
//!
//! let (mut learner, mut predictor) = (Learner::new(Schedule::default()), Predictor::default());
//! for size in 0..64_u16 {
//!     let seen = 20.0 + f64::from(size % 8);
//!     let sample = Sample { features: vec![f32::from(size % 8)], seen, size: 3.0 * seen, forecast: 4.0 * seen };
//!     predictor.learn(&sample);
//!     if let Some(model) = learner.learn(sample) {
//!         predictor.offer(model);
//!     }
//! }
//! let prediction = predictor.predict(&[3.0], 100.0, 400.0);
//! assert!((prediction.size - 300.0).abs() < 1.0);
//! assert!(prediction.low <= prediction.size && prediction.size <= prediction.high);
//! ```

mod band;
pub mod features;
mod learner;
mod model;
mod past;
mod plan;
mod predictor;

pub use band::Band;
pub use features::{Features, NAMES, View};
pub use learner::{Learner, Schedule};
pub use model::{Model, RECENT, Tuning};
pub use past::{Author, Past};
pub use predictor::{Insight, Prediction, Predictor, Verdict};

use serde::{Deserialize, Serialize};

/// A cascade that has ended: what was seen of it at the end of the window, and what came of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sample {
    /// What was seen.
    pub features: Features,
    /// How many events that were.
    pub seen: f64,
    /// How many there were in the end.
    pub size: f64,
    /// How many the Hawkes process expected.
    pub forecast: f64,
}

impl Sample {
    /// The target: `ln(N / n)`, 0 or more.
    pub fn target(&self) -> f64 {
        larger(self.size, self.seen)
    }
}

/// The logarithm of how many times larger `size` is than `seen`; 0 if it is not larger, or no number.
pub(crate) fn larger(size: f64, seen: f64) -> f64 {
    let ratio = size / seen.max(1.0);
    if ratio > 1.0 { ratio.min(1e12).ln() } else { 0.0 }
}

/// `|guess - N| / N`, of logarithms.
pub(crate) fn error(guess: f64, truth: f64) -> f64 {
    (guess - truth).exp_m1().abs()
}

#[cfg(test)]
mod tests;
