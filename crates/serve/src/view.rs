//! The newest closed windows of every city, in memory, within bounds.
//!
//! Two orders over the same rows: each city has its windows in the order of their ends, and each end knows the cities
//! that have a window there. "Now" is the newest end seen, so a replay of years ago is looked at as it was then.

mod ask;

#[cfg(test)]
mod tests;

pub use ask::{Listed, Measure, Point, Row, Series, Top, Window};

use domain::Counts;
use flow::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// A longer name of a city is no name: what is kept for a row has a bound, too.
const CITY_BYTES: usize = 512;

/// How much is kept. The oldest windows go first, and are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How far behind the newest window's end a window may end, in milliseconds of event time.
    pub history_ms: i64,
    /// How many rows, a city's window each, there may be. A row takes about 50 bytes.
    pub rows: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { history_ms: 24 * 3_600_000, rows: 2_000_000 }
    }
}

/// One city's window, without the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    start: Timestamp,
    end: Timestamp,
    posts: u64,
    reposts: u64,
    people: u64,
}

#[derive(Debug)]
struct City {
    name: Arc<str>,
    windows: VecDeque<Kept>,
}

/// All cities' windows that end at the same time.
#[derive(Debug, Default)]
struct End {
    start: Timestamp,
    cities: Vec<u32>,
    posts: u64,
    reposts: u64,
    people: u64,
}

impl End {
    fn add(&mut self, row: &Kept) {
        self.start = row.start;
        self.posts = self.posts.saturating_add(row.posts);
        self.reposts = self.reposts.saturating_add(row.reposts);
        self.people = self.people.saturating_add(row.people);
    }

    fn subtract(&mut self, row: &Kept) {
        self.posts = self.posts.saturating_sub(row.posts);
        self.reposts = self.reposts.saturating_sub(row.reposts);
        self.people = self.people.saturating_sub(row.people);
    }
}

/// The view.
#[derive(Debug)]
pub struct View {
    bounds: Bounds,
    ids: HashMap<Arc<str>, u32>,
    cities: Vec<City>,
    /// Places in `cities` whose city has no window left.
    free: Vec<u32>,
    ends: BTreeMap<Timestamp, End>,
    rows: usize,
    dropped: u64,
    /// Windows that end here or before have been dropped; one that comes again is not taken back in.
    horizon: Timestamp,
}

impl View {
    /// An empty view.
    pub fn new(bounds: Bounds) -> Self {
        let (ids, ends) = (HashMap::new(), BTreeMap::new());
        View { bounds, ids, cities: vec![], free: vec![], ends, rows: 0, dropped: 0, horizon: Timestamp::MIN }
    }

    /// The end of the newest window.
    pub fn newest(&self) -> Option<Timestamp> {
        self.ends.last_key_value().map(|(end, _)| *end)
    }

    /// How many rows are kept.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows were dropped because they were the oldest.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes a window in; one of the same city and end takes the place of the earlier. Returns whether it was taken.
    pub fn insert(&mut self, counts: &Counts<'_>) -> bool {
        let newest = self.newest().map_or(counts.end, |newest| newest.max(counts.end));
        self.horizon = self.horizon.max(newest.plus_millis(-self.bounds.history_ms));
        if counts.end <= self.horizon || counts.start >= counts.end || counts.city.len() > CITY_BYTES {
            self.dropped += 1;
            return false;
        }
        let Counts { start, end, posts, reposts, people, .. } = *counts;
        self.place(&counts.city, Kept { start, end, posts, reposts, people });
        self.shed();
        true
    }

    fn place(&mut self, name: &str, row: Kept) {
        let id = self.id_of(name);
        let Some(city) = self.cities.get_mut(id as usize) else { return };
        let at = self.ends.entry(row.end).or_default();
        let place = city.windows.partition_point(|window| window.end < row.end);
        match city.windows.get_mut(place) {
            Some(known) if known.end == row.end => {
                at.subtract(known);
                *known = row;
            }
            _ => {
                city.windows.insert(place, row);
                at.cities.push(id);
                self.rows += 1;
            }
        }
        at.add(&row);
    }

    fn id_of(&mut self, name: &str) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let city = City { name: name.into(), windows: VecDeque::new() };
        let name = city.name.clone();
        let free = self.free.pop();
        let id = free.unwrap_or_else(|| u32::try_from(self.cities.len()).unwrap_or(u32::MAX));
        match free.and_then(|id| self.cities.get_mut(id as usize)) {
            Some(place) => *place = city,
            None => self.cities.push(city),
        }
        self.ids.insert(name, id);
        id
    }

    fn shed(&mut self) {
        while let Some((oldest, _)) = self.ends.first_key_value() {
            if *oldest > self.horizon && (self.rows <= self.bounds.rows || self.ends.len() == 1) {
                break;
            }
            let Some((end, gone)) = self.ends.pop_first() else { break };
            self.horizon = self.horizon.max(end);
            gone.cities.iter().for_each(|id| self.forget_oldest(*id));
        }
    }

    fn forget_oldest(&mut self, id: u32) {
        let Some(city) = self.cities.get_mut(id as usize) else { return };
        if city.windows.pop_front().is_some() {
            self.rows -= 1;
            self.dropped += 1;
        }
        if city.windows.is_empty() {
            self.ids.remove(&city.name);
            self.free.push(id);
        } else if city.windows.capacity() > 4 * city.windows.len().max(16) {
            city.windows.shrink_to(2 * city.windows.len());
        }
    }

    fn city(&self, name: &str) -> Option<&City> {
        self.cities.get(*self.ids.get(name)? as usize)
    }
}
