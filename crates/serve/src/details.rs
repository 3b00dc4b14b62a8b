//! What the log holds of one cascade beyond its row on the board: looked up when somebody asks, within bounds of records and time.

mod posts;

#[cfg(test)]
mod tests;

pub use posts::{Posts, Until, posts};

use crate::standings::Place;
use domain::{Estimate, Series};
use flow::{Batch, Error, Log, Record, Result, Timestamp, Value};
use serde::Serialize;
use utoipa::ToSchema;

/// So many points of a curve are given.
const POINTS: usize = 500;

/// What a model made of a cascade at one observation window.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Fit {
    /// How long it was observed, in seconds.
    window_s: u32,
    /// How many posts there were, the first among them.
    observed: u64,
    /// `exponential` or `power-law` (Hawkes processes), or `seismic`.
    model: String,
    /// What was fitted.
    parameters: Vec<Parameter>,
    /// The branching factor: how many reposts one repost brings by itself, in the mean.
    n_star: f64,
    /// How many direct reposts of the observed posts are still to come.
    g1: f64,
    /// The size that it will have, by this model alone; nothing if it declines.
    predicted: Option<f64>,
    /// How many cascades that had ended taught it what is usual.
    learned_from: u64,
}

/// A number that was fitted.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Parameter {
    /// Its name.
    name: String,
    /// Its value; a rate is one a second, a time is in seconds.
    value: f64,
    /// The standard error of its natural logarithm; nothing where it is not known.
    error: Option<f64>,
}

/// How many posts there were over time, as far as the longest window that is over saw it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Curve {
    /// How long it was observed, in seconds.
    window_s: u32,
    /// Milliseconds after the start, and how many posts there were then, the first among them: 500 points at most.
    points: Vec<[u64; 2]>,
}

/// The record at this place, if it is still there and of this key.
pub fn record_at<T>(
    log: &dyn Log,
    topic: &str,
    place: Place,
    key: &str,
    read: impl FnOnce(&Record<'_>) -> Option<T>,
) -> Result<Option<T>> {
    let batches = match log.read(topic, place.partition, place.offset, 1) {
        Ok(batches) => batches,
        // Retention has taken it.
        Err(Error::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut records = batches.iter().flat_map(|batch| batch.block.records(batch.base, place.offset));
    let found = records.find(|record| record.offset >= place.offset);
    Ok(found.filter(|record| record.offset == place.offset && record.key == key.as_bytes()).and_then(|record| read(&record)))
}

/// What the models made of a cascade, the shortest window first.
pub fn fits(log: &dyn Log, cascade: &str, places: &[(u32, Place)]) -> Result<Vec<Fit>> {
    let format = log.format();
    let mut fits = vec![];
    for (_, place) in places {
        let fit = record_at(log, Estimate::TOPIC, *place, cascade, |record| {
            format.decode::<Estimate<'_>>(record.value?).ok().map(|estimate| Fit::new(&estimate))
        });
        fits.extend(fit?);
    }
    fits.sort_by_key(|fit| fit.window_s);
    Ok(fits)
}

/// The curve of a cascade, if its series are still there.
pub fn curve(log: &dyn Log, cascade: &str, place: Place) -> Result<Option<Curve>> {
    let format = log.format();
    record_at(log, Series::TOPIC, place, cascade, |record| Curve::new(&format.decode::<Series<'_>>(record.value?).ok()?))
}

impl Fit {
    fn new(estimate: &Estimate<'_>) -> Self {
        let parameter =
            |one: &domain::Parameter<'_>| Parameter { name: one.name.to_string(), value: one.value, error: one.error };
        let Estimate { window_s, observed, n_star, g1, predicted, learned_from, .. } = *estimate;
        let parameters = estimate.parameters.iter().map(parameter).collect();
        Fit { window_s, observed, model: estimate.model.to_string(), parameters, n_star, g1, predicted, learned_from }
    }
}

impl Curve {
    fn new(series: &Series<'_>) -> Option<Self> {
        let window_s = series.window_s?;
        let counted = || (1..).zip(&series.events).map(|(count, [after_ms, _])| [*after_ms, count]);
        // Two points are set aside: the newest event, and the window's end, to which the curve is known.
        let step = series.events.len().div_ceil(POINTS - 2).max(1);
        let mut points: Vec<[u64; 2]> = counted().step_by(step).collect();
        points.extend(counted().last().filter(|newest| points.last() != Some(newest)));
        points.push([u64::from(window_s) * 1000, series.size]);
        Some(Curve { window_s, points })
    }
}

/// The first record from an offset on that is in these batches.
fn first_in(batches: &[Batch], from: u64) -> Option<(u64, Timestamp)> {
    let mut records = batches.iter().flat_map(|batch| batch.block.records(batch.base, from));
    records.find(|record| record.offset >= from).map(|record| (record.offset, record.time))
}
