//! `watch`: predictions, sizes, accuracies, counts, gauges, rules -> alerts. Is anything beyond what its rule allows?

mod rule;
mod vigil;

#[cfg(test)]
mod tests;

pub use rule::{Measure, Rule, clear};
pub use vigil::Vigil;

use domain::{Accuracy, Alert, AlertState, Gauge, Prediction, Size, Text};
use flow::{Broken, Input, Out, Stage, Timestamp, Value};
use std::borrow::Cow;
use vigil::{Measured, Pane, Standing};

/// Raises alerts by rules: one when a threshold is passed, one when it is no longer, and nothing in between.
///
/// What is measured of a subject comes in the order of time, from one place. That a cascade has ended comes from another: it waits
/// until no prediction can come that was made before.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The role's name. Alerts of gauges, which wait for text models, have a role of their own, so that the others do not.
    pub role: &'static str,
    /// The rules.
    pub rules: Vec<Rule>,
}

impl Stage for Watch {
    type State = Vigil;

    fn name(&self) -> &str {
        self.role
    }

    fn awaits(&self, topic: &str) -> bool {
        match topic {
            Gauge::TOPIC => true,
            Size::TOPIC => self.rules.iter().any(|rule| rule.of.is_of_cascades()),
            _ => self.rules.iter().any(|rule| rule.of.is_of(topic)),
        }
    }

    fn on_record(&self, input: &Input<'_>, vigil: &mut Vigil, out: &mut Out) -> Result<(), Broken> {
        let measured = match input.topic {
            Size::TOPIC => {
                vigil.wait(input.record.time, input.decode::<Size<'_>>()?.size);
                return Ok(());
            }
            Gauge::TOPIC => {
                let Gauge { end, partition, number, sum, .. } = input.decode()?;
                vigil.gauge(partition, Pane { end, number, sum });
                return Ok(());
            }
            domain::Rule::TOPIC => return take_rule(&input.decode()?, input.watermark, vigil, out),
            Prediction::TOPIC => Measured::of_prediction(&input.decode()?),
            Accuracy::TOPIC => Measured::of_accuracy(&input.decode()?),
            _ => Measured::of_counts(&input.decode()?),
        };
        let mut told = Told { subject: &String::from_utf8_lossy(input.record.key), at: input.record.time, out };
        give_up(vigil, &mut told);
        self.rules.iter().for_each(|rule| hear(rule, &measured, vigil, &mut told));
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, vigil: &mut Vigil, out: &mut Out) {
        let mut told = Told { subject: &String::from_utf8_lossy(key), at, out };
        give_up(vigil, &mut told);
        while let Some(size) = vigil.end(at) {
            for rule in self.rules.iter().filter(|rule| rule.of.is_of_cascades()) {
                if let Some(standing) = vigil.take(&rule.name).filter(|standing| standing.is_firing) {
                    told.tell(&rule.name, AlertState::Ended, &Standing { value: size as f64, ..standing });
                }
            }
        }
        self.add_up(at, vigil, &mut told);
    }

    fn deadline(&self, vigil: &Vigil) -> Option<Timestamp> {
        vigil.deadline()
    }

    fn is_chore(&self, vigil: &Vigil) -> bool {
        vigil.is_resting()
    }

    fn is_done(&self, vigil: &Vigil) -> bool {
        vigil.is_idle()
    }

    fn refuses_late(&self) -> bool {
        false
    }
}

impl Watch {
    /// What rules make of what has been gauged up to now.
    fn add_up(&self, at: Timestamp, vigil: &mut Vigil, told: &mut Told<'_>) {
        let is_ours = |rule: &&Rule| rule.of.is_of_gauges() && rule.only.as_deref().is_none_or(|only| only == told.subject);
        let rules: Vec<Rule> = self.rules.iter().filter(is_ours).cloned().chain(vigil.saved()).collect();
        while let Some(pane) = vigil.gauged(at) {
            for rule in &rules {
                if let Some(sum) = vigil.add(rule, pane) {
                    hear(rule, &sum.measured(rule.window_s), vigil, &mut told.at(sum.end));
                }
            }
        }
        for rule in &rules {
            if let Some(sum) = vigil.summed(rule, at) {
                hear(rule, &sum.measured(rule.window_s), vigil, &mut told.at(sum.end));
            }
        }
    }
}

/// Somebody saves a rule, or takes one back: what it says ends with it.
fn take_rule(rule: &domain::Rule<'_>, at: Timestamp, vigil: &mut Vigil, out: &mut Out) -> Result<(), Broken> {
    if let Some(fault) = rule.fault() {
        return Err(Broken(fault.to_owned()));
    }
    let before = vigil.unsave(&rule.rule).filter(|standing| standing.is_firing);
    if let Some(standing) = before {
        let mut told = Told { subject: &rule.of, at: at.max(rule.time), out };
        told.tell(&rule.rule, AlertState::Ended, &standing);
    }
    if let Some(rule) = Rule::saved(rule).filter(|_| !rule.removed) {
        vigil.save(rule);
    }
    Ok(())
}

/// Ends the alerts of which nothing was heard for too long.
fn give_up(vigil: &mut Vigil, told: &mut Told<'_>) {
    for (rule, standing) in vigil.expired(told.at) {
        if standing.is_firing {
            told.at(standing.expires).tell(&rule, AlertState::Silent, &standing);
        }
    }
}

/// What a rule makes of what was measured.
fn hear(rule: &Rule, measured: &Measured, vigil: &mut Vigil, told: &mut Told<'_>) {
    if rule.only.as_deref().is_some_and(|only| only != told.subject) {
        return;
    }
    let Some(value) = rule.value(measured) else { return };
    let at = told.at;
    match vigil.take(&rule.name) {
        Some(standing) if standing.is_firing && rule.is_cleared(value) => {
            let standing = standing.going_on(rule, measured, value, at);
            told.tell(&rule.name, AlertState::Calm, &standing);
            vigil.set(&rule.name, standing.resting(at.plus_millis(rule.silence_ms)));
        }
        Some(standing) if standing.is_firing => vigil.set(&rule.name, standing.going_on(rule, measured, value, at)),
        Some(resting) => vigil.set(&rule.name, resting),
        None if rule.is_passed(value) => {
            let standing = Standing::firing(rule, measured, value, at);
            told.tell(&rule.name, AlertState::Firing, &standing);
            vigil.set(&rule.name, standing);
        }
        None => {}
    }
}

/// Where alerts of a subject go.
struct Told<'a> {
    subject: &'a str,
    at: Timestamp,
    out: &'a mut Out,
}

impl Told<'_> {
    fn at(&mut self, at: Timestamp) -> Told<'_> {
        Told { at, subject: self.subject, out: self.out }
    }

    fn tell(&mut self, rule: &str, state: AlertState, standing: &Standing) {
        let borrowed = |text| Text(Cow::Borrowed(text));
        let Standing { value, threshold, since, window_s, .. } = *standing;
        let (of, text) = (borrowed(&standing.of), borrowed(&standing.text));
        let (alert, rule, subject) = (Text::from(format!("{rule}/{}", self.subject)), borrowed(rule), borrowed(self.subject));
        self.out.send(self.at, &Alert { alert, rule, subject, state, of, value, threshold, since, window_s, text });
    }
}
