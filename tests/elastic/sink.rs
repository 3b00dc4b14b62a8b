//! The sink `opensearch`, beside the real one.

use super::server::{Store, ask, documents};
use crate::support::{Place, Process, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const MODELS: &str = "sentiment-en,offence-en";

/// A place whose documents go to this store.
fn beside(store: &Store) -> Place {
    Place::new().set("opensearch.url", &store.url).set("enrich.models", MODELS)
}

fn event(id: &str, root: &str, kind: &str, time: &str, text: &str) -> Value {
    json!({
        "network": "x", "id": id, "root": root, "kind": kind, "target": null, "time": time, "text": text, "lang": "en",
        "author": { "id": "9", "handle": "scotthamilton", "followers": 3, "location": null }, "place": null, "rules": ["weather"],
    })
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// What is on the log of a place of the documents, the newest of each post.
fn told(place: &Place) -> BTreeMap<String, Value> {
    let told = place.tap("documents --log disk:log");
    let name = |post: &Value| format!("{}:{}", post["network"].as_str().unwrap(), post["id"].as_str().unwrap());
    told.into_iter().map(|document| (name(&document["post"]), document)).collect()
}

#[test]
fn posts_edits_and_deletions_are_documents_with_all_their_scores() {
    let store = Store::start();
    let place = beside(&store);
    let at = |second: u32| format!("2026-03-01T00:00:{second:02}.000Z");
    place.write(
        "posts.jsonl",
        lines(&[
            event("1", "1", "original", &at(1), "what a wonderful morning"),
            event("2", "1", "repost", &at(2), ""),
            event("3", "3", "reply", &at(3), "this is awfull"),
            event("4", "4", "original", &at(4), "to be taken back"),
            event("5", "4", "repost", &at(5), ""),
            event("3", "3", "edit", &at(6), "this is awful"),
            event("4", "4", "deletion", &at(7), ""),
            event("6", "6", "quote", &at(8), "nothing more"),
        ]),
    );
    place.ok("run --drain --listen off --log disk:log --source replay:posts.jsonl?speed=max");
    let found = documents(&store.url, "pfr");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["x:1", "x:2", "x:3", "x:6"], "{found:?}");
    let edited = &found["x:3"];
    assert_eq!((&edited["content"], &edited["kind"], &edited["date"]), (&json!("this is awful"), &json!("reply"), &json!(at(3))));
    assert_eq!((&edited["pseudo"], &edited["tracks"]), (&json!("scotthamilton"), &json!(["weather"])));
    assert!(edited["sentiment"].as_f64().unwrap() < found["x:1"]["sentiment"].as_f64().unwrap(), "{found:?}");
    for id in ["x:1", "x:3", "x:6"] {
        assert!(found[id]["offence"].is_f64() && found[id].get("missing").is_none(), "{}", found[id]);
        assert_eq!(found[id]["models"].as_array().unwrap().len(), 2, "{}", found[id]);
    }
    assert!(found["x:2"].get("sentiment").is_none());
    // The two queries of the course.
    for query in [r#"{"query":{"match_all":{}}}"#, r#"{"query":{"match":{"pseudo":"scotthamilton"}}}"#] {
        assert_eq!(ask(&store.url, "POST", "/pfr/_search", query).1["hits"]["total"]["value"], 4);
    }
    // A field that is no word is one: the mapping says what each is.
    let mapping = ask(&store.url, "GET", "/pfr/_mapping", "").1;
    let types = &mapping["pfr"]["mappings"]["properties"];
    assert_eq!(
        (&types["root"]["type"], &types["date"]["type"], &types["content"]["type"]),
        (&json!("keyword"), &json!("date"), &json!("text"))
    );
    // A second run on the same log adds nothing, and one on another log leaves the index alone.
    place.ok("run --drain --listen off --log disk:log --source replay:posts.jsonl?speed=max");
    assert_eq!(documents(&store.url, "pfr"), found);
    let ended = place.run("run --drain --listen off --log disk:other --source replay:posts.jsonl?speed=max");
    assert!(!ended.status.success() && ended.err.contains("holds the documents of another log"), "{}", ended.err);
    let place = place.set("opensearch.empty", "true");
    place.ok("run --drain --listen off --log disk:other --source replay:posts.jsonl?speed=max");
    assert_eq!(documents(&store.url, "pfr").len(), 4);
}

#[test]
fn what_the_store_cannot_take_is_rejected_with_its_bytes_and_the_rest_is_taken() {
    let store = Store::start();
    // Somebody else has put a number where a model's word goes.
    let mapping = r#"{"mappings":{"properties":{"content":{"type":"long"}}}}"#;
    assert_eq!(ask(&store.url, "PUT", "/pfr", mapping).0, 200);
    let place = beside(&store);
    place.write(
        "posts.jsonl",
        lines(&[
            event("1", "1", "original", "2026-03-01T00:00:01.000Z", "words"),
            event("2", "2", "original", "2026-03-01T00:00:02.000Z", "42"),
        ]),
    );
    place.ok("run --drain --listen off --log disk:log --source replay:posts.jsonl?speed=max");
    assert_eq!(documents(&store.url, "pfr").keys().collect::<Vec<_>>(), ["x:2"]);
    let rejected = place.tap("rejected --log disk:log");
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!((&rejected[0]["by"], &rejected[0]["from"]), (&json!("opensearch"), &json!("documents")));
    assert!(rejected[0]["reason"].as_str().unwrap().contains("failed to parse field [content]"), "{}", rejected[0]);
    assert!(!rejected[0]["raw"].is_null());
}

#[test]
fn a_store_that_is_killed_comes_back_to_every_document_once() {
    let mut store = Store::start();
    let place = beside(&store);
    let start = |place: &Place| -> Process {
        place.start("run --listen 127.0.0.1:0 --log disk:log --source synthetic:?rate=400&count=6000&seed=3")
    };
    let mut process = start(&place);
    process.page();
    let count = |store: &Store| ask(&store.url, "GET", "/pfr/_count", "").1["count"].as_u64().unwrap_or_default();
    for round in 0..3 {
        eventually("documents come", Duration::from_secs(60), || (count(&store) > 800 * (round + 1)).then_some(()));
        store.kill();
        std::thread::sleep(Duration::from_millis(1500));
        if round == 1 {
            assert!(process.kill());
            process = start(&place);
            process.page();
        }
        store.restart();
    }
    drop(process);
    place.ok("run --drain --listen off --log disk:log --source synthetic:?rate=400&count=6000&seed=3&speed=max");
    let posts = place.tap("posts --log disk:log");
    let told = told(&place);
    assert_eq!(told.len(), posts.len());
    let found = documents(&store.url, "pfr");
    assert_eq!(found.len(), posts.len());
    for (name, document) in &told {
        assert_eq!(found[name]["revision"], document["revision"], "{name}");
        let is_asked = document["post"]["text"] != "";
        assert_eq!(document["scores"].as_array().unwrap().len(), if is_asked { 2 } else { 0 }, "{document}");
    }
}
