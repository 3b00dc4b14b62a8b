//! What a partition has learned, and the cascades that it may yet learn from.

use super::models::{Known, Look, Opinion, Usual};
use domain::Series;
use flow::{Changes, Format, State};
use hashbrown::HashMap;
use ml::hawkes::{Finished, Fit, Population};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many cascades are remembered until they have ended; beyond that, the oldest are not.
const PENDING: usize = 100_000;
const POPULATION: &[u8] = b"p";
/// In front of a cascade's identifier.
const CASCADE: u8 = b'c';

/// The state of a partition.
#[derive(Debug, Default)]
pub struct Learner {
    population: Population,
    pending: HashMap<Box<str>, Pending>,
    /// The same by age: numbers rise.
    ages: BTreeMap<u64, Box<str>>,
    /// What the next commit has to write.
    changed: BTreeSet<Box<str>>,
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
    pub(super) fn known(&self, usual: &Usual, look: &Look) -> Known {
        let learned = self.population.moments();
        let mut moments = learned.unwrap_or_else(|| look.moments());
        let learned_from = self.population.seen();
        match usual {
            Usual::Learned => Known { moments, prior: Some(self.population.prior_or_broad(moments.mean)), learned_from },
            Usual::Nothing => Known { moments, prior: None, learned_from },
            Usual::Given(mean, prior) => {
                moments.square *= (mean / moments.mean).powi(2);
                moments.mean = *mean;
                Known { moments, prior: Some(*prior), learned_from: 0 }
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
        self.changed.insert(cascade.into());
        while self.ages.len() > PENDING
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.pending.remove(&oldest);
            self.changed.insert(oldest);
        }
    }

    /// Learns from a cascade that has ended.
    pub(super) fn finish(&mut self, series: &Series<'_>) {
        let Some(pending) = self.pending.remove(&*series.cascade) else { return };
        self.ages.remove(&pending.age);
        self.changed.insert((*series.cascade).into());
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

fn put<T: Serialize>(key: &[u8], value: &T, changes: &mut Changes<'_>) {
    let mut bytes = vec![];
    if Format::Compact.encode(value, &mut bytes).is_ok() {
        changes.put(key, bytes);
    }
}

fn entry(cascade: &str) -> Vec<u8> {
    [&[CASCADE], cascade.as_bytes()].concat()
}

impl State for Learner {
    fn save(&mut self, changes: &mut Changes<'_>) {
        for cascade in std::mem::take(&mut self.changed) {
            match self.pending.get(&cascade) {
                Some(pending) => put(&entry(&cascade), pending, changes),
                None => changes.remove(&entry(&cascade)),
            }
        }
        if std::mem::take(&mut self.has_learned) {
            put(POPULATION, &self.population, changes);
        }
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        match sub_key {
            POPULATION => self.population = Format::Compact.decode(value).unwrap_or_default(),
            [CASCADE, cascade @ ..] => {
                let Ok(cascade) = std::str::from_utf8(cascade) else { return };
                let Ok(pending) = Format::Compact.decode::<Pending>(value) else { return };
                self.ages.insert(pending.age, cascade.into());
                self.pending.insert(cascade.into(), pending);
            }
            _ => {}
        }
    }
}
