//! A sink: records, into the world.

use crate::{Batch, Format, Result};

/// Where records go. Writes are idempotent: after a crash a sink is given the same batches again.
pub trait Sink: Send {
    /// Writes batches. Their progress is committed once this returns.
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<()>;
}
