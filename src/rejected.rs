//! `goshawk rejected`: what was not taken, and another chance for it.

use crate::append;
use crate::cli;
use crate::config::Config;
use crate::place::{self, Reach};
use crate::print;
use crate::tap::stream;
use anyhow::{Context, Result, anyhow, bail};
use flow::{Refused, Rejected, Value};
use journal::Access;
use serde::Deserialize;
use serve::tap::{From, Tap, TapOptions};
use std::fmt::Write;

/// The name under which posts are written.
const APPEND: &str = "append";

/// A rejected record at its place.
#[derive(Debug, Deserialize)]
struct Entry {
    partition: u32,
    offset: u64,
    value: Refused,
}

impl Entry {
    fn number(&self) -> String {
        format!("{}-{}", self.partition, self.offset)
    }
}

pub fn rejected(command: &cli::Rejected) -> Result<()> {
    match command {
        cli::Rejected::Ls { common, number } => list(&place::configuration(&common.flags())?, *number),
        cli::Rejected::Show { common, number } => show(&place::configuration(&common.flags())?, number),
        cli::Rejected::Replay { common, number } => replay(&place::configuration(&common.flags())?, number),
    }
}

fn entries(config: &Config) -> Result<Vec<Entry>> {
    let mut lines = vec![];
    match place::reach(&config.log, Access::Read)? {
        Reach::Process(url) => stream(&format!("{url}/api/tap/{}?from=start&meta=true", Rejected::TOPIC), &mut lines)?,
        Reach::Opened(log) => {
            let options = TapOptions { topic: Rejected::TOPIC.into(), from: From::Start, meta: true, ..TapOptions::default() };
            Tap::new(&*log, options)?.write_to(&mut lines, &|| false)?;
        }
    }
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).context("a rejected record cannot be read")).collect()
}

fn list(config: &Config, number: usize) -> Result<()> {
    let entries = entries(config)?;
    let mut text = String::new();
    for entry in entries.iter().skip(entries.len().saturating_sub(number)) {
        let Refused { by, from, offset, time, reason, .. } = &entry.value;
        writeln!(text, "{:<8} {time}  {by}: {reason} ({from}, at {offset})", entry.number())?;
    }
    writeln!(text, "{} rejected in all", entries.len())?;
    print(&text)
}

fn find(config: &Config, number: &str) -> Result<Entry> {
    let found = entries(config)?.into_iter().find(|entry| entry.number() == number);
    found.ok_or_else(|| anyhow!("there is no rejected record {number}; `goshawk rejected ls` lists them"))
}

fn show(config: &Config, number: &str) -> Result<()> {
    print(&(serde_json::to_string_pretty(&find(config, number)?.value)? + "\n"))
}

fn replay(config: &Config, number: &str) -> Result<()> {
    let chosen = if number == "all" { entries(config)? } else { vec![find(config, number)?] };
    let (mut posts, mut still) = (vec![], 0);
    for entry in &chosen {
        if entry.value.reason == engine::DOUBLE {
            eprintln!("{}: stays out: the first copy of it is among the posts", entry.number());
            continue;
        }
        match sources::decode_again(&entry.value, &sources::Settings::default()) {
            Ok(read) => posts.extend(read),
            Err(reason) => {
                still += 1;
                eprintln!("{}: still not readable: {reason}", entry.number());
            }
        }
    }
    if !posts.is_empty() {
        append::append(config, APPEND, &posts, |post| post.time)?;
    }
    print(&format!("{} posts appended from {} records; {still} still not readable\n", posts.len(), chosen.len()))?;
    if still > 0 && posts.is_empty() {
        bail!("nothing could be read");
    }
    Ok(())
}
