//! What is said of cascades, read into the standings; the hub is told of changes of them, and of alerts.

use super::Listener;
use crate::hub::Hub;
use domain::{Accuracy, Alert, Estimate, Prediction, Series, Size};
use flow::{Broken, Heard, Value};
use std::time::{Duration, Instant};

/// So much is read back of what makes the rows, of what is only looked up later, of alerts (all: one may go on for long), and of accuracies.
const ROWS_BACK: u64 = 200_000;
const PLACES_BACK: u64 = 50_000;
const ALERTS_BACK: u64 = u64::MAX;
const ACCURACIES_BACK: u64 = 1_000;
/// How long to wait for something new before looking whether to stop.
const WAIT: Duration = Duration::from_millis(250);
/// Nobody needs to hear of cascades sooner, and some logs have to be asked for news.
const PAUSE: Duration = Duration::from_millis(150);
/// The clients hear of changes at most this often.
const EVERY: Duration = Duration::from_secs(1);

/// What reads of cascades.
#[derive(Default)]
pub struct Cascades {
    /// Alerts of before it started are no news: they have all been read when a round brings none.
    has_caught_up: bool,
    is_behind: bool,
    has_changed: bool,
    told: Option<Instant>,
}

impl Listener for Cascades {
    fn topics(&self) -> Vec<(&'static str, u64)> {
        vec![
            (Prediction::TOPIC, ROWS_BACK),
            (Size::TOPIC, ROWS_BACK),
            (Series::TOPIC, PLACES_BACK),
            (Estimate::TOPIC, PLACES_BACK),
            (Accuracy::TOPIC, ACCURACIES_BACK),
            (Alert::TOPIC, ALERTS_BACK),
        ]
    }

    fn hear(&mut self, hub: &Hub, heard: &Heard<'_>) -> Result<(), Broken> {
        self.has_changed |= hub.standings_mut().take(heard)?;
        self.is_behind |= heard.topic == Alert::TOPIC;
        match heard.record.value {
            Some(value) if self.has_caught_up && heard.topic == Alert::TOPIC => {
                let alert = domain::topics::to_json(Alert::TOPIC, heard.format, value)?;
                hub.alerted(&String::from_utf8_lossy(&alert));
            }
            _ => {}
        }
        Ok(())
    }

    fn at_rest(&mut self, _: &Hub, _: bool) -> Duration {
        std::thread::sleep(PAUSE);
        if self.has_changed { PAUSE } else { WAIT }
    }

    fn in_trouble(&mut self, _: &Hub, error: &flow::Error) {
        tracing::warn!(%error, "cannot read what is said of cascades; trying again");
        self.is_behind = true;
    }

    fn tell(&mut self, hub: &Hub, now: Instant) {
        self.has_caught_up |= !std::mem::take(&mut self.is_behind);
        let is_due = self.told.is_none_or(|told| now.saturating_duration_since(told) >= EVERY);
        if self.has_changed && is_due {
            self.told = Some(now);
            self.has_changed = false;
            hub.standings_changed();
        }
    }
}
