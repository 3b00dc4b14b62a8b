//! The index of the process: fed from the log, searched over HTTP, exported, and killed.

use super::server::{ask, documents};
use crate::support::{Place, Process, eventually, get};
use serde_json::{Value, json};
use std::time::Duration;

const MODELS: &str = "sentiment-en,offence-en";
const SOURCE: &str = "synthetic:?rate=500&count=6000&seed=5";

fn start(place: &Place) -> (Process, String) {
    let mut process = place.start(&format!("run --listen 127.0.0.1:0 --log disk:log --source {SOURCE}"));
    let page = process.page();
    (process, page)
}

fn count(page: &str) -> u64 {
    ask(&format!("{page}/es"), "GET", "/pfr/_count", "").1["count"].as_u64().unwrap_or_default()
}

#[test]
fn every_post_is_one_document_whenever_the_process_is_killed() {
    let place = Place::new().set("enrich.models", MODELS);
    let (mut process, mut page) = start(&place);
    for round in 1..=4 {
        eventually("documents come", Duration::from_secs(60), || (count(&page) > 1000 * round).then_some(()));
        assert!(process.kill());
        (process, page) = start(&place);
    }
    eventually("all documents are there, with their scores", Duration::from_secs(120), || {
        let missing = r#"{"size":0,"track_total_hits":true,"query":{"exists":{"field":"missing"}}}"#;
        let missing = ask(&format!("{page}/es"), "POST", "/pfr/_search", missing).1["hits"]["total"]["value"].as_u64()?;
        (count(&page) == 6000 && missing == 0).then_some(())
    });
    let found = documents(&format!("{page}/es"), "pfr");
    drop(process);
    let posts = place.tap("posts --log disk:log");
    assert_eq!((posts.len(), found.len()), (6000, 6000));
    for post in &posts {
        let name = format!("{}:{}", post["network"].as_str().unwrap(), post["id"].as_str().unwrap());
        let document = &found[&name];
        assert_eq!((&document["content"], &document["date"]), (&post["text"], &post["time"]), "{name}");
        assert_eq!(
            document["models"].as_array().map_or(0, Vec::len) + document["unscored"].as_array().map_or(0, Vec::len),
            if post["text"] == "" { 0 } else { 2 },
            "{document}"
        );
    }
}

#[test]
fn what_is_taken_back_is_not_found_and_nobody_else_writes() {
    let place = Place::new().set("enrich.models", "");
    let event = |id: &str, root: &str, kind: &str, text: &str| {
        json!({ "network": "x", "id": id, "root": root, "kind": kind, "target": null, "time": "2026-03-01T00:00:01.000Z", "text": text, "lang": "en",
            "author": { "id": "9", "handle": "scotthamilton", "followers": 3, "location": null }, "place": null, "rules": [] })
    };
    let events = [
        event("1", "1", "original", "stays"),
        event("2", "2", "original", "goes"),
        event("3", "2", "repost", ""),
        event("2", "2", "deletion", ""),
        event("4", "4", "original", "=1+1"),
    ];
    place.write("posts.jsonl", events.iter().map(|event| format!("{event}\n")).collect::<String>());
    let place = place.set("search.keep", "36500d");
    let mut process = place.start("run --listen 127.0.0.1:0 --log disk:log --source replay:posts.jsonl?speed=max");
    let page = process.page();
    let url = format!("{page}/es");
    eventually("two are left", Duration::from_secs(30), || (count(&page) == 2).then_some(()));
    assert_eq!(documents(&url, "pfr").keys().collect::<Vec<_>>(), ["x:1", "x:4"]);
    let (status, refused) = ask(&url, "POST", "/pfr/_doc/x:9", r#"{"content":"mine"}"#);
    assert!(status == 403 && refused["error"]["type"] == "cluster_block_exception", "{refused}");
    // The two queries of the course, ten documents a page.
    for query in [r#"{"query":{"match_all":{}}}"#, r#"{"query":{"match":{"pseudo":"scotthamilton"}}}"#] {
        assert_eq!(ask(&url, "POST", "/pfr/_search", query).1["hits"]["total"]["value"], 2);
    }
    // As files.
    let (_, _, csv) = get(&format!("{page}/api/export?q=content%3A1&format=csv"));
    assert!(csv.lines().nth(1).unwrap().contains(",'=1+1,"), "{csv}");
    let (_, _, manifest) = get(&format!("{page}/api/export?format=manifest"));
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!((&manifest["documents"], &manifest["networks"]), (&json!(2), &json!({ "x": 2 })), "{manifest}");
    drop(process);
    // Without a process, too; and what was found stands beside it.
    place.ok("export stays --log disk:log --out found.ndjson");
    let found = std::fs::read_to_string(place.path("found.ndjson")).unwrap();
    assert!(found.lines().count() == 1 && found.contains("\"content\":\"stays\""), "{found}");
    assert!(std::fs::read_to_string(place.path("found.ndjson.manifest.json")).unwrap().contains("\"documents\": 1"));
    let said = place.run("export (((  --log disk:log --out nothing.csv").bad(&place);
    assert!(said.contains("Failed to parse query") && !place.path("nothing.csv").exists(), "{said}");
}

#[test]
fn what_is_too_old_leaves_the_index() {
    let place = Place::new().set("enrich.models", "").set("search.keep", "1h");
    place.ok("run --drain --listen off --log disk:log --source synthetic:?count=500&speed=max&start=2026-01-01T00:00:00Z");
    let mut process =
        place.start("run --listen 127.0.0.1:0 --log disk:log --source synthetic:?count=500&speed=max&start=2026-01-01T00:00:00Z");
    let page = process.page();
    eventually("all have gone", Duration::from_secs(30), || (count(&page) == 0).then_some(()));
}

#[test]
fn a_rule_that_is_saved_raises_an_alert() {
    let place = Place::new().set("enrich.models", "");
    let mut process = place.start("run --listen 127.0.0.1:0 --log disk:log --source synthetic:?rate=200&seed=1");
    let page = process.page();
    let rule = r#"{"rule":"busy","of":"records","measure":"number","window_s":10,"above":5}"#;
    let (status, rules) = ask(&page, "POST", "/api/rules", rule);
    assert!(status == 200 && rules["rules"][0]["rule"] == "busy", "{rules}");
    let alert = eventually("an alert is raised", Duration::from_secs(90), || {
        let (_, _, alerts) = get(&format!("{page}/api/alerts"));
        alerts.contains("busy/records").then_some(alerts)
    });
    assert!(alert.contains("gauges.number"), "{alert}");
    assert_eq!(ask(&page, "DELETE", "/api/rules/records/busy", "").0, 200);
    eventually("it ends with its rule", Duration::from_secs(30), || {
        let (_, _, alerts) = get(&format!("{page}/api/tap/alerts?from=start"));
        alerts.contains(r#""state":"ended""#).then_some(())
    });
}

#[test]
fn the_courses_own_folder_is_played_through_both_models_into_its_index() {
    let place = Place::new().set("enrich.models", MODELS);
    place.write(".env", "INITIAL_FIELDS = {\"pseudo\":5, \"tweet\":6}\nTIMESTAMP_FIELD = 3\nSPEED = 600\n");
    let row = |n: u32| {
        let (pseudo, text) = if n.is_multiple_of(4) {
            ("scotthamilton", "is upset that it rains")
        } else {
            ("mattycus", "what a lovely, lovely day!")
        };
        format!(
            "\"0\",\"{}\",\"Mon Apr 06 22:{:02}:49 PDT 2009\",\"NO_QUERY\",\"{pseudo}\",\"{text}\"\n",
            1_467_810_000 + n,
            10 + n
        )
    };
    place.write("data.csv", (0..24).map(row).collect::<String>());
    let mut process = place.start("run --listen 127.0.0.1:0 --log disk:log");
    let url = format!("{}/es", process.page());
    let ask = |query: &str| ask(&url, "POST", "/pfr/_search", query).1;
    let scored = r#"{"query":{"bool":{"filter":[{"exists":{"field":"sentiment"}},{"exists":{"field":"offence"}}]}}}"#;
    eventually("all are scored", Duration::from_secs(60), || (ask(scored)["hits"]["total"]["value"] == 24).then_some(()));
    let all = ask(r#"{"query":{"match_all":{}}}"#);
    assert_eq!((all["hits"]["hits"].as_array().unwrap().len(), &all["hits"]["total"]["value"]), (10, &json!(24)));
    let his = ask(r#"{"query":{"match":{"pseudo":"scotthamilton"}}}"#);
    assert_eq!(his["hits"]["total"]["value"], 6);
    let source = &his["hits"]["hits"][0]["_source"];
    assert!(source["sentiment"].as_f64().unwrap() < 0.0 && source["date"].as_str() > Some("2026-01-01"), "restamped: {source}");
}
