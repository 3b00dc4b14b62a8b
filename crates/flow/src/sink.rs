//! A sink: records, into the world.

use crate::{Batch, Format, Result};

/// Where records go. Writes are idempotent: after a crash a sink is given the same batch again.
pub trait Sink: Send {
    /// Writes a batch. Its progress is committed once this returns.
    fn write(&mut self, batch: &Batch, format: Format) -> Result<()>;
}
