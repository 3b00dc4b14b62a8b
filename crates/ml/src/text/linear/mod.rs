//! Linear models of short texts: small, fast, and learned in seconds to minutes.
//!
//! A text's n-grams of words and letters ([`Training`] says which) are hashed into a table; each class has a weight for each place.
//! Weights are learned by a support vector machine, one class against the rest, and made probabilities by texts that were held out.
//! A model is one file: a byte for each weight, and only places that are in use.
//!
//! ```
//! use ml::text::linear::{Lexicon, Linear, Scratch, Training, train};
//!
//! let texts = ["what a lovely day", "a lovely song", "such an awful day", "an awful, awful song"].repeat(5);
//! let labels: Vec<[u32; 1]> = [[0], [0], [1], [1]].repeat(5);
//! let classes = ["good".to_owned(), "bad".to_owned()];
//! let training = Training { bits: 12, ..Training::default() };
//! let trained = train(&texts, &labels, &classes, &training, &Lexicon::default(), &mut |_| true)?;
//! let linear = Linear::read(&trained.write())?;
//! let (mut scratch, mut probabilities) = (Scratch::default(), vec![]);
//! linear.probabilities("lovely!", &mut scratch, &mut probabilities);
//! assert!(probabilities[0] > 0.5);
//! # Ok::<(), String>(())
//! ```

mod calibrate;
mod decide;
mod features;
mod lexicon;
mod rows;
mod settings;
mod solve;
#[cfg(test)]
mod tests;
mod train;
mod weights;

pub use features::Scratch;
pub use lexicon::Lexicon;
pub use settings::{Aim, Training};
pub use train::{Progress, train};

use calibrate::{Line, sigmoid, softmax};
use features::Shape;

/// A model: what it takes to say how likely a text is of each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    shape: Shape,
    multi_label: bool,
    classes: Vec<String>,
    columns: Vec<Column>,
    /// What a class's probability is multiplied with before one is decided for.
    favours: Vec<f32>,
    /// For each place its rarity, then a weight for each column.
    table: Vec<u8>,
}

/// A class's part of the model. Two classes of which each text has one need but one: what is not the second is the first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Column {
    /// What a stored weight is multiplied with.
    scale: f32,
    bias: f32,
    line: Line,
}

impl Linear {
    /// The names of the classes, in the order of their probabilities.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Whether a text may have none of the classes, or several: probabilities then do not add up to 1.
    pub fn multi_label(&self) -> bool {
        self.multi_label
    }

    /// How likely `text` is of each class. `out` has one for each, in place of what it held.
    pub fn probabilities(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<f32>) {
        self.scores(text, scratch, out);
        for (score, column) in out.iter_mut().zip(&self.columns) {
            *score = *score * column.line.slope + column.line.offset;
        }
        to_probabilities(self.multi_label, self.classes.len(), out);
    }

    /// What to decide for, given the probabilities: exactly one class, or with [`Linear::multi_label`] any number. Favours what the
    /// training's aim does, so it need not be the likeliest.
    pub fn decide(&self, probabilities: &[f32], out: &mut Vec<u32>) {
        decide::decide(probabilities, &self.favours, self.multi_label, out);
    }

    /// How far the text is on each column's side.
    fn scores(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<f32>) {
        scratch.count(&self.shape, text);
        let mut sums = std::mem::take(&mut scratch.sums);
        sums.clear();
        sums.resize(self.columns.len(), [0.0; 2]);
        let inverse = self.sum(scratch, &mut sums);
        out.clear();
        let score =
            |(sum, column): (&[f32; 2], &Column)| column.scale * (sum[0] * inverse[0] + sum[1] * inverse[1]) + column.bias;
        out.extend(sums.iter().zip(&self.columns).map(score));
        scratch.sums = sums;
    }

    /// Adds up the stored weights of the words and of the letters; returns what they have to be multiplied with.
    fn sum(&self, scratch: &Scratch, sums: &mut [[f32; 2]]) -> [f32; 2] {
        let stride = self.columns.len() + 1;
        let letters = self.shape.first_of_letters();
        let mut squares = [0.0_f32; 2];
        for place in &scratch.places {
            let at = *place as usize;
            let entry = self.table.get(at * stride..(at + 1) * stride).unwrap_or_default();
            let Some((rarity, codes)) = entry.split_first().filter(|(rarity, _)| **rarity > 0) else { continue };
            let part = at >= letters;
            let worth = features::worth(scratch.times(*place));
            *either(&mut squares, part) += (worth * f32::from(*rarity)).powi(2);
            for (sum, code) in sums.iter_mut().zip(codes) {
                *either(sum, part) += worth * weights::decoded(*code);
            }
        }
        let unit = rows::RARITY_UNIT * rows::RARITY_UNIT;
        rows::inverse_lengths([squares[0] / unit, squares[1] / unit], &self.shape)
    }
}

/// The first of a pair, or its second.
fn either<T>(pair: &mut [T; 2], second: bool) -> &mut T {
    let [first, other] = pair;
    if second { other } else { first }
}

/// How many columns it takes for so many classes.
fn columns(classes: usize, multi_label: bool) -> usize {
    if classes == 2 && !multi_label { 1 } else { classes }
}

/// Makes probabilities of the logits of columns.
fn to_probabilities(multi_label: bool, classes: usize, logits: &mut Vec<f32>) {
    if multi_label || classes < 2 {
        logits.iter_mut().for_each(|logit| *logit = sigmoid(*logit));
    } else if classes == 2 {
        let second = sigmoid(logits.first().copied().unwrap_or(0.0));
        logits.clear();
        logits.extend([1.0 - second, second]);
    } else {
        softmax(logits);
    }
}
