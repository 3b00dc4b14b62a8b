//! `monitor`: samples -> accuracies. How far off have predictions lately been?

#[cfg(test)]
mod tests;

use crate::turns::Turns;
use domain::{Accuracy, Bucket, Sample, Text};
use flow::{Broken, Changes, Format, Input, Out, Stage, State, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Keeps account of the errors of each observation window.
///
/// Errors are taken in the order of time, whoever wrote them first: the same ones give the same account.
#[derive(Clone, Copy, Debug)]
pub struct Monitor {
    /// Over how many errors, the newest, means and medians are.
    pub over: usize,
    /// Accounts are at least so far apart, by the time of the cascades.
    pub every_ms: i64,
}

/// The bounds of the histogram.
const BOUNDS: [f64; 12] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0];

const ACCOUNT: &[u8] = b"a";

/// A prediction, and what came of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Outcome {
    are: f64,
    inside: bool,
}

/// What is known of one observation window.
#[derive(Debug, Default)]
pub struct Watched {
    turns: Turns<Outcome>,
    account: Account,
    has_changed: bool,
}

/// The account.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    errors: u64,
    sum: f64,
    histogram: [u64; BOUNDS.len()],
    newest: VecDeque<Outcome>,
    /// When it was told last.
    told: Option<Timestamp>,
    /// Whether something came since.
    is_news: bool,
}

impl Stage for Monitor {
    type State = Watched;

    fn name(&self) -> &str {
        "monitor"
    }

    fn on_record(&self, input: &Input<'_>, watched: &mut Watched, _out: &mut Out) -> Result<(), Broken> {
        let sample: Sample<'_> = input.decode()?;
        let ([predicted, low, high], truth) = (sample.predicted, sample.size.max(1) as f64);
        let outcome = Outcome { are: domain::are(predicted, sample.size), inside: (low..=high).contains(&truth) };
        watched.turns.push(input.record.time, 0, sample.cascade.as_bytes(), outcome);
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, watched: &mut Watched, out: &mut Out) {
        watched.has_changed = true;
        while let Some(outcome) = watched.turns.pop(at) {
            watched.account.take(outcome, self.over);
        }
        let may_tell = watched.account.told.is_none_or(|told| told.plus_millis(self.every_ms) <= at);
        if may_tell && std::mem::take(&mut watched.account.is_news) {
            watched.account.told = Some(at);
            out.send(at, &watched.account.tell(Text(String::from_utf8_lossy(key))));
        }
    }

    fn deadline(&self, watched: &Watched) -> Option<Timestamp> {
        let account = &watched.account;
        let tell = account.told.filter(|_| account.is_news).map(|told| told.plus_millis(self.every_ms));
        watched.turns.due().into_iter().chain(tell).min()
    }

    fn refuses_late(&self) -> bool {
        false
    }
}

impl Account {
    fn take(&mut self, outcome: Outcome, over: usize) {
        self.errors += 1;
        self.sum += outcome.are;
        for (bound, errors) in BOUNDS.iter().zip(&mut self.histogram) {
            *errors += u64::from(outcome.are <= *bound);
        }
        self.newest.push_back(outcome);
        while self.newest.len() > over.max(1) {
            self.newest.pop_front();
        }
        self.is_news = true;
    }

    fn tell<'a>(&self, window: Text<'a>) -> Accuracy<'a> {
        let histogram = BOUNDS.iter().zip(&self.histogram).map(|(most, errors)| Bucket { most: *most, errors: *errors });
        let mut errors: Vec<f64> = self.newest.iter().map(|outcome| outcome.are).collect();
        errors.sort_by(f64::total_cmp);
        let share = |of: f64| of / errors.len().max(1) as f64;
        let inside = self.newest.iter().filter(|outcome| outcome.inside).count();
        Accuracy {
            window,
            errors: self.errors,
            sum: self.sum,
            histogram: histogram.collect(),
            newest: self.newest.back().map_or(0.0, |outcome| outcome.are),
            over: errors.len() as u64,
            mean: share(errors.iter().sum()),
            median: median(&errors),
            coverage: share(inside as f64),
        }
    }
}

/// The median of numbers in order.
fn median(sorted: &[f64]) -> f64 {
    let at = |place: usize| sorted.get(place).copied().unwrap_or(0.0);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

impl State for Watched {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.turns.save(changes);
        if std::mem::take(&mut self.has_changed) {
            changes.encode(ACCOUNT, &self.account);
        }
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if sub_key == ACCOUNT {
            self.account = Format::Compact.decode(value).unwrap_or_default();
        } else {
            let _taken = self.turns.load(sub_key, value);
        }
    }
}
