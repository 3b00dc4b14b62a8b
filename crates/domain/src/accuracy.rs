//! Accuracy: how far off the predictions of an observation window have lately been.

use crate::Text;
use flow::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far off the predictions of one observation window are: one record of topic `accuracies`, as cascades end. Its key is the
/// observation window. An error is absolute and relative, as in `errors`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Accuracy<'a> {
    /// The observation window, in seconds, as text.
    #[serde(borrow)]
    pub window: Text<'a>,
    /// How many errors there have been in all.
    pub errors: u64,
    /// Their sum.
    pub sum: f64,
    /// How many of them were at most so large: the smallest bound first.
    pub histogram: Vec<Bucket>,
    /// The newest error.
    pub newest: f64,
    /// Of how many errors, the newest, the following figures are.
    pub over: u64,
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// The share of cascades that came to a size within the predicted interval, which should be 0.8.
    pub coverage: f64,
}

/// How many errors were at most so large.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    /// The bound.
    pub most: f64,
    /// How many errors were not above it.
    pub errors: u64,
}

impl Value for Accuracy<'_> {
    const TOPIC: &'static str = "accuracies";

    fn key(&self) -> &[u8] {
        self.window.as_bytes()
    }
}
