//! What earlier cascades came to: all of them, or those of one author.

use super::features::View;
use serde::{Deserialize, Serialize};

/// How many there were, and the usual logarithm of their size. Old ones are forgotten.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Past {
    ended: u64,
    mean: f64,
}

/// What an author's earlier cascades came to, among those of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Author {
    /// The author's; none, if nothing is known of them.
    pub own: Past,
    /// Those of all authors.
    pub all: Past,
}

/// What is older than so many cascades counts little.
const MEMORY: u64 = 2000;
/// An author is taken to be like all others, as if so many cascades had said so.
const WEIGHT: f64 = 2.0;

impl Past {
    /// Learns how large a cascade was that has ended.
    pub fn learn(&mut self, size: u64) {
        self.ended = self.ended.saturating_add(1);
        let larger = (size.max(1) as f64).ln() - self.mean;
        self.mean += larger / self.ended.min(MEMORY) as f64;
    }

    /// How many have ended.
    pub fn ended(&self) -> u64 {
        self.ended
    }
}

impl Author {
    /// By how much their mean is above that of all, as far as so few can tell.
    fn above(&self) -> f64 {
        let ended = self.own.ended as f64;
        (self.own.mean - self.all.mean) * ended / (ended + WEIGHT)
    }
}

impl View<'_> {
    /// Of an author of whom nothing is known, what is usual.
    pub(super) fn author(&self) -> [f64; 3] {
        let Author { own, all } = self.author;
        let above = self.author.above();
        [(own.ended as f64).ln_1p(), all.mean + above, above]
    }
}
