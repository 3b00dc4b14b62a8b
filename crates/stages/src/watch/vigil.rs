//! What is known of a subject: how each rule stands towards it, and whether it has ended.

use super::rule::{Measure, Rule};
use crate::kept::Kept;
use crate::turns::Turns;
use domain::{Accuracy, Counts, Prediction};
use flow::{Changes, State, Timestamp};
use serde::{Deserialize, Serialize};

const STANDINGS: u8 = b's';
const SAVED: u8 = b'r';
const PANES: u8 = b'p';
const SUMS: u8 = b'g';
/// An account of fewer errors says little.
const FEW: u64 = 50;

/// The state of a subject.
#[derive(Debug, Default)]
pub struct Vigil {
    /// That it has ended, and its size.
    ended: Turns<u64>,
    standings: Kept<Standing, STANDINGS>,
    /// Rules that people saved for it.
    saved: Kept<Rule, SAVED>,
    /// What it comes to in each partition, a few seconds at a time.
    panes: Turns<Pane, PANES>,
    /// What a rule has added up of these.
    sums: Kept<Sum, SUMS>,
}

/// What is gauged in a partition.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Pane {
    pub(super) end: Timestamp,
    pub(super) number: u64,
    pub(super) sum: f64,
}

/// What a rule has added up, over a time that ends then.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) end: Timestamp,
    number: u64,
    sum: f64,
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

impl Sum {
    /// What comes to nothing yet, over the rule's time that this moment, which is the end of a pane, belongs to.
    fn before(end: Timestamp, window_s: u32) -> Sum {
        let window_ms = i64::from(window_s.max(1)) * 1000;
        let end = Timestamp::from_millis((end.millis() - 1).div_euclid(window_ms).saturating_add(1) * window_ms);
        Sum { end, number: 0, sum: 0.0 }
    }

    pub(super) fn measured(self, window_s: Option<u32>) -> Measured {
        let number = self.number as f64;
        Measured {
            window_s,
            values: vec![(Measure::Mood, self.sum / number.max(1.0)), (Measure::Number, number)],
            text: String::new(),
        }
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
            window_s: measured.window_s.filter(|_| rule.of.is_of_cascades() || rule.of.is_of_gauges()),
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

    /// Somebody saves a rule for it.
    pub(super) fn save(&mut self, rule: Rule) {
        self.sums.remove(rule.name.as_bytes());
        self.saved.insert(rule.name.clone().into(), rule);
    }

    /// A rule is taken back; how it stands, if it does.
    pub(super) fn unsave(&mut self, rule: &str) -> Option<Standing> {
        self.sums.remove(rule.as_bytes());
        self.saved.remove(rule.as_bytes()).and_then(|_| self.take(rule))
    }

    /// The rules that people saved for it.
    pub(super) fn saved(&self) -> Vec<Rule> {
        self.saved.values().cloned().collect()
    }

    /// It comes to so much in a partition: that is to be heard in its turn.
    pub(super) fn gauge(&mut self, partition: u32, pane: Pane) {
        self.panes.push(pane.end, 0, &partition.to_be_bytes(), pane);
    }

    /// What is gauged next, if its turn has come.
    pub(super) fn gauged(&mut self, at: Timestamp) -> Option<Pane> {
        self.panes.pop(at)
    }

    /// A rule adds this to what it has; what it had, where that is of a time before.
    pub(super) fn add(&mut self, rule: &Rule, pane: Pane) -> Option<Sum> {
        let fresh = Sum::before(pane.end, rule.window_s.unwrap_or_default());
        let known = self.sums.remove(rule.name.as_bytes());
        let (closed, own) = match known {
            Some(known) if known.end == fresh.end => (None, known),
            other => (other, fresh),
        };
        let own = Sum { number: own.number + pane.number, sum: own.sum + pane.sum, ..own };
        self.sums.insert(rule.name.clone().into(), own);
        closed
    }

    /// What a rule has added up, if its time is over.
    pub(super) fn summed(&mut self, rule: &Rule, at: Timestamp) -> Option<Sum> {
        self.sums.get(rule.name.as_bytes()).filter(|sum| sum.end < at)?;
        self.sums.remove(rule.name.as_bytes())
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let ends = self.sums.values().map(|sum| sum.end.plus_millis(1));
        let expiries = self.standings.values().map(|standing| standing.expires);
        self.ended.due().into_iter().chain(self.panes.due()).chain(ends).chain(expiries).min()
    }

    /// Whether nothing goes on, and no end waits for its turn.
    pub(super) fn is_resting(&self) -> bool {
        self.is_unmoved() && self.standings.values().all(|standing| !standing.is_firing)
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&self) -> bool {
        self.is_unmoved() && self.standings.len() == 0 && self.saved.len() == 0
    }

    /// Whether nothing waits for its turn.
    fn is_unmoved(&self) -> bool {
        self.ended.due().is_none() && self.panes.due().is_none() && self.sums.len() == 0
    }
}

impl State for Vigil {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.ended.save(changes);
        self.standings.save(changes);
        self.saved.save(changes);
        self.panes.save(changes);
        self.sums.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        let _taken = self.ended.load(sub_key, value)
            || self.standings.load(sub_key, value)
            || self.saved.load(sub_key, value)
            || self.panes.load(sub_key, value)
            || self.sums.load(sub_key, value);
    }
}
