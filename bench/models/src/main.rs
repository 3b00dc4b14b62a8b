//! How the texts of a file sound, in the mean of every ten minutes, by Goshawk or by a peer. `vader.py` runs it.
//!
//! Each line is a time in seconds, a comma, and a text up to the line's end.

use ml::text::lexicon::{Lexicon, Scratch};
use std::collections::BTreeMap;
use std::error::Error;
use vader_sentimental::SentimentIntensityAnalyzer;

fn main() -> Result<(), Box<dyn Error>> {
    let [path, engine, threads] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("want: models FILE goshawk|vader-sentimental THREADS".into());
    };
    let file = std::fs::read_to_string(path)?;
    let parts = parts(&file, threads.parse()?);
    let windows = std::thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || scored(part, engine))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread has failed".to_owned())?);
        joined.collect::<Result<Vec<Windows>, String>>()
    })?;
    let mut all = Windows::new();
    for (window, (sum, count)) in windows.into_iter().flatten() {
        let entry = all.entry(window).or_default();
        *entry = (entry.0 + sum, entry.1 + count);
    }
    for (window, (sum, count)) in all {
        println!("{} {:.9} {count}", window * 600, sum / count as f64);
    }
    Ok(())
}

/// By ten minutes: the sum of the scores, and how many.
type Windows = BTreeMap<u64, (f64, u64)>;

/// The file in so many parts of whole lines.
fn parts(file: &str, count: usize) -> Vec<&str> {
    let mut parts = vec![];
    let mut rest = file;
    for left in (1..=count.max(1)).rev() {
        let middle = rest.len() / left;
        let end = rest.as_bytes()[middle..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| middle + at + 1);
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    parts
}

fn scored(file: &str, engine: &str) -> Result<Windows, String> {
    match engine {
        "goshawk" => {
            let (lexicon, mut scratch) = (Lexicon::vader(), Scratch::default());
            sums(file, |text| lexicon.score(text, &mut scratch).compound)
        }
        "vader-sentimental" => {
            let analyzer = SentimentIntensityAnalyzer::new();
            sums(file, |text| analyzer.polarity_scores(text).compound)
        }
        other => Err(format!("no engine `{other}`")),
    }
}

fn sums(file: &str, mut score: impl FnMut(&str) -> f64) -> Result<Windows, String> {
    let mut windows = Windows::new();
    for line in file.lines() {
        let (time, text) = line.split_once(',').ok_or("want lines of TIME,TEXT")?;
        let time: f64 = time.parse().map_err(|_| format!("`{time}` is no time"))?;
        let (sum, count) = windows.entry(time as u64 / 600).or_default();
        *sum += score(text);
        *count += 1;
    }
    Ok(windows)
}
