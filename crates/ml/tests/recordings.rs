//! What is learned from real texts, where they are at hand.
//!
//! They are not part of the project: the folder that holds them is named by `GOSHAWK_DATA`.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test, which reads files")]

use ml::text::lexicon::{Lexicon, Scratch};
use std::path::{Path, PathBuf};

fn data(folder: &str) -> Option<PathBuf> {
    let data = std::env::var_os("GOSHAWK_DATA").map(|data| PathBuf::from(data).join(folder));
    if data.is_none() {
        println!("left out: {folder} (GOSHAWK_DATA not set)");
    }
    data
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// How two rows of numbers go together, from -1 to 1.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
    let sum = |term: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| term(pair.0 - x, pair.1 - y)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// 0.872 is what the Python package gives for the same texts.
#[test]
fn published_tweets_sound_as_their_readers_say() {
    let Some(folder) = data("vader") else { return };
    let published = Lexicon::parse(&read(&folder, "vader_lexicon.txt"), &read(&folder, "emoji_utf8_lexicon.txt")).unwrap();
    let (vader, gold, mut scratch) = (Lexicon::vader(), read(&folder, "tweets_GroundTruth.txt"), Scratch::default());
    let pairs = gold.lines().map(|line| {
        let (mean, text) = line.split_once('\t').and_then(|(_, line)| line.split_once('\t')).unwrap();
        let scores = published.score(text, &mut scratch);
        assert_eq!(vader.score(text, &mut scratch), scores, "{text}");
        (mean.parse().unwrap(), scores.compound)
    });
    let pairs: Vec<(f64, f64)> = pairs.collect();
    assert_eq!((pairs.len(), format!("{:.3}", correlation(&pairs))), (4200, "0.872".into()));
}
