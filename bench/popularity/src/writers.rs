//! What it is worth to know who wrote a cascade's first post. Simulated, so that authors differ, and by how much is known.

use crate::cases::{Case, Task};
use crate::data::{End, Whole};
use crate::experiments::{Chance, WARM, online_scores};
use crate::methods::NAMES;
use ml::hawkes::{Marks, Simulation};

const COUNT: usize = 1500;
const MARKS: Marks = Marks { alpha: 2.4, scale: 10.0 };

/// A branching factor and how many follow, of one who writes.
fn writer(chance: &mut Chance) -> (f64, f64) {
    (0.3 + 0.5 * chance.uniform(), 300.0 * 10.0_f64.powf(chance.uniform()))
}

fn draw(chance: &mut Chance, (n_star, first): (f64, f64), author: &str) -> Whole {
    let beta = (2.0 * (chance.uniform() - 0.5)).exp() / 7200.0;
    let simulation = Simulation { p: n_star / MARKS.mean(), beta, marks: MARKS, first, horizon: f64::INFINITY, most: 20_000 };
    let drawn = simulation.draw(|| chance.uniform());
    Whole { times: drawn.times, marks: drawn.marks, author: author.to_owned() }
}

/// The same cascades with and without their authors, of whom each writes as many in the mean.
pub fn report(seed: u64) {
    let task = Task { window: 600.0, end: End::Week };
    println!("#### Authors who differ: {COUNT} simulated cascades in order (600 s, seed {seed}), after the first {WARM}\n");
    println!("| cascades an author | mean / median ARE, authors known | not known |\n|---|---|---|");
    for each in [3, 10, 30] {
        let mut chance = Chance(seed);
        let writers: Vec<(f64, f64)> = (0..COUNT / each).map(|_| writer(&mut chance)).collect();
        let mut wholes = vec![];
        while wholes.len() < COUNT {
            let at = (chance.uniform() * writers.len() as f64) as usize;
            let Some(writer) = writers.get(at) else { continue };
            let drawn = draw(&mut chance, *writer, &at.to_string());
            if !task.cases(std::slice::from_ref(&drawn)).is_empty() {
                wholes.push(drawn);
            }
        }
        let cells = [true, false].map(|known| {
            wholes.iter_mut().filter(|_| !known).for_each(|whole| whole.author.clear());
            let cases: Vec<Case<'_>> = task.cases(&wholes);
            let scores = online_scores(&task, &cases, seed);
            let own = scores.get(NAMES.len() - 1);
            own.map_or(String::new(), |own| format!("{:.3} / {:.3}", own.mean(), own.median()))
        });
        println!("| {each} | {} |", cells.join(" | "));
    }
    println!();
}
