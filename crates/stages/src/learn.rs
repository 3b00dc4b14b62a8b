//! `learn`: samples, rollbacks -> models. What do cascades come to that look like this?

#[cfg(test)]
mod tests;

use crate::kept::Kept;
use crate::turns::Turns;
use domain::{Model, Rollback, Sample, Text};
use flow::{Broken, Changes, Format, Input, Out, Raw, Stage, State, Timestamp, Value};
use ml::popularity::{self, Learner, Predictor, Schedule, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Learns from each cascade that has ended, and gives a predictor to every partition of `models` when it has learned enough more.
///
/// Samples are taken in the order of time: the same ones make the same models, whatever wrote them first. A rollback is taken when
/// it is read: its own time is that of a wall clock, and a recording's may be years away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Learn {
    /// When to train, and how much to keep.
    pub schedule: Schedule,
    /// Models of a window are at least so far apart, by the time of the cascades: each of them is large.
    pub every_ms: i64,
}

/// So many of the models that were last in force are kept of a window, to go back to.
pub const KEPT: usize = 5;

/// What one observation window has taught.
#[derive(Debug, Default)]
pub struct Study {
    turns: Turns<popularity::Sample>,
    mind: Option<Box<Mind>>,
    /// Samples since the mind was last written down: it is large.
    since: Kept<popularity::Sample, SINCE>,
    /// Whether the mind is to be written down.
    has_turned: bool,
    /// The last models that were in force, as they were told, by version.
    older: Kept<Raw, OLDER>,
}

/// All that was learned.
#[derive(Debug, Serialize, Deserialize)]
struct Mind {
    learner: Learner,
    predictor: Predictor,
    /// When a model was trained last, or an older one put back.
    trained: Timestamp,
    /// The version that was told last.
    told: u64,
}

/// What there is to tell.
struct News<'a> {
    verdict: Verdict,
    /// The rollback that led to it.
    asked: Option<&'a Rollback<'a>>,
}

const MIND: &[u8] = b"k";
const SINCE: u8 = b's';
const OLDER: u8 = b'v';

impl Stage for Learn {
    type State = Study;

    fn name(&self) -> &str {
        "learn"
    }

    fn on_record(&self, input: &Input<'_>, study: &mut Study, out: &mut Out) -> Result<(), Broken> {
        if input.topic == Rollback::TOPIC {
            study.go_back(input.watermark, &input.decode()?, out);
            return Ok(());
        }
        let sample: Sample<'_> = input.decode()?;
        let (seen, size, forecast) = (sample.observed as f64, sample.size as f64, sample.foreseen);
        let taught = popularity::Sample { features: sample.features, seen, size, forecast };
        study.turns.push(input.record.time, 0, sample.cascade.as_bytes(), taught);
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, study: &mut Study, out: &mut Out) {
        while let Some(sample) = study.turns.pop(at) {
            if let Some(verdict) = study.learn(self, at, sample) {
                study.tell(at, key, &News { verdict, asked: None }, out);
            }
        }
    }

    fn deadline(&self, study: &Study) -> Option<Timestamp> {
        study.turns.due()
    }

    /// A window that nobody has heard of was asked for.
    fn is_done(&self, study: &Study) -> bool {
        study.mind.is_none() && study.turns.due().is_none()
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
        Mind { learner: Learner::new(learn.schedule), predictor: Predictor::default(), trained, told: 0 }
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
        let mut model = self.learner.train()?;
        // Someone who went back to an older one may have used the number up.
        self.told = model.version.max(self.told + 1);
        model.version = self.told;
        self.trained = at;
        Some(self.predictor.offer(model))
    }

    /// Puts the model of an older predictor back. It stays for as long as a new one would before the next is trained.
    fn restore(&mut self, at: Timestamp, older: &Predictor) -> Option<Verdict> {
        let verdict = self.predictor.restore(older, self.told + 1)?;
        self.told += 1;
        self.trained = self.trained.max(at);
        self.learner.pause();
        Some(verdict)
    }
}

impl Study {
    fn learn(&mut self, learn: &Learn, at: Timestamp, sample: popularity::Sample) -> Option<Verdict> {
        let mind = self.mind.get_or_insert_with(|| Box::new(Mind::new(learn)));
        let number = mind.learner.learned();
        mind.take(sample.clone());
        let verdict = mind.train(at, learn.every_ms);
        self.has_turned |= verdict.is_some();
        self.since.insert(number.to_be_bytes().to_vec(), sample);
        verdict
    }

    /// Puts an older model back in force, and tells it at the time that has been reached: nothing older may follow.
    fn go_back(&mut self, at: Timestamp, asked: &Rollback<'_>, out: &mut Out) {
        match self.restore(at, asked.version) {
            Some(verdict) => self.tell(at, asked.window.as_bytes(), &News { verdict, asked: Some(asked) }, out),
            None => out.pass_over(),
        }
    }

    /// Nothing, if that version is not there, or is in force.
    fn restore(&mut self, at: Timestamp, version: u64) -> Option<Verdict> {
        let mind = self.mind.as_mut().filter(|mind| mind.predictor.version() != Some(version))?;
        let older = Format::Compact.decode(&self.older.get(&version.to_be_bytes())?.0).ok()?;
        let verdict = mind.restore(at, &older)?;
        self.has_turned = true;
        Some(verdict)
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
    fn tell(&mut self, at: Timestamp, window: &[u8], news: &News<'_>, out: &mut Out) {
        let Some(mind) = &self.mind else { return };
        let mut body = vec![];
        if Format::Compact.encode(&mind.predictor, &mut body).is_err() {
            return;
        }
        let News { verdict, asked } = news;
        let kind = if mind.predictor.share() > 0.0 { "forest" } else { "constant" };
        let model = Model {
            window: Text(String::from_utf8_lossy(window)),
            version: mind.told,
            learned_from: mind.learner.learned(),
            kind: Text(Cow::Borrowed(kind)),
            are: Some(verdict.own),
            constant_are: Some(verdict.constant),
            before_are: verdict.before,
            in_force: mind.predictor.version(),
            of: asked.map(|asked| asked.version),
            reason: asked.and_then(|asked| asked.reason.clone()),
            body: Raw(body),
        };
        out.send_everywhere(at, &model);
        if model.is_taken() {
            let (version, body) = (model.version, model.body);
            self.keep(version, body);
        }
    }

    fn keep(&mut self, version: u64, body: Raw) {
        self.older.insert(version.to_be_bytes().to_vec(), body);
        while self.older.len() > KEPT
            && let Some(oldest) = self.older.first().map(<[u8]>::to_vec)
        {
            self.older.remove(&oldest);
        }
    }
}

impl State for Study {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.turns.save(changes);
        if let Some(mind) = self.mind.as_ref().filter(|_| std::mem::take(&mut self.has_turned)) {
            changes.encode(MIND, mind);
            // It holds them all.
            self.since.clear();
        }
        self.since.save(changes);
        self.older.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if sub_key == MIND {
            self.mind = Format::Compact.decode(value).ok();
            return;
        }
        let _taken = self.turns.load(sub_key, value) || self.since.load(sub_key, value) || self.older.load(sub_key, value);
    }
}
