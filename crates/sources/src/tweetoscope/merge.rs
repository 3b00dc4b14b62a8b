//! Messages of all partitions in the order in which they were written, as far as that can be had: a partition is waited for while
//! there is more in it.
//!
//! Clocks of sources do not tell: they are independent. Of what was written in the same millisecond, or by who does not say when,
//! the older by its own clock comes first.

use brokers::Found;
use std::collections::{BTreeMap, VecDeque};

/// So many wait at most for a partition that is slow.
const WAITING: usize = 100_000;

/// A message and its time, in seconds of its source's clock.
pub(super) type Timed = (f64, Found);

/// The messages that were read and not yet brought.
#[derive(Debug, Default)]
pub(super) struct Merge {
    queues: BTreeMap<u32, VecDeque<Timed>>,
    waiting: usize,
}

impl Merge {
    pub(super) fn push(&mut self, t: f64, found: Found) {
        self.waiting += 1;
        self.queues.entry(found.partition).or_default().push_back((t, found));
    }

    /// Whether more would only wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting >= WAITING
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// The message that was written first, unless one of the partitions in which there is more, `behind`, has none here.
    pub(super) fn pop(&mut self, mut behind: impl Iterator<Item = u32>) -> Option<Timed> {
        let lacks = |partition: u32| self.queues.get(&partition).is_none_or(VecDeque::is_empty);
        if !self.is_full() && behind.any(lacks) {
            return None;
        }
        let heads = self.queues.iter().filter_map(|(partition, queue)| Some((*partition, queue.front()?)));
        let (partition, _) =
            heads.min_by(|(_, one), (_, other)| one.1.written_ms.cmp(&other.1.written_ms).then(one.0.total_cmp(&other.0)))?;
        self.waiting -= 1;
        self.queues.get_mut(&partition)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(partition: u32, offset: u64) -> Found {
        Found { partition, offset, written_ms: 0, key: None, value: vec![] }
    }

    fn popped(merge: &mut Merge, behind: &[u32]) -> Option<(f64, u32)> {
        merge.pop(behind.iter().copied()).map(|(t, found)| (t, found.partition))
    }

    #[test]
    fn the_oldest_first_and_a_partition_is_waited_for() {
        let mut merge = Merge::default();
        for (t, partition) in [(5.0, 0), (6.0, 0), (1.0, 1), (9.0, 1)] {
            merge.push(t, found(partition, 0));
        }
        assert_eq!(popped(&mut merge, &[0, 1, 2]), None);
        assert_eq!(popped(&mut merge, &[0, 1]), Some((1.0, 1)));
        assert_eq!(popped(&mut merge, &[0, 1]), Some((5.0, 0)));
        assert_eq!(popped(&mut merge, &[0, 1]), Some((6.0, 0)));
        assert_eq!(popped(&mut merge, &[0]), None);
        assert_eq!(popped(&mut merge, &[]), Some((9.0, 1)));
        assert!(merge.is_empty() && popped(&mut merge, &[]).is_none());
    }

    #[test]
    fn what_was_written_first_comes_first_whatever_its_clock_shows() {
        let mut merge = Merge::default();
        for (t, partition, written_ms) in [(5000.0, 0, 7), (5001.0, 0, 9), (3.0, 1, 8), (4.0, 1, 9)] {
            merge.push(t, Found { written_ms, ..found(partition, 0) });
        }
        let all: Vec<f64> = (0..4).map(|_| popped(&mut merge, &[]).unwrap().0).collect();
        assert_eq!(all, [5000.0, 3.0, 4.0, 5001.0]);
    }

    #[test]
    fn nobody_is_waited_for_without_end() {
        let mut merge = Merge::default();
        for offset in 0..WAITING as u64 {
            merge.push(offset as f64, found(0, offset));
        }
        assert_eq!(popped(&mut merge, &[0, 1]), Some((0.0, 0)));
        assert_eq!(popped(&mut merge, &[0, 1]), None);
    }
}
