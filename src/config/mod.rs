//! The configuration: one TOML file, then the environment, then flags.

mod ini;
mod load;
mod meaning;
mod reference;
pub mod seed;
mod units;

pub use load::{Flags, load};
pub use meaning::{Enrich, Gauge, Join, Opensearch, Search};
pub use reference::{REFERENCE, reference};
pub use units::{Millis, Size};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that can be set. `docs/configuration.md` is made from [`REFERENCE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub log: String,
    pub sources: Vec<String>,
    pub roles: Vec<String>,
    pub listen: String,
    pub time: Time,
    pub windows: Windows,
    pub locate: Locate,
    pub collect: Collect,
    pub estimate: Estimate,
    pub predict: Predict,
    pub learn: Learn,
    pub monitor: Monitor,
    pub watch: Watch,
    pub enrich: Enrich,
    pub gauge: Gauge,
    pub join: Join,
    pub search: Search,
    pub opensearch: Opensearch,
    pub tweetoscope: Tweetoscope,
    pub pushgateway: Pushgateway,
    pub alertmanager: Alertmanager,
    pub topics: Topics,
    pub engine: Engine,
    pub ingest: Ingest,
}

/// What is late, and who is silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Time {
    pub lateness: Millis,
    pub idle: Millis,
}

/// The windows of `counts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Windows {
    pub size: Millis,
    pub hop: Millis,
}

/// What tells where a post was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Locate {
    pub origins: Vec<String>,
}

/// How cascades are followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Collect {
    pub windows: Vec<Millis>,
    pub doublings: u32,
    pub silence: Millis,
    pub longest: Millis,
    pub remember: Millis,
    pub least: u64,
    pub most: usize,
    pub text: Size,
    pub ini: String,
}

/// What is made of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Estimate {
    pub model: String,
    pub fit: String,
    pub prior: String,
    pub max_branching: f64,
    pub alpha: f64,
    pub mu: f64,
    pub prior_params: Vec<f64>,
    pub degree: f64,
}

/// What becomes of cascades, by what others came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Predict {
    pub delay: Millis,
}

/// How that is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Learn {
    pub run: bool,
    pub mini_batch: u64,
    pub batch: u64,
    pub every: Millis,
    pub memory: Size,
}

/// How errors are accounted for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Monitor {
    pub over: usize,
    pub every: Millis,
}

/// What raises alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    pub rules: BTreeMap<String, Rule>,
}

/// A rule that raises alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub of: String,
    pub above: Option<f64>,
    pub below: Option<f64>,
    pub clear: Option<f64>,
    pub only: Option<String>,
    pub window: Option<Millis>,
    pub silence: Option<Millis>,
    pub expire: Option<Millis>,
}

/// Topics of a Tweetoscope, as they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tweetoscope {
    pub brokers: String,
    pub write: Vec<String>,
    pub names: BTreeMap<String, String>,
    pub generation: u32,
    pub words: String,
    pub start: String,
}

/// A Prometheus Pushgateway, and what is told to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pushgateway {
    pub url: String,
    pub user: String,
    pub password: String,
    pub every: Millis,
    pub top: usize,
    pub accuracy_job: String,
    pub prediction_job: String,
}

/// Prometheus Alertmanagers, and what is told to them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alertmanager {
    pub url: String,
    pub user: String,
    pub password: String,
    pub every: Millis,
    pub page: String,
}

/// Topics, as they are created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Topics {
    pub partitions: u32,
    pub keep: BTreeMap<String, Millis>,
    pub keep_bytes: BTreeMap<String, Size>,
}

/// How the roles are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Engine {
    pub workers: usize,
    pub batch: Size,
    pub breath: Millis,
    pub upkeep: Millis,
    pub erase: Millis,
    pub stop: Millis,
}

/// What sources take in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ingest {
    pub max_record: Size,
    pub max_lag: u64,
    pub remembered: usize,
    pub heartbeat: Millis,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            log: "disk:./goshawk-data".into(),
            sources: vec!["synthetic:".into()],
            roles: vec!["all".into()],
            listen: "127.0.0.1:7878".into(),
            time: Time::default(),
            windows: Windows::default(),
            locate: Locate::default(),
            collect: Collect::default(),
            estimate: Estimate::default(),
            predict: Predict::default(),
            learn: Learn::default(),
            monitor: Monitor::default(),
            watch: Watch::default(),
            enrich: Enrich::default(),
            gauge: Gauge::default(),
            join: Join::default(),
            search: Search::default(),
            opensearch: Opensearch::default(),
            tweetoscope: Tweetoscope::default(),
            pushgateway: Pushgateway::default(),
            alertmanager: Alertmanager::default(),
            topics: Topics::default(),
            engine: Engine::default(),
            ingest: Ingest::default(),
        }
    }
}

impl Default for Time {
    fn default() -> Self {
        Time { lateness: Millis(60_000), idle: Millis(60_000) }
    }
}

impl Default for Windows {
    fn default() -> Self {
        Windows { size: Millis(300_000), hop: Millis(60_000) }
    }
}

impl Default for Locate {
    fn default() -> Self {
        Locate { origins: vec!["rule".into(), "place".into()] }
    }
}

impl Default for Collect {
    fn default() -> Self {
        Collect {
            windows: vec![Millis(600_000), Millis(1_200_000)],
            doublings: 0,
            silence: Millis(1_800_000),
            longest: Millis(7 * 86_400_000),
            remember: Millis(86_400_000),
            least: 10,
            most: 100_000,
            text: Size(100),
            ini: String::new(),
        }
    }
}

impl Default for Estimate {
    fn default() -> Self {
        Estimate {
            model: "exponential".into(),
            fit: "map".into(),
            prior: "learned".into(),
            max_branching: 0.9,
            alpha: 2.4,
            mu: 10.0,
            prior_params: vec![0.02, 0.0002, 0.01, 0.001, -0.1],
            degree: 100.0,
        }
    }
}

impl Default for Predict {
    fn default() -> Self {
        Predict { delay: Millis(600_000) }
    }
}

impl Default for Learn {
    fn default() -> Self {
        Learn { run: true, mini_batch: 16, batch: 256, every: Millis(600_000), memory: Size(4 << 20) }
    }
}

impl Default for Monitor {
    fn default() -> Self {
        Monitor { over: 256, every: Millis(10_000) }
    }
}

impl Default for Watch {
    fn default() -> Self {
        let rule = |of: &str| Rule { of: of.to_owned(), ..Rule::default() };
        let popular = Rule { above: Some(200.0), ..rule("predictions.predicted") };
        let inaccurate = Rule { above: Some(0.5), ..rule("accuracies.mean") };
        let uncertain = Rule { below: Some(0.65), ..rule("accuracies.coverage") };
        let rules = [("popular", popular), ("inaccurate", inaccurate), ("uncertain", uncertain)];
        Watch { rules: rules.map(|(name, rule)| (name.to_owned(), rule)).into() }
    }
}

impl Default for Tweetoscope {
    fn default() -> Self {
        let all = ["tweets", "cascade_series", "cascade_properties", "alerts", "stats", "samples", "logs"];
        Tweetoscope {
            brokers: String::new(),
            write: all.map(str::to_owned).into(),
            names: all.map(|name| (name.to_owned(), name.to_owned())).into(),
            generation: 2020,
            words: "safe".into(),
            start: "1970-01-01T00:00:00Z".into(),
        }
    }
}

impl Default for Pushgateway {
    fn default() -> Self {
        let (url, user, password) = (String::new(), String::new(), String::new());
        let (accuracy_job, prediction_job) = ("batchARE".into(), "batchprediction".into());
        Pushgateway { url, user, password, every: Millis(1000), top: 20, accuracy_job, prediction_job }
    }
}

impl Default for Alertmanager {
    fn default() -> Self {
        let (url, user, password, page) = (String::new(), String::new(), String::new(), String::new());
        Alertmanager { url, user, password, every: Millis(30_000), page }
    }
}

impl Default for Topics {
    fn default() -> Self {
        let day = Millis(86_400_000);
        let keep = [
            ("posts", 7),
            ("sightings", 1),
            ("series", 7),
            ("estimates", 30),
            ("predictions", 30),
            ("samples", 30),
            ("models", 7),
            ("accuracies", 7),
            ("alerts", 30),
            ("scores", 7),
            ("documents", 7),
            ("gauges", 7),
            ("late", 7),
            ("rejected", 30),
        ];
        let keep = keep.map(|(topic, days)| (topic.to_owned(), Millis(days * day.0))).into();
        let keep_bytes = ["models", "rejected"].map(|topic| (topic.to_owned(), Size(256 << 20))).into();
        Topics { partitions: 4, keep, keep_bytes }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            workers: 0,
            batch: Size(4 << 20),
            breath: Millis(20),
            upkeep: Millis(60_000),
            erase: Millis(600_000),
            stop: Millis(30_000),
        }
    }
}

impl Default for Ingest {
    fn default() -> Self {
        Ingest { max_record: Size(1 << 20), max_lag: 50_000, remembered: 250_000, heartbeat: Millis(1000) }
    }
}

#[cfg(test)]
mod tests;
