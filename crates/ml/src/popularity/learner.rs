//! When to train, and with what.

use super::model::{Model, Tuning, tune};
use super::{NAMES, Sample};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// When to train, and how much may be kept.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Schedule {
    /// A new model after so many samples.
    pub mini_batch: u64,
    /// Hyper-parameters are tuned after so many.
    pub batch: u64,
    /// So many of the last samples are kept.
    pub most: usize,
    /// Where chance comes from.
    pub seed: u64,
}

/// What a sample takes at most, in bytes, while a model is trained: the sample, its copy in the examples and in bins; in each of a
/// hundred trees of two forests, its place, its part of the nodes of leaves with three examples, and whether it was seen.
const BYTES: usize = 9 * NAMES.len() + 2 * 100 * (4 + 12) + 100 + 100;

impl Default for Schedule {
    fn default() -> Self {
        Schedule { mini_batch: 16, batch: 256, most: 2048, seed: 1 }
    }
}

impl Schedule {
    /// The same, keeping as many samples as can be trained with in so many bytes, and no more than a million.
    pub fn within(self, bytes: usize) -> Self {
        Schedule { most: (bytes / BYTES).clamp(1, 1_000_000), ..self }
    }

    /// How many bytes training takes at most.
    pub fn bytes(&self) -> usize {
        self.most.saturating_mul(BYTES)
    }
}

/// Keeps samples and trains models with them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Learner {
    schedule: Schedule,
    learned: u64,
    /// How many there were when a model was trained last, and when that was tuned.
    trained: u64,
    tuned: u64,
    tuning: Tuning,
    /// The oldest first.
    kept: VecDeque<Sample>,
}

impl Learner {
    /// One that has learned nothing.
    pub fn new(schedule: Schedule) -> Self {
        Learner { schedule, learned: 0, trained: 0, tuned: 0, tuning: Tuning::default(), kept: VecDeque::new() }
    }

    /// How many samples there have been.
    pub fn learned(&self) -> u64 {
        self.learned
    }

    /// The samples that are kept, the oldest first.
    pub fn kept(&self) -> impl Iterator<Item = &Sample> {
        self.kept.iter()
    }

    /// How it trains just now.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Learns from a cascade that has ended; a new model, if it is time for one.
    pub fn learn(&mut self, sample: Sample) -> Option<Model> {
        self.take(sample);
        self.train()
    }

    /// Keeps a cascade that has ended, for the next model.
    pub fn take(&mut self, sample: Sample) {
        self.kept.push_back(sample);
        while self.kept.len() > self.schedule.most.max(1) {
            self.kept.pop_front();
        }
        self.learned = self.learned.saturating_add(1);
    }

    /// As if a model had just been trained: the next is due a mini-batch from here.
    pub fn pause(&mut self) {
        self.trained = self.learned;
    }

    /// A new model, if enough was kept since the last.
    pub fn train(&mut self) -> Option<Model> {
        if self.learned - self.trained < self.schedule.mini_batch.max(1) {
            return None;
        }
        let seed = self.schedule.seed.wrapping_add(self.learned);
        if self.learned - self.tuned >= self.schedule.batch.max(1) {
            self.tuning = tune(self.kept.make_contiguous(), &self.tuning, seed);
            self.tuned = self.learned;
        }
        self.trained = self.learned;
        Some(Model::train(self.kept.iter(), &self.tuning, self.learned, seed))
    }
}
