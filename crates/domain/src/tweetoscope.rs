//! The text messages of Tweetoscope, a family of student systems that all descend from one course, and our records.
//!
//! Each node of it can be swapped for ours, and the reverse. So what is [read](read()) may be written in any of the ways that its
//! public descendants have, Python literals among them, and what is [written](write()) is JSON that all of them read. No message
//! is ever evaluated.
//!
//! [`Outward`] makes messages of our records, [`Inward`] makes our records of messages. Its models are not among them: each is a
//! Python pickle.

mod inward;
mod loose;
mod outward;
mod read;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub use inward::Inward;
pub use outward::Outward;
pub use read::read;
pub use write::{Form, Words, key, write};

use crate::Text;

/// A message of Tweetoscope.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// On topic `tweets`.
    Tweet(Tweet<'a>),
    /// On topic `cascade_series`.
    Serie(Serie<'a>),
    /// On topic `cascade_properties`, by a collector.
    Size(Total<'a>),
    /// On topic `cascade_properties`, by an estimator.
    Parameters(Parameters<'a>),
    /// On topic `alerts`.
    Alert(Alert<'a>),
    /// On topic `stats`.
    Stat(Stat<'a>),
    /// On topic `samples`.
    Sample(Lesson<'a>),
    /// On topic `logs`.
    Log(Log<'a>),
}

/// Someone tweets, or passes a tweet on.
#[derive(Clone, Debug, PartialEq)]
pub struct Tweet<'a> {
    /// The cascade's number: the key in the 2020 form, `tweet_id` in that of 2021.
    pub cascade: Text<'a>,
    /// Which generator sent it; each has a clock of its own. It is the key in the 2021 form.
    pub source: Option<Text<'a>>,
    /// Not the first of its cascade.
    pub is_retweet: bool,
    /// What it says; empty where the message says `None`.
    pub msg: Text<'a>,
    /// When, in seconds of the source's clock.
    pub t: f64,
    /// The author's followers.
    pub mark: f64,
    /// `cascade=K`, where K is a row of the recording that is replayed.
    pub info: Text<'a>,
}

/// A cascade as far as one window saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Serie<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// As in [`Tweet::msg`], of the first tweet.
    pub msg: Text<'a>,
    /// How long it was observed, in seconds.
    pub t_obs: u32,
    /// When, and with how many followers. Most collectors give seconds of the source's clock, some those since the first tweet.
    pub tweets: Vec<(f64, f64)>,
}

/// What a cascade came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Total<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// How many tweets there were, the first among them.
    pub n_tot: u64,
    /// When the last of them came, in seconds of the source's clock.
    pub t_end: f64,
    /// For which window this is told; it is the key. `None`: there was none.
    pub t_obs: Option<u32>,
}

/// What an estimator makes of a serie.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// As in [`Tweet::msg`], of the first tweet.
    pub msg: Text<'a>,
    /// How many tweets were observed.
    pub n_obs: u64,
    /// How many retweets are still to come; but the whole size, by some estimators. Nothing in a message tells which.
    pub n_supp: f64,
    /// A follower's chance to retweet.
    pub p: f64,
    /// How fast attention fades, in 1/s.
    pub beta: f64,
    /// The branching factor, where it is told.
    pub n_star: Option<f64>,
    /// How many direct retweets are still to come, where it is told.
    pub g1: Option<f64>,
    /// How long the cascade was observed, in seconds; it is the key.
    pub t_obs: u32,
}

/// How large a cascade will be, by a predictor.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// As in [`Tweet::msg`], of the first tweet.
    pub msg: Text<'a>,
    /// How long the cascade was observed, in seconds.
    pub t_obs: u32,
    /// How many tweets there will be, the first among them; some predictors round it.
    pub n_tot: f64,
}

/// How far off a prediction was.
#[derive(Clone, Debug, PartialEq)]
pub struct Stat<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// How long it was observed, in seconds.
    pub t_obs: u32,
    /// The absolute relative error.
    pub are: f64,
}

/// What there is to learn from a cascade that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson<'a> {
    /// The cascade.
    pub cid: Text<'a>,
    /// How long it was observed, in seconds; it is the key.
    pub t_obs: u32,
    /// What was known of it: `beta`, `n_star` and `G1`, by most predictors. Others have them in other orders, or `p` among them,
    /// and nothing in a message tells which: they are as they came.
    pub x: Vec<f64>,
    /// By what `G1 / (1 - n_star)` had to be multiplied to be right.
    pub w: f64,
}

/// What a node has to say of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Log<'a> {
    /// When, in seconds since 1970.
    pub t: f64,
    /// The node.
    pub source: Text<'a>,
    /// `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.
    pub level: Text<'a>,
    /// What.
    pub message: Text<'a>,
}
