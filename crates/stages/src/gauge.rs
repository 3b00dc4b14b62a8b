//! `gauge`: posts, scores -> gauges. What do all posts of ten seconds come to?

#[cfg(test)]
mod tests;

use crate::kept::Kept;
use domain::gauge::{POSTS, RECORDS};
use domain::{Gauge, Kind, Outline, Post, Score, Text};
use flow::{Broken, Changes, Input, Out, Stage, State, Timestamp, Value};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A pane is so long.
pub const PANE_MS: i64 = 10_000;
/// More outputs than that nobody has.
const MOST: usize = 100_000;

/// Counts posts and adds up scores, ten seconds at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauging;

/// A partition is one state: its panes that are open.
const ALL: &[u8] = b"";
const PANES: u8 = b'p';

/// The panes that are open, by their ends.
#[derive(Debug, Default)]
pub struct Panes(Kept<Pane, PANES>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Pane {
    partition: u32,
    number: u64,
    /// In millionths: whole numbers come to the same in any order.
    sum: i64,
}

/// So many make one.
const MILLION: f64 = 1e6;

/// A pane's key: when it ends, turned so that bytes sort as numbers do, and what is gauged.
fn key(time: Timestamp, of: &str) -> Vec<u8> {
    let end = (time.millis().div_euclid(PANE_MS) + 1) * PANE_MS;
    [&(end ^ i64::MIN).to_be_bytes()[..], of.as_bytes()].concat()
}

fn parsed(key: &[u8]) -> Option<(Timestamp, &str)> {
    let (end, of) = key.split_first_chunk::<8>()?;
    Some((Timestamp::from_millis(i64::from_be_bytes(*end) ^ i64::MIN), std::str::from_utf8(of).ok()?))
}

impl Stage for Gauging {
    type State = Panes;

    fn name(&self) -> &str {
        "gauge"
    }

    fn key<'a>(&self, _input: &Input<'a>) -> &'a [u8] {
        ALL
    }

    fn on_record(&self, input: &Input<'_>, panes: &mut Panes, out: &mut Out) -> Result<(), Broken> {
        // Others have told of it: here it only is too late to count.
        if input.record.late || input.record.time < input.watermark {
            out.pass_over();
            return Ok(());
        }
        if input.topic == Post::TOPIC {
            let post: Outline<'_> = input.decode()?;
            if !matches!(post.kind, Kind::Deletion | Kind::Edit) {
                panes.add(input.partition, post.time, RECORDS, 0.0);
                if post.kind != Kind::Repost {
                    panes.add(input.partition, post.time, POSTS, 0.0);
                }
            }
            return Ok(());
        }
        let score: Score<'_> = input.decode()?;
        let value = score.value.as_ref().and_then(|value| value.number()).filter(|value| value.is_finite());
        if let Some(value) = value.filter(|_| !score.shadow) {
            panes.add(input.partition, score.time, &score.output, value);
        }
        Ok(())
    }

    fn on_deadline(&self, _key: &[u8], at: Timestamp, panes: &mut Panes, out: &mut Out) {
        while let Some(first) = panes.0.first().map(<[u8]>::to_vec)
            && let Some((end, of)) = parsed(&first)
            && end <= at
        {
            let Some(Pane { partition, number, sum }) = panes.0.remove(&first) else { break };
            let (of, start, sum) = (Text(Cow::Borrowed(of)), end.plus_millis(-PANE_MS), sum as f64 / MILLION);
            out.send(end, &Gauge { of, start, end, partition, number, sum });
        }
    }

    fn refuses_late(&self) -> bool {
        false
    }

    fn deadline(&self, panes: &Panes) -> Option<Timestamp> {
        panes.0.first().and_then(parsed).map(|(end, _)| end)
    }
}

impl Panes {
    fn add(&mut self, partition: u32, time: Timestamp, of: &str, value: f64) {
        let key = key(time, of);
        let pane = self.0.get(&key).copied().unwrap_or_default();
        if pane.number > 0 || self.0.len() < MOST {
            let sum = pane.sum.saturating_add((value * MILLION).round() as i64);
            self.0.insert(key, Pane { partition, number: pane.number + 1, sum });
        }
    }
}

impl State for Panes {
    fn save(&mut self, changes: &mut Changes<'_>) {
        self.0.save(changes);
    }

    fn load(&mut self, sub_key: &[u8], value: &[u8]) {
        self.0.load(sub_key, value);
    }
}
