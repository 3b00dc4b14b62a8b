//! Makes messages of our records.

use super::{Alert, Lesson, Message, Parameters, Serie, Stat, Total, Tweet};
use crate::{Deviation, Estimate, Kind, Post, Prediction, Sample, Series, Size, Text};
use flow::Timestamp;

/// A branching factor of one or more would make the size endless. This is about as close to it as the course's estimator comes.
const MOST_N_STAR: f64 = 0.999_999;
/// The course's predictor divides by so much where no retweets are to come, and a factor could be any.
const LEAST_G1: f64 = 1e-6;

/// How our records become messages.
#[derive(Clone, Debug)]
pub struct Outward {
    /// When the clock of the sources shows 0. It is not meant to show less: what is older is told to be of then.
    pub origin: Timestamp,
    /// The observation windows, in seconds, the shortest first.
    pub windows: Vec<u32>,
    /// How many partitions the topics have that are keyed by a window.
    pub partitions: u32,
}

impl Outward {
    /// A post as a tweet; one that was taken back is none, and an edit is no other. What answers or quotes another begins a cascade of its own.
    ///
    /// Its source is the S of the first rule `source-S`, or 0; the row that it comes from is the K of `cascade-K`, or its root.
    pub fn tweet<'a>(&self, post: &'a Post<'_>) -> Option<Message<'a>> {
        if matches!(post.kind, Kind::Deletion | Kind::Edit) {
            return None;
        }
        let tag = |start: &str| post.rules.iter().find_map(|rule| rule.strip_prefix(start).filter(|tag| !tag.is_empty()));
        Some(Message::Tweet(Tweet {
            cascade: borrowed(&post.root),
            source: Some(tag("source-").unwrap_or("0").into()),
            is_retweet: post.kind == Kind::Repost,
            msg: borrowed(&post.text),
            t: self.seconds(post.time),
            mark: post.author.followers.unwrap_or(1) as f64,
            info: format!("cascade={}", tag("cascade-").unwrap_or(&post.root)).into(),
        }))
    }

    /// What a window saw. The end of a cascade is told by its [sizes](Self::sizes).
    pub fn serie<'a>(&self, series: &'a Series<'_>) -> Option<Message<'a>> {
        let t_obs = series.window_s?;
        let start = series.start.millis_since(self.origin).max(0);
        let tweet = |[after, followers]: &[u64; 2]| ((start as f64 + *after as f64) / 1000.0, *followers as f64);
        let tweets = series.events.iter().map(tweet).collect();
        Some(Message::Serie(Serie { cid: borrowed(&series.cascade), msg: borrowed(&series.text), t_obs, tweets }))
    }

    /// What a cascade came to, once for each window: whoever joins it with the parameters does so by window.
    pub fn sizes<'a>(&self, size: &'a Size<'_>) -> impl Iterator<Item = Message<'a>> {
        let (n_tot, t_end) = (size.size, self.seconds(size.end));
        self.windows
            .iter()
            .map(move |window| Message::Size(Total { cid: borrowed(&size.cascade), n_tot, t_end, t_obs: Some(*window) }))
    }

    /// What the exponential model makes of a cascade; no other model has the two parameters that a message needs.
    pub fn parameters<'a>(&self, estimate: &'a Estimate<'_>) -> Option<Message<'a>> {
        let fitted = |name: &str| estimate.parameters.iter().find(|other| &*other.name == name).map(|found| found.value);
        if &*estimate.model != "exponential" {
            return None;
        }
        let n_star = estimate.n_star.min(MOST_N_STAR);
        Some(Message::Parameters(Parameters {
            cid: borrowed(&estimate.cascade),
            msg: borrowed(&estimate.text),
            n_obs: estimate.observed,
            n_supp: estimate.g1 / (1.0 - n_star),
            p: fitted("p")?,
            beta: fitted("beta")?,
            n_star: Some(n_star),
            g1: Some(estimate.g1),
            t_obs: estimate.window_s,
        }))
    }

    /// A prediction as an alert, to a whole number of tweets.
    pub fn alert<'a>(&self, prediction: &'a Prediction<'_>) -> Message<'a> {
        let (cid, msg) = (borrowed(&prediction.cascade), borrowed(&prediction.text));
        Message::Alert(Alert { cid, msg, t_obs: prediction.window_s, n_tot: prediction.predicted.round() })
    }

    /// How far off a prediction was.
    pub fn stat<'a>(&self, deviation: &'a Deviation<'_>) -> Message<'a> {
        let Deviation { window_s: t_obs, are, .. } = *deviation;
        Message::Stat(Stat { cid: borrowed(&deviation.cascade), t_obs, are })
    }

    /// What there is to learn, in the course's own terms. Of other models than the exponential one there is no `beta`, and of a
    /// cascade that has shrunk nothing is to be learned, as the course's predictor has it.
    pub fn lesson<'a>(&self, sample: &'a Sample<'_>) -> Option<Message<'a>> {
        let n_star = sample.n_star.min(MOST_N_STAR);
        let more = sample.size.checked_sub(sample.observed)? as f64;
        Some(Message::Sample(Lesson {
            cid: borrowed(&sample.cascade),
            t_obs: sample.window.parse().ok()?,
            x: vec![sample.beta?, n_star, sample.g1],
            w: more * (1.0 - n_star) / sample.g1.max(LEAST_G1),
        }))
    }

    /// The partition of what is told of this window, where both kinds of `cascade_properties` must meet. `None`: it is no window.
    pub fn partition(&self, t_obs: u32) -> Option<u32> {
        let at = self.windows.iter().position(|window| *window == t_obs)?;
        u32::try_from(at).ok()?.checked_rem(self.partitions)
    }

    /// Whole seconds since the origin.
    fn seconds(&self, time: Timestamp) -> f64 {
        (time.millis_since(self.origin).max(0) / 1000) as f64
    }
}

fn borrowed<'a>(text: &'a Text<'_>) -> Text<'a> {
    let text: &'a str = text;
    text.into()
}
