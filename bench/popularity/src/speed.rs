//! How long training and predicting take.

use crate::experiments::Chance;
use ml::popularity::{Model, NAMES, Predictor, Sample, Tuning};
use std::time::Instant;

fn sample(chance: &mut Chance) -> Sample {
    let features: Vec<f32> = NAMES.iter().map(|_| chance.uniform() as f32).collect();
    let hidden: f32 = features.iter().take(8).sum::<f32>() / 4.0;
    let larger = f64::from(hidden) + 0.5 * chance.uniform();
    Sample { features, seen: 50.0, size: 50.0 * larger.exp(), forecast: 100.0 }
}

pub fn report(seed: u64) {
    let mut chance = Chance(seed);
    println!("#### Speed, one core, {} features\n\n| samples | training, ms | predictions/s |\n|---|---|---|", NAMES.len());
    for count in [256, 2048, 10_000] {
        let samples: Vec<Sample> = (0..count).map(|_| sample(&mut chance)).collect();
        let mut predictor = Predictor::default();
        for sample in &samples {
            predictor.learn(sample);
        }
        let start = Instant::now();
        let model = Model::train(samples.iter(), &Tuning::default(), count, seed);
        let trained = start.elapsed().as_secs_f64();
        predictor.offer(model);
        let (start, mut told) = (Instant::now(), 0_u32);
        while start.elapsed().as_secs_f64() < 1.0 {
            for sample in samples.iter().take(256) {
                std::hint::black_box(predictor.predict(&sample.features, sample.seen, sample.forecast));
                told += 1;
            }
        }
        println!("| {count} | {:.1} | {:.0} |", 1e3 * trained, f64::from(told) / start.elapsed().as_secs_f64());
    }
    println!();
}
