//! Where a log is, and who runs on it: commands speak to the process that holds the log, or open it themselves.

use crate::config::{Config, Flags, load};
use anyhow::{Context, Result, bail};
use flow::Log;
use journal::{Access, Url};
use std::path::PathBuf;
use std::sync::Arc;

/// The configuration in force here.
pub fn configuration(flags: &Flags) -> Result<Config> {
    let environment = std::env::vars().collect();
    load(&std::env::current_dir().context("cannot tell the current folder")?, &environment, flags)
}

/// The file in a log's folder that holds the address of the process that runs on it.
fn address_file(log: &str) -> Option<PathBuf> {
    match log.parse::<Url>().ok()? {
        Url::Disk { path, .. } => Some(path.join("address")),
        Url::Memory { .. } | Url::Kafka(_) => None,
    }
}

/// A process's address, told in its log's folder for as long as this lives.
pub struct Told(Option<PathBuf>);

impl Told {
    /// Tells the address.
    pub fn tell(log: &str, address: Option<std::net::SocketAddr>) -> Result<Told> {
        let Some((file, address)) = address_file(log).zip(address) else { return Ok(Told(None)) };
        std::fs::write(&file, address.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Told(Some(file)))
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // A stale address does no harm: nobody answers there.
            let _gone = std::fs::remove_file(file);
        }
    }
}

/// How to get at a log.
pub enum Reach {
    /// Through the process that runs on it.
    Process(String),
    /// By opening it.
    Opened(Arc<dyn Log>),
}

/// Gets at the log: through the process on it if it answers, else by opening it.
pub fn reach(log: &str, access: Access) -> Result<Reach> {
    if let Some(url) = running(log) {
        return Ok(Reach::Process(url));
    }
    if matches!(log.parse::<Url>(), Ok(Url::Memory { .. })) {
        bail!("{log} lives inside its process, and none tells its address; use a disk: or kafka: log to look at it from outside");
    }
    Ok(Reach::Opened(journal::open(log, access)?))
}

/// The address of the process that runs on a log, if it answers.
pub fn running(log: &str) -> Option<String> {
    let address = std::fs::read_to_string(address_file(log)?).ok()?;
    let url = format!("http://{}", address.trim());
    let answers = agent().get(format!("{url}/health")).call().is_ok();
    answers.then_some(url)
}

/// What speaks HTTP. A status that says no is an answer like any other: its body says why.
pub fn agent() -> ureq::Agent {
    let timeout = Some(std::time::Duration::from_secs(5));
    ureq::Agent::config_builder().timeout_connect(timeout).proxy(None).http_status_as_error(false).build().into()
}

/// The folder of the demonstration, with no log in it.
pub fn demo_folder() -> Result<PathBuf> {
    let folder = PathBuf::from("goshawk-demo");
    let log = folder.join("log");
    if log.join("FORMAT").exists() {
        std::fs::remove_dir_all(&log).with_context(|| format!("cannot empty {}", log.display()))?;
    }
    Ok(folder)
}
