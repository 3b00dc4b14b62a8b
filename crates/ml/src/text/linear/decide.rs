//! Where to decide for which class, so that a measure is best on texts that were held out.

use super::Aim;
use crate::text::quality::{Confusion, MultiLabel};

/// How far from 1 a favour is looked for, in logarithms, and how finely.
const WIDEST: i32 = 30;
const STEP: f32 = 0.1;
const SWEEPS: usize = 3;
/// So many standard errors worse than the best is as good.
const ERRORS: f64 = 0.5;
/// In so many steps favours are drawn towards none, by logarithm.
const PARTS: i32 = 20;
/// Texts are measured in so many parts to see how much chance is in the measure.
const SLICES: usize = 10;

/// The class whose probability is highest once multiplied with its favour; with several labels, those of at least a half.
pub fn decide(probabilities: &[f32], favours: &[f32], multi_label: bool, out: &mut Vec<u32>) {
    out.clear();
    let favoured = probabilities.iter().zip(favours).map(|(probability, favour)| probability * favour);
    if multi_label {
        out.extend(favoured.zip(0..).filter(|(favoured, _)| *favoured >= 0.5).map(|(_, class)| class));
    } else {
        let best = favoured.zip(0_u32..).max_by(|(left, first), (right, second)| left.total_cmp(right).then(second.cmp(first)));
        out.extend(best.map(|(_, class)| class));
    }
}

/// Texts that were held out: of each, what was told and what is true.
pub struct Told<'a> {
    pub probabilities: &'a [f32],
    pub labels: &'a [&'a [u32]],
    pub classes: usize,
    pub multi_label: bool,
}

/// The favours with which decisions are as good at what is aimed for as can be told from these texts, and as near to the likeliest
/// class as that allows: what is learned from is seldom just like what is met later, and the best by a hair's breadth is often best
/// by chance. This is a milder form of the rule of one standard error of Breiman et al., Classification and Regression Trees (1984).
pub fn favours(told: &Told, aim: Aim) -> Vec<f32> {
    let mut best = vec![1.0_f32; told.classes];
    if aim == Aim::Likeliest || told.labels.is_empty() {
        return best;
    }
    let mut reached = measure(told, aim, &best, None);
    for _ in 0..SWEEPS {
        let before = best.clone();
        // two classes: favouring one is disfavouring the other
        for class in usize::from(told.classes == 2 && !told.multi_label)..told.classes {
            reached = improve(told, aim, &mut best, class, reached);
        }
        if best == before {
            break;
        }
    }
    let enough = reached - ERRORS * standard_error(told, aim, &best);
    let nearer = |part: i32| best.iter().map(|favour| favour.powf(part as f32 / PARTS as f32)).collect::<Vec<f32>>();
    (0..PARTS).map(nearer).find(|favours| measure(told, aim, favours, None) >= enough).unwrap_or(best)
}

/// How far the measure may be off by the choice of texts: by how much it varies between parts of them.
fn standard_error(told: &Told, aim: Aim, favours: &[f32]) -> f64 {
    let each: Vec<f64> = (0..SLICES).map(|slice| measure(told, aim, favours, Some(slice))).collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    let square = each.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (each.len() - 1) as f64;
    (square / each.len() as f64).sqrt()
}

/// Looks for the best favour of one class, the others as they are. Of those that are equally good, the middle one.
fn improve(told: &Told, aim: Aim, favours: &mut [f32], class: usize, best: f64) -> f64 {
    let mut trial = favours.to_vec();
    let mut results = vec![];
    for step in -WIDEST..=WIDEST {
        let favour = (step as f32 * STEP).exp();
        trial.get_mut(class).into_iter().for_each(|slot| *slot = favour);
        results.push((favour, measure(told, aim, &trial, None)));
    }
    // the mean of neighbours: a peak that is one step wide is chance
    let smooth = |at: usize| {
        let near = results.get(at.saturating_sub(2)..(at + 3).min(results.len())).unwrap_or_default();
        near.iter().map(|(_, result)| result).sum::<f64>() / near.len().max(1) as f64
    };
    let found = (0..results.len()).map(|at| (smooth(at), at)).max_by(|left, right| left.0.total_cmp(&right.0));
    let Some((favour, result)) = found.and_then(|(_, at)| results.get(at)) else { return best };
    if *result > best {
        favours.get_mut(class).into_iter().for_each(|slot| *slot = *favour);
        return *result;
    }
    best
}

/// What is aimed for, on all texts or on every tenth.
fn measure(told: &Told, aim: Aim, favours: &[f32], slice: Option<usize>) -> f64 {
    let mut decided = vec![];
    let (first, step) = slice.map_or((0, 1), |slice| (slice, SLICES));
    let each = told.probabilities.chunks_exact(told.classes.max(1)).zip(told.labels).skip(first).step_by(step);
    if told.multi_label {
        let mut counts = MultiLabel::new(told.classes);
        for (probabilities, labels) in each {
            decide(probabilities, favours, true, &mut decided);
            counts.add(labels, &decided);
        }
        return if aim == Aim::Accuracy { counts.micro_f1() } else { counts.macro_f1() };
    }
    let mut confusion = Confusion::new(told.classes);
    for (probabilities, labels) in each {
        decide(probabilities, favours, false, &mut decided);
        if let (Some(truth), Some(decided)) = (labels.first(), decided.first()) {
            confusion.add(*truth as usize, *decided as usize);
        }
    }
    match aim {
        Aim::Likeliest | Aim::Accuracy => confusion.accuracy(),
        Aim::MacroRecall => confusion.macro_recall(),
        Aim::MacroF1 => confusion.macro_f1(),
        Aim::WeightedF1 => confusion.weighted_f1(),
        Aim::LastF1 => confusion.f1(told.classes.saturating_sub(1)),
    }
}
