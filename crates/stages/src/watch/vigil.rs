//! What is known of a subject: how each rule stands towards it, and whether it has ended.

use super::rule::{Measure, Rule};
use crate::kept::Kept;
use crate::turns::Turns;
use domain::{Accuracy, Counts, Prediction};
use flow::{Changes, State, Timestamp};
use serde::{Deserialize, Serialize};

const STANDINGS: u8 = b's';
/// An account of fewer errors says little.
const FEW: u64 = 50;

/// The state of a subject.
#[derive(Debug, Default)]
pub struct Vigil {
    /// That it has ended, and its size.
    ended: Turns<u64>,
    standings: Kept<Standing, STANDINGS>,
}

/// What was measured of a subject.
#[derive(Debug)]
pub(super) struct Measured {
    /// At which observation window.
    pub(super) window_s: Option<u32>,
    pub(super) values: Vec<(Measure, f64)>,
    text: String,
}

/// How a rule stands towards a subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) is_firing: bool,
    pub(super) of: String,
    pub(super) value: f64,
    pub(super) threshold: f64,
    pub(super) since: Timestamp,
    pub(super) window_s: Option<u32>,
    pub(super) text: String,
    /// It is given up then; or, where the alert is over, there may be another from then on.
    pub(super) expires: Timestamp,
}

impl Measured {
    pub(super) fn of_prediction(said: &Prediction<'_>) -> Measured {
        let low = said.low.map(|low| (Measure::Low, low));
        let sizes = [(Measure::Predicted, said.predicted), (Measure::Observed, said.observed as f64)];
        Measured { window_s: Some(said.window_s), values: sizes.into_iter().chain(low).collect(), text: said.text.to_string() }
    }

    pub(super) fn of_accuracy(said: &Accuracy<'_>) -> Measured {
        let shares = [(Measure::Mean, said.mean), (Measure::Median, said.median), (Measure::Coverage, said.coverage)];
        let values = if said.over < FEW { vec![] } else { shares.into() };
        Measured { window_s: said.window.parse().ok(), values, text: String::new() }
    }

    pub(super) fn of_counts(said: &Counts<'_>) -> Measured {
        let numbers = [(Measure::Posts, said.posts), (Measure::Reposts, said.reposts), (Measure::People, said.people)];
        let values = numbers.map(|(measure, number)| (measure, number as f64)).into();
        Measured { window_s: None, values, text: String::new() }
    }
}

impl Standing {
    pub(super) fn firing(rule: &Rule, measured: &Measured, value: f64, at: Timestamp) -> Standing {
        Standing {
            is_firing: true,
            of: rule.of.name().to_owned(),
            value,
            threshold: rule.threshold,
            since: at,
            window_s: measured.window_s.filter(|_| rule.of.is_of_cascades()),
            text: measured.text.clone(),
            expires: at.plus_millis(rule.expire_ms),
        }
    }

    pub(super) fn going_on(self, rule: &Rule, measured: &Measured, value: f64, at: Timestamp) -> Standing {
        Standing { since: self.since, ..Standing::firing(rule, measured, value, at) }
    }

    pub(super) fn resting(self, until: Timestamp) -> Standing {
        Standing { is_firing: false, expires: until, ..self }
    }
}

impl Vigil {
    /// The subject has ended: that is to be heard in its turn.
    pub(super) fn wait(&mut self, time: Timestamp, size: u64) {
        self.ended.push(time, 0, b"", size);
    }

    /// Its size, if its turn has come.
    pub(super) fn end(&mut self, at: Timestamp) -> Option<u64> {
        self.ended.pop(at)
    }

    pub(super) fn take(&mut self, rule: &str) -> Option<Standing> {
        self.standings.remove(rule.as_bytes())
    }

    pub(super) fn set(&mut self, rule: &str, standing: Standing) {
        self.standings.insert(rule.into(), standing);
    }

    /// Takes out what has expired, rule by rule.
    pub(super) fn expired(&mut self, at: Timestamp) -> Vec<(String, Standing)> {
        let expired = |(_, standing): &(&[u8], &Standing)| standing.expires <= at;
        let names: Vec<Vec<u8>> = self.standings.iter().filter(expired).map(|(name, _)| name.to_vec()).collect();
        let out = |name: Vec<u8>| {
            let standing = self.standings.remove(&name)?;
            Some((String::from_utf8_lossy(&name).into_owned(), standing))
        };
        names.into_iter().filter_map(out).collect()
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.ended.due().into_iter().chain(self.standings.values().map(|standing| standing.expires)).min()
    }

    /// Whether nothing goes on, and no end waits for its turn.
    pub(super) fn is_resting(&self) -> bool {
        self.ended.due().is_none() && self.standings.values().all(|standing| !standing.is_firing)
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.ended.due().is_none() && self.standings.len() == 0
    }
}

impl State for Vigil {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.ended.save(changes);
        self.standings.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        let _taken = self.ended.load(sub_key, value) || self.standings.load(sub_key, value);
    }
}
