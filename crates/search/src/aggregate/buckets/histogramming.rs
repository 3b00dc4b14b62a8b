//! A bucket for each interval of numbers or times.

use super::super::Partial;
use super::super::rounding::Rounding;
use super::super::spec::{Histogram, Missing};
use super::super::work::{Hall, Work};
use super::Boxes;
use crate::Result;
use crate::blocks::{Block, Ords, Reader, number};
use crate::mapping::Kind;
use std::sync::Arc;
use tantivy::DocId;
use tantivy::columnar::MonotonicallyMappableToU64;

pub(in super::super) struct Histogramming {
    reader: Reader,
    boxes: Boxes,
    rounding: Arc<Rounding>,
    kind: Kind,
    hard: (f64, f64),
    cached: Cached,
    /// Whether buckets lie so many codes apart.
    stepped: bool,
}

/// The codes of a bucket, and its key; none if it is beyond the bounds.
#[derive(Clone, Copy)]
struct Cached {
    from: u64,
    to: u64,
    key: Option<u64>,
}

impl Histogramming {
    pub(in super::super) fn open(
        histogram: &Histogram,
        reader: Reader,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        let boxes = match span(histogram, &reader) {
            Some((base, width, step)) => boxes(Some(width), base, step)?,
            None => boxes(None, 0, 1)?,
        };
        let cached = Cached { from: 0, to: 0, key: None };
        let (rounding, kind) = (histogram.rounding.clone(), histogram.source.style.kind);
        let stepped = rounding.step().is_some() && !matches!(*rounding, Rounding::Number { .. });
        Ok(Histogramming { reader, boxes, rounding, kind, hard: histogram.hard, cached, stepped })
    }
}

/// Where buckets lie: the first, how many, and how far apart.
fn span(histogram: &Histogram, reader: &Reader) -> Option<(u64, u32, u64)> {
    let step = histogram.rounding.step()?;
    let (mut least, mut greatest) = reader.bounds()?;
    if let Some(Missing::Code(code)) = histogram.source.missing {
        (least, greatest) = (least.min(code), greatest.max(code));
    }
    let kind = histogram.source.style.kind;
    let first = bucket(&histogram.rounding, kind, least);
    let last = bucket(&histogram.rounding, kind, greatest);
    let width = last.checked_sub(first)?.checked_div(step)?.checked_add(1)?;
    Some((first.to_u64(), u32::try_from(width).ok()?, step as u64))
}

/// The number of a code's bucket.
fn bucket(rounding: &Rounding, kind: Kind, code: u64) -> i64 {
    match rounding {
        Rounding::Number { .. } => rounding.number(number(kind, code)),
        _ => rounding.section(i64::from_u64(code)).key,
    }
}

impl Cached {
    fn around(code: u64, rounding: &Rounding, kind: Kind, hard: (f64, f64)) -> Cached {
        if let Rounding::Number { .. } = rounding {
            let bucket = rounding.number(number(kind, code));
            let start = rounding.start(bucket);
            let key = (start >= hard.0 && start <= hard.1).then(|| bucket.to_u64());
            return Cached { from: code, to: code.saturating_add(1), key };
        }
        let section = rounding.section(i64::from_u64(code));
        let start = section.key as f64;
        let key = (start >= hard.0 && start < hard.1).then(|| section.key.to_u64());
        Cached { from: section.from.to_u64(), to: section.to.to_u64(), key }
    }

    fn holds(&self, code: u64) -> bool {
        code >= self.from && code < self.to
    }
}

impl Histogramming {
    /// Takes a block in whose documents are known to fall into one bucket without reading them.
    fn whole(&mut self, block: Block<'_>, hall: &Hall<'_>) -> bool {
        let Ords::One(parent) = block.ords else { return false };
        let Some((least, greatest)) = self.reader.span(block.docs) else { return false };
        if !self.cached.holds(least) {
            self.cached = Cached::around(least, &self.rounding, self.kind, self.hard);
        }
        let same = match &*self.rounding {
            Rounding::Number { .. } => bucket(&self.rounding, self.kind, least) == bucket(&self.rounding, self.kind, greatest),
            _ => self.cached.holds(greatest),
        };
        if let Some(key) = self.cached.key.filter(|_| same) {
            self.boxes.push_all(block.docs, parent, key, hall);
        }
        same
    }
}

impl Work for Histogramming {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() || self.whole(block, hall) {
            return;
        }
        let (several, bounded) = (self.reader.settles(), self.hard != (f64::NEG_INFINITY, f64::INFINITY));
        let read = self.reader.read(block);
        let mut cached = self.cached;
        if let (Ords::One(parent), false, false) = (read.ords, several, bounded) {
            if self.stepped && self.boxes.push_codes(read.docs, parent, read.values, hall) {
                return;
            }
            let keys = read.values.iter().map(|code| {
                if !cached.holds(*code) {
                    cached = Cached::around(*code, &self.rounding, self.kind, self.hard);
                }
                // Without bounds there is always one.
                cached.key.unwrap_or_default()
            });
            self.boxes.push_each(read.docs, parent, keys, hall);
            self.cached = cached;
            return;
        }
        let mut last: Option<(DocId, u32, u64)> = None;
        for (place, (doc, code)) in read.docs.iter().zip(read.values).enumerate() {
            if !cached.holds(*code) {
                cached = Cached::around(*code, &self.rounding, self.kind, self.hard);
            }
            let Some(key) = cached.key else { continue };
            // Two values of a document in one bucket count once.
            let this = (*doc, read.ords.at(place), key);
            if last.replace(this) != Some(this) {
                self.boxes.push(*doc, this.1, key, hall);
            }
        }
        self.cached = cached;
        self.boxes.flush(hall);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        self.boxes.harvest(ord)
    }
}
