//! What the tokens of a text add up to.

use super::Scores;

/// About the largest sum that a text is expected to reach, squared: it bends sums into -1 to 1.
const BEND: f64 = 15.0;

/// The scores of a text, by what its tokens count.
pub(super) fn scores(valences: &[f64], text: &str) -> Scores {
    let (mut sum, mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0, 0.0);
    for valence in valences {
        sum += valence;
        // One more each: what is neutral counts one.
        match valence {
            0.0 => neutral += 1.0,
            valence if *valence > 0.0 => positive += valence + 1.0,
            valence => negative += valence - 1.0,
        }
    }
    let stress = stress(text.as_bytes());
    if sum > 0.0 {
        sum += stress;
    } else if sum < 0.0 {
        sum -= stress;
    }
    if positive > -negative {
        positive += stress;
    } else if positive < -negative {
        negative -= stress;
    }
    let total = positive - negative + neutral;
    Scores {
        compound: round(sum / (sum * sum + BEND).sqrt(), 10_000.0),
        positive: round(positive / total, 1_000.0),
        neutral: round(neutral / total, 1_000.0),
        negative: round(-negative / total, 1_000.0),
    }
}

/// What exclamation marks add, up to four, and question marks, from two on.
fn stress(text: &[u8]) -> f64 {
    let count = |mark: u8| text.iter().filter(|byte| **byte == mark).count();
    let asked = match count(b'?') {
        0 | 1 => 0.0,
        2 => 2.0 * 0.18,
        3 => 3.0 * 0.18,
        _ => 0.96,
    };
    count(b'!').min(4) as f64 * 0.292 + asked
}

/// To the nearest part of `parts`, as Python rounds: by the number's exact value, and halves to the even.
fn round(number: f64, parts: f64) -> f64 {
    let scaled = number * parts;
    let floor = scaled.floor();
    let beyond = scaled - floor - 0.5;
    let rounded = if beyond.abs() > 1e-6 {
        scaled.round()
    } else {
        // So near to a half that the product's own rounding could tell which way: add what it lost.
        let exactly = beyond + number.mul_add(parts, -scaled);
        match exactly {
            0.0 => scaled.round_ties_even(),
            exactly if exactly > 0.0 => floor + 1.0,
            _ => floor,
        }
    };
    rounded / parts
}
