use super::Sort;
use crate::samples::Sample;
use crate::{Result, run};
use serde_json::{Value, json};
use tantivy::query::AllQuery;

fn sample() -> Sample {
    let mapping = json!({ "properties": {
        "n": { "type": "long" }, "x": { "type": "double" }, "when": { "type": "date" }, "tag": { "type": "keyword" }
    } });
    let documents = [
        json!({ "n": [1, 9], "x": 0.5, "tag": "b" }),
        json!({ "n": 4, "x": [0.25, 0.5], "tag": ["a", "d"], "when": "2024-01-01" }),
        json!({ "tag": "c", "when": "2023-01-01" }),
        json!({ "n": [2, 2, 8], "when": 1 }),
    ];
    Sample::new(&mapping, &documents, 2, &[])
}

fn sorted(sort: Value, after: Option<Value>) -> Result<String> {
    let sample = sample();
    let sort = Sort::read(Some(&sort), after.as_ref(), &sample.mapping)?;
    let found = run::run(&sample.searcher, &AllQuery, sort.collector(&sample.searcher, 10, false), None)?.sorted;
    let told = |hit: super::Hit| format!("{}{}", sample.id(hit.address), json!(sort.values(&hit)));
    Ok(found.hits.into_iter().map(told).collect::<Vec<_>>().join(" "))
}

#[test]
fn one_of_several_values_counts() {
    for (sort, expected) in [
        (json!(["n"]), "0[1] 3[2] 1[4] 2[9223372036854775807]"),
        (json!([{ "n": "desc" }]), "0[9] 3[8] 1[4] 2[-9223372036854775808]"),
        (json!([{ "n": { "mode": "avg" } }]), "1[4] 3[4] 0[5] 2[9223372036854775807]"),
        (json!([{ "n": { "mode": "sum", "order": "desc", "missing": 11 } }]), "3[12] 2[11] 0[10] 1[4]"),
        (json!([{ "n": { "mode": "median", "missing": "_first" } }]), "2[-9223372036854775808] 3[2] 1[4] 0[5]"),
        (
            json!([{ "x": { "missing": "_first" } }, "n"]),
            "3[\"-Infinity\",2] 2[\"-Infinity\",9223372036854775807] 1[0.25,4] 0[0.5,1]",
        ),
        (json!([{ "tag": { "order": "desc", "mode": "min" } }]), "2[\"c\"] 0[\"b\"] 1[\"a\"] 3[null]"),
        (json!([{ "tag": { "missing": "bb" } }]), "1[\"a\"] 0[\"b\"] 3[\"bb\"] 2[\"c\"]"),
        (json!(["when", { "_doc": "desc" }]), "3[1,3] 2[1672531200000,2] 1[1704067200000,1] 0[9223372036854775807,0]"),
    ] {
        assert_eq!(sorted(sort.clone(), None).as_deref(), Ok(expected), "{sort}");
    }
}

#[test]
fn pages_go_on_behind_any_value() {
    for (sort, after, expected) in [
        (json!(["tag"]), json!(["aa"]), "0[\"b\"] 2[\"c\"] 3[null]"),
        (json!([{ "tag": "desc" }]), json!(["bb"]), "0[\"b\"] 3[null]"),
        (json!(["tag"]), json!(["zz"]), "3[null]"),
        (json!(["tag"]), json!([null]), ""),
        (json!([{ "tag": { "missing": "bm" } }]), json!(["bb"]), "3[\"bm\"] 2[\"c\"]"),
        (json!([{ "tag": { "missing": "bm" } }]), json!(["bm"]), "2[\"c\"]"),
        (json!([{ "tag": { "missing": "bm" } }]), json!(["bz"]), "2[\"c\"]"),
        (json!([{ "tag": { "missing": "bm", "order": "desc" } }]), json!(["bz"]), "3[\"bm\"] 0[\"b\"]"),
        (json!([{ "tag": { "missing": "bm", "order": "desc" } }]), json!(["bb"]), "0[\"b\"]"),
        (json!([{ "when": "desc" }]), json!(["2023-06-01"]), "2[1672531200000] 3[1] 0[-9223372036854775808]"),
        (json!(["n"]), json!([2.0]), "1[4] 2[9223372036854775807]"),
    ] {
        assert_eq!(sorted(sort.clone(), Some(after.clone())).as_deref(), Ok(expected), "{sort} {after}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for (sort, expected) in [
        (json!([{ "n": { "order": "up" } }]), "Unknown SortOrder [up]"),
        (json!([{ "n": { "mode": "most" } }]), "Unknown SortMode [most]"),
        (json!([{ "n": { "numeric_type": "double" } }]), "[numeric_type] is not supported in sort"),
        (json!([{ "tag": { "mode": "avg" } }]), "we only support AVG, MEDIAN and SUM on number based fields"),
        (json!(["nothing"]), "No mapping found for [nothing] in order to sort on"),
        (json!([1]), "malformed sort format, within the sort array, an object, or an actual string are allowed"),
    ] {
        assert_eq!(sorted(sort, None).unwrap_err().reason, expected);
    }
}
