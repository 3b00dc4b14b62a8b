//! Cascades: a post and the reposts of it, watched for a while, and what they come to.

use crate::Text;
use crate::schema::Moment;
use flow::{Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cascade as far as one observation window saw it, or the news that it has ended: one record of topic `series`, at the
/// window's end. Its key is the cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series<'a> {
    /// The post that started it, by its identifier.
    #[serde(borrow)]
    pub cascade: Text<'a>,
    /// As in `posts`.
    pub network: Text<'a>,
    /// Who wrote the first post, by the network's own identifier; `null` where that is not known.
    pub author: Option<Text<'a>>,
    /// When it was started.
    #[schemars(with = "Moment")]
    pub start: Timestamp,
    /// How long it was observed from its start, in seconds. `null`: it has ended, and `size` and `reach` are those of all of it.
    pub window_s: Option<u32>,
    /// How many posts there were, the first among them.
    pub size: u64,
    /// The followers of all who posted, added up.
    pub reach: u64,
    /// Each post, the oldest first: milliseconds after the start, and its author's followers. Of a very large cascade only the
    /// first so many (`collect.most`); of one that has ended none.
    pub events: Vec<[u64; 2]>,
    /// What the first post says, cut to `collect.text` bytes.
    pub text: Text<'a>,
}

/// What a cascade came to: one record of topic `sizes`, written when nothing was added to it for long enough. Its key is the
/// cascade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size<'a> {
    /// The post that started it, by its identifier.
    #[serde(borrow)]
    pub cascade: Text<'a>,
    /// As in `posts`.
    pub network: Text<'a>,
    /// How many posts there were, the first among them.
    pub size: u64,
    /// The followers of all who posted, added up.
    pub reach: u64,
    /// When it was started.
    #[schemars(with = "Moment")]
    pub start: Timestamp,
    /// When its last repost came.
    #[schemars(with = "Moment")]
    pub end: Timestamp,
}

/// What a model makes of a cascade at one observation window: one record of topic `estimates`. Its key is the cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate<'a> {
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
    /// How many posts there were, the first among them.
    pub observed: u64,
    /// Which model: `exponential` or `power-law` (Hawkes processes), or `seismic`.
    pub model: Text<'a>,
    /// The model's parameters: `p` and `beta`; `p`, `c` and `theta`; or `infectiousness`.
    pub parameters: Vec<Parameter<'a>>,
    /// The branching factor: how many reposts one repost brings by itself, in the mean.
    pub n_star: f64,
    /// How many direct reposts of the observed posts are still to come.
    pub g1: f64,
    /// The size that it will have: `observed + g1 / (1 - n_star)`. `null`: the model declines.
    pub predicted: Option<f64>,
    /// It will be smaller with a probability of 5 %; `null` where the model does not say.
    pub low: Option<f64>,
    /// It will be larger with a probability of 5 %; `null` where the model does not say.
    pub high: Option<f64>,
    /// How many followers who reposts has in the mean, as it was known.
    pub mean_mark: f64,
    /// How many finished cascades had taught the model what is usual.
    pub learned_from: u64,
    /// What predictors go by: numbers whose meaning and order are the program's own (see the mathematics).
    pub features: Vec<f32>,
    /// What the first post says, as in `series`.
    pub text: Text<'a>,
}

/// A number that was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Its value; a rate is one a second, a time is in seconds.
    pub value: f64,
    /// The standard error of its natural logarithm; `null` where it is not known, as at the end of the allowed range.
    pub error: Option<f64>,
}

impl Value for Series<'_> {
    const TOPIC: &'static str = "series";

    fn key(&self) -> &[u8] {
        self.cascade.as_bytes()
    }
}

impl Value for Size<'_> {
    const TOPIC: &'static str = "sizes";

    fn key(&self) -> &[u8] {
        self.cascade.as_bytes()
    }
}

impl Value for Estimate<'_> {
    const TOPIC: &'static str = "estimates";

    fn key(&self) -> &[u8] {
        self.cascade.as_bytes()
    }
}
