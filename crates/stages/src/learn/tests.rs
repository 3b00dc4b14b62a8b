use super::*;
use flow::TopicSpec;
use flow::driver::Driver;
use flow::{Block, Mark, Output, Producer};
use ml::popularity::NAMES;

const MINUTE: i64 = 60_000;

fn learn() -> Learn {
    Learn { schedule: Schedule { mini_batch: 8, batch: 64, most: 64, seed: 3 }, every_ms: 0 }
}

/// A learner, and how many samples it was given.
struct World {
    driver: Driver<Learn>,
    given: u64,
}

impl World {
    fn new() -> Self {
        let driver = Driver::new(learn(), &["samples/predict/0"], &["models", "late", "rejected"]);
        World { driver, given: 0 }
    }

    /// So many more cascades end, one a minute; `bend` turns what comes of them into something else.
    fn samples(&mut self, count: u64, bend: impl Fn(u64) -> u64) -> Vec<Output> {
        let sample = |number: u64| {
            let level = number.wrapping_mul(7919) % 100;
            let features = [&[level as f32][..], &vec![0.0; NAMES.len() - 1]].concat();
            let (window, cascade) = ("600".into(), number.to_string().into());
            let (observed, foreseen, predicted) = (10, 20.0, [0.0; 3]);
            let size = 10 + bend(level);
            (minute(number), Sample { window, cascade, features, observed, foreseen, predicted, size })
        };
        let all: Vec<_> = (self.given..self.given + count).map(sample).collect();
        self.given += count;
        self.driver.feed("predict/0", &all, minute(self.given))
    }

    /// Someone asks for an older version, long after or before the samples; and nobody's block says nothing of time.
    fn asked(&mut self, window: &str, version: u64) -> Vec<Output> {
        let time = Timestamp::from_millis(1_900_000_000_000);
        let asked = Rollback { window: window.to_owned().into(), version, reason: Some("spam".into()), time };
        let mut out = Out::new(Format::Json, &[TopicSpec::new("rollbacks", 1)]);
        out.send(time, &asked);
        let mark = Mark { watermark: Timestamp::MIN, at: time, done: true };
        let block: Block = out.take(&Producer::from(""), mark, false).remove(0).block;
        self.driver.step("rollbacks", block)
    }
}

fn minute(number: u64) -> Timestamp {
    Timestamp::from_millis(number as i64 * MINUTE)
}

/// The models among the outputs: when, what, and the predictor.
fn models(outputs: &[Output]) -> Vec<(Timestamp, Model<'static>, Predictor)> {
    let outputs = outputs.iter().filter(|output| output.topic == "models");
    let records = outputs.flat_map(|output| output.block.records(0, 0));
    records
        .map(|record| {
            let value = record.value.unwrap().to_vec().leak();
            let model: Model<'static> = Format::Json.decode(value).unwrap();
            let predictor = Format::Compact.decode(&model.body.0).unwrap();
            (record.time, model, predictor)
        })
        .collect()
}

fn says(predictor: &Predictor) -> Vec<f64> {
    let features = |level: u64| [&[level as f32][..], &vec![0.0; NAMES.len() - 1]].concat();
    (0..100).step_by(9).map(|level| predictor.predict(&features(level), 10.0, 20.0).size).collect()
}

fn watermark(outputs: &[Output]) -> Vec<Timestamp> {
    outputs.iter().filter(|output| output.topic == "models").map(|output| output.block.mark.watermark).collect()
}

#[test]
fn an_older_model_is_put_back_at_the_time_that_was_reached_and_predicts_as_it_did() {
    for crashes in [false, true] {
        let mut world = World::new();
        let first = models(&world.samples(64, |level| level));
        // What comes now is all the other way round, and another model is found better in time.
        let later = models(&world.samples(128, |level| 100 - level));
        let (_, old, before) = first.iter().rev().find(|(_, model, _)| model.is_taken()).unwrap();
        let (_, newest, now) = later.last().unwrap();
        assert!(newest.in_force > Some(old.version) && says(now) != says(before));
        if crashes {
            world.driver.crash();
        }
        let outputs = world.asked("600", old.version);
        let told = models(&outputs);
        assert_eq!(told.len(), 1);
        let (time, model, predictor) = &told[0];
        assert_eq!((*time, watermark(&outputs)), (minute(192), vec![minute(192)]));
        assert_eq!((model.version, model.learned_from), (newest.version + 1, 192));
        assert_eq!((model.of, model.reason.as_deref(), model.is_taken()), (Some(old.version), Some("spam"), true));
        assert!(model.before_are < model.are, "the gate would not have: {model:?}");
        assert_eq!((says(predictor), predictor.version()), (says(before), Some(model.version)));
        // It holds for a mini-batch, over a restart, too; then the gate finds a new one better, whose number is higher.
        if crashes {
            world.driver.crash();
        }
        assert!(models(&world.samples(7, |level| 100 - level)).is_empty());
        let new = models(&world.samples(1, |level| 100 - level)).remove(0).1;
        assert!(new.version > model.version && new.is_taken() && new.before_are > new.are, "{new:?}");
    }
}

#[test]
fn after_that_only_what_the_gate_finds_no_worse_is_taken() {
    let mut world = World::new();
    let first = models(&world.samples(64, |level| level));
    let taken: Vec<u64> = first.iter().map(|(_, model, _)| model).filter(|model| model.is_taken()).map(|m| m.version).collect();
    let back = models(&world.asked("600", taken[taken.len() - 2])).remove(0).1;
    world.driver.crash();
    // Sizes that follow no rule teach nothing.
    let (mut last, mut live) = (back.version, back.version);
    for (_, model, predictor) in models(&world.samples(64, |level| level * level * 31 % 400)) {
        assert!(model.version > last && (!model.is_taken() || model.are <= model.before_are), "{model:?}");
        live = if model.is_taken() { model.version } else { live };
        assert_eq!((model.in_force, predictor.version()), (Some(live), Some(live)));
        last = model.version;
    }
    assert!(last > back.version);
}

#[test]
fn only_the_last_few_are_kept_and_what_is_not_there_is_passed_over() {
    let mut world = World::new();
    let told = models(&world.samples(200, |level| level));
    let taken: Vec<u64> = told.iter().map(|(_, model, _)| model).filter(|model| model.is_taken()).map(|m| m.version).collect();
    assert!(taken.len() > KEPT, "{taken:?}");
    let entries = world.driver.entries();
    let (live, kept) = (taken[taken.len() - 1], taken[taken.len() - KEPT]);
    for (window, version) in [("600", live), ("600", taken[taken.len() - KEPT - 1]), ("600", 0), ("1200", live), ("", 7)] {
        let outputs = world.asked(window, version);
        assert!(models(&outputs).is_empty(), "{window} {version}");
        assert_eq!(world.driver.entries(), entries);
    }
    for crashes in 0..2 {
        assert_eq!(models(&world.asked("600", kept)).len(), 1 - crashes);
        world.driver.crash();
    }
    assert_eq!(world.driver.entries(), entries);
}
