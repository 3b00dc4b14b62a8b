//! Writes what was found as Elasticsearch does.

mod buckets;
mod order;
mod siblings;
mod style;

use super::metrics::Stats;
use super::partial::{Bucket, Top};
use super::spec::{Form, Metric, Node, Percentiles, Style, TopHits, What};
use super::{Limits, Partial, too_many_buckets};
use crate::Result;
use crate::mapping::Kind;
use crate::sort::{Hit, Sort, shortest};
pub(super) use order::{Segments, are_words};
use serde_json::{Map, Value, json};
use style::java;
use tantivy::Searcher;

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
) -> Result<Value> {
    let subs = if let Partial::All(_, subs) = partial { subs } else { vec![] };
    let mut writer = Writer { limits, searcher, fetch, typed, made: 0 };
    let mut fields = Map::new();
    writer.fields(nodes, subs, &mut fields)?;
    Ok(Value::Object(fields))
}

impl Writer<'_> {
    /// Aggregations that stand side by side.
    fn fields(&mut self, nodes: &[Node], subs: Vec<Partial>, into: &mut Map<String, Value>) -> Result<()> {
        let subs = subs.into_iter().chain(std::iter::repeat_with(|| Partial::Nothing));
        for (node, partial) in nodes.iter().zip(subs) {
            let name = node.told(self.typed);
            let mut fields = self.one(node, partial)?;
            if let Some(meta) = &node.meta {
                fields.insert("meta".to_owned(), meta.clone());
            }
            into.insert(name, Value::Object(fields));
        }
        siblings::write(nodes, into, self.typed);
        Ok(())
    }

    fn one(&mut self, node: &Node, partial: Partial) -> Result<Map<String, Value>> {
        match &node.what {
            What::Metric(source, metric) => {
                let stats = match partial {
                    Partial::Stats(stats) => *stats,
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
                Ok(Map::from_iter([("value".to_owned(), json!(count))]))
            }
            What::TopHits(hits) => self.hits(hits, partial),
            What::Terms(terms) => self.terms(node, terms, buckets_of(partial)),
            What::Histogram(histogram) => self.histogram(node, histogram, buckets_of(partial)),
            What::Range(range) => self.range(node, range, buckets_of(partial)),
            What::Filters(filters) if filters.form != Form::One => self.filters(node, filters, buckets_of(partial)),
            What::Filters(_) | What::Missing(_) => {
                let bucket = buckets_of(partial).into_iter().next();
                self.single(&node.subs, bucket.map_or((0, vec![]), |bucket| (bucket.count, bucket.subs)))
            }
            // Written once all others are.
            What::Siblings(_) => Ok(Map::new()),
            What::Global(inner) => match partial {
                Partial::All(count, subs) => self.single(inner, (count, subs)),
                _ => self.single(inner, (0, vec![])),
            },
        }
    }

    /// A bucket: its count, and what stands in it.
    fn single(&mut self, nodes: &[Node], (count, subs): (u64, Vec<Partial>)) -> Result<Map<String, Value>> {
        let mut fields = Map::from_iter([("doc_count".to_owned(), json!(count))]);
        self.fields(nodes, subs, &mut fields)?;
        Ok(fields)
    }

    /// Notes that so many buckets are written.
    fn make(&mut self, count: usize) -> Result<()> {
        self.made = self.made.saturating_add(count);
        if self.made > self.limits.buckets { Err(too_many_buckets(self.limits.buckets, self.made)) } else { Ok(()) }
    }

    fn hits(&self, hits: &TopHits, partial: Partial) -> Result<Map<String, Value>> {
        let top = match partial {
            Partial::Hits(top) => top,
            _ => Top { hits: vec![], total: 0, keep: 0 },
        };
        let best = top.hits.first().map(|hit| hit.score).filter(|_| hits.sort.is_by_score());
        let shown = top.hits.get(hits.from..).unwrap_or_default();
        let shown = shown.get(..hits.size.min(shown.len())).unwrap_or_default();
        let shown = (self.fetch)(&Found { hits: shown, sort: &hits.sort, body: &hits.body })?;
        let hits = json!({ "total": { "value": top.total, "relation": "eq" }, "max_score": best.map(shortest), "hits": shown });
        Ok(Map::from_iter([("hits".to_owned(), hits)]))
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

fn number(stats: &Stats, metric: Metric, style: &Style) -> Map<String, Value> {
    let mut fields = Map::new();
    let part = match metric {
        Metric::Count => {
            fields.insert("value".to_owned(), json!(stats.count));
            return fields;
        }
        Metric::Average => "avg",
        Metric::Sum => "sum",
        Metric::Least => "min",
        Metric::Greatest => "max",
        Metric::Stats | Metric::Extended(_) => {
            several(stats, metric, style, &mut fields);
            return fields;
        }
    };
    let value = stats.part(part, 0.0);
    fields.insert("value".to_owned(), json!(value));
    if value.is_finite() {
        fields.extend(style.text(value).map(|text| ("value_as_string".to_owned(), json!(text))));
    }
    fields
}

fn several(stats: &Stats, metric: Metric, style: &Style, fields: &mut Map<String, Value>) {
    let (parts, sigma) = match metric {
        Metric::Extended(sigma) => ([&STATS[..], &EXTENDED].concat(), sigma),
        _ => (STATS.to_vec(), 0.0),
    };
    fields.insert("count".to_owned(), json!(stats.count));
    let write = |part: &str| match stats.part(part, sigma) {
        // A sum of nothing is nothing, but all else of nothing is unknown.
        _ if stats.count == 0 && part != "sum" => Value::Null,
        // That is how the deviation of a sample of one is written.
        number if number.is_nan() => json!("NaN"),
        number => json!(number),
    };
    for part in parts {
        fields.insert(part.to_owned(), write(part));
        if stats.count > 0 {
            let number = stats.part(part, sigma);
            // Truths of several are written as such, that of one as a word.
            let text = match style.text(number).filter(|_| number.is_finite()) {
                Some(_) if style.kind == Kind::Boolean => Some(json!(number != 0.0)),
                text => text.map(Value::from),
            };
            fields.extend(text.map(|text| (format!("{part}_as_string"), text)));
        }
    }
    if let Metric::Extended(_) = metric {
        let bounds: Map<String, Value> = BOUNDS.iter().map(|part| ((*part).to_owned(), write(part))).collect();
        fields.insert("std_deviation_bounds".to_owned(), Value::Object(bounds));
    }
}

fn points(percentiles: &Percentiles, partial: Partial, style: &Style) -> Map<String, Value> {
    let numbers = match partial {
        Partial::Digest(mut digest) if percentiles.ranks => {
            digest.ranks(&percentiles.points).iter().map(|rank| Some(rank * 100.0)).collect()
        }
        Partial::Digest(mut digest) => {
            let shares: Vec<f64> = percentiles.points.iter().map(|percent| percent / 100.0).collect();
            digest.quantiles(&shares).into_iter().map(Some).collect()
        }
        _ => vec![None; percentiles.points.len()],
    };
    let text = |number: Option<f64>| number.filter(|_| !percentiles.ranks).and_then(|number| style.text(number));
    let values = if percentiles.keyed {
        let mut values = Map::new();
        for (point, number) in percentiles.points.iter().zip(numbers) {
            values.insert(java(*point), json!(number));
            values.extend(text(number).map(|text| (format!("{}_as_string", java(*point)), json!(text))));
        }
        Value::Object(values)
    } else {
        let one = |(point, number): (&f64, Option<f64>)| {
            let mut value = json!({ "key": point, "value": number });
            if let (Some(text), Value::Object(fields)) = (text(number), &mut value) {
                fields.insert("value_as_string".to_owned(), json!(text));
            }
            value
        };
        percentiles.points.iter().zip(numbers).map(one).collect()
    };
    Map::from_iter([("values".to_owned(), values)])
}

impl Node {
    /// Its name as it is answered.
    fn told(&self, typed: bool) -> String {
        if typed { format!("{}#{}", self.type_name(), self.name) } else { self.name.clone() }
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
