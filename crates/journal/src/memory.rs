//! A log in memory: the simplest thing that keeps the contract.

use crate::groups::Groups;
use crate::store::{Durable, Entry, Erasures, Found, Store, TOMBSTONE_MS, random_name};
use crate::topics::{Part, Topics};
use flow::{Block, Cleanup, Result, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// The blocks of every partition.
pub struct Memory {
    identity: String,
    parts: BTreeMap<Part, Blocks>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory { identity: random_name(), parts: BTreeMap::new() }
    }
}

#[derive(Default)]
struct Blocks {
    start: u64,
    end: u64,
    blocks: BTreeMap<u64, Block>,
}

impl Store for Memory {
    fn identity(&self) -> Result<String> {
        Ok(self.identity.clone())
    }

    fn append(&mut self, entry: Entry<'_>, _groups: &Groups, _topics: &Topics) -> Result<Durable> {
        if let Entry::Commit { blocks, .. } = entry {
            for placed in blocks {
                let part = self.parts.entry(placed.part).or_default();
                part.blocks.insert(placed.base, placed.block.clone());
                part.end = placed.base + u64::from(placed.block.span);
            }
        }
        Ok(Box::new(|| Ok(())))
    }

    fn bounds(&self, part: Part) -> Range<u64> {
        self.parts.get(&part).map_or(0..0, |blocks| blocks.start..blocks.end)
    }

    fn find(&mut self, part: Part, from: u64, bytes: usize) -> Result<Vec<Found>> {
        let Some(blocks) = self.parts.get(&part) else { return Ok(vec![]) };
        let first = blocks.blocks.range(..=from).next_back().map_or(from, |(base, _)| *base);
        let mut taken = 0;
        let behind = blocks.blocks.range(first..).filter(|(base, block)| *base + u64::from(block.span) > from);
        let within = behind.take_while(|(_, block)| {
            let more = taken == 0 || taken + block.bytes.len() <= bytes;
            taken += block.bytes.len();
            more
        });
        Ok(within.map(|(base, block)| Found::Held { base: *base, block: block.clone() }).collect())
    }

    fn erase(&mut self, part: Part, keys: &Erasures<'_>, _groups: &Groups, _topics: &Topics) -> Result<u64> {
        let mut erased = 0;
        if let Some(blocks) = self.parts.get_mut(&part) {
            blocks.sift(|offset, key| {
                let hit = keys.get(key).is_some_and(|before| offset < *before);
                erased += u64::from(hit);
                !hit
            });
        }
        Ok(erased)
    }

    fn maintain(&mut self, now: Timestamp, _groups: &Groups, topics: &Topics) -> Result<()> {
        for (part, blocks) in &mut self.parts {
            match topics.spec(*part).map(|spec| &spec.cleanup) {
                Some(Cleanup::Delete { age_ms, size }) => blocks.expire(now, *age_ms, *size),
                Some(Cleanup::Compact) => blocks.compact(now),
                None => {}
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Durable {
        Box::new(|| Ok(()))
    }
}

impl Blocks {
    fn sift(&mut self, mut keep: impl FnMut(u64, &[u8]) -> bool) {
        for (base, block) in &mut self.blocks {
            if let Some(sifted) = block.sifted(*base, |record| keep(record.offset, record.key)) {
                *block = sifted;
            }
        }
    }

    fn expire(&mut self, now: Timestamp, age_ms: Option<u64>, size: Option<u64>) {
        let mut bytes: u64 = self.blocks.values().map(|block| block.bytes.len() as u64).sum();
        while let Some(oldest) = self.blocks.first_entry() {
            let block = oldest.get();
            let old = age_ms.is_some_and(|age| now.millis_since(block.mark.at) > age.cast_signed());
            if !old && size.is_none_or(|size| bytes <= size) {
                return;
            }
            bytes -= block.bytes.len() as u64;
            self.start = oldest.key() + u64::from(block.span);
            oldest.remove();
        }
    }

    fn compact(&mut self, now: Timestamp) {
        let mut newest: HashMap<Vec<u8>, (u64, bool)> = HashMap::new();
        for (base, block) in &self.blocks {
            let expired = now.millis_since(block.mark.at) > TOMBSTONE_MS;
            let entry = |record: flow::Record<'_>| (record.key.to_vec(), (record.offset, record.value.is_none() && expired));
            newest.extend(block.records(*base, 0).map(entry));
        }
        self.sift(|offset, key| newest.get(key) == Some(&(offset, false)));
    }
}
