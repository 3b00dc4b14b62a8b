//! Cascades out of chance that is given: for tests, for load, and to see what a model would say.

/// How marks are drawn: `scale` times a Pareto variable, so that a few are very large. Its mean is
/// `scale (alpha - 1) / (alpha - 2)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marks {
    /// The tail: the density falls as `m^-alpha`. Above 2, there is a mean.
    pub alpha: f64,
    /// The smallest mark.
    pub scale: f64,
}

impl Marks {
    /// The mean mark.
    pub fn mean(&self) -> f64 {
        self.scale * (self.alpha - 1.0) / (self.alpha - 2.0)
    }

    /// The mark at a uniform number from 0 to 1 (without 1).
    pub fn at(&self, uniform: f64) -> f64 {
        self.scale * (1.0 - uniform).powf(-1.0 / (self.alpha - 1.0))
    }
}

/// An exponential-kernel cascade to be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulation {
    /// How infectious it is: `p m` events are expected of one with mark `m`.
    pub p: f64,
    /// How fast interest fades, a second.
    pub beta: f64,
    /// The marks of reposts.
    pub marks: Marks,
    /// The mark of the first post.
    pub first: f64,
    /// Nothing is drawn that happens later, in seconds.
    pub horizon: f64,
    /// At most so many events.
    pub most: usize,
}

/// What was drawn: the first event is at 0, and times do not fall.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// Seconds after the first event.
    pub times: Vec<f64>,
    /// The marks.
    pub marks: Vec<f64>,
}

impl Simulation {
    /// Draws a cascade; `uniform` gives numbers from 0 to 1 (without 1).
    ///
    /// Between events the rate only fades, so the next one is known in closed form: the area under the rate that is still
    /// to come is `level`, and an exponential variable says how much of it passes before the next event, if there is one.
    pub fn draw(&self, mut uniform: impl FnMut() -> f64) -> Simulated {
        let mut drawn = Simulated { times: vec![0.0], marks: vec![self.first] };
        let (mut now, mut level) = (0.0, self.p * self.first);
        while drawn.times.len() < self.most {
            let area = -(1.0 - uniform()).ln();
            let left = 1.0 - area / level;
            if left.is_nan() || left <= 0.0 {
                break;
            }
            now -= left.ln() / self.beta;
            if now.is_nan() || now > self.horizon {
                break;
            }
            let mark = self.marks.at(uniform());
            level = level * left + self.p * mark;
            drawn.times.push(now);
            drawn.marks.push(mark);
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    fn uniform(seed: u64) -> impl FnMut() -> f64 {
        let mut chance = Chance::new(seed);
        move || chance.uniform()
    }

    const MARKS: Marks = Marks { alpha: 3.5, scale: 10.0 };

    fn simulation() -> Simulation {
        let p = 0.6 / MARKS.mean();
        Simulation { p, beta: 1.0 / 1800.0, marks: MARKS, first: 100.0, horizon: f64::INFINITY, most: 1_000_000 }
    }

    #[test]
    fn as_many_come_as_the_branching_factor_says() {
        let mut uniform = uniform(7);
        let sizes: Vec<f64> = (0..4000).map(|_| simulation().draw(&mut uniform).times.len() as f64).collect();
        let expected = 1.0 + simulation().p * 100.0 / (1.0 - 0.6);
        let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
        assert!((mean / expected - 1.0).abs() < 0.05, "{mean} instead of {expected}");
    }

    #[test]
    fn delays_are_as_the_kernel_says() {
        // Without children of children, delays are exponential.
        let simulation = Simulation { p: 0.5, marks: Marks { scale: 1e-12, ..MARKS }, ..simulation() };
        let mut uniform = uniform(8);
        let drawn: Vec<Simulated> = (0..200).map(|_| simulation.draw(&mut uniform)).collect();
        let delays: Vec<f64> = drawn.iter().flat_map(|drawn| drawn.times[1..].to_vec()).collect();
        let mean = delays.iter().sum::<f64>() / delays.len() as f64;
        assert!((mean / 1800.0 - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn it_ends_where_it_is_told_to() {
        let endless = Simulation { p: 1.0, most: 500, ..simulation() };
        assert_eq!(endless.draw(uniform(1)).times.len(), 500);
        let short = Simulation { p: 1.0, horizon: 60.0, ..simulation() };
        assert!(short.draw(uniform(1)).times.iter().all(|time| (0.0..=60.0).contains(time)));
        let nothing = Simulation { p: 0.0, ..simulation() };
        assert_eq!(nothing.draw(uniform(1)).marks, [100.0]);
    }
}
