//! `predict`: estimates, sizes, models -> predictions, errors, samples. How large will it be, by what others came to?

mod oracle;

#[cfg(test)]
mod tests;

pub use oracle::Oracle;

use domain::{Deviation, Estimate, Model, Prediction, Sample, Size, Text};
use flow::{Broken, Input, Out, Stage, Timestamp, Value};
use oracle::{Due, Open};
use std::borrow::Cow;

/// Predicts with the newest model of each window, and tells how far off that was.
///
/// What comes is taken in the order of time, and a model takes effect a fixed while after the sample that it learned last: so
/// which model made which prediction does not depend on how fast anything ran.
#[derive(Clone, Debug)]
pub struct Predict {
    /// A model takes effect so long after its time.
    pub delay_ms: i64,
}

/// A partition is one state: a model serves all of its cascades.
const ALL: &[u8] = b"";
/// What happens at the same time happens in this order.
const RANKS: [u8; 3] = [0, 1, 2];

impl Stage for Predict {
    type State = Oracle;

    fn name(&self) -> &str {
        "predict"
    }

    fn key<'a>(&self, _input: &Input<'a>) -> &'a [u8] {
        ALL
    }

    fn feedback(&self) -> Option<(&'static str, i64)> {
        Some((<Model<'_> as Value>::TOPIC, self.delay_ms))
    }

    fn on_record(&self, input: &Input<'_>, oracle: &mut Oracle, _out: &mut Out) -> Result<(), Broken> {
        let (time, key) = (input.record.time, input.record.key);
        let [model_rank, estimate_rank, size_rank] = RANKS;
        match input.topic {
            Model::TOPIC => {
                let model: Model<'_> = input.decode()?;
                oracle.wait(time.plus_millis(self.delay_ms), model_rank, key, Due::model(&model)?);
            }
            Size::TOPIC => {
                let size: Size<'_> = input.decode()?;
                oracle.wait(time, size_rank, key, Due::End(size.cascade.to_string(), size.size));
            }
            _ => {
                let estimate: Estimate<'_> = input.decode()?;
                let name = [key, &estimate.window_s.to_be_bytes()].concat();
                oracle.wait(time, estimate_rank, &name, Due::Estimate(Box::new(Open::of(estimate))));
            }
        }
        Ok(())
    }

    fn on_deadline(&self, _key: &[u8], at: Timestamp, oracle: &mut Oracle, out: &mut Out) {
        while let Some(due) = oracle.next(at) {
            match due {
                Due::Model(window, predictor) => oracle.take_model(&window, *predictor),
                Due::Estimate(open) => tell_prediction(at, &oracle.predict(*open), out),
                Due::End(cascade, size) => {
                    oracle.close(&cascade).iter().for_each(|open| tell_end(at, open, size, out));
                }
            }
        }
    }

    fn deadline(&self, oracle: &Oracle) -> Option<Timestamp> {
        oracle.due()
    }

    fn refuses_late(&self) -> bool {
        false
    }
}

fn borrowed(text: &str) -> Text<'_> {
    Text(Cow::Borrowed(text))
}

fn tell_prediction(at: Timestamp, open: &Open, out: &mut Out) {
    let [predicted, low, high] = open.predicted;
    let (cascade, network, text) = (borrowed(&open.cascade), borrowed(&open.network), borrowed(&open.text));
    let (low, high) = (Some(low), Some(high));
    let Open { start, window_s, observed, model, .. } = *open;
    out.send(at, &Prediction { cascade, network, start, window_s, observed, predicted, low, high, model, text });
}

/// How far off a prediction was, and what there is to learn from it.
fn tell_end(at: Timestamp, open: &Open, size: u64, out: &mut Out) {
    let [predicted, low, high] = open.predicted;
    let (cascade, truth) = (borrowed(&open.cascade), size.max(1) as f64);
    let (are, inside) = (domain::are(predicted, size), (low..=high).contains(&truth));
    let Open { window_s, model, observed, foreseen, beta, n_star, g1, .. } = *open;
    let (told, came, inside) = (Some(predicted), Some(size), Some(inside));
    out.send(at, &Deviation { cascade: cascade.clone(), window_s, predicted: told, size: came, are, inside, model });
    let (window, features) = (Text::from(window_s.to_string()), open.features.clone());
    let predicted = open.predicted;
    out.send(at, &Sample { window, cascade, features, beta, n_star, g1, observed, foreseen, predicted, size });
}
