//! One live client: what it is behind with, then the news as it comes.
//!
//! A client owns no queue. The news stand once in a ring that all read from; who is too slow finds its place overwritten,
//! hears that, and goes on with the newest.

#[cfg(test)]
mod tests;

use crate::hub::{Hub, News};
use axum::response::sse::Event;
use flow::Timestamp;
use futures_util::stream::{Stream, unfold};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

/// How many window ends a client that comes back is told at most.
const RESUME: usize = 1000;

/// A live client.
pub struct Client {
    hub: Arc<Hub>,
    behind: VecDeque<Timestamp>,
    missed: u64,
    news: broadcast::Receiver<News>,
    pulse: watch::Receiver<Arc<str>>,
    cascades: watch::Receiver<Option<Arc<str>>>,
    stopping: watch::Receiver<bool>,
    _seat: OwnedSemaphorePermit,
}

impl Client {
    /// A client that has seen the windows up to `last`, or none.
    pub fn new(hub: Arc<Hub>, last: Option<Timestamp>, stopping: watch::Receiver<bool>, seat: OwnedSemaphorePermit) -> Self {
        // First the ear, then the look: what closes in between is told twice rather than never.
        let (news, mut pulse, mut cascades) = (hub.listen(), hub.pulse(), hub.cascades());
        pulse.mark_changed();
        cascades.mark_changed();
        // With `last` itself: rows of it may have come after the client left.
        let from = last.unwrap_or(Timestamp::MIN);
        let (ends, more) = hub.view().ends_from(from, if last.is_some() { RESUME } else { 1 });
        let missed = if last.is_some() { more as u64 } else { 0 };
        Client { hub, behind: ends.into(), missed, news, pulse, cascades, stopping, _seat: seat }
    }

    /// The events, until the server stops.
    pub fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut client| async move {
            let event = client.next().await?;
            Some((Ok(event), client))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        if self.missed > 0 {
            let missed = std::mem::take(&mut self.missed);
            return Some(self.lagged(missed));
        }
        while let Some(end) = self.behind.pop_front() {
            if let Some(json) = self.hub.window_event(end) {
                return Some(window(end, &json));
            }
        }
        let stopped = async { drop(self.stopping.wait_for(|stop| *stop).await) };
        tokio::select! {
            () = stopped => None,
            news = self.news.recv() => self.told(news),
            changed = self.pulse.changed() => {
                changed.ok()?;
                let json = self.pulse.borrow_and_update().clone();
                Some(Event::default().event("health").data(&*json))
            }
            known = changed(&mut self.cascades) => Some(Event::default().event("cascades").data(&*known?)),
        }
    }

    fn told(&mut self, news: Result<News, RecvError>) -> Option<Event> {
        match news {
            Ok(News::Window(end, json)) => Some(window(end, &json)),
            Ok(News::PassedOver(windows)) => Some(self.lagged(windows)),
            Ok(News::Alert(json)) => Some(Event::default().event("alert").data(&*json)),
            Err(RecvError::Lagged(events)) => {
                self.news = self.news.resubscribe();
                Some(self.lagged(events))
            }
            Err(RecvError::Closed) => None,
        }
    }

    fn lagged(&self, missed: u64) -> Event {
        self.hub.numbers.lagged(missed);
        Event::default().event("lagged").data(format!("{{\"missed\":{missed}}}"))
    }
}

/// What is new, once something is known; `None` if nothing will be any more.
async fn changed(cascades: &mut watch::Receiver<Option<Arc<str>>>) -> Option<Arc<str>> {
    loop {
        cascades.changed().await.ok()?;
        if let Some(json) = &*cascades.borrow_and_update() {
            return Some(json.clone());
        }
    }
}

fn window(end: Timestamp, json: &str) -> Event {
    Event::default().event("window").id(end.to_string()).data(json)
}
