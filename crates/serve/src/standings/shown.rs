//! How cascades are shown, as JSON: in answers and in live events alike.

use super::Standings;
use domain::Forecast;
use domain::board::Row;
use flow::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// So many cascades that go on a live event names, and so many that have ended.
const EVENT_OPEN: usize = 20;
const EVENT_ENDED: usize = 10;

/// Which cascades are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Those that go on, the largest prediction first.
    #[default]
    Open,
    /// Those that have ended, the last to end first.
    Ended,
}

/// How large a cascade will be, as it was said at the end of one observation window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Said {
    /// How long it was observed, in seconds.
    pub window_s: u32,
    /// When that was over.
    #[schema(value_type = String, format = DateTime)]
    pub when: Timestamp,
    /// How many posts there were, the first among them.
    pub observed: u64,
    /// The size that it will have.
    pub predicted: f64,
    /// It will be smaller with a probability of 10 %; `null` where who predicts does not say.
    pub low: Option<f64>,
    /// It will be larger with a probability of 10 %; `null` where who predicts does not say.
    pub high: Option<f64>,
    /// The version of the model that says so; 0: the Hawkes process alone says it.
    pub model: u64,
    /// The absolute relative error, `|predicted - size| / size`, once the size is known.
    pub are: Option<f64>,
    /// Whether the size is within the interval, once it is known.
    pub inside: Option<bool>,
}

/// A cascade, as the board shows it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Shown {
    /// The post that started it, by its identifier.
    #[schema(value_type = String)]
    pub cascade: Arc<str>,
    /// Where it was posted.
    pub network: String,
    /// What the first post says, cut.
    pub text: String,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// What it has come to, once it has ended.
    pub size: Option<u64>,
    /// When its last repost came, once it has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end: Option<Timestamp>,
    /// The newest prediction.
    #[serde(flatten)]
    pub said: Said,
}

/// Cascades, and what "now" is to them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cascades {
    /// The newest time of a prediction or a size. Nothing if there was none yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub now: Option<Timestamp>,
    /// How many cascades that go on the board holds: the 1000 largest at most.
    pub open: usize,
    /// The cascades.
    pub cascades: Vec<Shown>,
}

#[derive(Serialize)]
struct Event<'a> {
    now: Option<Timestamp>,
    open: usize,
    leaders: Vec<Shown>,
    ended: Vec<Shown>,
    accuracies: Vec<&'a domain::Accuracy<'static>>,
}

impl Said {
    /// What was said of this cascade by this forecast.
    pub fn new(row: &Row, forecast: &Forecast) -> Self {
        let Forecast { window_s, observed, predicted, low, high, model } = *forecast;
        let when = row.start.plus_millis(i64::from(window_s) * 1000);
        let size = row.size.map(|(size, _)| size);
        let are = size.map(|size| forecast.are(size));
        let inside = size.and_then(|size| Some((low?..=high?).contains(&(size as f64))));
        Said { window_s, when, observed, predicted, low, high, model, are, inside }
    }
}

impl Shown {
    /// A row, if it was ever predicted.
    pub fn new(row: &Row) -> Option<Self> {
        let said = Said::new(row, row.newest()?);
        let (network, text, start) = (row.network.clone(), row.text.clone(), row.start);
        let (size, end) = row.size.unzip();
        Some(Shown { cascade: row.cascade.clone(), network, text, start, size, end, said })
    }
}

impl Standings {
    /// The first `n` cascades of a state.
    pub fn cascades(&self, state: State, n: usize) -> Cascades {
        Cascades { now: self.newest, open: self.board.leaders(usize::MAX).count(), cascades: self.shown(state, n) }
    }

    fn shown(&self, state: State, n: usize) -> Vec<Shown> {
        match state {
            State::Open => self.board.leaders(n).filter_map(Shown::new).collect(),
            State::Ended => self.board.finished(n).filter_map(Shown::new).collect(),
        }
    }

    /// The data of a live event.
    pub fn event(&self) -> Option<Arc<str>> {
        let (leaders, ended) = (self.shown(State::Open, EVENT_OPEN), self.shown(State::Ended, EVENT_ENDED));
        let (open, accuracies) = (self.board.leaders(usize::MAX).count(), self.board.accuracies().collect());
        serde_json::to_string(&Event { now: self.newest, open, leaders, ended, accuracies }).ok().map(Arc::from)
    }
}
