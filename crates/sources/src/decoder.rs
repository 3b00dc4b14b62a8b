//! Decodes what a recording is cut into, record by record, into a batch.

use crate::batch::{Batch, Gather, KEPT, Reader, Retouch};
use crate::decode::{self, Item, Limits, Sink};
use crate::framing::{Frame, Framing};
use crate::layout::{Format, Layout};
use bytes::Bytes;
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
        let range = trimmed(chunk, frame.range.clone(), offset);
        let record = chunk.get(range.clone()).unwrap_or_default();
        if record.trim_ascii().is_empty() || (offset + range.start as u64) < self.layout.heading {
            return;
        }
        batch.records += 1;
        if frame.range.len() > self.limit {
            return self.long(record, offset + range.start as u64, frame.range.len() as u64, batch);
        }
        let start = offset + range.start as u64;
        let mut gather =
            Gather { batch, reader: &self.reader, retouch: &self.retouch, chunk, range: range.clone(), divisible: true, offset };
        if frame.open {
            return gather.take(Item::Refused("a quote is opened and never closed".to_owned()), 0..range.len());
        }
        if self.layout.latin {
            gather.divisible = false;
            let text: String = record.iter().map(|byte| char::from(*byte)).collect();
            return self.decode(&text, start, &mut gather);
        }
        match text.and_then(|text| text.get(range)).map_or_else(|| std::str::from_utf8(record), Ok) {
            Ok(text) => self.decode(text, start, &mut gather),
            Err(error) => {
                let reason = format!("not UTF-8: byte {} does not belong", error.valid_up_to());
                gather.take(Item::Refused(reason), 0..record.len());
            }
        }
    }

    fn decode<'a>(&self, record: &'a str, offset: u64, into: &mut impl Sink<'a>) {
        match &self.layout.format {
            Format::Json | Format::Document => decode::json(&self.limits, record, into),
        }
    }

    /// Refuses a record that is too long to be looked at.
    pub(crate) fn long(&self, head: &[u8], offset: u64, length: u64, batch: &mut Batch) {
        let kept = head.len().min(KEPT);
        let reason = format!("{length} bytes long, the limit is {}; the first {kept} are kept", self.limit);
        batch.refused.push(self.reader.refused(offset, reason, head));
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
