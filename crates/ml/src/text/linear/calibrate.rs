//! From scores to probabilities, and from those to decisions, by texts that the scores were not learned from.

/// What makes a score a logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub slope: f32,
    pub offset: f32,
}

const SWEEPS: usize = 30;
/// Keeps slopes from growing without end where classes can be told apart without an error.
const RIDGE: f64 = 1e-3;

pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// Makes probabilities of logits: of one class each, or of all together.
pub fn softmax(logits: &mut [f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - most).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|logit| *logit /= sum);
}

/// After Platt (1999): the line that makes the truth likeliest. `scores` has the one class's.
pub fn platt(scores: &[f32], truth: &[bool]) -> Line {
    let positive = truth.iter().filter(|truth| **truth).count() as f64;
    let negative = truth.len() as f64 - positive;
    // his targets: never quite sure
    let targets = [1.0 / (negative + 2.0), (positive + 1.0) / (positive + 2.0)];
    let (mut slope, mut offset) = (1.0_f64, 0.0_f64);
    for _ in 0..SWEEPS {
        let (mut gradient, mut curve) = ([RIDGE * slope, 0.0], [RIDGE, 0.0, 1e-9]);
        for (score, truth) in scores.iter().zip(truth) {
            let score = f64::from(*score);
            let told = 1.0 / (1.0 + (-(slope * score + offset)).exp());
            let target = if *truth { targets[1] } else { targets[0] };
            let (miss, spread) = (told - target, told * (1.0 - told));
            gradient = [gradient[0] + miss * score, gradient[1] + miss];
            curve = [curve[0] + spread * score * score, curve[1] + spread * score, curve[2] + spread];
        }
        let determinant = (curve[0] * curve[2] - curve[1] * curve[1]).max(1e-12);
        let steps = [
            (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant,
            (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant,
        ];
        slope -= steps[0].clamp(-2.0, 2.0);
        offset -= steps[1].clamp(-2.0, 2.0);
    }
    Line { slope: slope as f32, offset: offset as f32 }
}

/// The lines that make the truth likeliest of all classes together. `scores` has `lines` of them for each text.
pub fn together(scores: &[f32], truth: &[u32], classes: usize) -> Vec<Line> {
    let mut lines = vec![Line { slope: 2.0, offset: 0.0 }; classes];
    let mut told = vec![0.0; classes];
    for _ in 0..SWEEPS {
        let mut sums = vec![([0.0_f64; 2], [0.0_f64; 3]); classes];
        for (scores, truth) in scores.chunks_exact(classes.max(1)).zip(truth) {
            told.clear();
            told.extend(scores.iter().zip(&lines).map(|(score, line)| score * line.slope + line.offset));
            softmax(&mut told);
            for (class, ((score, told), (gradient, curve))) in scores.iter().zip(&told).zip(&mut sums).enumerate() {
                let (score, told) = (f64::from(*score), f64::from(*told));
                let (miss, spread) = (told - f64::from(u8::from(class == *truth as usize)), told * (1.0 - told));
                *gradient = [gradient[0] + miss * score, gradient[1] + miss];
                *curve = [curve[0] + spread * score * score, curve[1] + spread * score, curve[2] + spread];
            }
        }
        for (line, (gradient, curve)) in lines.iter_mut().zip(&sums) {
            let curve = [curve[0] + 1e-6, curve[1], curve[2] + 1e-6];
            let determinant = (curve[0] * curve[2] - curve[1] * curve[1]).max(1e-12);
            let gradient = [gradient[0] + RIDGE * f64::from(line.slope), gradient[1]];
            // half a step: the classes move at once, and each pushes the others
            line.slope -= (0.5 * (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant).clamp(-1.0, 1.0) as f32;
            line.offset -= (0.5 * (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant).clamp(-1.0, 1.0) as f32;
        }
    }
    lines
}
