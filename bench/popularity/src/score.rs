//! How good predictions are.

use crate::methods::Told;

/// Predictions of one method, each with the truth.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    told: Vec<(Told, f64)>,
    declined: usize,
}

impl Scores {
    pub fn add(&mut self, told: Option<Told>, truth: f64) {
        match told {
            Some(told) => self.told.push((told, truth)),
            None => self.declined += 1,
        }
    }

    fn errors(&self) -> Vec<f64> {
        let mut errors: Vec<f64> = self.told.iter().map(|(told, truth)| (told.size - truth).abs() / truth).collect();
        errors.sort_by(f64::total_cmp);
        errors
    }

    pub fn mean(&self) -> f64 {
        self.errors().iter().sum::<f64>() / self.told.len().max(1) as f64
    }

    pub fn median(&self) -> f64 {
        let errors = self.errors();
        errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Kendall's tau-b of predictions and sizes.
    pub fn tau(&self) -> f64 {
        let (mut alike, mut ties, mut true_ties, mut pairs) = (0.0, 0.0, 0.0, 0.0);
        for (at, (told, truth)) in self.told.iter().enumerate() {
            for (other, true_other) in self.told.iter().skip(at + 1) {
                let (a, b) = (told.size - other.size, truth - true_other);
                pairs += 1.0;
                ties += f64::from(u8::from(a == 0.0));
                true_ties += f64::from(u8::from(b == 0.0));
                alike += if a == 0.0 || b == 0.0 { 0.0 } else { (a * b).signum() };
            }
        }
        alike / ((pairs - ties) * (pairs - true_ties)).sqrt()
    }

    /// The part of sizes within the interval, and the median of its width, high over low.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let intervals: Vec<(f64, f64, f64)> =
            self.told.iter().filter_map(|(told, truth)| told.interval.map(|(low, high)| (low, high, *truth))).collect();
        let slack = 1e-6;
        let held =
            intervals.iter().filter(|(low, high, truth)| low * (1.0 - slack) <= *truth && *truth <= high * (1.0 + slack)).count();
        let mut widths: Vec<f64> = intervals.iter().map(|(low, high, _)| high / low).collect();
        widths.sort_by(f64::total_cmp);
        Some((held as f64 / intervals.len() as f64, *widths.get(widths.len() / 2)?))
    }

    /// Cells of a Markdown table.
    pub fn row(&self, name: &str) -> String {
        let number = |number: f64| if number < 10.0 { format!("{number:.3}") } else { format!("{number:.0}") };
        let interval = self.interval().map_or("| | ".into(), |(held, width)| format!("| {:.1} % | {width:.2} ", 100.0 * held));
        let declined = if self.declined > 0 { self.declined.to_string() } else { String::new() };
        format!("| {name} | {} / {} | {:.3} {interval}| {declined} |", number(self.mean()), number(self.median()), self.tau())
    }
}
