//! A power of time as a mixture of exponentials.
//!
//! ```text
//! (s + c)^-a = 1/Γ(a) ∫ exp(a y) exp(-c e^y) exp(-e^y s) dy
//! ```
//!
//! The trapezoidal rule is nearly exact for this integral: with steps of 0.4 it is off by less than a part in 10^6 up to a = 4. The
//! nodes `e^y` are rates of exponential kernels and do not depend on the parameters; only their weights do.

use super::super::cascade::Cascade;
use super::super::lanes::{FARTHEST, Lanes, fade};
use super::{BOUNDS, Shape};

const STEP: f64 = 0.4;
/// Rates are dealt with so many at once.
const GROUP: usize = 4;
/// Marks below count as 0.
const LEAST_MARK: f64 = 1e-100;

/// A cascade, made ready for passes over it.
#[derive(Clone, Debug)]
pub struct Sums {
    /// For each event but the first with a mark: the gap before it, and its mark.
    steps: Vec<(f64, f64)>,
    first: f64,
    rates: Vec<[f64; GROUP]>,
    /// The logarithm of each rate.
    nodes: Vec<[f64; GROUP]>,
    /// From the last event to the end.
    rest: f64,
}

impl Sums {
    pub fn of(cascade: &Cascade<'_>) -> Self {
        let mut events = cascade.events().skip_while(|(_, mark)| *mark < LEAST_MARK);
        let (start, first) = events.next().unwrap_or((cascade.end(), 0.0));
        let mut last = start;
        let steps = events.map(|(time, mark)| (time - std::mem::replace(&mut last, time), mark));
        let steps: Vec<(f64, f64)> = steps.collect();
        // from where exp(a y) is nothing, to where exp(-c e^y) is
        let low = -(last - start + BOUNDS.0.high).ln() - 16.0;
        let high = 3.6 - BOUNDS.0.low.ln();
        let groups = ((high - low) / STEP / GROUP as f64).ceil() as usize;
        let node = |index: usize| low + STEP * index as f64;
        let nodes: Vec<[f64; GROUP]> = (0..groups).map(|group| std::array::from_fn(|lane| node(group * GROUP + lane))).collect();
        let rates = nodes.iter().map(|group| group.map(f64::exp)).collect();
        Sums { steps, first, rates, nodes, rest: cascade.end() - last }
    }

    /// How many events the process has to explain.
    pub fn explained(&self) -> f64 {
        self.steps.len() as f64
    }

    /// `Σ ln A_i` and `C`, for each shape.
    pub fn terms<const W: usize>(&self, shapes: &[Shape; W]) -> [(f64, f64); W] {
        let weights = self.weights(shapes);
        let mut stands: Vec<(Lanes<GROUP>, Lanes<GROUP>)> = vec![(Lanes::all(self.first), Lanes::all(0.0)); self.rates.len()];
        let mut terms = [(0.0, 0.0); W];
        for (gap, mark) in &self.steps {
            let mut rates = Lanes::all(0.0);
            for (((stands, faded), rate), weights) in stands.iter_mut().zip(&self.rates).zip(&weights) {
                let (left, lost) = over(rate, *gap);
                *faded = *faded + *stands * lost;
                let now = *stands * left;
                for (part, weights) in now.0.into_iter().zip(weights) {
                    rates = rates + Lanes::all(part) * *weights;
                }
                *stands = now + Lanes::all(*mark);
            }
            terms.iter_mut().zip(rates.0).for_each(|(term, rate)| term.0 += rate.max(f64::MIN_POSITIVE).ln());
        }
        let mut whole = Lanes::all(0.0);
        for (((stands, faded), rate), weights) in stands.into_iter().zip(&self.rates).zip(&weights) {
            let faded = faded + stands * over(rate, self.rest).1;
            for ((faded, rate), weights) in faded.0.into_iter().zip(rate).zip(weights) {
                whole = whole + Lanes::all(faded / rate) * *weights;
            }
        }
        terms.iter_mut().zip(whole.0).for_each(|(term, faded)| term.1 = faded);
        terms
    }

    /// For each rate, its weight in the kernel of each shape.
    fn weights<const W: usize>(&self, shapes: &[Shape; W]) -> Vec<[Lanes<W>; GROUP]> {
        let nodes = || self.nodes.iter().zip(&self.rates);
        let raw = |node: f64, rate: f64| {
            Lanes(shapes.map(|shape| ((1.0 + shape.theta) * (node + shape.c.ln()) - rate * shape.c).exp()))
        };
        let mut weights: Vec<[Lanes<W>; GROUP]> = nodes()
            .map(|(node, rate)| {
                let mut group = [Lanes::all(0.0); GROUP];
                group.iter_mut().zip(node.iter().zip(rate)).for_each(|(weight, (node, rate))| *weight = raw(*node, *rate));
                group
            })
            .collect();
        // At once the kernel is θ / c: this is what the weights come to, whatever Γ(a) is.
        let whole = weights.iter().flatten().fold(Lanes::all(0.0), |sum, weight| sum + *weight);
        let at_once = Lanes(shapes.map(|shape| shape.theta / shape.c));
        let scale = at_once * whole.map(f64::recip);
        weights.iter_mut().flatten().for_each(|weight| *weight = *weight * scale);
        weights
    }
}

/// What is left after a gap, and what is lost.
#[inline(always)]
fn over(rates: &[f64; GROUP], gap: f64) -> (Lanes<GROUP>, Lanes<GROUP>) {
    fade((Lanes(*rates) * Lanes::all(gap)).map(|y| if y < FARTHEST { y } else { FARTHEST }))
}
