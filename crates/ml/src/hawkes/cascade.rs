//! What is seen of a cascade, checked once, so that nothing after it has to doubt it.

use std::fmt::{Display, Formatter, Result as Told};

/// The longest time, in seconds, and the largest mark that count as meant. Sums of as many as fit in memory stay finite.
pub const LARGEST: f64 = 1e15;

/// A cascade as it is seen at `end`: the seconds after its first event at which events came, and their marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cascade<'a> {
    times: &'a [f64],
    marks: &'a [f64],
    end: f64,
}

/// Why some numbers are no cascade.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// There is no event.
    Empty,
    /// Not as many marks as times.
    Lengths,
    /// The first time is not 0, or times fall, or one is not a number, or is beyond [`LARGEST`].
    Times,
    /// A mark is negative, or not a number, or beyond [`LARGEST`].
    Marks,
    /// The end is before the last event, or not a number, or beyond [`LARGEST`].
    End,
}

impl Display for Unfit {
    fn fmt(&self, to: &mut Formatter<'_>) -> Told {
        to.write_str(match self {
            Unfit::Empty => "a cascade has at least one event",
            Unfit::Lengths => "give one mark for each time",
            Unfit::Times => "times are seconds after the first event, which is at 0, and do not fall",
            Unfit::Marks => "marks are 0 or more",
            Unfit::End => "the end is not before the last event",
        })
    }
}

impl std::error::Error for Unfit {}

impl<'a> Cascade<'a> {
    /// Checks that `times` begin at 0 and do not fall, that there is a mark for each, and that all was seen until `end`.
    pub fn new(times: &'a [f64], marks: &'a [f64], end: f64) -> Result<Self, Unfit> {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return Err(Unfit::Empty) };
        if times.len() != marks.len() {
            return Err(Unfit::Lengths);
        }
        if *first != 0.0 || *last > LARGEST || !times.is_sorted() {
            return Err(Unfit::Times);
        }
        if !marks.iter().all(|mark| (0.0..=LARGEST).contains(mark)) {
            return Err(Unfit::Marks);
        }
        let fits = (*last..=LARGEST).contains(&end);
        if fits { Ok(Cascade { times, marks, end }) } else { Err(Unfit::End) }
    }

    /// The seconds after the first event at which events came.
    pub fn times(&self) -> &'a [f64] {
        self.times
    }

    /// The marks: how many people each event reaches.
    pub fn marks(&self) -> &'a [f64] {
        self.marks
    }

    /// Until when it was watched.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// How many events were seen, the first one included.
    pub fn size(&self) -> usize {
        self.times.len()
    }

    /// Its events, as (time, mark).
    pub fn events(&self) -> impl Iterator<Item = (f64, f64)> + Clone + use<'a> {
        self.times.iter().copied().zip(self.marks.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_sense_is_a_cascade() {
        let why = |times: &[f64], marks: &[f64], end| Cascade::new(times, marks, end).err();
        assert_eq!(why(&[0.0], &[0.0], 0.0), None);
        assert_eq!(why(&[0.0, 0.0, 2.5], &[1.0, 0.0, 3.0], 2.5), None);
        assert_eq!(why(&[], &[], 1.0), Some(Unfit::Empty));
        assert_eq!(why(&[0.0, 1.0], &[1.0], 1.0), Some(Unfit::Lengths));
        for times in [[1.0, 2.0], [0.0, -1.0], [0.0, f64::NAN], [f64::NAN, 0.0], [0.0, f64::INFINITY], [0.0, 1e16]] {
            assert_eq!(why(&times, &[1.0, 1.0], 1e300), Some(Unfit::Times), "{times:?}");
        }
        for mark in [-1.0, f64::NAN, f64::INFINITY, 1e16] {
            assert_eq!(why(&[0.0], &[mark], 1.0), Some(Unfit::Marks), "{mark}");
        }
        for end in [0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(why(&[0.0, 1.0], &[1.0, 1.0], end), Some(Unfit::End), "{end}");
        }
        assert_eq!(Unfit::Empty.to_string(), "a cascade has at least one event");
    }
}
