//! Time that runs faster or slower than the wall clock.

use flow::Timestamp;
use std::time::{Duration, Instant};

/// A clock that shows recorded time, and runs faster or slower than the wall's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    began: Instant,
    shown: Timestamp,
    speed: f64,
}

impl Pace {
    /// Shows `shown` now.
    pub(crate) fn starting(shown: Timestamp, speed: f64) -> Self {
        Pace { began: Instant::now(), shown, speed }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shown.plus_millis((self.began.elapsed().as_secs_f64() * 1000.0 * self.speed) as i64)
    }

    /// How long it is until this clock shows `time`.
    pub(crate) fn until(&self, time: Timestamp) -> Duration {
        let millis = time.millis_since(self.shown) as f64 / self.speed;
        let due = Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).unwrap_or(Duration::MAX);
        due.saturating_sub(self.began.elapsed())
    }
}
