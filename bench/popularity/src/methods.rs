//! The methods that are compared. Each learns from known cases and tells the size of another.

use crate::cases::Known;
use ml::forest::{Examples, Forest, Settings};
use ml::popularity::{Learner, Predictor, Schedule};

/// What a method says: a size, perhaps an interval. Nothing where it declines.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub size: f64,
    pub interval: Option<(f64, f64)>,
}

/// The names, in the order of what [`Methods::tell`] says.
pub const NAMES: [&str; 7] = [
    "n as it is",
    "n x best constant",
    "Hawkes, constants of the course",
    "Hawkes, learned prior, n* <= 0.95",
    "SEISMIC, degree = mean mark",
    "course: omega forest",
    "**Goshawk**",
];

/// All methods, each with what it has learned.
pub struct Methods {
    seed: u64,
    ratios: Vec<f64>,
    constant: f64,
    omegas: Examples,
    omega: Option<Forest>,
    learner: Learner,
    pub predictor: Predictor,
}

impl Methods {
    pub fn new(schedule: Schedule) -> Self {
        Methods {
            seed: schedule.seed,
            ratios: vec![],
            constant: 1.0,
            omegas: Examples::new(3),
            omega: None,
            learner: Learner::new(schedule),
            predictor: Predictor::default(),
        }
    }

    /// Learns; whether models are new.
    pub fn learn(&mut self, known: &Known) -> bool {
        self.ratios.push(known.sample.size / known.n());
        self.omegas.push(&known.course.map(|number| number as f32), known.omega() as f32);
        self.predictor.learn(&known.sample);
        let Some(model) = self.learner.learn(known.sample.clone()) else { return false };
        self.predictor.offer(model);
        self.constant = best_constant(&self.ratios);
        let like_the_course = Settings { leaf: 1, features: 1.0, ..Settings::default() };
        self.omega = Some(Forest::train(&self.omegas, &like_the_course, self.seed).forest);
        true
    }

    pub fn tell(&self, known: &Known) -> [Option<Told>; NAMES.len()] {
        let point = |size: f64| Some(Told { size, interval: None });
        let course = known.course.map(|number| number as f32);
        let omega = self.omega.as_ref().and_then(|forest| forest.law(&course).mean()).unwrap_or(1.0);
        let own = self.predictor.predict(&known.sample.features, known.n(), known.sample.forecast);
        [
            point(known.n()),
            point(known.n() * self.constant),
            point(known.course(1.0)),
            point(known.hawkes()),
            known.seismic.and_then(point),
            point(known.course(omega)),
            Some(Told { size: own.size, interval: Some((own.low, own.high)) }),
        ]
    }
}

/// The constant with the least mean relative error.
pub fn best_constant(ratios: &[f64]) -> f64 {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.iter().map(|ratio| 1.0 / ratio).sum::<f64>() / 2.0;
    let mut below = 0.0;
    let reached = sorted.iter().find(|ratio| {
        below += 1.0 / **ratio;
        below >= half
    });
    reached.copied().unwrap_or(1.0)
}
