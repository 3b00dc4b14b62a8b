//! `learn`: samples -> models. What do cascades come to that look like this?

use crate::kept::Kept;
use crate::turns::Turns;
use domain::{Model, Sample, Text};
use flow::{Broken, Changes, Format, Input, Out, Raw, Stage, State, Timestamp};
use ml::popularity::{self, Learner, Predictor, Schedule, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Learns from each cascade that has ended, and gives a predictor to every partition of `models` when it has learned enough more.
///
/// Samples are taken in the order of time: the same ones make the same models, whatever wrote them first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Learn {
    /// When to train, and how much to keep.
    pub schedule: Schedule,
    /// Models of a window are at least so far apart, by the time of the cascades: each of them is large.
    pub every_ms: i64,
}

/// What one observation window has taught.
#[derive(Debug, Default)]
pub struct Study {
    turns: Turns<popularity::Sample>,
    mind: Option<Box<Mind>>,
    /// Samples since the mind was last written down: it is large.
    since: Kept<popularity::Sample, SINCE>,
    has_trained: bool,
}

/// All that was learned.
#[derive(Debug, Serialize, Deserialize)]
struct Mind {
    learner: Learner,
    predictor: Predictor,
    /// When a model was trained last.
    trained: Timestamp,
}

const MIND: &[u8] = b"k";
const SINCE: u8 = b's';

impl Stage for Learn {
    type State = Study;

    fn name(&self) -> &'static str {
        "learn"
    }

    fn on_record(&self, input: &Input<'_>, study: &mut Study, _out: &mut Out) -> Result<(), Broken> {
        let sample: Sample<'_> = input.decode()?;
        let (seen, size, forecast) = (sample.observed as f64, sample.size as f64, sample.foreseen);
        let taught = popularity::Sample { features: sample.features, seen, size, forecast };
        study.turns.push(input.record.time, 0, sample.cascade.as_bytes(), taught);
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, study: &mut Study, out: &mut Out) {
        while let Some(sample) = study.turns.pop(at) {
            if let Some(verdict) = study.learn(self, at, sample) {
                study.tell(at, key, &verdict, out);
            }
        }
    }

    fn deadline(&self, study: &Study) -> Option<Timestamp> {
        study.turns.due()
    }

    fn on_resume(&self, _watermark: Timestamp, study: &mut Study) {
        study.recall(self);
    }

    fn refuses_late(&self) -> bool {
        false
    }
}

impl Mind {
    fn new(learn: &Learn) -> Self {
        let trained = Timestamp::MIN;
        Mind { learner: Learner::new(learn.schedule), predictor: Predictor::default(), trained }
    }

    fn take(&mut self, sample: popularity::Sample) {
        self.predictor.learn(&sample);
        self.learner.take(sample);
    }

    /// What became of a new model, if it is time for one.
    fn train(&mut self, at: Timestamp, every_ms: i64) -> Option<Verdict> {
        if at < self.trained.plus_millis(every_ms) {
            return None;
        }
        let model = self.learner.train()?;
        self.trained = at;
        Some(self.predictor.offer(model))
    }
}

impl Study {
    fn learn(&mut self, learn: &Learn, at: Timestamp, sample: popularity::Sample) -> Option<Verdict> {
        let mind = self.mind.get_or_insert_with(|| Box::new(Mind::new(learn)));
        let number = mind.learner.learned();
        mind.take(sample.clone());
        let verdict = mind.train(at, learn.every_ms);
        self.has_trained |= verdict.is_some();
        self.since.insert(number.to_be_bytes().to_vec(), sample);
        verdict
    }

    /// Goes on from what was written down, with what came since: no model was trained with that yet.
    fn recall(&mut self, learn: &Learn) {
        if self.since.len() == 0 {
            return;
        }
        let mind = self.mind.get_or_insert_with(|| Box::new(Mind::new(learn)));
        for sample in self.since.values() {
            mind.take(sample.clone());
        }
    }

    /// Gives the predictor to all who predict.
    fn tell(&self, at: Timestamp, window: &[u8], verdict: &Verdict, out: &mut Out) {
        let Some(mind) = &self.mind else { return };
        let mut body = vec![];
        if Format::Compact.encode(&mind.predictor, &mut body).is_err() {
            return;
        }
        let kind = if mind.predictor.share() > 0.0 { "forest" } else { "constant" };
        let learned = mind.learner.learned();
        let model = Model {
            window: Text(String::from_utf8_lossy(window)),
            version: learned,
            learned_from: learned,
            kind: Text(Cow::Borrowed(kind)),
            are: Some(verdict.own),
            constant_are: Some(verdict.constant),
            body: Raw(body),
        };
        out.send_everywhere(at, &model);
    }
}

impl State for Study {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.turns.save(changes);
        if let Some(mind) = self.mind.as_ref().filter(|_| std::mem::take(&mut self.has_trained)) {
            changes.encode(MIND, mind);
            // It holds them all.
            self.since.clear();
        }
        self.since.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if sub_key == MIND {
            self.mind = Format::Compact.decode(value).ok();
            return;
        }
        let _taken = self.turns.load(sub_key, value) || self.since.load(sub_key, value);
    }
}
