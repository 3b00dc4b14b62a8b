//! How good decisions and numbers are, as it is shown and written down.

use ml::text::quality::{Confusion, MultiLabel, mean_absolute_error, pearson};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is known of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfClass {
    pub texts: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// How good decisions are. Where a text may have several classes, `accuracy` is the share of those with exactly the right ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    pub texts: u64,
    pub measures: BTreeMap<&'static str, f64>,
    pub classes: BTreeMap<String, OfClass>,
}

/// A decision, and what is true.
pub type Pair<'a> = (&'a [String], &'a [String]);

impl Quality {
    /// Of decisions on texts that have one class each. What is decided that is no class is wrong.
    pub fn of(classes: &[String], pairs: &[Pair<'_>]) -> Quality {
        let number = |label: &String| classes.iter().position(|class| class == label);
        let mut confusion = Confusion::new(classes.len() + 1);
        for (truth, decided) in pairs {
            let place = |labels: &[String]| labels.first().and_then(number).unwrap_or(classes.len());
            confusion.add(place(truth), place(decided));
        }
        let of = |class: usize| OfClass {
            texts: confusion.support(class),
            precision: confusion.precision(class),
            recall: confusion.recall(class),
            f1: confusion.f1(class),
        };
        let of: Vec<OfClass> = (0..classes.len()).map(of).collect();
        let mean = |value: &dyn Fn(&OfClass) -> f64| of.iter().map(value).sum::<f64>() / of.len().max(1) as f64;
        let texts = confusion.total();
        let weighted = of.iter().map(|class| class.f1 * class.texts as f64).sum::<f64>() / texts.max(1) as f64;
        let measures = [
            ("accuracy", confusion.accuracy()),
            ("macro_f1", mean(&|class| class.f1)),
            ("macro_recall", mean(&|class| class.recall)),
            ("weighted_f1", weighted),
        ];
        Quality { texts, measures: measures.into(), classes: classes.iter().cloned().zip(of).collect() }
    }

    /// Of decisions on texts that may have several classes.
    pub fn of_several(classes: &[String], pairs: &[Pair<'_>]) -> Quality {
        let numbers = |labels: &[String]| -> Vec<u32> {
            labels.iter().filter_map(|label| classes.iter().position(|class| class == label)).map(|at| at as u32).collect()
        };
        let mut counts = MultiLabel::new(classes.len());
        for (truth, decided) in pairs {
            counts.add(&numbers(truth), &numbers(decided));
        }
        let measures = [("accuracy", counts.accuracy()), ("macro_f1", counts.macro_f1()), ("micro_f1", counts.micro_f1())];
        Quality { texts: pairs.len() as u64, measures: measures.into(), classes: BTreeMap::new() }
    }

    /// Of numbers.
    pub fn of_numbers(truth: &[f64], told: &[f64]) -> Quality {
        let measures = [("pearson", pearson(told, truth)), ("mean_absolute_error", mean_absolute_error(told, truth))];
        Quality { texts: truth.len() as u64, measures: measures.into(), classes: BTreeMap::new() }
    }

    /// The same for people.
    pub fn table(&self) -> String {
        let mut text = format!("{:<22}{}\n", "texts", self.texts);
        let measures = self.measures.iter().map(|(name, value)| format!("{name:<22}{value:.4}\n"));
        text.extend(measures);
        if !self.classes.is_empty() {
            text += "\nclass                  texts  precision  recall      F1\n";
        }
        for (class, OfClass { texts, precision, recall, f1 }) in &self.classes {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "{class:<20}{texts:>8}  {precision:>9.4}  {recall:>6.4}  {f1:>6.4}");
        }
        text
    }
}

/// The mean of each measure over folds.
pub fn mean(of: &[Quality]) -> BTreeMap<&'static str, f64> {
    let mut means = BTreeMap::new();
    for (name, value) in of.iter().flat_map(|quality| &quality.measures) {
        *means.entry(*name).or_insert(0.0) += value / of.len() as f64;
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_is_no_class_is_wrong() {
        let own = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
        let (classes, a, b, none, other) = (own(&["a", "b"]), own(&["a"]), own(&["b"]), own(&[]), own(&["c"]));
        let quality = Quality::of(&classes, &[(&a, &a), (&a, &none), (&b, &b), (&b, &other)]);
        assert_eq!((quality.texts, quality.measures["accuracy"], quality.measures["macro_recall"]), (4, 0.5, 0.5));
        assert_eq!(quality.classes["a"], OfClass { texts: 2, precision: 1.0, recall: 0.5, f1: 2.0 / 3.0 });
        assert!(quality.table().contains("macro_f1              0.6667"), "{}", quality.table());
        let both = own(&["a", "b"]);
        let several = Quality::of_several(&classes, &[(&both, &a), (&none, &none)]);
        assert_eq!((several.measures["accuracy"], several.measures["micro_f1"]), (0.5, 2.0 / 3.0));
        assert_eq!(mean(&[quality, several])["accuracy"], 0.5);
    }
}
