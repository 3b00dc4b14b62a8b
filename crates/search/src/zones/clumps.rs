//! Clumps: neighbours whose values lie close together, but for a few strays.
//!
//! A stream of posts is in the order of time but for those that came late. So nearly all of some neighbours are known to lie in one
//! hour, and only the others need to be read.

use tantivy::DocId;
use tantivy::columnar::{Column, ColumnIndex};

/// So many neighbours are a clump: as many as there are bits for strays.
pub(crate) const CLUMP: u32 = u128::BITS;

/// At most one in so many is a stray.
const RARE: usize = 16;

/// What is known of neighbours. Of nothing, nothing is: all are strays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Clump {
    /// The least code of those that are no strays.
    pub(crate) least: u64,
    /// The greatest.
    pub(crate) greatest: u64,
    /// A bit for each stray.
    pub(crate) strays: u128,
}

impl Default for Clump {
    fn default() -> Self {
        Clump { least: 0, greatest: 0, strays: u128::MAX }
    }
}

/// The clumps of a segment's column, each of whose documents has one value.
#[derive(Debug)]
pub(crate) struct Clumps(Vec<Clump>);

impl Clumps {
    /// Reads a column once.
    pub(super) fn new(column: &Column<u64>, docs: u32) -> Clumps {
        if !matches!(column.index, ColumnIndex::Full) {
            return Clumps(vec![]);
        }
        let mut values = vec![];
        let clump = |start: u32| {
            values.resize(CLUMP.min(docs - start) as usize, 0);
            column.values.get_range(u64::from(start), &mut values);
            Clump::new(&values)
        };
        Clumps((0..docs).step_by(CLUMP as usize).map(clump).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The clump that a document is in.
    pub(crate) fn of(&self, doc: DocId) -> Option<Clump> {
        self.0.get((doc / CLUMP) as usize).copied()
    }
}

impl Clump {
    fn new(values: &[u64]) -> Clump {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let width = |(least, greatest): &(u64, u64)| greatest - least;
        let all = sorted.first().copied().zip(sorted.last().copied()).unwrap_or_default();
        let most = sorted.windows((sorted.len() - sorted.len() / RARE).max(1));
        let most = most.filter_map(|some| Some((*some.first()?, *some.last()?))).min_by_key(width).unwrap_or(all);
        // Those nearby are no strays; and where all are evenly spread there are none.
        let slack = width(&most) / 4;
        let near = most.0.saturating_sub(slack)..=most.1.saturating_add(slack);
        let within = || sorted.iter().copied().filter(|value| near.contains(value));
        let most = within().next().zip(within().next_back()).unwrap_or(all);
        let (least, greatest) = if width(&most) < width(&all) / 2 { most } else { all };
        let stray = |value: &u64| u128::from(!(least..=greatest).contains(value));
        let strays = values.iter().rev().fold(0, |strays, value| (strays << 1) | stray(value));
        Clump { least, greatest, strays }
    }
}

#[cfg(test)]
mod tests {
    use super::{CLUMP, Clump};

    #[test]
    fn those_that_came_late_are_strays() {
        let mut times: Vec<u64> = (1000..1000 + u64::from(CLUMP)).collect();
        assert_eq!(Clump::new(&times), Clump { least: 1000, greatest: 1127, strays: 0 });
        (times[3], times[127]) = (7, 9);
        assert_eq!(Clump::new(&times), Clump { least: 1000, greatest: 1126, strays: (1 << 3) | (1 << 127) });
    }

    #[test]
    fn where_too_many_lie_apart_none_is_a_stray() {
        let half: Vec<u64> = (0..128).map(|place| if place % 2 == 0 { 5 } else { 5000 }).collect();
        assert_eq!(Clump::new(&half), Clump { least: 5, greatest: 5000, strays: 0 });
        assert_eq!(Clump::new(&[3]), Clump { least: 3, greatest: 3, strays: 0 });
    }
}
