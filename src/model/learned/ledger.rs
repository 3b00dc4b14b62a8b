//! The versions that topic `models` holds. Each record is in every partition, and counts once.

use crate::config::Config;
use crate::place;
use crate::tap::each;
use anyhow::{Context, Result, bail};
use domain::Model;
use flow::{Format, Raw, Timestamp, Value};
use journal::Access;
use ml::popularity::Predictor;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A version of a window's model, without the model itself.
#[derive(Clone, Debug, Serialize)]
pub struct Version {
    pub window: String,
    pub version: u64,
    pub time: Timestamp,
    pub kind: String,
    pub learned_from: u64,
    pub are: Option<f64>,
    pub constant_are: Option<f64>,
    pub before_are: Option<f64>,
    /// Whether it went in force, or the one before stayed.
    pub taken: bool,
    /// Whether it is in force now.
    pub in_force: bool,
    pub of: Option<u64>,
    pub reason: Option<String>,
    pub bytes: usize,
    /// The version that was in force from here on.
    #[serde(skip)]
    live: Option<u64>,
}

/// Which model itself is kept, while all are read.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    None,
    /// That of this version as it was told last.
    Of(u64),
    Newest,
}

/// What was read, by window and version.
#[derive(Debug)]
pub struct Ledger {
    versions: BTreeMap<(String, u64), Version>,
    wanted: Body,
    body: Option<(u64, Raw)>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    time: Timestamp,
    #[serde(borrow)]
    value: Model<'a>,
}

impl Ledger {
    /// Reads all versions, of one window or of all, and no more than one model itself.
    pub fn read(config: &Config, window: Option<&str>, wanted: Body) -> Result<Ledger> {
        let mut ledger = Ledger { versions: BTreeMap::new(), wanted, body: None };
        each(&place::reach(&config.log, Access::Read)?, Model::TOPIC, window, &mut |line| ledger.take(line))?;
        ledger.mark();
        Ok(ledger)
    }

    fn take(&mut self, line: &[u8]) -> Result<()> {
        let Entry { time, value: model } = serde_json::from_slice(line).context("a model cannot be read")?;
        let key = (model.window.to_string(), model.version);
        if self.versions.contains_key(&key) {
            return Ok(());
        }
        self.versions.insert(key, Version::of(time, &model));
        let is_wanted = match self.wanted {
            Body::None => false,
            Body::Of(version) => model.version == version || model.in_force == Some(version),
            Body::Newest => true,
        };
        if is_wanted && self.body.as_ref().is_none_or(|(version, _)| *version < model.version) {
            self.body = Some((model.version, model.body));
        }
        Ok(())
    }

    /// The newest of a window says which one is in force.
    fn mark(&mut self) {
        let live: BTreeSet<(String, u64)> =
            self.windows().iter().filter_map(|window| Some((window.clone(), self.newest(window)?.live?))).collect();
        for (key, version) in &mut self.versions {
            version.in_force = live.contains(key);
        }
    }

    /// The windows that have models.
    pub fn windows(&self) -> BTreeSet<String> {
        self.versions.keys().map(|(window, _)| window.clone()).collect()
    }

    fn newest(&self, window: &str) -> Option<&Version> {
        self.of(window).next()
    }

    /// A window's versions, the newest first.
    pub fn of<'a>(&'a self, window: &str) -> impl Iterator<Item = &'a Version> {
        self.versions.range((window.to_owned(), 0)..=(window.to_owned(), u64::MAX)).map(|(_, version)| version).rev()
    }

    /// The versions of all windows, the newest first.
    pub fn all(&self) -> Vec<&Version> {
        let mut all: Vec<&Version> = self.versions.values().rev().collect();
        all.sort_by_key(|version| std::cmp::Reverse(version.time));
        all
    }

    /// The versions that `learn` can put back: it keeps the last few that were in force.
    pub fn older(&self, window: &str) -> Vec<u64> {
        let kept = self.of(window).filter(|version| version.taken).take(stages::learn::KEPT);
        kept.filter(|version| !version.in_force).map(|version| version.version).collect()
    }

    /// The model that was wanted, and the version with which it was told.
    pub fn model(&self) -> Result<(u64, Predictor)> {
        let Some((version, body)) = &self.body else { bail!("the model itself is not on the log any more") };
        let predictor = Format::Compact.decode(&body.0).context("the model was made by another version of goshawk")?;
        Ok((*version, predictor))
    }
}

impl Version {
    fn of(time: Timestamp, model: &Model<'_>) -> Self {
        Version {
            window: model.window.to_string(),
            version: model.version,
            time,
            kind: model.kind.to_string(),
            learned_from: model.learned_from,
            are: model.are,
            constant_are: model.constant_are,
            before_are: model.before_are,
            taken: model.is_taken(),
            in_force: false,
            of: model.of,
            reason: model.reason.as_ref().map(ToString::to_string),
            bytes: model.body.0.len(),
            live: model.in_force,
        }
    }

    /// What became of it, for people.
    pub fn fate(&self) -> String {
        let reason = self.reason.as_ref().map_or(String::new(), |reason| format!(", asked for: {reason}"));
        match (self.of, self.taken, self.live) {
            (Some(of), ..) => format!("{of} again{reason}"),
            (None, true, _) => "taken".to_owned(),
            (None, false, Some(live)) => format!("not taken: {live} stays"),
            (None, false, None) => "not taken: no model yet".to_owned(),
        }
    }
}
