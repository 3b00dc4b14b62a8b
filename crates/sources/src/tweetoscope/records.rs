//! One message as one of our records.

use super::{Kind, Tweetoscope, lanes};
use crate::batch::Batch;
use brokers::Found;
use domain::tweetoscope::{Message, Serie, Total, Tweet, read};
use domain::{Deviation, Post, Prediction, Series, Size};
use flow::{Broken, Staged, Timestamp, Value};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use xxhash_rust::xxh3::xxh3_64;

/// So many sizes are remembered. Their copies come together, for all windows; of those that come much later, the engine refuses
/// the copy.
const REMEMBERED: usize = 1000;

/// The sizes that were told last, by what identifies them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Told(VecDeque<u64>);

impl Told {
    fn is_first(&mut self, identity: u64) -> bool {
        if self.0.contains(&identity) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(identity);
        true
    }
}

impl Kind {
    /// The topics of ours that it comes to.
    pub(super) fn topics(self) -> &'static [&'static str] {
        match self {
            Kind::Tweets => &[<Post<'static> as Value>::TOPIC],
            Kind::Series => &[<Series<'static> as Value>::TOPIC],
            Kind::Properties => &[<Series<'static> as Value>::TOPIC, <Size<'static> as Value>::TOPIC],
            Kind::Alerts => &[<Prediction<'static> as Value>::TOPIC],
            Kind::Stats => &[<Deviation<'static> as Value>::TOPIC],
        }
    }
}

/// What the clock of a message's source shows.
pub(super) fn time_of(found: &Found) -> Option<f64> {
    match read(found.key.as_deref(), &found.value).ok()? {
        Message::Tweet(tweet) => Some(tweet.t),
        Message::Serie(serie) => Some(end_of(&serie)),
        Message::Size(total) => Some(total.t_end),
        Message::Parameters(_) | Message::Alert(_) | Message::Stat(_) | Message::Sample(_) | Message::Log(_) => None,
    }
}

/// When a partial cascade was complete.
fn end_of(serie: &Serie<'_>) -> f64 {
    let first = serie.tweets.iter().map(|(t, _)| *t).min_by(f64::total_cmp).unwrap_or(0.0);
    first + f64::from(serie.t_obs)
}

impl Tweetoscope {
    /// Puts a message into a batch, as what it is.
    pub(super) fn bring(&mut self, found: &Found, batch: &mut Batch) -> Result<(), Broken> {
        match (self.kind, read(found.key.as_deref(), &found.value)?) {
            (Kind::Tweets, Message::Tweet(tweet)) => self.tweet(found, tweet, batch),
            (Kind::Series, Message::Serie(serie)) => self.serie(found, serie, batch),
            (Kind::Properties, Message::Size(total)) => self.total(found, total, batch),
            // Estimates are made here.
            (Kind::Properties, Message::Parameters(_)) => Ok(()),
            (Kind::Alerts, Message::Alert(alert)) => {
                let at = Timestamp::from_millis(found.written_ms);
                stage(batch, found, at, found.partition, &unique(found), &self.inward.prediction(alert, at)?)
            }
            (Kind::Stats, Message::Stat(stat)) => {
                let at = Timestamp::from_millis(found.written_ms);
                stage(batch, found, at, found.partition, &unique(found), &self.inward.deviation(stat)?)
            }
            (kind, _) => Err(Broken(format!("this is no message of {kind:?}").to_lowercase())),
        }
    }

    fn tweet(&mut self, found: &Found, mut tweet: Tweet<'_>, batch: &mut Batch) -> Result<(), Broken> {
        let source = tweet.source.as_deref().unwrap_or("0");
        let place = self.cursor.lanes.see(found.partition, source, tweet.t, lanes::slack_s(self.speed))?;
        tweet.t += place.shift_s;
        if place.starts > 0 {
            // Its generator counts cascades from 0 again.
            tweet.cascade = format!("{}~{}", tweet.cascade, place.starts).into();
        }
        let unique = format!("{}.{}", found.partition, found.offset);
        let author = if tweet.is_retweet { format!("{}-{unique}", tweet.cascade) } else { tweet.cascade.to_string() };
        let post = self.inward.post(tweet, &unique, author.into())?;
        let identity = [post.network.as_bytes(), b" ", post.id.as_bytes()].concat();
        stage(batch, found, post.time, place.clock, &identity, &post)
    }

    fn serie(&mut self, found: &Found, serie: Serie<'_>, batch: &mut Batch) -> Result<(), Broken> {
        let series = self.inward.series(serie)?;
        if series.events.is_empty() {
            return Err(Broken("a serie without tweets".to_owned()));
        }
        let time = series.start.plus_millis(i64::from(series.window_s.unwrap_or(0)) * 1000);
        stage(batch, found, time, found.partition, &unique(found), &series)
    }

    /// A size is told once for each window: the first copy counts. Who has forgotten it brings the next under the same identity.
    fn total(&mut self, found: &Found, total: Total<'_>, batch: &mut Batch) -> Result<(), Broken> {
        let size = self.inward.size(total)?;
        let identity = format!("{} {} {}", size.cascade, size.size, size.end.millis()).into_bytes();
        if !self.cursor.told.is_first(xxh3_64(&identity)) {
            return Ok(());
        }
        let Size { cascade, network, start, .. } = size.clone();
        let (author, window_s, events, text) = (None, None, vec![], "".into());
        let ended = Series { cascade, network, author, start, window_s, size: size.size, reach: 0, events, text };
        stage(batch, found, size.end, found.partition, &[&identity[..], b" ended"].concat(), &ended)?;
        stage(batch, found, size.end, found.partition, &identity, &size)
    }
}

/// A message's place, as what identifies it.
fn unique(found: &Found) -> Vec<u8> {
    format!("{}.{}", found.partition, found.offset).into_bytes()
}

fn stage<V: Value>(
    batch: &mut Batch,
    found: &Found,
    time: Timestamp,
    clock: u32,
    identity: &[u8],
    value: &V,
) -> Result<(), Broken> {
    let place = batch.out.send(time, value).ok_or_else(|| Broken("the record could not be written down".to_owned()))?;
    let (identity, raw) = (xxh3_64(identity), found.value.clone().into());
    batch.staged.push(Staged { place, time, clock, identity, offset: found.offset, raw });
    Ok(())
}
