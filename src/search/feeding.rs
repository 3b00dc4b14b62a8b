//! The role `search`: documents, from the log into the index.

use super::Index;
use crate::config::Config;
use domain::Document;
use engine::{Context, Report, Turn, Turned};
use flow::{Error, Follow, Mark, Out, Producer, Raw, Refused, Rejected, Timestamp, TopicSpec, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::{Duration, Instant};

/// How often what is too old leaves the index.
const EXPIRE: Duration = Duration::from_secs(60);
/// After so many documents it is made sure of them, however new they are.
const MANY: u64 = 20_000;
/// So much of a rejected document is kept.
const RAW: usize = 64 << 10;

/// Follows the documents into the index. How far it has come stands in the index itself, in the same commit as the documents: after a
/// crash it goes on exactly there.
pub struct Feeding {
    index: Index,
    follow: Follow,
    context: Context,
    outputs: Vec<TopicSpec>,
    every: Duration,
    keep_ms: i64,
    /// Since when there is something that is not found yet, and how much.
    waiting: Option<Instant>,
    many: u64,
    expired: Option<Instant>,
    refused: Vec<Refused>,
    report: Report,
}

/// How far an index has come, as it stands in it.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    log: String,
    next: Vec<u64>,
}

impl Feeding {
    /// Feeds the index.
    pub fn start(index: Index, config: &Config, outputs: Vec<TopicSpec>, context: &Context) -> Result<Self, Error> {
        let mut follow = Follow::new(context.log.clone(), &[(Document::TOPIC, u64::MAX)]);
        let progress: Progress = serde_json::from_str(&index.feed.progress()).unwrap_or_default();
        if progress.log == index.log {
            follow.resume(Document::TOPIC, progress.next);
        } else if !index.feed.is_empty().map_err(failed)? {
            tracing::warn!("the index holds the documents of another log: it is emptied and filled anew");
            index.feed.delete_where(&json!({ "match_all": {} })).map_err(failed)?;
        }
        let every = Duration::from_millis(config.search.every.0.unsigned_abs());
        let (keep_ms, context) = (config.search.keep.0, context.clone());
        let (waiting, expired, report) = (None, None, Report::default());
        Ok(Feeding { index, follow, context, outputs, every, keep_ms, waiting, many: 0, expired, refused: vec![], report })
    }

    /// Reads some; false if there was nothing.
    fn hear(&mut self) -> Result<bool, Error> {
        let (index, refused, report, many) = (&self.index, &mut self.refused, &mut self.report, &mut self.many);
        let mut trouble = None;
        let any = self.follow.round(|heard| {
            let Some(value) = heard.record.value else { return };
            report.records += 1;
            report.bytes += value.len() as u64;
            *many += 1;
            let taken = match heard.format.decode::<Document<'_>>(value) {
                Ok(document) => take(index, &document, heard.record.offset),
                Err(broken) => Err(search::Error::new(400, "broken", broken.0)),
            };
            match taken {
                Ok(()) => {}
                Err(error) if error.status < 500 => refused.push(Refused {
                    by: "search".into(),
                    from: heard.topic.into(),
                    partition: heard.partition,
                    offset: heard.record.offset,
                    time: heard.record.time,
                    reason: error.to_string(),
                    raw: Raw(value.get(..value.len().min(RAW)).unwrap_or_default().to_vec()),
                }),
                Err(error) => trouble = Some(error),
            }
        });
        let any = any.map_err(|error| {
            // Retention may have run ahead; else the log is away for a while, and nothing is lost by waiting.
            self.follow.recover();
            Error::Io(error.to_string())
        })?;
        if any {
            self.waiting.get_or_insert_with(Instant::now);
        }
        trouble.map_or(Ok(any), |error| Err(failed(error)))
    }

    /// What has come is found from here on, and lasts.
    fn settle(&mut self) -> Result<(), Error> {
        if self.expired.is_none_or(|at| at.elapsed() > EXPIRE) {
            let oldest = (self.context.wall)().plus_millis(-self.keep_ms);
            self.index.feed.expire("date", oldest.millis()).map_err(failed)?;
            self.expired = Some(Instant::now());
        }
        self.reject()?;
        let progress = Progress { log: self.index.log.clone(), next: self.follow.places(Document::TOPIC) };
        self.index.feed.commit(&serde_json::to_string(&progress).unwrap_or_default()).map_err(failed)?;
        (self.waiting, self.many) = (None, 0);
        Ok(())
    }

    /// Tells what the index does not take. A crash between this and the commit tells it twice rather than never.
    fn reject(&mut self) -> Result<(), Error> {
        if self.refused.is_empty() {
            return Ok(());
        }
        let mut out = Out::new(self.context.log.format(), &self.outputs);
        for refused in &self.refused {
            out.send(refused.time, &Rejected(refused.clone()));
        }
        let mark = Mark { watermark: Timestamp::MIN, at: (self.context.wall)(), done: true };
        self.context.log.append(out.take(&Producer::from("search"), mark, false))?;
        self.report.rejected += self.refused.len() as u64;
        self.refused.clear();
        Ok(())
    }

    fn is_due(&self) -> bool {
        self.many >= MANY || self.waiting.is_some_and(|since| since.elapsed() >= self.every)
    }
}

/// Takes a document in: what repeats a post that was taken back goes with it.
fn take(index: &Index, document: &Document<'_>, offset: u64) -> search::Result<()> {
    let name = document.name();
    if document.is_deleted() {
        index.feed.delete(&name)?;
        let (network, root) = (&*document.post.network, &*document.post.id);
        return index
            .feed
            .delete_where(&json!({ "bool": { "filter": [{ "term": { "network": network } }, { "term": { "root": root } }] } }));
    }
    index.feed.put(&name, offset + 1, document.source().to_string().as_bytes())
}

fn failed(error: search::Error) -> Error {
    // What the index could not write it does not have: only a new start, which reads it again, helps.
    Error::Refused(format!("the index: {error}"))
}

impl Feeding {
    fn work(&mut self, wait: Duration) -> Result<Turned, Error> {
        let any = self.hear()?;
        if self.is_due() {
            self.settle()?;
            return Ok(Turned::Worked { bytes: 0 });
        }
        if !any {
            self.follow.rest(self.waiting.map_or(wait, |since| wait.min(self.every.saturating_sub(since.elapsed()))));
            return Ok(Turned::Idle);
        }
        Ok(Turned::Worked { bytes: usize::MAX })
    }
}

impl Turn for Feeding {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        match self.work(wait) {
            Err(error) if error.retry().is_some() => Ok(Turned::Waiting(error.retry().unwrap_or(wait), error.to_string())),
            other => other,
        }
    }

    fn report(&mut self) -> Report {
        // What came since the last turn counts, too: others may have come to their end meanwhile.
        let is_behind = self.waiting.is_some() || self.hear().unwrap_or(true);
        Report { done: !is_behind, ..std::mem::take(&mut self.report) }
    }
}
