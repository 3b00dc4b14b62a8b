//! For tests: chance out of a seed, and cascades of all kinds.

use super::{Cascade, Marks, Simulated, Simulation};

pub struct Chance(crate::chance::Chance);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(crate::chance::Chance::new(seed))
    }

    /// From 0 to 1, without 1.
    pub fn uniform(&mut self) -> f64 {
        (self.0.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.uniform() * bound as f64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub fn gauss(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Even on a scale of logarithms.
    pub fn scale(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.uniform())
    }

    /// A cascade such as may really come, or one that should not: ties, zero marks, silences of weeks, single events.
    pub fn cascade(&mut self, most: usize) -> Seen {
        let size = 1 + self.below(most);
        let (ties, zeros, weeks) =
            (self.one_of(&[0.0, 0.1, 0.9]), self.one_of(&[0.0, 0.1, 0.9, 1.0]), self.one_of(&[0.0, 0.02, 0.3]));
        let (pace, spread) = (self.scale(0.1, 10_000.0), self.one_of(&[0.0, 1.0, 3.0]));
        let (mut times, mut marks, mut now) = (vec![], vec![], 0.0);
        for event in 0..size {
            let gap = -(1.0 - self.uniform()).ln() * pace * (spread * self.gauss()).exp();
            let gap = if self.uniform() < weeks { 604_800.0 * (1.0 + self.uniform()) } else { gap };
            now += if event == 0 || self.uniform() < ties { 0.0 } else { gap };
            times.push(now);
            let mark = 10.0 * (spread * self.gauss()).exp();
            marks.push(if self.uniform() < zeros { 0.0 } else { mark });
        }
        let end = now + self.one_of(&[0.0, pace, 600.0, 1e7]);
        Seen { times, marks, end }
    }
}

/// A cascade that owns its numbers.
#[derive(Clone, Debug)]
pub struct Seen {
    pub times: Vec<f64>,
    pub marks: Vec<f64>,
    pub end: f64,
}

impl Seen {
    pub fn view(&self) -> Cascade<'_> {
        Cascade::new(&self.times, &self.marks, self.end).unwrap()
    }
}

impl Simulated {
    /// What is seen of it by `end`.
    pub fn until(&self, end: f64) -> Seen {
        let size = self.times.partition_point(|time| *time <= end);
        Seen { times: self.times[..size].to_vec(), marks: self.marks[..size].to_vec(), end }
    }
}

pub const MARKS: Marks = Marks { alpha: 4.5, scale: 10.0 };

/// A cascade of 600 or more expected events if `first` is 1,000.
pub fn simulation(n_star: f64, beta: f64, first: f64) -> Simulation {
    let p = n_star / MARKS.mean();
    Simulation { p, beta, marks: MARKS, first, horizon: f64::INFINITY, most: 20_000 }
}
