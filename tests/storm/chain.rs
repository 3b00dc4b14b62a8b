//! The whole chain from posts to scores and alerts on three brokers, each stage in two processes, all of them killed again and again: what
//! was predicted, learned, accounted for and raised is what one straight run on a disk says, to the last digit of every model.

use super::{Fleet, LIMIT, stock};
use crate::brokers::Cluster;
use crate::support::{Dice, Place};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const POSTS: &str = "synthetic:hawkes?limit=30000&sources=4&alive=10&within=2m&n_star=0.4&beta=0.02&spread=0.7&first=3&start=2026-01-01T00:00:00Z";
const STAGES: [&str; 9] = ["locate", "count", "collect", "estimate", "predict", "learn", "monitor", "watch", "enrich:vader"];
const KILLS: usize = 30;

/// Topics whose order under a key is the same in every run.
const ORDERED: [&str; 9] = ["counts", "series", "sizes", "estimates", "predictions", "errors", "accuracies", "alerts", "scores"];

/// So short that cascades end, models are trained and alerts come and go while the storm lasts. Who was killed, or waits for one who
/// was, is not silent: what it has to say would come too late.
fn place() -> Place {
    let short = [
        ("collect.windows", "60s,120s"),
        ("collect.silence", "5m"),
        ("collect.least", "5"),
        ("predict.delay", "2m"),
        ("learn.every", "10m"),
        ("learn.mini_batch", "32"),
        ("learn.memory", "256KiB"),
        ("monitor.every", "1m"),
        ("watch.rules.popular.of", "predictions.predicted"),
        ("watch.rules.popular.above", "60"),
        ("watch.rules.inaccurate.of", "accuracies.mean"),
        ("watch.rules.inaccurate.above", "0.25"),
        ("time.lateness", "30s"),
        ("time.idle", "1h"),
        ("engine.workers", "1"),
    ];
    short.into_iter().fold(Place::new(), |place, (key, value)| place.set(key, value))
}

/// What a topic says, in its order, by partition and key.
fn told(place: &Place, topic: &str, log: &str) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in place.tap(&format!("{topic} --meta --log {log}")) {
        let said = format!("{} {}", line["time"], line["value"]);
        told.entry(format!("{}/{}", line["partition"], line["key"])).or_default().push(said);
    }
    told
}

/// The same of topics that several write under one key, so that the order is a matter of luck.
fn unordered(place: &Place, topic: &str, log: &str) -> BTreeMap<String, Vec<String>> {
    let mut told = told(place, topic, log);
    told.values_mut().for_each(|said| said.sort());
    told
}

/// Refusals by whom, of what, and of when: a log has its own form for what is refused, each start takes offsets for its marks, and
/// how far time had come is a matter of luck.
fn refusals(place: &Place, topic: &str, log: &str) -> Vec<String> {
    let refusals = place.tap(&format!("{topic} --log {log}"));
    let mut refusals: Vec<String> =
        refusals.iter().map(|told| format!("{} {} {}", told["by"], told["from"], told["time"])).collect();
    refusals.sort();
    refusals
}

/// The first difference, in a line that a terminal can show: models are long.
fn same(topic: &str, straight: &BTreeMap<String, Vec<String>>, stormed: &BTreeMap<String, Vec<String>>) {
    let short = |said: Option<&String>| said.map(|said| said.chars().take(600).collect::<String>());
    for key in straight.keys().chain(stormed.keys()) {
        let of = |told: &BTreeMap<String, Vec<String>>| told.get(key).cloned().unwrap_or_default();
        let (one, other) = (of(straight), of(stormed));
        let at = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at));
        if let Some(at) = at {
            let (numbers, wanted, found) = ((one.len(), other.len()), short(one.get(at)), short(other.get(at)));
            panic!("{topic} {key}: {numbers:?} records, from number {at} on other ones: wanted {wanted:#?}, found {found:#?}");
        }
    }
}

/// The test of the test: there must be something that could differ.
fn is_much(place: &Place, log: &str) {
    let models = place.tap(&format!("models --log {log}"));
    for window in ["60", "120"] {
        let of: Vec<&Value> = models.iter().filter(|model| model["window"] == window).collect();
        let taken = of.iter().filter(|model| model["in_force"] == model["version"]).count();
        assert!(of.len() >= 4 * 6 && taken >= 4 * 2 && taken < of.len(), "{taken} of {} models of {window} s taken", of.len());
    }
    let predictions = place.tap(&format!("predictions --log {log}"));
    let by_model = predictions.iter().filter(|told| told["model"].as_u64() > Some(0)).count();
    assert!(predictions.len() > 400 && by_model > 200, "{by_model} of {} predictions are by a model", predictions.len());
    let alerts = place.tap(&format!("alerts --log {log}"));
    for state in ["firing", "calm", "ended"] {
        assert!(alerts.iter().any(|alert| alert["state"] == state), "no alert is {state} among {}", alerts.len());
    }
    for rule in ["popular", "inaccurate"] {
        assert!(alerts.iter().filter(|alert| alert["rule"] == rule).count() >= 4, "few alerts {rule} among {}", alerts.len());
    }
}

fn judge(place: &Place, brokers: &str, log: &str) {
    let straight = "disk:straight";
    let roles = STAGES.join(",");
    place.ok(&format!("run --drain --listen off --roles source,{roles} --source {POSTS}&speed=max --log {straight}"));
    is_much(place, straight);
    let mut records = BTreeMap::new();
    for topic in ORDERED.into_iter().chain(["models", "samples", "sightings"]) {
        let read = if ORDERED.contains(&topic) || topic == "models" { told } else { unordered };
        let (wanted, found) = (read(place, topic, straight), read(place, topic, log));
        same(topic, &wanted, &found);
        let count = wanted.values().map(Vec::len).sum::<usize>();
        assert_eq!(stock(brokers, &format!("chain.{topic}")).len(), count, "{topic}, as a stock client reads it");
        records.insert(topic, count);
    }
    println!("the same in both: {records:?}");
    for topic in ["late", "rejected"] {
        assert_eq!(refusals(place, topic, straight), refusals(place, topic, log), "{topic}");
    }
}

#[test]
fn the_chain_to_alerts_comes_out_of_a_storm_as_out_of_a_straight_run() {
    let place = place();
    let mut cluster = Cluster::start(3);
    let brokers = cluster.bootstrap();
    let log = format!("kafka://{brokers}?prefix=chain.&session=4s&transaction=6s");
    // Three hours and a half in two minutes.
    let source = format!("{POSTS}&speed=100");
    let mut fleet = Fleet { place: &place, log: log.clone(), source: &source, processes: vec![] };
    let begun = Instant::now();
    fleet.scale("source", 1);
    for stage in STAGES {
        fleet.scale(stage, 2);
    }
    let (mut dice, mut step) = (Dice(31), 0);
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < KILLS || killed.len() < 1 + STAGES.len() {
        std::thread::sleep(Duration::from_millis(1000 + dice.roll(2500)));
        // By luck alone the source, one process among many, would hardly be hit while a broker is away.
        let killed_now = if step % 3 == 1 { fleet.kill_a("source") } else { fleet.kill(&mut dice) };
        if let Some(role) = killed_now {
            *killed.entry(role).or_default() += 1;
        }
        step += 1;
        match step {
            8 => cluster.kill(1),
            14 => cluster.restart(1),
            _ => {}
        }
        assert!(begun.elapsed() < LIMIT, "no end of the storm after {killed:?}");
    }
    println!("killed {killed:?} in {:?}", begun.elapsed());
    fleet.drained(begun);
    println!("drained after {:?}", begun.elapsed());
    judge(&place, &brokers, &log);
    println!("judged after {:?}", begun.elapsed());
}
