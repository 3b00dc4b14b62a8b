//! `alertmanager`: the alerts that go on, told to Prometheus Alertmanagers, which send them to people.

#[cfg(test)]
mod tests;

use crate::{Announce, Service};
use domain::{Alert, Board};
use flow::{Error, Result, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many alerts go in one request.
const MOST: usize = 500;
/// An alert that began longer ago than this, or that has yet to begin, is of a recording: there it begins when it is first told of.
const NEAR_MS: i64 = 86_400_000;

/// Tells Alertmanagers, each of all alerts: they tell each other what was sent.
pub struct Alertmanager {
    services: Vec<Service>,
    page: Option<String>,
    every_ms: i64,
    told: BTreeMap<String, Told>,
}

/// What was told of an alert, or is to be told.
struct Told {
    alert: Alert<'static>,
    starts: Timestamp,
    /// When it was over.
    over: Option<Timestamp>,
    /// Everybody has heard how it stands.
    heard: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted<'a> {
    labels: Labels<'a>,
    annotations: Annotations,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<&'a str>,
}

/// What makes an alert the one that it is. A value or a window in here would make another of it with each prediction.
#[derive(Serialize)]
struct Labels<'a> {
    alertname: &'a str,
    rule: &'a str,
    subject: &'a str,
    severity: &'static str,
}

#[derive(Serialize)]
struct Annotations {
    title: String,
    description: String,
}

impl Alertmanager {
    /// Tells these of all alerts at least every `every_ms`; they are led back to `page`.
    pub fn new(services: Vec<Service>, page: Option<String>, every_ms: i64) -> Self {
        Alertmanager { services, page, every_ms, told: BTreeMap::new() }
    }

    /// Takes in how things stand on the board.
    fn look(&mut self, board: &Board, now: Timestamp) {
        for alert in board.alerts() {
            let known = self.told.get(&*alert.alert).filter(|told| told.over.is_none());
            let (starts, heard) = known.map_or((starts(alert.since, now), false), |told| (told.starts, told.heard));
            self.told.insert(alert.alert.to_string(), Told { alert: alert.clone(), starts, over: None, heard });
        }
        let mut firing = board.alerts().map(|alert| &*alert.alert).peekable();
        // Both are in the order of their names.
        for (name, told) in &mut self.told {
            while firing.next_if(|next| *next < name.as_str()).is_some() {}
            if firing.peek() != Some(&name.as_str()) && told.over.is_none() {
                (told.over, told.heard) = (Some(now), false);
            }
        }
        // By then they have ended there, too: nobody said that they go on.
        let last = now.plus_millis(-self.patience_ms());
        self.told.retain(|_, told| told.over.is_none_or(|over| over > last));
    }

    /// So long an alert goes on there when nobody speaks of it.
    fn patience_ms(&self) -> i64 {
        self.every_ms.saturating_mul(4)
    }

    fn posted<'a>(&'a self, told: &'a Told, now: Timestamp) -> Posted<'a> {
        let ends = told.over.unwrap_or(now.plus_millis(self.patience_ms()));
        let alert = &told.alert;
        Posted {
            labels: Labels { alertname: &alert.rule, rule: &alert.rule, subject: &alert.subject, severity: "warning" },
            annotations: Annotations { title: format!("{}: {}", alert.rule, alert.subject), description: description(alert) },
            starts_at: told.starts.min(ends).to_string(),
            ends_at: ends.to_string(),
            generator_url: self.page.as_deref(),
        }
    }

    /// Tells each service; the first that has not heard it is the one to complain of.
    fn tell(&self, posted: &[Posted<'_>]) -> Result<()> {
        let mut result = Ok(());
        for service in &self.services {
            for some in posted.chunks(MOST) {
                let text = serde_json::to_string(some).map_err(|error| Error::Refused(error.to_string()))?;
                let told = service.post("/api/v2/alerts", "application/json", &text);
                if told.is_err() {
                    result = result.and(told);
                    break;
                }
            }
        }
        result
    }
}

impl Announce for Alertmanager {
    fn announce(&mut self, board: &Board, now: Timestamp, all: bool) -> Result<()> {
        self.look(board, now);
        let news = self.told.values().filter(|told| all || !told.heard);
        let posted: Vec<Posted<'_>> = news.map(|told| self.posted(told, now)).collect();
        self.tell(&posted)?;
        self.told.retain(|_, told| told.over.is_none());
        self.told.values_mut().for_each(|told| told.heard = true);
        Ok(())
    }

    /// What goes on goes on without us for a while, and then ends there: whoever starts us again in time is not written to twice.
    fn leave(&mut self) -> Result<()> {
        Ok(())
    }
}

/// When it began, by the wall clock.
fn starts(since: Timestamp, now: Timestamp) -> Timestamp {
    if (0..NEAR_MS).contains(&now.millis_since(since)) { since } else { now }
}

fn description(alert: &Alert<'_>) -> String {
    let mut text = format!("{} is {}, the threshold {}", alert.of, rounded(alert.value), rounded(alert.threshold));
    if let Some(window) = alert.window_s {
        text += &format!(", after {window} s");
    }
    if !alert.text.is_empty() {
        text += &format!(". The post says: {}", alert.text);
    }
    text
}

/// A number as people read it.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
