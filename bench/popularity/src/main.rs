//! How well final sizes are told, on recorded cascades: tables of relative errors, by ten folds and in the order of the records.
//!
//! `popularity DIR...`, each DIR with `data.csv` and `index.csv`; `popularity --drift`, `--authors` and
//! `--speed` need no recordings.

mod cases;
mod data;
mod drift;
mod experiments;
mod methods;
mod score;
mod speed;
mod writers;

use cases::{FINAL, OBSERVED, Task};
use data::{End, Whole};
use experiments::warm;
use score::Scores;
use std::error::Error;
use std::path::Path;

const WINDOWS: [f64; 3] = [600.0, 1200.0, 3600.0];
const HEAD: &str = "| method | ARE: mean / median | Kendall's tau | in the 80 % interval | its width, high / low | declined |\n|---|---|---|---|---|---|";

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::var("SEED").ok().map_or(Ok(0), |seed| seed.parse())?;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--drift" => drift::report(seed),
            "--speed" => speed::report(seed),
            "--authors" => writers::report(seed),
            folder => recorded(&data::read(Path::new(folder))?, folder, seed),
        }
    }
    Ok(())
}

fn recorded(wholes: &[Whole], folder: &str, seed: u64) {
    let name = Path::new(folder).file_name().map_or(folder.into(), |name| name.to_string_lossy());
    println!("#### {name}: {} cascades; those of at least {FINAL} events, {OBSERVED} of them observed\n", wholes.len());
    for end in [End::Silence, End::Week] {
        for window in WINDOWS {
            let task = Task { window, end };
            let cases = task.cases(wholes);
            println!("**{window} s, {}, ten folds** ({} cascades)\n", end.name(), cases.len());
            table(&experiments::folds(&task, &cases, seed));
            println!("**{window} s, {}, in order, after the first {}**\n", end.name(), warm(cases.len()));
            table(&experiments::online_scores(&task, &cases, seed));
        }
    }
}

fn table(scores: &[Scores]) {
    println!("{HEAD}");
    for (name, scores) in methods::NAMES.iter().zip(scores) {
        println!("{}", scores.row(name));
    }
    println!();
}
