//! Plays a deck: many cascades at a time, each source its fold, all in one stream whose times do not fall.

use super::deck::{Cascade, Deck, Event, Folds, about};
use super::plan::Plan;
use crate::batch::{Batch, Reader};
use crate::dice::Dice;
use domain::{Author, Kind, Post, Text};
use flow::{Broken, Refused, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fmt::Write;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// Where the play stands. Times are in milliseconds after its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Which deck this is, and by which rules it is played.
    game: u64,
    start: Timestamp,
    clock: i64,
    /// How many posts came.
    posts: u64,
    folds: Vec<Fold>,
    seats: Vec<Seat>,
}

/// The parts of [`State`] that stand while nothing is played, and those that do not. Written one behind the other, they are it.
pub(super) type Standing = (Vec<Fold>, Vec<Seat>);
pub(super) type Going = (u64, Timestamp, i64, u64);

/// How far a source is.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Fold {
    started: u64,
    /// How many of the last cascades had no event: a fold without any must not go round and round.
    barren: u64,
}

/// A cascade that lives, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seat {
    number: u64,
    start: i64,
    /// Which of its events comes next. None: its card was not turned up yet.
    next: Option<u32>,
}

/// A seat with its cascade.
#[derive(Default)]
struct Taken {
    cascade: Cascade,
    /// Its number and its card, in words.
    root: String,
    card: String,
}

/// When a seat is due. Of two that are due together, the older cascade comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: i64,
    number: u64,
    seat: usize,
}

/// A deck being played.
pub(super) struct Player {
    deck: Box<dyn Deck>,
    plan: Plan,
    folds: Folds,
    state: State,
    taken: Vec<Taken>,
    queue: BinaryHeap<Reverse<Due>>,
    /// The sources' names.
    names: Vec<String>,
    network: String,
    id: String,
}

impl Player {
    pub(super) fn new(deck: Box<dyn Deck>, plan: Plan, now: Timestamp) -> Self {
        let folds = Folds::new(deck.cards(), plan.sources, plan.shuffle.then_some(plan.seed));
        let rules = (plan.seed, plan.shuffle, plan.sources, plan.alive, plan.within, plan.unit.to_bits(), plan.looped);
        let network = plan.network.clone().unwrap_or_else(|| deck.network().to_owned());
        let game = xxh3_64(format!("{} {rules:?} {network} {:?}", deck.mark(), plan.ids).as_bytes());
        let state = State {
            game,
            start: plan.start.unwrap_or(now),
            clock: 0,
            posts: 0,
            folds: (0..plan.sources).map(|_| Fold::default()).collect(),
            seats: vec![],
        };
        let names = (0..plan.sources).map(|source| format!("source-{source}")).collect();
        Player { deck, plan, folds, state, taken: vec![], queue: BinaryHeap::new(), names, network, id: String::new() }
    }

    /// Seats the first cascades.
    pub(super) fn begin(&mut self) {
        for source in 0..self.plan.sources {
            let alive = self.plan.alive.min(self.folds.size(source));
            let seats: Vec<Seat> = (0..alive).map_while(|_| self.deal(source, 0)).collect();
            for seat in seats {
                self.sit(seat, Taken::default(), seat.start);
            }
        }
    }

    /// Goes on where a player of the same game stopped.
    pub(super) fn resume(&mut self, state: State) -> Result<(), Broken> {
        if state.game != self.state.game || state.folds.len() != self.state.folds.len() {
            let reason = "this was begun with other files or other options of play (all but speed, start and limit count): \
                          give it those, or begin on a new log";
            return Err(Broken(reason.to_owned()));
        }
        let seats = state.seats.clone();
        self.state = State { seats: vec![], ..state };
        for seat in seats {
            let taken = if seat.next.is_some() { self.turn_up(seat.number)? } else { Taken::default() };
            let due = seat.next.map_or(Some(seat.start), |next| Some(taken.at(next)?.at.saturating_add(seat.start)));
            let due = due.ok_or_else(|| Broken("a cascade is shorter than it was; begin on a new log".to_owned()))?;
            self.sit(seat, taken, due);
        }
        Ok(())
    }

    fn sit(&mut self, seat: Seat, taken: Taken, at: i64) {
        self.queue.push(Reverse(Due { at, number: seat.number, seat: self.state.seats.len() }));
        self.state.seats.push(seat);
        self.taken.push(taken);
    }

    /// Where it stands, but for what it played.
    pub(super) fn going(&self) -> Going {
        (self.state.game, self.state.start, self.state.clock, self.state.posts)
    }

    /// What it has played.
    pub(super) fn standing(&self) -> Standing {
        let seats = self.queue.iter().filter_map(|due| self.state.seats.get(due.0.seat).copied()).collect();
        (self.state.folds.clone(), seats)
    }

    pub(super) fn moment(&self, at: i64) -> Timestamp {
        self.state.start.plus_millis(at)
    }

    /// The moment that the clock shows.
    pub(super) fn clock(&self) -> Timestamp {
        self.moment(self.state.clock)
    }

    /// Moves the clock on.
    pub(super) fn show(&mut self, now: Timestamp) {
        self.state.clock = self.state.clock.max(now.millis_since(self.state.start));
    }

    pub(super) fn posts(&self) -> u64 {
        self.state.posts
    }

    /// How many cascades were started.
    pub(super) fn started(&self) -> u64 {
        self.state.folds.iter().map(|fold| fold.started).sum()
    }

    /// When something is to be played next. None: everything was.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let over = self.plan.limit.is_some_and(|limit| self.state.posts >= limit);
        self.queue.peek().filter(|_| !over).map(|due| self.moment(due.0.at))
    }

    /// A source's next cascade, which starts soon after `now`.
    fn deal(&mut self, source: u64, now: i64) -> Option<Seat> {
        let size = self.folds.size(source);
        let fold = self.state.folds.get_mut(source as usize)?;
        if fold.barren >= size || (fold.started >= size && !self.plan.looped) {
            return None;
        }
        let number = fold.started.checked_mul(self.plan.sources)?.checked_add(source)?;
        fold.started += 1;
        let mut dice = Dice::about(self.plan.seed, about::START, number);
        let seconds = dice.below(self.plan.within + 1) as i64;
        Some(Seat { number, start: now.saturating_add(seconds * 1000), next: None })
    }

    /// Turns up the card of a cascade.
    fn turn_up(&mut self, number: u64) -> Result<Taken, Broken> {
        let card = self.folds.card(number);
        let cascade = self.deck.draw(card)?;
        let root = self.plan.ids.as_ref().map_or_else(|| number.to_string(), |ids| format!("{ids}-{number}"));
        Ok(Taken { cascade, root, card: format!("cascade-{card}") })
    }

    /// Plays what is due next: a card is turned up, or a post comes.
    pub(super) fn play(&mut self, batch: &mut Batch) -> Result<(), Broken> {
        let Some(&Reverse(due)) = self.queue.peek() else { return Ok(()) };
        self.state.clock = self.state.clock.max(due.at);
        let next = if self.state.seats.get(due.seat).is_some_and(|seat| seat.next.is_some()) {
            self.post(due, batch)
        } else {
            self.open(due, batch)?
        };
        // It is still the first: nothing was queued in between.
        if let Some(mut first) = self.queue.peek_mut() {
            match next {
                Some(next) => *first = Reverse(next),
                None => drop(PeekMut::pop(first)),
            }
        }
        Ok(())
    }

    /// Turns up the card of a seat, and tells what on it could not be read.
    fn open(&mut self, due: Due, batch: &mut Batch) -> Result<Option<Due>, Broken> {
        let mut taken = self.turn_up(due.number)?;
        let time = self.moment(due.at);
        batch.records += 1;
        batch.refused.extend(taken.cascade.refused.drain(..).map(|refused| Refused { time, ..refused }));
        let first = taken.at(0).map(|event| event.at);
        if let Some(fold) = self.state.folds.get_mut((due.number % self.plan.sources) as usize) {
            fold.barren = if first.is_some() { 0 } else { fold.barren + 1 };
        }
        let Some(first) = first else { return Ok(self.follow(due)) };
        if let (Some(seat), Some(place)) = (self.state.seats.get_mut(due.seat), self.taken.get_mut(due.seat)) {
            seat.next = Some(0);
            *place = taken;
        }
        Ok(Some(Due { at: due.at.saturating_add(first), ..due }))
    }

    /// Brings a seat's next post.
    fn post(&mut self, due: Due, batch: &mut Batch) -> Option<Due> {
        let seat = self.state.seats.get_mut(due.seat)?;
        let taken = self.taken.get(due.seat)?;
        let next = seat.next.unwrap_or_default();
        let event = taken.at(next)?;
        let name = self.names.get((due.number % self.plan.sources) as usize).map_or("", String::as_str);
        let words = Words { network: &self.network, source: name, id: &mut self.id };
        if !taken.send(event, next, self.state.start.plus_millis(due.at), words, batch) {
            batch.refused.push(taken.refused(event, self.deck.reader()));
        }
        self.state.posts += 1;
        batch.records += 1;
        seat.next = Some(next + 1);
        match taken.at(next + 1) {
            Some(event) => Some(Due { at: seat.start.saturating_add(event.at), ..due }),
            None => self.follow(due),
        }
    }

    /// Seats the cascade that follows one that has ended.
    fn follow(&mut self, due: Due) -> Option<Due> {
        let next = self.deal(due.number % self.plan.sources, due.at);
        let (seat, taken) = (self.state.seats.get_mut(due.seat)?, self.taken.get_mut(due.seat)?);
        *taken = Taken::default();
        *seat = next?;
        Some(Due { at: seat.start, number: seat.number, seat: due.seat })
    }
}

/// What a post is made of beside its event.
struct Words<'a> {
    network: &'a str,
    source: &'a str,
    id: &'a mut String,
}

impl Taken {
    fn at(&self, event: u32) -> Option<&Event> {
        self.cascade.events.get(event as usize)
    }

    fn send(&self, event: &Event, number: u32, time: Timestamp, words: Words<'_>, batch: &mut Batch) -> bool {
        let Words { network, source, id } = words;
        id.clear();
        let written = write!(id, "{}-{number}", self.root);
        debug_assert!(written.is_ok(), "a string takes anything");
        let user = self.cascade.bytes.get(part(&event.user)).and_then(|user| std::str::from_utf8(user).ok());
        let user = user.filter(|user| !user.is_empty()).unwrap_or(id);
        let root = number == 0;
        let post = Post {
            network: Text::from(network),
            id: Text::from(if root { &self.root } else { id.as_str() }),
            root: Text::from(self.root.as_str()),
            kind: if root { Kind::Original } else { Kind::Repost },
            target: (!root).then(|| Text::from(self.root.as_str())),
            time,
            author: Author { id: Text::from(user), followers: Some(event.followers), ..Author::default() },
            place: None,
            rules: vec![Text::from(source), Text::from(self.card.as_str())],
            lang: None,
            text: Text::from(if root { self.cascade.text.as_str() } else { "" }),
        };
        batch.send(&post, self.offset(event), self.cascade.bytes.slice(part(&event.row)))
    }

    fn offset(&self, event: &Event) -> u64 {
        self.cascade.offset + u64::from(event.row.start)
    }

    fn refused(&self, event: &Event, reader: &Reader) -> Refused {
        let raw = self.cascade.bytes.get(part(&event.row)).unwrap_or_default();
        reader.refused(self.offset(event), "the post could not be written down".to_owned(), raw)
    }
}

fn part(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}
