//! A bucket for each word or number.

use super::super::Partial;
use super::super::partial::{Bucket, Subs};
use super::super::spec::{Choice, Missing, Terms};
use super::super::words::Words;
use super::super::work::{Hall, Work};
use super::Boxes;
use crate::Result;
use crate::blocks::{Block, Ords, Reader};
use crate::mapping::Kind;

/// Numbers this close together lie side by side.
const NEAR: u64 = 65_536;

pub(in super::super) struct Terming {
    reader: Reader,
    boxes: Boxes,
    words: Option<Words>,
    /// Which words are meant, where not all are.
    chosen: Option<Vec<bool>>,
    /// The same of numbers.
    codes: Option<Box<dyn Fn(u64) -> bool + Send>>,
    /// Whether words without a document count as well.
    empty: bool,
}

impl Terming {
    pub(in super::super) fn open(
        terms: &Terms,
        reader: Reader,
        words: Option<Words>,
        boxes: impl Fn(Option<u32>, u64, u64) -> Result<Boxes>,
    ) -> Result<Self> {
        let (include, exclude) = (terms.include.as_ref(), terms.exclude.as_ref());
        let chosen = words.as_ref().map(|words| words.chosen(include, exclude)).transpose()?.flatten();
        let codes = if words.is_none() { choose(include, exclude) } else { None };
        let boxes = match &words {
            Some(words) => boxes(Some(words.count() + 1), 0, 1)?,
            None => match span(terms, &reader) {
                Some((base, width)) => boxes(Some(width), base, 1)?,
                None => boxes(None, 0, 1)?,
            },
        };
        Ok(Terming { reader, boxes, words, chosen, codes, empty: terms.least == 0 })
    }

    fn words(&mut self, parent: u32) -> Result<Partial> {
        let filled = self.boxes.filled(parent);
        let Some(words) = &self.words else { return Ok(Partial::Nothing) };
        let ords: Vec<u64> = filled.iter().map(|bucket| bucket.key).collect();
        let keys = words.keys(&ords)?;
        let mut buckets = Vec::with_capacity(filled.len());
        for (bucket, (key, word)) in filled.iter().zip(keys) {
            buckets.push(self.boxes.bucket(bucket, key, word)?);
        }
        if self.empty {
            let chosen = |ord: &u64| self.chosen.as_ref().is_none_or(|chosen| chosen.get(*ord as usize) == Some(&true));
            let rest = (0..u64::from(words.count())).filter(|ord| ords.binary_search(ord).is_err() && chosen(ord));
            let keys = words.keys(&rest.collect::<Vec<_>>())?;
            buckets.extend(keys.into_iter().map(|(key, word)| Bucket { key, word, text: None, count: 0, subs: Subs::new() }));
        }
        Ok(if buckets.is_empty() { Partial::Nothing } else { Partial::Buckets(buckets) })
    }
}

/// Where numbers lie, if close together.
fn span(terms: &Terms, reader: &Reader) -> Option<(u64, u32)> {
    if terms.source.style.kind == Kind::Double {
        return None;
    }
    let (mut least, mut greatest) = reader.bounds()?;
    if let Some(Missing::Code(code)) = terms.source.missing {
        (least, greatest) = (least.min(code), greatest.max(code));
    }
    let width = (greatest - least).checked_add(1).filter(|width| *width <= NEAR)?;
    Some((least, width as u32))
}

fn choose(include: Option<&Choice>, exclude: Option<&Choice>) -> Option<Box<dyn Fn(u64) -> bool + Send>> {
    let codes = |choice: Option<&Choice>| match choice {
        Some(Choice::Codes(codes)) => Some(codes.clone()),
        _ => None,
    };
    let (include, exclude) = (codes(include), codes(exclude));
    if include.is_none() && exclude.is_none() {
        return None;
    }
    Some(Box::new(move |code| {
        include.as_ref().is_none_or(|codes| codes.contains(&code)) && !exclude.as_ref().is_some_and(|codes| codes.contains(&code))
    }))
}

impl Work for Terming {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() {
            return;
        }
        let several = self.reader.settles();
        let read = self.reader.read(block);
        if let (Ords::One(parent), false, None, None) = (read.ords, several, &self.chosen, &self.codes) {
            if !self.boxes.count_each(parent, read.values, hall) {
                self.boxes.push_each(read.docs, parent, read.values.iter().copied(), hall);
            }
            return;
        }
        for (place, (doc, code)) in read.docs.iter().zip(read.values).enumerate() {
            if self.chosen.as_ref().is_some_and(|chosen| chosen.get(*code as usize) != Some(&true)) {
                continue;
            }
            if self.codes.as_ref().is_some_and(|is_chosen| !is_chosen(*code)) {
                continue;
            }
            self.boxes.push(*doc, read.ords.at(place), *code, hall);
        }
        self.boxes.flush(hall);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        if self.words.is_some() { self.words(ord) } else { self.boxes.harvest(ord) }
    }
}
