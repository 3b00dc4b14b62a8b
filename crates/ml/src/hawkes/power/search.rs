//! The best parameters of a power law.
//!
//! As with an exponential kernel, ln p is known once the kernel is; what is left has two dimensions, ln c and ln θ. A grid shows
//! where to begin, and from each of its tops a damped Newton's method climbs.

use super::super::cascade::Cascade;
use super::super::forecast::{Forecast, Moments, Scenario, forecast};
use super::super::search::{Search, root};
use super::sums::Sums;
use super::{Shape, log_likelihood};
use serde::{Deserialize, Serialize};

/// The least and the most that a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Bound {
    /// Whether `number` is within.
    pub fn contains(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }

    fn clamp_ln(&self, ln: f64) -> f64 {
        ln.clamp(self.low.ln(), self.high.ln())
    }
}

/// The bounds of `c`, in seconds, and of `θ`.
pub const BOUNDS: (Bound, Bound) = (Bound { low: 1.0, high: 86_400.0 }, Bound { low: 0.05, high: 3.0 });

/// A Gaussian over (ln p, ln c, ln θ).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct PowerPrior {
    /// The means.
    pub mean: [f64; 3],
    /// The covariance.
    pub covariance: [[f64; 3]; 3],
}

/// How the parameters of a power law are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerSearch {
    /// What is known before. Without it, the likelihood alone decides.
    pub prior: Option<PowerPrior>,
    /// The mean mark of reposts: `n* = p mean_mark`.
    pub mean_mark: f64,
    /// The largest branching factor, below 1.
    pub max_branching: f64,
}

/// The best parameters.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct PowerFit {
    /// How infectious it is: `p m` events are expected of one with mark `m`.
    pub p: f64,
    /// The kernel.
    pub shape: Shape,
    /// The branching factor, `p` times the mean mark.
    pub n_star: f64,
    /// The log-likelihood.
    pub log_likelihood: f64,
    /// The log-likelihood and what the prior adds.
    pub objective: f64,
    /// The covariance of (ln c, ln θ) as (c, c), (c, θ), (θ, θ). Not known where one of the two is at a bound.
    pub errors: Option<[f64; 3]>,
}

/// Points of the grid along ln c and ln θ, and how many are asked for at once.
const GRID: (usize, usize) = (12, 8);
const BATCH: usize = 8;
/// How far apart points are that show slopes and curvature.
const NEARBY: f64 = 2e-3;
/// So near is at a bound.
const TOUCH: f64 = 1e-9;
/// So far may ln p be beyond its upper bound on the way.
const BEYOND: f64 = 20.0;
/// The steps around a point: itself, to the sides, to two corners.
const AROUND: [[f64; 2]; 7] = [[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [1.0, 1.0], [-1.0, -1.0]];

impl PowerPrior {
    /// The inverse of the covariance, by cofactors. One that is no covariance counts as that of its diagonal alone.
    fn precision(&self) -> [[f64; 3]; 3] {
        let [[a, b, c], [_, d, e], [_, _, f]] = self.covariance;
        let sound = |variance: f64| if variance.is_nan() { 1.0 } else { variance.clamp(1e-6, 1e6) };
        let (minor, determinant) = (a * d - b * b, a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d));
        let within = [a, d, f].iter().all(|variance| sound(*variance) == *variance);
        if !within || minor <= 1e-6 * a * d || determinant <= 1e-6 * a * d * f || !determinant.is_finite() {
            return [[sound(a).recip(), 0.0, 0.0], [0.0, sound(d).recip(), 0.0], [0.0, 0.0, sound(f).recip()]];
        }
        let (ab, ac, bc) = (c * e - b * f, b * e - c * d, b * c - a * e);
        [[d * f - e * e, ab, ac], [ab, a * f - c * c, bc], [ac, bc, minor]].map(|row| row.map(|part| part / determinant))
    }

    fn sound_mean(&self) -> [f64; 3] {
        self.mean.map(|mean| if mean.is_nan() { 0.0 } else { mean.clamp(-700.0, 700.0) })
    }
}

impl PowerSearch {
    /// A search without a prior, within the usual bounds.
    pub fn new(mean_mark: f64) -> Self {
        PowerSearch { prior: None, mean_mark, max_branching: super::super::MAX_BRANCHING }
    }

    /// The same search with a prior.
    pub fn with_prior(self, prior: PowerPrior) -> Self {
        PowerSearch { prior: Some(prior), ..self }
    }

    /// The parameters with the largest objective. Every cascade has some.
    pub fn fit(&self, cascade: &Cascade<'_>) -> PowerFit {
        let problem = Problem::new(self, cascade);
        let tops = problem.tops();
        let climbed = tops.into_iter().map(|top| problem.climb_within(top));
        let best = climbed.max_by(|(one, _), (other, _)| one.value.total_cmp(&other.value));
        let (best, hessian) = best.unwrap_or_else(|| problem.climb_within([0.0, 0.0]));
        problem.told(&best, hessian)
    }

    /// How large a cascade will be in the end, with the parameters that [`PowerSearch::fit`] found, and how sure that is.
    pub fn forecast(&self, cascade: &Cascade<'_>, fit: &PowerFit, moments: Moments) -> Forecast {
        let problem = Problem::new(self, cascade);
        let best = [fit.shape.c.ln(), fit.shape.theta.ln()];
        let [c, both, theta] = fit.errors.unwrap_or([1.0, 0.0, 0.25]);
        // the Cholesky factor: steps along it are steps of one standard deviation
        let (across, slant) = (c.sqrt(), both / c.sqrt());
        let along = (theta - slant * slant).max(0.0).sqrt();
        let steps = [-2.4, -1.2, 0.0, 1.2, 2.4];
        let places = steps.iter().flat_map(|one| steps.map(|other| [one * across, one * slant + other * along]));
        let places: Vec<[f64; 2]> =
            std::iter::once([0.0; 2]).chain(places).map(|[c, theta]| [best[0] + c, best[1] + theta]).collect();
        let places: Vec<[f64; 2]> = places.into_iter().map(inside).collect();
        let points = problem.points(&places, problem.ln_p);
        let top = points.iter().map(|point| point.value).fold(f64::NEG_INFINITY, f64::max);
        let mut scenarios: Vec<Scenario> = points.iter().take(1).map(|point| problem.scenario(point, point.ln_p, 0.0)).collect();
        scenarios.extend(points.iter().skip(1).flat_map(|point| problem.across(point, top)));
        forecast(cascade.size(), moments, &scenarios)
    }
}

/// One cascade and all that decides about its parameters.
struct Problem<'a> {
    cascade: &'a Cascade<'a>,
    sums: Sums,
    mean: [f64; 3],
    precision: [[f64; 3]; 3],
    ln_p: (f64, f64),
    mean_mark: f64,
    marks: f64,
}

/// The best ln p for one kernel.
#[derive(Clone, Copy, Debug)]
struct Point {
    place: [f64; 2],
    ln_p: f64,
    logs: f64,
    faded: f64,
    value: f64,
}

impl<'a> Problem<'a> {
    fn new(search: &PowerSearch, cascade: &'a Cascade<'a>) -> Self {
        let bounds = Search { max_branching: search.max_branching, ..Search::new(search.mean_mark) };
        Problem {
            cascade,
            sums: Sums::of(cascade),
            mean: search.prior.map_or([0.0; 3], |prior| prior.sound_mean()),
            precision: search.prior.map_or([[0.0; 3]; 3], |prior| prior.precision()),
            ln_p: bounds.ln_p(),
            mean_mark: bounds.sound_mean(),
            marks: cascade.marks().iter().sum(),
        }
    }

    /// The profile at these places, be they a little outside, with ln p between such bounds.
    fn points(&self, places: &[[f64; 2]], ln_p: (f64, f64)) -> Vec<Point> {
        let batches = places.chunks(BATCH).flat_map(|batch| {
            let mut shapes = [Shape { c: 1.0, theta: 1.0 }; BATCH];
            shapes.iter_mut().zip(batch).for_each(|(shape, place)| *shape = shape_at(*place));
            batch
                .iter()
                .zip(shapes.into_iter().zip(self.sums.terms(&shapes)))
                .map(|(place, (_, terms))| self.point(*place, terms, ln_p))
        });
        batches.collect()
    }

    fn point(&self, place: [f64; 2], (logs, faded): (f64, f64), bounds: (f64, f64)) -> Point {
        let [[prior, c, theta], ..] = self.precision;
        let cross = c * (place[0] - self.mean[1]) + theta * (place[1] - self.mean[2]);
        let pull = self.sums.explained() - cross + prior * self.mean[0];
        let ln_p = root(pull, prior, faded, bounds);
        let point = Point { place, ln_p, logs, faded, value: 0.0 };
        Point { value: self.value(&point, ln_p), ..point }
    }

    fn value(&self, point: &Point, ln_p: f64) -> f64 {
        self.sums.explained() * ln_p + point.logs
            - ln_p.exp() * point.faded
            - self.penalty([ln_p, point.place[0], point.place[1]])
    }

    fn penalty(&self, at: [f64; 3]) -> f64 {
        let [p, c, theta] = [at[0] - self.mean[0], at[1] - self.mean[1], at[2] - self.mean[2]];
        let rows = self.precision.map(|row| row[0] * p + row[1] * c + row[2] * theta);
        (p * rows[0] + c * rows[1] + theta * rows[2]) / 2.0
    }

    /// The places of the grid that are above all around them.
    fn tops(&self) -> Vec<[f64; 2]> {
        let at = |bound: Bound, part: usize, parts: usize| {
            bound.low.ln() + (bound.high / bound.low).ln() * part as f64 / (parts - 1) as f64
        };
        let places: Vec<[f64; 2]> = (0..GRID.0 * GRID.1)
            .map(|index| [at(BOUNDS.0, index / GRID.1, GRID.0), at(BOUNDS.1, index % GRID.1, GRID.1)])
            .collect();
        let points = self.points(&places, self.ln_p);
        let near = |one: usize, other: usize| one.abs_diff(other) <= 1;
        let numbered = || points.iter().enumerate();
        let above = |index: usize, point: &Point| {
            let around =
                numbered().filter(|(other, _)| near(index / GRID.1, other / GRID.1) && near(index % GRID.1, other % GRID.1));
            around.clone().all(|(_, other)| other.value <= point.value)
        };
        let mut tops: Vec<&Point> = numbered().filter(|(index, point)| above(*index, point)).map(|(_, point)| point).collect();
        tops.sort_by(|one, other| other.value.total_cmp(&one.value));
        tops.into_iter().take(4).map(|point| point.place).collect()
    }

    /// Climbs to the top nearby with ln p within its bounds. The profile has an edge where ln p meets its upper one, and Newton's
    /// method does not like edges: so it climbs without that bound, and if it ends beyond, along it.
    fn climb_within(&self, place: [f64; 2]) -> (Point, Option<[f64; 3]>) {
        let (low, high) = self.ln_p;
        let free = self.climb(place, (low, high + BEYOND));
        if free.0.ln_p <= high {
            return free;
        }
        let along = self.climb(free.0.place, (high, high));
        let within = self.at(along.0.place);
        if within.ln_p < high { self.climb(within.place, self.ln_p) } else { along }
    }

    /// Climbs to the top nearby; also tells the Hessian there, as (c, c), (c, θ), (θ, θ).
    fn climb(&self, place: [f64; 2], ln_p: (f64, f64)) -> (Point, Option<[f64; 3]>) {
        let (mut place, mut damping, mut best) = (inside(place), 0.0, None::<(Point, [f64; 2], [f64; 3])>);
        for _ in 0..40 {
            let around: Vec<[f64; 2]> =
                AROUND.iter().map(|step| [place[0] + NEARBY * step[0], place[1] + NEARBY * step[1]]).collect();
            let points = self.points(&around, ln_p);
            let Some((here, slope, hessian)) = shape_of(&points) else { break };
            match best {
                Some((top, ..)) if here.value < top.value => damping = 4.0 * f64::max(damping, 0.25),
                _ => {
                    best = Some((here, slope, hessian));
                    damping = if damping > 0.05 { damping / 8.0 } else { 0.0 };
                }
            }
            let Some((top, slope, hessian)) = best else { break };
            let next = inside(ascend(top.place, slope, hessian, damping));
            let [c, theta] = [next[0] - top.place[0], next[1] - top.place[1]];
            if c.abs().max(theta.abs()) < 1e-7 || (slope[0] * c + slope[1] * theta).abs() < 1e-9 {
                break;
            }
            place = next;
        }
        let best = best.map(|(top, _, hessian)| (top, (inside_strictly(top.place)).then_some(hessian)));
        best.unwrap_or_else(|| (self.at(place), None))
    }

    fn at(&self, place: [f64; 2]) -> Point {
        let shape = shape_at(inside(place));
        let [terms] = self.sums.terms(&[shape]);
        self.point(inside(place), terms, self.ln_p)
    }

    /// The likely ln p for one kernel.
    fn across<'b>(&'b self, point: &'b Point, top: f64) -> impl Iterator<Item = Scenario> + 'b {
        let deviation = (self.precision[0][0] + point.ln_p.exp() * point.faded).sqrt().recip().min(10.0);
        let places = [-2.4, -1.2, 0.0, 1.2, 2.4].map(|step| (point.ln_p + step * deviation).clamp(self.ln_p.0, self.ln_p.1));
        places.into_iter().map(move |ln_p| self.scenario(point, ln_p, deviation * (self.value(point, ln_p) - top).exp()))
    }

    fn scenario(&self, point: &Point, ln_p: f64, weight: f64) -> Scenario {
        let p = ln_p.exp();
        Scenario { weight, p, n_star: (p * self.mean_mark).min(1.0 - 1e-9), g1: p * (self.marks - point.faded).max(0.0) }
    }

    fn told(&self, best: &Point, hessian: Option<[f64; 3]>) -> PowerFit {
        let (p, shape) = (best.ln_p.exp(), shape_at(best.place));
        let log_likelihood = log_likelihood(self.cascade, p, shape);
        let objective = log_likelihood - self.penalty([best.ln_p, best.place[0], best.place[1]]);
        let errors = hessian.and_then(|[c, both, theta]| {
            let determinant = c * theta - both * both;
            let known = c < 0.0 && determinant > 1e-9 * c * theta && determinant.is_normal();
            known.then(|| [-theta / determinant, both / determinant, -c / determinant])
        });
        PowerFit { p, shape, n_star: p * self.mean_mark, log_likelihood, objective, errors }
    }
}

fn shape_at(place: [f64; 2]) -> Shape {
    Shape { c: place[0].exp(), theta: place[1].exp() }
}

fn inside(place: [f64; 2]) -> [f64; 2] {
    [BOUNDS.0.clamp_ln(place[0]), BOUNDS.1.clamp_ln(place[1])]
}

fn inside_strictly(place: [f64; 2]) -> bool {
    inside([place[0] - NEARBY, place[1] - NEARBY]) == [place[0] - NEARBY, place[1] - NEARBY]
        && inside([place[0] + NEARBY, place[1] + NEARBY]) == [place[0] + NEARBY, place[1] + NEARBY]
}

/// The point in the middle, and slope and Hessian there.
fn shape_of(points: &[Point]) -> Option<(Point, [f64; 2], [f64; 3])> {
    let [here, right, left, up, down, upper, lower] = *points else { return None };
    let (width, area) = (2.0 * NEARBY, NEARBY * NEARBY);
    let slope = [(right.value - left.value) / width, (up.value - down.value) / width];
    let bend = |one: Point, other: Point| (one.value - 2.0 * here.value + other.value) / area;
    let both = (bend(upper, lower) - bend(right, left) - bend(up, down)) / 2.0;
    Some((here, slope, [bend(right, left), both, bend(up, down)]))
}

/// The next place: Newton's step, damped until it climbs. It ends where it meets a bound, and goes along one that is in its way.
fn ascend(place: [f64; 2], slope: [f64; 2], hessian: [f64; 3], damping: f64) -> [f64; 2] {
    let blocked = |step: [f64; 2]| {
        let out = |at: f64, step: f64, bound: Bound| match step {
            step if step > 0.0 => at > bound.high.ln() - TOUCH,
            step => step < 0.0 && at < bound.low.ln() + TOUCH,
        };
        [out(place[0], step[0], BOUNDS.0), out(place[1], step[1], BOUNDS.1)]
    };
    let uphill = blocked(slope);
    let step = newton(slope, hessian, damping, uphill);
    let [c, theta] = blocked(step);
    let step = newton(slope, hessian, damping, [uphill[0] || c, uphill[1] || theta]);
    let longest = step[0].abs().max(step[1].abs());
    if !longest.is_finite() {
        return place;
    }
    let part = |at: f64, step: f64, bound: Bound| match step {
        step if step > 0.0 => (bound.high.ln() - at) / step,
        step if step < 0.0 => (bound.low.ln() - at) / step,
        _ => 1.0,
    };
    let part = part(place[0], step[0], BOUNDS.0).min(part(place[1], step[1], BOUNDS.1)).min(1.0 / longest).clamp(0.0, 1.0);
    [place[0] + part * step[0], place[1] + part * step[1]]
}

/// Newton's step with a Hessian that is made negative definite, along the directions that are not blocked.
fn newton(slope: [f64; 2], [c, both, theta]: [f64; 3], damping: f64, blocked: [bool; 2]) -> [f64; 2] {
    let size = c.abs().max(theta.abs()).max(both.abs()) + 1e-12;
    let most = (c + theta) / 2.0 + ((c - theta) * (c - theta) / 4.0 + both * both).sqrt();
    let more = damping * size + (most + 1e-6 * size).max(0.0) * 1.5;
    let (c, theta) = (c - more, theta - more);
    let alone = |slope: f64, bend: f64| -slope / bend.min(-1e-12 * size);
    match blocked {
        [true, true] => [0.0, 0.0],
        [true, false] => [0.0, alone(slope[1], theta)],
        [false, true] => [alone(slope[0], c), 0.0],
        [false, false] => {
            let determinant = c * theta - both * both;
            [(both * slope[1] - theta * slope[0]) / determinant, (both * slope[0] - c * slope[1]) / determinant]
        }
    }
}
