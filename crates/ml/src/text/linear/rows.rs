//! The texts that are learned from, as places and counts, four bytes for an n-gram: a million texts have to fit into memory.

use super::either;
use super::features::{Scratch, Shape, worth};

const PLACE_BITS: u32 = 24;
/// A table has at most 2 to the power of this places.
pub const MOST_BITS: u8 = 22;
/// A rarity of one is stored as this; a byte holds sixteen times that.
pub const RARITY_UNIT: f32 = 16.0;

/// Texts, and how rare their n-grams are.
pub struct Rows {
    grams: Vec<u32>,
    ends: Vec<usize>,
    /// What each text's words and letters are multiplied with, so that all texts are of one length.
    inverse: Vec<[f32; 2]>,
    first_of_letters: u32,
    /// How rare each n-gram is, 0 for those that are not used.
    pub rarity: Vec<u8>,
}

impl Rows {
    /// The rows of `texts`. Says after each whether to go on; none if not.
    pub fn new(texts: &[&str], shape: &Shape, least_documents: u32, go_on: &mut dyn FnMut(usize) -> bool) -> Option<Rows> {
        let mut scratch = Scratch::default();
        let (mut grams, mut ends) = (vec![], vec![]);
        for (at, text) in texts.iter().enumerate() {
            scratch.count(shape, text);
            grams.extend(scratch.places.iter().map(|place| *place | u32::from(scratch.times(*place)) << PLACE_BITS));
            ends.push(grams.len());
            if !go_on(at) {
                return None;
            }
        }
        let rarity = rarities(&grams, texts.len(), shape.places(), least_documents.max(1));
        let mut rows = Rows { grams, ends, inverse: vec![], first_of_letters: shape.first_of_letters() as u32, rarity };
        rows.drop_unused();
        rows.inverse = (0..rows.len()).map(|row| rows.inverse_lengths(row, shape)).collect();
        Some(rows)
    }

    /// How many texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The places of a row's n-grams, and what each counts before its rarity.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let inverse = self.inverse.get(row).copied().unwrap_or_default();
        self.grams(row).iter().map(move |gram| {
            let (place, worth) = self.parts(*gram);
            (place as usize, worth * if place >= self.first_of_letters { inverse[1] } else { inverse[0] })
        })
    }

    /// The places of a row's n-grams.
    pub fn places(&self, row: usize) -> impl Iterator<Item = usize> {
        self.grams(row).iter().map(|gram| (gram & ((1 << PLACE_BITS) - 1)) as usize)
    }

    fn grams(&self, row: usize) -> &[u32] {
        let start = row.checked_sub(1).map_or(0, |before| self.end(before));
        self.grams.get(start..self.end(row)).unwrap_or_default()
    }

    fn end(&self, row: usize) -> usize {
        self.ends.get(row).copied().unwrap_or(0)
    }

    fn parts(&self, gram: u32) -> (u32, f32) {
        let times = (gram >> PLACE_BITS) as u8;
        (gram & ((1 << PLACE_BITS) - 1), worth(times))
    }

    /// Leaves out what is too rare to be learned from.
    fn drop_unused(&mut self) {
        let (mut kept, mut from) = (0, 0);
        for end in &mut self.ends {
            for at in from..*end {
                let gram = self.grams.get(at).copied().unwrap_or(0);
                let place = (gram & ((1 << PLACE_BITS) - 1)) as usize;
                if self.rarity.get(place).is_some_and(|rarity| *rarity > 0) {
                    self.grams.get_mut(kept).into_iter().for_each(|slot| *slot = gram);
                    kept += 1;
                }
            }
            from = *end;
            *end = kept;
        }
        self.grams.truncate(kept);
        self.grams.shrink_to_fit();
    }

    fn inverse_lengths(&self, row: usize, shape: &Shape) -> [f32; 2] {
        let mut squares = [0.0_f32; 2];
        for gram in self.grams(row) {
            let (place, worth) = self.parts(*gram);
            let rarity = self.rarity.get(place as usize).map_or(0.0, |rarity| f32::from(*rarity) / RARITY_UNIT);
            *either(&mut squares, place >= self.first_of_letters) += (worth * rarity).powi(2);
        }
        inverse_lengths(squares, shape)
    }
}

/// What words and letters are multiplied with, given the squares of their lengths.
pub fn inverse_lengths(squares: [f32; 2], shape: &Shape) -> [f32; 2] {
    let [words, letters] = shape.lengths();
    let inverse = |length: f32, square: f32| if square > 0.0 { length / square.sqrt() } else { 0.0 };
    [inverse(words, squares[0]), inverse(letters, squares[1])]
}

/// The inverse document frequency of each place, in sixteenths.
fn rarities(grams: &[u32], texts: usize, places: usize, least: u32) -> Vec<u8> {
    let mut documents = vec![0_u32; places];
    for gram in grams {
        let place = (gram & ((1 << PLACE_BITS) - 1)) as usize;
        documents.get_mut(place).into_iter().for_each(|count| *count += 1);
    }
    let rarity = |count: u32| ((1.0 + texts as f32) / (1.0 + count as f32)).ln() + 1.0;
    let stored = |count: u32| if count < least { 0 } else { (rarity(count) * RARITY_UNIT).round().clamp(1.0, 255.0) as u8 };
    documents.into_iter().map(stored).collect()
}
