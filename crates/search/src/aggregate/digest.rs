//! Percentiles. Up to 4,096 values of a bucket are kept as they are; more are gathered into at most some 1,000 centroids as
//! Dunning's merging t-digest does, finer towards both ends. Elasticsearch keeps some 100 to 500 of them.

#[cfg(test)]
mod tests;

use super::Partial;
use super::work::{Hall, Work};
use crate::Result;
use crate::blocks::{Block, Reader, number};
use crate::mapping::Kind;
use std::f64::consts::PI;

const EXACT: usize = 4096;
const CENTROIDS: f64 = 1000.0;

/// Where values lie.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digest {
    /// Those not yet gathered.
    loose: Vec<f64>,
    /// Means, in order, and how many values each stands for.
    centroids: Vec<(f64, f64)>,
    least: f64,
    greatest: f64,
}

impl Digest {
    fn push(&mut self, value: f64) {
        self.bound(value, value);
        self.loose.push(value);
        if self.loose.len() >= EXACT {
            self.gather();
        }
    }

    fn bound(&mut self, least: f64, greatest: f64) {
        let first = self.loose.is_empty() && self.centroids.is_empty();
        self.least = if first { least } else { self.least.min(least) };
        self.greatest = if first { greatest } else { self.greatest.max(greatest) };
    }

    pub(super) fn merge(&mut self, mut other: Digest) {
        self.bound(other.least, other.greatest);
        if !other.centroids.is_empty() {
            other.gather();
            self.gather();
            self.centroids.append(&mut other.centroids);
            self.centroids.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
            self.squeeze();
        }
        for value in other.loose {
            self.push(value);
        }
    }

    fn gather(&mut self) {
        if self.loose.is_empty() {
            return;
        }
        self.loose.sort_unstable_by(f64::total_cmp);
        let mut all = Vec::with_capacity(self.loose.len() + self.centroids.len());
        let mut known = std::mem::take(&mut self.centroids).into_iter().peekable();
        for value in self.loose.drain(..) {
            while let Some(centroid) = known.next_if(|centroid| centroid.0 <= value) {
                all.push(centroid);
            }
            all.push((value, 1.0));
        }
        all.extend(known);
        self.centroids = all;
        self.squeeze();
    }

    /// Joins neighbours while the share of values that they stand for is small enough for where they lie.
    fn squeeze(&mut self) {
        let total: f64 = self.centroids.iter().map(|(_, weight)| weight).sum();
        let scale = |share: f64| CENTROIDS / (2.0 * PI) * (2.0 * share.clamp(0.0, 1.0) - 1.0).asin();
        let limit = |before: f64| {
            let place = scale(before / total) + 1.0;
            let angle = place * 2.0 * PI / CENTROIDS;
            if angle >= PI / 2.0 { total } else { total * (angle.sin() + 1.0) / 2.0 }
        };
        let mut joined: Vec<(f64, f64)> = Vec::with_capacity(CENTROIDS as usize + 8);
        let (mut before, mut end) = (0.0, limit(0.0));
        for (mean, weight) in self.centroids.drain(..) {
            match joined.last_mut() {
                Some(last) if before + last.1 + weight <= end => {
                    last.1 += weight;
                    last.0 += (mean - last.0) * weight / last.1;
                }
                last => {
                    before += last.map_or(0.0, |last| last.1);
                    end = limit(before);
                    joined.push((mean, weight));
                }
            }
        }
        self.centroids = joined;
    }

    /// The value below which a share of all values lies. Between two middles it goes straight from one to the other.
    pub(super) fn quantiles(&mut self, shares: &[f64]) -> Vec<f64> {
        self.order();
        shares.iter().map(|share| self.quantile(*share)).collect()
    }

    fn order(&mut self) {
        if self.centroids.is_empty() {
            self.loose.sort_unstable_by(f64::total_cmp);
            self.centroids = self.loose.drain(..).map(|value| (value, 1.0)).collect();
        } else {
            self.gather();
        }
    }

    fn quantile(&self, share: f64) -> f64 {
        let total: f64 = self.centroids.iter().map(|(_, weight)| weight).sum();
        let place = share * total;
        let (mut before, mut left) = (0.0, (0.0, self.least));
        for (mean, weight) in &self.centroids {
            let middle = before + weight / 2.0;
            if place < middle {
                return between(left, (middle, *mean), place);
            }
            left = (middle, *mean);
            before += weight;
        }
        between(left, (total, self.greatest), place)
    }

    /// The shares of values that lie below these.
    pub(super) fn ranks(&mut self, values: &[f64]) -> Vec<f64> {
        self.order();
        values.iter().map(|value| self.rank(*value)).collect()
    }

    fn rank(&self, value: f64) -> f64 {
        let total: f64 = self.centroids.iter().map(|(_, weight)| weight).sum();
        if value < self.least || value > self.greatest {
            return if value < self.least { 0.0 } else { 1.0 };
        }
        let (mut before, mut same, mut left) = (0.0, 0.0, (self.least, 0.0));
        let mut right = (self.greatest, total);
        for (mean, weight) in &self.centroids {
            if *mean > value {
                right = (*mean, before + same + weight / 2.0);
                break;
            }
            if *mean == value {
                same += weight;
            } else {
                left = (*mean, before + weight / 2.0);
                before += weight;
            }
        }
        // Of equal values half lie below.
        let place = if same > 0.0 { before + same / 2.0 } else { between(left, right, value) };
        place / total
    }
}

/// The height at `place` of a line through two points.
fn between(left: (f64, f64), right: (f64, f64), place: f64) -> f64 {
    let width = right.0 - left.0;
    if width <= 0.0 { right.1 } else { left.1 + (right.1 - left.1) * ((place - left.0) / width).clamp(0.0, 1.0) }
}

/// Digests values, bucket by bucket.
pub(super) struct Digesting {
    reader: Reader,
    kind: Kind,
    digests: Vec<Digest>,
}

impl Digesting {
    pub(super) fn new(reader: Reader, kind: Kind) -> Self {
        Digesting { reader, kind, digests: vec![] }
    }
}

impl Work for Digesting {
    fn work(&mut self, block: Block<'_>, hall: &Hall<'_>) {
        if self.reader.is_barren() {
            return;
        }
        let read = self.reader.read(block);
        for (place, code) in read.values.iter().enumerate() {
            let ord = read.ords.at(place);
            hall.budget.grow(&mut self.digests, ord);
            let Some(digest) = self.digests.get_mut(ord as usize) else { return };
            let before = digest.loose.capacity();
            digest.push(number(self.kind, *code));
            let grown = digest.loose.capacity().saturating_sub(before);
            if grown > 0 && !hall.budget.charge(grown * size_of::<f64>()) {
                return;
            }
        }
    }

    fn harvest(&mut self, ord: u32) -> Result<Partial> {
        let digest = self.digests.get_mut(ord as usize).map(std::mem::take).filter(|digest| *digest != Digest::default());
        Ok(digest.map_or(Partial::Nothing, Partial::Digest))
    }
}
