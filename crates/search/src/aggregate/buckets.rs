//! Buckets of documents, each inside a bucket of the aggregation above.

mod filtering;
mod histogramming;
mod terming;

pub(super) use filtering::{Filtering, Lacking, Ranging};
pub(super) use histogramming::Histogramming;
pub(super) use terming::Terming;

use super::Partial;
use super::partial::Bucket;
use super::spec::Node;
use super::work::{Budget, Hall, Site, Work};
use crate::Result;
use crate::blocks::{Block, Ords};
use hashbrown::HashMap;
use tantivy::DocId;

/// So many buckets may lie side by side, whether documents come or not.
const DENSE: u64 = 1 << 20;
/// The same where nothing stands in them.
const DENSE_LEAVES: u64 = 1 << 23;
/// The same in each of who knows how many buckets above.
const DENSE_WITHIN: u32 = 32;

/// Where buckets lie.
enum Layout {
    /// For each bucket above, one for every `step` from `base` on.
    Dense { width: u32, base: u64, step: u64 },
    /// In the order they were met.
    Hashed { places: HashMap<(u32, u64), u32>, keys: Vec<(u32, u64)> },
}

/// Counts documents by bucket, and hands them on.
pub(super) struct Boxes {
    layout: Layout,
    counts: Vec<u32>,
    subs: Vec<Box<dyn Work>>,
    docs: Vec<DocId>,
    ords: Vec<u32>,
    /// The bucket above, the key and the bucket of the last document.
    last: Option<(u32, u64, u32)>,
    /// The buckets in each one above, once all are known.
    within: Option<HashMap<u32, Vec<u32>>>,
}

/// Buckets that lie side by side, so many codes apart.
pub(super) struct Row {
    base: u64,
    step: u64,
    first: u32,
    /// The least code of the bucket that was met last, and that bucket.
    from: u64,
    ord: u32,
}

impl Row {
    /// The bucket of a code.
    #[inline]
    pub(super) fn ord(&mut self, code: u64) -> u32 {
        // Most stand in the bucket of the one before.
        if code.wrapping_sub(self.from) >= self.step {
            let place = code.wrapping_sub(self.base) / self.step;
            (self.from, self.ord) = (self.base.wrapping_add(place * self.step), self.first + place as u32);
        }
        self.ord
    }
}

/// A bucket that is not empty.
pub(super) struct Filled {
    pub(super) key: u64,
    pub(super) count: u64,
    ord: u32,
}

impl Boxes {
    /// Opens buckets at `base` and at each `step` after it, `width` in all if that is known.
    pub(super) fn open(
        site: &Site<'_>,
        node: &Node,
        parents: Option<u32>,
        width: Option<u32>,
        base: u64,
        step: u64,
    ) -> Result<Boxes> {
        let most = if node.subs.is_empty() { DENSE_LEAVES } else { DENSE };
        let total = parents.zip(width).map(|(parents, width)| u64::from(parents) * u64::from(width));
        let dense = match (total, width) {
            (Some(total), _) => total <= most,
            (None, Some(width)) => width <= DENSE_WITHIN,
            (None, None) => false,
        };
        let layout = match width.filter(|_| dense) {
            Some(width) => Layout::Dense { width, base, step },
            None => Layout::Hashed { places: HashMap::new(), keys: vec![] },
        };
        let subs = site.open(&node.subs, total.filter(|_| dense).map(|total| total as u32))?;
        Ok(Boxes { layout, counts: vec![], subs, docs: vec![], ords: vec![], last: None, within: None })
    }

    /// Puts a document into a bucket.
    #[inline]
    pub(super) fn push(&mut self, doc: DocId, parent: u32, key: u64, hall: &Hall<'_>) {
        let ord = self.ord(parent, key, hall.budget);
        let Some(count) = self.counts.get_mut(ord as usize) else { return };
        *count += 1;
        if !self.is_leaf() {
            self.docs.push(doc);
            self.ords.push(ord);
        }
    }

    /// Puts all these documents into one bucket.
    pub(super) fn push_all(&mut self, docs: &[DocId], parent: u32, key: u64, hall: &Hall<'_>) {
        let ord = self.ord(parent, key, hall.budget);
        let Some(count) = self.counts.get_mut(ord as usize) else { return };
        *count += docs.len() as u32;
        for sub in &mut self.subs {
            sub.work(Block { docs, ords: Ords::One(ord) }, hall);
        }
    }

    /// Puts documents, each with one key, into buckets of one above.
    pub(super) fn push_each(&mut self, docs: &[DocId], parent: u32, keys: impl Iterator<Item = u64>, hall: &Hall<'_>) {
        self.ords.clear();
        for key in keys {
            let ord = self.ord(parent, key, hall.budget);
            self.ords.push(ord);
        }
        let ords = std::mem::take(&mut self.ords);
        self.push_ords(docs, &ords, hall);
        self.ords = ords;
        self.ords.clear();
    }

    /// Counts documents by their codes, where nothing stands in the buckets and each code has one of its own. Says whether that is so.
    pub(super) fn count_each(&mut self, parent: u32, codes: &[u64], hall: &Hall<'_>) -> bool {
        let row = if self.is_leaf() { self.row(parent, hall) } else { None };
        let Some(Row { base, step: 1, first, .. }) = row else { return false };
        let counts = self.counts.get_mut(first as usize..).unwrap_or_default();
        for code in codes {
            if let Some(count) = counts.get_mut(code.wrapping_sub(base) as usize) {
                *count += 1;
            }
        }
        true
    }

    /// The buckets of one above, where they lie side by side.
    pub(super) fn row(&mut self, parent: u32, hall: &Hall<'_>) -> Option<Row> {
        let Layout::Dense { width, base, step } = self.layout else { return None };
        let first = parent.saturating_mul(width);
        hall.budget.grow(&mut self.counts, first.saturating_add(width));
        Some(Row { base, step, first, from: base, ord: first })
    }

    /// Whether nothing stands in the buckets but how many documents they have.
    pub(super) fn is_leaf(&self) -> bool {
        self.subs.is_empty()
    }

    /// Counts so many documents more in a bucket.
    pub(super) fn count(&mut self, ord: u32, documents: usize) {
        if let Some(count) = self.counts.get_mut(ord as usize) {
            *count += documents as u32;
        }
    }

    /// Puts documents, each with its bucket, into them.
    pub(super) fn push_ords(&mut self, docs: &[DocId], ords: &[u32], hall: &Hall<'_>) {
        for run in ords.chunk_by(|one, other| one == other) {
            self.count(run.first().copied().unwrap_or_default(), run.len());
        }
        for sub in &mut self.subs {
            sub.work(Block { docs, ords: Ords::Each(ords) }, hall);
        }
    }

    /// Hands on what was put in since.
    pub(super) fn flush(&mut self, hall: &Hall<'_>) {
        if self.docs.is_empty() {
            return;
        }
        for sub in &mut self.subs {
            sub.work(Block { docs: &self.docs, ords: Ords::Each(&self.ords) }, hall);
        }
        self.docs.clear();
        self.ords.clear();
    }

    #[inline]
    fn ord(&mut self, parent: u32, key: u64, budget: &Budget) -> u32 {
        match self.last {
            Some((last_parent, last_key, ord)) if last_parent == parent && last_key == key => ord,
            _ => self.find(parent, key, budget),
        }
    }

    fn find(&mut self, parent: u32, key: u64, budget: &Budget) -> u32 {
        let ord = match &mut self.layout {
            Layout::Dense { width, base, step } => {
                let place = key.wrapping_sub(*base);
                let place = if *step == 1 { place } else { place / *step };
                parent * *width + place as u32
            }
            Layout::Hashed { places, keys } => *places.entry((parent, key)).or_insert_with(|| {
                budget.charge(48);
                keys.push((parent, key));
                keys.len() as u32 - 1
            }),
        };
        if ord as usize >= self.counts.len() {
            budget.grow(&mut self.counts, ord);
        }
        self.last = Some((parent, key, ord));
        ord
    }

    /// The buckets in one above, by key.
    pub(super) fn filled(&mut self, parent: u32) -> Vec<Filled> {
        let counts = &self.counts;
        let count = |ord: u32| counts.get(ord as usize).map_or(0, |count| u64::from(*count));
        match &self.layout {
            Layout::Dense { width, base, step } => {
                let key = |place: u32| base.wrapping_add(u64::from(place) * step);
                let own = (0..*width).map(|place| {
                    let ord = parent * width + place;
                    Filled { key: key(place), count: count(ord), ord }
                });
                own.filter(|bucket| bucket.count > 0).collect()
            }
            Layout::Hashed { keys, .. } => {
                let within = self.within.get_or_insert_with(|| {
                    let mut within: HashMap<u32, Vec<u32>> = HashMap::new();
                    for (ord, (parent, _)) in keys.iter().enumerate() {
                        within.entry(*parent).or_default().push(ord as u32);
                    }
                    within
                });
                let ords = within.get(&parent).map(Vec::as_slice).unwrap_or_default();
                let filled = |ord: &u32| {
                    let (_, key) = keys.get(*ord as usize)?;
                    Some(Filled { key: *key, count: count(*ord), ord: *ord })
                };
                let mut own: Vec<Filled> = ords.iter().filter_map(filled).collect();
                own.sort_unstable_by_key(|bucket| bucket.key);
                own
            }
        }
    }

    /// What stands in a bucket.
    pub(super) fn bucket(&mut self, filled: &Filled, key: u64, word: (u32, u32)) -> Result<Bucket> {
        let subs = self.subs.iter_mut().map(|sub| sub.harvest(filled.ord)).collect::<Result<_>>()?;
        Ok(Bucket { key, word, text: None, count: filled.count, subs })
    }

    /// All buckets in one above, under their own keys.
    pub(super) fn harvest(&mut self, parent: u32) -> Result<Partial> {
        let filled = self.filled(parent);
        if filled.is_empty() {
            return Ok(Partial::Nothing);
        }
        Ok(Partial::Buckets(filled.iter().map(|bucket| self.bucket(bucket, bucket.key, (0, 0))).collect::<Result<_>>()?))
    }
}
