//! The posts of a partition of which there may be more to hear.

use crate::kept::Kept;
use domain::{Forecast, Kind, Post, Score, Scored, Text};
use flow::{Changes, Format, State, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const OPEN: u8 = b'o';
const CLOCK: &[u8] = b"c";

/// The state of a partition: its open posts by name, and when each has to be looked at.
#[derive(Debug, Default)]
pub struct Pile {
    open: Kept<Open, OPEN>,
    /// When what is new of a post is told at the latest.
    due: BTreeSet<(Timestamp, Vec<u8>)>,
    /// When a post is let go of.
    until: BTreeSet<(Timestamp, Vec<u8>)>,
    /// The newest post's time.
    clock: Timestamp,
    has_moved: bool,
}

/// A post's name: those of one cascade stand side by side, its first post before the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(Vec<u8>);

impl Name {
    pub(super) fn of(network: &str, root: &str, post: &str) -> Self {
        let own: &[u8] = if root == post { b"" } else { post.as_bytes() };
        Name([network.as_bytes(), &[0], root.as_bytes(), &[0], own].concat())
    }
}

/// A post of which there may be more to hear.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Open {
    /// The post, encoded; empty as long as only others have spoken of it.
    post: Vec<u8>,
    /// When it came to say what it says.
    pub(super) said: Timestamp,
    /// The newest word of each model.
    words: BTreeMap<String, Heard>,
    pub(super) forecast: Option<Forecast>,
    /// How often it was told.
    pub(super) revision: u32,
    /// Whether there is something to tell.
    pub(super) news: bool,
    /// Whether it was taken back.
    pub(super) gone: bool,
    pub(super) due: Option<Timestamp>,
    pub(super) until: Timestamp,
}

/// What a model said, encoded, and of a text of when.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard {
    time: Timestamp,
    scored: Vec<u8>,
}

impl Heard {
    pub(super) fn of(score: &Score<'_>) -> Self {
        let scored = Scored {
            model: Text::from(&*score.model),
            version: Text::from(&*score.version),
            output: Text::from(&*score.output),
            value: score.value.clone(),
            why: score.why.clone(),
        };
        Heard { time: score.time, scored: encoded(&scored) }
    }
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![];
    // Records of ours can be encoded: they were decoded a moment ago.
    let _ = Format::Compact.encode(value, &mut bytes);
    bytes
}

impl Open {
    pub(super) fn until(until: Timestamp) -> Self {
        Open { until, ..Open::default() }
    }

    pub(super) fn post(&self) -> Option<Post<'_>> {
        Some(&self.post).filter(|post| !post.is_empty()).and_then(|post| Format::Compact.decode(post).ok())
    }

    /// Takes in what the post says; whether that is new. An edit leaves it what it is, and when it was posted.
    pub(super) fn says(&mut self, post: Post<'_>) -> bool {
        let said = post.time;
        let merged = match self.post() {
            None => post,
            Some(known) if post.kind == Kind::Edit && said > self.said => {
                Post { kind: known.kind, time: known.time, target: known.target, root: known.root, ..post }
            }
            // What was posted comes after its own edit: the edit lacked only this.
            Some(known) if known.kind == Kind::Edit && post.kind != Kind::Edit => {
                let bytes = encoded(&Post { kind: post.kind, time: post.time, target: post.target, root: post.root, ..known });
                self.post = bytes;
                return true;
            }
            Some(_) => return false,
        };
        self.post = encoded(&merged);
        self.said = said;
        true
    }

    /// Takes a model's word in; whether it is news. What it says of an older text is none.
    pub(super) fn hear(&mut self, model: &str, heard: Heard) -> bool {
        let known = self.words.get(model);
        if self.gone || known.is_some_and(|known| known.time > heard.time || *known == heard) {
            return false;
        }
        let is_news = self.post.is_empty() || heard.time == self.said;
        self.words.insert(model.to_owned(), heard);
        is_news
    }

    /// What a model says of the text as it is.
    pub(super) fn heard(&self, model: &str) -> Option<&[u8]> {
        self.words.get(model).filter(|word| word.time == self.said).map(|word| word.scored.as_slice())
    }

    /// What all say of the text as it is, in the order of their names.
    pub(super) fn all_heard(&self) -> impl Iterator<Item = &[u8]> {
        self.words.values().filter(|word| word.time == self.said).map(|word| word.scored.as_slice())
    }
}

impl Pile {
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// How far the posts have come.
    pub(super) fn clock(&self) -> Timestamp {
        self.clock
    }

    /// A post of this time has come.
    pub(super) fn show(&mut self, time: Timestamp) {
        self.has_moved |= time > self.clock;
        self.clock = self.clock.max(time);
    }

    pub(super) fn remove(&mut self, name: &Name) -> Option<Open> {
        let open = self.open.remove(&name.0)?;
        if let Some(due) = open.due {
            self.due.remove(&(due, name.0.clone()));
        }
        self.until.remove(&(open.until, name.0.clone()));
        Some(open)
    }

    pub(super) fn insert(&mut self, name: Name, open: Open) {
        if let Some(due) = open.due {
            self.due.insert((due, name.0.clone()));
        }
        self.until.insert((open.until, name.0.clone()));
        self.open.insert(name.0, open);
    }

    /// A post is taken back, and with it what repeats it; how often it has been told with that.
    pub(super) fn take_back(&mut self, name: &Name, until: Timestamp) -> u32 {
        let revision = self.open.get(&name.0).map_or(0, |open| open.revision).saturating_add(1);
        for one in self.open.behind(&name.0) {
            self.remove(&Name(one));
        }
        // What comes of it yet is not told.
        self.insert(name.clone(), Open { gone: true, revision, ..Open::until(until) });
        revision
    }

    /// The one that is let go of next.
    pub(super) fn oldest(&self) -> Option<Name> {
        self.until.first().map(|(_, name)| Name(name.clone()))
    }

    /// One whose patience is at an end at this time.
    pub(super) fn impatient(&self, at: Timestamp) -> Option<Name> {
        self.due.first().filter(|(due, _)| *due <= at).map(|(_, name)| Name(name.clone()))
    }

    /// One that is let go of at this time.
    pub(super) fn outdated(&self, at: Timestamp) -> Option<Name> {
        self.until.first().filter(|(until, _)| *until <= at).map(|(_, name)| Name(name.clone()))
    }

    /// Whether there is nothing to tell.
    pub(super) fn is_patient(&self) -> bool {
        self.due.is_empty()
    }

    /// When there is something to tell; else, to forget.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.due.first().or(self.until.first()).map(|(at, _)| *at)
    }
}

impl State for Pile {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.open.save(changes);
        if std::mem::take(&mut self.has_moved) {
            changes.encode(CLOCK, &self.clock);
        }
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        if sub_key == CLOCK {
            self.clock = Format::Compact.decode(value).unwrap_or_default();
        }
        let Some(key) = sub_key.strip_prefix(&[OPEN]) else { return };
        if self.open.load(sub_key, value)
            && let Some(open) = self.open.get(key)
        {
            if let Some(due) = open.due {
                self.due.insert((due, key.to_vec()));
            }
            self.until.insert((open.until, key.to_vec()));
        }
    }
}
