//! Posts by a seed, and a source that plays them.

use domain::{Author, Kind as PostKind, Post, Text};
use flow::{Broken, Format, Out, Polled, Pulled, Source, Staged, Timestamp};
use std::time::Duration;

/// A small, well-mixed generator: the seed is the whole story.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// A post, before it is written.
#[derive(Clone, Debug)]
pub struct Seed {
    id: u64,
    time: i64,
    city: &'static str,
    person: u64,
    /// The post that it passes on.
    root: Option<u64>,
}

/// The posts of a seed: some minutes with disorder, doubles and a few that come too late.
pub fn records(seed: u64) -> Vec<Seed> {
    let mut random = Random::new(seed);
    let mut records: Vec<Seed> = vec![];
    let mut now = 1_700_000_000_000;
    // In some worlds there are enough cascades, small ones, to learn a model from.
    let is_busy = seed.is_multiple_of(8);
    for id in 0..if is_busy { 100 } else { 20 } + random.below(40) {
        now += random.below(if is_busy { 25_000 } else { 45_000 }) as i64;
        let back = if random.once_in(12) { 200_000 } else { random.below(50_000) as i64 };
        let city = ["oslo", "rome", "lima", ""][random.below(4) as usize];
        // Most pass on one of a few posts, which may be long over.
        let roots = id.min(6);
        let root = match is_busy {
            true => (id % 4 > 0 && !random.once_in(6)).then_some(id / 4 * 4),
            false => (roots > 0 && !random.once_in(3)).then(|| random.below(roots)),
        };
        let record = Seed { id, time: now - back, city, person: random.below(6), root };
        if random.once_in(9) {
            records.push(record.clone());
        }
        records.push(record);
    }
    records
}

/// A source that plays records, some at a time.
pub struct Player {
    records: Vec<Seed>,
    next: usize,
    random: Random,
    out: Option<Box<dyn Fn() -> Out + Send + Sync>>,
}

impl Player {
    pub fn new(records: Vec<Seed>, random: Random) -> Self {
        Player { records, next: 0, random, out: None }
    }
}

impl Source for Player {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.next = cursor.map_or(0, |bytes| Format::Compact.decode::<u64>(bytes).unwrap() as usize);
        self.out = Some(out);
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        if self.next >= self.records.len() {
            return Ok((Polled::End, None));
        }
        let mut out = self.out.as_ref().unwrap()();
        let mut staged = vec![];
        for _ in 0..1 + self.random.below(8) {
            let Some(seed) = self.records.get(self.next) else { break };
            self.next += 1;
            let time = Timestamp::from_millis(seed.time);
            let place = out.send(time, &post(seed)).unwrap();
            staged.push(Staged {
                place,
                time,
                clock: 0,
                identity: seed.id,
                offset: self.next as u64,
                raw: format!("{seed:?}").into(),
            });
        }
        let mut cursor = vec![];
        Format::Compact.encode(&(self.next as u64), &mut cursor)?;
        Ok((Polled::Some, Some(Pulled { out, staged, refused: vec![], cursor, now: None })))
    }
}

fn post(seed: &Seed) -> Post<'static> {
    let id: Text<'static> = seed.id.to_string().into();
    let author = Author { id: seed.person.to_string().into(), followers: Some(10 * seed.person), ..Author::default() };
    let kind = if seed.root.is_some() { PostKind::Repost } else { PostKind::Original };
    let root = seed.root.map_or(id.clone(), |root| root.to_string().into());
    let rules = Some(seed.city).filter(|city| !city.is_empty()).map(Text::from).into_iter().collect();
    // A repost says nothing of its own.
    let text = if seed.root.is_some() { Text::default() } else { format!("post {id}").into() };
    Post { kind, root, author, rules, text, ..Post::deletion("test".into(), id, Timestamp::from_millis(seed.time)) }
}
