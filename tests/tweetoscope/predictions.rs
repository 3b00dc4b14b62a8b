//! Predictions, how far off they were, and what is to be learned: theirs read by us, and ours by them.

use super::swaps::{judge_play, place, source, values};
use super::{expected::expected, node, shown};
use crate::support::Place;
use serde_json::Value;
use std::collections::BTreeMap;

/// A number by cascade and window.
type Numbers = BTreeMap<(String, u64), f64>;

/// What a node has said of this kind, each once.
fn said(lines: &[Vec<String>], kind: &str) -> Numbers {
    let mut numbers = Numbers::new();
    for line in lines.iter().filter(|line| line[0] == kind) {
        let before = numbers.insert((line[1].clone(), line[2].parse().unwrap()), line[3].parse().unwrap());
        assert_eq!(before, None, "twice: {line:?}");
    }
    numbers
}

/// The same of a topic of ours, by what `number` takes out of each record.
fn ours(place: &Place, topic: &str, number: impl Fn(&Value) -> f64) -> Numbers {
    let mut numbers = Numbers::new();
    for record in place.tap(&format!("{topic} --log disk:log")) {
        let window = record["window_s"].as_u64().or_else(|| record["window"].as_str()?.parse().ok());
        let before = numbers.insert((record["cascade"].as_str().unwrap().to_owned(), window.unwrap()), number(&record));
        assert_eq!(before, None, "twice: {record}");
    }
    numbers
}

fn field(name: &'static str) -> impl Fn(&Value) -> f64 {
    move |record| record[name].as_f64().unwrap_or_else(|| panic!("no {name} in {record}"))
}

#[test]
fn what_their_predictor_tells_is_among_our_predictions_and_errors() {
    let prefix = "swap-f.";
    node("generator", prefix, "--cascades 90 --seed 4");
    node("collector", prefix, "");
    node("estimator", prefix, "");
    let lines = node("predictor", prefix, "--styles handout,seed,text,python");
    let (alerts, stats) = (said(&lines, "alert"), said(&lines, "stat"));
    assert!(alerts.len() >= 15 && stats.len() >= 10, "a poor play: {lines:?}");

    let place = place(prefix, "alerts,stats,samples");
    let sources = ["alerts", "stats"].map(|kind| format!("--source {}", source(prefix, &format!("read={kind}&end=true"))));
    // All roles: nothing comes to `predict`, and nobody waits for it.
    place.ok(&format!("run --drain --listen off {} --log disk:log", sources.join(" ")));
    assert_eq!(ours(&place, "predictions", field("predicted")), alerts);
    assert_eq!(ours(&place, "errors", field("are")), stats);
    assert_eq!(place.tap("rejected --log disk:log"), Vec::<Value>::new());
    let records = [place.tap("predictions --log disk:log"), place.tap("errors --log disk:log")].concat();
    assert!(records.iter().all(|record| ["low", "high", "size", "inside"].iter().all(|field| record[field].is_null())));
    assert_eq!(values(prefix, "alerts").len(), alerts.len(), "what is theirs is not sent back");
}

#[test]
fn their_dashboard_monitor_and_learner_read_what_we_tell() {
    let prefix = "swap-g.";
    let wanted = expected(&node("generator", prefix, "--cascades 90 --seed 6"));
    judge_play(&wanted);
    let place = place(prefix, "alerts,stats,samples");
    let roles = "source,collect,estimate,predict,learn,tweetoscope";
    let url = source(prefix, "end=true");
    place.ok(&format!("run --drain --listen off --roles {roles} --source {url} --log disk:log"));

    let lines = node("followers", prefix, "");
    let (alerts, stats) = (said(&lines, "alert"), said(&lines, "stat"));
    assert_eq!(alerts.keys().collect::<Vec<_>>(), wanted.series.keys().collect::<Vec<_>>());
    assert_eq!(alerts, ours(&place, "predictions", |record| field("predicted")(record).round()));
    assert_eq!(stats, ours(&place, "errors", field("are")));
    // What the learner is given makes the truth of each: as many retweets as came.
    let truth = ours(&place, "samples", |record| field("size")(record) - field("observed")(record));
    let learned = said(&lines, "sample");
    assert_eq!(learned.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
    assert!(learned.iter().all(|(name, more)| (more - truth[name]).abs() < 1e-6 * truth[name].max(1.0)), "{learned:?} {truth:?}");
    assert!(stats.len() >= 10 && learned.len() == stats.len());
    assert!(shown(&format!("{prefix}samples")).iter().all(|told| !told.value.contains(['\'', '\\'])));
}
