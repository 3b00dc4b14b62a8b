//! How many cascades are fitted in a second, on one core: reads cascades, one JSON object a line, then fits them all again and again.
//!
//! `hawkes [--seconds S] [--most N] [--out FILE] < cascades.jsonl` fits the first N, in one thread; it writes `{"fits":N,"cpu":S}`,
//! and to FILE one line for each cascade with what was found. The time is that on a CPU, so that other processes do not count
//! (Linux). The prior is that of the course, the mean mark 35, branching factors end at 1 - 1e-6.

use ml::hawkes::{Cascade, Prior, Search};
use serde::Deserialize;
use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write, read_to_string, stdin};

#[derive(Deserialize)]
struct Line {
    times: Vec<f64>,
    marks: Vec<f64>,
    end: f64,
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// Seconds that this thread has spent on a CPU.
fn cpu() -> Result<f64, Box<dyn Error>> {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(spent.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9)
}

fn main() -> Result<(), Box<dyn Error>> {
    let most = option("--most").map_or(Ok(usize::MAX), |most| most.parse())?;
    let lines: Vec<Line> = read_to_string(stdin())?.lines().take(most).map(serde_json::from_str).collect::<Result<_, _>>()?;
    let cascades: Vec<Cascade<'_>> =
        lines.iter().map(|line| Cascade::new(&line.times, &line.marks, line.end)).collect::<Result<_, _>>()?;
    let search = Search { max_branching: 1.0 - 1e-6, ..Search::new(35.0) }.with_prior(Prior::course());
    if let Some(path) = option("--out") {
        let mut out = BufWriter::new(File::create(path)?);
        for fit in cascades.iter().map(|cascade| search.fit(cascade)) {
            writeln!(out, "{{\"p\":{:e},\"beta\":{:e},\"objective\":{}}}", fit.p, fit.beta, fit.objective)?;
        }
        out.flush()?;
    }
    let limit: f64 = option("--seconds").map_or(Ok(3.0), |seconds| seconds.parse())?;
    let (start, mut fits) = (cpu()?, 0_u64);
    while cpu()? - start < limit && !cascades.is_empty() {
        for cascade in &cascades {
            black_box(search.fit(black_box(cascade)));
        }
        fits += cascades.len() as u64;
    }
    println!("{{\"fits\":{fits},\"cpu\":{}}}", cpu()? - start);
    Ok(())
}
