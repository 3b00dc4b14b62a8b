//! One class against the rest: a support vector machine with squared hinge loss, by coordinate descent in the dual.
//!
//! After Hsieh et al., A Dual Coordinate Descent Method for Large-scale Linear SVM (2008), with its shrinking.

use super::rows::Rows;
use crate::chance::Chance;

/// It has converged once no gradient is further from where it should be.
const TOLERANCE: f32 = 0.05;

/// What one class is learned from.
pub struct Problem<'a> {
    pub rows: &'a Rows,
    /// Which rows.
    pub chosen: &'a [u32],
    /// Of each row, whether it is of the class.
    pub positive: &'a [bool],
    /// How much an error costs on a row that is not of the class, and on one that is.
    pub costs: [f32; 2],
    /// How readily each place's weight moves: the square of its rarity, times what is believed of it beforehand.
    pub ease: &'a [f32],
    pub epochs: u32,
}

/// A class's weights, rarity included: what a place counts before its rarity is multiplied with them.
#[derive(Clone, Debug)]
pub struct Weights {
    pub places: Vec<f32>,
    pub bias: f32,
}

impl Weights {
    /// How far a row is on the side of the class.
    pub fn score(&self, rows: &Rows, row: usize) -> f32 {
        let at = |place: usize| self.places.get(place).copied().unwrap_or(0.0);
        rows.row(row).map(|(place, worth)| worth * at(place)).sum::<f32>() + self.bias
    }

    fn add(&mut self, problem: &Problem, row: usize, step: f32) {
        for (place, worth) in problem.rows.row(row) {
            if let (Some(weight), Some(ease)) = (self.places.get_mut(place), problem.ease.get(place)) {
                *weight += step * worth * ease;
            }
        }
        self.bias += step;
    }
}

/// A row's part in the answer.
#[derive(Clone, Copy)]
struct Part {
    row: u32,
    sign: f32,
    alpha: f32,
    /// The diagonal of the problem: the row's own square, and what its errors cost.
    square: f32,
    slack: f32,
}

/// Learns one class. Says after each epoch whether to go on; none if not.
pub fn solve(problem: &Problem, chance: &mut Chance, go_on: &mut dyn FnMut() -> bool) -> Option<Weights> {
    let mut parts: Vec<Part> = problem.chosen.iter().map(|row| part(problem, *row)).collect();
    let mut weights = Weights { places: vec![0.0; problem.ease.len()], bias: 0.0 };
    let mut active = parts.len();
    let (mut highest, mut lowest) = (f32::INFINITY, f32::NEG_INFINITY);
    for _ in 0..problem.epochs {
        let (high, low) = epoch(problem, &mut weights, &mut parts, &mut active, [lowest, highest], chance);
        if !go_on() {
            return None;
        }
        if high - low <= TOLERANCE {
            if active == parts.len() {
                break;
            }
            // what was left out is looked at once more
            active = parts.len();
            (highest, lowest) = (f32::INFINITY, f32::NEG_INFINITY);
            continue;
        }
        highest = if high <= 0.0 { f32::INFINITY } else { high };
        lowest = if low >= 0.0 { f32::NEG_INFINITY } else { low };
    }
    Some(weights)
}

fn part(problem: &Problem, row: u32) -> Part {
    let positive = problem.positive.get(row as usize).copied().unwrap_or(false);
    let slack = 0.5 / (if positive { problem.costs[1] } else { problem.costs[0] }).max(f32::MIN_POSITIVE);
    let ease = |place: usize| problem.ease.get(place).copied().unwrap_or(0.0);
    let square: f32 = problem.rows.row(row as usize).map(|(place, worth)| worth * worth * ease(place)).sum();
    Part { row, sign: if positive { 1.0 } else { -1.0 }, alpha: 0.0, square: square + 1.0 + slack, slack }
}

/// Goes once through the parts that are active; returns the largest and the least gradient met.
fn epoch(
    problem: &Problem,
    weights: &mut Weights,
    parts: &mut [Part],
    active: &mut usize,
    bounds: [f32; 2],
    chance: &mut Chance,
) -> (f32, f32) {
    let [_, highest] = bounds;
    let (mut high, mut low) = (f32::NEG_INFINITY, f32::INFINITY);
    chance.choose(parts.get_mut(..*active).unwrap_or_default(), *active);
    let mut at = 0;
    while at < *active {
        let Some(part) = parts.get_mut(at) else { break };
        let row = part.row as usize;
        let gradient = part.sign * weights.score(problem.rows, row) - 1.0 + part.slack * part.alpha;
        if part.alpha == 0.0 && gradient > highest {
            *active -= 1;
            parts.swap(at, *active);
            continue;
        }
        let projected = if part.alpha == 0.0 { gradient.min(0.0) } else { gradient };
        (high, low) = (high.max(projected), low.min(projected));
        if projected.abs() > 1e-6 {
            let before = part.alpha;
            part.alpha = (before - gradient / part.square).max(0.0);
            let step = (part.alpha - before) * part.sign;
            weights.add(problem, row, step);
        }
        at += 1;
    }
    (high, low)
}
