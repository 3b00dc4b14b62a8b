//! What a forest says: targets, and how likely each is.

/// Targets in order, with weights.
#[derive(Clone, Debug)]
pub struct Law<'a> {
    targets: &'a [f32],
    weights: Vec<f32>,
    whole: f64,
}

impl<'a> Law<'a> {
    /// `targets` are in order.
    pub(super) fn new(targets: &'a [f32], weights: Vec<f32>) -> Self {
        let whole = weights.iter().map(|weight| f64::from(*weight)).sum();
        Law { targets, weights, whole }
    }

    /// The sum of all weights.
    pub(super) fn whole(&self) -> f64 {
        self.whole
    }

    /// Targets that have a weight, in order, with it.
    pub fn weighed(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let pairs = self.targets.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0);
        pairs.map(|(target, weight)| (f64::from(*target), f64::from(*weight)))
    }

    /// The smallest target that this part of the weight does not exceed; none without examples.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        median(self.weighed(), part * self.whole)
    }

    /// The mean target; none without examples.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.weighed().map(|(target, weight)| target * weight).sum();
        (self.whole > 0.0).then(|| sum / self.whole)
    }

    /// If targets are `ln r`, the `ln` of what is nearest to `r` in the mean of relative errors, `|guess - r| / r`: the median of
    /// the law with weights divided by `r`.
    pub fn relative_median(&self) -> Option<f64> {
        let lowest = self.weighed().next()?.0;
        let relative = || self.weighed().map(|(target, weight)| (target, weight * (lowest - target).exp()));
        let half = relative().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        median(relative(), half)
    }
}

/// The first target at which the sum of weights reaches `sum`; the last one if none does.
fn median(weighed: impl Iterator<Item = (f64, f64)>, sum: f64) -> Option<f64> {
    let (mut below, mut last) = (0.0, None);
    for (target, weight) in weighed {
        below += weight;
        last = Some(target);
        if below >= sum {
            break;
        }
    }
    last
}
