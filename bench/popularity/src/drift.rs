//! What happens when the law of cascades changes half-way. Simulated, so that it can.

use crate::cases::{Case, Task};
use crate::data::{End, Whole};
use crate::experiments::{Chance, online};
use ml::hawkes::{Marks, Simulation};

const COUNT: usize = 2000;
const BLOCK: usize = 250;
const MARKS: Marks = Marks { alpha: 2.4, scale: 10.0 };

/// One from a law: branching factor and the seconds in which interest fades, both give or take.
fn draw(chance: &mut Chance, n_star: f64, fades: f64) -> Whole {
    loop {
        let n_star = (n_star + 0.3 * (chance.uniform() - 0.5)).min(0.93);
        let p = n_star / MARKS.mean();
        let beta = 1.0 / (fades * (chance.uniform() - 0.5).exp());
        let first = (20.0 + 100.0 * chance.uniform()) * (1.0 - n_star) / p;
        let simulation = Simulation { p, beta, marks: MARKS, first, horizon: f64::INFINITY, most: 20_000 };
        let drawn = simulation.draw(|| chance.uniform());
        if drawn.times.len() >= 50 {
            return Whole { times: drawn.times, marks: drawn.marks, author: String::new() };
        }
    }
}

/// Cascades that fade in ten minutes, then ones that fade in two hours and branch more.
pub fn report(seed: u64) {
    let (mut chance, task) = (Chance(seed), Task { window: 600.0, end: End::Week });
    let (mut before, mut after): (Vec<Whole>, Vec<Whole>) = (vec![], vec![]);
    for (wholes, n_star, fades) in [(&mut before, 0.5, 600.0), (&mut after, 0.75, 7200.0)] {
        while wholes.len() < COUNT / 2 {
            let drawn = [draw(&mut chance, n_star, fades)];
            if !task.cases(&drawn).is_empty() {
                wholes.extend(drawn);
            }
        }
    }
    let cases: Vec<Case<'_>> = task.cases(&before).into_iter().chain(task.cases(&after)).collect();
    println!("#### The law changes after {} of {} simulated cascades (600 s, seed {seed})\n", COUNT / 2, cases.len());
    println!("| cascades | Goshawk: mean ARE | best constant so far: mean ARE | in the 80 % interval |\n|---|---|---|---|");
    let mut block: Vec<(f64, f64, f64)> = vec![];
    let mut told = 0;
    online(&task, cases.into_iter(), seed, |known, methods| {
        let [_, constant, _, _, _, _, own] = methods.tell(known);
        let (Some(constant), Some(own)) = (constant, own) else { return };
        let truth = known.sample.size;
        let error = |size: f64| (size - truth).abs() / truth;
        let inside = own.interval.is_some_and(|(low, high)| low <= truth && truth <= high);
        block.push((error(own.size), error(constant.size), f64::from(u8::from(inside))));
        told += 1;
        if block.len() == BLOCK {
            let mean = |of: fn(&(f64, f64, f64)) -> f64| block.iter().map(of).sum::<f64>() / BLOCK as f64;
            let (own, constant, inside) = (mean(|it| it.0), mean(|it| it.1), 100.0 * mean(|it| it.2));
            println!("| {}-{told} | {own:.3} | {constant:.3} | {inside:.1} % |", told + 1 - BLOCK);
            block.clear();
        }
    });
    println!();
}
