//! Where in the log there is more of a cascade: of its newest series and estimates, the partition and the offset.

use domain::{Estimate, Series, Text};
use flow::{Broken, Heard, Timestamp, Value};
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Longer names are none of ours.
const NAME_BYTES: usize = 256;
/// So many observation windows of a cascade are kept; there are never so many.
const WINDOWS: usize = 16;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The partition.
    pub partition: u32,
    /// The offset.
    pub offset: u64,
}

/// Where there is more of one cascade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// The series of the longest window, by its seconds.
    pub series: Option<(u32, Place)>,
    /// The newest estimate of each window, the first told first.
    pub estimates: Vec<(u32, Place)>,
}

/// Where there is more, of as many cascades as are kept.
#[derive(Debug)]
pub struct Places {
    most: usize,
    of: HashMap<Arc<str>, More>,
    /// The one that goes next stands first.
    order: VecDeque<Arc<str>>,
}

/// The first fields of a [`Series`]: its events are many, and not looked at here.
#[derive(Deserialize)]
struct SeriesHead<'a> {
    #[serde(borrow)]
    cascade: Text<'a>,
    #[serde(rename = "network", borrow)]
    _network: Text<'a>,
    #[serde(rename = "author", borrow, default)]
    _author: Option<Text<'a>>,
    #[serde(rename = "start")]
    _start: Timestamp,
    window_s: Option<u32>,
}

/// The first fields of an [`Estimate`].
#[derive(Deserialize)]
struct EstimateHead<'a> {
    #[serde(borrow)]
    cascade: Text<'a>,
    #[serde(rename = "network", borrow)]
    _network: Text<'a>,
    #[serde(rename = "start")]
    _start: Timestamp,
    window_s: u32,
}

impl Places {
    /// The places of at most `most` cascades; those that are wanted stay, if they are fewer.
    pub fn new(most: usize) -> Self {
        Places { most, of: HashMap::new(), order: VecDeque::new() }
    }

    /// Where there is more of a cascade.
    pub fn of(&self, cascade: &str) -> More {
        self.of.get(cascade).cloned().unwrap_or_default()
    }

    /// Of how many cascades there is something.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Takes in where a record of `series` or `estimates` stands.
    pub fn take(&mut self, heard: &Heard<'_>, value: &[u8], is_wanted: impl Fn(&str) -> bool) -> Result<(), Broken> {
        let place = Place { partition: heard.partition, offset: heard.record.offset };
        match heard.topic {
            Series::TOPIC => {
                let head: SeriesHead<'_> = heard.format.decode(value)?;
                let Some(window_s) = head.window_s else { return Ok(()) };
                if let Some(more) = self.entry(&head.cascade, is_wanted)
                    && more.series.is_none_or(|(known, _)| known <= window_s)
                {
                    more.series = Some((window_s, place));
                }
            }
            Estimate::TOPIC => {
                let head: EstimateHead<'_> = heard.format.decode(value)?;
                if let Some(more) = self.entry(&head.cascade, is_wanted) {
                    more.estimated(head.window_s, place);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn entry(&mut self, cascade: &str, is_wanted: impl Fn(&str) -> bool) -> Option<&mut More> {
        if cascade.len() > NAME_BYTES {
            return None;
        }
        if !self.of.contains_key(cascade) {
            let name: Arc<str> = Arc::from(cascade);
            self.order.push_back(name.clone());
            self.of.insert(name, More::default());
            self.shed(is_wanted);
        }
        self.of.get_mut(cascade)
    }

    /// Lets the oldest go that nobody wants. Those that are passed over stand last then, so that it is seldom far to the next.
    fn shed(&mut self, is_wanted: impl Fn(&str) -> bool) {
        for _ in 0..self.order.len() {
            if self.order.len() <= self.most {
                return;
            }
            let Some(oldest) = self.order.pop_front() else { return };
            if is_wanted(&oldest) {
                self.order.push_back(oldest);
            } else {
                self.of.remove(&oldest);
            }
        }
    }
}

impl More {
    fn estimated(&mut self, window_s: u32, place: Place) {
        if let Some(known) = self.estimates.iter_mut().find(|(known, _)| *known == window_s) {
            known.1 = place;
        } else if self.estimates.len() < WINDOWS {
            self.estimates.push((window_s, place));
        }
    }
}
