//! What is learned from samples at one time, and how well it does on those that it has not seen.

use super::band::Band;
use super::features;
use super::{Sample, error};
use crate::chance::Chance;
use crate::forest::{Examples, Forest, Settings, Trained};
use serde::{Deserialize, Serialize};

/// So many of the last samples judge: models against each other, intervals, hyper-parameters.
pub const RECENT: usize = 256;

/// What tuning chooses.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Tuning {
    /// How trees grow.
    pub forest: Settings,
    /// Only so many of the last samples are used.
    pub memory: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning { forest: Settings::default(), memory: usize::MAX }
    }
}

/// A forest, and what those of its trees that have not seen a sample said of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Model {
    /// Its number. A later one has a larger one.
    pub version: u64,
    /// How many samples there had been when it was trained.
    pub(super) learned: u64,
    /// The version of the features.
    pub(super) features: u32,
    pub(super) forest: Forest,
    /// Of the last [`RECENT`] samples, the oldest first.
    pub(super) checked: Vec<Band>,
}

impl Model {
    /// Trains with the last samples, the oldest first. `learned` is how many there have been so far, and its version until it is
    /// given another.
    pub fn train<'a>(samples: impl Iterator<Item = &'a Sample>, tuning: &Tuning, learned: u64, seed: u64) -> Self {
        let examples = examples(samples, tuning.memory);
        let trained = Forest::train(&examples, &tuning.forest, seed);
        let checked = checked(&trained, &examples);
        Model { version: learned, learned, features: features::VERSION, forest: trained.forest, checked }
    }

    /// What it says; nothing if it was trained with no samples.
    pub fn band(&self, features: &[f32]) -> Option<Band> {
        Band::of(&self.forest.law(features))
    }
}

fn examples<'a>(samples: impl Iterator<Item = &'a Sample>, memory: usize) -> Examples {
    let samples: Vec<&Sample> = samples.collect();
    let width = samples.last().map_or(0, |sample| sample.features.len());
    let mut examples = Examples::new(width);
    for sample in samples.iter().skip(samples.len().saturating_sub(memory)) {
        examples.push(&sample.features, sample.target() as f32);
    }
    examples
}

/// What trees that have not seen them say of the last examples.
fn checked(trained: &Trained, examples: &Examples) -> Vec<Band> {
    let first = examples.len().saturating_sub(RECENT);
    let band = |row| match trained.out_of_bag(examples, row) {
        Some(law) => Band::of(&law),
        None => Band::of(&trained.forest.law(examples.row(row))),
    };
    (first..examples.len()).map(|row| band(row).unwrap_or_default()).collect()
}

/// A better tuning than this one, if one of a few that chance proposes is better on recent samples.
pub(super) fn tune(samples: &[Sample], now: &Tuning, seed: u64) -> Tuning {
    let mut chance = Chance::new(seed);
    let mut best = (score(samples, now, seed), *now);
    for _ in 0..DRAWS {
        let drawn = draw(samples.len(), now, &mut chance);
        let score = score(samples, &drawn, seed);
        if score < best.0 * (1.0 - CLEARLY) {
            best = (score, drawn);
        }
    }
    best.1
}

/// How many tunings are tried, and with how many trees.
const DRAWS: usize = 6;
const TREES: u16 = 40;
/// How much better one has to be.
const CLEARLY: f64 = 0.002;

fn draw(samples: usize, now: &Tuning, chance: &mut Chance) -> Tuning {
    let leaf = one_of(chance, &[3, 5, 8, 12, 20], 5);
    let features = one_of(chance, &[0.1, 0.2, 0.33, 0.5, 0.7], 0.33);
    let memory = one_of(chance, &[usize::MAX, usize::MAX, samples / 2, samples / 4], usize::MAX);
    let memory = memory.max(2 * RECENT);
    let memory = if memory >= samples { usize::MAX } else { memory };
    Tuning { forest: Settings { leaf, features, ..now.forest }, memory }
}

fn one_of<T: Copy>(chance: &mut Chance, choices: &[T], otherwise: T) -> T {
    choices.get(chance.below(choices.len())).copied().unwrap_or(otherwise)
}

/// The mean error on recent samples, of trees that have not seen them.
fn score(samples: &[Sample], tuning: &Tuning, seed: u64) -> f64 {
    let few = Tuning { forest: Settings { trees: tuning.forest.trees.min(TREES), ..tuning.forest }, ..*tuning };
    let model = Model::train(samples.iter(), &few, 0, seed);
    let recent = samples.iter().skip(samples.len().saturating_sub(model.checked.len()));
    let errors = recent.zip(&model.checked).map(|(sample, band)| error(band.middle, sample.target()));
    errors.sum::<f64>() / model.checked.len().max(1) as f64
}
