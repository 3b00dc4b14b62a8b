//! The probabilities of each line of a file, as `bench/models/transformer.py run` prints them, and how many texts a second.
//!
//!     cargo run --release -p onnx --example classify -- FOLDER TEXTS [BATCH [REPEAT]]

use onnx::{Classifier, Limits};
use std::path::Path;
use std::time::{Duration, Instant};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, texts, rest @ ..] = arguments.as_slice() else {
        return Err("say FOLDER TEXTS [BATCH [REPEAT]]".into());
    };
    let number =
        |at: usize, usual| rest.get(at).map_or(Ok(usual), |text| text.parse().map_err(|_| format!("{text} is no number")));
    let limits = Limits { batch: number(0, 16)?, ..Limits::default() };
    let path = |name: &str| Path::new(folder).join(name);
    let begun = Instant::now();
    let mut classifier = Classifier::load(&path("model.onnx"), &path("tokenizer.json"), &path("config.json"), limits)?;
    eprintln!("loaded in {:.2} s", begun.elapsed().as_secs_f64());
    let text = std::fs::read_to_string(texts).map_err(|error| format!("{texts}: {error}"))?;
    let texts: Vec<&str> = text.strip_suffix('\n').unwrap_or(&text).split('\n').collect();
    let mut quickest = Duration::MAX;
    let mut found = vec![];
    for _ in 0..number(1, 1)? {
        let begun = spent();
        found = classifier.probabilities(&texts)?;
        quickest = quickest.min(spent().saturating_sub(begun));
    }
    for row in &found {
        println!("{row:?}");
    }
    eprintln!("goshawk: {:.0} texts/s", texts.len() as f64 / quickest.as_secs_f64());
    Ok(())
}

/// What this thread has had of a processor: others may be busy on the machine. Where Linux does not tell, what a clock says.
fn spent() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}
