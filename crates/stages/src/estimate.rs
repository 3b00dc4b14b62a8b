//! `estimate`: series -> estimates. How infectious is it, how fast does it fade, and how large will it be?

mod authors;
mod learner;
mod models;

#[cfg(test)]
mod tests;

pub use learner::Learner;
pub use models::{Model, Usual};

use domain::{Estimate as Record, Parameter, Series};
use flow::{Broken, Input, Out, Stage};
use learner::Pending;
use models::{Known, Look, Opinion};

/// Fits a model to each partial cascade, and learns from those that have ended what is usual.
///
/// A partition learns by itself, in the order of its records: so what it knew when it made an estimate is the same in every run.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// What is fitted.
    pub model: Model,
    /// Where what is usual comes from; none: the likelihood alone decides.
    pub usual: Usual,
    /// The largest branching factor.
    pub max_branching: f64,
    /// A cascade has ended after so many seconds of silence.
    pub silence_s: f64,
}

/// All cascades of a partition teach the same learner.
const ALL: &[u8] = b"";

impl Stage for Estimate {
    type State = Learner;

    fn name(&self) -> &str {
        "estimate"
    }

    fn key<'a>(&self, _input: &Input<'a>) -> &'a [u8] {
        ALL
    }

    fn on_record(&self, input: &Input<'_>, learner: &mut Learner, out: &mut Out) -> Result<(), Broken> {
        let series: Series<'_> = input.decode()?;
        let Some(window_s) = series.window_s else {
            learner.finish(&series);
            return Ok(());
        };
        let look = Look::at(&series, window_s)?;
        let known = learner.known(&self.usual, &series, &look);
        let (opinion, features) = self.model.opinion(&look, &known, self.max_branching, self.silence_s)?;
        learner.remember(&series.cascade, Pending::of(&look, &opinion));
        out.send(input.record.time, &record(series, window_s, &known, opinion, features));
        Ok(())
    }

    /// A partial cascade is as good later.
    fn refuses_late(&self) -> bool {
        false
    }
}

fn record<'a>(series: Series<'a>, window_s: u32, known: &Known, opinion: Opinion, features: Vec<f32>) -> Record<'a> {
    let parameters = opinion.parameters.into_iter();
    let forecast = opinion.forecast;
    Record {
        cascade: series.cascade,
        network: series.network,
        start: series.start,
        window_s,
        observed: series.size,
        model: opinion.model.into(),
        parameters: parameters.map(|(name, value, error)| Parameter { name: name.into(), value, error }).collect(),
        n_star: opinion.n_star,
        g1: opinion.g1,
        predicted: forecast.map(|(mean, _)| mean),
        low: forecast.and_then(|(_, odds)| odds).map(|(low, _)| low),
        high: forecast.and_then(|(_, odds)| odds).map(|(_, high)| high),
        mean_mark: known.moments.mean,
        learned_from: known.learned_from,
        features,
        text: series.text,
    }
}
