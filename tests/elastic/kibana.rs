//! The saved objects for Kibana and OpenSearch Dashboards: they hold together, and each lens's query finds on both what it should.

use super::api::searching;
use super::server::{Store, ask};
use crate::support::Place;
use serde_json::{Value, json};

fn objects() -> Vec<Value> {
    let path = format!("{}/deploy/kibana/pfr.ndjson", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// JSON that stands in a string of an object.
fn inner(object: &Value, path: &str) -> Value {
    let text = object["attributes"].pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path} of {object}"));
    serde_json::from_str(text).unwrap()
}

/// What a visualization asks, as the dashboards do.
fn query(lens: &Value) -> Value {
    let (state, source) = (inner(lens, "/visState"), inner(lens, "/kibanaSavedObjectMeta/searchSourceJSON"));
    let aggregation =
        |schema: &str| state["aggs"].as_array().unwrap().iter().find(|found| found["schema"] == schema).unwrap().clone();
    let (metric, segment) = (aggregation("metric"), aggregation("segment"));
    assert_eq!(segment["type"], "date_histogram");
    let mut histogram = json!({ "date_histogram": {
        "field": segment["params"]["field"], "fixed_interval": segment["params"]["interval"], "time_zone": "UTC",
        "min_doc_count": segment["params"]["min_doc_count"] } });
    if metric["type"] != "count" {
        histogram["aggs"] = json!({ "1": { metric["type"].as_str().unwrap(): { "field": metric["params"]["field"] } } });
    }
    let text = source["query"]["query"].as_str().unwrap();
    let must = if text.is_empty() {
        json!({ "match_all": {} })
    } else {
        json!({ "query_string": { "query": text, "analyze_wildcard": true } })
    };
    json!({ "size": 0, "track_total_hits": true, "query": { "bool": { "must": [must] } }, "aggs": { "2": histogram } })
}

#[test]
fn the_saved_objects_hold_together() {
    let objects = objects();
    let known =
        |reference: &Value| objects.iter().any(|object| object["id"] == reference["id"] && object["type"] == reference["type"]);
    for object in &objects {
        assert!(object["references"].as_array().unwrap().iter().all(known), "{object}");
        inner(object, if object["type"] == "index-pattern" { continue } else { "/kibanaSavedObjectMeta/searchSourceJSON" });
    }
    let pattern = objects.iter().find(|object| object["type"] == "index-pattern").unwrap();
    assert_eq!(pattern["attributes"], json!({ "title": "pfr", "timeFieldName": "date" }));
    let dashboard = objects.iter().find(|object| object["type"] == "dashboard").unwrap();
    let (panels, references) = (inner(dashboard, "/panelsJSON"), dashboard["references"].as_array().unwrap());
    assert_eq!((dashboard["attributes"]["title"].as_str(), panels.as_array().unwrap().len()), (Some("PFR"), 4));
    for panel in panels.as_array().unwrap() {
        assert!(references.iter().any(|reference| reference["name"] == panel["panelRefName"]), "{panel}");
    }
    for lens in objects.iter().filter(|object| object["type"] == "visualization") {
        let line = &inner(lens, "/visState")["params"]["thresholdLine"];
        assert!(line["show"] == true && line["value"].is_number(), "{lens}");
    }
}

#[test]
fn each_lens_finds_the_same_in_the_real_store_and_in_ours() {
    let store = Store::start();
    let place = Place::new().set("search.index", "own");
    let (_process, url) = searching(&place);
    let mapping = json!({ "mappings": domain::document::mapping() }).to_string();
    let lines: String = (0..600)
        .map(|n| {
            let minute = n % 90;
            let kind = if n % 4 == 0 { "repost" } else { "original" };
            let document = json!({ "date": format!("2026-03-01T{:02}:{:02}:00.000Z", 10 + minute / 60, minute % 60), "kind": kind,
                "content": "words", "pseudo": "scotthamilton", "sentiment": f64::from(n % 21) / 10.0 - 1.0, "offence": f64::from(n % 7) / 7.0 });
            format!("{{\"index\":{{\"_id\":\"{n}\"}}}}\n{document}\n")
        })
        .collect();
    for server in [&store.url, &url] {
        assert_eq!(ask(server, "PUT", "/pfr", &mapping).0, 200);
        assert_eq!(ask(server, "POST", "/pfr/_bulk?refresh=true", &lines).1["errors"], false);
    }
    let mut totals = vec![];
    for lens in objects().iter().filter(|object| object["type"] == "visualization") {
        let query = query(lens).to_string();
        let [theirs, ours] = [&store.url, &url].map(|server| ask(server, "POST", "/pfr/_search", &query).1);
        let buckets = |answer: &Value| -> Vec<(Value, Value, i64)> {
            let of = |bucket: &Value| {
                (
                    bucket["key_as_string"].clone(),
                    bucket["doc_count"].clone(),
                    (bucket["1"]["value"].as_f64().unwrap_or_default() * 1e6).round() as i64,
                )
            };
            answer["aggregations"]["2"]["buckets"].as_array().unwrap_or_else(|| panic!("{answer}")).iter().map(of).collect()
        };
        assert_eq!(buckets(&ours), buckets(&theirs), "{query}");
        assert_eq!(buckets(&ours).len(), 9);
        totals.push(ours["hits"]["total"]["value"].as_u64().unwrap());
    }
    assert_eq!(totals, [600, 600, 600, 450]);
}
