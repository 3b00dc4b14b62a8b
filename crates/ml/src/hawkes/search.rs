//! The best parameters, exactly.
//!
//! For a given `β`, what is to be maximised is concave in `ln p`: its best value is known in closed form, or with a prior after a
//! few steps. So the problem has one dimension, `ln β`, and the slope along it is known exactly. Where the slope changes its sign
//! between points an octave apart, Newton's method finishes; every such place is looked at, since there can be more than one.

use super::cascade::Cascade;
use super::exponential::{Passage, Terms};
use super::prior::Prior;
use serde::{Deserialize, Serialize};

/// How parameters are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// What is known before. Without it, the likelihood alone decides.
    pub prior: Option<Prior>,
    /// The mean mark of reposts: `n* = p mean_mark`.
    pub mean_mark: f64,
    /// The largest branching factor, below 1: one that never ends has no size.
    pub max_branching: f64,
    /// The smallest and the largest `β`, a second.
    pub beta: (f64, f64),
}

/// The smallest `p`, unless the largest is near it or below.
pub const LEAST_P: f64 = 1e-8;
/// The largest branching factor, unless it is said.
pub const MAX_BRANCHING: f64 = 0.95;
/// Interest fades in between a minute and ten days, unless it is said.
pub const BETA: (f64, f64) = (1.0 / 864_000.0, 1.0 / 60.0);

/// The best parameters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Fit {
    /// How infectious it is: `p m` events are expected of one with mark `m`.
    pub p: f64,
    /// How fast interest fades, a second.
    pub beta: f64,
    /// The branching factor, `p` times the mean mark.
    pub n_star: f64,
    /// The log-likelihood.
    pub log_likelihood: f64,
    /// The log-likelihood and, with a prior, `-d' S^-1 d / 2`, `d` being how far the logarithms are from its mean.
    pub objective: f64,
    /// How sure that is. Not known at a bound.
    pub errors: Option<Errors>,
    /// Whether `p` is as small or as large as it may be.
    pub p_at_bound: bool,
    /// Whether `beta` is as small or as large as it may be.
    pub beta_at_bound: bool,
}

/// The inverse of the objective's curvature.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Errors {
    /// The standard error of ln p.
    pub ln_p: f64,
    /// The standard error of ln β.
    pub ln_beta: f64,
    /// Their covariance.
    pub covariance: f64,
}

impl Search {
    /// A search without a prior, within the usual bounds.
    pub fn new(mean_mark: f64) -> Self {
        Search { prior: None, mean_mark, max_branching: MAX_BRANCHING, beta: BETA }
    }

    /// The same search with a prior.
    pub fn with_prior(self, prior: Prior) -> Self {
        Search { prior: Some(prior), ..self }
    }

    /// The parameters with the largest objective. Every cascade has some.
    pub fn fit(&self, cascade: &Cascade<'_>) -> Fit {
        let problem = Problem::new(self, cascade);
        let (best, curvature) = problem.best();
        problem.told(&best, curvature)
    }

    /// The mean mark; what is no such thing counts as 1.
    pub(super) fn sound_mean(&self) -> f64 {
        if self.mean_mark > 0.0 { self.mean_mark.clamp(1e-100, 1e100) } else { 1.0 }
    }

    /// The bounds of ln p.
    pub(super) fn ln_p(&self) -> (f64, f64) {
        let mean = self.sound_mean();
        let most = if self.max_branching > 0.0 { self.max_branching.clamp(1e-100, 1.0 - 1e-9) } else { MAX_BRANCHING } / mean;
        (LEAST_P.min(most / 1e3).ln(), most.ln())
    }

    /// The bounds of β, in order.
    fn betas(&self) -> (f64, f64) {
        let sound = |beta: f64, usual: f64| if beta > 0.0 { beta.clamp(1e-15, 1e15) } else { usual };
        let (low, high) = (sound(self.beta.0, BETA.0), sound(self.beta.1, BETA.1));
        (low.min(high), high.max(low))
    }
}

/// One cascade and all that decides about its parameters.
#[derive(Debug)]
pub(super) struct Problem {
    pub passage: Passage,
    explained: f64,
    mean: [f64; 2],
    /// The inverse of the prior's covariance; zeros without a prior.
    pub precision: [[f64; 2]; 2],
    pub ln_p: (f64, f64),
    pub betas: (f64, f64),
    pub mean_mark: f64,
}

/// A point of the profile: the best `ln p` for one `β`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub terms: Terms,
    pub ln_p: f64,
    pub ln_beta: f64,
    pub value: f64,
    /// Of the value, along `ln β`.
    slope: f64,
}

/// Second derivatives by (ln p, ln p), (ln p, ln β), (ln β, ln β).
#[derive(Clone, Copy, Debug)]
pub(super) struct Curvature([f64; 3]);

/// How many octaves one pass covers in each lane, and how many lanes: the usual range is fourteen octaves wide.
const OCTAVES: usize = 8;
const LANES: usize = 2;
/// How far away slopes are compared to see the curvature.
const NEARBY: f64 = 1e-3;
/// How far off a guessed slope may be, as a part of the slopes to both sides.
const DOUBT: f64 = 0.15;
/// More steps do not help: what is left is noise.
const STEPS: usize = 60;
/// Less than this is no better.
const NOTHING: f64 = 1e-10;

impl Problem {
    pub fn new(search: &Search, cascade: &Cascade<'_>) -> Self {
        let passage = Passage::of(cascade);
        let prior = search.prior.map(|prior| prior.sound());
        Problem {
            explained: passage.explained(),
            passage,
            mean: prior.map_or([0.0; 2], |prior| prior.mean),
            precision: prior.map_or([[0.0; 2]; 2], |prior| prior.precision()),
            ln_p: search.ln_p(),
            betas: search.betas(),
            mean_mark: search.sound_mean(),
        }
    }

    /// The best point of all, and the curvature there unless it is at a bound of β.
    pub fn best(&self) -> (Point, Option<Curvature>) {
        let points = self.scan();
        let ends = [points.first().filter(|first| first.slope <= 0.0), points.last().filter(|last| last.slope >= 0.0)];
        let ends = ends.into_iter().flatten().map(|end| (*end, None));
        let tops = points.iter().zip(points.iter().skip(1)).filter(|(left, right)| left.slope > 0.0 && right.slope <= 0.0);
        let tops = tops.map(|(left, right)| self.climb(*left, *right));
        let best = ends.chain(tops).max_by(|(one, _), (other, _)| one.value.total_cmp(&other.value));
        best.unwrap_or_else(|| (self.at(self.mean[1].exp()), None))
    }

    /// Points over the whole range of β, in order: an octave apart or less, and closer where the slope may change its sign
    /// twice in between.
    pub fn scan(&self) -> Vec<Point> {
        let (low, high) = self.betas;
        let last = high / (1 << (OCTAVES - 1)) as f64;
        let octaves = self.passage.sweep::<LANES, OCTAVES>([low, last]);
        let inside = octaves.iter().flatten().filter(|terms| (low..=high).contains(&terms.beta));
        let mut points: Vec<Point> = inside.map(|terms| self.point(terms)).collect();
        points.sort_by(|one, other| one.ln_beta.total_cmp(&other.ln_beta));
        let pairs = points.iter().zip(points.iter().skip(1));
        let wide = pairs.filter(|(left, right)| hides(left, right) || right.ln_beta - left.ln_beta > 0.7);
        let more: Vec<Point> = wide.flat_map(|(left, right)| self.between(left, right)).collect();
        if !more.is_empty() {
            points.extend(more);
            points.sort_by(|one, other| one.ln_beta.total_cmp(&other.ln_beta));
        }
        points
    }

    /// Points at even distances between two: four, or as many as keep them an octave apart.
    fn between(&self, left: &Point, right: &Point) -> Vec<Point> {
        let width = right.ln_beta - left.ln_beta;
        let parts = 1 + 4 * (width / 2.8).ceil().max(1.0) as usize;
        let places: Vec<f64> = (1..parts).map(|part| (left.ln_beta + width * part as f64 / parts as f64).exp()).collect();
        let (fours, _) = places.as_chunks::<4>();
        fours.iter().flat_map(|four| self.passage.sweep::<4, 1>(*four)).flatten().map(|terms| self.point(&terms)).collect()
    }

    /// The top between two points, of which the left one rises and the right one does not.
    fn climb(&self, mut left: Point, mut right: Point) -> (Point, Option<Curvature>) {
        let mut place = left.ln_beta + (right.ln_beta - left.ln_beta) * turn(&left, &right);
        for _ in 0..STEPS {
            let (point, curvature) = self.seen_near(place);
            let bend = self.bend(&point, curvature);
            let width = right.ln_beta - left.ln_beta;
            if point.slope * point.slope <= NOTHING * bend.abs() || width < NOTHING {
                return (point, Some(curvature));
            }
            *(if point.slope > 0.0 { &mut left } else { &mut right }) = point;
            let step = place - point.slope / bend;
            let inside = bend < 0.0 && left.ln_beta < step && step < right.ln_beta;
            // long steps that bring the ends no nearer to each other may go on for ever
            let slow = right.ln_beta - left.ln_beta > 0.9 * width && (step - place).abs() > 0.1 * width;
            place = if inside && !slow { step } else { left.ln_beta.midpoint(right.ln_beta) };
        }
        let (point, curvature) = self.seen_near(place);
        (point, Some(curvature))
    }

    fn seen_near(&self, place: f64) -> (Point, Curvature) {
        let [[here, after]] = self.passage.sweep::<2, 1>([place, place + NEARBY].map(f64::exp));
        let point = self.point(&here);
        (point, self.curvature(&point, &after))
    }

    /// The point of a β, which is taken into the bounds.
    pub fn at(&self, beta: f64) -> Point {
        let [[terms]] = self.passage.sweep::<1, 1>([beta.clamp(self.betas.0, self.betas.1)]);
        self.point(&terms)
    }

    /// The best ln p at one β, and what it is worth.
    pub fn point(&self, terms: &Terms) -> Point {
        let ln_beta = terms.beta.ln();
        let ln_p = self.infectious(terms, ln_beta - self.mean[1]);
        let [[_, both], [_, beta]] = self.precision;
        let [from_p, from_beta] = [ln_p - self.mean[0], ln_beta - self.mean[1]];
        let slope = self.explained + terms.logs_slope - ln_p.exp() * terms.faded_slope - both * from_p - beta * from_beta;
        Point { terms: *terms, ln_p, ln_beta, value: self.value(terms, ln_p, ln_beta), slope }
    }

    /// The objective.
    pub fn value(&self, terms: &Terms, ln_p: f64, ln_beta: f64) -> f64 {
        let [[p, both], [_, beta]] = self.precision;
        let [from_p, from_beta] = [ln_p - self.mean[0], ln_beta - self.mean[1]];
        let penalty = p * from_p * from_p + 2.0 * both * from_p * from_beta + beta * from_beta * from_beta;
        self.likelihood(terms, ln_p, ln_beta) - penalty / 2.0
    }

    fn likelihood(&self, terms: &Terms, ln_p: f64, ln_beta: f64) -> f64 {
        self.explained * (ln_p + ln_beta) + terms.logs - ln_p.exp() * terms.faded
    }

    fn infectious(&self, terms: &Terms, from_beta: f64) -> f64 {
        let [[prior, both], _] = self.precision;
        root(self.explained - both * from_beta + prior * self.mean[0], prior, terms.faded, self.ln_p)
    }

    fn curvature(&self, point: &Point, after: &Terms) -> Curvature {
        let [[prior_p, both], [_, prior_beta]] = self.precision;
        let logs = (after.logs_slope - point.terms.logs_slope) / NEARBY;
        let faded = (after.faded_slope - point.terms.faded_slope) / NEARBY;
        let p = point.ln_p.exp();
        Curvature([-p * point.terms.faded - prior_p, -p * point.terms.faded_slope - both, logs - p * faded - prior_beta])
    }

    /// The curvature of the profile: ln p follows ln β unless a bound holds it.
    fn bend(&self, point: &Point, Curvature([p, both, beta]): Curvature) -> f64 {
        if self.held(point.ln_p) || p >= 0.0 { beta } else { beta - both * both / p }
    }

    /// Whether ln p is at a bound.
    pub fn held(&self, ln_p: f64) -> bool {
        ln_p <= self.ln_p.0 || ln_p >= self.ln_p.1
    }

    fn told(&self, best: &Point, curvature: Option<Curvature>) -> Fit {
        let (p, p_at_bound) = (best.ln_p.exp(), self.held(best.ln_p));
        let errors = curvature.filter(|_| !p_at_bound).and_then(|curvature| curvature.errors());
        Fit {
            p,
            beta: best.terms.beta,
            n_star: p * self.mean_mark,
            log_likelihood: self.likelihood(&best.terms, best.ln_p, best.ln_beta),
            objective: best.value,
            errors,
            p_at_bound,
            beta_at_bound: best.terms.beta <= self.betas.0 || best.terms.beta >= self.betas.1,
        }
    }
}

impl Curvature {
    fn errors(self) -> Option<Errors> {
        let Curvature([p, both, beta]) = self;
        let determinant = p * beta - both * both;
        let known = p < 0.0 && beta < 0.0 && determinant > 1e-9 * p * beta && determinant.is_normal();
        known.then(|| Errors {
            ln_p: (-beta / determinant).sqrt(),
            ln_beta: (-p / determinant).sqrt(),
            covariance: both / determinant,
        })
    }
}

/// The best ln p within its bounds: the root of `pull - prior ln p - p faded`, which falls. By Halley's method, from above.
pub(super) fn root(pull: f64, prior: f64, faded: f64, (low, high): (f64, f64)) -> f64 {
    let rest = |ln_p: f64| pull - prior * ln_p - ln_p.exp() * faded;
    if rest(low) <= 0.0 {
        return low;
    }
    if rest(high) >= 0.0 {
        return high;
    }
    // the root is not above: there, all but `p faded` is less than at the lowest
    let mut ln_p = ((pull - prior * low).ln() - faded.ln()).clamp(low, high);
    for _ in 0..50 {
        let (rest, expected) = (rest(ln_p), ln_p.exp() * faded);
        let fall = prior + expected;
        let step = 2.0 * rest * fall / (2.0 * fall * fall + rest * expected);
        ln_p = (ln_p + step).clamp(low, high);
        if step.abs() < 1e-11 {
            break;
        }
    }
    ln_p
}

/// Whether the slope may change its sign twice between two points where it has the same one. The cubic through values and slopes
/// tells what it is halfway: three halves of the mean one less a quarter of both. That is a guess, good to a part of the slopes.
fn hides(left: &Point, right: &Point) -> bool {
    let mean = (right.value - left.value) / (right.ln_beta - left.ln_beta);
    let halfway = 1.5 * mean - (left.slope + right.slope) / 4.0;
    left.slope * right.slope > 0.0 && halfway * left.slope.signum() < DOUBT * (left.slope + right.slope).abs()
}

/// Where between two points, from 0 to 1, the cubic through values and slopes is highest.
fn turn(left: &Point, right: &Point) -> f64 {
    let width = right.ln_beta - left.ln_beta;
    let (from, to, mean) = (left.slope, right.slope, (right.value - left.value) / width);
    // the cubic's slope: from + linear t + square t^2
    let (linear, square) = (6.0 * mean - 4.0 * from - 2.0 * to, 3.0 * (from + to) - 6.0 * mean);
    let root = (linear * linear - 4.0 * square * from).max(0.0).sqrt();
    let at = 2.0 * from / (root - linear);
    if (0.01..=0.99).contains(&at) { at } else { from / (from - to) }
}

#[cfg(test)]
mod tests;
