//! Documents on Kafka, in the index of a process and in a real OpenSearch, while everybody is killed: every post is one document with all
//! its scores, in both.

use super::{Fleet, LIMIT, stock};
use crate::brokers::{Cluster, signal_to};
use crate::elastic::server::{Store, ask, documents};
use crate::support::{Dice, Place, Process, eventually};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const POSTS: usize = 9000;
const SOURCE: &str = "synthetic:?rate=300&count=9000&seed=11";
const STAGES: [&str; 4] = ["source", "enrich:sentiment-en", "enrich:offence-en", "join"];
/// These go on until they are told to stop: nothing tells them that no more comes.
const SINKS: [&str; 2] = ["search,serve", "opensearch"];
const KILLS: usize = 18;

/// Writes a document, as any producer might.
fn tell(brokers: &str, document: &str) {
    let mut writing = Command::new("kcat")
        .args(["-P", "-b", brokers, "-t", "docs.documents", "-p", "0", "-k", "another"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat runs");
    writeln!(writing.stdin.take().unwrap(), "{document}").unwrap();
    assert!(writing.wait().unwrap().success());
}

/// What the newest record of each post on the log says, by the document's name.
fn told(brokers: &str) -> BTreeMap<String, Value> {
    let mut told = BTreeMap::new();
    for line in stock(brokers, "docs.documents") {
        let document: Value = serde_json::from_str(&line).unwrap();
        let post = &document["post"];
        told.insert(format!("{}:{}", post["network"].as_str().unwrap(), post["id"].as_str().unwrap()), document);
    }
    told
}

/// What the index of the process holds, by name.
fn indexed(place: &Place, log: &str) -> BTreeMap<String, Value> {
    let lines = place.ok(&format!("export --log {log} --format ndjson"));
    let named = |line: &str| {
        let source: Value = serde_json::from_str(line).unwrap();
        (format!("{}:{}", source["network"].as_str().unwrap(), source["id"].as_str().unwrap()), source)
    };
    let documents: Vec<(String, Value)> = lines.lines().map(named).collect();
    let many = documents.len();
    let by_name: BTreeMap<String, Value> = documents.into_iter().collect();
    assert_eq!(by_name.len(), many, "a post is there twice");
    by_name
}

/// Every post is there once, with what both models say of it, as the log has it.
fn judge(what: &str, found: &BTreeMap<String, Value>, told: &BTreeMap<String, Value>) {
    assert_eq!(found.len(), told.len(), "{what}");
    for (name, document) in told {
        let source = &found[name];
        assert_eq!(
            (&source["content"], &source["revision"]),
            (&document["post"]["text"], &document["revision"]),
            "{what}: {name}"
        );
        let heard = ["models", "unscored"].map(|field| source[field].as_array().map_or(0, Vec::len)).iter().sum::<usize>();
        assert_eq!(heard, if document["post"]["text"] == "" { 0 } else { 2 }, "{what}: {source}");
        assert!(source.get("missing").is_none(), "{what}: {source}");
    }
}

/// Kills everybody in turn, and the store now and then.
fn kill_each(
    fleet: &mut Fleet<'_>,
    sinks: &mut [Process; 2],
    store: &mut Store,
    start: &dyn Fn(&str) -> Process,
    begun: Instant,
) {
    let (mut dice, mut step) = (Dice(5), 0);
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < KILLS || killed.len() < STAGES.len() + SINKS.len() {
        std::thread::sleep(Duration::from_millis(500 + dice.roll(1500)));
        let chosen = step % (STAGES.len() + SINKS.len());
        if let Some(role) = STAGES.get(chosen) {
            if fleet.kill_a(role).is_some() {
                *killed.entry(role).or_default() += 1;
            }
        } else {
            let (sink, role) = (&mut sinks[chosen - STAGES.len()], SINKS[chosen - STAGES.len()]);
            // The index is held by its process: the next one has it once that is gone.
            signal_to(sink.id(), "-9");
            eventually("it is gone", Duration::from_secs(10), || sink.has_ended().then_some(()));
            *sink = start(role);
            *killed.entry(role).or_default() += 1;
        }
        step += 1;
        match step {
            4 | 11 => store.kill(),
            6 | 13 => store.restart(),
            _ => {}
        }
        assert!(begun.elapsed() < LIMIT, "no end of the storm after {killed:?}");
    }
    println!("killed {killed:?} in {:?}", begun.elapsed());
}

#[test]
fn every_post_is_one_document_in_both_stores_whoever_is_killed() {
    let mut store = Store::start();
    let place = Place::new()
        .set("opensearch.url", &store.url)
        .set("enrich.models", "sentiment-en,offence-en")
        .set("search.folder", "index");
    // Who was killed, or waits for one who was, is not silent.
    let place = place.set("time.idle", "1h").set("engine.workers", "1");
    let mut cluster = Cluster::start(1);
    let brokers = cluster.bootstrap();
    let log = format!("kafka://{brokers}?prefix=docs.&session=4s&transaction=6s");
    let mut fleet = Fleet { place: &place, log: log.clone(), source: SOURCE, processes: vec![] };
    let begun = Instant::now();
    STAGES.into_iter().for_each(|role| fleet.scale(role, 1));
    let start = |roles: &str| place.start(&format!("run --log {log} --roles {roles} --listen 127.0.0.1:0"));
    let mut sinks = SINKS.map(start);
    kill_each(&mut fleet, &mut sinks, &mut store, &start, begun);
    fleet.drained(begun);
    let page = sinks[0].page();
    let there = |count: usize| {
        for url in [format!("{page}/es"), store.url.clone()] {
            // A document that is told once more is no document more: what the log says last must be there, too.
            let missing = r#"{"track_total_hits":true,"query":{"bool":{"must_not":[{"exists":{"field":"missing"}}]}}}"#;
            eventually("all is there", Duration::from_secs(90), || {
                ask(&url, "POST", "/pfr/_refresh", "");
                (ask(&url, "POST", "/pfr/_search", missing).1["hits"]["total"]["value"] == count).then_some(())
            });
        }
    };
    there(POSTS);
    // Without the only broker the sinks wait, and go on with what comes then. No transaction is open by now: it might hang on the broker.
    std::thread::sleep(Duration::from_secs(1));
    cluster.kill(0);
    std::thread::sleep(Duration::from_secs(4));
    cluster.restart(0);
    let newest = stock(&brokers, "docs.documents").pop().unwrap();
    let mut another: Value = serde_json::from_str(&newest).unwrap();
    (another["post"]["id"], another["post"]["root"]) = ("another".into(), "another".into());
    tell(&brokers, &another.to_string());
    there(POSTS + 1);
    assert!(sinks.iter_mut().all(|sink| !sink.has_ended()), "a sink ended without its broker");
    sinks.into_iter().for_each(|sink| assert!(sink.kill()));
    let told = told(&brokers);
    assert_eq!(told.len(), POSTS + 1);
    judge("the store", &documents(&store.url, "pfr"), &told);
    judge("the index", &indexed(&place, &log), &told);
    println!("judged after {:?}", begun.elapsed());
}
