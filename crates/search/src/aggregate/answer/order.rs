//! Puts buckets in order.

use super::super::partial::{Bucket, NOWHERE};
use super::super::spec::{By, Form, Metric, Missing, Node, Order, Terms, What};
use super::super::{Partial, metrics::Stats};
use crate::mapping::Kind;
use crate::{Error, Result, blocks};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use tantivy::Searcher;
use tantivy::columnar::StrColumn;

/// A bucket, what it is ordered by before its key, and its word once that is known.
pub(super) struct Ranked {
    pub(super) bucket: Bucket,
    /// Up to where the key decides.
    before: Vec<f64>,
    /// From there on.
    behind: Vec<f64>,
    pub(super) word: Option<String>,
}

/// Orders buckets by numbers and keys.
pub(super) struct Ranking<'a> {
    orders: &'a [Order],
    /// Where the key stands in the order.
    key: usize,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(orders: &'a [Order]) -> Self {
        let key = orders.iter().position(|order| order.by == By::Key).unwrap_or(orders.len());
        Ranking { orders, key }
    }

    /// Where the largest come first, lets go of those that cannot be among so many.
    pub(super) fn most(&self, buckets: &mut Vec<Bucket>, size: usize) {
        let by_count = self.orders.first().is_some_and(|order| order.by == By::Count && order.falling);
        if !by_count || size == 0 || buckets.len() <= size {
            return;
        }
        let mut counts: Vec<u64> = buckets.iter().map(|bucket| bucket.count).collect();
        let (_, least, _) = counts.select_nth_unstable_by(size - 1, |one, other| other.cmp(one));
        let least = *least;
        buckets.retain(|bucket| bucket.count >= least);
    }

    /// The buckets with their numbers.
    pub(super) fn rank(&self, buckets: Vec<Bucket>, nodes: &[Node]) -> Vec<Ranked> {
        let (before, behind) = self.orders.split_at(self.key);
        let numbers = |orders: &[Order], bucket: &Bucket| orders.iter().map(|order| value(order, bucket, nodes)).collect();
        let ranked = |bucket: Bucket| {
            let (before, behind) = (numbers(before, &bucket), numbers(behind, &bucket));
            Ranked { bucket, before, behind, word: None }
        };
        buckets.into_iter().map(ranked).collect()
    }

    /// Compares two, whose keys `key` compares.
    fn compare(&self, one: &Ranked, other: &Ranked, key: impl Fn(&Ranked, &Ranked) -> Ordering) -> Ordering {
        let (before, behind) = self.orders.split_at(self.key);
        let falling = behind.first().is_some_and(|order| order.falling);
        let turned = |ordering: Ordering| if falling { ordering.reverse() } else { ordering };
        compare(before, &one.before, &other.before)
            .then_with(|| turned(key(one, other)))
            .then_with(|| compare(behind, &one.behind, &other.behind))
    }

    /// Puts buckets with codes as keys in order, of which `size` are wanted.
    pub(super) fn codes(&self, ranked: &mut Vec<Ranked>, size: usize) {
        let key = |one: &Ranked, other: &Ranked| one.bucket.key.cmp(&other.bucket.key);
        self.top(ranked, size, key);
    }

    /// Buckets with codes as keys, in order.
    pub(super) fn by_code(&self, mut buckets: Vec<Bucket>, nodes: &[Node]) -> Vec<Bucket> {
        if self.key > 0 {
            let mut ranked = self.rank(buckets, nodes);
            self.codes(&mut ranked, 0);
            return ranked.into_iter().map(|ranked| ranked.bucket).collect();
        }
        // No two keys are equal: what stands behind decides nothing.
        buckets.sort_by_key(|bucket| bucket.key);
        if self.orders.first().is_some_and(|order| order.falling) {
            buckets.reverse();
        }
        buckets
    }

    /// Puts buckets with words as keys in order. In a segment places stand for words; so of each only `size` need become words.
    pub(super) fn words(&self, ranked: &mut Vec<Ranked>, size: usize, segments: &Segments<'_>) -> Result<()> {
        let mut groups: BTreeMap<u32, Vec<Ranked>> = BTreeMap::new();
        for one in ranked.drain(..) {
            groups.entry(one.bucket.word.0).or_default().push(one);
        }
        for (segment, mut group) in groups {
            self.top(&mut group, size, |one, other| {
                let (one, other) = (&one.bucket, &other.bucket);
                one.word.1.cmp(&other.word.1).then_with(|| one.text.cmp(&other.text))
            });
            segments.tell(segment, &mut group)?;
            ranked.append(&mut group);
        }
        self.top(ranked, size, |one, other| one.word.cmp(&other.word));
        Ok(())
    }

    fn top(&self, ranked: &mut Vec<Ranked>, size: usize, key: impl Fn(&Ranked, &Ranked) -> Ordering) {
        if size > 0 && ranked.len() > size {
            ranked.select_nth_unstable_by(size - 1, |one, other| self.compare(one, other, &key));
            ranked.truncate(size);
        }
        ranked.sort_by(|one, other| self.compare(one, other, &key));
    }
}

fn compare(orders: &[Order], one: &[f64], other: &[f64]) -> Ordering {
    let numbers = orders.iter().zip(one.iter().zip(other));
    numbers.fold(Ordering::Equal, |ordering, (order, (one, other))| {
        ordering.then_with(|| match (one.is_nan(), other.is_nan()) {
            // What is no number comes last, whatever the direction.
            (false, false) => {
                if order.falling {
                    other.total_cmp(one)
                } else {
                    one.total_cmp(other)
                }
            }
            (one, other) => one.cmp(&other),
        })
    })
}

/// Where words are looked up.
pub(in super::super) struct Segments<'a> {
    searcher: &'a Searcher,
    column: Option<&'a str>,
    missing: Option<&'a str>,
}

impl<'a> Segments<'a> {
    pub(in super::super) fn new(searcher: &'a Searcher, terms: &'a Terms) -> Self {
        let missing = match &terms.source.missing {
            Some(Missing::Word(word)) => Some(word.as_str()),
            _ => None,
        };
        Segments { searcher, column: terms.source.leaf.as_ref().map(|leaf| leaf.column.as_str()), missing }
    }

    fn tell(&self, segment: u32, group: &mut [Ranked]) -> Result<()> {
        let column = self.open(segment)?;
        for ranked in group {
            let word = ranked.bucket.text.take().map(String::from);
            ranked.word = Some(word.map_or_else(|| self.word(column.as_ref(), ranked.bucket.word.1), Ok)?);
        }
        Ok(())
    }

    /// The words of a segment.
    pub(in super::super) fn open(&self, segment: u32) -> Result<Option<StrColumn>> {
        let reader = self.searcher.segment_readers().get(segment as usize).filter(|_| segment != NOWHERE);
        match (reader, self.column) {
            (Some(reader), Some(column)) => Ok(blocks::words(reader, column)?),
            _ => Ok(None),
        }
    }

    /// The word at a place of a segment's dictionary, or what stands in for missing ones.
    pub(in super::super) fn word(&self, column: Option<&StrColumn>, place: u32) -> Result<String> {
        let Some(column) = column else { return Ok(self.missing.unwrap_or_default().to_owned()) };
        let mut word = String::new();
        if !column.ord_to_str(u64::from(place), &mut word)? {
            return Err(Error::new(500, "exception", "a word is not in its dictionary: index the documents anew"));
        }
        Ok(word)
    }
}

/// What a bucket is ordered by.
fn value(order: &Order, bucket: &Bucket, nodes: &[Node]) -> f64 {
    match &order.by {
        By::Count => bucket.count as f64,
        By::Key => 0.0,
        By::Path(names, part) => metric(nodes, &bucket.subs, names, part.as_deref()),
    }
}

fn metric(nodes: &[Node], subs: &[Partial], names: &[String], part: Option<&str>) -> f64 {
    let Some((name, deeper)) = names.split_first() else { return f64::NAN };
    let Some(place) = nodes.iter().position(|node| node.name == *name) else { return f64::NAN };
    let (Some(node), partial) = (nodes.get(place), subs.get(place).unwrap_or(&Partial::Nothing)) else { return f64::NAN };
    let single = match partial {
        Partial::Buckets(buckets) => buckets.first(),
        _ => None,
    };
    match &node.what {
        What::Filters(filters) if filters.form == Form::One && deeper.is_empty() => {
            single.map_or(0.0, |bucket| bucket.count as f64)
        }
        What::Missing(_) if deeper.is_empty() => single.map_or(0.0, |bucket| bucket.count as f64),
        What::Filters(_) | What::Missing(_) => metric(&node.subs, single.map_or(&[], |bucket| &bucket.subs), deeper, part),
        What::Metric(_, metric) => {
            let nothing = Stats::default();
            let stats = if let Partial::Stats(stats) = partial { stats } else { &nothing };
            match (metric, part) {
                (Metric::Average, _) => stats.part("avg", 0.0),
                (Metric::Sum, _) => stats.part("sum", 0.0),
                (Metric::Least, _) => stats.part("min", 0.0),
                (Metric::Greatest, _) => stats.part("max", 0.0),
                (Metric::Count, _) => stats.count as f64,
                (Metric::Extended(sigma), part) => stats.part(part.unwrap_or("avg"), *sigma),
                (Metric::Stats, part) => stats.part(part.unwrap_or("avg"), 0.0),
            }
        }
        What::Cardinality(_) => {
            if let Partial::Distinct(distinct) = partial {
                distinct.count() as f64
            } else {
                0.0
            }
        }
        What::Percentiles(..) => match (partial, part.and_then(|part| part.parse::<f64>().ok())) {
            (Partial::Digest(digest), Some(percent)) => {
                digest.clone().quantiles(&[percent / 100.0]).first().copied().unwrap_or(f64::NAN)
            }
            _ => f64::NAN,
        },
        _ => f64::NAN,
    }
}

/// Whether keys are words.
pub(in super::super) fn are_words(kind: Kind) -> bool {
    matches!(kind, Kind::Keyword | Kind::Text)
}
