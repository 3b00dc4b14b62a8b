//! What a partition predicts with, and the predictions that wait for the truth.

use crate::kept::Kept;
use crate::turns::Turns;
use domain::{Estimate, Model};
use flow::{Broken, Changes, Format, State, Timestamp};
use ml::popularity::{Prediction, Predictor};
use serde::{Deserialize, Serialize};

const MODELS: u8 = b'm';
const OPEN: u8 = b'o';
/// Cascades whose end is waited for; beyond that, those that come are predicted and not followed.
const MOST: usize = 1_000_000;

/// The state of a partition.
#[derive(Debug, Default)]
pub struct Oracle {
    turns: Turns<Due>,
    /// The predictor of each window.
    models: Kept<Predictor, MODELS>,
    /// What was predicted of each cascade.
    open: Kept<Vec<Open>, OPEN>,
}

/// What waits for its time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Due {
    /// A predictor takes effect, for a window.
    Model(String, Box<Predictor>),
    /// A cascade is to be predicted.
    Estimate(Box<Open>),
    /// A cascade has ended, at this size.
    End(String, u64),
}

/// A cascade at one window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) cascade: String,
    pub(super) network: String,
    pub(super) text: String,
    pub(super) start: Timestamp,
    pub(super) window_s: u32,
    pub(super) observed: u64,
    pub(super) features: Vec<f32>,
    /// What the Hawkes process makes of it: how fast attention fades, if it is the exponential one, its branching factor, and how
    /// many direct reposts are still to come.
    pub(super) beta: Option<f64>,
    pub(super) n_star: f64,
    pub(super) g1: f64,
    /// The size that the Hawkes process foresees.
    pub(super) foreseen: f64,
    /// The size that was predicted, and its interval.
    pub(super) predicted: [f64; 3],
    /// The version of the model that did.
    pub(super) model: u64,
}

impl Open {
    pub(super) fn of(estimate: Estimate<'_>) -> Self {
        let (observed, is_exponential) = (estimate.observed, &*estimate.model == "exponential");
        let beta = estimate.parameters.iter().find(|parameter| is_exponential && &*parameter.name == "beta");
        Open {
            cascade: estimate.cascade.to_string(),
            network: estimate.network.to_string(),
            text: estimate.text.to_string(),
            start: estimate.start,
            window_s: estimate.window_s,
            observed,
            beta: beta.map(|beta| beta.value),
            n_star: estimate.n_star,
            g1: estimate.g1,
            features: estimate.features,
            foreseen: estimate.predicted.unwrap_or(observed as f64),
            predicted: [0.0; 3],
            model: 0,
        }
    }
}

impl Due {
    pub(super) fn model(model: &Model<'_>) -> Result<Due, Broken> {
        let predictor = Format::Compact.decode(&model.body.0)?;
        Ok(Due::Model(model.window.to_string(), Box::new(predictor)))
    }
}

impl Oracle {
    pub(super) fn wait(&mut self, time: Timestamp, rank: u8, name: &[u8], due: Due) {
        self.turns.push(time, rank, name, due);
    }

    /// When something is to be done next.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.turns.due()
    }

    /// The next that is due at `at`.
    pub(super) fn next(&mut self, at: Timestamp) -> Option<Due> {
        self.turns.pop(at)
    }

    pub(super) fn take_model(&mut self, window: &str, predictor: Predictor) {
        self.models.insert(window.into(), predictor);
    }

    /// Predicts, and remembers it until the cascade has ended.
    pub(super) fn predict(&mut self, mut open: Open) -> Open {
        let none = Predictor::default();
        let predictor = self.models.get(open.window_s.to_string().as_bytes()).unwrap_or(&none);
        let Prediction { size, low, high, version } = predictor.predict(&open.features, open.observed as f64, open.foreseen);
        (open.predicted, open.model) = ([size, low, high], version);
        let key = open.cascade.as_bytes();
        let mut all = self.open.remove(key).unwrap_or_default();
        all.push(open.clone());
        if all.len() > 1 || self.open.len() < MOST {
            self.open.insert(key.to_vec(), all);
        }
        open
    }

    /// What was predicted of a cascade that has ended.
    pub(super) fn close(&mut self, cascade: &str) -> Vec<Open> {
        self.open.remove(cascade.as_bytes()).unwrap_or_default()
    }
}

impl State for Oracle {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.turns.save(changes);
        self.models.save(changes);
        self.open.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        let _taken = self.turns.load(sub_key, value) || self.models.load(sub_key, value) || self.open.load(sub_key, value);
    }
}
