//! Sums, averages, least and greatest values.

use super::spec::Metric;
use super::work::{Hall, Work};
use super::{Partial, metrics};
use crate::Result;
use crate::blocks::{Block, Ords, Reader, number};
use crate::mapping::Kind;

/// So many values of one bucket are summed up side by side.
const LONG: usize = 32;

/// What is counted of a bucket's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    pub(super) count: u64,
    pub(super) sum: Sum,
    pub(super) squares: Sum,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

/// A sum that keeps what rounding loses, as Kahan's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    value: f64,
    lost: f64,
}

impl Sum {
    #[inline]
    fn add(&mut self, value: f64) {
        let corrected = value + self.lost;
        let sum = self.value + corrected;
        self.lost = corrected - (sum - self.value);
        self.value = sum;
    }

    pub(super) fn value(&self) -> f64 {
        self.value
    }
}

impl Default for Stats {
    fn default() -> Self {
        Stats { count: 0, sum: Sum::default(), squares: Sum::default(), least: f64::INFINITY, greatest: f64::NEG_INFINITY }
    }
}

impl Stats {
    pub(super) fn add(&mut self, other: &Stats) {
        self.count += other.count;
        for (own, more) in [(&mut self.sum, other.sum), (&mut self.squares, other.squares)] {
            own.add(more.value);
            own.add(more.lost);
        }
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    #[inline]
    pub(super) fn push(&mut self, value: f64, squares: bool) {
        self.count += 1;
        self.sum.add(value);
        if squares {
            self.squares.add(value * value);
        }
        self.least = if value < self.least { value } else { self.least };
        self.greatest = if value > self.greatest { value } else { self.greatest };
    }

    pub(super) fn average(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.value() / self.count as f64)
    }

    /// The variance over all, or of a sample.
    pub(super) fn variance(&self, sample: bool) -> f64 {
        let count = self.count as f64;
        let spread = self.squares.value() - self.sum.value() * self.sum.value() / count;
        let variance = spread / (if sample { count - 1.0 } else { count });
        if variance < 0.0 { 0.0 } else { variance }
    }
}

/// Values that are summed up, bucket by bucket.
pub(super) struct Summing {
    reader: Reader,
    kind: Kind,
    metric: Metric,
    stats: Vec<Stats>,
}

impl Summing {
    pub(super) fn new(reader: Reader, kind: Kind, metric: Metric) -> Self {
        Summing { reader, kind, metric, stats: vec![] }
    }
}

impl Summing {
    /// Takes the least or the greatest value of a zone without reading it.
    fn whole(&mut self, block: Block<'_>, hall: &Hall<'_>) -> bool {
        let (Metric::Least | Metric::Greatest, Ords::One(ord)) = (self.metric, block.ords) else { return false };
        let Some(zone) = self.reader.zone(block.docs) else { return false };
        hall.budget.grow(&mut self.stats, ord);
        if let Some(stats) = self.stats.get_mut(ord as usize).filter(|_| !zone.empty) {
            stats.push(number(self.kind, zone.least), false);
            stats.push(number(self.kind, zone.greatest), false);
        }
        true
    }
}

impl Work for Summing {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() || self.whole(block, hall) {
            return;
        }
        let read = self.reader.read(block);
        let most = match read.ords {
            Ords::One(ord) => ord,
            Ords::Each(ords) => ords.iter().copied().max().unwrap_or_default(),
        };
        hall.budget.grow(&mut self.stats, most);
        let squares = matches!(self.metric, Metric::Extended(_));
        let kind = self.kind;
        match (self.metric, read.ords) {
            (Metric::Count, Ords::One(ord)) => {
                if let Some(stats) = self.stats.get_mut(ord as usize) {
                    stats.count += read.values.len() as u64;
                }
            }
            (Metric::Count, ords) => (0..read.values.len()).for_each(|place| {
                if let Some(stats) = self.stats.get_mut(ords.at(place) as usize) {
                    stats.count += 1;
                }
            }),
            (_, Ords::One(ord)) => {
                if let Some(stats) = self.stats.get_mut(ord as usize) {
                    metrics::sum_up(stats, kind, read.values, squares);
                }
            }
            (_, Ords::Each(ords)) => {
                // Neighbours in time stand in one bucket mostly.
                let mut values = read.values;
                for run in ords.chunk_by(|one, other| one == other) {
                    let (own, rest) = values.split_at(run.len().min(values.len()));
                    values = rest;
                    let ord = run.first().copied().unwrap_or_default();
                    let Some(stats) = self.stats.get_mut(ord as usize) else { continue };
                    if own.len() >= LONG {
                        metrics::sum_up(stats, kind, own, squares);
                    } else {
                        own.iter().for_each(|code| stats.push(number(kind, *code), squares));
                    }
                }
            }
        }
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        let stats = self.stats.get(ord as usize).filter(|stats| stats.count > 0);
        Ok(stats.map_or(Partial::Nothing, |stats| Partial::Stats(*stats)))
    }
}

/// Sums up values of one bucket, four sums at a time so that one need not wait for the other.
fn sum_up(stats: &mut Stats, kind: Kind, values: &[u64], squares: bool) {
    let (fours, rest) = values.as_chunks::<4>();
    let mut lanes = [Stats::default(); 4];
    for four in fours {
        for (lane, code) in lanes.iter_mut().zip(four) {
            lane.push(number(kind, *code), squares);
        }
    }
    for code in rest {
        stats.push(number(kind, *code), squares);
    }
    for lane in lanes.iter().filter(|lane| lane.count > 0) {
        stats.add(lane);
    }
}
