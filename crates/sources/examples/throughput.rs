//! Measures a source: `throughput URL [threads]` polls it to its end and says how long that took.

use flow::{Format, Out, Polled, TopicSpec};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which source?")?;
    let threads = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let settings = sources::Settings { threads, ..sources::Settings::default() };
    let began = Instant::now();
    let mut source = sources::open(&url, &settings)?.source;
    source.open(None, Box::new(|| Out::new(Format::Compact, &[TopicSpec::new("posts", 4)])))?;
    let (mut posts, mut refused, mut bytes, mut polls) = (0, 0, 0, 0);
    loop {
        let (polled, pulled) = source.poll(Duration::from_secs(1))?;
        if let Some(pulled) = pulled {
            posts += pulled.staged.len();
            refused += pulled.refused.len();
            bytes += pulled.out.len();
            polls += 1;
        }
        if polled == Polled::End {
            break;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{posts} posts, {refused} refused, {bytes} bytes encoded, {polls} polls, {seconds:.3} s, {:.0}/s",
        posts as f64 / seconds
    );
    Ok(())
}
