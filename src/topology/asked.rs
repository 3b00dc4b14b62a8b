//! Which text models are asked, and what is made of what they say.

use super::{ENRICH, roles};
use crate::config::Config;
use anyhow::{Result, bail};
use models::Shelf;
use stages::Join;
use std::path::Path;

/// The models that this process asks.
pub fn models(config: &Config) -> Result<Vec<String>> {
    let shelf = Shelf::open(Path::new(&config.enrich.folder))?;
    let known = |name: &str| match shelf.names().contains(&name) {
        true => Ok(name.to_owned()),
        false => bail!("there is no model `{name}`; there are all, {}", shelf.names().join(", ")),
    };
    let by_role = config.roles.iter().filter_map(|role| role.strip_prefix("enrich:"));
    let configured = config.enrich.models.iter().map(String::as_str);
    let asked: Vec<&str> = if !config.roles.iter().any(|role| role == "all" || role == ENRICH) {
        by_role.collect()
    } else if config.enrich.models.iter().any(|name| name == "all") {
        shelf.names()
    } else {
        configured.collect()
    };
    asked.into_iter().filter(|name| !name.is_empty()).map(known).collect()
}

/// The models whose word a document waits for: all that are configured, whoever asks them.
pub fn expected(config: &Config) -> Result<Vec<String>> {
    let mut models = if config.enrich.models.iter().any(|name| name == "all") {
        Shelf::open(Path::new(&config.enrich.folder))?.names().into_iter().map(str::to_owned).collect()
    } else {
        config.enrich.models.clone()
    };
    models.retain(|name| !name.is_empty());
    models.sort();
    Ok(models)
}

/// Whether a role may run in another process: on a log of one process none does.
fn may_be_elsewhere(config: &Config) -> bool {
    config.log.starts_with("kafka:")
}

/// The models whose scores come: those that are asked here, or on a log of many processes all that are configured.
pub fn scoring(config: &Config) -> Result<Vec<String>> {
    if may_be_elsewhere(config) { expected(config) } else { models(config) }
}

/// Whether this process has a role.
pub fn is_here(config: &Config, name: &str) -> bool {
    roles(config).is_ok_and(|picked| picked.iter().any(|role| role.name == name))
}

/// Whether a stage runs, here or elsewhere.
pub fn is_run(config: &Config, stage: &str) -> bool {
    let is_wanted = match stage {
        "learn" => config.learn.run,
        "gauge" => config.gauge.run,
        _ => true,
    };
    is_wanted && (may_be_elsewhere(config) || is_here(config, stage))
}

/// The groups as which this process reads.
pub fn groups(config: &Config) -> Result<Vec<String>> {
    let mut groups: Vec<String> = roles(config)?.iter().map(|role| role.name.to_owned()).filter(|name| name != ENRICH).collect();
    groups.extend(models(config)?.iter().map(|model| stages::enrich::role(model)));
    Ok(groups)
}

/// Whether a post is rejected that a model fails on.
pub fn rejects(config: &Config) -> Result<bool> {
    match config.enrich.failed.as_str() {
        "null" => Ok(false),
        "reject" => Ok(true),
        other => bail!("enrich.failed: `{other}` is neither null nor reject"),
    }
}

/// The `join` stage, as configured: it waits for the models that are asked here or, by their names, elsewhere.
pub fn join(config: &Config) -> Result<Join> {
    if config.join.patience.0 <= 0 || config.join.keep.0 < config.join.patience.0 {
        bail!("join.patience must be longer than nothing, and join.keep not shorter than it");
    }
    let (patience_ms, keep_ms, most) = (config.join.patience.0, config.join.keep.0, config.join.most);
    Ok(Join { models: expected(config)?, patience_ms, keep_ms, most })
}
