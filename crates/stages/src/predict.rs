//! `predict`: estimates, sizes, models -> predictions, errors, samples. How large will it be, by what others came to?

mod oracle;

#[cfg(test)]
mod tests;

pub use oracle::Oracle;

use domain::{Deviation, Estimate, Model, Prediction, Sample, Size, Text};
use flow::{Broken, Input, Out, Stage, Timestamp, Value};
use oracle::{Due, Ended, Open};

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

    fn name(&self) -> &'static str {
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
        let [model, estimate, size] = RANKS;
        if input.topic == <Model<'_> as Value>::TOPIC {
            let model_of = input.decode::<Model<'_>>()?;
            oracle.wait(time.plus_millis(self.delay_ms), model, key, Due::model(&model_of)?);
        } else if input.topic == <Size<'_> as Value>::TOPIC {
            let ended: Size<'_> = input.decode()?;
            oracle.wait(time, size, key, Due::End(ended.size));
        } else {
            let seen: Estimate<'_> = input.decode()?;
            let name = [key, &seen.window_s.to_be_bytes()].concat();
            oracle.wait(time, estimate, &name, Due::Estimate(Box::new(Open::of(&seen))));
        }
        Ok(())
    }

    fn on_deadline(&self, _key: &[u8], at: Timestamp, oracle: &mut Oracle, out: &mut Out) {
        while let Some((time, due)) = oracle.next(at) {
            match due {
                Due::Model(model) => oracle.take_model(model),
                Due::Estimate(open) => tell_prediction(time, *open, oracle, out),
                Due::End(ended) => oracle.close(&ended).iter().for_each(|ended| tell_end(time, ended, out)),
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
