//! Predictions: how large cascades will be by what was learned from others, how far off that was, and what learns from it.

use crate::Text;
use crate::schema::Moment;
use flow::{Raw, Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How large a cascade will be: one record of topic `predictions`, at the observation window's end. Its key is the cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prediction<'a> {
    /// The post that started it, by its identifier.
    #[serde(borrow)]
    pub cascade: Text<'a>,
    /// As in `posts`.
    pub network: Text<'a>,
    /// When it was started.
    #[schemars(with = "Moment")]
    pub start: Timestamp,
    /// How long it was observed, in seconds.
    pub window_s: u32,
    /// How many posts there were, the first among them; 0: it was not told.
    pub observed: u64,
    /// The size that it will have.
    pub predicted: f64,
    /// It will be smaller with a probability of 10 %; none by a Tweetoscope's predictor.
    pub low: Option<f64>,
    /// It will be larger with a probability of 10 %; none by a Tweetoscope's predictor.
    pub high: Option<f64>,
    /// The version of the model that says so; 0: none of ours, but the Hawkes process alone, or a Tweetoscope's predictor.
    pub model: u64,
    /// What the first post says, as in `series`.
    pub text: Text<'a>,
}

/// How far off a prediction was: one record of topic `errors`, once the cascade has ended. Its key is the cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation<'a> {
    /// The post that started it, by its identifier.
    #[serde(borrow)]
    pub cascade: Text<'a>,
    /// How long it was observed, in seconds.
    pub window_s: u32,
    /// The size that was predicted; none where a Tweetoscope's predictor tells no more than the error.
    pub predicted: Option<f64>,
    /// The size that it has come to; none as in `predicted`.
    pub size: Option<u64>,
    /// The absolute relative error, `|predicted - size| / size`.
    pub are: f64,
    /// Whether the size was within the interval; none where there is no interval.
    pub inside: Option<bool>,
    /// The version of the model, as in `predictions`.
    pub model: u64,
}

/// A cascade to learn from: one record of topic `samples`, once it has ended. Its key is the observation window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample<'a> {
    /// How long it was observed, in seconds, as text.
    #[serde(borrow)]
    pub window: Text<'a>,
    /// The cascade.
    pub cascade: Text<'a>,
    /// What was known of it, as in `estimates`.
    pub features: Vec<f32>,
    /// How fast attention fades, in 1/s, by the exponential Hawkes process; none by the other models.
    pub beta: Option<f64>,
    /// The branching factor, as in `estimates`.
    pub n_star: f64,
    /// How many direct reposts were still to come, as in `estimates`.
    pub g1: f64,
    /// How many posts there were when it was observed.
    pub observed: u64,
    /// The size that the Hawkes process foresaw.
    pub foreseen: f64,
    /// The size that was predicted, and its interval.
    pub predicted: [f64; 3],
    /// The size that it has come to.
    pub size: u64,
}

/// What was learned: one record of topic `models`, which keeps the newest of each window in every partition. Its key is the
/// observation window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model<'a> {
    /// For which observation window, in seconds, as text.
    #[serde(borrow)]
    pub window: Text<'a>,
    /// Its number: later ones are higher.
    pub version: u64,
    /// How many cascades it has learned from in all.
    pub learned_from: u64,
    /// Which kind it is: `forest`, or `constant` where the forest was no better.
    pub kind: Text<'a>,
    /// The mean absolute relative error on cascades that it had not seen.
    pub are: Option<f64>,
    /// The same of the best constant multiplier.
    pub constant_are: Option<f64>,
    /// The same of the model that was in force before, on those cascades that neither had seen.
    pub before_are: Option<f64>,
    /// The version that is in force from here on: its own, if it was taken; none if there is no model yet.
    pub in_force: Option<u64>,
    /// The older version that it is again, where someone asked for that.
    pub of: Option<u64>,
    /// Why they did, as they said.
    pub reason: Option<Text<'a>>,
    /// The model itself, in Goshawk's own form.
    #[schemars(with = "crate::schema::RawBytes")]
    pub body: Raw,
}

/// An older model is to be in force again: one record of topic `rollbacks`. Its key is the observation window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rollback<'a> {
    /// For which observation window, in seconds, as text.
    #[serde(borrow)]
    pub window: Text<'a>,
    /// The version in `models` that is to be in force again.
    pub version: u64,
    /// Why, for people.
    pub reason: Option<Text<'a>>,
    /// When someone asked for it, by the wall clock. It takes effect when it is read.
    #[schemars(with = "Moment")]
    pub time: Timestamp,
}

impl Model<'_> {
    /// Whether it is itself in force from its record on: the gate took it, or someone asked for it.
    pub fn is_taken(&self) -> bool {
        self.in_force == Some(self.version)
    }
}

/// The absolute relative error of a predicted size.
pub fn are(predicted: f64, size: u64) -> f64 {
    let truth = size.max(1) as f64;
    (predicted - truth).abs() / truth
}

impl Value for Prediction<'_> {
    const TOPIC: &'static str = "predictions";

    fn key(&self) -> &[u8] {
        self.cascade.as_bytes()
    }
}

impl Value for Deviation<'_> {
    const TOPIC: &'static str = "errors";

    fn key(&self) -> &[u8] {
        self.cascade.as_bytes()
    }
}

impl Value for Sample<'_> {
    const TOPIC: &'static str = "samples";

    fn key(&self) -> &[u8] {
        self.window.as_bytes()
    }
}

impl Value for Model<'_> {
    const TOPIC: &'static str = "models";

    fn key(&self) -> &[u8] {
        self.window.as_bytes()
    }
}

impl Value for Rollback<'_> {
    const TOPIC: &'static str = "rollbacks";

    fn key(&self) -> &[u8] {
        self.window.as_bytes()
    }
}
