//! The OpenSearch that documents are written to, as configured.

use crate::config::Config;
use anyhow::{Result, bail};
use sinks::Service;
use sinks::opensearch::{Opensearch, Writing};
use std::time::Duration;

/// The sink into it, for the documents of this log.
pub fn opensearch(config: &Config, log: &str) -> Result<Opensearch> {
    let ours = &config.opensearch;
    let batch_bytes = usize::try_from(ours.batch.0).unwrap_or(usize::MAX);
    let writing = Writing { index: ours.index.clone(), log: log.to_owned(), empty: ours.empty, batch_bytes };
    Ok(Opensearch::new(services(config)?, writing))
}

/// Its nodes.
pub fn services(config: &Config) -> Result<Vec<Service>> {
    let ours = &config.opensearch;
    let password = brokers::secret("opensearch.password", &ours.password)?;
    let patience = Duration::from_millis(ours.timeout.0.unsigned_abs());
    let urls = ours.url.split(',').map(str::trim).filter(|url| !url.is_empty());
    let node = |url| Ok(Service::at("OpenSearch", url)?.with_user(&ours.user, &password).with_patience(patience));
    urls.map(node).collect()
}

/// What is configured is right, as far as that can be seen from here.
pub fn validate(config: &Config) -> Result<()> {
    let is_name = |name: &str| {
        let plain = name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.".contains(letter));
        plain && !name.is_empty() && name.len() < 200 && !name.starts_with(['-', '_']) && ![".", ".."].contains(&name)
    };
    for (key, name) in [("search.index", &config.search.index), ("opensearch.index", &config.opensearch.index)] {
        if !is_name(name) {
            bail!("{key} = {name}: the name of an index has small letters, digits and - _ . and does not begin with - or _");
        }
    }
    if config.opensearch.timeout.0 <= 0 {
        bail!("opensearch.timeout must be longer than nothing");
    }
    services(config).map(|_| ())
}
