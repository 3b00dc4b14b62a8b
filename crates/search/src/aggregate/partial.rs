//! What a segment found, and how that of several goes together.

use super::digest::Digest;
use super::distinct::Distinct;
use super::metrics::Stats;
use crate::sort::Hit;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use smallvec::SmallVec;

/// What was found for an aggregation.
#[derive(Debug, Default)]
pub enum Partial {
    /// No document.
    #[default]
    Nothing,
    #[doc(hidden)]
    Stats(Stats),
    #[doc(hidden)]
    Digest(Digest),
    #[doc(hidden)]
    Distinct(Distinct),
    #[doc(hidden)]
    Hits(Top),
    #[doc(hidden)]
    Buckets(Vec<Bucket>),
    /// One for each aggregation beside.
    #[doc(hidden)]
    All(u64, Vec<Partial>),
}

/// What stands in a bucket: one thing mostly.
pub(super) type Subs = SmallVec<[Partial; 1]>;

/// The best documents of a bucket.
#[derive(Debug)]
pub struct Top {
    pub(super) hits: Vec<Hit>,
    pub(super) total: u64,
    pub(super) keep: usize,
}

/// Documents of a kind.
#[derive(Debug)]
pub struct Bucket {
    /// What tells it apart: a code, the number of a histogram's bucket, the place of a filter, or a word's hash.
    pub(super) key: u64,
    /// Where a word stands: the segment and its place in the dictionary.
    pub(super) word: (u32, u32),
    /// The word itself, where the dictionary is that of another index.
    pub(super) text: Option<Box<str>>,
    pub(super) count: u64,
    pub(super) subs: Subs,
}

/// The segment of words that no dictionary holds, as what stands in for missing ones.
pub(super) const NOWHERE: u32 = u32::MAX;

impl Partial {
    /// All together.
    pub(super) fn all(parts: Vec<Partial>) -> Partial {
        let mut parts: Vec<Partial> = parts.into_iter().filter(|part| !matches!(part, Partial::Nothing)).collect();
        match parts.first() {
            Some(Partial::All(..)) => {
                let (mut total, mut columns) = (0, vec![]);
                for part in parts {
                    let Partial::All(more, subs) = part else { continue };
                    total += more;
                    columns.resize_with(subs.len().max(columns.len()), Vec::new);
                    columns.iter_mut().zip(subs).for_each(|(column, sub)| column.push(sub));
                }
                Partial::All(total, columns.into_iter().map(Partial::all).collect())
            }
            // Words come in no order: they are looked up once for all.
            Some(Partial::Buckets(first)) if !is_sorted(first) => {
                parts.sort_by_key(|part| if let Partial::Buckets(buckets) = part { buckets.len() } else { 0 });
                let mut lists = parts.into_iter().rev().filter_map(Partial::buckets);
                let mut all = lists.next().unwrap_or_default();
                add(&mut all, lists.flatten());
                Partial::Buckets(all)
            }
            _ => parts.into_iter().fold(Partial::Nothing, Partial::with),
        }
    }

    fn buckets(self) -> Option<Vec<Bucket>> {
        if let Partial::Buckets(buckets) = self { Some(buckets) } else { None }
    }

    /// Both together.
    pub(super) fn with(self, other: Partial) -> Partial {
        match (self, other) {
            (Partial::Nothing, other) => other,
            (some, Partial::Nothing) => some,
            (Partial::Stats(mut some), Partial::Stats(other)) => {
                some.add(&other);
                Partial::Stats(some)
            }
            (Partial::Digest(mut some), Partial::Digest(other)) => {
                some.merge(other);
                Partial::Digest(some)
            }
            (Partial::Distinct(some), Partial::Distinct(other)) => Partial::Distinct(some.with(other)),
            (Partial::Hits(mut some), Partial::Hits(other)) => {
                some.total += other.total;
                some.hits.extend(other.hits);
                some.settle();
                Partial::Hits(some)
            }
            (Partial::Buckets(some), Partial::Buckets(other)) => Partial::Buckets(together(some, other)),
            (Partial::All(some, subs), Partial::All(other, more)) => {
                Partial::All(some + other, beside(subs.into(), more.into()).into_vec())
            }
            (some, _) => some,
        }
    }
}

impl Top {
    pub(super) fn settle(&mut self) {
        self.hits.sort_unstable();
        self.hits.truncate(self.keep);
    }
}

fn beside(mut some: Subs, other: Subs) -> Subs {
    if other.is_empty() {
        return some;
    }
    if some.is_empty() {
        return other;
    }
    for (some, other) in some.iter_mut().zip(other) {
        *some = std::mem::take(some).with(other);
    }
    some
}

impl Bucket {
    fn add(&mut self, other: Bucket) {
        self.count += other.count;
        self.subs = beside(std::mem::take(&mut self.subs), other.subs);
    }
}

fn together(mut some: Vec<Bucket>, mut other: Vec<Bucket>) -> Vec<Bucket> {
    // Codes come in order, and segments mostly one after the other.
    let ordered = is_sorted(&some) && is_sorted(&other);
    if ordered && some.last().map(|bucket| bucket.key) < other.first().map(|bucket| bucket.key) {
        some.append(&mut other);
        return some;
    }
    if some.len() < other.len() {
        std::mem::swap(&mut some, &mut other);
    }
    if ordered {
        return merged(some, other);
    }
    add(&mut some, other.into_iter());
    some
}

/// Adds buckets, none of which is twice in `to`, whatever their order.
fn add(to: &mut Vec<Bucket>, more: impl Iterator<Item = Bucket>) {
    let mut places: HashMap<u64, usize> = to.iter().enumerate().map(|(place, bucket)| (bucket.key, place)).collect();
    for bucket in more {
        match places.entry(bucket.key) {
            Entry::Occupied(known) => {
                if let Some(known) = to.get_mut(*known.get()) {
                    known.add(bucket);
                }
            }
            Entry::Vacant(unknown) => {
                unknown.insert(to.len());
                to.push(bucket);
            }
        }
    }
}

fn is_sorted(buckets: &[Bucket]) -> bool {
    buckets.is_sorted_by(|one, other| one.key < other.key)
}

fn merged(mut some: Vec<Bucket>, other: Vec<Bucket>) -> Vec<Bucket> {
    let (mut more, mut at) = (vec![], 0);
    for bucket in other {
        at += some.get(at..).unwrap_or_default().iter().take_while(|own| own.key < bucket.key).count();
        match some.get_mut(at) {
            Some(own) if own.key == bucket.key => own.add(bucket),
            _ => more.push(bucket),
        }
    }
    // Mostly they have the same.
    if !more.is_empty() {
        some.append(&mut more);
        some.sort_by_key(|bucket| bucket.key);
    }
    some
}
