//! `count`: sightings -> counts. How much, and by how many, in each city and window?

use domain::{Counts, Sighting, Text};
use flow::window::{Fold, Hopping, Windows};
use flow::{Broken, Input, Out, Stage, Timestamp};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use xxhash_rust::xxh3::Xxh3;

/// Counts posts, reposts and distinct people per city, in windows.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// How time is cut.
    pub windower: Hopping,
}

impl Stage for Count {
    type State = Windows<Tally>;

    fn name(&self) -> &str {
        "count"
    }

    fn on_record(&self, input: &Input<'_>, state: &mut Windows<Tally>, _out: &mut Out) -> Result<(), Broken> {
        let sighting: Sighting<'_> = input.decode()?;
        let seen = Seen { person: person(&sighting), repost: sighting.repost };
        state.add(&self.windower, input.record.time, seen);
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, state: &mut Windows<Tally>, out: &mut Out) {
        let (posts, reposts, people) = state.close(&self.windower, at);
        let city = Text(String::from_utf8_lossy(key));
        let start = self.windower.start(at);
        out.send(at, &Counts { city, start, end: at, posts, reposts, people });
    }

    fn deadline(&self, state: &Windows<Tally>) -> Option<Timestamp> {
        state.deadline(&self.windower)
    }

    fn is_done(&self, state: &Windows<Tally>) -> bool {
        state.is_done()
    }

    fn on_resume(&self, watermark: Timestamp, state: &mut Windows<Tally>) {
        state.resume(&self.windower, watermark);
    }
}

/// Who was seen, as 128 bits: with ten million people in a window, two are taken for one in less than one window of 10^24.
fn person(sighting: &Sighting<'_>) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(sighting.network.as_bytes());
    hash.update(&[0]);
    hash.update(sighting.person.as_bytes());
    hash.digest128()
}

/// One sighting, as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    person: u128,
    repost: bool,
}

/// What one pane holds. People are only listed: they are told apart when the pane enters the window.
#[derive(Debug, Default)]
pub struct Pane {
    posts: u64,
    reposts: u64,
    people: Vec<u128>,
    saved: (u64, u64),
    fresh: Vec<u128>,
}

/// What the panes in the window come to.
#[derive(Debug, Default)]
pub struct Tally {
    posts: u64,
    reposts: u64,
    /// Everybody in the window, with the last pane that saw them.
    people: HashMap<u128, i64>,
}

impl Fold for Tally {
    type Item = Seen;
    type Pane = Pane;
    type Result = (u64, u64, u64);

    fn add(pane: &mut Pane, item: Seen) {
        pane.posts += 1;
        pane.reposts += u64::from(item.repost);
        pane.fresh.push(item.person);
    }

    fn fresh(pane: &mut Pane) -> Vec<u8> {
        pane.fresh.sort_unstable();
        pane.fresh.dedup();
        let mut bytes = Vec::with_capacity(16 + 16 * pane.fresh.len());
        bytes.extend((pane.posts - pane.saved.0).to_le_bytes());
        bytes.extend((pane.reposts - pane.saved.1).to_le_bytes());
        bytes.extend(pane.fresh.iter().flat_map(|person| person.to_le_bytes()));
        pane.saved = (pane.posts, pane.reposts);
        pane.people.append(&mut pane.fresh);
        bytes
    }

    fn load(pane: &mut Pane, fresh: &[u8]) {
        let (numbers, _) = fresh.as_chunks::<8>();
        let [posts, reposts, ..] = numbers else { return };
        pane.posts += u64::from_le_bytes(*posts);
        pane.reposts += u64::from_le_bytes(*reposts);
        pane.saved = (pane.posts, pane.reposts);
        let (people, _) = fresh.get(16..).unwrap_or_default().as_chunks::<16>();
        pane.people.extend(people.iter().map(|person| u128::from_le_bytes(*person)));
    }

    fn enter(&mut self, index: i64, pane: &Pane) {
        self.posts += pane.posts;
        self.reposts += pane.reposts;
        self.people.extend(pane.people.iter().chain(&pane.fresh).map(|person| (*person, index)));
    }

    fn leave(&mut self, index: i64, pane: &Pane) {
        self.posts -= pane.posts;
        self.reposts -= pane.reposts;
        for person in pane.people.iter().chain(&pane.fresh) {
            if let Entry::Occupied(last) = self.people.entry(*person)
                && *last.get() == index
            {
                last.remove();
            }
        }
    }

    fn result(&self) -> (u64, u64, u64) {
        (self.posts, self.reposts, self.people.len() as u64)
    }
}

#[cfg(test)]
mod tests;
