//! Counts, read into the view; the hub is told of windows that have closed.

use super::Listener;
use crate::hub::Hub;
use domain::Counts;
use flow::{Broken, Heard, Timestamp, Value};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long to wait for something new before looking whether to stop.
const WAIT: Duration = Duration::from_millis(250);
/// The rows of one end come from all partitions, one after the other. An end is told when none came for so long.
pub const QUIET: Duration = Duration::from_millis(200);
/// So many ends may wait to be told; when more come, the oldest are passed over, and everybody hears of that.
pub const PENDING: usize = 256;

/// What reads the counts.
pub struct Windows {
    rows: usize,
    /// The ends that wait to be told, and when the newest row of each came.
    pub pending: BTreeMap<Timestamp, Instant>,
    passed_over: u64,
}

impl Windows {
    /// Of a view that keeps at most `rows` rows.
    pub fn new(rows: usize) -> Self {
        Windows { rows, pending: BTreeMap::new(), passed_over: 0 }
    }
}

impl Listener for Windows {
    /// Each record takes an offset, so what is further back than the rows we keep would only be dropped.
    fn topics(&self) -> Vec<(&'static str, u64)> {
        vec![(Counts::TOPIC, self.rows as u64)]
    }

    fn hear(&mut self, hub: &Hub, heard: &Heard<'_>) -> Result<(), Broken> {
        let Some(value) = heard.record.value else { return Ok(()) };
        let counts = heard.format.decode::<Counts<'_>>(value)?;
        if hub.view_mut().insert(&counts) {
            self.pending.insert(counts.end, Instant::now());
        }
        while self.pending.len() > PENDING {
            self.pending.pop_first();
            self.passed_over += 1;
        }
        Ok(())
    }

    fn at_rest(&mut self, hub: &Hub, are_all_there: bool) -> Duration {
        hub.follow_state(|state| {
            state.caught_up = are_all_there;
            state.trouble = None;
        });
        if self.pending.is_empty() { WAIT } else { QUIET / 4 }
    }

    fn in_trouble(&mut self, hub: &Hub, error: &flow::Error) {
        tracing::warn!(%error, "cannot read topic counts; trying again");
        hub.follow_state(|state| {
            state.caught_up = false;
            state.trouble = Some(error.to_string());
        });
    }

    /// Tells of the ends that have been quiet long enough, in their order.
    fn tell(&mut self, hub: &Hub, now: Instant) {
        let quiet = |since: &Instant| now.saturating_duration_since(*since) >= QUIET;
        let told: Vec<Timestamp> = self.pending.iter().filter(|(_, since)| quiet(since)).map(|(end, _)| *end).collect();
        if !told.is_empty() && self.passed_over > 0 {
            hub.passed_over(std::mem::take(&mut self.passed_over));
        }
        for end in told {
            self.pending.remove(&end);
            hub.closed(end);
        }
    }
}
