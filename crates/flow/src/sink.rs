//! A sink: records, into the world.

use crate::{Batch, Format, Refused, Result};

/// Where records go. Writes are idempotent: after a crash a sink is given the same batches again.
pub trait Sink: Send {
    /// Writes batches; what the world will never take is told. Their progress is committed once this returns.
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<Vec<Refused>>;
}
