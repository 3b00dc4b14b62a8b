//! A Tweetoscope's own files, `collector.ini` and `params_py.config`: `[section]` lines and `key=value` lines.

use super::{Config, Millis};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// Every key of theirs that means something here. The others are known, and mean nothing here.
const KNOWN: &[&str] = &[
    "kafka.brokers",
    "topic.in",
    "topic.out_series",
    "topic.out_properties",
    "topic.tweets",
    "topic.cascade_series",
    "topic.cascade_properties",
    "topic.alerts",
    "topic.stats",
    "topic.samples",
    "topic.logs",
    "times.observation",
    "times.observations",
    "times.terminated",
    "cascade.min_cascade_size",
    "parameters.alpha",
    "parameters.mu",
    "parameters.prior_params",
];
const IDLE: &[&str] = &["topic.models", "parameters.batch", "parameters.mini_batch"];

/// Puts what the file says into the configuration.
pub fn apply(config: &mut Config, path: &Path) -> Result<()> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown} (collect.ini)"))?;
    let (mut section, mut windows) = (String::new(), vec![]);
    for (number, line) in text.lines().enumerate() {
        let line = line.split(['#', ';']).next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let place = || format!("{shown}, line {}", number + 1);
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim().to_owned();
            continue;
        }
        let (key, value) =
            line.split_once('=').ok_or_else(|| anyhow!("{}: `{line}` is neither [section] nor key=value", place()))?;
        let key = format!("{section}.{}", key.trim());
        set(config, &mut windows, &key, value.trim()).with_context(place)?;
    }
    if !windows.is_empty() {
        config.collect.windows = windows;
    }
    Ok(())
}

fn set(config: &mut Config, windows: &mut Vec<Millis>, key: &str, value: &str) -> Result<()> {
    let mut named = |ours: &str| drop(config.tweetoscope.names.insert(ours.to_owned(), value.to_owned()));
    match key {
        // What is configured says more than a file of theirs can: a prefix, TLS, a password.
        "kafka.brokers" if !config.tweetoscope.brokers.is_empty() => {}
        "kafka.brokers" => config.tweetoscope.brokers = format!("kafka://{value}"),
        "topic.in" | "topic.tweets" => named("tweets"),
        "topic.out_series" | "topic.cascade_series" => named("cascade_series"),
        "topic.out_properties" | "topic.cascade_properties" => named("cascade_properties"),
        "topic.alerts" => named("alerts"),
        "topic.stats" => named("stats"),
        "topic.samples" => named("samples"),
        "topic.logs" => named("logs"),
        "times.observation" | "times.observations" => windows.extend(list(value)?.into_iter().map(seconds)),
        "times.terminated" => config.collect.silence = seconds(number(value)?),
        "cascade.min_cascade_size" => config.collect.least = value.parse().with_context(|| format!("`{value}` is no count"))?,
        "parameters.alpha" => config.estimate.alpha = number(value)?,
        "parameters.mu" => config.estimate.mu = number(value)?,
        "parameters.prior_params" => config.estimate.prior_params = list(value)?,
        _ if IDLE.contains(&key) => {}
        _ => bail!("there is no key `{}`; those that mean something here are {}", key.trim_start_matches('.'), KNOWN.join(", ")),
    }
    Ok(())
}

fn seconds(seconds: f64) -> Millis {
    Millis((seconds * 1000.0) as i64)
}

fn number(value: &str) -> Result<f64> {
    let number: f64 = value.parse().map_err(|_| anyhow!("`{value}` is no number"))?;
    if number.is_finite() { Ok(number) } else { bail!("`{value}` is no number") }
}

fn list(value: &str) -> Result<Vec<f64>> {
    value.split(',').map(|item| number(item.trim())).collect()
}
