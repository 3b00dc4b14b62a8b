//! Blocks: the values of a column for many documents at once.
//!
//! A value is read as a code, a `u64` in the order of what it stands for: numbers by tantivy's own mapping, words by their place in
//! the segment's dictionary. Documents come with the bucket they stand in, so that aggregations nest without a call for each document.

use crate::mapping::{Kind, Leaf};
use crate::memory::Memory;
use crate::zones::{self, Clumps, ZONE, Zone, Zones};
use std::sync::{Arc, LazyLock};
use tantivy::columnar::{Column, ColumnIndex, ColumnType, MonotonicallyMappableToU64, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{DocId, SegmentReader, TantivyError};

/// So many documents are read at once.
pub(crate) const BLOCK: usize = 1024;

/// So many blocks of 512 values are remembered, at some 50 bytes each.
const REMEMBERED: usize = 500_000;

/// Opened columns: to open one takes longer than a small search.
static CODES: LazyLock<Memory<Option<Column<u64>>>> = LazyLock::new(|| Memory::new(REMEMBERED));
static WORDS: LazyLock<Memory<Option<StrColumn>>> = LazyLock::new(|| Memory::new(REMEMBERED));

/// Opens the codes of a field.
pub(crate) fn open(segment: &SegmentReader, leaf: &Leaf) -> tantivy::Result<Option<Column<u64>>> {
    let of_type = match leaf.kind {
        Kind::Text => return Ok(None),
        Kind::Keyword => return Ok(words(segment, &leaf.column)?.map(|words| words.ords().clone())),
        Kind::Double => ColumnType::F64,
        Kind::Long | Kind::Boolean | Kind::Date => ColumnType::I64,
    };
    let find = || {
        let found = segment.fast_fields().u64_lenient_for_type(Some(&[of_type]), &leaf.column)?;
        Ok::<_, TantivyError>((found.map(|(column, _)| column), size(segment)))
    };
    Ok(Option::clone(&*CODES.get((segment.segment_id(), leaf.column.clone()), find)?))
}

/// Opens the words of a column.
pub(crate) fn words(segment: &SegmentReader, column: &str) -> tantivy::Result<Option<StrColumn>> {
    let find = || Ok::<_, TantivyError>((segment.fast_fields().str(column)?, size(segment)));
    Ok(Option::clone(&*WORDS.get((segment.segment_id(), column.to_owned()), find)?))
}

fn size(segment: &SegmentReader) -> usize {
    segment.max_doc() as usize / 512 + 8
}

/// Forgets segments that are no more.
pub(crate) fn forget(segments: &[SegmentId]) {
    CODES.forget(segments);
    WORDS.forget(segments);
}

/// A code as a number.
pub(crate) fn number(kind: Kind, code: u64) -> f64 {
    match kind {
        Kind::Double => f64::from_u64(code),
        Kind::Long | Kind::Boolean | Kind::Date => i64::from_u64(code) as f64,
        Kind::Text | Kind::Keyword => code as f64,
    }
}

/// A number as a code; what is not whole is cut where a column holds whole numbers.
pub(crate) fn code(kind: Kind, number: f64) -> u64 {
    match kind {
        Kind::Double => number.to_u64(),
        _ => (number as i64).to_u64(),
    }
}

/// The bucket of each document of a block.
#[derive(Clone, Copy)]
pub(crate) enum Ords<'a> {
    /// All stand in one.
    One(u32),
    /// One for each.
    Each(&'a [u32]),
}

/// Documents in ascending order, each with its bucket. A document that stands in several buckets comes several times.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) docs: &'a [DocId],
    pub(crate) ords: Ords<'a>,
}

impl Block<'_> {
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (DocId, u32)> + '_ {
        self.docs.iter().enumerate().map(|(place, doc)| (*doc, self.ords.at(place)))
    }
}

impl Ords<'_> {
    pub(crate) fn at(&self, place: usize) -> u32 {
        match self {
            Ords::One(ord) => *ord,
            Ords::Each(ords) => ords.get(place).copied().unwrap_or_default(),
        }
    }
}

/// What several values of one document mean.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Several {
    /// Each counts, in any order.
    Loose,
    /// Each counts, the least first.
    Sorted,
    /// Equal ones count once, the least first.
    Distinct,
}

/// Reads codes for blocks of documents.
pub(crate) struct Reader {
    column: Option<Column<u64>>,
    zones: Option<Arc<Zones>>,
    missing: Option<u64>,
    several: Several,
    docs: Vec<DocId>,
    ords: Vec<u32>,
    rows: Vec<u32>,
    values: Vec<u64>,
}

/// Values, each with its document and bucket.
pub(crate) struct Read<'a> {
    pub(crate) docs: &'a [DocId],
    pub(crate) ords: Ords<'a>,
    pub(crate) values: &'a [u64],
}

impl Reader {
    /// Reads a field; documents without it count as `missing`, if that is given.
    pub(crate) fn open(
        segment: &SegmentReader,
        leaf: Option<&Leaf>,
        missing: Option<u64>,
        several: Several,
    ) -> tantivy::Result<Reader> {
        let column = leaf.map(|leaf| open(segment, leaf)).transpose()?.flatten();
        let zones = match (leaf, &column) {
            (Some(leaf), Some(column)) if leaf.kind != Kind::Keyword => Some(zones::of(segment, leaf, column)),
            _ => None,
        };
        let (docs, ords, rows, values) = (vec![], vec![], vec![], vec![]);
        Ok(Reader { column, zones, missing, several, docs, ords, rows, values })
    }

    /// The least and the greatest code of the column.
    pub(crate) fn bounds(&self) -> Option<(u64, u64)> {
        let column = self.column.as_ref().filter(|column| column.values.num_vals() > 0)?;
        Some((column.values.min_value(), column.values.max_value()))
    }

    /// The clumps of the column, if each document has one value.
    pub(crate) fn clumps(&self, segment: &SegmentReader, leaf: Option<&Leaf>) -> Option<Arc<Clumps>> {
        let clumps = zones::clumps_of(segment, leaf?, self.column.as_ref()?);
        Some(clumps).filter(|clumps| !clumps.is_empty())
    }

    /// Whether nothing can come of any document.
    pub(crate) fn is_barren(&self) -> bool {
        self.missing.is_none() && self.bounds().is_none()
    }

    /// Whether a document has the field.
    pub(crate) fn has(&self, doc: DocId) -> bool {
        self.column.as_ref().is_some_and(|column| column.index.has_value(doc))
    }

    /// The least and the greatest code of these documents, where all of them are known to have one.
    pub(crate) fn span(&self, docs: &[DocId]) -> Option<(u64, u64)> {
        self.zones.as_ref()?.span(*docs.first()?, *docs.last()?)
    }

    /// What is known of documents that are just those of a zone.
    pub(crate) fn zone(&self, docs: &[DocId]) -> Option<Zone> {
        let zones = self.zones.as_ref().filter(|_| self.missing.is_none())?;
        let (first, last) = (*docs.first()?, *docs.last()?);
        let whole = docs.len() == ZONE as usize && first % ZONE == 0 && last - first == ZONE - 1;
        zones.zones.get((first / ZONE) as usize).filter(|_| whole).copied()
    }

    /// The values of a block's documents.
    pub(crate) fn read<'a>(&'a mut self, block: Block<'a>) -> Read<'a> {
        let Some(column) = &self.column else { return self.absent(block) };
        self.values.clear();
        if matches!(column.index, ColumnIndex::Full) {
            self.values.resize(block.docs.len(), 0);
            match block.docs.first() {
                Some(first) if are_a_run(block.docs) => column.values.get_range(u64::from(*first), &mut self.values),
                _ => column.values.get_vals(block.docs, &mut self.values),
            }
            return Read { docs: block.docs, ords: block.ords, values: &self.values };
        }
        self.sparse(block)
    }

    fn absent<'a>(&'a mut self, block: Block<'a>) -> Read<'a> {
        self.values.clear();
        match self.missing {
            None => Read { docs: &[], ords: Ords::One(0), values: &[] },
            Some(missing) => {
                self.values.resize(block.docs.len(), missing);
                Read { docs: block.docs, ords: block.ords, values: &self.values }
            }
        }
    }

    fn sparse<'a>(&'a mut self, block: Block<'a>) -> Read<'a> {
        self.docs.clear();
        self.ords.clear();
        self.rows.clear();
        let Some(column) = &self.column else { return Read { docs: &[], ords: block.ords, values: &[] } };
        if self.missing.is_some() || !block.docs.is_sorted_by(|one, other| one < other) {
            self.each(block);
            return Read { docs: &self.docs, ords: Ords::Each(&self.ords), values: &self.values };
        }
        column.index.docids_to_rowids(block.docs, &mut self.docs, &mut self.rows);
        self.values.resize(self.rows.len(), 0);
        match self.rows.first() {
            Some(first) if are_a_run(&self.rows) => column.values.get_range(u64::from(*first), &mut self.values),
            _ => column.values.get_vals(&self.rows, &mut self.values),
        }
        if self.settles() {
            self.settle();
        }
        let Ords::Each(ords) = block.ords else {
            return Read { docs: &self.docs, ords: block.ords, values: &self.values };
        };
        // Some documents have no value, some several: their buckets are found by going along.
        let mut all = block.docs.iter().zip(ords);
        let mut at = all.next();
        for doc in &self.docs {
            while at.is_some_and(|(other, _)| other < doc) {
                at = all.next();
            }
            self.ords.push(at.map_or(0, |(_, ord)| *ord));
        }
        Read { docs: &self.docs, ords: Ords::Each(&self.ords), values: &self.values }
    }

    /// Whether several values of a document must be put in order.
    pub(crate) fn settles(&self) -> bool {
        let several = self.column.as_ref().is_some_and(|column| matches!(column.index, ColumnIndex::Multivalued(_)));
        several && self.several != Several::Loose
    }

    /// Reads document by document.
    fn each(&mut self, block: Block<'_>) {
        let settles = self.settles();
        let Some(column) = &self.column else { return };
        for (doc, ord) in block.pairs() {
            let start = self.values.len();
            self.values.extend(column.index.value_row_ids(doc).map(|row| column.values.get_val(row)));
            if self.values.len() == start {
                self.values.extend(self.missing);
            }
            if settles {
                let distinct = settle(self.values.get_mut(start..).unwrap_or_default(), self.several);
                self.values.truncate(start + distinct);
            }
            self.docs.resize(self.values.len(), doc);
            self.ords.resize(self.values.len(), ord);
        }
    }

    /// Puts the values of each document that was read in order.
    fn settle(&mut self) {
        let (mut kept, mut start) = (0, 0);
        while let Some(doc) = self.docs.get(start).copied() {
            let count = self.docs.get(start..).unwrap_or_default().iter().take_while(|other| **other == doc).count();
            let end = start + count;
            let distinct = if count == 1 { 1 } else { settle(self.values.get_mut(start..end).unwrap_or_default(), self.several) };
            if kept < start {
                self.values.copy_within(start..start + distinct, kept);
                self.docs.copy_within(start..start + distinct, kept);
            }
            kept += distinct;
            start = end;
        }
        self.values.truncate(kept);
        self.docs.truncate(kept);
    }
}

/// Puts values in order; says how many of them, from the first on, are left.
fn settle(own: &mut [u64], several: Several) -> usize {
    if own.len() < 2 {
        return own.len();
    }
    own.sort_unstable();
    if several != Several::Distinct {
        return own.len();
    }
    let mut left = 0;
    for place in 1..own.len() {
        if own.get(place) != own.get(left) {
            left += 1;
            own.swap(left, place);
        }
    }
    left + 1
}

/// Whether documents follow each other without a gap.
pub(crate) fn are_a_run(docs: &[DocId]) -> bool {
    match (docs.first(), docs.last()) {
        (Some(first), Some(last)) if last.wrapping_sub(*first) as usize + 1 == docs.len() => {
            docs.iter().zip(*first..).all(|(doc, expected)| *doc == expected)
        }
        _ => false,
    }
}
