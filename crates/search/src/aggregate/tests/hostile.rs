//! Whatever a request says, it is answered or refused.

use super::posts;
use crate::samples::{Sample, all};
use crate::sort::Sort;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use tantivy::query::AllQuery;

static SAMPLE: LazyLock<Sample> = LazyLock::new(posts);

const WORDS: &str = "field n x when tag yes text nothing order _key _count size min max interval 1d 0 month terms avg histogram \
    date_histogram range ranges from to missing top_hits sort desc percentiles percents cardinality filters aggs \
    fixed_interval calendar_interval time_zone Europe/Paris extended_bounds hard_bounds offset \
    -9223372036854775808ms now-1d/d keyed format yyyy include .* é extended_stats sigma max_bucket buckets_path \
    a>b min_doc_count global missing mode _last _score";

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned)
}

fn body() -> impl Strategy<Value = Value> {
    let number = prop::sample::select(vec![
        json!(0),
        json!(1),
        json!(-1),
        json!(1e300),
        json!(-1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(0.001),
    ]);
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, word().prop_map(Value::from)];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics(kind in word(), field in word(), key in word(), told in body(), more in body(), other in word()) {
        let sample = &*SAMPLE;
        let mut inner = json!({ "field": field, "interval": 1, "ranges": [{ "from": 1 }], "fixed_interval": "1d" });
        for unused in ["interval", "ranges", "fixed_interval"] {
            if !kind.contains(match unused { "interval" => "histogram", "ranges" => "range", _ => "date" }) || kind == "date_histogram" && unused == "interval" {
                inner.as_object_mut().unwrap().remove(unused);
            }
        }
        inner[key] = told.clone();
        let aggs = json!({ "a": { kind: inner, "aggs": { "b": { other: more.clone() } } } });
        let _ = sample.aggregate(&aggs, &AllQuery, &all);
        let _ = sample.aggregate(&told, &AllQuery, &all);
        let _ = Sort::read(Some(&told), Some(&more), &sample.mapping);
        let _ = Sort::read(Some(&json!([{ field: told }])), Some(&json!([more])), &sample.mapping);
    }
}
