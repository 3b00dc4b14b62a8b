//! Which model is live, and what is predicted.

use super::band::Band;
use super::features;
use super::model::{Model, RECENT};
use super::plan::{Plan, Record, mean};
use super::{Sample, error};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// With fewer samples that both have not seen, models are not compared.
const FEW: usize = 8;

/// A final size.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Prediction {
    /// The size that is predicted.
    pub size: f64,
    /// Four in five are between this,
    pub low: f64,
    /// and this.
    pub high: f64,
    /// The version of the model; 0 if there was none, or it was not used.
    pub version: u64,
}

/// What became of a model that was offered, and the mean errors that decided.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether it is live now.
    pub live: bool,
    /// Its own mean error on recent samples.
    pub own: f64,
    /// That of the model before, if there was one.
    pub before: Option<f64>,
    /// That of the best constant.
    pub constant: f64,
}

/// What is known of a predictor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Insight {
    /// How many trees the live model has; 0 if there is none.
    pub trees: usize,
    /// With how many samples it was trained.
    pub examples: usize,
    /// The part of the live model in a prediction. The rest is the best constant.
    pub share: f64,
    /// The part of the Hawkes process in a prediction without a model.
    pub hawkes: f64,
    /// How many times larger a cascade becomes, by the best constant.
    pub constant: f64,
    /// By how much intervals are stretched to hold four in five.
    pub scale: f64,
    /// How many recent samples it knows, which judge models.
    pub recent: usize,
    /// The part of them that is within its intervals, if there are any.
    pub coverage: Option<f64>,
}

/// Predicts with the live model, if there is one and it is of use.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Predictor {
    learned: u64,
    model: Option<Model>,
    /// The last samples, the oldest first.
    recent: VecDeque<Record>,
    plan: Plan,
}

impl Predictor {
    /// The final size of a cascade of which so many events were `seen`; `forecast` is what the Hawkes process expects.
    pub fn predict(&self, features: &[f32], seen: f64, forecast: f64) -> Prediction {
        let seen = if seen > 1.0 { seen.min(1e15) } else { 1.0 };
        let band = self.model.as_ref().and_then(|model| model.band(features));
        let used = band.is_some() && self.plan.model > 0.0;
        let version = self.model.as_ref().filter(|_| used).map_or(0, |model| model.version);
        let told = self.plan.band(band.as_ref(), forecast, seen);
        let [size, low, high] = [told.middle, told.low, told.high].map(|larger| seen * larger.exp());
        Prediction { size, low, high, version }
    }

    /// How many samples there have been.
    pub fn learned(&self) -> u64 {
        self.learned
    }

    /// The version of the live model.
    pub fn version(&self) -> Option<u64> {
        self.model.as_ref().map(|model| model.version)
    }

    /// The part of the live model in a prediction, from 0 to 1. The rest is the best constant.
    pub fn share(&self) -> f64 {
        if self.model.is_some() { self.plan.model } else { 0.0 }
    }

    /// What there is to know of it.
    pub fn insight(&self) -> Insight {
        let inside = self.recent.iter().map(|Record { sample, band }| {
            let told = self.plan.band(band.as_ref(), sample.forecast, sample.seen.max(1.0));
            f64::from(u8::from((told.low..=told.high).contains(&sample.target())))
        });
        Insight {
            trees: self.model.as_ref().map_or(0, |model| model.forest.trees()),
            examples: self.model.as_ref().map_or(0, |model| model.forest.examples()),
            share: self.share(),
            hawkes: self.plan.hawkes,
            constant: self.plan.constant.middle.exp(),
            scale: self.plan.scale,
            recent: self.recent.len(),
            coverage: mean(inside),
        }
    }

    /// Learns what came of a cascade. Call it before the model is offered that was trained with it.
    pub fn learn(&mut self, sample: &Sample) {
        let band = self.model.as_ref().and_then(|model| model.band(&sample.features));
        self.recent.push_back(Record { sample: sample.clone(), band });
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        self.learned = self.learned.saturating_add(1);
        self.plan = Plan::new(self.recent.iter());
    }

    /// Lets a model go live if on recent samples, of which it has not seen what it says of them, it does not do worse than the live
    /// one, and than the best constant.
    pub fn offer(&mut self, model: Model) -> Verdict {
        let bands = self.bands(&model);
        let verdict = self.judge(&model, &bands);
        if verdict.live {
            self.put(model, bands);
            self.plan = Plan::new(self.recent.iter());
        }
        verdict
    }

    /// Lets the model of an older predictor go live again, whatever it does on recent samples: it predicts as it did then, under
    /// a new version. What was learned since stays known, and judges the models to come. Nothing if the older one had no model.
    pub fn restore(&mut self, older: &Predictor, version: u64) -> Option<Verdict> {
        let model = Model { version, ..older.model.clone()? };
        let bands = self.bands(&model);
        let verdict = Verdict { live: true, ..self.judge(&model, &bands) };
        self.put(model, bands);
        self.plan = older.plan;
        Some(verdict)
    }

    fn put(&mut self, model: Model, bands: Vec<Option<Band>>) {
        for (record, band) in self.recent.iter_mut().zip(bands) {
            record.band = band;
        }
        self.model = Some(model);
    }

    fn judge(&self, model: &Model, bands: &[Option<Band>]) -> Verdict {
        let both = self.recent.iter().zip(bands).filter_map(|(record, band)| Some((record, band.as_ref()?)));
        let score = |band: &Band, record: &Record| error(band.middle, record.sample.target());
        let own = mean(both.clone().map(|(record, band)| score(band, record)));
        let constant = mean(both.clone().map(|(record, _)| score(&self.plan.constant, record))).unwrap_or(0.0);
        let compared =
            both.clone().filter_map(|(record, band)| Some((score(band, record), score(record.band.as_ref()?, record))));
        let (later, before) = (mean(compared.clone().map(|pair| pair.0)), mean(compared.clone().map(|pair| pair.1)));
        let newer = self.model.as_ref().is_none_or(|live| live.version < model.version);
        let fits = newer && model.features == features::VERSION && both.count() >= FEW;
        let good = own.is_some_and(|own| own <= constant) && later.zip(before).is_none_or(|(later, before)| later <= before);
        Verdict { live: fits && good, own: own.unwrap_or(0.0), before, constant }
    }

    /// What a model says of each recent sample without having seen it, where that is known.
    fn bands(&self, model: &Model) -> Vec<Option<Band>> {
        let first = self.learned.saturating_sub(self.recent.len() as u64);
        let checked = model.learned.saturating_sub(model.checked.len() as u64);
        let band = |(number, record): (u64, &Record)| {
            if number >= model.learned {
                return model.band(&record.sample.features);
            }
            let place = usize::try_from(number.checked_sub(checked)?).ok()?;
            model.checked.get(place).copied()
        };
        (first..).zip(&self.recent).map(band).collect()
    }
}
