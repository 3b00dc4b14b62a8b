//! How cascades are played: what the address asks for, else what a params.config does, else the defaults.

use super::params::Params;
use crate::address::Address;
use crate::{Error, duration_ms, speed};
use flow::Timestamp;

/// Options that every deck has.
pub(super) const OPTIONS: [&str; 12] =
    ["seed", "shuffle", "sources", "alive", "within", "unit", "speed", "start", "loop", "limit", "network", "ids"];
/// No more sources than this, and no more cascades at a time in all: each has its place in every cursor.
const MOST_SOURCES: u64 = 4096;
const MOST_ALIVE: u64 = 100_000;
/// No name of a network, and no beginning of its ids, is longer.
const LONGEST_NAME: usize = 64;

/// How cascades are played.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) shuffle: bool,
    pub(super) sources: u64,
    /// How many cascades of a source live at a time.
    pub(super) alive: u64,
    /// A cascade starts within so many seconds of its predecessor's end.
    pub(super) within: u64,
    /// Seconds in a unit of the deck's time.
    pub(super) unit: f64,
    /// None: as fast as it goes.
    pub(super) speed: Option<f64>,
    /// None: when it is first opened.
    pub(super) start: Option<Timestamp>,
    pub(super) looped: bool,
    /// Posts in all.
    pub(super) limit: Option<u64>,
    /// What its posts give as their network. None: what the deck says.
    pub(super) network: Option<String>,
    /// What the id of each root begins with, in front of its number.
    pub(super) ids: Option<String>,
}

impl Plan {
    pub(super) fn read(address: &Address, params: &Params, usual: f64) -> Result<Self, Error> {
        let sources = address.value("sources", params.sources.unwrap_or(1), "write a number from 1 to 4096", sources)?;
        let alive = address.value("alive", params.alive.unwrap_or(10), "write a number above 0", above_0)?;
        if alive.saturating_mul(sources) > MOST_ALIVE {
            let wanted = format!("at most {MOST_ALIVE} cascades live at a time, over all sources: lower it, or sources");
            return Err(address.bad("alive", &alive.to_string(), &wanted));
        }
        let moment = |text: &str| if text == "now" { Some(None) } else { Timestamp::parse(text).map(Some) };
        let usual = Some(params.speed.unwrap_or(usual));
        Ok(Plan {
            seed: address.value("seed", 1, "write a whole number", |text| text.parse().ok())?,
            shuffle: address.value("shuffle", true, "write true or false", |text| text.parse().ok())?,
            sources,
            alive,
            within: address.value("within", params.within.unwrap_or(600), "write a time such as 10m, 30s or 0s", seconds)?,
            unit: address.value("unit", params.unit.unwrap_or(1.0), "write seconds, a number above 0", positive)?,
            speed: address.value("speed", usual, "write max, or a number above 0 such as 1 or 500", speed)?,
            start: address.value("start", None, "write now, or a moment such as 2026-03-01T00:00:00Z", moment)?,
            looped: address.flag("loop")?,
            network: address.value("network", None, "write a name of 1 to 64 characters, without blanks", name)?,
            ids: address.value("ids", None, "write what ids begin with: 1 to 64 characters, without blanks", name)?,
            limit: address.value("limit", None, "write how many posts there are in all", |text| text.parse().ok().map(Some))?,
        })
    }
}

/// How many sources there can be.
pub(super) fn sources(text: &str) -> Option<u64> {
    above_0(text).filter(|number| *number <= MOST_SOURCES)
}

/// A whole number above 0.
pub(super) fn above_0(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number > 0)
}

/// A number above 0.
pub(super) fn positive(text: &str) -> Option<f64> {
    speed(text).flatten()
}

fn seconds(text: &str) -> Option<u64> {
    duration_ms(text).map(|millis| millis / 1000)
}

/// A name, as an option that is given.
fn name(text: &str) -> Option<Option<String>> {
    let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    is_name.then(|| Some(text.to_owned()))
}
