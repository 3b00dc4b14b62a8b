//! What a rule looks at, and when it speaks.

use super::vigil::Measured;
use serde::{Deserialize, Serialize};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The mean of what models say of all posts.
    Mood,
    /// How many posts there are, or of how many models say something.
    Number,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Only this subject.
    pub only: Option<String>,
    /// Only this observation window, in seconds; of gauges, what is taken together.
    pub window_s: Option<u32>,
    /// So long after an alert has ended there is no other of the same subject.
    pub silence_ms: i64,
    /// When nothing is heard of a subject for so long, its alert ends.
    pub expire_ms: i64,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 11] = [
        Measure::Predicted,
        Measure::Low,
        Measure::Observed,
        Measure::Mean,
        Measure::Median,
        Measure::Coverage,
        Measure::Posts,
        Measure::Reposts,
        Measure::People,
        Measure::Mood,
        Measure::Number,
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
            Measure::Mood => "gauges.mean",
            Measure::Number => "gauges.number",
        }
    }

    /// Whether it is measured by the records of this topic.
    pub(super) fn is_of(self, topic: &str) -> bool {
        self.name().split_once('.').is_some_and(|(of, _)| of == topic)
    }

    /// Whether it is added up over a time of the rule's own.
    pub fn is_of_gauges(self) -> bool {
        matches!(self, Measure::Mood | Measure::Number)
    }

    /// Whether its subjects are cascades, which end.
    pub fn is_of_cascades(self) -> bool {
        matches!(self, Measure::Predicted | Measure::Low | Measure::Observed)
    }
}

impl Rule {
    /// A rule that somebody saved; none where it makes no sense.
    pub(super) fn saved(rule: &domain::Rule<'_>) -> Option<Rule> {
        let (threshold, is_above) = match (rule.above, rule.below) {
            (Some(above), None) => (above, true),
            (None, Some(below)) => (below, false),
            _ => return None,
        };
        Some(Rule {
            name: rule.rule.to_string(),
            of: if &*rule.measure == "mean" { Measure::Mood } else { Measure::Number },
            threshold,
            is_above,
            clear: clear(threshold, is_above),
            only: Some(rule.of.to_string()),
            window_s: Some(rule.window_s),
            silence_ms: 0,
            expire_ms: i64::from(rule.window_s).saturating_mul(3000).max(3_600_000),
        })
    }

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

/// Where an alert is over unless somebody says otherwise: a fifth behind the threshold.
pub fn clear(threshold: f64, is_above: bool) -> f64 {
    let fifth = threshold.abs() / 5.0;
    if is_above { threshold - fifth } else { threshold + fifth }
}
