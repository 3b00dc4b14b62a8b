//! The configuration: one TOML file, then the environment, then flags.

mod load;
mod reference;
mod units;

pub use load::{Flags, load};
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

impl Default for Topics {
    fn default() -> Self {
        let day = Millis(86_400_000);
        let keep =
            [("posts", Millis(7 * day.0)), ("sightings", day), ("late", Millis(7 * day.0)), ("rejected", Millis(30 * day.0))];
        let keep = keep.map(|(topic, age)| (topic.to_owned(), age)).into();
        let keep_bytes = [("rejected".to_owned(), Size(256 << 20))].into();
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
