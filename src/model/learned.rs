//! The models that are learned from cascades that have ended, and the way back to an older one.

mod ledger;

use crate::append::append;
use crate::config::Config;
use crate::place;
use crate::print;
use anyhow::{Result, anyhow, bail};
use domain::Rollback;
use journal::Access;
use ledger::{Body, Ledger, Version};
use ml::popularity::Insight;
use std::fmt::Write;

const NONE: &str = "there are no models yet: `learn` makes the first once enough cascades have ended (learn.mini_batch)";
/// Rollbacks are nobody's: what people ask for promises nothing of time, not even by its clock.
const NOBODY: &str = "";

pub fn list(config: &Config, window: Option<&str>, json: bool) -> Result<()> {
    let ledger = Ledger::read(config, window, Body::None)?;
    let all = ledger.all();
    if all.is_empty() {
        eprintln!("{}", window.map_or_else(|| Ok(NONE.to_owned()), |window| missing(config, window))?);
        return Ok(());
    }
    if json {
        let lines = all.iter().map(|version| Ok(serde_json::to_string(version)? + "\n")).collect::<Result<String>>()?;
        return print(&lines);
    }
    let head = "  window  version  when                      kind      learned from   error  constant  what became of it\n";
    print(&(head.to_owned() + &all.into_iter().map(row).collect::<String>()))
}

fn row(of: &Version) -> String {
    let Version { window, version, time, kind, learned_from, .. } = of;
    let mark = if of.in_force { '*' } else { ' ' };
    let (own, constant, fate) = (error(of.are), error(of.constant_are), of.fate());
    format!("{mark} {window:<7} {version:<8} {time}  {kind:<9} {learned_from:>12}  {own:>6}  {constant:>8}  {fate}\n")
}

fn error(are: Option<f64>) -> String {
    are.map_or("-".to_owned(), |are| format!("{are:.3}"))
}

/// Why there is nothing of a window.
fn missing(config: &Config, window: &str) -> Result<String> {
    let mut windows: Vec<String> = Ledger::read(config, None, Body::None)?.windows().into_iter().collect();
    windows.sort_by_key(|window| window.parse::<u64>().ok());
    if windows.is_empty() {
        return Ok(NONE.to_owned());
    }
    Ok(format!("there are no models of window {window}; there are some of {}", windows.join(", ")))
}

pub fn show(config: &Config, window: &str, version: Option<u64>) -> Result<()> {
    let ledger = Ledger::read(config, Some(window), version.map_or(Body::Newest, Body::Of))?;
    let all: Vec<&Version> = ledger.of(window).collect();
    if all.is_empty() {
        bail!("{}", missing(config, window)?);
    }
    let is_asked = |of: &&Version| version.map_or(of.in_force, |version| of.version == version);
    // Where none was ever taken, or the one in force is so old that it has left the log, the newest tells of it.
    let found = all.iter().copied().find(is_asked).or(all.first().copied().filter(|_| version.is_none()));
    let there = || all.iter().map(|of| of.version.to_string()).collect::<Vec<_>>().join(", ");
    let found = found.ok_or_else(|| anyhow!("window {window} has no version {}; there are {}", version.unwrap_or(0), there()))?;
    let (told, predictor) = ledger.model()?;
    print(&(numbers(found) + &itself(told, &predictor.insight(), predictor.learned())))
}

/// What its record says.
fn numbers(of: &Version) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| text += &format!("{name:<28}{value}\n");
    line("window", &format!("{} s", of.window));
    line("version", &of.version.to_string());
    line("in force", if of.in_force { "yes" } else { "no" });
    line("what became of it", &of.fate());
    line("when", &of.time.to_string());
    line("kind", &of.kind);
    line("learned from", &format!("{} cascades", of.learned_from));
    line("size", &format!("{} bytes", of.bytes));
    line("error on unseen cascades", &error(of.are));
    line("  of the best constant", &error(of.constant_are));
    line("  of the model before", &error(of.before_are));
    line("what the gate says", &verdict(of));
    text
}

/// Why the gate took it or did not, in the order in which it looks.
fn verdict(of: &Version) -> String {
    let Some((own, constant)) = of.are.zip(of.constant_are) else { return "not known".to_owned() };
    let said = if of.taken && of.of.is_some() {
        "not asked: someone asked for it"
    } else if own > constant {
        "no: the best constant does better"
    } else if !of.taken && of.before_are.is_none() {
        "no: too few cascades to tell"
    } else if of.taken {
        "yes: neither the best constant nor the model before does better"
    } else {
        "no: the model before does better"
    };
    said.to_owned()
}

/// What the model itself says.
fn itself(told: u64, of: &Insight, learned: u64) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text += &format!("{name:<28}{value}\n");
    line("how it predicts", format!("as told with version {told}, after {learned} cascades"));
    line("  trees", format!("{}, grown on {} cascades", of.trees, of.examples));
    line("  share of the forest", format!("{:.0} %, the rest is the best constant", 100.0 * of.share));
    line("  share of Hawkes", format!("{:.0} %, where there is no forest", 100.0 * of.hawkes));
    line("  best constant", format!("{:.2} times what was seen", of.constant));
    line("  intervals", format!("stretched {:.2} times (conformal factor)", of.scale));
    let inside = of.coverage.map_or("-".to_owned(), |part| format!("{:.0} %", 100.0 * part));
    line("  cascades within them", format!("{inside} of the last {}", of.recent));
    text
}

pub fn rollback(config: &Config, window: &str, version: u64, reason: Option<String>) -> Result<()> {
    let ledger = Ledger::read(config, Some(window), Body::None)?;
    if ledger.of(window).next().is_none() {
        bail!("{}", missing(config, window)?);
    }
    if ledger.of(window).any(|of| of.in_force && of.version == version) {
        bail!("version {version} of window {window} is in force already");
    }
    let older = ledger.older(window);
    if !older.contains(&version) {
        let there = older.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let there = if there.is_empty() { "none".to_owned() } else { there };
        bail!("window {window} has no version {version} to go back to; there is {there}");
    }
    let time = engine::wall_clock()();
    let record = Rollback { window: window.into(), version, reason: reason.map(Into::into), time };
    append(&place::reach(&config.log, Access::Write)?, NOBODY, &[record], |record| record.time)?;
    let mut text = format!("asked for version {version} of window {window} again\n");
    writeln!(text, "`learn` tells it as a new version, which predicts {} later (predict.delay)", config.predict.delay)?;
    print(&text)
}
