//! Writes what was found as Elasticsearch does.

mod buckets;
mod order;
mod siblings;
mod style;
mod told;

use super::metrics::Stats;
use super::partial::{Bucket, Subs, Top};
use super::spec::{Form, Metric, Node, Percentiles, Style, TopHits, What};
use super::{Limits, Partial, too_many_buckets};
use crate::Result;
use crate::mapping::Kind;
use crate::sort::{Hit, Sort, shortest};
pub(super) use order::{Segments, are_words};
use serde_json::{Value, json};
use std::borrow::Cow;
use style::java;
use tantivy::Searcher;
use told::{Buckets, Fields};

/// The hits of a `top_hits`, to be fetched.
pub struct Found<'a> {
    /// Which documents.
    pub hits: &'a [Hit],
    /// Their order, which tells each one's `sort`.
    pub sort: &'a Sort,
    /// What the request tells of them: `_source`, `highlight` and so on.
    pub body: &'a Value,
}

/// Writes hits as they stand in `hits.hits`.
pub type Fetch<'a> = dyn Fn(&Found<'_>) -> Result<Vec<Value>> + 'a;

struct Writer<'a> {
    limits: &'a Limits,
    searcher: &'a Searcher,
    fetch: &'a Fetch<'a>,
    /// Whether names tell types, as `avg#mean`.
    typed: bool,
    /// How many buckets have been written.
    made: usize,
}

pub(super) fn write(
    nodes: &[Node],
    partial: Partial,
    limits: &Limits,
    searcher: &Searcher,
    fetch: &Fetch<'_>,
    typed: bool,
) -> Result<Vec<u8>> {
    let subs = if let Partial::All(_, subs) = partial { subs } else { vec![] };
    let mut writer = Writer { limits, searcher, fetch, typed, made: 0 };
    let mut fields = Fields::default();
    writer.fields(nodes, subs.into(), &mut fields)?;
    Ok(fields.written())
}

impl Writer<'_> {
    /// Aggregations that stand side by side.
    fn fields(&mut self, nodes: &[Node], subs: Subs, into: &mut Fields) -> Result<()> {
        let subs = subs.into_iter().chain(std::iter::repeat_with(|| Partial::Nothing));
        for (node, partial) in nodes.iter().zip(subs) {
            // They look at the others.
            if matches!(node.what, What::Siblings(_)) {
                continue;
            }
            let mut fields = self.one(node, partial)?;
            if let Some(meta) = &node.meta {
                fields.put("meta", meta);
            }
            into.put_fields(&node.told(self.typed), &fields);
        }
        siblings::write(nodes, into, self.typed);
        Ok(())
    }

    fn one(&mut self, node: &Node, partial: Partial) -> Result<Fields> {
        match &node.what {
            What::Metric(source, metric) => {
                let stats = match partial {
                    Partial::Stats(stats) => stats,
                    _ => Stats::default(),
                };
                Ok(number(&stats, *metric, &source.style))
            }
            What::Percentiles(source, percentiles) => Ok(points(percentiles, partial, &source.style)),
            What::Cardinality(_) => {
                let count = match partial {
                    Partial::Distinct(distinct) => distinct.count(),
                    _ => 0,
                };
                Ok(Fields::one("value", &count))
            }
            What::TopHits(hits) => self.hits(hits, partial),
            What::Terms(terms) => self.terms(node, terms, buckets_of(partial)),
            What::Histogram(histogram) => self.histogram(node, histogram, buckets_of(partial)),
            What::Range(range) => self.range(node, range, buckets_of(partial)),
            What::Filters(filters) if filters.form != Form::One => self.filters(node, filters, buckets_of(partial)),
            What::Filters(_) | What::Missing(_) => {
                let bucket = buckets_of(partial).into_iter().next();
                self.single(&node.subs, bucket.map_or((0, Subs::new()), |bucket| (bucket.count, bucket.subs)))
            }
            // Written once all others are.
            What::Siblings(_) => Ok(Fields::default()),
            What::Global(inner) => match partial {
                Partial::All(count, subs) => self.single(inner, (count, subs.into())),
                _ => self.single(inner, (0, Subs::new())),
            },
        }
    }

    /// A bucket: its count, and what stands in it.
    fn single(&mut self, nodes: &[Node], bucket: (u64, Subs)) -> Result<Fields> {
        let mut fields = Fields::default();
        self.bucket(nodes, bucket, &mut fields)?;
        Ok(fields)
    }

    /// The same, behind its key.
    fn bucket(&mut self, nodes: &[Node], (count, subs): (u64, Subs), into: &mut Fields) -> Result<()> {
        into.put("doc_count", &count);
        if nodes.is_empty() { Ok(()) } else { self.fields(nodes, subs, into) }
    }

    /// Notes that so many buckets are written.
    fn make(&mut self, count: usize) -> Result<()> {
        self.made = self.made.saturating_add(count);
        if self.made > self.limits.buckets { Err(too_many_buckets(self.limits.buckets, self.made)) } else { Ok(()) }
    }

    fn hits(&self, hits: &TopHits, partial: Partial) -> Result<Fields> {
        let top = match partial {
            Partial::Hits(top) => top,
            _ => Top { hits: vec![], total: 0, keep: 0 },
        };
        let best = top.hits.first().map(|hit| hit.score).filter(|_| hits.sort.is_by_score());
        let shown = top.hits.get(hits.from..).unwrap_or_default();
        let shown = shown.get(..hits.size.min(shown.len())).unwrap_or_default();
        let shown = (self.fetch)(&Found { hits: shown, sort: &hits.sort, body: &hits.body })?;
        let hits = json!({ "total": { "value": top.total, "relation": "eq" }, "max_score": best.map(shortest), "hits": shown });
        Ok(Fields::one("hits", &hits))
    }
}

fn buckets_of(partial: Partial) -> Vec<Bucket> {
    match partial {
        Partial::Buckets(buckets) => buckets,
        _ => vec![],
    }
}

impl Stats {
    /// The number that a part of these is called.
    fn part(&self, part: &str, sigma: f64) -> f64 {
        let average = self.average().unwrap_or(f64::NAN);
        let bound = |sign: f64, sample: bool| average + sign * sigma * self.variance(sample).sqrt();
        match part {
            "count" => self.count as f64,
            "sum" => self.sum.value(),
            "min" => self.least,
            "max" => self.greatest,
            "sum_of_squares" => self.squares.value(),
            "variance" | "variance_population" => self.variance(false),
            "variance_sampling" => self.variance(true),
            "std_deviation" | "std_deviation_population" => self.variance(false).sqrt(),
            "std_deviation_sampling" => self.variance(true).sqrt(),
            "std_upper" | "upper" | "std_upper_population" | "upper_population" => bound(1.0, false),
            "std_lower" | "lower" | "std_lower_population" | "lower_population" => bound(-1.0, false),
            "std_upper_sampling" | "upper_sampling" => bound(1.0, true),
            "std_lower_sampling" | "lower_sampling" => bound(-1.0, true),
            _ => average,
        }
    }
}

const STATS: [&str; 4] = ["min", "max", "avg", "sum"];
const EXTENDED: [&str; 7] = [
    "sum_of_squares",
    "variance",
    "variance_population",
    "variance_sampling",
    "std_deviation",
    "std_deviation_population",
    "std_deviation_sampling",
];
const BOUNDS: [&str; 6] = ["upper", "lower", "upper_population", "lower_population", "upper_sampling", "lower_sampling"];

fn number(stats: &Stats, metric: Metric, style: &Style) -> Fields {
    let part = match metric {
        Metric::Count => return Fields::one("value", &stats.count),
        Metric::Average => "avg",
        Metric::Sum => "sum",
        Metric::Least => "min",
        Metric::Greatest => "max",
        Metric::Stats | Metric::Extended(_) => return several(stats, metric, style),
    };
    let value = stats.part(part, 0.0);
    let mut fields = Fields::one("value", &value);
    if let Some(text) = style.text(value).filter(|_| value.is_finite()) {
        fields.put("value_as_string", &text);
    }
    fields
}

fn several(stats: &Stats, metric: Metric, style: &Style) -> Fields {
    let (parts, sigma) = match metric {
        Metric::Extended(sigma) => ([&STATS[..], &EXTENDED].concat(), sigma),
        _ => (STATS.to_vec(), 0.0),
    };
    let mut fields = Fields::one("count", &stats.count);
    let write = |part: &str, into: &mut Fields| match stats.part(part, sigma) {
        // A sum of nothing is nothing, but all else of nothing is unknown.
        _ if stats.count == 0 && part != "sum" => into.put(part, &()),
        // That is how the deviation of a sample of one is written.
        number if number.is_nan() => into.put(part, "NaN"),
        number => into.put(part, &number),
    };
    for part in parts {
        write(part, &mut fields);
        let number = stats.part(part, sigma);
        if let Some(text) = style.text(number).filter(|_| stats.count > 0 && number.is_finite()) {
            let name = format!("{part}_as_string");
            // Truths of several are written as such, that of one as a word.
            if style.kind == Kind::Boolean { fields.put(&name, &(number != 0.0)) } else { fields.put(&name, &text) }
        }
    }
    if let Metric::Extended(_) = metric {
        let mut bounds = Fields::default();
        BOUNDS.iter().for_each(|part| write(part, &mut bounds));
        fields.put_fields("std_deviation_bounds", &bounds);
    }
    fields
}

fn points(percentiles: &Percentiles, partial: Partial, style: &Style) -> Fields {
    let numbers = match partial {
        Partial::Digest(mut digest) if percentiles.ranks => {
            digest.ranks(&percentiles.points).iter().map(|rank| rank * 100.0).collect()
        }
        Partial::Digest(mut digest) => {
            let shares: Vec<f64> = percentiles.points.iter().map(|percent| percent / 100.0).collect();
            digest.quantiles(&shares)
        }
        _ => vec![f64::NAN; percentiles.points.len()],
    };
    let text = |number: f64| style.text(number).filter(|_| !percentiles.ranks && !number.is_nan());
    let (mut values, mut listed) = (Fields::default(), Buckets::new(false));
    for (point, number) in percentiles.points.iter().zip(numbers) {
        if percentiles.keyed {
            values.put(&java(*point), &number);
            if let Some(text) = text(number) {
                values.put(&format!("{}_as_string", java(*point)), &text);
            }
            continue;
        }
        values.clear();
        values.put("key", point);
        values.put("value", &number);
        if let Some(text) = text(number) {
            values.put("value_as_string", &text);
        }
        listed.push(String::new, &values);
    }
    let mut fields = Fields::default();
    if percentiles.keyed {
        fields.put_fields("values", &values)
    } else {
        listed.put("values", &mut fields)
    }
    fields
}

impl Node {
    /// Its name as it is answered.
    fn told(&self, typed: bool) -> Cow<'_, str> {
        if typed { format!("{}#{}", self.type_name(), self.name).into() } else { Cow::Borrowed(&self.name) }
    }

    /// What `typed_keys` calls its type.
    fn type_name(&self) -> &'static str {
        match &self.what {
            What::Metric(_, Metric::Average) => "avg",
            What::Metric(_, Metric::Sum) => "sum",
            What::Metric(_, Metric::Least) => "min",
            What::Metric(_, Metric::Greatest) => "max",
            What::Metric(_, Metric::Stats) => "stats",
            What::Metric(_, Metric::Extended(_)) => "extended_stats",
            What::Metric(_, Metric::Count) => "value_count",
            What::Percentiles(_, percentiles) if percentiles.ranks => "tdigest_percentile_ranks",
            What::Percentiles(..) => "tdigest_percentiles",
            What::Cardinality(_) => "cardinality",
            What::Terms(terms) if terms.source.leaf.is_none() => "umterms",
            What::Terms(terms) => match terms.source.style.kind {
                Kind::Double => "dterms",
                Kind::Keyword | Kind::Text => "sterms",
                Kind::Long | Kind::Boolean | Kind::Date => "lterms",
            },
            What::Histogram(histogram) => {
                if histogram.dates {
                    "date_histogram"
                } else {
                    "histogram"
                }
            }
            What::Range(range) => {
                if range.dates {
                    "date_range"
                } else {
                    "range"
                }
            }
            What::Filters(filters) => {
                if filters.form == Form::One {
                    "filter"
                } else {
                    "filters"
                }
            }
            What::Missing(_) => "missing",
            What::TopHits(_) => "top_hits",
            What::Global(_) => "global",
            What::Siblings(siblings) if matches!(siblings.metric, Metric::Least | Metric::Greatest) => "bucket_metric_value",
            What::Siblings(siblings) if siblings.metric == Metric::Stats => "stats_bucket",
            What::Siblings(_) => "simple_value",
        }
    }
}
