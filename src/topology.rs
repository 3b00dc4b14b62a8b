//! The topology: which role reads and writes what. One table; configuration picks roles from it and cannot rewire it.

mod asked;
mod rules;
#[cfg(test)]
mod tests;

pub use asked::{groups, join, models, rejects};
pub use rules::{watch, watch_gauges};

use crate::config::{self, Config, Millis};
use anyhow::{Context as _, Result, anyhow, bail};
use domain::tweetoscope::{Form, Outward, Words};
use domain::{
    Accuracy, Alert, Counts, Deviation, Document, Estimate, Gauge, Model as Learned, Post, Prediction, Rollback, Rule, Sample,
    Score, Series, Sighting, Size,
};
use flow::window::Hopping;
use flow::{Cleanup, Late, Producer, Rejected, Stage as _, Timestamp, TopicSpec, Value};
use ml::hawkes::{Marks, Prior};
use ml::popularity::Schedule;
use sinks::tweetoscope::Writing;
use stages::collect::Rules;
use stages::estimate::{Model, Usual};
use stages::{Collect, Count, Learn, Locate, Monitor, Origin, Predict};

/// What kind of thing a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The world -> records.
    Source,
    /// Records -> records.
    Stage,
    /// Records -> the world.
    Sink,
    /// Keeps the house: it neither reads nor writes records.
    Keeper,
}

/// A role.
#[derive(Debug)]
pub struct Role {
    /// The name, as `--roles` takes it.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The topics that it reads.
    pub reads: &'static [&'static str],
    /// The topics that it writes.
    pub writes: &'static [&'static str],
}

const POSTS: &str = <Post<'static> as Value>::TOPIC;
const SIGHTINGS: &str = <Sighting<'static> as Value>::TOPIC;
const COUNTS: &str = <Counts<'static> as Value>::TOPIC;
const SERIES: &str = <Series<'static> as Value>::TOPIC;
const SIZES: &str = <Size<'static> as Value>::TOPIC;
const ESTIMATES: &str = <Estimate<'static> as Value>::TOPIC;
const PREDICTIONS: &str = <Prediction<'static> as Value>::TOPIC;
const ERRORS: &str = <Deviation<'static> as Value>::TOPIC;
const SAMPLES: &str = <Sample<'static> as Value>::TOPIC;
const MODELS: &str = <Learned<'static> as Value>::TOPIC;
const ACCURACIES: &str = <Accuracy<'static> as Value>::TOPIC;
const ALERTS: &str = <Alert<'static> as Value>::TOPIC;
const SCORES: &str = <Score<'static> as Value>::TOPIC;
const DOCUMENTS: &str = <Document<'static> as Value>::TOPIC;
const GAUGES: &str = <Gauge<'static> as Value>::TOPIC;
const RULES: &str = <Rule<'static> as Value>::TOPIC;
const ROLLBACKS: &str = <Rollback<'static> as Value>::TOPIC;
const REJECTED: &str = Rejected::TOPIC;
const LATE: &str = Late::TOPIC;

/// The role of all models.
const ENRICH: &str = "enrich";

/// All roles, each behind those whose records it reads; but `models`, to which predictions lead, comes back to `predict`, and
/// `rollbacks` and `rules`, for which people ask `serve`, to `learn` and `watch`.
pub const ROLES: &[Role] = &[
    Role { name: "source", kind: Kind::Source, reads: &[], writes: &[POSTS, SERIES, SIZES, PREDICTIONS, ERRORS, REJECTED] },
    Role { name: "locate", kind: Kind::Stage, reads: &[POSTS], writes: &[SIGHTINGS, LATE, REJECTED] },
    Role { name: "count", kind: Kind::Stage, reads: &[SIGHTINGS], writes: &[COUNTS, LATE, REJECTED] },
    Role { name: "collect", kind: Kind::Stage, reads: &[POSTS], writes: &[SERIES, SIZES, LATE, REJECTED] },
    Role { name: "estimate", kind: Kind::Stage, reads: &[SERIES], writes: &[ESTIMATES, LATE, REJECTED] },
    Role {
        name: "predict",
        kind: Kind::Stage,
        reads: &[ESTIMATES, SIZES, MODELS],
        writes: &[PREDICTIONS, ERRORS, SAMPLES, LATE, REJECTED],
    },
    Role { name: "learn", kind: Kind::Stage, reads: &[SAMPLES, ROLLBACKS], writes: &[MODELS, LATE, REJECTED] },
    Role { name: "monitor", kind: Kind::Stage, reads: &[SAMPLES], writes: &[ACCURACIES, LATE, REJECTED] },
    // Each model is a role of its own: `enrich:NAME`.
    Role { name: ENRICH, kind: Kind::Stage, reads: &[POSTS], writes: &[SCORES, REJECTED] },
    Role { name: "gauge", kind: Kind::Stage, reads: &[POSTS, SCORES], writes: &[GAUGES, LATE, REJECTED] },
    Role {
        name: "watch",
        kind: Kind::Stage,
        reads: &[PREDICTIONS, SIZES, ACCURACIES, COUNTS],
        writes: &[ALERTS, LATE, REJECTED],
    },
    Role { name: "watch-gauges", kind: Kind::Stage, reads: &[GAUGES, RULES], writes: &[ALERTS, LATE, REJECTED] },
    Role { name: "join", kind: Kind::Stage, reads: &[POSTS, SCORES, PREDICTIONS], writes: &[DOCUMENTS, LATE, REJECTED] },
    Role {
        name: "tweetoscope",
        kind: Kind::Sink,
        reads: &[POSTS, SERIES, SIZES, ESTIMATES, PREDICTIONS, ERRORS, SAMPLES, LATE, REJECTED],
        writes: &[],
    },
    Role { name: "pushgateway", kind: Kind::Sink, reads: &[PREDICTIONS, SIZES, ACCURACIES], writes: &[] },
    Role { name: "alertmanager", kind: Kind::Sink, reads: &[ALERTS], writes: &[] },
    Role { name: "search", kind: Kind::Sink, reads: &[DOCUMENTS], writes: &[REJECTED] },
    Role { name: "opensearch", kind: Kind::Sink, reads: &[DOCUMENTS], writes: &[REJECTED] },
    Role { name: "erase", kind: Kind::Sink, reads: &[POSTS, DOCUMENTS], writes: &[] },
    Role { name: "upkeep", kind: Kind::Keeper, reads: &[], writes: &[] },
    Role {
        name: "serve",
        kind: Kind::Sink,
        reads: &[COUNTS, PREDICTIONS, SIZES, ACCURACIES, ALERTS, SERIES, ESTIMATES, POSTS],
        writes: &[ROLLBACKS, RULES],
    },
];

/// The role of this name.
pub fn role(name: &str) -> Option<&'static Role> {
    let name = if name.starts_with("enrich:") { ENRICH } else { name };
    ROLES.iter().find(|role| role.name == name)
}

/// The roles that a configuration picks.
pub fn roles(config: &Config) -> Result<Vec<&'static Role>> {
    if config.roles.iter().any(|name| name == "all") {
        return Ok(ROLES.iter().collect());
    }
    let known = || ROLES.iter().map(|role| role.name).collect::<Vec<_>>().join(", ");
    let picked = config
        .roles
        .iter()
        .map(|name| role(name).ok_or_else(|| anyhow!("there is no role `{name}`; there are all, {}", known())));
    let mut picked = picked.collect::<Result<Vec<_>>>()?;
    // In the table's order, which is that of the stream.
    picked.sort_by_key(|role| ROLES.iter().position(|other| other.name == role.name));
    picked.dedup_by_key(|role| role.name);
    if picked.is_empty() {
        bail!("no role is picked; there are all, {}", known());
    }
    Ok(picked)
}

/// The topics, as a configuration has them made.
pub fn topics(config: &Config) -> Vec<TopicSpec> {
    let mut names: Vec<&str> = vec![];
    for topic in ROLES.iter().flat_map(|role| role.writes) {
        if !names.contains(topic) {
            names.push(topic);
        }
    }
    let spec = |name: &str| {
        let age_ms = config.topics.keep.get(name).map(|age| age.0.unsigned_abs());
        let size = config.topics.keep_bytes.get(name).map(|size| size.0);
        TopicSpec::new(name, config.topics.partitions).with(Cleanup::Delete { age_ms, size })
    };
    names.into_iter().map(spec).collect()
}

/// The topics that a role writes.
pub fn outputs(config: &Config, role: &Role) -> Vec<TopicSpec> {
    topics(config).into_iter().filter(|topic| role.writes.contains(&topic.name.as_str())).collect()
}

/// The topics that a role writes and a stage reads: who reads them goes by the marks in them.
pub fn awaited(config: &Config, role: &Role) -> Vec<String> {
    let read = |topic: &&str| ROLES.iter().any(|other| other.kind == Kind::Stage && goes_by(config, other, topic));
    role.writes.iter().copied().filter(|topic| read(topic)).map(str::to_owned).collect()
}

/// Whether a stage goes by the marks in a topic: `watch` does so only where a rule looks at it.
fn goes_by(config: &Config, role: &Role, topic: &str) -> bool {
    let is_awaited = match role.name {
        "watch" => watch(config).is_ok_and(|watch| watch.awaits(topic)),

        _ => true,
    };
    role.reads.contains(&topic) && is_awaited
}

/// Who writes what a stage reads, where that is known beforehand: each partition of each stage before it, should something come
/// to that stage. Sources are not: they register themselves.
pub fn producers(config: &Config, role: &Role) -> Vec<(String, Producer)> {
    let flowing = flowing(config);
    let before = ROLES.iter().filter(|other| {
        let is_fed = other.reads.iter().any(|topic| flowing.contains(topic));
        // Forecasts are worth having, and not worth waiting for where nobody may make any.
        let is_needed = role.name != "join" || other.name != "predict" || asked::is_here(config, other.name);
        let is_run = is_needed && asked::is_run(config, other.name);
        other.kind == Kind::Stage && is_run && is_fed && other.writes.iter().any(|topic| goes_by(config, role, topic))
    });
    let feeds = before.flat_map(|stage| {
        let topics = stage.writes.iter().filter(|topic| goes_by(config, role, topic));
        let names = names_of(config, stage);
        topics.flat_map(move |topic| names.clone().into_iter().map(move |name| (*topic, name)))
    });
    let each = |(topic, stage): (&str, String)| {
        let name = |partition| (topic.to_owned(), format!("{stage}/{partition}").into());
        (0..config.topics.partitions).map(name).collect::<Vec<_>>()
    };
    feeds.flat_map(each).collect()
}

/// The names under which a stage writes: each model is one of its own.
fn names_of(config: &Config, stage: &Role) -> Vec<String> {
    match stage.name {
        ENRICH => asked::scoring(config).unwrap_or_default().iter().map(|model| stages::enrich::role(model)).collect(),
        name => vec![name.to_owned()],
    }
}

/// Whether anything comes to a stage.
pub fn is_fed(config: &Config, role: &Role) -> bool {
    let flowing = flowing(config);
    role.reads.iter().any(|topic| flowing.contains(topic))
}

/// The topics to which something comes from the sources, directly or by way of stages.
fn flowing(config: &Config) -> Vec<&'static str> {
    let mut topics: Vec<&str> = config.sources.iter().flat_map(|url| sources::topics(url)).copied().collect();
    for stage in ROLES.iter().filter(|role| role.kind == Kind::Stage) {
        if stage.reads.iter().any(|topic| topics.contains(topic)) {
            topics.extend(stage.writes);
        }
    }
    topics
}

/// The `locate` stage, as configured.
pub fn locate(config: &Config) -> Result<Locate> {
    Ok(Locate { origins: origins(config)? })
}

/// What tells where a post was, as configured.
pub fn origins(config: &Config) -> Result<Vec<Origin>> {
    let origin = |name: &String| match name.as_str() {
        "rule" => Ok(Origin::Rule),
        "place" => Ok(Origin::Place),
        other => bail!("locate.origins: `{other}` is neither `rule` nor `place`"),
    };
    config.locate.origins.iter().map(origin).collect()
}

/// The `count` stage, as configured.
pub fn count(config: &Config) -> Result<Count> {
    let (size, hop) = (config.windows.size, config.windows.hop);
    let windower =
        Hopping::new(size.0, hop.0).ok_or_else(|| anyhow!("windows.size = {size} is no multiple of windows.hop = {hop}"))?;
    Ok(Count { windower })
}

/// The `collect` stage, as configured.
pub fn collect(config: &Config) -> Result<Collect> {
    let collect = &config.collect;
    let seconds = |window: &Millis| match u32::try_from(window.0 / 1000) {
        Ok(seconds) if seconds > 0 && window.0 % 1000 == 0 => Ok(seconds),
        _ => bail!("collect.windows: {window} is not in whole seconds, from 1s on"),
    };
    let windows = collect.windows.iter().map(seconds).collect::<Result<Vec<_>>>()?;
    if windows.is_empty() {
        bail!("collect.windows is empty: without a window nothing is observed");
    }
    if collect.silence.0 <= 0 || collect.longest.0 <= 0 {
        bail!("collect.silence and collect.longest must be longer than nothing");
    }
    let longest = windows.iter().copied().max().unwrap_or_default();
    let doubled = (1..=collect.doublings).map_while(|times| 1_u32.checked_shl(times)?.checked_mul(longest));
    let in_time = |window: &u32| i64::from(*window) * 1000 < collect.longest.0;
    let doubled: Vec<u32> = doubled.take_while(in_time).collect();
    let mut rules = Rules::default().with_windows([windows, doubled].concat());
    (rules.silence_ms, rules.longest_ms, rules.remember_ms) = (collect.silence.0, collect.longest.0, collect.remember.0);
    (rules.least, rules.most) = (collect.least, collect.most);
    rules.text = usize::try_from(collect.text.0).unwrap_or(usize::MAX);
    Ok(Collect { rules })
}

/// The `estimate` stage, as configured.
pub fn estimate(config: &Config) -> Result<stages::Estimate> {
    let estimate = &config.estimate;
    let model = match estimate.model.as_str() {
        "exponential" => Model::Exponential,
        "power-law" => Model::PowerLaw,
        "seismic" => Model::Seismic { degree: estimate.degree },
        other => bail!("estimate.model: `{other}` is none of exponential, power-law, seismic"),
    };
    let usual = match (estimate.fit.as_str(), estimate.prior.as_str()) {
        ("mle", "learned" | "course") => Usual::Nothing,
        ("map", "learned") => Usual::Learned,
        ("map", "course") => course(&config.estimate)?,
        ("mle" | "map", other) => bail!("estimate.prior: `{other}` is neither learned nor course"),
        (other, _) => bail!("estimate.fit: `{other}` is neither map nor mle"),
    };
    if !(estimate.max_branching > 0.0 && estimate.max_branching < 1.0) {
        bail!("estimate.max_branching = {} is not between 0 and 1", estimate.max_branching);
    }
    let silence_s = config.collect.silence.0 as f64 / 1000.0;
    Ok(stages::Estimate { model, usual, max_branching: estimate.max_branching, silence_s })
}

/// The `predict` stage, as configured.
pub fn predict(config: &Config) -> Result<Predict> {
    if config.predict.delay.0 <= 0 {
        bail!("predict.delay must be longer than nothing: time would not go on");
    }
    Ok(Predict { delay_ms: config.predict.delay.0 })
}

/// The `learn` stage, as configured.
pub fn learn(config: &Config) -> Learn {
    let (mini_batch, batch) = (config.learn.mini_batch.max(1), config.learn.batch.max(1));
    let memory = usize::try_from(config.learn.memory.0).unwrap_or(usize::MAX);
    let schedule = Schedule { mini_batch, batch, ..Schedule::default() }.within(memory);
    Learn { schedule, every_ms: config.learn.every.0 }
}

/// The `monitor` stage, as configured.
pub fn monitor(config: &Config) -> Monitor {
    Monitor { over: config.monitor.over, every_ms: config.monitor.every.0 }
}

/// The constants of the course.
fn course(estimate: &config::Estimate) -> Result<Usual> {
    let [p, beta, p_sd, beta_sd, correlation] = estimate.prior_params[..] else {
        bail!("estimate.prior_params needs five numbers: means of p and beta, their standard deviations, their correlation");
    };
    let sound = [p, beta, p_sd, beta_sd].iter().all(|value| *value > 0.0) && correlation.abs() < 1.0;
    if !sound || estimate.alpha <= 2.0 || estimate.mu <= 0.0 {
        bail!(
            "estimate.prior_params, alpha and mu: means, deviations and mu are above 0, the correlation within -1 and 1, alpha above 2"
        );
    }
    let mean_mark = Marks { alpha: estimate.alpha, scale: estimate.mu }.mean();
    Ok(Usual::Given(mean_mark, Prior::matched(p, beta, p_sd, beta_sd, correlation)))
}

/// The brokers of the Tweetoscope that is written to.
pub fn strangers(config: &Config) -> Result<brokers::Settings> {
    let rest = config.tweetoscope.brokers.strip_prefix("kafka:");
    let rest = rest.ok_or_else(|| anyhow!("tweetoscope.brokers does not start with kafka://"))?;
    brokers::Settings::parse(rest).context("tweetoscope.brokers")
}

/// How that Tweetoscope's messages are written, as configured.
pub fn messages(config: &Config) -> Result<Writing> {
    let ours = &config.tweetoscope;
    let known = config::Tweetoscope::default().names;
    if let Some(other) = ours.write.iter().chain(ours.names.keys()).find(|name| !known.contains_key(*name)) {
        bail!("tweetoscope: there is no topic `{other}`; there are {}", known.into_keys().collect::<Vec<_>>().join(", "));
    }
    if ours.write.is_empty() && !ours.brokers.is_empty() {
        bail!("tweetoscope.write is empty: there is nothing to write; leave out tweetoscope.brokers, too");
    }
    let name = |topic: &String| (topic.clone(), ours.names.get(topic).unwrap_or(topic).clone());
    let form = match ours.generation {
        2020 => Form::Of2020,
        2021 => Form::Of2021,
        other => bail!("tweetoscope.generation: `{other}` is neither 2020 nor 2021"),
    };
    let words = match ours.words.as_str() {
        "safe" => Words::Safe,
        "plain" => Words::Plain,
        other => bail!("tweetoscope.words: `{other}` is neither safe nor plain"),
    };
    let origin = Timestamp::parse(&ours.start).ok_or_else(|| anyhow!("tweetoscope.start: `{}` is no moment", ours.start))?;
    let windows = collect(config)?.rules.windows_s().to_vec();
    let outward = Outward { origin, windows, partitions: u32::MAX };
    Ok(Writing { outward, form, words, names: ours.write.iter().map(name).collect(), partitions: config.topics.partitions })
}

/// The topology as a drawing: `docs/ARCHITECTURE.md` has it, and a test holds it there.
#[cfg(test)]
pub fn drawing() -> String {
    let line = |role: &Role| {
        let list = |topics: &[&str]| if topics.is_empty() { "-".to_owned() } else { topics.join(", ") };
        format!(
            "{:<13}{:<8}{:<11} -> {}\n",
            role.name,
            format!("{:?}", role.kind).to_lowercase(),
            list(role.reads),
            list(role.writes)
        )
    };
    ROLES.iter().map(line).collect()
}
