//! `tweetoscope:`: the topics of a Tweetoscope, as our records: its tweets, its partial cascades, its sizes, its predictions, and
//! how far off they were.

mod lanes;
mod merge;
mod records;

#[cfg(test)]
mod tests;

use crate::address::Address;
use crate::batch::{Batch, Reader};
use crate::{Error, Opened, Settings, speed, wall_clock};
use brokers::{Feed, Found};
use domain::tweetoscope::Inward;
use flow::{Broken, Format, Out, Polled, Pulled, Result as Flowed, Source, Timestamp};
use lanes::Lanes;
use merge::Merge;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const VERSION: u8 = 2;
/// Messages that one poll brings at most.
const MOST: usize = 4096;
/// Where nothing came for so long, and nothing is there, time goes on by itself.
const SILENCE: Duration = Duration::from_secs(10);
/// Between two answers there was no longer silence than this: who was suspended meanwhile has not listened. It is longer than
/// a commit takes, or time would go slower than it should.
const LISTENED: Duration = Duration::from_millis(200);

/// Where messages come from.
trait Topic: Send {
    fn poll(&mut self, wait: Duration, most: usize) -> Flowed<Vec<Found>>;
    /// Whether everything that is known to be there has been read.
    fn is_at_end(&self) -> bool;
    /// The partitions in which there is more.
    fn behind(&self) -> Vec<u32>;
}

impl Topic for Feed {
    fn poll(&mut self, wait: Duration, most: usize) -> Flowed<Vec<Found>> {
        Feed::poll(self, wait, most)
    }

    fn is_at_end(&self) -> bool {
        Feed::is_at_end(self)
    }

    fn behind(&self) -> Vec<u32> {
        Feed::behind(self).collect()
    }
}

/// Begins to read behind these offsets.
type Opener = Box<dyn Fn(BTreeMap<u32, u64>) -> Flowed<Box<dyn Topic>> + Send>;

/// Which of its topics is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tweets,
    Series,
    Properties,
    Alerts,
    Stats,
}

/// How far it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Cursor {
    next: BTreeMap<u32, u64>,
    lanes: Lanes,
    told: records::Told,
}

/// A topic that is read.
struct Tweetoscope {
    kind: Kind,
    inward: Inward,
    reader: Reader,
    speed: f64,
    /// It ends when everything that is there has been read.
    ends: bool,
    outs: Option<Box<dyn Fn() -> Out + Send + Sync>>,
    cursor: Cursor,
    feed: Option<Box<dyn Topic>>,
    opener: Opener,
    merge: Merge,
    /// For how long the brokers have said that there is nothing more.
    silent: Duration,
    /// When they answered last.
    answered: Instant,
    complaint: String,
}

const OPTIONS: [&str; 5] = ["read", "topic", "speed", "start", "end"];

/// Opens `tweetoscope://HOST:PORT?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    let source = made(address, settings)?;
    let (name, topics) = (source.reader.by.to_string(), source.kind.topics());
    Ok(Opened { name, source: Box::new(source), topics, bytes: None, posts: None, waits: false })
}

/// The topics of ours that it writes.
pub(crate) fn topics(address: &Address) -> Result<&'static [&'static str], Error> {
    kind(address).map(Kind::topics)
}

fn kind(address: &Address) -> Result<Kind, Error> {
    let kind = |text: &str| match text {
        "tweets" => Some(Kind::Tweets),
        "cascade_series" => Some(Kind::Series),
        "cascade_properties" => Some(Kind::Properties),
        "alerts" => Some(Kind::Alerts),
        "stats" => Some(Kind::Stats),
        _ => None,
    };
    address.value("read", Kind::Tweets, "write tweets, cascade_series, cascade_properties, alerts or stats", kind)
}

fn made(address: &Address, settings: &Settings) -> Result<Tweetoscope, Error> {
    let (ours, theirs) = address.split(&OPTIONS);
    let brokers = brokers::Settings::parse(&format!("{}?{theirs}", address.path));
    // What stands there may hold a password.
    let brokers = brokers.map_err(|error| address.bad("brokers", "...", &error.to_string()))?;
    let kind = kind(&ours)?;
    let topic = ours.option("topic").or(ours.option("read")).unwrap_or("tweets").to_owned();
    let moment = "write the moment that is t = 0, such as 1970-01-01T00:00:00Z";
    let base = ours.value("start", Timestamp::default(), moment, Timestamp::parse)?;
    let speed = ours.value("speed", Some(1.0), "write a number above 0: how much faster its time goes", speed)?.unwrap_or(1.0);
    let (name, from) = (format!("tweetoscope:{topic}"), format!("tweetoscope:{}?read={topic}", address.path));
    let opener: Opener = Box::new(move |next| {
        let feed = Feed::open(brokers.clone(), &topic, next)?;
        Ok(Box::new(feed) as Box<dyn Topic>)
    });
    Ok(Tweetoscope {
        kind,
        inward: Inward { base },
        reader: Reader { by: name.as_str().into(), from: from.into(), at: settings.clock() },
        speed,
        ends: ours.flag("end")?,
        outs: None,
        cursor: Cursor::default(),
        feed: None,
        opener,
        merge: Merge::default(),
        silent: Duration::ZERO,
        answered: Instant::now(),
        complaint: String::new(),
    })
}

impl Tweetoscope {
    /// Reads what is there. Brokers that are away, or a topic that is not there yet, are waited for.
    fn fill(&mut self, wait: Duration) -> Result<(), Broken> {
        if self.merge.is_full() {
            return Ok(());
        }
        let polled = match &mut self.feed {
            Some(feed) => feed.poll(wait, MOST),
            None => (self.opener)(self.cursor.next.clone()).map(|feed| {
                self.feed = Some(feed);
                vec![]
            }),
        };
        self.listen(&polled, self.answered.elapsed());
        self.answered = Instant::now();
        match polled {
            Ok(found) => {
                if !found.is_empty() {
                    self.complaint.clear();
                }
                for found in found {
                    let t = self.time_of(&found);
                    self.merge.push(t, found);
                }
                Ok(())
            }
            Err(error) if error.retry().is_some() => {
                let complaint = error.to_string();
                if complaint != self.complaint {
                    tracing::warn!(source = &*self.reader.by, "{complaint}; waiting for it");
                    self.complaint = complaint;
                }
                std::thread::sleep(wait);
                Ok(())
            }
            Err(error) => Err(Broken(error.to_string())),
        }
    }

    /// Counts the silence in what brokers answered, so long after the answer before. No answer is no silence.
    fn listen(&mut self, polled: &Flowed<Vec<Found>>, passed: Duration) {
        let is_silent = polled.as_ref().is_ok_and(Vec::is_empty) && self.is_at_end();
        self.silent = if is_silent { self.silent + passed.min(LISTENED) } else { Duration::ZERO };
    }

    /// What a message's own clock shows. One that cannot be read comes at once.
    fn time_of(&self, found: &Found) -> f64 {
        records::time_of(found).unwrap_or(f64::NEG_INFINITY)
    }

    fn is_at_end(&self) -> bool {
        self.merge.is_empty() && self.feed.as_ref().is_some_and(|feed| feed.is_at_end())
    }

    /// What time it is where nothing comes any more: its time goes on at its speed.
    fn now(&self) -> Option<Timestamp> {
        let passed = self.silent.checked_sub(SILENCE).filter(|passed| !passed.is_zero() && self.is_at_end())?;
        let newest_s = self.cursor.lanes.newest_s()?;
        let passed_s = passed.as_secs_f64() * self.speed;
        Some(self.inward.base.plus_millis(((newest_s + passed_s) * 1000.0) as i64))
    }

    fn pull(&mut self) -> Result<Batch, Broken> {
        let outs = self.outs.as_ref().ok_or_else(|| Broken("the source was not opened".to_owned()))?;
        let mut batch = Batch::new(outs());
        self.reader.at = wall_clock();
        while (batch.records as usize) < MOST {
            let behind = self.feed.iter().flat_map(|feed| feed.behind());
            let Some((_, found)) = self.merge.pop(behind) else { break };
            batch.records += 1;
            self.cursor.next.insert(found.partition, found.offset + 1);
            if let Err(Broken(reason)) = self.bring(&found, &mut batch) {
                let mut refused = self.reader.refused(found.offset, reason, &found.value);
                refused.partition = found.partition;
                batch.refused.push(refused);
            }
        }
        Ok(batch)
    }
}

impl Source for Tweetoscope {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.outs = Some(out);
        self.cursor = match cursor.and_then(<[u8]>::split_first) {
            None => Cursor::default(),
            Some((&VERSION, rest)) => Format::Compact.decode(rest)?,
            Some(_) => {
                return Err(Broken(format!(
                    "this is no cursor of version {VERSION} of the tweetoscope source; begin on a new log"
                )));
            }
        };
        (self.feed, self.merge, self.silent) = (None, Merge::default(), Duration::ZERO);
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        self.fill(wait)?;
        let now = self.now();
        let Batch { out, staged, refused, records, .. } = self.pull()?;
        if records == 0 && self.ends && self.is_at_end() {
            return Ok((Polled::End, None));
        }
        if records == 0 && now.is_none() {
            return Ok((Polled::Idle, None));
        }
        let mut cursor = vec![VERSION];
        Format::Compact.encode(&self.cursor, &mut cursor)?;
        let polled = if records == 0 { Polled::Idle } else { Polled::Some };
        Ok((polled, Some(Pulled { out, staged, refused, cursor, now })))
    }
}
