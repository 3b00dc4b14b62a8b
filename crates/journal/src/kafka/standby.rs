//! Standing by: copies of the states of others, kept up to date, so that a partition that comes over is there at once.

use super::Kept;
use super::cache::Copy;
use super::restore::{READ_BYTES, changes};
use flow::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often the topics of states are looked at.
const EVERY: Duration = Duration::from_millis(500);

/// A partition's state that this process works on: nobody else here touches its copy meanwhile.
pub struct Mine {
    kept: Arc<Kept>,
    place: (String, u32),
}

impl Mine {
    /// Takes a state on.
    pub fn take(kept: &Arc<Kept>, topic: &str, partition: u32) -> Mine {
        let place = (topic.to_owned(), partition);
        kept.mine().insert(place.clone());
        Mine { kept: kept.clone(), place }
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        self.kept.mine().remove(&self.place);
    }
}

/// Keeps copies of a topic of states for as long as the log is open.
pub fn stand_by(kept: &Arc<Kept>, topic: String, partitions: u32) {
    let kept: Weak<Kept> = Arc::downgrade(kept);
    std::thread::spawn(move || {
        let mut copies = BTreeMap::new();
        while let Some(kept) = kept.upgrade() {
            for partition in 0..partitions {
                if let Err(error) = kept.follow(&topic, partition, &mut copies) {
                    tracing::debug!(topic, partition, %error, "cannot stand by for now");
                }
            }
            drop(kept);
            std::thread::sleep(EVERY);
        }
    });
}

impl Kept {
    /// Brings the copy of a state up to date, if nobody here works on it.
    fn follow(&self, topic: &str, partition: u32, copies: &mut BTreeMap<u32, Copy>) -> Result<()> {
        let Some(slot) = &self.slot else { return Ok(()) };
        let mine = self.mine();
        if mine.contains(&(topic.to_owned(), partition)) {
            copies.remove(&partition);
            return Ok(());
        }
        let bounds = self.bounds_of(&self.committed, topic, partition)?;
        let told = |error: std::io::Error| flow::Error::Io(error.to_string());
        let is_new = !copies.contains_key(&partition);
        let mut copy = match copies.remove(&partition) {
            Some(copy) => copy,
            None => Copy::open(&slot.file(&self.cluster, topic, partition)).map_err(told)?.0,
        };
        if is_new && !self.stands(topic, partition, &copy, bounds.end)? {
            copy.clear().map_err(told)?;
        }
        let next = copy.next(bounds.start);
        if next < bounds.end
            && let (Some(landmark), changes) = changes(&self.read_topic(topic, partition, next, READ_BYTES)?)
        {
            copy.append(landmark, changes).map_err(told)?;
        }
        copies.insert(partition, copy);
        drop(mine);
        Ok(())
    }
}
