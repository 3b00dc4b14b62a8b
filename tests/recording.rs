//! A recording with everything in it that a network brings, and what must come of it, straight from the definitions.

use crate::support::Dice;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const PERIOD_MS: u64 = 3 * 3_600_000;
const LATENESS_MS: i64 = 60_000;
const MINUTE: i64 = 60_000;
const CITIES: [&str; 12] = [
    "Tokyo",
    "delhi",
    "São Paulo",
    "New York",
    "mexico-city",
    "cairo",
    "lagos",
    "London",
    "toronto",
    "oslo",
    "lima",
    "wellington",
];

/// A day's time as the network writes it.
fn clock(millis: i64) -> String {
    let (seconds, hour) = (millis / 1000, millis / 3_600_000);
    format!("2024-05-01T{hour:02}:{:02}:{:02}.{:03}Z", seconds / 60 % 60, seconds % 60, millis % 1000)
}

fn millis(clock: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| clock[range].parse::<i64>().unwrap();
    ((part(11..13) * 60 + part(14..16)) * 60 + part(17..19)) * 1000 + part(20..23)
}

/// A recording of three hours from 10:00 on: out of order by half a minute either way, a few posts far too late, a few
/// twice, a few unreadable.
pub fn recording(seed: u64, posts: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = String::new();
    for number in 0..posts {
        let start = text.len();
        line(&mut text, number, posts, &mut dice);
        match dice.roll(1000) {
            0 => text.truncate(text.len() - 20),
            1 | 2 => text.extend_from_within_line(start),
            _ => {}
        }
        text.push('\n');
    }
    text
}

trait Twice {
    fn extend_from_within_line(&mut self, start: usize);
}

impl Twice for String {
    fn extend_from_within_line(&mut self, start: usize) {
        let line = self[start..].to_owned();
        self.push('\n');
        self.push_str(&line);
    }
}

fn line(text: &mut String, number: u64, posts: u64, dice: &mut Dice) {
    let disorder = dice.roll(60_001).cast_signed() - 30_000;
    let lateness = if dice.roll(500) == 0 { 400_000 } else { 0 };
    let time = clock(36_000_000 + (number * PERIOD_MS / posts).cast_signed() + disorder - lateness);
    // A number below a random one: small ones come often.
    let people = 1 + 3 * dice.roll(5000);
    let author = dice.roll(people);
    let cities = 1 + dice.roll(CITIES.len() as u64);
    let city = CITIES[dice.roll(cities) as usize];
    let id = 1_000_000 + number;
    write!(text, r#"{{"data":{{"id":"{id}","text":"words, \"quoted\" é {number}","author_id":"{author}","created_at":"{time}""#)
        .unwrap();
    if number > 0 && dice.roll(10) < 3 {
        let root = 1_000_000 + dice.roll(number);
        write!(text, r#","referenced_tweets":[{{"type":"retweeted","id":"{root}"}}]"#).unwrap();
    }
    text.push('}');
    if dice.roll(4) == 0 {
        write!(text, r#","includes":{{"users":[{{"id":"{author}","username":"u{author}"}}]}}"#).unwrap();
    }
    if dice.roll(10) > 0 {
        write!(text, r#","matching_rules":[{{"id":"7","tag":"{city}"}},{{"id":"8","tag":"second"}}]"#).unwrap();
    }
    text.push('}');
}

/// What must come out, straight from the definition.
#[derive(Default)]
pub struct Expected {
    pub counts: BTreeSet<String>,
    pub late: BTreeSet<String>,
    pub doubles: usize,
    pub unreadable: usize,
    pub posts: usize,
}

#[derive(Default)]
struct Window {
    posts: u64,
    reposts: u64,
    people: BTreeSet<String>,
}

pub fn expected(recording: &str) -> Expected {
    let mut expected = Expected::default();
    let mut windows: BTreeMap<(String, i64), Window> = BTreeMap::new();
    let (mut seen, mut newest) = (BTreeSet::new(), i64::MIN / 2);
    for line in recording.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            expected.unreadable += 1;
            continue;
        };
        let id = value["data"]["id"].as_str().unwrap().to_owned();
        if !seen.insert(id.clone()) {
            expected.doubles += 1;
            continue;
        }
        expected.posts += 1;
        let time = millis(value["data"]["created_at"].as_str().unwrap());
        if time < newest - LATENESS_MS {
            expected.late.insert(id);
            continue;
        }
        newest = newest.max(time);
        let tag = value.pointer("/matching_rules/0/tag").map_or("unknown", |tag| tag.as_str().unwrap());
        let city = tag.to_lowercase().replace(' ', "-");
        let first = time - time % MINUTE - 4 * MINUTE;
        for start in (0..5).map(|hop| first + hop * MINUTE) {
            let window = windows.entry((city.clone(), start)).or_default();
            window.posts += 1;
            window.reposts += u64::from(value.pointer("/data/referenced_tweets/0/type").is_some_and(|kind| kind == "retweeted"));
            window.people.insert(value["data"]["author_id"].as_str().unwrap().to_owned());
        }
    }
    expected.counts = windows
        .into_iter()
        .map(|((city, start), Window { posts, reposts, people })| {
            let (start, end, people) = (clock(start), clock(start + 5 * MINUTE), people.len());
            format!(
                r#"{{"city":"{city}","start":"{start}","end":"{end}","posts":{posts},"reposts":{reposts},"people":{people}}}"#
            )
        })
        .collect();
    expected
}

pub fn difference(name: &str, found: &BTreeSet<String>, wanted: &BTreeSet<String>) {
    let extra: Vec<_> = found.difference(wanted).take(3).collect();
    let missing: Vec<_> = wanted.difference(found).take(3).collect();
    assert!(found == wanted, "{name}: {} lines, wanted {}; too much {extra:#?}, missing {missing:#?}", found.len(), wanted.len());
}
