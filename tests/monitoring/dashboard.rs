//! The dashboard that is shipped, on a real Prometheus that scrapes a real run: each panel has something to show.

use super::servers::Server;
use super::{filled, lively, shipped};
use crate::support::{eventually, get};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(90);

fn dashboard() -> Value {
    serde_json::from_str(&shipped("grafana/goshawk.json")).unwrap()
}

/// Each panel's title and queries.
fn queries() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let mut found = vec![];
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.push((panel["title"].as_str().unwrap().to_owned(), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    found
}

/// The names of our metrics in a query or a rule.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("goshawk_") || *word == "n_tot").map(str::to_owned).collect()
}

#[test]
fn each_panel_shows_something_of_a_real_run() {
    let gateway = Server::pushgateway();
    let (_place, _process, page) = lively(&[("pushgateway.url", &gateway.url)]);
    let config = filled(
        &shipped("prometheus/prometheus.yml"),
        &[
            ("127.0.0.1:7878", page.trim_start_matches("http://")),
            ("127.0.0.1:9091", gateway.url.trim_start_matches("http://")),
            ("_interval: 5s", "_interval: 1s"),
        ],
    );
    let prometheus = Server::prometheus(&config, &shipped("prometheus/rules.yml"));
    for (title, query) in queries() {
        let asked = query.replace("$__rate_interval", "15s").replace("$window", ".*");
        eventually(&format!("{title} shows {asked}"), LIMIT, || Some(prometheus.query(&asked)).filter(|found| !found.is_empty()));
    }
    // The jobs and the rule of a Tweetoscope.
    for query in [
        r#"n_tot{job="batchprediction"}"#,
        r#"{__name__=~"ARE_.*",job="batchARE"}"#,
        r#"ALERTS{alertname="PopularCascade",alertstate="firing"}"#,
    ] {
        eventually(query, LIMIT, || Some(prometheus.query(query)).filter(|found| !found.is_empty()));
    }
    let window = dashboard()["templating"]["list"][0]["query"]["query"].as_str().unwrap().to_owned();
    let metric = window.trim_start_matches("label_values(").split(',').next().unwrap().to_owned();
    assert!(prometheus.query(&metric).iter().all(|found| found["metric"]["window"].is_string()));
    let shown = get(&format!("{page}/metrics")).2;
    let has = |name: &str| shown.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    let rules = shipped("prometheus/rules.yml");
    let expressions = rules.lines().filter(|line| line.contains("goshawk_") || line.contains("n_tot"));
    let used: BTreeSet<String> =
        queries().iter().flat_map(|(_, query)| names(query)).chain(expressions.flat_map(names)).collect();
    assert!(used.len() > 12, "{used:?}");
    let lost: Vec<&String> = used.iter().filter(|name| !has(name)).collect();
    assert!(lost.is_empty(), "{lost:?} are not in /metrics");
}

#[test]
fn no_panel_names_a_window_and_all_ask_the_source_that_is_chosen() {
    let text = shipped("grafana/goshawk.json");
    for window in ["600", "1200", "ARE_6"] {
        assert!(!text.contains(window), "{window}");
    }
    let dashboard = dashboard();
    assert_eq!(dashboard["__inputs"][0]["name"], "DS_PROMETHEUS");
    assert!(dashboard["schemaVersion"].as_u64() >= Some(38));
    let ids: BTreeSet<u64> = dashboard["panels"].as_array().unwrap().iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), dashboard["panels"].as_array().unwrap().len(), "two panels with one number");
    for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${DS_PROMETHEUS}");
        assert!(!panel["description"].as_str().unwrap().is_empty() && !panel["targets"].as_array().unwrap().is_empty());
    }
}
