//! How the texts of a file sound, in the mean of every ten minutes, by Goshawk or by a peer. `vader.py` runs it.
//!
//! Each line is a time in seconds, a comma, and a text up to the line's end.

use ml::text::lexicon::{Lexicon, Scratch};
use std::collections::BTreeMap;
use std::error::Error;
use vader_sentimental::SentimentIntensityAnalyzer;

fn main() -> Result<(), Box<dyn Error>> {
    let [path, engine] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("want: models FILE goshawk|vader-sentimental".into());
    };
    let file = std::fs::read_to_string(path)?;
    match engine.as_str() {
        "goshawk" => {
            let (lexicon, mut scratch) = (Lexicon::vader(), Scratch::default());
            means(&file, |text| lexicon.score(text, &mut scratch).compound)
        }
        "vader-sentimental" => {
            let analyzer = SentimentIntensityAnalyzer::new();
            means(&file, |text| analyzer.polarity_scores(text).compound)
        }
        other => Err(format!("no engine `{other}`").into()),
    }
}

fn means(file: &str, mut score: impl FnMut(&str) -> f64) -> Result<(), Box<dyn Error>> {
    let mut windows = BTreeMap::<u64, (f64, u64)>::new();
    for line in file.lines() {
        let (time, text) = line.split_once(',').ok_or("want lines of TIME,TEXT")?;
        let (sum, count) = windows.entry(time.parse::<f64>()? as u64 / 600).or_default();
        *sum += score(text);
        *count += 1;
    }
    for (window, (sum, count)) in windows {
        println!("{} {:.9} {count}", window * 600, sum / count as f64);
    }
    Ok(())
}
