use super::*;
use crate::Learn;
use flow::driver::{Driver, lines};
use flow::{Format, Mark, Output, Producer, TopicSpec};
use ml::popularity::{NAMES, Schedule};
use std::collections::VecDeque;

const HOUR: i64 = 3_600_000;

/// A chance that follows from a seed.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut random = seed;
    move |bound| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    }
}

/// `predict` and `learn` in a ring: what one writes, the other reads.
struct Ring {
    predict: Driver<Predict>,
    learn: Driver<Learn>,
    waiting: VecDeque<Output>,
    told: Vec<String>,
    crashes: Box<dyn FnMut() -> bool>,
}

impl Ring {
    fn new(crashes: impl FnMut() -> bool + 'static) -> Self {
        let inputs = ["estimates/estimate/0", "sizes/collect/0", "models/learn/0"];
        let predict = Driver::new(Predict { delay_ms: HOUR }, &inputs, &["predictions", "errors", "samples", "late", "rejected"]);
        let learn = Learn { schedule: Schedule { mini_batch: 8, batch: 64, most: 64, seed: 3 }, every_ms: HOUR / 2 };
        let learn = Driver::new(learn, &["samples/predict/0"], &["models", "late", "rejected"]);
        Ring { predict, learn, waiting: VecDeque::new(), told: vec![], crashes: Box::new(crashes) }
    }

    fn feed<V: Value>(&mut self, producer: &str, values: &[(Timestamp, V)], watermark: Timestamp) {
        let mut out = Out::new(Format::Json, &[TopicSpec::new(V::TOPIC, 1)]);
        for (time, value) in values {
            out.send(*time, value);
        }
        let mark = Mark { watermark, at: Timestamp::default(), done: watermark == Timestamp::MAX };
        self.waiting.extend(out.take(&Producer::from(producer), mark, true));
        self.turn();
    }

    /// Passes on what was written until nobody writes any more.
    fn turn(&mut self) {
        while let Some(output) = self.waiting.pop_front() {
            let written = match output.topic.as_str() {
                "estimates" | "sizes" | "models" => self.predict.step(&output.topic, output.block),
                "samples" => self.learn.step(&output.topic, output.block),
                _ => {
                    self.told.extend(lines(&[output]));
                    continue;
                }
            };
            self.waiting.extend(written);
            if (self.crashes)() {
                self.predict.crash();
                self.learn.crash();
            }
        }
    }
}

fn estimate(cascade: &str, features: &[f32], time: i64) -> (Timestamp, Estimate<'static>) {
    let time = Timestamp::from_millis(time);
    let (start, observed) = (time.plus_millis(-600_000), 10);
    let (cascade, network, model, text) = (cascade.to_owned().into(), "x".into(), "exponential".into(), "words".into());
    let (parameters, n_star, g1, mean_mark, learned_from) = (vec![], 0.5, 5.0, 1.0, 0);
    let (predicted, low, high, features) = (Some(20.0), None, None, features.to_vec());
    let window_s = 600;
    let estimate = Estimate {
        cascade,
        network,
        start,
        window_s,
        observed,
        model,
        parameters,
        n_star,
        g1,
        predicted,
        low,
        high,
        mean_mark,
        learned_from,
        features,
        text,
    };
    (time, estimate)
}

fn size(cascade: &str, size: u64, time: i64) -> (Timestamp, Size<'static>) {
    let end = Timestamp::from_millis(time);
    (end, Size { cascade: cascade.to_owned().into(), network: "x".into(), size, reach: 0, start: end, end })
}

/// Cascades whose first feature tells how large they will be, fed in steps that `cut` decides. Everything that was told.
fn played(mut cut: impl FnMut(u64) -> u64, crashes: impl FnMut() -> bool + 'static) -> Vec<String> {
    let (mut ring, mut law) = (Ring::new(crashes), dice(7));
    let mut all: Vec<(i64, usize, f32)> = vec![];
    for number in 0..400 {
        all.push((number as i64 * HOUR / 10, number, law(100) as f32 / 100.0));
    }
    let (mut estimates, mut sizes) = (0, 0);
    let features = |level: f32| [&[level][..], &vec![0.0; NAMES.len() - 1]].concat();
    let truth = |level: f32| 10 + (level * 90.0) as u64;
    while sizes < all.len() || estimates < all.len() {
        // Either input may be ahead of the other; what is told does not depend on it.
        let more = (1 + cut(40)) as usize;
        if sizes < all.len() && (cut(2) == 0 || estimates == all.len()) {
            let (from, to) = (sizes, (sizes + more).min(all.len()));
            let values: Vec<_> =
                all[from..to].iter().map(|(at, n, level)| size(&n.to_string(), truth(*level), at + HOUR)).collect();
            let next = all.get(to).map_or(Timestamp::MAX, |(at, ..)| Timestamp::from_millis(at + HOUR));
            ring.feed("collect/0", &values, next);
            sizes = to;
        } else {
            let (from, to) = (estimates, (estimates + more).min(all.len()));
            let values: Vec<_> =
                all[from..to].iter().map(|(at, n, level)| estimate(&n.to_string(), &features(*level), *at)).collect();
            let next = all.get(to).map_or(Timestamp::MAX, |(at, ..)| Timestamp::from_millis(*at));
            ring.feed("estimate/0", &values, next);
            estimates = to;
        }
    }
    // Of each topic by itself: what one commit writes to several has no order among them.
    ring.told.sort_by_key(|line| line.split(' ').next().map(str::to_owned));
    ring.told
}

#[test]
fn it_learns_and_comes_to_an_end_and_the_cuts_and_crashes_change_nothing() {
    let told = played(dice(1), || false);
    let errors: Vec<Deviation<'_>> = told
        .iter()
        .filter_map(|line| line.strip_prefix("errors "))
        .map(|rest| Format::Json.decode(rest.split_once(' ').unwrap().1.as_bytes()).unwrap())
        .collect();
    assert_eq!(told.iter().filter(|line| line.starts_with("predictions ")).count(), 400);
    assert_eq!(errors.len(), 400);
    let mean = |errors: &[Deviation<'_>]| errors.iter().map(|error| error.are).sum::<f64>() / errors.len() as f64;
    assert!(errors[0].model == 0 && errors[399].model > 100, "{:?}", errors[399]);
    assert!(mean(&errors[200..]) < 0.5 * mean(&errors[..30]), "{} after {}", mean(&errors[200..]), mean(&errors[..30]));
    for seed in 2..6 {
        let mut chance = dice(seed);
        let other = played(dice(seed), move || chance(5) == 0);
        let differs = other.iter().zip(&told).find(|(one, other)| one != other);
        assert!(other.len() == told.len() && differs.is_none(), "seed {seed}: {differs:?}");
    }
}

#[test]
fn what_is_no_model_is_rejected() {
    let mut ring = Ring::new(|| false);
    let (window, kind, body) = ("600".into(), "forest".into(), flow::Raw(b"\xff\xff\xff".to_vec()));
    let model = Model {
        window,
        version: 1,
        learned_from: 1,
        kind,
        are: None,
        constant_are: None,
        before_are: None,
        in_force: None,
        of: None,
        reason: None,
        body,
    };
    ring.feed("stranger", &[(Timestamp::from_millis(5), model)], Timestamp::from_millis(9));
    assert!(ring.told[0].starts_with("rejected predict "), "{:?}", ring.told);
}
