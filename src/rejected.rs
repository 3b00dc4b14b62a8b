//! `goshawk rejected`: what was not taken, and another chance for it.

use crate::append;
use crate::cli;
use crate::config::Config;
use crate::place;
use crate::print;
use crate::tap::each;
use anyhow::{Context, Result, anyhow, bail};
use flow::{Refused, Rejected, Value};
use journal::Access;
use serde::Deserialize;
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
    let mut entries = vec![];
    let mut take = |line: &[u8]| {
        entries.push(serde_json::from_slice(line).context("a rejected record cannot be read")?);
        Ok(())
    };
    each(&place::reach(&config.log, Access::Read)?, Rejected::TOPIC, None, &mut take)?;
    Ok(entries)
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
        if let Some(model) = entry.value.by.strip_prefix("enrich:").filter(|_| entry.value.reason.contains(" said nothing: ")) {
            still += 1;
            eprintln!("{}: is a post that lacks a score: `goshawk model backfill {model}` makes up for it", entry.number());
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
        append::append(&place::reach(&config.log, Access::Write)?, APPEND, &posts, |post| post.time)?;
    }
    print(&format!("{} posts appended from {} records; {still} still not readable\n", posts.len(), chosen.len()))?;
    if still > 0 && posts.is_empty() {
        bail!("nothing could be read");
    }
    Ok(())
}
