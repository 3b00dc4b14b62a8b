//! The board: which cascades will be large, how far off predictions are, and which alerts go on, as the topics have told so far.
//!
//! It is what a page shows and what monitoring is given, and it is bounded whatever comes.

mod exposition;

#[cfg(test)]
mod tests;

use crate::{Accuracy, Alert, AlertState, Forecast, Prediction, Size};
use flow::{Broken, Format, Timestamp, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A longer text is cut.
const TEXT_BYTES: usize = 280;
/// Longer names are none of ours.
const NAME_BYTES: usize = 256;
/// So many alerts and observation windows are kept. More are not taken in.
const MOST: usize = 10_000;
/// So many forecasts of a cascade are kept, the first ones.
const FORECASTS: usize = 16;
/// A cascade of which nothing was heard for so long goes on no more: none is followed for longer than a week, unless somebody says so.
const OPEN_MS: i64 = 8 * 86_400_000;

/// A cascade on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The post that started it.
    pub cascade: Arc<str>,
    /// As in `posts`.
    pub network: String,
    /// What that post says.
    pub text: String,
    /// When it was started.
    pub start: Timestamp,
    /// How it was predicted, the shortest window first.
    pub forecasts: Vec<Forecast>,
    /// What it has come to, and when, once it has ended.
    pub size: Option<(u64, Timestamp)>,
}

/// The board.
#[derive(Debug)]
pub struct Board {
    most: usize,
    rows: BTreeMap<Arc<str>, Row>,
    /// Those that go on, the largest first.
    open: BTreeSet<(Reverse<u64>, Arc<str>)>,
    /// Those that have ended, the oldest first.
    ended: VecDeque<Arc<str>>,
    /// Those that go on, by when they were looked at last.
    seen: BTreeSet<(Timestamp, Arc<str>)>,
    /// How far time has come.
    newest: Timestamp,
    /// Sizes that came before the predictions: they are in topics of their own.
    early: Early,
    accuracies: BTreeMap<u32, Accuracy<'static>>,
    alerts: BTreeMap<String, Alert<'static>>,
}

/// Sizes of cascades that are not on the board, the newest ones.
#[derive(Debug, Default)]
struct Early {
    sizes: BTreeMap<Arc<str>, (u64, (u64, Timestamp))>,
    order: BTreeMap<u64, Arc<str>>,
    next: u64,
}

impl Early {
    fn put(&mut self, name: Arc<str>, size: (u64, Timestamp), most: usize) {
        self.take(&name);
        self.sizes.insert(name.clone(), (self.next, size));
        self.order.insert(self.next, name);
        self.next += 1;
        if self.order.len() > most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.sizes.remove(&oldest);
        }
    }

    fn take(&mut self, name: &Arc<str>) -> Option<(u64, Timestamp)> {
        let (number, size) = self.sizes.remove(name)?;
        self.order.remove(&number);
        Some(size)
    }
}

impl Forecast {
    /// How far off it was, of a cascade of this size.
    pub fn are(&self, size: u64) -> f64 {
        crate::are(self.predicted, size)
    }
}

impl Row {
    /// The newest forecast.
    pub fn newest(&self) -> Option<&Forecast> {
        self.forecasts.last()
    }

    fn rank(&self) -> (Reverse<u64>, Arc<str>) {
        // The bits of numbers from 0 on sort as the numbers do.
        let predicted = self.newest().map_or(0.0, |forecast| forecast.predicted.max(0.0));
        (Reverse(predicted.to_bits()), self.cascade.clone())
    }

    /// When it was looked at last.
    fn looked_at(&self) -> Timestamp {
        self.start.plus_millis(i64::from(self.newest().map_or(0, |forecast| forecast.window_s)) * 1000)
    }

    fn take(&mut self, forecast: Forecast) {
        let is_full = self.forecasts.len() >= FORECASTS;
        let at = self.forecasts.partition_point(|known| known.window_s < forecast.window_s);
        match self.forecasts.get_mut(at) {
            Some(known) if known.window_s == forecast.window_s => *known = forecast,
            _ if !is_full => self.forecasts.insert(at, forecast),
            _ => {}
        }
    }
}

impl Board {
    /// A board of the `most` largest cascades that go on, and of as many that ended last.
    pub fn new(most: usize) -> Self {
        let (rows, open, ended) = (BTreeMap::new(), BTreeSet::new(), VecDeque::new());
        let (seen, newest, early) = (BTreeSet::new(), Timestamp::MIN, Early::default());
        let (accuracies, alerts) = (BTreeMap::new(), BTreeMap::new());
        Board { most, rows, open, ended, seen, newest, early, accuracies, alerts }
    }

    /// Takes in a record of one of the topics that the board is about; false: it is of another.
    pub fn hear(&mut self, topic: &str, format: Format, value: &[u8]) -> Result<bool, Broken> {
        match topic {
            Prediction::TOPIC => self.predicted(&format.decode(value)?),
            Size::TOPIC => self.ended(&format.decode(value)?),
            Accuracy::TOPIC => self.measured(&format.decode(value)?),
            Alert::TOPIC => self.alerted(&format.decode(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes a prediction in.
    pub fn predicted(&mut self, said: &Prediction<'_>) {
        if said.cascade.len() > NAME_BYTES || said.network.len() > NAME_BYTES || !said.predicted.is_finite() {
            return;
        }
        let Prediction { window_s, observed, predicted, low, high, model, start, .. } = *said;
        let name: Arc<str> = Arc::from(&*said.cascade);
        let row = self.rows.entry(name.clone()).or_insert_with(|| Row {
            cascade: name.clone(),
            network: said.network.to_string(),
            text: cut(&said.text).to_owned(),
            start,
            forecasts: vec![],
            size: None,
        });
        let (before, looked_at) = (row.rank(), row.looked_at());
        row.take(Forecast { window_s, observed, predicted, low, high, model });
        self.newest = self.newest.max(row.looked_at());
        if row.size.is_none() {
            self.open.remove(&before);
            self.open.insert(row.rank());
            self.seen.remove(&(looked_at, name.clone()));
            self.seen.insert((row.looked_at(), name.clone()));
        }
        if let Some(size) = self.early.take(&name) {
            self.close(&name, size);
        }
        self.shed();
    }

    /// Takes in what a cascade has come to.
    pub fn ended(&mut self, size: &Size<'_>) {
        if size.cascade.len() > NAME_BYTES {
            return;
        }
        let name: Arc<str> = Arc::from(&*size.cascade);
        if self.rows.contains_key(&name) {
            self.close(&name, (size.size, size.end));
            self.shed();
        } else {
            // Predictions may be far behind where they wait for models.
            self.early.put(name, (size.size, size.end), self.most.saturating_mul(10));
        }
    }

    /// Takes in how far off predictions are.
    pub fn measured(&mut self, accuracy: &Accuracy<'_>) {
        let Ok(window) = accuracy.window.parse::<u32>() else { return };
        if self.accuracies.len() < MOST || self.accuracies.contains_key(&window) {
            let window_text = accuracy.window.clone().into_owned();
            self.accuracies.insert(window, Accuracy { window: window_text, histogram: accuracy.histogram.clone(), ..*accuracy });
        }
    }

    /// Takes an alert in, or that it is over.
    pub fn alerted(&mut self, alert: &Alert<'_>) {
        if alert.state != AlertState::Firing {
            self.alerts.remove(&*alert.alert);
        } else if self.alerts.len() < MOST || self.alerts.contains_key(&*alert.alert) {
            let own = |text: &crate::Text<'_>| text.clone().into_owned();
            let (rule, subject, of) = (own(&alert.rule), own(&alert.subject), own(&alert.of));
            let (name, text) = (own(&alert.alert), crate::Text::from(cut(&alert.text).to_owned()));
            self.alerts.insert(alert.alert.to_string(), Alert { alert: name, rule, subject, of, text, ..*alert });
        }
    }

    /// The `n` largest cascades that go on, by their newest forecast.
    pub fn leaders(&self, n: usize) -> impl Iterator<Item = &Row> {
        self.open.iter().filter_map(|(_, name)| self.rows.get(name)).take(n)
    }

    /// The `n` cascades that ended last, the newest first.
    pub fn finished(&self, n: usize) -> impl Iterator<Item = &Row> {
        self.ended.iter().rev().filter_map(|name| self.rows.get(name)).take(n)
    }

    /// A cascade.
    pub fn row(&self, cascade: &str) -> Option<&Row> {
        self.rows.get(cascade)
    }

    /// How many cascades are on the board.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How far off the predictions of each window are, the shortest window first.
    pub fn accuracies(&self) -> impl Iterator<Item = &Accuracy<'static>> {
        self.accuracies.values()
    }

    /// The alerts that go on, by their names.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert<'static>> {
        self.alerts.values()
    }

    fn close(&mut self, name: &Arc<str>, size: (u64, Timestamp)) {
        let Some(row) = self.rows.get_mut(name) else { return };
        self.newest = self.newest.max(size.1);
        if row.size.replace(size).is_none() {
            self.open.remove(&row.rank());
            self.seen.remove(&(row.looked_at(), name.clone()));
            self.ended.push_back(name.clone());
        }
    }

    /// Takes a cascade that goes on off the board.
    fn forget(&mut self, name: &Arc<str>) {
        if let Some(row) = self.rows.remove(name) {
            self.open.remove(&row.rank());
            self.seen.remove(&(row.looked_at(), name.clone()));
        }
    }

    fn shed(&mut self) {
        while self.open.len() > self.most
            && let Some((_, name)) = self.open.last().cloned()
        {
            self.forget(&name);
        }
        let long_ago = self.newest.plus_millis(-OPEN_MS);
        while let Some((_, name)) = self.seen.first().filter(|(looked_at, _)| *looked_at < long_ago).cloned() {
            self.forget(&name);
        }
        while self.ended.len() > self.most {
            let Some(name) = self.ended.pop_front() else { break };
            self.rows.remove(&name);
        }
    }
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or(text)
}
