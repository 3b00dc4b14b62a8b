//! A stream of posts of which some came late: whole neighbourhoods are counted without being read.

use super::mapping;
use crate::samples::{Sample, all};
use crate::zones;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Bound;
use tantivy::query::{AllQuery, Query};

const MINUTE: i64 = 60_000;
const POSTS: i64 = 5_000;

/// A post each second and a half; one in forty is up to two hours late.
fn post(place: i64) -> (i64, f64) {
    let late = if place % 40 == 7 { place * 7919 % 120 * MINUTE } else { place % 11 * 100 };
    (1_772_323_200_000 + place * 1_500 - late, (place % 13) as f64)
}

fn naive(chosen: impl Fn(i64) -> bool, width: i64) -> BTreeMap<i64, (u64, f64)> {
    let mut buckets: BTreeMap<i64, (u64, f64)> = BTreeMap::new();
    for (time, number) in (0..POSTS).filter(|place| chosen(*place)).map(post) {
        let bucket = buckets.entry(time.div_euclid(width) * width).or_default();
        *bucket = (bucket.0 + 1, bucket.1 + number);
    }
    buckets
}

fn told(answer: &Value, sums: bool) -> BTreeMap<i64, (u64, f64)> {
    let bucket = |bucket: &Value| {
        let sum = if sums { bucket["sum"]["value"].as_f64().unwrap() } else { 0.0 };
        (bucket["key"].as_i64().unwrap(), (bucket["doc_count"].as_u64().unwrap(), sum))
    };
    answer["time"]["buckets"].as_array().unwrap().iter().map(bucket).collect()
}

#[test]
fn late_posts_are_counted_where_they_belong() {
    let documents: Vec<Value> = (0..POSTS).map(post).map(|(time, number)| json!({ "when": time, "n": number as i64 })).collect();
    let deleted: Vec<usize> = (0..POSTS as usize).filter(|place| place % 97 == 7).collect();
    let sample = Sample::new(&mapping(), &documents, 3_000, &deleted);
    let few = zones::range_query(sample.mapping.leaf("n").unwrap(), Bound::Included(3.0), Bound::Included(3.0));
    for thin in [false, true] {
        let query: &dyn Query = if thin { few.as_ref() } else { &AllQuery };
        let chosen = |place: i64| place % 97 != 7 && (!thin || place % 13 == 3);
        for minutes in [1, 10, 60] {
            let histogram = json!({ "field": "when", "fixed_interval": format!("{minutes}m"), "min_doc_count": 1 });
            let expected = naive(chosen, minutes * MINUTE);
            let plain = sample.aggregate(&json!({ "time": { "date_histogram": histogram } }), query, &all).unwrap();
            let counts = expected.iter().map(|(key, (count, _))| (*key, (*count, 0.0))).collect();
            assert_eq!(told(&plain, false), counts, "{minutes}");
            let sum = json!({ "sum": { "sum": { "field": "n" } } });
            let summed = json!({ "time": { "date_histogram": histogram, "aggs": sum } });
            assert_eq!(told(&sample.aggregate(&summed, query, &all).unwrap(), true), expected, "{minutes}");
        }
    }
}
