//! Parameters that are likely, with how much: a grid over (ln β, ln p).

use super::cascade::Cascade;
use super::forecast::{Forecast, Moments, Scenario, forecast};
use super::search::{Fit, Point, Problem, Search};

/// Nodes along ln β.
const NODES: usize = 16;
/// Steps from the best ln p, in standard deviations.
const STEPS: [f64; 5] = [-2.4, -1.2, 0.0, 1.2, 2.4];
/// The grid ends where the density is exp(-8) of the best.
const DEPTH: f64 = 8.0;

impl Search {
    /// How large a cascade will be in the end, with the parameters that [`Search::fit`] found, and how sure that is.
    pub fn forecast(&self, cascade: &Cascade<'_>, fit: &Fit, moments: Moments) -> Forecast {
        let problem = Problem::new(self, cascade);
        let best = problem.at(fit.beta);
        let (low, high) = problem.around(&best, fit);
        let places: [f64; NODES] = std::array::from_fn(|node| low + (high - low) * node as f64 / (NODES - 1) as f64);
        let [row] = problem.passage.sweep::<NODES, 1>(places.map(f64::exp));
        let points = row.map(|terms| problem.point(&terms));
        let top = points.iter().map(|point| point.value).fold(best.value, f64::max);
        let mut scenarios = vec![problem.scenario(&best, best.ln_p, 0.0)];
        scenarios.extend(points.iter().flat_map(|point| problem.across(point, top)));
        forecast(cascade.size(), moments, &scenarios)
    }
}

impl Problem {
    /// Where the likely ln β are.
    fn around(&self, best: &Point, fit: &Fit) -> (f64, f64) {
        let (least, most) = (self.betas.0.ln(), self.betas.1.ln());
        if let Some(errors) = fit.errors {
            let width = (2.0 * DEPTH).sqrt() * errors.ln_beta;
            return ((best.ln_beta - width).max(least), (best.ln_beta + width).min(most));
        }
        let points = self.scan();
        let likely = |point: &&Point| point.value > best.value - DEPTH;
        let low = points.iter().rev().skip_while(|point| point.ln_beta > best.ln_beta).find(|point| !likely(point));
        let high = points.iter().skip_while(|point| point.ln_beta < best.ln_beta).find(|point| !likely(point));
        (low.map_or(least, |point| point.ln_beta), high.map_or(most, |point| point.ln_beta))
    }

    /// The likely ln p at one β.
    fn across<'a>(&'a self, point: &'a Point, top: f64) -> impl Iterator<Item = Scenario> + 'a {
        let deviation = (self.precision[0][0] + point.ln_p.exp() * point.terms.faded).sqrt().recip().min(10.0);
        let (low, high) = self.ln_p;
        let places = STEPS.map(|step| (point.ln_p + step * deviation).clamp(low, high));
        let values = places.map(|ln_p| (ln_p, self.value(&point.terms, ln_p, point.ln_beta)));
        values.into_iter().map(move |(ln_p, value)| self.scenario(point, ln_p, deviation * (value - top).exp()))
    }

    fn scenario(&self, point: &Point, ln_p: f64, weight: f64) -> Scenario {
        let p = ln_p.exp();
        Scenario { weight, p, n_star: (p * self.mean_mark).min(1.0 - 1e-9), g1: p * point.terms.stands }
    }
}
