//! What a rule looks at, and when it speaks.

use super::vigil::Measured;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The size that a cascade will have.
    Predicted,
    /// The size below which it will stay with a probability of 10 %.
    Low,
    /// How many posts a cascade had when it was looked at.
    Observed,
    /// The mean error of an observation window.
    Mean,
    /// The median of the errors.
    Median,
    /// The share of cascades within the interval.
    Coverage,
    /// Posts in a city and a window.
    Posts,
    /// Reposts there.
    Reposts,
    /// Distinct people there.
    People,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it looks at.
    pub of: Measure,
    /// The threshold.
    pub threshold: f64,
    /// Whether it speaks above the threshold, or below it.
    pub is_above: bool,
    /// An alert is over once the value is back behind this.
    pub clear: f64,
    /// Only this observation window, in seconds.
    pub window_s: Option<u32>,
    /// So long after an alert has ended there is no other of the same subject.
    pub silence_ms: i64,
    /// When nothing is heard of a subject for so long, its alert ends.
    pub expire_ms: i64,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 9] = [
        Measure::Predicted,
        Measure::Low,
        Measure::Observed,
        Measure::Mean,
        Measure::Median,
        Measure::Coverage,
        Measure::Posts,
        Measure::Reposts,
        Measure::People,
    ];

    /// As a configuration names it: the topic, and the field.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Predicted => "predictions.predicted",
            Measure::Low => "predictions.low",
            Measure::Observed => "predictions.observed",
            Measure::Mean => "accuracies.mean",
            Measure::Median => "accuracies.median",
            Measure::Coverage => "accuracies.coverage",
            Measure::Posts => "counts.posts",
            Measure::Reposts => "counts.reposts",
            Measure::People => "counts.people",
        }
    }

    /// Whether it is measured by the records of this topic.
    pub(super) fn is_of(self, topic: &str) -> bool {
        self.name().split_once('.').is_some_and(|(of, _)| of == topic)
    }

    /// Whether its subjects are cascades, which end.
    pub fn is_of_cascades(self) -> bool {
        matches!(self, Measure::Predicted | Measure::Low | Measure::Observed)
    }
}

impl Rule {
    /// The value that the rule looks at, if it was measured.
    pub(super) fn value(&self, measured: &Measured) -> Option<f64> {
        let is_of_it = self.window_s.is_none() || self.window_s == measured.window_s;
        measured.values.iter().find(|(of, _)| is_of_it && *of == self.of).map(|(_, value)| *value)
    }

    pub(super) fn is_passed(&self, value: f64) -> bool {
        if self.is_above { value > self.threshold } else { value < self.threshold }
    }

    pub(super) fn is_cleared(&self, value: f64) -> bool {
        if self.is_above { value <= self.clear } else { value >= self.clear }
    }
}
