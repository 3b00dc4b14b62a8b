//! The posts of a cascade: found by time in its partition, and read from there.

use super::first_in;
use domain::{Kind, Post};
use flow::{Error, Format, Log, Record, Result, Timestamp, Value, partition_of};
use serde::Serialize;
use std::time::Instant;
use utoipa::ToSchema;

const READ_BYTES: usize = 256 << 10;
/// Posts do not come quite in the order of their times: so much earlier the search begins, and so much later it ends.
const DISORDER_MS: i64 = 120_000;
/// So many records of a later time show that the search has come to its end: one may come from a source that is ahead.
const BEYOND: usize = 1_000;
/// A longer text is cut.
const TEXT_BYTES: usize = 2_000;

/// How far to look.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// When the last post of the cascade came, if it has ended.
    pub end: Option<Timestamp>,
    /// How many posts to find.
    pub posts: usize,
    /// How many records to read, at most.
    pub records: usize,
    /// When to stop in any case.
    pub deadline: Instant,
}

/// A post of the cascade.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ShownPost {
    /// The network's identifier.
    id: String,
    /// `original`, `repost`, `quote` or `reply`.
    #[schema(value_type = String)]
    kind: Kind,
    /// When it was posted.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Who posted it: their name in an address, else the network's identifier.
    author: String,
    /// How many follow them, if that is known.
    followers: Option<u64>,
    /// What it says, cut.
    text: String,
}

/// Posts of the cascade, the first ones.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Posts {
    /// The posts, in the order in which they came.
    pub posts: Vec<ShownPost>,
    /// The search was given up before it had come to an end: there may be more.
    pub stopped_early: bool,
}

/// The first posts of a cascade that was started at `start`.
pub fn posts(log: &dyn Log, cascade: &str, start: Timestamp, until: Until) -> Result<Posts> {
    let specs = log.topics()?;
    let Some(spec) = specs.iter().find(|spec| spec.name == Post::TOPIC) else { return Ok(Posts::default()) };
    let partition = partition_of(cascade.as_bytes(), spec.partitions);
    let search = Search { log, partition, cascade, until };
    match search.first_from(start.plus_millis(-DISORDER_MS)) {
        Ok(Some(from)) => search.read(from),
        Ok(None) => Ok(Posts { stopped_early: true, ..Posts::default() }),
        // Retention has taken away what was being looked at.
        Err(Error::Refused(_)) => Ok(Posts { stopped_early: true, ..Posts::default() }),
        Err(error) => Err(error),
    }
}

struct Search<'a> {
    log: &'a dyn Log,
    partition: u32,
    cascade: &'a str,
    until: Until,
}

impl Search<'_> {
    /// About the first offset of a record of this time or later, by halves; nothing if that takes too long.
    fn first_from(&self, time: Timestamp) -> Result<Option<u64>> {
        let bounds = self.log.bounds(Post::TOPIC, self.partition)?;
        let (mut low, mut high) = (bounds.start, bounds.end);
        while low < high {
            if Instant::now() > self.until.deadline {
                return Ok(None);
            }
            let middle = low + (high - low) / 2;
            match self.next_at(middle, high)? {
                Some((offset, at)) if at < time => low = offset + 1,
                // Nothing between the middle and what was found is a record.
                _ => high = middle,
            }
        }
        Ok(Some(low))
    }

    /// The first record from an offset on, before `end`: heartbeats and gaps are passed over.
    fn next_at(&self, mut from: u64, end: u64) -> Result<Option<(u64, Timestamp)>> {
        while from < end && Instant::now() <= self.until.deadline {
            let batches = self.log.read(Post::TOPIC, self.partition, from, 1)?;
            if let Some((offset, time)) = first_in(&batches, from) {
                return Ok((offset < end).then_some((offset, time)));
            }
            let Some(next) = batches.last().map(flow::Batch::next).filter(|next| *next > from) else { return Ok(None) };
            from = next;
        }
        Ok(None)
    }

    fn read(&self, mut from: u64) -> Result<Posts> {
        let (format, mut found, mut left) = (self.log.format(), Posts::default(), self.until.records);
        let (last, mut beyond) = (self.until.end.map(|end| end.plus_millis(DISORDER_MS)), 0);
        while found.posts.len() < self.until.posts {
            let batches = self.log.read(Post::TOPIC, self.partition, from, READ_BYTES)?;
            let before = from;
            for batch in &batches {
                for record in batch.block.records(batch.base, from) {
                    if left == 0 || Instant::now() > self.until.deadline {
                        return Ok(Posts { stopped_early: true, ..found });
                    }
                    beyond += usize::from(last.is_some_and(|last| record.time > last));
                    if found.posts.len() >= self.until.posts || beyond > BEYOND {
                        return Ok(found);
                    }
                    left -= 1;
                    found.take(&record, self.cascade, format);
                }
                from = from.max(batch.next());
            }
            if from == before {
                break;
            }
        }
        Ok(found)
    }
}

impl Posts {
    fn take(&mut self, record: &Record<'_>, cascade: &str, format: Format) {
        if record.key != cascade.as_bytes() {
            return;
        }
        let Some(Ok(post)) = record.value.map(|value| format.decode::<Post<'_>>(value)) else { return };
        match post.kind {
            // What was taken back is not shown, whether or not the file has been written anew.
            Kind::Deletion => self.posts.retain(|known| known.id != *post.id),
            Kind::Edit => {
                if let Some(known) = self.posts.iter_mut().find(|known| known.id == *post.id) {
                    known.text = ShownPost::new(&post).text;
                }
            }
            _ => self.posts.push(ShownPost::new(&post)),
        }
    }
}

impl ShownPost {
    fn new(post: &Post<'_>) -> Self {
        let author = post.author.handle.as_ref().unwrap_or(&post.author.id).to_string();
        let text = post.text.get(..post.text.floor_char_boundary(TEXT_BYTES)).unwrap_or_default().to_owned();
        ShownPost { id: post.id.to_string(), kind: post.kind, time: post.time, author, followers: post.author.followers, text }
    }
}
