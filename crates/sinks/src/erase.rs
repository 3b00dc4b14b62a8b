//! `erase`: a post that was taken back leaves the log, bytes and all.

use domain::{Head, Kind, Post};
use flow::{Batch, Format, Log, Result, Sink, Value};
use std::sync::Arc;

/// Follows the deletions among the posts and erases what they take back: the post, and the reposts of it, which stand
/// under the same key. The deletion itself stays, for those who have yet to read it.
pub struct Erase {
    log: Arc<dyn Log>,
}

impl Erase {
    /// Erases on this log.
    pub fn new(log: Arc<dyn Log>) -> Self {
        Erase { log }
    }
}

impl Sink for Erase {
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<()> {
        for batch in batches {
            let records = batch.block.records(batch.base, batch.from);
            let taken_back = records.filter(|record| {
                let head = record.value.and_then(|value| format.decode::<Head<'_>>(value).ok());
                head.is_some_and(|head| head.kind == Kind::Deletion)
            });
            let keys: Vec<(&[u8], u64)> = taken_back.map(|record| (record.key, record.offset)).collect();
            if !keys.is_empty() {
                self.log.erase(Post::TOPIC, batch.partition, &keys)?;
            }
        }
        Ok(())
    }
}
