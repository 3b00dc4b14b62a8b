//! Which ids are surely new: Bloom filters that grow.

use std::hash::{BuildHasher, RandomState};

/// Bits for each id; about one new id in a hundred thousand looks known then, and is looked up in vain.
const BITS: usize = 24;
const HASHES: u64 = 8;

/// The ids that were seen.
pub(super) struct Blooms {
    hasher: RandomState,
    layers: Vec<Layer>,
}

struct Layer {
    bits: Vec<u64>,
    room: usize,
}

impl Blooms {
    pub(super) fn new(expected: usize) -> Self {
        Blooms { hasher: RandomState::new(), layers: vec![Layer::new(expected.max(1 << 14))] }
    }

    pub(super) fn insert(&mut self, id: &[u8]) {
        let hash = self.hasher.hash_one(id);
        if self.layers.last().is_none_or(|layer| layer.room == 0) {
            let larger = self.layers.last().map_or(1 << 14, |layer| layer.bits.len() * 64 / BITS * 2);
            self.layers.push(Layer::new(larger));
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.room -= 1;
            layer.places(hash).for_each(|(word, bit)| {
                if let Some(word) = layer.bits.get_mut(word) {
                    *word |= bit;
                }
            });
        }
    }

    pub(super) fn may_contain(&self, id: &[u8]) -> bool {
        let hash = self.hasher.hash_one(id);
        self.layers
            .iter()
            .any(|layer| layer.places(hash).all(|(word, bit)| layer.bits.get(word).is_some_and(|word| word & bit != 0)))
    }
}

impl Layer {
    fn new(room: usize) -> Self {
        Layer { bits: vec![0; (room * BITS).div_ceil(64)], room }
    }

    /// All places lie within one line of the cache: an id costs one read of memory.
    fn places(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let lines = (self.bits.len() / 8).max(1) as u64;
        let line = (u128::from(hash) * u128::from(lines)) >> 64;
        let mut mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..HASHES).map(move |_| {
            let place = mixed >> 55;
            mixed = mixed.rotate_left(9).wrapping_mul(0xff51_afd7_ed55_8ccd);
            ((line as usize) * 8 + (place / 64) as usize, 1 << (place % 64))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Blooms;

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let mut blooms = Blooms::new(0);
        for id in 0..100_000u64 {
            blooms.insert(&id.to_le_bytes());
        }
        assert!((0..100_000u64).all(|id| blooms.may_contain(&id.to_le_bytes())));
        let wrong = (100_000..200_000u64).filter(|id| blooms.may_contain(&id.to_le_bytes())).count();
        assert!(wrong < 200, "{wrong}");
    }
}
