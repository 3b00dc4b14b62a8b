//! Who is asked about what, and what each method has to go on.

use crate::data::{End, Whole};
use ml::hawkes::{Cascade, Finished, Fit, MAX_BRANCHING, Moments, Population, Prior, Search, seismic};
use ml::popularity::{Author, Past, Sample, View};
use std::collections::BTreeMap;

/// A window, and what counts as the end.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    pub window: f64,
    pub end: End,
}

/// Only cascades with as many final and observed events.
pub const FINAL: usize = 50;
pub const OBSERVED: usize = 10;

/// A cascade that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub whole: &'a Whole,
    pub seen: Cascade<'a>,
    pub size: usize,
}

/// What is known of a case at the end of the window, and in the end.
#[derive(Clone, Debug)]
pub struct Known {
    pub sample: Sample,
    pub fit: Fit,
    /// With the constants of the course: beta, n*, G1.
    pub course: [f64; 3],
    pub seismic: Option<f64>,
}

/// Who wrote what.
#[derive(Clone, Debug, Default)]
pub struct Authors {
    all: Past,
    own: BTreeMap<String, Past>,
}

impl Authors {
    pub fn learn(&mut self, case: &Case<'_>) {
        self.all.learn(case.size as u64);
        if !case.whole.author.is_empty() {
            self.own.entry(case.whole.author.clone()).or_default().learn(case.size as u64);
        }
    }

    pub fn known(&self, case: &Case<'_>) -> Author {
        Author { own: self.own.get(&case.whole.author).copied().unwrap_or_default(), all: self.all }
    }
}

impl Task {
    /// Those that are still going on at the end of the window.
    pub fn cases<'a>(&self, wholes: &'a [Whole]) -> Vec<Case<'a>> {
        let case = |whole: &'a Whole| {
            let (seen, size) = (whole.until(self.window)?, whole.size(self.end));
            let last = *whole.times.get(size.checked_sub(1)?)?;
            let over = self.end == End::Silence && last + self.end.silence() <= self.window;
            let asked = size >= FINAL && seen.size() >= OBSERVED && seen.size() <= size && !over;
            asked.then_some(Case { whole, seen, size })
        };
        wholes.iter().filter_map(case).collect()
    }
}

impl Case<'_> {
    /// What is known, given what is usual.
    pub fn known(&self, task: &Task, population: &Population, author: Author) -> Known {
        let moments = population.moments().unwrap_or(Moments::constant(1.0));
        let search = Search::new(moments.mean).with_prior(population.prior_or_broad(moments.mean));
        let fit = search.fit(&self.seen);
        let forecast = search.forecast(&self.seen, &fit, moments);
        let (mean_mark, silence) = (moments.mean, task.end.silence());
        let features = View { cascade: &self.seen, fit: &fit, forecast: &forecast, mean_mark, silence, author }.features();
        let sample = Sample { features, seen: self.seen.size() as f64, size: self.size as f64, forecast: forecast.mean };
        let seismic = seismic::predict(&self.seen, mean_mark).map(|told| told.size);
        Known { sample, fit, course: self.course(), seismic }
    }

    fn course(&self) -> [f64; 3] {
        let search = Search { max_branching: 1.0 - 4e-7, ..Search::new(35.0) }.with_prior(Prior::course());
        let fit = search.fit(&self.seen);
        let forecast = search.forecast(&self.seen, &fit, Moments::constant(35.0));
        [fit.beta, fit.n_star, forecast.g1]
    }

    /// What is learned about cascades when it has ended.
    pub fn finished(&self, fit: Fit) -> Finished {
        let marks = self.whole.marks.get(..self.size).unwrap_or_default();
        let reposters = marks.get(1..).unwrap_or_default();
        Finished {
            reposts: reposters.len() as u64,
            reach: marks.iter().sum(),
            reposters_reach: reposters.iter().sum(),
            squares: reposters.iter().map(|mark| mark * mark).sum(),
            fit: Some(fit),
        }
    }
}

impl Known {
    pub fn n(&self) -> f64 {
        self.sample.seen
    }

    /// The Hawkes process with the constants of the course, its later events times `omega`.
    pub fn course(&self, omega: f64) -> f64 {
        let [_, n_star, g1] = self.course;
        self.n() + omega * g1 / (1.0 - n_star)
    }

    /// The `omega` that would have been right.
    pub fn omega(&self) -> f64 {
        let [_, n_star, g1] = self.course;
        (self.sample.size - self.n()) * (1.0 - n_star) / g1.max(1e-6)
    }

    /// The Hawkes process with what was learned of others, the branching factor being at most 0.95.
    pub fn hawkes(&self) -> f64 {
        debug_assert!(self.fit.n_star <= MAX_BRANCHING + 1e-9);
        self.sample.forecast
    }
}
