mod hostile;
mod late;
mod naive;

use crate::samples::{Sample, all};
use crate::{Result, zones};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::ops::Bound;
use tantivy::query::{AllQuery, EmptyQuery, Query};

fn mapping() -> Value {
    json!({ "properties": {
        "n": { "type": "long" }, "x": { "type": "double" }, "when": { "type": "date" }, "tag": { "type": "keyword" },
        "yes": { "type": "boolean" }, "text": { "type": "text" }, "f": { "type": "float" }
    } })
}

fn posts() -> Sample {
    let documents = [
        json!({ "n": 1, "x": 0.5, "when": "2024-01-01T00:10:00Z", "tag": "a", "yes": true, "text": "one" }),
        json!({ "n": 2, "x": 1.5, "when": "2024-01-01T00:20:00Z", "tag": ["b", "a", "b"], "yes": false }),
        json!({ "n": [3, 30, 31], "when": "2024-01-01T02:00:00Z", "tag": "c", "yes": [true, true] }),
        json!({ "x": -1.0, "tag": "a" }),
        json!({ "n": 1, "x": 2.5, "when": "2024-02-01T00:00:00Z" }),
    ];
    Sample::new(&mapping(), &documents, 2, &[])
}

fn check(aggs: Value, expected: Expect) {
    let answer = posts().aggregate(&aggs, &AllQuery, &all);
    let text = match answer {
        Ok(answer) => answer.to_string(),
        Err(error) => format!("{} {}: {}", error.status, error.kind, error.reason),
    };
    expected.assert_eq(&text);
}

#[test]
fn lists_count_once_in_a_bucket() {
    check(
        json!({ "t": { "terms": { "field": "tag" }, "aggs": { "n": { "value_count": { "field": "tag" } } } } }),
        expect![[
            r#"{"t":{"buckets":[{"doc_count":3,"key":"a","n":{"value":4}},{"doc_count":1,"key":"b","n":{"value":2}},{"doc_count":1,"key":"c","n":{"value":1}}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0}}"#
        ]],
    );
    check(
        json!({ "h": { "histogram": { "field": "n", "interval": 10, "min_doc_count": 1 }, "aggs": { "s": { "sum": { "field": "n" } } } } }),
        expect![[
            r#"{"h":{"buckets":[{"doc_count":4,"key":0.0,"s":{"value":68.0}},{"doc_count":1,"key":30.0,"s":{"value":64.0}}]}}"#
        ]],
    );
    check(
        json!({ "t": { "terms": { "field": "yes" } }, "c": { "cardinality": { "field": "n" } } }),
        expect![[
            r#"{"c":{"value":5},"t":{"buckets":[{"doc_count":2,"key":1,"key_as_string":"true"},{"doc_count":1,"key":0,"key_as_string":"false"}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0}}"#
        ]],
    );
}

#[test]
fn times_of_a_zone_with_what_stands_in_for_missing_ones() {
    check(
        json!({ "d": {
            "date_histogram": { "field": "when", "calendar_interval": "month", "time_zone": "America/New_York", "missing": "2024-02-02" },
            "aggs": { "x": { "stats": { "field": "x" } } }
        } }),
        expect![[
            r#"{"d":{"buckets":[{"doc_count":3,"key":1701406800000,"key_as_string":"2023-12-01T00:00:00.000-05:00","x":{"avg":1.0,"count":2,"max":1.5,"min":0.5,"sum":2.0}},{"doc_count":1,"key":1704085200000,"key_as_string":"2024-01-01T00:00:00.000-05:00","x":{"avg":2.5,"count":1,"max":2.5,"min":2.5,"sum":2.5}},{"doc_count":1,"key":1706763600000,"key_as_string":"2024-02-01T00:00:00.000-05:00","x":{"avg":-1.0,"count":1,"max":-1.0,"min":-1.0,"sum":-1.0}}]}}"#
        ]],
    );
}

#[test]
fn what_cannot_be_is_refused() {
    for (aggs, expected) in [
        (json!({ "a": { "derivative": {} } }), expect!["400 parsing_exception: Unknown aggregation type [derivative]"]),
        (
            json!({ "a": { "avg": { "field": "n", "script": "1" } } }),
            expect!["400 x_content_parse_exception: scripts are not supported in aggregations"],
        ),
        (
            json!({ "a": { "terms": { "field": "n", "include": "1.*" } } }),
            expect![
                "400 illegal_argument_exception: Aggregation [a] cannot support regular expression style include/exclude settings as they can only be applied to string fields. Use an array of numeric values for include/exclude clauses used to filter numeric fields"
            ],
        ),
        (
            json!({ "a": { "terms": { "field": "tag", "include": "(" } } }),
            expect!["400 illegal_argument_exception: pattern [(] is not a regular expression"],
        ),
        (
            json!({ "a": { "terms": { "field": "tag", "order": { "t": "asc" } }, "aggs": { "t": { "terms": { "field": "n" } } } } }),
            expect![
                "500 aggregation_execution_exception: Invalid aggregation order path [t]. The path must end with a single-bucket or a metrics aggregation."
            ],
        ),
        (
            json!({ "a": { "top_hits": { "size": 101 } } }),
            expect![
                "400 illegal_argument_exception: Top hits result window is too large, the top hits aggregator [a]'s from + size must be less than or equal to: [100] but was [101]. This limit can be set by changing the [index.max_inner_result_window] index level setting."
            ],
        ),
        (
            json!({ "a": { "histogram": { "field": "n", "interval": 0.0001 } } }),
            expect![
                "503 too_many_buckets_exception: Trying to create too many buckets. Must be less than or equal to: [65535] but was [300001]. This limit can be set by changing the [search.max_buckets] cluster level setting."
            ],
        ),
        (
            json!({ "a": { "date_histogram": { "field": "when", "fixed_interval": "-5m" } } }),
            expect!["400 x_content_parse_exception: [date_histogram] failed to parse field [fixed_interval]"],
        ),
    ] {
        check(aggs, expected);
    }
}

#[test]
fn depth_is_bounded() {
    let mut aggs = json!({ "a": { "avg": { "field": "n" } } });
    for _ in 0..20 {
        aggs = json!({ "a": { "terms": { "field": "n" }, "aggs": aggs } });
    }
    let error = posts().aggregate(&aggs, &AllQuery, &all).unwrap_err();
    assert_eq!(error.reason, "The depth of the aggregations exceeds the limit of [20]");
}

#[test]
fn memory_is_bounded() {
    let sample = posts();
    let limits = super::Limits { bytes: 64, ..super::Limits::default() };
    let scope = super::Scope { mapping: &sample.mapping, now_millis: 0, limits, query: &all };
    let aggs = json!({ "a": { "terms": { "field": "x" }, "aggs": { "b": { "percentiles": { "field": "n" } } } } });
    let plan = super::Plan::read(&aggs, &scope).unwrap();
    let error = plan.run(&sample.searcher, &AllQuery).unwrap_err();
    assert_eq!((error.status, error.kind), (429, "circuit_breaking_exception"));
}

#[test]
fn filters_nest_and_overlap() {
    let sample = posts();
    let queries = |body: &Value| -> Result<Box<dyn Query>> {
        let least = body["least"].as_f64().unwrap();
        Ok(zones::range_query(sample.mapping.leaf("n").unwrap(), Bound::Included(least), Bound::Unbounded))
    };
    let aggs = json!({ "t": { "terms": { "field": "tag" }, "aggs": {
        "f": { "filters": { "filters": { "few": { "least": 1 }, "many": { "least": 3 } }, "other_bucket": true } }
    } } });
    let answer = sample.aggregate(&aggs, &AllQuery, &queries).unwrap();
    expect![[r#"{"t":{"buckets":[{"doc_count":3,"f":{"buckets":{"_other_":{"doc_count":1},"few":{"doc_count":2},"many":{"doc_count":0}}},"key":"a"},{"doc_count":1,"f":{"buckets":{"_other_":{"doc_count":0},"few":{"doc_count":1},"many":{"doc_count":0}}},"key":"b"},{"doc_count":1,"f":{"buckets":{"_other_":{"doc_count":0},"few":{"doc_count":1},"many":{"doc_count":1}}},"key":"c"}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0}}"#]]
        .assert_eq(&answer.to_string());
    let nothing = sample.aggregate(&aggs, &EmptyQuery, &queries).unwrap();
    assert_eq!(nothing["t"]["buckets"], json!([]));
}

#[test]
fn several_indices_answer_together() {
    let other = json!({ "properties": { "x": { "type": "long" }, "tag": { "type": "keyword" }, "more": { "type": "keyword" } } });
    let documents = [json!({ "x": 3, "tag": ["c", "z"], "more": "m" }), json!({ "x": 4, "tag": "a" })];
    let samples = [posts(), Sample::new(&other, &documents, 10, &[])];
    let aggs = json!({
        "t": { "terms": { "field": "tag" }, "aggs": { "s": { "sum": { "field": "x" } }, "c": { "cardinality": { "field": "more" } } } },
        "m": { "terms": { "field": "more" } },
        "g": { "global": {}, "aggs": { "h": { "top_hits": { "size": 1, "sort": [{ "x": "desc" }] } } } }
    });
    let part = |sample: &'static Sample| {
        let scope = super::Scope { mapping: &sample.mapping, now_millis: 0, limits: super::Limits::default(), query: &all };
        let mut scoped = aggs.clone();
        if sample.mapping.leaf("n").is_some() {
            // Doubles and whole numbers are not in one order.
            scoped["g"]["aggs"] = json!({ "h": { "top_hits": { "size": 1, "sort": [{ "n": "desc" }] } } });
        }
        let plan = super::Plan::read(&scoped, &scope).unwrap().beside_others();
        let partial = plan.run(&sample.searcher, &AllQuery).unwrap();
        (plan, partial, &sample.searcher)
    };
    let samples: &'static [Sample; 2] = Box::leak(Box::new(samples));
    let (plan, partial) = super::Plan::join(samples.iter().map(part).collect()).unwrap().unwrap();
    let fetch = |found: &super::Found<'_>| Ok(found.hits.iter().map(|hit| json!(hit.index)).collect());
    let answer = plan.answer(partial, &samples[0].searcher, &fetch, false).unwrap();
    expect![[r#"{"g":{"doc_count":7,"h":{"hits":{"hits":[0],"max_score":null,"total":{"relation":"eq","value":7}}}},"m":{"buckets":[{"doc_count":1,"key":"m"}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0},"t":{"buckets":[{"c":{"value":0},"doc_count":4,"key":"a","s":{"value":5.0}},{"c":{"value":1},"doc_count":2,"key":"c","s":{"value":3.0}},{"c":{"value":0},"doc_count":1,"key":"b","s":{"value":1.5}},{"c":{"value":1},"doc_count":1,"key":"z","s":{"value":3.0}}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0}}"#]]
    .assert_eq(&serde_json::from_slice::<Value>(&answer).unwrap().to_string());
}

#[test]
fn siblings_look_at_what_was_written() {
    check(
        json!({
            "t": { "terms": { "field": "tag" }, "aggs": { "x": { "avg": { "field": "x" } } } },
            "best": { "max_bucket": { "buckets_path": "t>x" } },
            "mean": { "avg_bucket": { "buckets_path": "t._count" } }
        }),
        expect![[
            r#"{"best":{"keys":["b"],"value":1.5},"mean":{"value":1.6666666666666667},"t":{"buckets":[{"doc_count":3,"key":"a","x":{"value":0.3333333333333333}},{"doc_count":1,"key":"b","x":{"value":1.5}},{"doc_count":1,"key":"c","x":{"value":null}}],"doc_count_error_upper_bound":0,"sum_other_doc_count":0}}"#
        ]],
    );
}
