//! Logs that keep commits: `memory:` for tests and trials, `disk:PATH` for everything else on one machine.
//!
//! Both apply a [`flow::Commit`] whole or not at all, and both pass the same conformance suite (`tests/`). They share
//! all that is not storage: who owns which partition (`groups`), and the log's face (`journal.rs`).
//!
//! Non-goals: deciding what to commit (`flow`), and when (`engine`). No thread here computes anything for a stage.
//!
//! Start reading at [`open`], then `journal.rs`, then `disk/mod.rs`.

mod disk;
mod groups;
mod journal;
mod memory;
mod store;
mod topics;
mod url;

pub use disk::{Media, RealMedia};
pub use url::{Access, Fsync, Options, Url};

use flow::{Log, Result};
use std::sync::Arc;

/// Opens the log that a URL names: `memory:` or `disk:PATH`, with options behind a `?`.
pub fn open(url: &str, access: Access) -> Result<Arc<dyn Log>> {
    match url.parse::<Url>()? {
        Url::Memory { format } => Ok(Arc::new(journal::Journal::new(memory::Memory::default(), format))),
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
