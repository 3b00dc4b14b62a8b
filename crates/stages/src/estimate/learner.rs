//! What a partition has learned, and the cascades that it may yet learn from.

use super::authors::Authors;
use super::models::{Known, Look, Opinion, Usual};
use crate::kept::Kept;
use domain::Series;
use flow::{Changes, Format, State};
use ml::hawkes::{Finished, Fit, Population};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many cascades are remembered until they have ended; beyond that, the oldest are not.
const MOST: usize = 100_000;
const POPULATION: &[u8] = b"p";
const PENDING: u8 = b'c';

/// The state of a partition.
#[derive(Debug, Default)]
pub struct Learner {
    population: Population,
    authors: Authors,
    /// By cascade.
    pending: Kept<Pending, PENDING>,
    /// The same by age: numbers rise.
    ages: BTreeMap<u64, Vec<u8>>,
    has_learned: bool,
}

/// A cascade that was estimated and has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    age: u64,
    first: f64,
    reposts: u64,
    marks: f64,
    squares: f64,
    fit: Option<Fit>,
}

impl Pending {
    pub(super) fn of(look: &Look, opinion: &Opinion) -> Self {
        let (reposts, marks, squares) = look.sums();
        Pending { age: 0, first: look.first(), reposts, marks, squares, fit: opinion.fit }
    }
}

impl Learner {
    /// What is known before this cascade is looked at.
    pub(super) fn known(&self, usual: &Usual, series: &Series<'_>, look: &Look) -> Known {
        let learned = self.population.moments();
        let mut moments = learned.unwrap_or_else(|| look.moments());
        let (learned_from, author) = (self.population.seen(), self.authors.known(series));
        match usual {
            Usual::Learned => Known { moments, prior: Some(self.population.prior_or_broad(moments.mean)), learned_from, author },
            Usual::Nothing => Known { moments, prior: None, learned_from, author },
            Usual::Given(mean, prior) => {
                moments.square *= (mean / moments.mean).powi(2);
                moments.mean = *mean;
                Known { moments, prior: Some(*prior), learned_from: 0, author }
            }
        }
    }

    /// Remembers what was made of a cascade, until it ends.
    pub(super) fn remember(&mut self, cascade: &str, pending: Pending) {
        let age = self.ages.last_key_value().map_or(0, |(newest, _)| newest + 1);
        if let Some(before) = self.pending.insert(cascade.into(), Pending { age, ..pending }) {
            self.ages.remove(&before.age);
        }
        self.ages.insert(age, cascade.into());
        while self.ages.len() > MOST
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.pending.remove(&oldest);
        }
    }

    /// Learns from a cascade that has ended.
    pub(super) fn finish(&mut self, series: &Series<'_>) {
        self.authors.learn(series);
        let Some(pending) = self.pending.remove(series.cascade.as_bytes()) else { return };
        self.ages.remove(&pending.age);
        let reposts = series.size.saturating_sub(1);
        // Squares are known of those listed; the others are taken to be like them.
        let more = if pending.reposts > 0 { reposts as f64 / pending.reposts as f64 } else { 0.0 };
        // So are all, where the collector does not say how far it reached.
        let told = (series.reach > 0).then_some(series.reach as f64 - pending.first);
        let reposters_reach = told.unwrap_or(pending.marks * more).max(0.0);
        let (reach, squares) = (pending.first + reposters_reach, pending.squares * more);
        self.population.observe(&Finished { reposts, reach, reposters_reach, squares, fit: pending.fit });
        self.has_learned = true;
    }
}

impl State for Learner {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.pending.save(changes);
        self.authors.save(changes);
        if std::mem::take(&mut self.has_learned) {
            changes.encode(POPULATION, &self.population);
        }
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if sub_key == POPULATION {
            self.population = Format::Compact.decode(value).unwrap_or_default();
        } else if !self.authors.load(sub_key, value)
            && self.pending.load(sub_key, value)
            && let Some(cascade) = sub_key.get(1..)
            && let Some(pending) = self.pending.get(cascade)
        {
            self.ages.insert(pending.age, cascade.to_vec());
        }
    }
}
