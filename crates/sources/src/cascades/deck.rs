//! A deck of cards, each a cascade: shuffled once, and dealt to those who play.

use crate::batch::Reader;
use crate::dice::Dice;
use bytes::Bytes;
use flow::{Broken, Refused};
use std::ops::Range;

/// What throws are about, so that one does not move another.
pub(super) mod about {
    pub(crate) const ORDER: u64 = 101;
    pub(crate) const START: u64 = 102;
    pub(crate) const CASCADE: u64 = 103;
}

/// A cascade as it stands on its card.
#[derive(Debug, Default)]
pub(super) struct Cascade {
    /// In the order in which they happen; the first is the root.
    pub(super) events: Vec<Event>,
    /// What the root says.
    pub(super) text: String,
    /// The rows, where there are any, and where they stand in their file.
    pub(super) bytes: Bytes,
    pub(super) offset: u64,
    /// What could not be read.
    pub(super) refused: Vec<Refused>,
}

/// An event of a cascade.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// Milliseconds after the start of the cascade.
    pub(super) at: i64,
    pub(super) followers: u64,
    /// Its row, and who is named in it, among the cascade's bytes.
    pub(super) row: Range<u32>,
    pub(super) user: Range<u32>,
}

/// Cascades by number. The same card shows the same cascade whenever it is drawn.
pub(super) trait Deck: Send {
    /// What its posts give as their network.
    fn network(&self) -> &'static str;
    /// Who refuses a post of it that cannot be handed on.
    fn reader(&self) -> &Reader;
    /// What makes it the same deck as another, in any words.
    fn mark(&self) -> String;
    /// How many cards there are. None: there is no end of them.
    fn cards(&self) -> Option<u64>;
    /// Reads one; a card that nothing can be made of gives no events.
    fn draw(&mut self, card: u64) -> Result<Cascade, Broken>;
}

/// Which source plays which card, and when: dealt one by one, so that each card is in one fold only.
#[derive(Debug)]
pub(super) struct Folds {
    cards: u64,
    sources: u64,
    /// The order of the cards; empty where they come as they stand.
    order: Vec<u32>,
}

impl Folds {
    pub(super) fn new(cards: Option<u64>, sources: u64, shuffled_by: Option<u64>) -> Self {
        let all = cards.unwrap_or(u64::MAX);
        let order = match (cards.map(u32::try_from), shuffled_by) {
            (Some(Ok(cards)), Some(seed)) => shuffled(cards, seed),
            _ => vec![],
        };
        Folds { cards: all, sources, order }
    }

    /// How many cards a source has.
    pub(super) fn size(&self, source: u64) -> u64 {
        let whole = self.cards / self.sources;
        whole + u64::from(source < self.cards % self.sources)
    }

    /// The card that a source starts with this number; behind its last one comes its first again.
    pub(super) fn card(&self, number: u64) -> u64 {
        let (source, nth) = (number % self.sources, number / self.sources);
        let place = source + self.sources * (nth % self.size(source).max(1));
        let at = usize::try_from(place).ok().and_then(|place| self.order.get(place));
        at.map_or(place, |card| u64::from(*card))
    }
}

fn shuffled(cards: u32, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..cards).collect();
    let mut dice = Dice::about(seed, about::ORDER, 0);
    for last in (1..order.len()).rev() {
        order.swap(last, dice.below(last as u64 + 1) as usize);
    }
    order
}
