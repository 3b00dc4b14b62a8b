//! What has done best on recent samples.

use super::band::Band;
use super::{Sample, error, larger};
use serde::{Deserialize, Serialize};

/// A sample, and what the live model said of it without having seen it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Record {
    pub sample: Sample,
    pub band: Option<Band>,
}

/// How to predict now.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Plan {
    /// The best constant: every cascade grows by this much.
    pub constant: Band,
    /// The part of the model in a guess, the rest being the constant.
    pub model: f64,
    /// The part of the Hawkes process in a guess without a model, the rest being the constant.
    pub hawkes: f64,
    /// It is not believed beyond this.
    pub most: f64,
    /// By how much intervals are stretched.
    pub scale: f64,
}

/// Before anything is known: half of all cascades will have more than doubled.
const USUAL: Band = Band { middle: 0.7, low: 0.1, high: 1.6 };
/// Which counts as so many samples.
const WEIGHT: f64 = 8.0;
/// With fewer recent samples nothing is chosen.
const FEW: usize = 16;
/// The parts of a model that are tried, the best being taken and the first if all are alike.
const SHARES: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];
/// How much of the outcomes an interval holds, and how far it may be stretched.
const COVERAGE: f64 = 0.8;
const SCALES: (f64, f64) = (0.2, 10.0);

impl Default for Plan {
    fn default() -> Self {
        Plan { constant: USUAL, model: 0.0, hawkes: 0.5, most: 2.0 * USUAL.middle, scale: 1.0 }
    }
}

impl Plan {
    /// The best on these.
    pub fn new<'a>(records: impl Iterator<Item = &'a Record> + Clone) -> Self {
        let targets: Vec<f64> = records.clone().map(|record| record.sample.target()).collect();
        let mut plan = Plan::default();
        plan.learn_constant(targets);
        if records.clone().count() < FEW {
            return plan;
        }
        plan.hawkes = plan.best(records.clone(), |plan, record, share| Some(plan.early(plan.raw(&record.sample), share)));
        plan.model = plan.best(records.clone(), |plan, record, share| Some(plan.constant.towards(&record.band?, share)));
        let misses =
            records.map(|record| plan.combined(record.band.as_ref(), plan.raw(&record.sample)).miss(record.sample.target()));
        plan.scale = rank(misses.collect(), COVERAGE).unwrap_or(1.0).clamp(SCALES.0, SCALES.1);
        plan
    }

    fn learn_constant(&mut self, mut targets: Vec<f64>) {
        targets.sort_by(f64::total_cmp);
        let Some(first) = targets.first().copied() else { return };
        let weights = || targets.iter().map(|target| (*target, (first - target).exp()));
        let half = weights().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut below = 0.0;
        let reached = weights().find(|(_, weight)| {
            below += weight;
            below >= half
        });
        let known = targets.len() as f64;
        let low = rank(targets.clone(), 0.1).unwrap_or(first);
        let high = rank(targets.clone(), 0.9).unwrap_or(first);
        let seen = Band::new(reached.map_or(first, |(target, _)| target), low, high);
        let part = if targets.len() < 4 * FEW { known / (known + WEIGHT) } else { 1.0 };
        self.constant = USUAL.towards(&seen, part);
        self.most = self.most.max(high);
    }

    /// The growth that the Hawkes process expects, within what is believed.
    fn raw(&self, sample: &Sample) -> f64 {
        larger(sample.forecast, sample.seen).min(self.most)
    }

    fn early(&self, raw: f64, share: f64) -> Band {
        let own =
            Band::new(raw, raw - (self.constant.middle - self.constant.low), raw + (self.constant.high - self.constant.middle));
        self.constant.towards(&own, share)
    }

    /// What is predicted, before it is stretched.
    fn combined(&self, band: Option<&Band>, raw: f64) -> Band {
        match band {
            Some(band) => self.constant.towards(band, self.model),
            None => self.early(raw, self.hawkes),
        }
    }

    /// What is predicted.
    pub fn band(&self, model: Option<&Band>, forecast: f64, seen: f64) -> Band {
        self.combined(model, larger(forecast, seen).min(self.most)).stretched(self.scale)
    }

    /// The share with the least mean error.
    fn best<'a>(
        &self,
        records: impl Iterator<Item = &'a Record> + Clone,
        band: impl Fn(&Plan, &Record, f64) -> Option<Band>,
    ) -> f64 {
        let score = |share: f64| {
            let errors = records.clone().filter_map(|record| {
                let band = band(self, record, share)?;
                Some(error(band.middle, record.sample.target()))
            });
            mean(errors)
        };
        let mut best = (f64::INFINITY, 0.0);
        for share in SHARES {
            let score = score(share).unwrap_or(f64::INFINITY);
            if score < best.0 {
                best = (score, share);
            }
        }
        best.1
    }
}

/// The mean, if there are any.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = numbers.fold((0_u32, 0.0), |(count, sum), number| (count + 1, sum + number));
    (count > 0).then(|| sum / f64::from(count))
}

/// The smallest that this part, and one more, do not exceed.
fn rank(mut numbers: Vec<f64>, part: f64) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let at = ((numbers.len() + 1) as f64 * part).ceil() as usize;
    numbers.get(at.saturating_sub(1).min(numbers.len().saturating_sub(1))).copied()
}
