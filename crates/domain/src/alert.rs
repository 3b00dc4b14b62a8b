//! Alerts: what a rule has found, and that it is over.

use crate::Text;
use crate::schema::Moment;
use flow::{Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule's threshold was passed, or is no longer: one record of topic `alerts`. Its key is `RULE/SUBJECT`; the newest record of
/// a key says how things stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert<'a> {
    /// The rule and its subject, as `popular/3lbqk2`.
    #[serde(borrow)]
    pub alert: Text<'a>,
    /// The rule, as it is called in the configuration.
    pub rule: Text<'a>,
    /// What it is about: a cascade, an observation window in seconds, or a city.
    pub subject: Text<'a>,
    /// Whether it goes on.
    pub state: AlertState,
    /// What the rule looks at, as `predictions.predicted`.
    pub of: Text<'a>,
    /// What that is now; of a cascade that has ended, its size.
    pub value: f64,
    /// The threshold.
    pub threshold: f64,
    /// When it began.
    #[schemars(with = "Moment")]
    pub since: Timestamp,
    /// Of a prediction: how long the cascade had been observed, in seconds.
    pub window_s: Option<u32>,
    /// Of a cascade: what its first post says, as in `series`.
    pub text: Text<'a>,
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The threshold was passed.
    Firing,
    /// The value has come back behind the threshold.
    Calm,
    /// The cascade has ended.
    Ended,
    /// Nothing was heard for so long that nobody knows.
    Silent,
}

impl AlertState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            AlertState::Firing => "firing",
            AlertState::Calm => "calm",
            AlertState::Ended => "ended",
            AlertState::Silent => "silent",
        }
    }
}

impl Value for Alert<'_> {
    const TOPIC: &'static str = "alerts";

    fn key(&self) -> &[u8] {
        self.alert.as_bytes()
    }
}
