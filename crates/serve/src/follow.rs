//! The followers: threads that read topics into what the hub holds, and tell the hub what is new.
//!
//! They only read. A topic may not be there yet when they start, and the log may fail for a while: they wait, say so, and
//! try again. Counts and cascades have one each, so that neither waits for the other.

mod cascades;
#[cfg(test)]
mod tests;
mod windows;

pub use cascades::Cascades;
pub use windows::Windows;

use crate::hub::Hub;
use flow::{Follow, Heard, Log};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Who is read to.
pub trait Listener: Send {
    /// The topics, each with how many records before the end of a partition to begin.
    fn topics(&self) -> Vec<(&'static str, u64)>;
    /// Takes a record in; whether it could be read.
    fn hear(&mut self, hub: &Hub, heard: &Heard<'_>) -> Result<(), flow::Broken>;
    /// All there was has been read, of all topics or of those that are there; returns how long to rest.
    fn at_rest(&mut self, hub: &Hub, are_all_there: bool) -> Duration;
    /// The topics cannot be read now.
    fn in_trouble(&mut self, hub: &Hub, error: &flow::Error);
    /// Tells the clients what is due.
    fn tell(&mut self, hub: &Hub, now: Instant);
}

/// A follower.
pub struct Follower<L> {
    follow: Follow,
    hub: Arc<Hub>,
    stop: Arc<AtomicBool>,
    listener: L,
}

impl<L: Listener> Follower<L> {
    /// A follower of `log` that reads to `listener`, for `hub`.
    pub fn new(log: Arc<dyn Log>, hub: Arc<Hub>, listener: L, stop: Arc<AtomicBool>) -> Self {
        Follower { follow: Follow::new(log, &listener.topics()), hub, stop, listener }
    }

    /// Follows until told to stop.
    pub fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            match self.round() {
                Ok(true) => {}
                Ok(false) => self.rest(),
                Err(error) => self.recover(&error),
            }
            self.listener.tell(&self.hub, Instant::now());
        }
    }

    /// Reads some of every partition; false if there was nothing.
    fn round(&mut self) -> flow::Result<bool> {
        let (hub, listener, mut broken) = (&self.hub, &mut self.listener, 0);
        let any = self.follow.round(|heard| broken += u64::from(listener.hear(hub, &heard).is_err()));
        self.hub.numbers.broken(broken);
        any
    }

    fn rest(&mut self) {
        let rest = self.listener.at_rest(&self.hub, self.follow.is_open());
        self.follow.rest(rest);
    }

    fn recover(&mut self, error: &flow::Error) {
        self.listener.in_trouble(&self.hub, error);
        std::thread::sleep(error.retry().unwrap_or(Duration::from_secs(1)).min(Duration::from_secs(1)));
        self.follow.recover();
    }
}
