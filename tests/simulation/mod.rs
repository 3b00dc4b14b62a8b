//! The one idea, under attack: whatever crashes, tears, pauses or takes over, the topics come out as in a straight run.
//!
//! A world is a source and all stages on a real log, turned one at a time in an order that a seed decides: no threads,
//! no clock. The same seed gives the same run.

mod faults;
mod outcome;
mod player;
mod texts;
mod world;

use faults::Breakage;
use outcome::Outcome;
use player::records;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;
use world::{Kind, World};

/// One seed's run with faults, against its run without.
fn differs(seed: u64, kind: &Kind, breakage: Breakage) -> Option<String> {
    let records = records(seed);
    let straight = World::new(&Kind::Memory, seed, &records, Breakage::None).run_straight().unwrap();
    match World::new(kind, seed, &records, breakage).run_attacked() {
        Ok(attacked) => straight.difference(&attacked),
        Err(stuck) => Some(stuck),
    }
}

/// Every seed's world is for itself: the processors share them.
fn survives(kind: impl Fn() -> Kind + Sync, seeds: std::ops::Range<u64>) {
    let (begun, count) = (Instant::now(), seeds.end - seeds.start);
    let next = AtomicU64::new(seeds.start);
    let work = || {
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds.end) {
            if let Some(difference) = differs(seed, &kind(), Breakage::None) {
                panic!("seed {seed}: {difference}");
            }
        }
    };
    std::thread::scope(|scope| {
        let workers = available_parallelism().map_or(2, usize::from);
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    println!("{count} seeds in {:.1} s", begun.elapsed().as_secs_f64());
}

#[test]
fn six_thousand_attacked_runs_in_memory_equal_the_straight_run() {
    survives(|| Kind::Memory, 0..6000);
}

#[test]
fn two_thousand_attacked_runs_on_disk_equal_the_straight_run() {
    survives(Kind::disk, 10_000..12_000);
}

/// The test of the test: there must be something that could differ.
#[test]
fn every_topic_has_records() {
    let outcomes: Vec<_> = (0..50).map(|seed| World::new(&Kind::Memory, seed, &records(seed), Breakage::None)).collect();
    let outcomes: Vec<_> = outcomes.into_iter().map(|world| world.run_straight().unwrap()).collect();
    let back: usize = outcomes.iter().map(Outcome::put_back).sum();
    assert!(back >= 50, "{back} times an older model was put back in 50 runs");
    let cascades = ["series", "sizes", "estimates", "predictions", "errors", "samples", "models", "rollbacks"];
    for topic in ["counts", "accuracies", "alerts", "sightings", "late", "rejected", "scores", "gauges", "documents"]
        .into_iter()
        .chain(cascades)
    {
        let records: usize = outcomes.iter().map(|outcome| outcome.records(topic)).sum();
        assert!(records >= 50, "{records} records of {topic} in 50 runs");
    }
}

/// The test of the test: a log whose commits are not whole must be caught.
#[test]
fn a_broken_commit_is_caught() {
    for breakage in [Breakage::LosesInputs, Breakage::LosesState, Breakage::LosesOutputs] {
        let caught = (0..200).find(|seed| differs(*seed, &Kind::Memory, breakage).is_some());
        assert!(caught.is_some(), "{breakage:?} went unnoticed in 200 runs");
    }
}
