//! A bucket for each interval of numbers or times.

use super::super::Partial;
use super::super::rounding::Rounding;
use super::super::spec::{Histogram, Missing};
use super::super::work::{Hall, Site, Work};
use super::{Boxes, Row};
use crate::Result;
use crate::blocks::{Block, Ords, Reader, Several, number};
use crate::mapping::Kind;
use crate::zones::{CLUMP, Clumps};
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
    clumps: Option<Arc<Clumps>>,
    ords: Vec<u32>,
    /// Documents whose times must be read, and their places in the block.
    unsure: Vec<(DocId, u32)>,
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
        site: &Site<'_>,
        histogram: &Histogram,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        let reader = site.reader(&histogram.source, Several::Sorted, None)?;
        let boxes = match span(histogram, &reader) {
            Some((base, width, step)) => boxes(Some(width), base, step)?,
            None => boxes(None, 0, 1)?,
        };
        let cached = Cached { from: 0, to: 0, key: None };
        let (rounding, kind) = (histogram.rounding.clone(), histogram.source.style.kind);
        let stepped = rounding.step().is_some() && !matches!(*rounding, Rounding::Number { .. });
        let clumps = if stepped { reader.clumps(site.segment, histogram.source.leaf.as_ref()) } else { None };
        let (ords, unsure) = (vec![], vec![]);
        Ok(Histogramming { reader, boxes, rounding, kind, hard: histogram.hard, cached, stepped, clumps, ords, unsure })
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

    /// Takes a block in whose documents fall into buckets that lie side by side. Where neighbours are known to fall into one, only
    /// those that are not among them are read.
    fn in_row(&mut self, block: Block<'_>, mut row: Row, hall: &Hall<'_>) {
        let Some(clumps) = self.clumps.clone() else {
            let read = self.reader.read(block);
            self.ords.clear();
            self.ords.extend(read.values.iter().map(|code| row.ord(*code)));
            return self.boxes.push_ords(read.docs, &self.ords, hall);
        };
        self.ords.clear();
        self.unsure.clear();
        let leaf = self.boxes.is_leaf();
        let mut rest = block.docs;
        while let Some(first) = rest.first() {
            let (docs, after) = rest.split_at(together(rest));
            rest = after;
            let clump = clumps.of(*first).unwrap_or_default();
            let ord = row.ord(clump.least);
            let strays = if row.ord(clump.greatest) == ord { clump.strays } else { u128::MAX };
            let (place, before) = (self.ords.len() as u32, self.unsure.len());
            if docs.len() == CLUMP as usize {
                self.unsure.extend(bits(strays).map(|bit| (first + bit, place + bit)));
            } else if strays != 0 {
                let strange = |(doc, _): &(DocId, u32)| (strays >> (doc % CLUMP)) & 1 == 1;
                self.unsure.extend(docs.iter().copied().zip(place..).filter(strange));
            }
            if leaf {
                self.boxes.count(ord, docs.len() - (self.unsure.len() - before));
            } else {
                self.ords.resize(self.ords.len() + docs.len(), ord);
            }
        }
        let docs: Vec<DocId> = self.unsure.iter().map(|(doc, _)| *doc).collect();
        let read = self.reader.read(Block { docs: &docs, ords: block.ords });
        if leaf {
            return read.values.iter().for_each(|code| self.boxes.count(row.ord(*code), 1));
        }
        for ((_, place), code) in self.unsure.iter().zip(read.values) {
            if let Some(ord) = self.ords.get_mut(*place as usize) {
                *ord = row.ord(*code);
            }
        }
        self.boxes.push_ords(block.docs, &self.ords, hall);
    }
}

/// How many of these documents are in the clump of the first.
fn together(docs: &[DocId]) -> usize {
    let (Some(first), all) = (docs.first(), CLUMP as usize) else { return 0 };
    let next = (first / CLUMP + 1).saturating_mul(CLUMP);
    match docs.get(all - 1) {
        Some(last) if *last < next => all,
        _ => docs.iter().take(all).take_while(|doc| **doc < next).count(),
    }
}

/// The places of bits.
fn bits(mut of: u128) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = of.trailing_zeros();
        of &= of.wrapping_sub(1);
        (bit < u128::BITS).then_some(bit)
    })
}

impl Work for Histogramming {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() || self.whole(block, hall) {
            return;
        }
        let (several, bounded) = (self.reader.settles(), self.hard != (f64::NEG_INFINITY, f64::INFINITY));
        if let (Ords::One(parent), true) = (block.ords, self.stepped && !several && !bounded)
            && let Some(row) = self.boxes.row(parent, hall)
        {
            return self.in_row(block, row, hall);
        }
        let read = self.reader.read(block);
        let mut cached = self.cached;
        if let (Ords::One(parent), false, false) = (read.ords, several, bounded) {
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
