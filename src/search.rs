//! The index of this process: fed from the log, asked by the server.

mod feeding;
mod finder;

pub use feeding::Feeding;
pub use finder::Index;

use crate::config::Config;
use anyhow::{Context as _, Result, anyhow};
use flow::Log;
use journal::Url;
use search::Indices;
use search::mapping::Mapping;
use std::path::PathBuf;
use std::sync::Arc;

/// Opens the indexes of this process, if it has the role that feeds one.
pub fn open(config: &Config, log: &dyn Log) -> Result<Option<Index>> {
    let is_picked = crate::topology::roles(config)?.iter().any(|role| role.name == "search");
    if !is_picked || !config.search.run {
        return Ok(None);
    }
    if config.search.every.0 <= 0 || config.search.keep.0 <= 0 {
        return Err(anyhow!("search.every and search.keep must be longer than nothing"));
    }
    let place = Place::of(config)?;
    let told = place.folder.display().to_string();
    let indices = Indices::open(&place.folder)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("cannot open the index in {told}"))?;
    let identity = log.identity().context("cannot tell which log this is")?;
    let mapping = Mapping::read(&domain::document::mapping()).map_err(|error| anyhow!("{error}"))?;
    let feed =
        indices.feed(&config.search.index, mapping).map_err(|error| anyhow!("{error}")).context("cannot open the index")?;
    Ok(Some(Index::new(config.search.index.clone(), identity, Arc::new(indices), feed, place)))
}

/// The index of a log on which no process runs.
pub fn alone(config: &Config) -> Result<Index> {
    let place = Place::of(config)?;
    if place.is_passing || !place.folder.join(&config.search.index).exists() {
        let where_to = place.folder.display();
        return Err(anyhow!(
            "there is no index {} in {where_to}: run goshawk with the role search on this log first",
            config.search.index
        ));
    }
    let log = journal::open(&config.log, journal::Access::Read)?;
    let config = Config {
        roles: vec!["search".into()],
        search: crate::config::Search { run: true, ..config.search.clone() },
        ..config.clone()
    };
    open(&config, &*log)?.ok_or_else(|| anyhow!("there is no index"))
}

/// Where the indexes are.
pub struct Place {
    folder: PathBuf,
    /// Whether they go with the process.
    is_passing: bool,
}

impl Place {
    fn of(config: &Config) -> Result<Place> {
        if !config.search.folder.is_empty() {
            return Ok(Place { folder: config.search.folder.clone().into(), is_passing: false });
        }
        Ok(match config.log.parse::<Url>()? {
            Url::Disk { path, .. } => Place { folder: path.join("search"), is_passing: false },
            Url::Kafka(_) => Place { folder: "goshawk-index".into(), is_passing: false },
            Url::Memory { .. } => {
                let folder = std::env::temp_dir().join(format!("goshawk-index-{}", std::process::id()));
                Place { folder, is_passing: true }
            }
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_passing {
            // What is left of a process that was killed goes with the machine's other passing files.
            let _gone = std::fs::remove_dir_all(&self.folder);
        }
    }
}
