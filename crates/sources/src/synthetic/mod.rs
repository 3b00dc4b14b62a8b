//! A network that is made up: for a first look, for load, and for tests that need the same posts every time.

mod cities;
mod timing;
mod words;
mod world;

#[cfg(test)]
mod tests;

use crate::address::Address;
use crate::batch::Batch;
use crate::dice::Zipf;
use crate::pace::Pace;
use crate::{Error, Opened, Settings, duration_ms, speed};
use flow::{Broken, Format, Out, Polled, Pulled, Source, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use timing::Timing;
use world::World;

const OPTIONS: [&str; 10] = ["rate", "seed", "cities", "people", "reposts", "start", "count", "speed", "disorder", "lateness"];
const VERSION: u8 = 1;
/// Records that one poll brings at most.
const MOST: u64 = 4096;
/// What comes within this is brought together: a commit for each record would be a waste.
const TOGETHER: Duration = Duration::from_millis(20);
/// A live source that was away for longer than this does not make up for it.
const FORGOTTEN_MS: i64 = 300_000;

/// How far it is, and what its clock was set by.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    start: Timestamp,
    next: u64,
}

/// What the address asks for.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    cities: u64,
    people: u64,
    reposts: u64,
    disorder_ms: u64,
    /// None: when it is first opened.
    start: Option<Timestamp>,
    count: Option<u64>,
    /// Posts a second of the time that they show.
    rate: f64,
    /// None: as fast as it goes.
    speed: Option<f64>,
}

struct Synthetic {
    plan: Plan,
    settings: Settings,
    outs: Option<Box<dyn Fn() -> Out + Send + Sync>>,
    cursor: Cursor,
    world: World,
    pace: Option<Pace>,
}

/// Opens `synthetic:?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    if !address.path.is_empty() {
        let reason = "there is no such network; write synthetic: or synthetic:hawkes".to_owned();
        return Err(Error::Layout { path: format!("synthetic:{}", address.path).into(), reason });
    }
    address.only(&OPTIONS)?;
    let plan = Plan::read(address)?;
    let cursor = Cursor { start: plan.start.unwrap_or_else(|| settings.clock()), next: 0 };
    let posts = plan.count;
    let waits = plan.speed.is_none();
    let (world, settings) = (plan.world(cursor.start), settings.clone());
    let source = Box::new(Synthetic { plan, settings, outs: None, cursor, world, pace: None });
    Ok(Opened { name: "synthetic".to_owned(), source, topics: crate::POSTS, bytes: None, posts, waits })
}

/// The posts alone.
pub(crate) fn posts(address: &Address) -> Result<impl Iterator<Item = domain::Post<'static>> + use<>, Error> {
    address.only(&OPTIONS)?;
    let plan = Plan::read(address)?;
    let world = plan.world(plan.start.unwrap_or(Timestamp::MIN));
    Ok((0..plan.count.unwrap_or(u64::MAX)).map(move |number| world.post(number)))
}

impl Plan {
    fn read(address: &Address) -> Result<Self, Error> {
        let whole = |most: u64| move |text: &str| text.parse().ok().filter(|number| (1..=most).contains(number));
        let rate = |text: &str| if text == "max" { Some(None) } else { speed(text).flatten().map(Some) };
        let rate = address.value("rate", Some(1000.0), "write posts a second, or max", rate)?;
        let speed = address.value("speed", Some(1.0), "write max, or a number above 0 such as 1 or 60", speed)?;
        let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        let reposts: f64 = address.value("reposts", 0.3, "write a share from 0 to 1", share)?;
        let known = cities::CITIES.len() as u64;
        let start = |text: &str| if text == "now" { Some(None) } else { Timestamp::parse(text).map(Some) };
        let disorder = if address.option("lateness").is_some() { "lateness" } else { "disorder" };
        Ok(Plan {
            seed: address.value("seed", 7, "write a whole number", |text| text.parse().ok())?,
            cities: address.value("cities", 200, &format!("write a number from 1 to {known}"), whole(known))?,
            people: address.value("people", 100_000, "write a number from 1 to 5000000", whole(5_000_000))?,
            reposts: (reposts * 1000.0).round() as u64,
            disorder_ms: address.value(disorder, 30_000, "write a time such as 30s, 500ms or 2m", duration_ms)?,
            start: address.value("start", None, "write now, or a moment such as 2026-03-01T00:00:00Z", start)?,
            count: address.value("count", None, "write how many posts there are in all", |text| text.parse().ok().map(Some))?,
            rate: rate.unwrap_or(1000.0) / speed.unwrap_or(1.0),
            speed: speed.filter(|_| rate.is_some()),
        })
    }

    fn world(&self, start: Timestamp) -> World {
        World {
            seed: self.seed,
            cities: Zipf::new(self.cities),
            people: Zipf::new(self.people),
            reposts: self.reposts,
            disorder_ms: self.disorder_ms,
            timing: Timing::new(start, self.rate),
        }
    }
}

impl Synthetic {
    fn cursor(&self) -> Result<Vec<u8>, Broken> {
        let mut bytes = vec![VERSION];
        Format::Compact.encode(&self.cursor, &mut bytes)?;
        Ok(bytes)
    }

    fn resume(&mut self, cursor: &[u8]) -> Result<(), Broken> {
        let Some((&VERSION, rest)) = cursor.split_first() else {
            return Err(Broken(format!("this is no cursor of version {VERSION} of the synthetic source")));
        };
        self.cursor = Format::Compact.decode(rest)?;
        self.world.timing = Timing::new(self.cursor.start, self.plan.rate);
        Ok(())
    }

    /// The clock to go by. A source that lives now goes on with the time; one that started at a given moment goes on
    /// where it stopped.
    fn pace(&mut self) -> Option<Pace> {
        let speed = self.plan.speed?;
        let due = self.world.timing.moment(self.cursor.next);
        if self.plan.start.is_some() {
            return Some(Pace::starting(if self.cursor.next == 0 { self.cursor.start } else { due }, speed));
        }
        let passed = self.settings.clock().millis_since(self.cursor.start) as f64 * speed;
        let shown = self.cursor.start.plus_millis(passed as i64);
        if self.plan.count.is_none() && shown.millis_since(due) as f64 > FORGOTTEN_MS as f64 * speed {
            self.cursor.next = self.world.timing.at(shown, self.cursor.next);
        }
        Some(Pace::starting(shown, speed))
    }

    fn left(&self) -> u64 {
        self.plan.count.map_or(u64::MAX, |count| count.saturating_sub(self.cursor.next))
    }

    /// How many records are due, at most so many as one poll brings.
    fn due(&self) -> u64 {
        let most = MOST.min(self.left());
        let Some(now) = self.pace.map(|pace| pace.now()) else { return most };
        let is_due = |number: &u64| self.world.timing.moment(self.cursor.next + number) <= now;
        (0..most).take_while(is_due).count() as u64
    }

    fn bring(&mut self, records: u64) -> Result<Pulled, Broken> {
        let outs = self.outs.as_ref().ok_or_else(|| Broken("the source was not opened".to_owned()))?;
        let mut batch = Batch::new(outs());
        for number in self.cursor.next..self.cursor.next + records {
            batch.send(&self.world.post(number), number, bytes::Bytes::new());
        }
        self.cursor.next += records;
        // Time goes on, but never past a record that is still to come.
        let next = self.world.timing.moment(self.cursor.next);
        let now = self.pace.map(|pace| pace.now().min(next));
        let Batch { out, staged, refused, .. } = batch;
        Ok(Pulled { out, staged, refused, cursor: self.cursor()?, now })
    }
}

impl Source for Synthetic {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.outs = Some(out);
        if let Some(cursor) = cursor {
            self.resume(cursor)?;
        }
        self.pace = self.pace();
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        if self.left() == 0 {
            return Ok((Polled::End, None));
        }
        let mut due = self.due();
        if let (0, Some(pace)) = (due, self.pace) {
            let until = pace.until(self.world.timing.moment(self.cursor.next));
            std::thread::sleep(until.max(TOGETHER).min(wait));
            due = self.due();
        }
        let polled = if due == 0 { Polled::Idle } else { Polled::Some };
        Ok((polled, Some(self.bring(due)?)))
    }

    fn done(&self) -> Option<f64> {
        self.plan.count.map(|count| self.cursor.next as f64 / count.max(1) as f64)
    }
}
