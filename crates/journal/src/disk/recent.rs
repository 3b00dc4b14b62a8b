//! Blocks written lately, in memory: a reader that keeps up never touches the disk.

use crate::store::Found;
use crate::topics::Part;
use flow::Block;
use std::collections::{HashMap, VecDeque};

/// The newest blocks of each partition, within a bound on all their bytes.
pub struct Recent {
    parts: HashMap<Part, VecDeque<(u64, Block)>>,
    order: VecDeque<Part>,
    bytes: usize,
    bound: usize,
}

impl Recent {
    pub fn new(bound: usize) -> Self {
        Recent { parts: HashMap::new(), order: VecDeque::new(), bytes: 0, bound }
    }

    pub fn add(&mut self, part: Part, base: u64, block: &Block) {
        self.bytes += weight(block);
        self.parts.entry(part).or_default().push_back((base, block.clone()));
        self.order.push_back(part);
        while self.bytes > self.bound {
            let Some(part) = self.order.pop_front() else { return };
            if let Some((_, block)) = self.parts.get_mut(&part).and_then(VecDeque::pop_front) {
                self.bytes -= weight(&block);
            }
        }
    }

    /// The blocks from an offset on, if the first of them is still here.
    pub fn find(&self, part: Part, from: u64, bytes: usize) -> Option<Vec<Found>> {
        let blocks = self.parts.get(&part)?;
        if blocks.front()?.0 > from {
            return None;
        }
        let mut left = bytes;
        let mut found = vec![];
        let first = blocks.partition_point(|(base, block)| base + u64::from(block.span) <= from);
        for (base, block) in blocks.iter().skip(first) {
            let length = block.bytes.len();
            if !found.is_empty() && length > left {
                break;
            }
            left = left.saturating_sub(length);
            found.push(Found::Held { base: *base, block: block.clone() });
        }
        Some(found)
    }

    /// Forgets a partition whose records have changed on disk.
    pub fn forget(&mut self, part: Part) {
        let gone: usize = self.parts.remove(&part).into_iter().flatten().map(|(_, block)| weight(&block)).sum();
        self.bytes -= gone;
        self.order.retain(|other| *other != part);
    }
}

/// What a block takes, its own fields included: many small blocks weigh something too.
fn weight(block: &Block) -> usize {
    block.bytes.len() + 128
}
