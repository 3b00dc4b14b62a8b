//! The parse bound of job W: read a file of posts and parse each line into a typed record, nothing else.
//! No engine that reads this JSON on these cores can be faster, so it says how far one is from the ceiling.
//!
//! `parse --input FILE --threads N --out FILE` writes the number of posts and a checksum of what was read.

use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Error, Read, Result, Seek, SeekFrom};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Small enough to stay in a core's cache, so that reading ahead does not evict what is being parsed.
const BLOCK: usize = 256 * 1024;

#[derive(Deserialize)]
struct Tweet<'a> {
    #[serde(borrow)]
    data: Data<'a>,
    #[serde(borrow)]
    matching_rules: Vec<Rule<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    id: &'a str,
    #[serde(borrow)]
    text: Cow<'a, str>,
    author_id: &'a str,
    created_at: &'a str,
    #[serde(borrow, default)]
    referenced_tweets: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    id: &'a str,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow)]
    tag: Cow<'a, str>,
}

/// Posts seen, and a sum that keeps the optimiser from dropping any field.
#[derive(Clone, Copy, Default)]
struct Tally {
    posts: u64,
    sum: u64,
}

impl Tally {
    fn add(&mut self, line: &[u8]) -> Result<()> {
        let tweet: Tweet = sonic_rs::from_slice(line).map_err(Error::other)?;
        let data = &tweet.data;
        let reference = data.referenced_tweets.first().map_or(0, |r| r.kind.len() + r.id.len());
        let tag = tweet.matching_rules.first().map_or(0, |r| r.tag.len());
        let fields = data.id.len() + data.text.len() + data.author_id.len() + data.created_at.len();
        self.posts += 1;
        self.sum += (fields + reference + tag) as u64;
        Ok(())
    }
}

/// The lines that start in `from..to`: a line belongs to the part in which its first byte lies.
fn part(path: &str, from: u64, to: u64) -> Result<Tally> {
    let mut file = File::open(path)?;
    // one byte early: if it is a newline, the line after it is ours
    file.seek(SeekFrom::Start(from.saturating_sub(1)))?;
    let mut position = from.saturating_sub(1);
    let mut skipping = from > 0;
    let (mut buffer, mut held) = (vec![0; BLOCK], 0);
    let mut tally = Tally::default();
    loop {
        if held == buffer.len() {
            buffer.resize(held * 2, 0);
        }
        let got = file.read(&mut buffer[held..])?;
        let (end, last) = (held + got, got == 0);
        let mut start = 0;
        let whole = |start| memchr::memchr(b'\n', &buffer[start..end]).or((last && start < end).then_some(end - start));
        while let Some(length) = whole(start) {
            if !std::mem::take(&mut skipping) {
                if position + start as u64 >= to {
                    return Ok(tally);
                }
                tally.add(&buffer[start..start + length])?;
            }
            start = (start + length + 1).min(end);
        }
        if last {
            return Ok(tally);
        }
        buffer.copy_within(start..end, 0);
        held = end - start;
        position += start as u64;
    }
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != name).nth(1)
}

fn parse(input: &str, threads: u64) -> Result<Tally> {
    let size = std::fs::metadata(input)?.len();
    std::thread::scope(|scope| {
        let cut = |i| size * i / threads;
        let started: Vec<_> =
            (0..threads).map(|i| (cut(i), cut(i + 1))).map(|(from, to)| scope.spawn(move || part(input, from, to))).collect();
        let mut all = Tally::default();
        for thread in started {
            let tally = thread.join().map_err(|_| Error::other("a thread panicked"))??;
            all = Tally { posts: all.posts + tally.posts, sum: all.sum + tally.sum };
        }
        Ok(all)
    })
}

fn main() -> Result<()> {
    let input = option("--input").ok_or_else(|| Error::other("usage: parse --input FILE [--threads N] [--out FILE]"))?;
    let threads = option("--threads").map_or(Ok(2), |n| n.parse()).map_err(Error::other)?;
    let all = parse(&input, threads)?;
    let line = format!("{} {}\n", all.posts, all.sum);
    match option("--out") {
        Some(path) => std::fs::write(path, line),
        None => {
            print!("{line}");
            Ok(())
        }
    }
}
