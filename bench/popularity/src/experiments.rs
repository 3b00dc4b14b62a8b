//! Ten folds, and the order in which cascades come.

use crate::cases::{Authors, Case, Known, Task};
use crate::methods::{Methods, NAMES};
use crate::score::Scores;
use ml::hawkes::Population;
use ml::popularity::{Author, Schedule};

pub const FOLDS: usize = 10;
/// Online, what is told before so many were learned is not scored; nor is a third of all, if that is less.
pub const WARM: usize = 256;

/// How many of so many cases are not scored online.
pub fn warm(cases: usize) -> usize {
    WARM.min(cases / 3)
}

/// Chance, the same on each run.
pub struct Chance(pub u64);

impl Chance {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, (self.uniform() * (at + 1) as f64) as usize);
        }
    }
}

/// Each tenth is told by what was learned from the others. What is usual is learned from the others too.
pub fn folds(task: &Task, cases: &[Case<'_>], seed: u64) -> Vec<Scores> {
    let mut order: Vec<&Case<'_>> = cases.iter().collect();
    Chance(seed).shuffle(&mut order);
    let mut scores = vec![Scores::default(); NAMES.len()];
    for fold in 0..FOLDS {
        let own = |others: bool| {
            let cases = order.iter().enumerate().filter(move |(at, _)| (at % FOLDS != fold) == others);
            cases.map(|(_, case)| *case)
        };
        let mut population = Population::default();
        for case in own(true) {
            let fit = case.known(task, &population, Author::default()).fit;
            population.observe(&case.finished(fit));
        }
        let count = own(true).count() as u64;
        // One training, at the end, with hyper-parameters tuned once, if there would have been a batch.
        let mut methods = Methods::new(Schedule { mini_batch: count, batch: count.max(256), seed, ..Schedule::default() });
        // What is known of an author comes from the cascades before, as it does in the product: never from the one itself.
        let mut authors = Authors::default();
        for case in own(true) {
            methods.learn(&case.known(task, &population, authors.known(case)));
            authors.learn(case);
        }
        for case in own(false) {
            score(&mut scores, &methods, &case.known(task, &population, authors.known(case)));
        }
    }
    scores
}

/// Each is told by what was learned from those before it.
pub fn online<'a>(task: &Task, cases: impl Iterator<Item = Case<'a>>, seed: u64, mut each: impl FnMut(&Known, &Methods)) {
    let (mut population, mut methods) = (Population::default(), Methods::new(Schedule { seed, ..Schedule::default() }));
    let mut authors = Authors::default();
    for case in cases {
        let known = case.known(task, &population, authors.known(&case));
        each(&known, &methods);
        population.observe(&case.finished(known.fit));
        authors.learn(&case);
        methods.learn(&known);
    }
}

/// The scores after the first few, as [`warm`] has it.
pub fn online_scores(task: &Task, cases: &[Case<'_>], seed: u64) -> Vec<Scores> {
    let (mut scores, mut told) = (vec![Scores::default(); NAMES.len()], 0);
    online(task, cases.iter().copied(), seed, |known, methods| {
        told += 1;
        if told > warm(cases.len()) {
            score(&mut scores, methods, known);
        }
    });
    scores
}

fn score(scores: &mut [Scores], methods: &Methods, known: &Known) {
    for (scores, told) in scores.iter_mut().zip(methods.tell(known)) {
        scores.add(told, known.sample.size);
    }
}
