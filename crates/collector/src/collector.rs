//! The cascades of several sources, each with a clock of its own.

use flow::{Raw, Timestamp};
use hashbrown::HashMap;
use stages::collect::{Cascade, First, Repost, Rules, Told};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Three thousand years: a clock that shows more is none.
pub(crate) const LONGEST_MS: i64 = 100_000_000_000_000;

const OLD: &str = "it is older than its source's clock allows";
const SECOND: &str = "this cascade has its first post already";

/// A post.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Whose clock it was posted by. The same cascade of two sources is two cascades.
    pub source: u64,
    /// The cascade's name.
    pub cascade: &'a str,
    /// When.
    pub time: Timestamp,
    /// How many follow its author.
    pub mark: u64,
    /// Not the first of its cascade.
    pub is_repost: bool,
    /// What it says; of a repost it does not matter.
    pub text: &'a str,
}

/// Why a call was refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The collector is finished.
    Finished,
    /// No source's clock shows this time.
    Time,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Finished => "the collector is finished: make a new one",
            Wrong::Time => "the time must lie between 0 and 100000000000000 ms",
        })
    }
}

/// Follows the cascades of all sources. What it has to tell it tells in the call that brought the time for it: of each source in
/// the order of time, and of one time in the order of names.
#[derive(Debug, Default)]
pub struct Collector {
    rules: Rules,
    /// So much older than the newest of its source may a post be.
    lateness_ms: i64,
    sources: BTreeMap<u64, Source>,
    posts: u64,
    is_finished: bool,
}

/// What one clock rules.
#[derive(Debug, Default)]
struct Source {
    /// Nothing older is taken in, and everything that was due by then is told.
    clock: Timestamp,
    cascades: HashMap<Arc<str>, Cascade>,
    timers: BTreeSet<(Timestamp, Arc<str>)>,
}

impl Collector {
    /// A collector of posts that each source gives in the order of time.
    pub fn new(rules: Rules) -> Self {
        Collector { rules, ..Collector::default() }
    }

    /// The same, but posts may be so much older than the newest of their source. Everything is told so much later.
    #[must_use]
    pub fn with_lateness_ms(mut self, lateness_ms: i64) -> Self {
        self.lateness_ms = lateness_ms.clamp(0, LONGEST_MS);
        self
    }

    /// Takes a post in, after everything was told that was due before it. `tell` is given source, cascade and news.
    pub fn add(&mut self, post: &Post<'_>, mut tell: impl FnMut(u64, &str, Told<'_>)) -> Result<(), Wrong> {
        if post.time > Timestamp::from_millis(LONGEST_MS) {
            return Err(Wrong::Time);
        }
        let number = self.posts;
        let (source, rules) = self.advanced(post.source, post.time, &mut tell)?;
        source.take(rules, post, number, &mut |cascade, told| tell(post.source, cascade, told));
        self.posts += 1;
        Ok(())
    }

    /// Moves a source's clock on, as a post of this time would. [`Timestamp::MAX`] ends the source.
    pub fn advance(&mut self, source: u64, time: Timestamp, mut tell: impl FnMut(u64, &str, Told<'_>)) -> Result<(), Wrong> {
        self.advanced(source, time, &mut tell).map(drop)
    }

    /// Closes every cascade; the sources one after the other.
    pub fn finish(&mut self, mut tell: impl FnMut(u64, &str, Told<'_>)) {
        for (number, mut source) in std::mem::take(&mut self.sources) {
            source.advance(&self.rules, Timestamp::MAX, &mut |cascade, told| tell(number, cascade, told));
        }
        self.is_finished = true;
    }

    /// How many cascades are open, or waited for.
    pub fn open(&self) -> usize {
        let open = |source: &Source, name: &Arc<str>| source.cascades.get(name).is_some_and(|cascade| !cascade.has_ended());
        self.sources.values().map(|source| source.timers.iter().filter(|(_, name)| open(source, name)).count()).sum()
    }

    fn advanced(
        &mut self,
        number: u64,
        time: Timestamp,
        tell: &mut impl FnMut(u64, &str, Told<'_>),
    ) -> Result<(&mut Source, &Rules), Wrong> {
        if self.is_finished {
            return Err(Wrong::Finished);
        }
        if time < Timestamp::default() {
            return Err(Wrong::Time);
        }
        let source = self.sources.entry(number).or_default();
        source.advance(&self.rules, time.plus_millis(-self.lateness_ms), &mut |cascade, told| tell(number, cascade, told));
        Ok((source, &self.rules))
    }
}

impl Source {
    /// Moves the clock on and tells what is due.
    fn advance(&mut self, rules: &Rules, to: Timestamp, tell: &mut impl FnMut(&str, Told<'_>)) {
        self.clock = self.clock.max(to);
        while self.timers.first().is_some_and(|(at, _)| *at <= self.clock) {
            let Some((at, name)) = self.timers.pop_first() else { return };
            let Some(cascade) = self.cascades.get_mut(&name) else { continue };
            cascade.act(rules, at, |told| tell(&name, told));
            match cascade.alarm() {
                Some(next) => drop(self.timers.insert((next, name))),
                None => drop(self.cascades.remove(&name)),
            }
        }
    }

    fn take(&mut self, rules: &Rules, post: &Post<'_>, number: u64, tell: &mut impl FnMut(&str, Told<'_>)) {
        let Post { cascade: name, time, mark, is_repost, text, .. } = *post;
        let repost = Repost { time, mark, offset: number, partition: 0 };
        let raw = || Raw(vec![]);
        if time < self.clock {
            return tell(name, Told::Late { repost, raw: raw(), reason: OLD });
        }
        let cascade = self.cascades.entry_ref(name).or_default();
        let before = cascade.alarm();
        if is_repost {
            if let Some(late) = cascade.add(rules, repost, raw) {
                tell(name, late);
            }
        } else if cascade.is_known() {
            return tell(name, Told::Late { repost, raw: raw(), reason: SECOND });
        } else {
            cascade.begin(rules, First { time, mark, network: "", author: "", text }, |told| tell(name, told));
        }
        cascade.set_alarm(rules);
        let after = cascade.alarm();
        if before != after {
            self.set_timer(name, before, after);
        }
    }

    fn set_timer(&mut self, name: &str, before: Option<Timestamp>, after: Option<Timestamp>) {
        let Some((name, _)) = self.cascades.get_key_value(name) else { return };
        if let Some(before) = before {
            self.timers.remove(&(before, name.clone()));
        }
        if let Some(after) = after {
            self.timers.insert((after, name.clone()));
        }
    }
}
