//! Gauges: what all posts of some seconds come to; and the rules that people save for them.

use crate::Text;
use crate::schema::Moment;
use flow::{Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the posts of some seconds come to, in one partition: one record of topic `gauges`. Its key is what is gauged: add up those of
/// all partitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gauge<'a> {
    /// What is gauged: the output of text models, as `sentiment`; `posts`, all but bare reposts; or `records`, all of them.
    #[serde(borrow)]
    pub of: Text<'a>,
    /// The first moment that belongs to it.
    #[schemars(with = "Moment")]
    pub start: Timestamp,
    /// The first moment that no longer does.
    #[schemars(with = "Moment")]
    pub end: Timestamp,
    /// Of which partition of the posts.
    pub partition: u32,
    /// How many posts, or scores that are numbers.
    pub number: u64,
    /// What the scores add up to; 0 of posts.
    pub sum: f64,
}

/// How many posts say something: all but bare reposts.
pub const POSTS: &str = "posts";
/// How many there are in all.
pub const RECORDS: &str = "records";

impl Value for Gauge<'_> {
    const TOPIC: &'static str = "gauges";

    fn key(&self) -> &[u8] {
        self.of.as_bytes()
    }
}

/// A rule for alerts that somebody saved: one record of topic `rules`. Its key is what it looks at. Of several of the same name and key,
/// the newest counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rule<'a> {
    /// Its name.
    #[serde(borrow)]
    pub rule: Text<'a>,
    /// What it looks at, as in `gauges`.
    pub of: Text<'a>,
    /// `mean` (of scores) or `number`.
    pub measure: Text<'a>,
    /// Over how long, in seconds: a multiple of ten.
    pub window_s: u32,
    /// It speaks above this,
    pub above: Option<f64>,
    /// or below this.
    pub below: Option<f64>,
    /// Whether it is taken back.
    pub removed: bool,
    /// When it was saved.
    #[schemars(with = "Moment")]
    pub time: Timestamp,
}

impl Value for Rule<'_> {
    const TOPIC: &'static str = "rules";

    fn key(&self) -> &[u8] {
        self.of.as_bytes()
    }
}

impl Rule<'_> {
    /// What is wrong with it, if something is.
    pub fn fault(&self) -> Option<&'static str> {
        let threshold = self.above.xor(self.below);
        if self.rule.is_empty() || self.rule.len() > 100 || self.rule.contains(['/', '"', '\n']) {
            return Some("a rule's name is not empty, not long, and has neither / nor quotation marks");
        }
        if self.of.is_empty() || self.of.len() > 100 {
            return Some("`of` names what is gauged");
        }
        if !["mean", "number"].contains(&&*self.measure) || [POSTS, RECORDS].contains(&&*self.of) && &*self.measure != "number" {
            return Some("`measure` is mean (of scores) or number");
        }
        if self.window_s == 0 || !self.window_s.is_multiple_of(10) || self.window_s > 7 * 86_400 {
            return Some("`window_s` is a multiple of ten, and a week at most");
        }
        if !self.removed && !threshold.is_some_and(f64::is_finite) {
            return Some("a rule needs one threshold: either above or below");
        }
        None
    }
}
