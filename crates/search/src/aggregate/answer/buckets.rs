//! Writes buckets.

use super::super::partial::{Bucket, Subs};
use super::super::spec::{Filters, Form, Histogram, Node, Range, Span, Terms};
use super::Writer;
use super::order::{Ranked, Ranking, Segments, are_words};
use super::style::java;
use super::told::{Buckets, Fields};
use crate::Result;
use crate::blocks::number;
use crate::mapping::Kind;
use hashbrown::HashMap;
use tantivy::columnar::MonotonicallyMappableToU64;

impl Writer<'_> {
    pub(super) fn terms(&mut self, node: &Node, terms: &Terms, mut buckets: Vec<Bucket>) -> Result<Fields> {
        buckets.retain(|bucket| bucket.count >= terms.least);
        let all: u64 = buckets.iter().map(|bucket| bucket.count).sum();
        let (kind, ranking) = (terms.source.style.kind, Ranking::new(&terms.order));
        ranking.most(&mut buckets, terms.size);
        let mut ranked = ranking.rank(buckets, &node.subs);
        if are_words(kind) {
            ranking.words(&mut ranked, terms.size, &Segments::new(self.searcher, terms))?;
        } else {
            ranking.codes(&mut ranked, terms.size);
        }
        let shown: u64 = ranked.iter().map(|ranked| ranked.bucket.count).sum();
        self.make(ranked.len())?;
        let (mut written, mut fields) = (Buckets::new(false), Fields::default());
        for Ranked { bucket, word, .. } in ranked {
            fields.clear();
            match (word, kind) {
                (Some(word), _) => fields.put("key", &*word),
                (None, Kind::Double) => fields.put("key", &f64::from_u64(bucket.key)),
                (None, _) => {
                    fields.put("key", &i64::from_u64(bucket.key));
                    if let Some(text) = terms.source.style.text(number(kind, bucket.key)) {
                        fields.put("key_as_string", &text);
                    }
                }
            }
            self.bucket(&node.subs, (bucket.count, bucket.subs), &mut fields)?;
            if terms.errors {
                fields.put("doc_count_error_upper_bound", &0);
            }
            written.push(String::new, &fields);
        }
        let mut told = Fields::one("doc_count_error_upper_bound", &0);
        told.put("sum_other_doc_count", &(all - shown));
        written.put("buckets", &mut told);
        Ok(told)
    }

    pub(super) fn histogram(&mut self, node: &Node, histogram: &Histogram, buckets: Vec<Bucket>) -> Result<Fields> {
        let mut buckets = if histogram.least == 0 { self.filled(histogram, buckets)? } else { buckets };
        buckets.retain(|bucket| bucket.count >= histogram.least);
        self.make(buckets.len())?;
        let buckets = Ranking::new(&histogram.order).by_code(buckets, &node.subs);
        let style = &histogram.source.style;
        let (mut written, mut fields) = (Buckets::new(histogram.keyed), Fields::default());
        for bucket in buckets {
            fields.clear();
            let start = histogram.rounding.start(i64::from_u64(bucket.key));
            let text = style.text(start).filter(|_| style.kind == Kind::Date);
            if let Some(text) = &text {
                fields.put("key_as_string", text);
            }
            if histogram.dates {
                fields.put("key", &(start as i64));
            } else {
                fields.put("key", &start);
            }
            self.bucket(&node.subs, (bucket.count, bucket.subs), &mut fields)?;
            let name = || match text {
                Some(text) => text,
                None if histogram.dates => (start as i64).to_string(),
                None => java(start),
            };
            written.push(name, &fields);
        }
        Ok(alone(&written))
    }

    /// The buckets with empty ones between them, and as far as the bounds go.
    fn filled(&self, histogram: &Histogram, mut buckets: Vec<Bucket>) -> Result<Vec<Bucket>> {
        let rounding = &histogram.rounding;
        buckets.sort_unstable_by_key(|bucket| bucket.key);
        let ends = |bucket: &Bucket| i64::from_u64(bucket.key);
        let (least, greatest) = histogram.extended;
        let (least, greatest) = (least.map(|least| rounding.number(least)), greatest.map(|greatest| rounding.number(greatest)));
        // Without a bucket both ends are needed.
        let first = buckets.first().map(ends).into_iter().chain(least).min();
        let last = buckets.last().map(ends).into_iter().chain(greatest).max();
        let Some((first, last)) = first.zip(last) else { return Ok(buckets) };
        if let Some(step) = rounding.step() {
            let count = (last.saturating_sub(first) / step).saturating_add(1) as usize;
            if self.made.saturating_add(count) > self.limits.buckets {
                return Err(super::too_many_buckets(self.limits.buckets, self.made.saturating_add(count)));
            }
        }
        let mut known = buckets.into_iter().peekable();
        let (mut filled, mut key) = (vec![], first);
        while key <= last && filled.len() <= self.limits.buckets {
            while let Some(bucket) = known.next_if(|bucket| i64::from_u64(bucket.key) < key) {
                filled.push(bucket);
            }
            let own = known.next_if(|bucket| i64::from_u64(bucket.key) == key);
            filled.push(own.unwrap_or(Bucket { key: key.to_u64(), word: (0, 0), text: None, count: 0, subs: Subs::new() }));
            let next = rounding.next(key);
            if next <= key {
                break;
            }
            key = next;
        }
        filled.extend(known);
        Ok(filled)
    }

    pub(super) fn range(&mut self, node: &Node, range: &Range, buckets: Vec<Bucket>) -> Result<Fields> {
        self.make(range.ranges.len())?;
        let mut known: HashMap<u64, Bucket> = buckets.into_iter().map(|bucket| (bucket.key, bucket)).collect();
        let mut written = Buckets::new(range.keyed);
        for (place, span) in range.ranges.iter().enumerate() {
            let bucket = known.remove(&(place as u64)).map_or((0, Subs::new()), |bucket| (bucket.count, bucket.subs));
            let mut fields = ends(span, range);
            if !range.keyed {
                fields.put("key", &span.key);
            }
            self.bucket(&node.subs, bucket, &mut fields)?;
            written.push(|| span.key.clone(), &fields);
        }
        Ok(alone(&written))
    }

    pub(super) fn filters(&mut self, node: &Node, filters: &Filters, buckets: Vec<Bucket>) -> Result<Fields> {
        let names = filters.filters.iter().map(|(name, _)| name).chain(&filters.other);
        self.make(filters.filters.len() + usize::from(filters.other.is_some()))?;
        let mut known: HashMap<u64, Bucket> = buckets.into_iter().map(|bucket| (bucket.key, bucket)).collect();
        let mut written = Buckets::new(filters.form == Form::Keyed);
        for (place, name) in names.enumerate() {
            let bucket = known.remove(&(place as u64)).map_or((0, Subs::new()), |bucket| (bucket.count, bucket.subs));
            written.push(|| name.clone(), &self.single(&node.subs, bucket)?);
        }
        Ok(alone(&written))
    }
}

fn ends(span: &Span, range: &Range) -> Fields {
    let mut fields = Fields::default();
    for (name, text, end) in [("from", "from_as_string", span.from), ("to", "to_as_string", span.to)] {
        let Some(end) = end else { continue };
        fields.put(name, &end);
        if range.source.style.format.is_some() {
            fields.put(text, &range.source.style.written(end));
        }
    }
    fields
}

/// Buckets, and nothing beside them.
fn alone(buckets: &Buckets) -> Fields {
    let mut fields = Fields::default();
    buckets.put("buckets", &mut fields);
    fields
}
