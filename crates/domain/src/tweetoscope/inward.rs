//! Makes our records of messages.

use super::read::info_of;
use super::{Alert, Serie, Stat, Total, Tweet};
use crate::{Author, Deviation, Kind, Post, Prediction, Series, Size, Text};
use flow::{Broken, Timestamp};

/// The name of the network that all tweets are from.
const NETWORK: &str = "tweetoscope";
/// Three thousand years: a clock that shows more is none.
const LONGEST_S: f64 = 1e11;

/// How messages become our records.
#[derive(Clone, Debug)]
pub struct Inward {
    /// When it is that the clock of the sources shows 0.
    pub base: Timestamp,
}

impl Inward {
    /// A tweet as a post. Messages name cascades and no tweets, so `unique` must tell this retweet from the others of its cascade;
    /// nor do they name authors, so `author` is as good a name as the caller has.
    pub fn post<'a>(&self, tweet: Tweet<'a>, unique: &str, author: Text<'a>) -> Result<Post<'a>, Broken> {
        let time = self.moment(tweet.t)?;
        let source = tweet.source.as_deref().unwrap_or("0");
        let mut rules = vec![Text::from(format!("source-{source}"))];
        rules.extend(info_of(&tweet.info).map(|row| Text::from(format!("cascade-{row}"))));
        let root = tweet.cascade;
        let (kind, id, target) = if tweet.is_retweet {
            (Kind::Repost, format!("{root}-{unique}").into(), Some(root.clone()))
        } else {
            (Kind::Original, root.clone(), None)
        };
        let author = Author { id: author, followers: Some(count(tweet.mark)), ..Author::default() };
        let (network, text) = (NETWORK.into(), tweet.msg);
        Ok(Post { network, id, root, kind, target, time, author, place: None, rules, lang: None, text })
    }

    /// A serie as ours; its tweets may come in any order.
    pub fn series<'a>(&self, serie: Serie<'a>) -> Result<Series<'a>, Broken> {
        let mut tweets = serie.tweets;
        tweets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let first = tweets.first().map_or(0.0, |first| first.0);
        self.moment(tweets.last().map_or(0.0, |last| last.0))?;
        let events: Vec<[u64; 2]> = tweets.iter().map(|(t, mark)| [count((t - first) * 1000.0), count(*mark)]).collect();
        Ok(Series {
            cascade: serie.cid,
            network: NETWORK.into(),
            author: None,
            start: self.moment(first)?,
            window_s: Some(serie.t_obs),
            size: events.len() as u64,
            reach: events.iter().fold(0, |reach, [_, followers]| reach.saturating_add(*followers)),
            events,
            text: serie.msg,
        })
    }

    /// What a cascade came to. When it was started and how far it reached is not told: the start is given as the end, the reach
    /// as 0.
    pub fn size<'a>(&self, total: Total<'a>) -> Result<Size<'a>, Broken> {
        let end = self.moment(total.t_end)?;
        Ok(Size { cascade: total.cid, network: NETWORK.into(), size: total.n_tot, reach: 0, start: end, end })
    }

    /// An alert as a prediction. No message says when: it is of the moment `at` at which it was written, and so is the start that is
    /// given. How many posts there were is not told, nor how sure their predictor is.
    pub fn prediction<'a>(&self, alert: Alert<'a>, at: Timestamp) -> Result<Prediction<'a>, Broken> {
        Ok(Prediction {
            cascade: alert.cid,
            network: NETWORK.into(),
            start: at,
            window_s: alert.t_obs,
            observed: 0,
            predicted: not_below_0("n_tot", alert.n_tot)?,
            low: None,
            high: None,
            model: 0,
            text: alert.msg,
        })
    }

    /// A stat as a deviation. What was predicted and what came of it is not told.
    pub fn deviation<'a>(&self, stat: Stat<'a>) -> Result<Deviation<'a>, Broken> {
        let (cascade, window_s, are) = (stat.cid, stat.t_obs, not_below_0("ARE", stat.are)?);
        Ok(Deviation { cascade, window_s, predicted: None, size: None, are, inside: None, model: 0 })
    }

    fn moment(&self, t: f64) -> Result<Timestamp, Broken> {
        if t.abs() > LONGEST_S {
            return Err(Broken(format!("no clock shows {t} seconds")));
        }
        Ok(self.base.plus_millis((t * 1000.0).round() as i64))
    }
}

fn not_below_0(name: &str, number: f64) -> Result<f64, Broken> {
    if number >= 0.0 { Ok(number) } else { Err(Broken(format!("`{name}` is below 0: {number}"))) }
}

/// As a count: there is nothing below 0.
fn count(number: f64) -> u64 {
    number.round() as u64
}
