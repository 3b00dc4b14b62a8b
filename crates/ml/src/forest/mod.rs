//! Quantile regression forests: what is likely, given what is seen, from examples.
//!
//! After Meinshausen (2006). A tree asks questions of the features until few examples are left; these are its opinion. The forest
//! weighs each example by how often it is in a leaf with the new one: not a number but a law comes out, and whoever asks takes of
//! it what the score rewards. The median of the law for absolute errors, [`Law::relative_median`] for relative ones, quantiles for
//! an interval.
//!
//! Each tree sees a random part of the examples, and at each node a random part of the features. What a tree has not seen judges
//! it: [`Trained::out_of_bag`].
//!
//! ```
//! use ml::forest::{Examples, Forest, Settings};
//!
//! let mut examples = Examples::new(1);
//! for step in 0..200_u16 {
//!     examples.push(&[f32::from(step)], if step < 100 { 1.0 } else { 2.0 });
//! }
//! let trained = Forest::train(&examples, &Settings::default(), 1);
//! assert_eq!(trained.forest.law(&[40.0]).quantile(0.5), Some(1.0));
//! assert_eq!(trained.forest.law(&[160.0]).quantile(0.5), Some(2.0));
//! ```

mod bins;
mod grow;
mod law;

pub use law::Law;

use crate::chance::Chance;
use bins::Bins;
use grow::Grower;
use serde::{Deserialize, Serialize};

/// How trees grow.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Settings {
    /// How many trees.
    pub trees: u16,
    /// A leaf has at least so many examples.
    pub leaf: u16,
    /// The part of the features that a node may ask about, from 0 to 1. There is always one.
    pub features: f32,
    /// The part of the examples that a tree sees, from 0 to 1.
    pub rows: f32,
    /// No path is longer.
    pub depth: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { trees: 100, leaf: 5, features: 0.33, rows: 0.63, depth: 24 }
    }
}

/// What a forest learns from: rows of features, each with a target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    width: usize,
    features: Vec<f32>,
    targets: Vec<f32>,
}

impl Examples {
    /// None yet, of so many features each.
    pub fn new(width: usize) -> Self {
        Examples { width, ..Examples::default() }
    }

    /// Adds one. Features that are missing count as 0, those beyond the width are left out, and what is not a finite number is
    /// cut to one.
    pub fn push(&mut self, features: &[f32], target: f32) {
        let padded = features.iter().copied().chain(std::iter::repeat(0.0));
        self.features.extend(padded.take(self.width).map(finite));
        self.targets.push(finite(target));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The features of one.
    pub fn row(&self, row: usize) -> &[f32] {
        let start = row.saturating_mul(self.width);
        self.features.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// The target of one; 0 if there is no such.
    pub fn target(&self, row: usize) -> f32 {
        self.targets.get(row).copied().unwrap_or_default()
    }
}

/// The number itself, or one that is near and finite.
pub(crate) fn finite(number: f32) -> f32 {
    if number.is_nan() { 0.0 } else { number.clamp(-1e30, 1e30) }
}

/// Trees that have grown.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Forest {
    /// All targets, in order. Leaves name them by their place.
    targets: Vec<f32>,
    trees: Vec<Tree>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Tree {
    nodes: Vec<Node>,
    /// The examples that it has seen, leaf by leaf.
    rows: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
enum Node {
    /// Up to the threshold it goes on at `left`, above at the node after that.
    Split {
        feature: u16,
        threshold: f32,
        left: u32,
    },
    Leaf {
        start: u32,
        end: u32,
    },
}

/// A forest, and which examples each of its trees has seen.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The forest.
    pub forest: Forest,
    /// For each example, its place among the targets in order.
    ranks: Vec<u32>,
    /// For each tree, whether it has seen the target at that place.
    seen: Vec<Vec<bool>>,
}

impl Forest {
    /// Grows a forest. The same examples, settings and seed give the same one.
    pub fn train(examples: &Examples, settings: &Settings, seed: u64) -> Trained {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by(|a, b| examples.target(*a).total_cmp(&examples.target(*b)));
        let mut ranks = vec![0; order.len()];
        for (rank, row) in order.iter().enumerate() {
            if let Some(place) = ranks.get_mut(*row) {
                *place = rank as u32;
            }
        }
        let targets: Vec<f32> = order.iter().map(|row| examples.target(*row)).collect();
        let bins = Bins::new(examples, &order);
        let mut grower = Grower::new(&bins, &targets, settings);
        let mut chance = Chance::new(seed);
        let trees: Vec<Tree> = (0..settings.trees).map(|_| grower.tree(chance.fork())).collect();
        let seen = trees.iter().map(|tree| tree.seen(targets.len())).collect();
        Trained { forest: Forest { targets, trees }, ranks, seen }
    }

    /// What is likely of one with these features.
    pub fn law(&self, features: &[f32]) -> Law<'_> {
        self.weigh(self.trees.iter(), features)
    }

    /// How many examples it was trained with.
    pub fn examples(&self) -> usize {
        self.targets.len()
    }

    /// How many trees it has.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    fn weigh<'a>(&self, trees: impl Iterator<Item = &'a Tree>, features: &[f32]) -> Law<'_> {
        let mut weights = vec![0.0; self.targets.len()];
        for tree in trees {
            let leaf = tree.leaf(features);
            let weight = 1.0 / leaf.len().max(1) as f32;
            for row in leaf {
                if let Some(sum) = weights.get_mut(*row as usize) {
                    *sum += weight;
                }
            }
        }
        Law::new(&self.targets, weights)
    }
}

impl Trained {
    /// What the trees that have not seen this example say of it; nothing, if all have.
    pub fn out_of_bag(&self, examples: &Examples, row: usize) -> Option<Law<'_>> {
        let rank = *self.ranks.get(row)? as usize;
        let unseen = |seen: &Vec<bool>| seen.get(rank) == Some(&false);
        let trees = self.forest.trees.iter().zip(&self.seen).filter(|(_, seen)| unseen(seen));
        let law = self.forest.weigh(trees.map(|(tree, _)| tree), examples.row(row));
        (law.whole() > 0.0).then_some(law)
    }
}

impl Tree {
    /// The examples in the leaf where these features lead to.
    fn leaf(&self, features: &[f32]) -> &[u32] {
        let mut at = 0;
        loop {
            match self.nodes.get(at) {
                Some(Node::Split { feature, threshold, left }) => {
                    let value = features.get(usize::from(*feature)).copied().map_or(0.0, finite);
                    let next = *left as usize + usize::from(value > *threshold);
                    // Children stand after their parents: what was read from elsewhere must not lead in a circle.
                    if next <= at {
                        return &[];
                    }
                    at = next;
                }
                Some(Node::Leaf { start, end }) => return self.rows.get(*start as usize..*end as usize).unwrap_or_default(),
                None => return &[],
            }
        }
    }

    fn seen(&self, examples: usize) -> Vec<bool> {
        let mut seen = vec![false; examples];
        for row in &self.rows {
            if let Some(seen) = seen.get_mut(*row as usize) {
                *seen = true;
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
