//! What one poll gathers: posts encoded and staged, refusals beside them.

use crate::decode::{Item, Sink};
use bytes::Bytes;
use domain::{Kind, Post, Text};
use flow::{Out, Raw, Refused, Staged, Timestamp};
use std::ops::Range;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// How much of a refused record is kept.
pub(crate) const KEPT: usize = 64 << 10;

/// Who reads, and when: what a refusal says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) by: Arc<str>,
    pub(crate) from: Arc<str>,
    pub(crate) at: Timestamp,
}

impl Reader {
    pub(crate) fn refused(&self, offset: u64, reason: String, raw: &[u8]) -> Refused {
        let raw = raw.get(..KEPT).unwrap_or(raw);
        let (by, from) = (self.by.to_string(), self.from.to_string());
        Refused { by, from, partition: 0, offset, time: self.at, reason, raw: Raw(raw.to_vec()) }
    }
}

/// How posts are changed on their way, so that a recording can be played as if it happened now, or over and over.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Retouch {
    /// Moments shown as others.
    pub(crate) stamp: Option<Stamp>,
    /// How often the recording was played before.
    pub(crate) lap: u32,
}

/// Moves time: what happened at `from` is shown at `to`, and `speed` times as fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) speed: f64,
}

impl Stamp {
    pub(crate) fn shown(&self, time: Timestamp) -> Timestamp {
        self.to.plus_millis((time.millis_since(self.from) as f64 / self.speed).round() as i64)
    }
}

impl Retouch {
    fn apply(&self, post: &mut Post<'_>) {
        if let Some(stamp) = self.stamp {
            post.time = stamp.shown(post.time);
        }
        if self.lap > 0 {
            let again = |id: &Text<'_>| Text::from(format!("{id}~{}", self.lap));
            post.id = again(&post.id);
            post.root = again(&post.root);
            post.target = post.target.as_ref().map(again);
        }
    }
}

/// What has been gathered so far.
pub(crate) struct Batch {
    pub(crate) out: Out,
    pub(crate) staged: Vec<Staged>,
    pub(crate) refused: Vec<Refused>,
    /// Records looked at.
    pub(crate) records: u64,
    /// The newest moment recorded.
    pub(crate) newest: Option<Timestamp>,
    name: Vec<u8>,
}

impl Batch {
    pub(crate) fn new(out: Out) -> Self {
        Batch { out, staged: vec![], refused: vec![], records: 0, newest: None, name: vec![] }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Takes a post in; one that its topic has no room for is told back.
    pub(crate) fn send(&mut self, post: &Post<'_>, offset: u64, raw: Bytes) -> bool {
        let Some(place) = self.out.send(post.time, post) else { return false };
        let identity = identity(post, &mut self.name);
        self.staged.push(Staged { place, time: post.time, clock: 0, identity, offset, raw });
        true
    }
}

/// What makes a post the same as another. That a post was taken back is not the post itself, and neither is how it was edited.
fn identity(post: &Post<'_>, name: &mut Vec<u8>) -> u64 {
    name.clear();
    name.extend_from_slice(post.network.as_bytes());
    name.push(match post.kind {
        Kind::Deletion => 1,
        Kind::Edit => 2,
        Kind::Original | Kind::Repost | Kind::Quote | Kind::Reply => 0,
    });
    name.extend_from_slice(post.id.as_bytes());
    if post.kind == Kind::Edit {
        name.extend_from_slice(&post.time.millis().to_be_bytes());
    }
    xxh3_64(name)
}

/// Puts what comes out of one record into a batch.
pub(crate) struct Gather<'b> {
    pub(crate) batch: &'b mut Batch,
    pub(crate) reader: &'b Reader,
    pub(crate) retouch: &'b Retouch,
    /// The bytes that hold the record.
    pub(crate) chunk: &'b Bytes,
    /// Where in them it stands.
    pub(crate) range: Range<usize>,
    /// Whether the parts that come back are parts of these bytes, or of another form of them.
    pub(crate) divisible: bool,
    /// Where the bytes stand in the input.
    pub(crate) offset: u64,
}

impl<'a> Sink<'a> for Gather<'_> {
    fn take(&mut self, item: Item<'a>, part: Range<usize>) {
        let start = self.range.start;
        let part = if self.divisible { start + part.start..start + part.end } else { self.range.clone() };
        let offset = self.offset + part.start as u64;
        let reason = match item {
            Item::Post(mut post) => {
                self.batch.newest = self.batch.newest.max(Some(post.time));
                self.retouch.apply(&mut post);
                if self.batch.send(&post, offset, self.chunk.slice(part.clone())) {
                    return;
                }
                "the post could not be written down".to_owned()
            }
            Item::Refused(reason) => reason,
        };
        let raw = self.chunk.get(part).unwrap_or_default();
        self.batch.refused.push(self.reader.refused(offset, reason, raw));
    }
}
