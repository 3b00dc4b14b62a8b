//! How many different values there are: exactly up to 65,536 of them; beyond, by HyperLogLog with 2^14 registers, whose standard
//! error is 0.8 %.

#[cfg(test)]
mod tests;

use super::Partial;
use super::words::Words;
use super::work::{Hall, Work};
use crate::Result;
use crate::blocks::{Block, Ords, Reader};
use hashbrown::HashSet;

const EXACT: usize = 65_536;
const BITS: u32 = 14;

/// The values seen, by their hashes.
#[derive(Clone, Debug, PartialEq)]
pub enum Distinct {
    /// So many, in the only segment.
    #[doc(hidden)]
    Known(u64),
    #[doc(hidden)]
    Exact(HashSet<u64>),
    /// The longest row of zeros, for each register.
    #[doc(hidden)]
    Sketch(Vec<u8>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Exact(HashSet::new())
    }
}

/// Mixes the bits of a code well, as the finish of SplitMix64 does.
fn mix(code: u64) -> u64 {
    let code = (code ^ (code >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let code = (code ^ (code >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    code ^ (code >> 31)
}

impl Distinct {
    /// Notes a value; says by how many bytes it grew, about.
    fn push(&mut self, hash: u64) -> usize {
        match self {
            Distinct::Exact(hashes) => {
                if !hashes.insert(hash) {
                    return 0;
                }
                if hashes.len() > EXACT {
                    let mut registers = vec![0; 1 << BITS];
                    hashes.iter().for_each(|hash| note(&mut registers, *hash));
                    *self = Distinct::Sketch(registers);
                }
                16
            }
            Distinct::Sketch(registers) => {
                note(registers, hash);
                0
            }
            Distinct::Known(_) => 0,
        }
    }

    pub(super) fn with(self, other: Distinct) -> Distinct {
        match (self, other) {
            (Distinct::Sketch(mut some), Distinct::Sketch(other)) => {
                some.iter_mut().zip(other).for_each(|(own, other)| *own = (*own).max(other));
                Distinct::Sketch(some)
            }
            (mut some, Distinct::Exact(hashes)) | (Distinct::Exact(hashes), mut some) => {
                hashes.into_iter().for_each(|hash| {
                    some.push(hash);
                });
                some
            }
            (some, Distinct::Known(_)) | (Distinct::Known(_), some) => some,
        }
    }

    pub(super) fn count(&self) -> u64 {
        let registers = match self {
            Distinct::Known(count) => return *count,
            Distinct::Exact(hashes) => return hashes.len() as u64,
            Distinct::Sketch(registers) => registers,
        };
        let size = registers.len() as f64;
        let sum: f64 = registers.iter().map(|zeros| 0.5f64.powi(i32::from(*zeros))).sum();
        let guess = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
        let unused = registers.iter().filter(|zeros| **zeros == 0).count() as f64;
        let guess = if guess <= 2.5 * size && unused > 0.0 { size * (size / unused).ln() } else { guess };
        guess.round() as u64
    }
}

fn note(registers: &mut [u8], hash: u64) {
    let place = (hash >> (64 - BITS)) as usize;
    let zeros = ((hash << BITS).leading_zeros().min(64 - BITS) + 1) as u8;
    if let Some(register) = registers.get_mut(place) {
        *register = (*register).max(zeros);
    }
}

/// The words seen, by their places.
#[derive(Default)]
enum Seen {
    #[default]
    None,
    Few(HashSet<u32>),
    Bits(Vec<u64>),
}

impl Seen {
    /// Notes a word of so many; says by how many bytes it grew.
    fn push(&mut self, ord: u32, of: u32) -> usize {
        match self {
            Seen::None => {
                let few = of > 4096;
                *self = if few { Seen::Few(HashSet::new()) } else { Seen::Bits(vec![0; of as usize / 64 + 1]) };
                self.push(ord, of) + if few { 0 } else { of as usize / 8 }
            }
            Seen::Few(ords) => {
                if !ords.insert(ord) {
                    return 0;
                }
                if ords.len() > of as usize / 64 {
                    let mut bits = vec![0; of as usize / 64 + 1];
                    ords.iter().for_each(|ord| set(&mut bits, *ord));
                    *self = Seen::Bits(bits);
                }
                8
            }
            Seen::Bits(bits) => {
                set(bits, ord);
                0
            }
        }
    }

    fn ords(&self) -> Vec<u64> {
        match self {
            Seen::None => vec![],
            Seen::Few(ords) => {
                let mut ords: Vec<u64> = ords.iter().map(|ord| u64::from(*ord)).collect();
                ords.sort_unstable();
                ords
            }
            Seen::Bits(bits) => {
                let ones = |(place, word): (usize, &u64)| {
                    let word = *word;
                    (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| place as u64 * 64 + bit)
                };
                bits.iter().enumerate().flat_map(ones).collect()
            }
        }
    }
}

fn set(bits: &mut [u64], ord: u32) {
    if let Some(word) = bits.get_mut(ord as usize / 64) {
        *word |= 1 << (ord % 64);
    }
}

/// Counts different values, bucket by bucket.
pub(super) struct Counting {
    reader: Reader,
    words: Option<Words>,
    seen: Vec<Seen>,
    codes: Vec<Distinct>,
}

impl Counting {
    pub(super) fn new(reader: Reader, words: Option<Words>) -> Self {
        Counting { reader, words, seen: vec![], codes: vec![] }
    }
}

impl Work for Counting {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() {
            return;
        }
        let read = self.reader.read(block);
        let most = match read.ords {
            Ords::One(ord) => ord,
            Ords::Each(ords) => ords.iter().copied().max().unwrap_or_default(),
        };
        let mut grown = 0;
        if let Some(words) = &self.words {
            let of = words.count() + 1;
            hall.budget.grow(&mut self.seen, most);
            for (place, code) in read.values.iter().enumerate() {
                let seen = self.seen.get_mut(read.ords.at(place) as usize);
                grown += seen.map_or(0, |seen| seen.push(*code as u32, of));
            }
        } else {
            hall.budget.grow(&mut self.codes, most);
            for (place, code) in read.values.iter().enumerate() {
                let codes = self.codes.get_mut(read.ords.at(place) as usize);
                grown += codes.map_or(0, |codes| codes.push(mix(*code)));
            }
        }
        hall.budget.charge(grown);
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        if let Some(words) = &self.words {
            let Some(seen) = self.seen.get(ord as usize) else { return Ok(Partial::Nothing) };
            let ords = seen.ords();
            if words.is_alone() {
                return Ok(Partial::Distinct(Distinct::Known(ords.len() as u64)));
            }
            let mut distinct = Distinct::default();
            for (key, _) in words.keys(&ords)? {
                distinct.push(key);
            }
            return Ok(if ords.is_empty() { Partial::Nothing } else { Partial::Distinct(distinct) });
        }
        Ok(self.codes.get_mut(ord as usize).map_or(Partial::Nothing, |codes| Partial::Distinct(std::mem::take(codes))))
    }
}
