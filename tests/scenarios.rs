//! Scenarios, each a file in `scenarios/`, played on every log; each topic then holds what its golden file says.
//! `UPDATE_EXPECT=1` writes the golden files anew.

use crate::brokers::broker;
use crate::support::{Place, get, json_lines};
use expect_test::expect_file;
use flow::{Format, Raw};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    config: BTreeMap<String, String>,
    source: String,
    files: BTreeMap<String, String>,
    topics: Vec<String>,
}

/// Nothing more comes for so long once everything has come; and what has not come in so long does not come.
const QUIET: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(15);
const LIMIT: Duration = Duration::from_secs(60);

/// What each topic holds once nothing more comes: records in the order of their text, without what differs from run to run.
fn played(scenario: &Scenario, log: &str, expected: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let place = scenario.config.iter().fold(Place::new(), |place, (key, value)| place.set(key, value));
    for (name, content) in &scenario.files {
        place.write(name, content);
    }
    let mut process = place.start(&format!("run --listen 127.0.0.1:0 --source {} --log {log}", scenario.source));
    let page = process.page();
    let begun = Instant::now();
    let (mut topics, mut since) = (BTreeMap::new(), Instant::now());
    while topics.values().all(String::is_empty) || since.elapsed() < if topics == *expected { QUIET } else { PATIENCE } {
        assert!(begun.elapsed() < LIMIT, "{} on {log} comes to no end: {topics:?}", scenario.name);
        let now: BTreeMap<_, _> = scenario.topics.iter().map(|topic| (topic.clone(), held(&page, topic))).collect();
        if now != topics {
            (topics, since) = (now, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    topics
}

fn held(page: &str, topic: &str) -> String {
    let (status, _, text) = get(&format!("{page}/api/tap/{topic}?from=start"));
    assert_eq!(status, 200, "{text}");
    let mut lines: Vec<String> = json_lines(&text).into_iter().map(|value| same_each_time(value).to_string()).collect();
    lines.sort();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// When something was refused, and at which offset of a topic, is another matter each time; its bytes are in the log's own
/// format.
fn same_each_time(mut value: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = value.as_object_mut().filter(|fields| fields.contains_key("reason")) {
        fields.remove("time");
        if fields["from"] == "posts" {
            for name in ["offset", "partition", "reason"] {
                fields.remove(name);
            }
            let raw: Raw = serde_json::from_value(fields["raw"].take()).unwrap();
            let read = |format| domain::topics::to_json("posts", format, &raw.0);
            let json = read(Format::Json).or_else(|_| read(Format::Compact)).unwrap();
            fields["raw"] = serde_json::from_slice(&json).unwrap();
        }
    }
    value
}

fn play(path: &Path) {
    let scenario: Scenario =
        serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let golden = |topic: &String| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{stem}/{topic}.jsonl"));
    let known = |topic: &String| (topic.clone(), std::fs::read_to_string(golden(topic)).unwrap_or_default());
    let expected = scenario.topics.iter().map(known).collect();
    for log in ["memory:".into(), "disk:log".into(), format!("kafka://{}?prefix=scenario-{stem}.", broker())] {
        for (topic, text) in played(&scenario, &log, &expected) {
            expect_file![golden(&topic)].assert_eq(&text);
        }
    }
}

#[test]
fn every_scenario_leaves_the_same_on_every_log() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    files.iter().for_each(|file| play(file));
}
