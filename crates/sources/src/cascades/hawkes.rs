//! The deck out of a model: marked Hawkes cascades whose parameters are known, so that a guess can be held against them.

use super::deck::{Cascade, Deck, Event, about};
use super::plan::positive;
use crate::Error;
use crate::address::Address;
use crate::batch::Reader;
use crate::dice::Dice;
use flow::{Broken, Timestamp};
use ml::hawkes::{Marks, Simulation};

/// What it is called.
pub(super) const NAME: &str = "synthetic:hawkes";
/// Options of this deck alone.
pub(super) const OPTIONS: [&str; 8] = ["p", "n_star", "beta", "alpha", "mu", "first", "spread", "count"];
/// Where the parameters spread, no cascade has a larger branching factor: it must end.
const LARGEST_N_STAR: f64 = 0.98;
/// No cascade is longer, nor goes on for longer (a hundred years).
const MOST: usize = 100_000;
const HORIZON: f64 = 3.2e9;

/// What cascades are drawn from.
#[derive(Clone, Debug)]
pub(super) struct Hawkes {
    seed: u64,
    p: f64,
    beta: f64,
    marks: Marks,
    /// By how much the mark of a first post is larger than that of a repost.
    first: f64,
    /// Standard deviation of ln p and of ln beta.
    spread: f64,
    unit: f64,
    count: Option<u64>,
    reader: Reader,
}

impl Hawkes {
    pub(super) fn read(address: &Address, seed: u64, unit: f64) -> Result<Self, Error> {
        let number = "write a number above 0";
        let alpha = |text: &str| positive(text).filter(|alpha| (2.01..=100.0).contains(alpha));
        let alpha = address.value("alpha", 2.4, "write a number from 2.01 to 100: else marks have no mean", alpha)?;
        let marks = Marks { alpha, scale: address.value("mu", 10.0, number, positive)? };
        let share = |text: &str| text.parse().ok().filter(|share| (0.0..1.0).contains(share));
        let n_star: f64 = address.value("n_star", 0.6, "write a number from 0 to 1, without 1", share)?;
        let most = 1.0 / marks.mean();
        let p = |text: &str| text.parse().ok().filter(|p| (0.0..most).contains(p));
        let p = address.value("p", n_star * most, &format!("write a number from 0 to {most:.6}, where n* is 1"), p)?;
        if let (Some(p), Some(_)) = (address.option("p"), address.option("n_star")) {
            return Err(address.bad("p", p, "write p or n_star, not both"));
        }
        let spread = |text: &str| text.parse().ok().filter(|spread| (0.0..=3.0).contains(spread));
        Ok(Hawkes {
            seed,
            p,
            beta: address.value("beta", 1.0 / 1800.0, number, positive)?,
            marks,
            first: address.value("first", 20.0, number, positive)?,
            spread: address.value("spread", 0.0, "write a number from 0 to 3", spread)?,
            unit,
            reader: Reader { by: NAME.into(), from: NAME.into(), at: Timestamp::default() },
            count: address.value("count", None, "write how many cascades there are", |text| text.parse().ok().map(Some))?,
        })
    }

    /// The model of one cascade.
    fn model(&self, dice: &mut Dice) -> Simulation {
        let (one, two) = normal(dice);
        let p = (self.p * (self.spread * one).exp()).min((LARGEST_N_STAR / self.marks.mean()).max(self.p));
        let beta = self.beta * (self.spread * two).exp();
        let first = self.first * self.marks.at(dice.share());
        Simulation { p, beta, marks: self.marks, first, horizon: HORIZON / self.unit, most: MOST }
    }
}

/// Two independent normal variables.
fn normal(dice: &mut Dice) -> (f64, f64) {
    let radius = (-2.0 * (1.0 - dice.share()).ln()).sqrt();
    let (sine, cosine) = (std::f64::consts::TAU * dice.share()).sin_cos();
    (radius * cosine, radius * sine)
}

/// A number with six digits that count.
fn significant(number: f64) -> String {
    let places = if number > 0.0 { (5.0 - number.log10().floor()).clamp(0.0, 30.0) } else { 0.0 };
    format!("{number:.*}", places as usize)
}

impl Deck for Hawkes {
    fn network(&self) -> &'static str {
        "synthetic"
    }

    fn reader(&self) -> &Reader {
        &self.reader
    }

    fn mark(&self) -> String {
        format!("{self:?}")
    }

    fn cards(&self) -> Option<u64> {
        self.count
    }

    fn draw(&mut self, card: u64) -> Result<Cascade, Broken> {
        let mut dice = Dice::about(self.seed, about::CASCADE, card);
        let model = self.model(&mut dice);
        let drawn = model.draw(|| dice.share());
        let event = |(time, mark): (f64, f64)| {
            let (at, followers) = ((time * self.unit * 1000.0).round() as i64, mark.round() as u64);
            Event { at, followers, row: 0..0, user: 0..0 }
        };
        let events = drawn.times.into_iter().zip(drawn.marks).map(event).collect();
        let text = format!("cascade {card}: p={} beta={}", significant(model.p), significant(model.beta));
        Ok(Cascade { events, text, ..Cascade::default() })
    }
}
