//! Writes buckets.

use super::super::partial::Bucket;
use super::super::spec::{Filters, Form, Histogram, Node, Range, Span, Terms};
use super::Writer;
use super::order::{Ranked, Ranking, Segments, are_words};
use super::style::java;
use crate::Result;
use crate::blocks::number;
use crate::mapping::Kind;
use hashbrown::HashMap;
use serde_json::{Map, Value, json};
use tantivy::columnar::MonotonicallyMappableToU64;

impl Writer<'_> {
    pub(super) fn terms(&mut self, node: &Node, terms: &Terms, mut buckets: Vec<Bucket>) -> Result<Map<String, Value>> {
        buckets.retain(|bucket| bucket.count >= terms.least);
        let all: u64 = buckets.iter().map(|bucket| bucket.count).sum();
        let (kind, ranking) = (terms.source.style.kind, Ranking::new(&terms.order));
        let mut ranked = ranking.rank(buckets, &node.subs);
        if are_words(kind) {
            ranking.words(&mut ranked, terms.size, &Segments::new(self.searcher, terms))?;
        } else {
            ranking.codes(&mut ranked, terms.size);
        }
        let shown: u64 = ranked.iter().map(|ranked| ranked.bucket.count).sum();
        self.make(ranked.len())?;
        let mut written = Vec::with_capacity(ranked.len());
        for Ranked { bucket, word, .. } in ranked {
            let mut fields = Map::new();
            let (key, text) = match (word, kind) {
                (Some(word), _) => (json!(word), None),
                (None, Kind::Double) => (json!(f64::from_u64(bucket.key)), None),
                (None, _) => (json!(i64::from_u64(bucket.key)), terms.source.style.text(number(kind, bucket.key))),
            };
            fields.insert("key".to_owned(), key);
            fields.extend(text.map(|text| ("key_as_string".to_owned(), json!(text))));
            fields.append(&mut self.single(&node.subs, (bucket.count, bucket.subs))?);
            if terms.errors {
                fields.insert("doc_count_error_upper_bound".to_owned(), json!(0));
            }
            written.push(Value::Object(fields));
        }
        let told =
            [("doc_count_error_upper_bound", json!(0)), ("sum_other_doc_count", json!(all - shown)), ("buckets", json!(written))];
        Ok(told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub(super) fn histogram(&mut self, node: &Node, histogram: &Histogram, buckets: Vec<Bucket>) -> Result<Map<String, Value>> {
        let mut buckets = if histogram.least == 0 { self.filled(histogram, buckets)? } else { buckets };
        buckets.retain(|bucket| bucket.count >= histogram.least);
        self.make(buckets.len())?;
        let ranking = Ranking::new(&histogram.order);
        let mut ranked = ranking.rank(buckets, &node.subs);
        ranking.codes(&mut ranked, 0);
        let mut written = vec![];
        for Ranked { bucket, .. } in ranked {
            let start = histogram.rounding.start(i64::from_u64(bucket.key));
            let text = histogram.source.style.text(start).filter(|_| histogram.source.style.kind == Kind::Date);
            let mut fields = Map::new();
            fields.insert("key".to_owned(), if histogram.dates { json!(start as i64) } else { json!(start) });
            let name = text.clone().unwrap_or_else(|| if histogram.dates { (start as i64).to_string() } else { java(start) });
            fields.extend(text.map(|text| ("key_as_string".to_owned(), json!(text))));
            fields.append(&mut self.single(&node.subs, (bucket.count, bucket.subs))?);
            written.push((name, Value::Object(fields)));
        }
        Ok(list(written, histogram.keyed))
    }

    /// The buckets with empty ones between them, and as far as the bounds go.
    fn filled(&self, histogram: &Histogram, mut buckets: Vec<Bucket>) -> Result<Vec<Bucket>> {
        let rounding = &histogram.rounding;
        buckets.sort_unstable_by_key(|bucket| bucket.key);
        let ends = |bucket: &Bucket| i64::from_u64(bucket.key);
        let (mut first, mut last) = (buckets.first().map(ends), buckets.last().map(ends));
        if let Some((least, greatest)) = histogram.extended {
            let (least, greatest) = (rounding.number(least), rounding.number(greatest));
            first = Some(first.map_or(least, |first| first.min(least)));
            last = Some(last.map_or(greatest, |last| last.max(greatest)));
        }
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
            filled.push(own.unwrap_or(Bucket { key: key.to_u64(), word: (0, 0), text: None, count: 0, subs: vec![] }));
            let next = rounding.next(key);
            if next <= key {
                break;
            }
            key = next;
        }
        filled.extend(known);
        Ok(filled)
    }

    pub(super) fn range(&mut self, node: &Node, range: &Range, buckets: Vec<Bucket>) -> Result<Map<String, Value>> {
        self.make(range.ranges.len())?;
        let mut known: HashMap<u64, Bucket> = buckets.into_iter().map(|bucket| (bucket.key, bucket)).collect();
        let mut written = vec![];
        for (place, span) in range.ranges.iter().enumerate() {
            let bucket = known.remove(&(place as u64)).map_or((0, vec![]), |bucket| (bucket.count, bucket.subs));
            let mut fields = ends(span, range);
            if !range.keyed {
                fields.insert("key".to_owned(), json!(span.key));
            }
            fields.append(&mut self.single(&node.subs, bucket)?);
            written.push((span.key.clone(), Value::Object(fields)));
        }
        Ok(list(written, range.keyed))
    }

    pub(super) fn filters(&mut self, node: &Node, filters: &Filters, buckets: Vec<Bucket>) -> Result<Map<String, Value>> {
        let names = filters.filters.iter().map(|(name, _)| name).chain(&filters.other);
        self.make(filters.filters.len() + usize::from(filters.other.is_some()))?;
        let mut known: HashMap<u64, Bucket> = buckets.into_iter().map(|bucket| (bucket.key, bucket)).collect();
        let mut written = vec![];
        for (place, name) in names.enumerate() {
            let bucket = known.remove(&(place as u64)).map_or((0, vec![]), |bucket| (bucket.count, bucket.subs));
            written.push((name.clone(), Value::Object(self.single(&node.subs, bucket)?)));
        }
        Ok(list(written, filters.form == Form::Keyed))
    }
}

fn ends(span: &Span, range: &Range) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, end) in [("from", span.from), ("to", span.to)] {
        let Some(end) = end else { continue };
        fields.insert(name.to_owned(), json!(end));
        if range.source.style.format.is_some() {
            fields.insert(format!("{name}_as_string"), json!(range.source.style.written(end)));
        }
    }
    fields
}

fn list(written: Vec<(String, Value)>, keyed: bool) -> Map<String, Value> {
    let buckets = if keyed {
        Value::Object(written.into_iter().collect())
    } else {
        written.into_iter().map(|(_, bucket)| bucket).collect()
    };
    Map::from_iter([("buckets".to_owned(), buckets)])
}
