//! A cascade under observation: what is known of it, and when something is to be told.

use super::Rules;
use super::saved::Stored;
use super::told::{First, Repost, Told};
use flow::{Raw, Timestamp};
use serde::{Deserialize, Serialize};

/// So many reposts of one cascade wait to find out whether they belong to it.
const WAITING: usize = 1000;

const ENDED: &str = "its cascade has ended";
const BEFORE: &str = "it is older than the first post of its cascade";

/// A cascade. Most never grow past their first post, so that alone is small.
#[derive(Debug, Default)]
pub struct Cascade {
    pub(super) first: Option<Box<Begun>>,
    pub(super) numbers: Numbers,
    pub(super) waiting: Option<Box<Waiting>>,
    /// It was told of and has ended; until when that is remembered.
    pub(super) ended: Option<Timestamp>,
    /// When something is due, or earlier: it is moved only when it must.
    alarm: Option<Timestamp>,
    pub(super) stored: Stored,
}

/// The first post.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    start: Timestamp,
    mark: u64,
    /// Its network, its author, and its text, cut, one behind the other.
    words: Box<str>,
    network: u32,
    author: u32,
}

/// What the cascade has come to.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Numbers {
    /// How many windows are told of.
    told: u32,
    /// By which windows it is observed.
    windows: u32,
    pub(super) grown: Option<Box<Grown>>,
}

/// The reposts.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grown {
    /// All posts, the first among them, and their followers.
    all: (u64, u64),
    /// The same of each window.
    seen: Vec<(u64, u64)>,
    /// How old the cascade was when the last came.
    last_ms: i64,
    /// Reposts while a window is open, as they came: milliseconds after the start, and followers.
    #[serde(skip)]
    pub(super) events: Vec<[u64; 2]>,
}

/// Reposts that came before the first post, or so long after the last that the cascade may have ended before: those may turn out
/// to be late, so their records are kept.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting(Vec<(Repost, Option<Raw>)>);

/// Of a repost whose record was kept it is told that it is late.
fn told<'a>(repost: Repost, raw: Option<Raw>, reason: &'static str) -> Told<'a> {
    match raw {
        Some(raw) => Told::Late { repost, raw, reason },
        None => Told::Stray(repost),
    }
}

impl Begun {
    fn new(first: &First<'_>, most: usize) -> Self {
        let text = first.text.get(..first.text.floor_char_boundary(most)).unwrap_or_default();
        let length = |words: &str| u32::try_from(words.len()).unwrap_or(0);
        let (network, author) = (length(first.network), length(first.author));
        let words = [first.network, first.author, text].concat().into();
        Begun { start: first.time, mark: first.mark, words, network, author }
    }

    /// Its network, its author, its text.
    fn words(&self) -> (&str, &str, &str) {
        let (network, rest) = self.words.split_at_checked(self.network as usize).unwrap_or_default();
        let (author, text) = rest.split_at_checked(self.author as usize).unwrap_or_default();
        (network, author, text)
    }
}

impl Grown {
    fn new(first: u64, rules: &Rules) -> Self {
        let alone = (1, first);
        Grown { all: alone, seen: vec![alone; rules.windows_s.len()], last_ms: 0, events: vec![] }
    }

    fn add(&mut self, rules: &Rules, after_ms: i64, mark: u64) {
        self.all = (self.all.0 + 1, self.all.1.saturating_add(mark));
        self.last_ms = self.last_ms.max(after_ms);
        let event = [after_ms.unsigned_abs(), mark];
        self.see(rules, event);
        let is_observed = rules.windows_s.last().is_some_and(|longest_s| event[0] < u64::from(*longest_s) * 1000);
        if is_observed && self.events.len() + 1 < rules.most {
            self.events.push(event);
        }
    }

    /// Counts a repost in the windows that it is in.
    fn see(&mut self, rules: &Rules, [after_ms, mark]: [u64; 2]) {
        for ((size, reach), window_s) in self.seen.iter_mut().zip(&rules.windows_s) {
            if after_ms < u64::from(*window_s) * 1000 {
                (*size, *reach) = (*size + 1, reach.saturating_add(mark));
            }
        }
    }

    /// Counts what is in each window, where the windows are others than before.
    fn count_again(&mut self, rules: &Rules, first: u64) {
        self.seen = vec![(1, first); rules.windows_s.len()];
        for event in std::mem::take(&mut self.events) {
            self.see(rules, event);
            self.events.push(event);
        }
    }
}

impl Cascade {
    /// Whether its first post has been seen.
    pub fn is_known(&self) -> bool {
        self.first.is_some() || self.ended.is_some()
    }

    /// Where its first post was posted.
    pub fn network(&self) -> Option<&str> {
        self.first.as_ref().map(|first| first.words().0)
    }

    /// Whether it has ended: all that is left is to forget it.
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        !self.is_known() && self.waiting.is_none()
    }

    /// When [`Self::act`] is to be called.
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm
    }

    /// Takes the first post in; tells of those who waited for it in vain.
    pub fn begin(&mut self, rules: &Rules, first: First<'_>, mut tell: impl FnMut(Told<'_>)) {
        self.first = Some(Box::new(Begun::new(&first, rules.text)));
        self.stored.begin();
        self.numbers.windows = rules.fingerprint();
        self.settle(rules);
        self.give_up(first.time, BEFORE, &mut tell);
    }

    /// Takes a repost in; tells of it if it can never belong.
    pub fn add(&mut self, rules: &Rules, repost: Repost, raw: impl FnOnce() -> Raw) -> Option<Told<'static>> {
        if self.ended.is_some() {
            return Some(Told::Late { repost, raw: raw(), reason: ENDED });
        }
        match &self.first {
            Some(first) if repost.time < first.start => return Some(Told::Late { repost, raw: raw(), reason: BEFORE }),
            Some(_) if repost.time < self.end(rules) => {
                self.join(rules, repost);
                self.settle(rules);
                return None;
            }
            _ => {}
        }
        let raw = self.first.as_ref().map(|_| raw());
        let waiting = &mut self.waiting.get_or_insert_default().0;
        if waiting.len() >= WAITING {
            return Some(told(repost, raw, ENDED));
        }
        waiting.push((repost, raw));
        self.stored.waiting.changed = true;
        None
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        (self.first, self.waiting, self.ended, self.alarm) = (None, None, None, None);
        self.numbers = Numbers::default();
    }

    /// When it ends, by what is known: nothing is added from then on.
    fn end(&self, rules: &Rules) -> Timestamp {
        let Some(first) = &self.first else { return Timestamp::MIN };
        let last_ms = self.numbers.grown.as_ref().map_or(0, |grown| grown.last_ms);
        first.start.plus_millis(last_ms.saturating_add(rules.silence_ms).min(rules.longest_ms))
    }

    fn join(&mut self, rules: &Rules, repost: Repost) {
        let Some(first) = &self.first else { return };
        let after_ms = repost.time.millis_since(first.start);
        self.numbers.grown.get_or_insert_with(|| Box::new(Grown::new(first.mark, rules))).add(rules, after_ms, repost.mark);
        self.stored.numbers.changed = true;
    }

    /// Lets those join who waited and are now seen to belong.
    fn settle(&mut self, rules: &Rules) {
        while let Some(repost) = self.next_of_waiting(rules) {
            self.stored.waiting.changed = true;
            self.join(rules, repost);
        }
        self.waiting.take_if(|waiting| waiting.0.is_empty());
    }

    fn next_of_waiting(&mut self, rules: &Rules) -> Option<Repost> {
        let (start, end) = (self.first.as_ref()?.start, self.end(rules));
        let waiting = &mut self.waiting.as_mut()?.0;
        let position = waiting.iter().position(|(repost, _)| (start..end).contains(&repost.time))?;
        Some(waiting.swap_remove(position).0)
    }

    /// When something is to be done next.
    fn due(&self, rules: &Rules) -> Option<Timestamp> {
        if self.ended.is_some() {
            return self.ended;
        }
        if self.first.is_none() {
            // The first post may be as old as they are: only a moment later it can no longer come.
            return self.waiting.as_ref()?.0.iter().map(|(repost, _)| repost.time.plus_millis(1)).min();
        }
        let end = self.end(rules);
        Some(self.next_window(rules).map_or(end, |(_, at)| at.min(end)))
    }

    /// The next window that is worth telling of, and when it ends.
    fn next_window(&self, rules: &Rules) -> Option<(usize, Timestamp)> {
        let start = self.first.as_ref()?.start;
        let mut open = rules.windows_s.iter().enumerate().skip(self.numbers.told as usize);
        let (index, window_s) = open.find(|(index, _)| self.seen(*index).0 >= rules.least)?;
        Some((index, start.plus_millis(i64::from(*window_s) * 1000)))
    }

    /// Posts and followers in a window.
    fn seen(&self, index: usize) -> (u64, u64) {
        let alone = (1, self.first.as_ref().map_or(0, |first| first.mark));
        self.numbers.grown.as_ref().and_then(|grown| grown.seen.get(index).copied()).unwrap_or(alone)
    }

    /// Moves the alarm forward if something is due before it.
    pub fn set_alarm(&mut self, rules: &Rules) {
        let due = self.due(rules);
        self.alarm = self.alarm.filter(|alarm| due.is_some_and(|due| *alarm <= due)).or(due);
    }

    /// Sets the alarm after a restart. Where other windows are asked for than before, those that are over are not told of any more,
    /// and those that are not go by the reposts that were kept.
    pub fn resume(&mut self, rules: &Rules, watermark: Timestamp) {
        if let Some(first) =
            self.first.as_ref().filter(|_| self.stored.numbers.exists && self.numbers.windows != rules.fingerprint())
        {
            let over = |window_s: &&u32| first.start.plus_millis(i64::from(**window_s) * 1000) <= watermark;
            self.numbers.told = rules.windows_s.iter().take_while(over).count() as u32;
            self.stored.numbers.changed = true;
            if let Some(grown) = &mut self.numbers.grown {
                grown.count_again(rules, first.mark);
            }
        }
        self.numbers.windows = rules.fingerprint();
        self.alarm = self.due(rules);
    }

    /// Tells everything that is due at `at`.
    pub fn act(&mut self, rules: &Rules, at: Timestamp, mut tell: impl FnMut(Told<'_>)) {
        while let Some(due) = self.due(rules).filter(|due| *due <= at) {
            match self.next_window(rules).filter(|(_, at)| *at == due) {
                _ if self.ended.is_some() => self.forget(),
                _ if self.first.is_none() => self.give_up(due, BEFORE, &mut tell),
                Some((index, _)) => self.tell_window(rules, index, due, &mut tell),
                None => self.tell_end(rules, due, &mut tell),
            }
        }
        self.alarm = self.due(rules);
    }

    /// Those who are older than this wait no longer.
    fn give_up(&mut self, than: Timestamp, reason: &'static str, tell: &mut impl FnMut(Told<'_>)) {
        let Some(waiting) = self.waiting.take() else { return };
        let (mut late, rest): (Vec<_>, Vec<_>) = waiting.0.into_iter().partition(|(repost, _)| repost.time < than);
        late.sort_by_key(|(repost, _)| (repost.time, repost.offset));
        for (repost, raw) in late {
            tell(told(repost, raw, reason));
        }
        self.waiting = (!rest.is_empty()).then(|| Box::new(Waiting(rest)));
        self.stored.waiting.changed = true;
    }

    fn tell_window(&mut self, rules: &Rules, index: usize, at: Timestamp, tell: &mut impl FnMut(Told<'_>)) {
        let (Some(first), Some(window_s)) = (&self.first, rules.windows_s.get(index)) else { return };
        let (size, reach) = self.seen(index);
        let within = |event: &&[u64; 2]| event[0] < u64::from(*window_s) * 1000;
        let reposts = self.numbers.grown.iter().flat_map(|grown| grown.events.iter()).filter(within).copied();
        let mut events: Vec<[u64; 2]> = [[0, first.mark]].into_iter().chain(reposts).collect();
        if let Some((_, reposts)) = events.split_first_mut() {
            reposts.sort_unstable();
        }
        let ((network, author, text), start) = (first.words(), first.start);
        tell(Told::Window { at, window_s: *window_s, network, author, text, start, size, reach, events });
        self.numbers.told = index as u32 + 1;
        self.stored.numbers.changed = true;
        if index + 1 == rules.windows_s.len()
            && let Some(grown) = &mut self.numbers.grown
        {
            grown.events = vec![];
        }
    }

    fn tell_end(&mut self, rules: &Rules, at: Timestamp, tell: &mut impl FnMut(Told<'_>)) {
        let Some(first) = self.first.take() else { return };
        let numbers = std::mem::take(&mut self.numbers);
        let ((size, reach), last_ms) = numbers.grown.map_or(((1, first.mark), 0), |grown| (grown.all, grown.last_ms));
        if size >= rules.least {
            let ((network, author, text), start) = (first.words(), first.start);
            tell(Told::End { at, network, author, text, start, end: start.plus_millis(last_ms), size, reach });
            self.ended = Some(at.plus_millis(rules.remember_ms));
            self.stored.ended.changed = true;
        } else if let Some(waiting) = &mut self.waiting {
            // It will not be remembered, so that those who come a little later are strays. These are no better.
            waiting.0.iter_mut().for_each(|(_, raw)| *raw = None);
        }
        self.give_up(Timestamp::MAX, ENDED, tell);
    }
}
