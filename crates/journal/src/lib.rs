//! Logs that keep commits: `memory:` for tests and trials, `disk:PATH` for everything else on one machine, and
//! `kafka://BROKERS` for many.
//!
//! All apply a [`flow::Commit`] whole or not at all, and all pass the same conformance suite (`tests/`). The embedded two
//! share all that is not storage: who owns which partition (`groups`), and the log's face (`journal.rs`).
//!
//! Non-goals: deciding what to commit (`flow`), and when (`engine`). No thread here computes anything for a stage.
//!
//! Start reading at [`open`], then `journal.rs`, then `disk/mod.rs`; for Kafka at `kafka/seat.rs`.

mod disk;
mod groups;
mod journal;
mod kafka;
mod memory;
mod store;
mod topics;
mod url;

pub use brokers::Settings;
pub use disk::{Media, RealMedia};
pub use kafka::try_out as try_kafka;
pub use url::{Access, Fsync, Options, Url};

use flow::{Log, Result};
use std::sync::Arc;

/// Opens the log that a URL names: `memory:`, `disk:PATH` or `kafka://BROKERS`, with options behind a `?`.
pub fn open(url: &str, access: Access) -> Result<Arc<dyn Log>> {
    match url.parse::<Url>()? {
        Url::Memory { format } => Ok(Arc::new(journal::Journal::new(memory::Memory::default(), format))),
        Url::Kafka(settings) => Ok(Arc::new(kafka::Kafka::open(*settings, access)?)),
        Url::Disk { path, options } => open_disk(&path, &options, access, Arc::new(RealMedia)),
    }
}

/// Opens a disk log whose files are written through `media`, so that a test can make the disk fail.
pub fn open_disk(path: &std::path::Path, options: &Options, access: Access, media: Arc<dyn Media>) -> Result<Arc<dyn Log>> {
    let (store, recovered) = disk::Disk::open(path, options, access, media)?;
    Ok(Arc::new(journal::Journal::recovered(store, recovered, flow::Format::Compact)))
}

#[cfg(test)]
mod tests;
