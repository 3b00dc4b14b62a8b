//! Decodes what a recording is cut into, record by record, into a batch.

use crate::Settings;
use crate::batch::{Batch, Gather, KEPT, Reader, Retouch};
use crate::decode::{self, Item, Limits, Sink};
use crate::framing::{Frame, Framing};
use crate::layout::{Format, Layout};
use bytes::Bytes;
use domain::{Author, Place, Post, Text};
use flow::{Broken, Refused, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// All that decoding needs to know.
#[derive(Clone)]
pub(crate) struct Decoder {
    pub(crate) layout: Arc<Layout>,
    pub(crate) reader: Reader,
    pub(crate) retouch: Retouch,
    pub(crate) limits: Limits,
    /// The longest record taken.
    pub(crate) limit: usize,
}

impl Decoder {
    pub(crate) fn framing(&self) -> Framing {
        self.layout.framing()
    }

    /// Decodes every record in a run of whole ones.
    pub(crate) fn all(&self, chunk: &Bytes, offset: u64, batch: &mut Batch) {
        // One check of all is much cheaper than many of little, and nearly always all is well.
        let text = if self.layout.latin { None } else { std::str::from_utf8(chunk).ok() };
        let mut at = 0;
        while let Some(frame) = self.framing().next(chunk, at, self.limit) {
            at = frame.next;
            self.one(chunk, text, &frame, offset, batch);
        }
    }

    /// Decodes one record; `text` is the chunk as text, where that is known.
    pub(crate) fn one(&self, chunk: &Bytes, text: Option<&str>, frame: &Frame, offset: u64, batch: &mut Batch) {
        let Some(range) = self.record(chunk, frame, offset) else { return };
        batch.records += 1;
        let (reader, retouch, divisible) = (&self.reader, &self.retouch, !self.layout.latin);
        let mut gather = Gather { batch, reader, retouch, chunk, range: range.clone(), divisible, offset };
        let piece = chunk.get(range.clone()).unwrap_or_default();
        self.feed(piece, text.and_then(|text| text.get(range.clone())), frame, offset + range.start as u64, &mut gather);
    }

    /// When the posts in a record were posted: the first of them, and the newest.
    pub(crate) fn times(&self, chunk: &Bytes, frame: &Frame, offset: u64) -> Option<(Timestamp, Timestamp)> {
        let range = self.record(chunk, frame, offset)?;
        let mut times = Times(None);
        let start = offset + range.start as u64;
        self.feed(chunk.get(range).unwrap_or_default(), None, frame, start, &mut times);
        times.0
    }

    /// Where the record proper stands in a chunk; `None` for blank lines and the heading, which are no records.
    fn record(&self, chunk: &[u8], frame: &Frame, offset: u64) -> Option<Range<usize>> {
        let range = trimmed(chunk, frame.range.clone(), offset);
        let blank = chunk.get(range.clone()).unwrap_or_default().trim_ascii().is_empty();
        let heading = self.layout.heading && offset + frame.range.start as u64 == 0;
        (!blank && !heading).then_some(range)
    }

    fn feed<S: for<'a> Sink<'a>>(&self, record: &[u8], text: Option<&str>, frame: &Frame, offset: u64, into: &mut S) {
        let all = 0..record.len();
        if frame.range.len() > self.limit {
            return into.take(Item::Refused(self.too_long(frame.range.len() as u64)), all);
        }
        if frame.open {
            return into.take(Item::Refused("a quote is opened and never closed".to_owned()), all);
        }
        if self.layout.latin {
            let text: String = record.iter().map(|byte| char::from(*byte)).collect();
            return self.decode(&text, offset, into);
        }
        match text.map_or_else(|| std::str::from_utf8(record), Ok) {
            Ok(text) => self.decode(text, offset, into),
            Err(error) => {
                let reason = format!("not UTF-8: byte {} does not belong", error.valid_up_to());
                into.take(Item::Refused(reason), all);
            }
        }
    }

    pub(crate) fn decode<'a>(&self, record: &'a str, offset: u64, into: &mut impl Sink<'a>) {
        match &self.layout.format {
            Format::Json | Format::Document => decode::json(&self.limits, record, into),
            Format::Table(columns) => decode::row(&self.limits, columns, record, offset, into),
        }
    }

    fn too_long(&self, length: u64) -> String {
        format!("{length} bytes long, the limit is {}; the first {KEPT} are kept", self.limit)
    }

    /// Refuses a record that is too long to be held.
    pub(crate) fn long(&self, head: &[u8], offset: u64, length: u64, batch: &mut Batch) {
        batch.records += 1;
        batch.refused.push(self.reader.refused(offset, self.too_long(length), head));
    }

    /// Refuses what there is of a record where a compressed recording is damaged.
    pub(crate) fn cut(&self, fragment: &[u8], offset: u64, reason: &str, batch: &mut Batch) {
        batch.records += 1;
        batch.refused.push(self.reader.refused(offset, reason.to_owned(), fragment));
    }
}

/// Notes the first and the newest time.
struct Times(Option<(Timestamp, Timestamp)>);

impl<'a> Sink<'a> for Times {
    fn take(&mut self, item: Item<'a>, _part: Range<usize>) {
        if let Item::Post(post) = item {
            let (first, newest) = self.0.unwrap_or((post.time, post.time));
            self.0 = Some((first, newest.max(post.time)));
        }
    }
}

/// A record without what frames it: a byte order mark in front of the first, a carriage return behind any.
fn trimmed(chunk: &[u8], range: Range<usize>, offset: u64) -> Range<usize> {
    let Range { mut start, mut end } = range;
    let bytes = |start, end| chunk.get(start..end).unwrap_or_default();
    if offset + start as u64 == 0 && bytes(start, end).starts_with(b"\xef\xbb\xbf") {
        start += 3;
    }
    if bytes(start, end).ends_with(b"\r") {
        end -= 1;
    }
    start..end
}

/// Decodes the bytes of a refused record on their own.
pub(crate) fn again(layout: Layout, refused: &Refused, settings: &Settings) -> Result<Vec<Post<'static>>, Broken> {
    let reader = Reader { by: "".into(), from: "".into(), at: refused.time };
    let (limit, limits) = (usize::MAX, Limits::at(settings.clock()));
    let decoder = Decoder { layout: Arc::new(layout), reader, retouch: Retouch::default(), limits, limit };
    let raw = &refused.raw.0;
    let frame = Frame { range: 0..raw.len(), next: raw.len(), open: false };
    let mut collected = Collected::default();
    decoder.feed(raw, None, &frame, refused.offset, &mut collected);
    match collected.reason {
        Some(reason) => Err(Broken(reason)),
        None => Ok(collected.posts),
    }
}

/// The posts of one record, on their own; or why there are none.
#[derive(Default)]
struct Collected {
    posts: Vec<Post<'static>>,
    reason: Option<String>,
}

impl<'a> Sink<'a> for Collected {
    fn take(&mut self, item: Item<'a>, _part: Range<usize>) {
        match item {
            Item::Post(post) => self.posts.push(owned(post)),
            Item::Refused(reason) => self.reason = Some(reason),
        }
    }
}

fn owned(post: Post<'_>) -> Post<'static> {
    let place = |place: Place<'_>| Place { name: place.name.into_owned(), country: place.country.map(Text::into_owned) };
    let author = |author: Author<'_>| Author {
        id: author.id.into_owned(),
        handle: author.handle.map(Text::into_owned),
        followers: author.followers,
        location: author.location.map(Text::into_owned),
    };
    Post {
        network: post.network.into_owned(),
        id: post.id.into_owned(),
        root: post.root.into_owned(),
        kind: post.kind,
        target: post.target.map(Text::into_owned),
        time: post.time,
        author: author(post.author),
        text: post.text.into_owned(),
        lang: post.lang.map(Text::into_owned),
        place: post.place.map(place),
        rules: post.rules.into_iter().map(Text::into_owned).collect(),
    }
}
