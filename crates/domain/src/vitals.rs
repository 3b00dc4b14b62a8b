//! How a running process is, for whoever asks from outside.

use serde::{Deserialize, Serialize};

/// How something is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It works.
    Ok,
    /// It works, but not as it should: it waits, retries, or has restarted too often.
    Degraded,
    /// It does not work.
    Failed,
}

/// How one role is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleHealth {
    /// The role.
    pub role: String,
    /// How it is.
    pub condition: Condition,
    /// What it is doing, or why it is not well, in words.
    pub detail: String,
    /// Records read, or written by a source, since the process started.
    pub records: u64,
    /// Records that wait to be read.
    pub lag: u64,
    /// How far its event time has come (RFC 3339), if it has begun.
    pub watermark: Option<String>,
    /// Records refused as late.
    pub late: u64,
    /// Records refused as malformed.
    pub rejected: u64,
    /// How often it was started again.
    pub restarts: u64,
}

/// How a process is doing: as well as its worst role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The worst of the roles.
    pub condition: Condition,
    /// Each role.
    pub roles: Vec<RoleHealth>,
}

/// A process that can be asked how it is.
pub trait Vitals: Send + Sync {
    /// How each role is.
    fn health(&self) -> Health;
    /// All metrics, in the OpenMetrics text form.
    fn metrics(&self) -> String;
}
