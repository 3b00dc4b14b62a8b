//! A real Pushgateway: what is there is what is on the board, whoever is killed.

use super::append;
use super::servers::Server;
use crate::support::{Place, Process, eventually, get};
use domain::{Accuracy, Prediction};
use flow::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn prediction(number: u32, window_s: u32) -> Prediction<'static> {
    let (network, text, start) = ("x".into(), "words".into(), Timestamp::from_seconds(60));
    let predicted = f64::from(10 * number + window_s / 600);
    let (cascade, low, high) = (format!("c{number}").into(), predicted / 2.0, predicted * 2.0);
    Prediction { cascade, network, start, window_s, observed: 10, predicted, low: Some(low), high: Some(high), model: 1, text }
}

fn accuracy(window: &'static str) -> Accuracy<'static> {
    let (histogram, window) = (vec![], window.into());
    let (errors, sum, newest, over, mean, median, coverage) = (4, 2.0, 0.25, 4, 0.5, 0.4, 0.75);
    Accuracy { window, errors, sum, histogram, newest, over, mean, median, coverage }
}

/// The lines of the gateway's metrics that begin so and are of that job.
fn of(gateway: &Server, name: &str, job: &str) -> Vec<String> {
    let job = format!("job=\"{job}\"");
    gateway.metrics().into_iter().filter(|line| line.starts_with(&format!("{name}{{")) && line.contains(&job)).collect()
}

fn cascades(gateway: &Server) -> BTreeSet<String> {
    let name = |line: &String| line.split("tweet=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    of(gateway, "n_tot", "batchprediction").iter().map(name).collect()
}

/// How a role is, and what it says of that.
pub fn health(page: &str, role: &str) -> (String, String) {
    let health: Value = serde_json::from_str(&get(&format!("{page}/health")).2).unwrap();
    let roles = health["roles"].as_array().unwrap();
    let found = roles.iter().find(|other| other["role"] == role).unwrap_or_else(|| panic!("no role {role}: {health}"));
    (found["condition"].as_str().unwrap().into(), found["detail"].as_str().unwrap().into())
}

#[test]
fn both_jobs_are_there_and_no_more_than_the_top_and_a_stop_takes_predictions_back() {
    let gateway = Server::pushgateway();
    let place = Place::new().set("pushgateway.url", &gateway.url).set("pushgateway.top", "5");
    let all: Vec<Prediction<'_>> = [600, 1200].into_iter().flat_map(|w| (1..=50).map(move |n| prediction(n, w))).collect();
    append(&place, &all);
    append(&place, &[accuracy("600"), accuracy("1200")]);
    let run = || place.start("run --roles pushgateway --log disk:log --listen off");
    let is_there = || (cascades(&gateway).len() == 5).then_some(());
    let process = run();
    eventually("predictions are pushed", LIMIT, is_there);
    let top: BTreeSet<String> = (46..=50).map(|number| format!("c{number}")).collect();
    assert_eq!((cascades(&gateway), of(&gateway, "n_tot", "batchprediction").len()), (top.clone(), 10));
    for name in ["ARE_600", "ARE_1200", "goshawk_interval_coverage", "goshawk_are_count"] {
        assert!(!of(&gateway, name, "batchARE").is_empty(), "{name}");
    }
    // Who is killed takes nothing back, and who comes after puts it right.
    assert!(process.kill());
    assert_eq!(cascades(&gateway), top);
    let before = pushed(&gateway);
    let process = run();
    eventually("all is pushed again", LIMIT, || (pushed(&gateway) > before).then_some(()));
    process.terminate();
    process.ended(LIMIT).good();
    assert_eq!((cascades(&gateway).len(), of(&gateway, "ARE_600", "batchARE").len()), (0, 1));
    let _process = run();
    eventually("predictions are pushed again", LIMIT, is_there);
}

/// When predictions were pushed last.
fn pushed(gateway: &Server) -> f64 {
    let lines = of(gateway, "push_time_seconds", "batchprediction");
    lines.first().and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
}

/// Cascades that come and end within seconds.
fn lively(gateway: &Server) -> (Place, Process, String) {
    let settings = [
        ("pushgateway.url", gateway.url.as_str()),
        ("pushgateway.top", "8"),
        ("pushgateway.every", "200ms"),
        ("collect.windows", "60s,120s"),
        ("collect.silence", "5m"),
        ("collect.least", "3"),
        ("learn.run", "false"),
    ];
    let place = settings.into_iter().fold(Place::new(), |place, (key, value)| place.set(key, value));
    let source = "synthetic:hawkes?n_star=0.6&sources=2&alive=30&within=1m&speed=60&beta=0.02";
    let roles = "source,collect,estimate,predict,pushgateway";
    let mut process = place.start(&format!("run --roles {roles} --log disk:log --listen 127.0.0.1:0 --source {source}"));
    let page = process.page();
    (place, process, page)
}

#[test]
fn a_cascade_that_has_ended_disappears_and_a_gateway_that_was_killed_gets_all_back() {
    let mut gateway = Server::pushgateway();
    let (place, process, page) = lively(&gateway);
    let seen = eventually("cascades are predicted", LIMIT, || Some(cascades(&gateway)).filter(|seen| !seen.is_empty()));
    let ended = eventually("one of those has ended", LIMIT, || {
        assert!(of(&gateway, "n_tot", "batchprediction").len() <= 16);
        let sizes = place.tap("sizes --log disk:log");
        let ended: BTreeSet<String> = sizes.iter().map(|size| size["cascade"].as_str().unwrap().to_owned()).collect();
        (!ended.is_disjoint(&seen)).then_some(ended)
    });
    eventually("there are others, and none that has ended", LIMIT, || {
        let now = cascades(&gateway);
        (!now.is_empty() && now.is_disjoint(&ended)).then_some(())
    });
    gateway.kill();
    let detail = eventually("it is noticed", LIMIT, || {
        let (condition, detail) = health(&page, "pushgateway");
        (condition == "degraded").then_some(detail)
    });
    assert!(detail.starts_with(&format!("the Pushgateway at {} does not answer: ", gateway.url)), "{detail}");
    assert_eq!(health(&page, "collect").0, "ok");
    gateway.restart();
    eventually("all is back", LIMIT, || (!cascades(&gateway).is_empty()).then_some(()));
    eventually("it is well again", LIMIT, || (health(&page, "pushgateway").0 == "ok").then_some(()));
    process.terminate();
    let ended = process.ended(LIMIT);
    assert_eq!(ended.err.lines().filter(|line| line.contains("does not answer")).count(), 1, "{}", ended.err);
    ended.good();
    assert!(cascades(&gateway).is_empty());
}
