//! Reading the configuration, and saying exactly what is wrong with it.

use super::{Config, REFERENCE};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

const PREFIX: &str = "GOSHAWK__";

/// What flags set.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub log: Option<String>,
    pub sources: Vec<String>,
    pub roles: Option<String>,
    pub listen: Option<String>,
}

/// The configuration in force in a folder: its file, then `.env` and the environment, then flags.
pub fn load(folder: &Path, environment: &BTreeMap<String, String>, flags: &Flags) -> Result<Config> {
    let mut table = read_file(folder, flags)?;
    let mut variables = read_env(folder)?;
    if !table.contains_key("sources")
        && let Some(source) = super::seed::source(&variables)?
    {
        table.insert("sources".to_owned(), Value::Array(vec![Value::String(source)]));
    }
    variables.extend(environment.clone());
    for (name, value) in variables.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        set(&mut table, name, value)?;
    }
    let mut config: Config = Value::Table(table).try_into().map_err(|error| anyhow!("{}", explain(&error)))?;
    if !config.collect.ini.is_empty() {
        let path = folder.join(&config.collect.ini);
        super::ini::apply(&mut config, &path)?;
    }
    if let Some(log) = &flags.log {
        config.log.clone_from(log);
    }
    if !flags.sources.is_empty() {
        config.sources.clone_from(&flags.sources);
    }
    if let Some(roles) = &flags.roles {
        config.roles = roles.split(',').map(|role| role.trim().to_owned()).collect();
    }
    if let Some(listen) = &flags.listen {
        config.listen.clone_from(listen);
    }
    validate(&config)?;
    Ok(config)
}

fn read_file(folder: &Path, flags: &Flags) -> Result<Table> {
    let path = match &flags.config {
        Some(path) => folder.join(path),
        None => folder.join("goshawk.toml"),
    };
    if flags.config.is_none() && !path.exists() {
        return Ok(Table::new());
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
    // Reading it as a configuration, and not only as TOML, is what finds a wrong key together with its line.
    toml::from_str::<Config>(&text).map_err(|error| anyhow!("{}: {}", path.display(), explain(&error)))?;
    text.parse().with_context(|| format!("cannot read {}", path.display()))
}

/// A TOML error, with the nearest right key where one is misspelt.
fn explain(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let unknown = text.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next());
    match unknown.and_then(nearest) {
        Some(key) => format!("{}\ndid you mean `{key}`?", text.trim_end()),
        None => text,
    }
}

fn nearest(wrong: &str) -> Option<&'static str> {
    let names = REFERENCE
        .iter()
        .flat_map(|(key, _)| [*key, key.split('.').next_back().unwrap_or(key), key.split('.').next().unwrap_or(key)]);
    let scored = names.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    scored.min().filter(|(distance, name)| *distance <= name.len().max(3) / 2).map(|(_, name)| name)
}

/// The variables of a `.env` file: `NAME=value` lines, quotes around the value optional.
fn read_env(folder: &Path) -> Result<BTreeMap<String, String>> {
    let path = folder.join(".env");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(models::variables_in(&text).collect())
}

/// Sets what a variable says: `GOSHAWK__WINDOWS__SIZE=10m`. Lists are separated by commas.
fn set(table: &mut Table, name: &str, value: &str) -> Result<()> {
    let path: Vec<String> = name.trim_start_matches(PREFIX).split("__").map(str::to_lowercase).collect();
    let (last, sections) = path.split_last().ok_or_else(|| anyhow!("{name} names no key"))?;
    let mut inner = table;
    for section in sections {
        let entry = inner.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        inner = entry.as_table_mut().ok_or_else(|| anyhow!("{name}: `{section}` is no section"))?;
    }
    let key = path.join(".");
    if !REFERENCE.iter().any(|(known, _)| key == *known || key.starts_with(&format!("{known}."))) {
        let hint = nearest(last).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        bail!("{name}: there is no key `{key}`{hint}");
    }
    inner.insert(last.clone(), typed(&key, value));
    Ok(())
}

fn typed(key: &str, value: &str) -> Value {
    match key {
        "sources" | "roles" | "locate.origins" | "collect.windows" | "enrich.models" | "tweetoscope.write" => {
            Value::Array(value.split(',').map(|item| Value::String(item.trim().to_owned())).collect())
        }
        "topics.partitions"
        | "engine.workers"
        | "enrich.workers"
        | "join.most"
        | "ingest.max_lag"
        | "ingest.remembered"
        | "collect.least"
        | "collect.most"
        | "learn.mini_batch"
        | "learn.batch"
        | "collect.doublings"
        | "monitor.over"
        | "tweetoscope.generation"
        | "pushgateway.top" => value.parse().map_or_else(|_| Value::String(value.to_owned()), Value::Integer),
        "estimate.max_branching" | "estimate.alpha" | "estimate.mu" | "estimate.degree" => real(value),
        _ if key.starts_with("watch.rules.") && value.parse::<f64>().is_ok() => real(value),
        "learn.run" | "gauge.run" | "search.run" | "opensearch.empty" => {
            value.parse().map_or_else(|_| Value::String(value.to_owned()), Value::Boolean)
        }
        "estimate.prior_params" => Value::Array(value.split(',').map(|item| real(item.trim())).collect()),
        _ => Value::String(value.to_owned()),
    }
}

fn real(value: &str) -> Value {
    value.parse().map_or_else(|_| Value::String(value.to_owned()), Value::Float)
}

fn validate(config: &Config) -> Result<()> {
    let (size, hop) = (config.windows.size, config.windows.hop);
    if flow::window::Hopping::new(size.0, hop.0).is_none() {
        bail!("windows.size = {size} is no multiple of windows.hop = {hop}");
    }
    if config.topics.partitions == 0 || config.topics.partitions > 1024 {
        bail!("topics.partitions = {} is not within 1 to 1024", config.topics.partitions);
    }
    crate::topology::origins(config)?;
    crate::topology::roles(config)?;
    crate::topology::collect(config)?;
    crate::topology::estimate(config)?;
    crate::topology::predict(config)?;
    crate::topology::watch(config)?;
    crate::topology::rejects(config)?;
    crate::topology::messages(config)?;
    crate::push::validate(config)?;
    crate::store::validate(config)?;
    if !config.tweetoscope.brokers.is_empty() {
        crate::topology::strangers(config)?;
    }
    Ok(())
}
