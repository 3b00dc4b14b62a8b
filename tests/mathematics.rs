//! The likelihoods of `ml`, against another implementation: Python, from the definition, every pair of events.

use crate::support::Dice;
use ml::hawkes::power::{MIXED, Shape};
use ml::hawkes::{Cascade, exponential, power};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const CASES: u64 = 200;

/// Numbers from 0 to 1, without 1.
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut dice = Dice(seed);
    move || dice.roll(1 << 53) as f64 / (1_u64 << 53) as f64
}

/// A cascade with parameters: ties, zero marks and long silences in some.
fn case(seed: u64) -> Value {
    let mut uniform = chance(seed);
    let (ties, zeros, silences) = (0.3 * uniform(), 0.5 * uniform() * uniform(), 0.1 * uniform());
    let pace = 1000_f64.powf(uniform());
    let (mut times, mut marks, mut now) = (vec![], vec![], 0.0);
    for event in 0..1 + (uniform() * MIXED as f64) as usize {
        let gap = if uniform() < silences { 1e6 } else { -pace * (1.0 - uniform()).ln() };
        now += if event == 0 || uniform() < ties { 0.0 } else { gap };
        times.push(now);
        marks.push(if uniform() < zeros { 0.0 } else { 10.0 / (1.0 - uniform()) });
    }
    let p = 1e-4 * 1000_f64.powf(uniform());
    let mut case = json!({ "times": times, "marks": marks, "end": now + pace * uniform(), "p": p });
    if seed.is_multiple_of(2) {
        case["beta"] = json!(1e-6 * 1e4_f64.powf(uniform()));
    } else {
        case["c"] = json!(10_000_f64.powf(uniform()));
        case["theta"] = json!(0.05 * 40_f64.powf(uniform()));
    }
    case
}

fn ours(case: &Value) -> f64 {
    let list = |name: &str| case[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect::<Vec<f64>>();
    let number = |name: &str| case[name].as_f64().unwrap();
    let (times, marks) = (list("times"), list("marks"));
    let cascade = Cascade::new(&times, &marks, number("end")).unwrap();
    if case.get("beta").is_some() {
        exponential::log_likelihood(&cascade, number("p"), number("beta"))
    } else {
        power::log_likelihood(&cascade, number("p"), Shape { c: number("c"), theta: number("theta") })
    }
}

#[test]
fn another_implementation_says_the_same() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mathematics/likelihood.py");
    let mut python = Command::new("python3");
    let mut python = python.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    let cases: Vec<Value> = (0..CASES).map(case).collect();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    // it answers line by line: who reads only at the end must not write first
    let mut into = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || into.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told: Vec<f64> = String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(told.len(), cases.len());
    for (case, told) in cases.iter().zip(told) {
        let ours = ours(case);
        assert!((ours - told).abs() <= 1e-9 * told.abs().max(1.0), "{ours} here and {told} in Python: {case}");
    }
}
