//! A made-up network: every record follows from the seed and its number alone.

use super::cities::CITIES;
use super::timing::Timing;
use super::words::{Subject, handle, sentence};
use crate::dice::{Dice, Zipf};
use domain::{Author, Kind, Place, Post, Text};
use flow::Timestamp;

/// What throws are about, so that one does not move another.
mod about {
    pub(super) const KIND: u64 = 1;
    pub(super) const POST: u64 = 2;
    pub(super) const PERSON: u64 = 3;
    pub(super) const BURST: u64 = 4;
    pub(super) const DELAY: u64 = 5;
    pub(super) const HIT: u64 = 6;
}

/// How far back a post is still answered.
const RECENT: u64 = 4000;
/// A post may be passed on when so many doublings of records have come after it.
const DOUBLINGS: u64 = 17;
/// Once in so many records comes a post that many pass on.
const HIT_EVERY: u64 = 2500;
/// Once in a while everybody talks about one city: one in so many ...
const BURST_SLOT_MS: i64 = 300_000;
/// ... of these slots, in thousandths, ...
const BURST_CHANCE: u64 = 350;
/// ... and then so many thousandths of the posts.
const BURST_SHARE: u64 = 300;

/// What the network is like.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) cities: Zipf,
    pub(super) people: Zipf,
    /// Thousandths of the posts that pass another on.
    pub(super) reposts: u64,
    /// How much later than it happened a record may come.
    pub(super) disorder_ms: u64,
    pub(super) timing: Timing,
}

impl World {
    /// A record's post.
    pub(super) fn post(&self, number: u64) -> Post<'static> {
        let source = self.source(number);
        let Some(root) = source.map(|near| self.root(near)) else { return self.original(number) };
        let passed_on = self.original(root);
        let mut dice = Dice::about(self.seed, about::POST, number);
        let author = self.author(self.people.throw(&mut dice));
        let text = format!("RT @{}: {}", passed_on.author.handle.as_deref().unwrap_or_default(), passed_on.text);
        Post {
            id: self.id(number),
            root: passed_on.id.clone(),
            kind: Kind::Repost,
            target: Some(passed_on.id),
            time: self.time(number),
            author,
            text: text.into(),
            place: None,
            ..passed_on
        }
    }

    /// The record that this one passes on, if it does.
    fn source(&self, number: u64) -> Option<u64> {
        if number == 0 || self.hit(number) == number {
            return None;
        }
        let mut dice = Dice::about(self.seed, about::KIND, number);
        if !dice.thousandths(self.reposts) {
            return None;
        }
        let back = back(&mut dice);
        let hit = dice.thousandths(300).then(|| self.hit(number.saturating_sub(back))).filter(|hit| *hit < number);
        Some(hit.unwrap_or_else(|| number.saturating_sub(1 + back)))
    }

    /// Where a cascade began: what passes on a repost passes on what that did. So the large grow.
    fn root(&self, mut number: u64) -> u64 {
        while let Some(source) = self.source(number) {
            number = source;
        }
        number
    }

    /// The hit among the records around this one.
    fn hit(&self, number: u64) -> u64 {
        let block = number / HIT_EVERY;
        block * HIT_EVERY + Dice::about(self.seed, about::HIT, block).below(HIT_EVERY)
    }

    fn original(&self, number: u64) -> Post<'static> {
        let mut dice = Dice::about(self.seed, about::POST, number);
        let person = self.people.throw(&mut dice);
        let (city, subject) = self.matter(number, &mut dice);
        let (text, lang) = sentence(subject, city, &mut dice, |throw| handle(throw % self.people.ranks()));
        let (kind, target) = self.relation(number, &mut dice);
        let id = self.id(number);
        let place =
            |(name, country): (&str, &str)| Place { name: name.to_owned().into(), country: Some(country.to_owned().into()) };
        Post {
            network: "synthetic".into(),
            root: id.clone(),
            id,
            kind,
            target,
            time: self.time(number),
            author: self.author(person),
            text: text.into(),
            lang: Some(lang.into()),
            place: city.filter(|_| dice.thousandths(600)).map(place),
            rules: city.iter().map(|(name, _)| Text::from(slug(name))).collect(),
        }
    }

    fn relation(&self, number: u64, dice: &mut Dice) -> (Kind, Option<Text<'static>>) {
        let throw = dice.below(1000);
        if number == 0 || throw >= 150 || self.hit(number) == number {
            return (Kind::Original, None);
        }
        let other = self.id(number - 1 - dice.below(number.min(RECENT)));
        (if throw < 30 { Kind::Quote } else { Kind::Reply }, Some(other))
    }

    /// Where a post is from and what it is about.
    fn matter(&self, number: u64, dice: &mut Dice) -> (Option<(&'static str, &'static str)>, Subject) {
        let subject = Subject(dice.below(Subject::COUNT));
        let rank = self.cities.throw(dice);
        if dice.thousandths(30) {
            return (None, subject);
        }
        let (rank, subject) = match self.burst(self.timing.moment(number)) {
            Some(burst) if dice.thousandths(BURST_SHARE) => burst,
            _ => (rank, subject),
        };
        (CITIES.get(rank as usize).copied(), subject)
    }

    /// The city that everybody talks about at a moment, and why.
    fn burst(&self, time: Timestamp) -> Option<(u64, Subject)> {
        let slot = time.millis().div_euclid(BURST_SLOT_MS);
        let within = time.millis().rem_euclid(BURST_SLOT_MS).cast_unsigned();
        let mut dice = Dice::about(self.seed, about::BURST, slot.cast_unsigned());
        if !dice.thousandths(BURST_CHANCE) {
            return None;
        }
        let from = dice.below(150_000);
        let during = from..from + 60_000 + dice.below(90_000);
        let city = dice.below(self.cities.ranks().min(40));
        during.contains(&within).then(|| (city, Subject(dice.below(Subject::COUNT))))
    }

    fn time(&self, number: u64) -> Timestamp {
        let late = Dice::about(self.seed, about::DELAY, number).below(self.disorder_ms + 1);
        self.timing.moment(number).plus_millis(-late.cast_signed())
    }

    /// An identifier like those of the large networks: the moment, then a number.
    fn id(&self, number: u64) -> Text<'static> {
        const EPOCH_MS: i64 = 1_288_834_974_657;
        let millis = self.timing.moment(number).millis().saturating_sub(EPOCH_MS).max(0).cast_unsigned();
        Text::from(((u128::from(millis) << 22) | u128::from(number & 0x3f_ffff)).to_string())
    }

    fn author(&self, person: u64) -> Author<'static> {
        let mut dice = Dice::about(self.seed, about::PERSON, person);
        // The sum of a few throws as an exponent: most people have some hundred followers, a few have millions.
        let exponent = (0..6).map(|_| dice.below(5)).sum::<u64>().saturating_sub(4);
        let followers = (1 << exponent) + dice.below(1 << exponent);
        let home = CITIES.get(self.cities.throw(&mut dice) as usize).filter(|_| dice.thousandths(650));
        Author {
            id: Text::from((10_000 + person * 7_919).to_string()),
            handle: Some(handle(person).into()),
            followers: Some(followers),
            location: home.map(|(name, _)| (*name).into()),
        }
    }
}

/// How far back a post is that is passed on: as likely in each doubling as in the next, so that interest wears off as it does
/// among people, soon at first and never quite.
fn back(dice: &mut Dice) -> u64 {
    let least = (1 << dice.below(DOUBLINGS)) - 1;
    least + dice.below(least + 1)
}

/// A city's name as the tag of a rule: `New York` is `new-york`.
fn slug(name: &str) -> String {
    let plain = |letter: char| match letter {
        'á' | 'ã' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ń' => 'n',
        'ł' => 'l',
        ' ' => '-',
        letter => letter,
    };
    name.to_lowercase().chars().map(plain).collect()
}
