//! What the followers and the requests share: the view, the standings, and the news of them.

use crate::metrics::Numbers;
use crate::standings::Standings;
use crate::view::{Bounds, Point, Row, View};
use domain::{Condition, Health, Vitals};
use flow::Timestamp;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;
use tokio::sync::{broadcast, watch};

/// So many events may be under way to the slowest client; one that is further behind hears only that it was.
pub const QUEUE: usize = 512;
/// How many cities an event names.
const EVENT_CITIES: usize = 50;

/// What the live clients hear.
#[derive(Clone, Debug)]
pub enum News {
    /// Windows have closed: their end, and the event's data, written once for all clients.
    Window(Timestamp, Arc<str>),
    /// So many windows came too fast to be told one by one.
    PassedOver(u64),
    /// An alert has begun, changed or ended: the event's data.
    Alert(Arc<str>),
}

/// How the follower of counts is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowState {
    /// It has read all there was.
    pub caught_up: bool,
    /// Why it cannot read, if so.
    pub trouble: Option<String>,
}

/// What is shared.
pub struct Hub {
    view: RwLock<View>,
    standings: RwLock<Standings>,
    state: Mutex<FollowState>,
    news: broadcast::Sender<News>,
    pulse: watch::Sender<Arc<str>>,
    cascades: watch::Sender<Option<Arc<str>>>,
    vitals: Arc<dyn Vitals>,
    /// Serve's own numbers.
    pub numbers: Numbers,
}

#[derive(Serialize)]
struct WindowEvent {
    end: Timestamp,
    start: Timestamp,
    totals: Point,
    rows: Vec<Row>,
}

/// The short form of the vitals that live clients get every two seconds.
#[derive(Serialize)]
struct Pulse<'a> {
    condition: Condition,
    caught_up: bool,
    trouble: Option<String>,
    newest: Option<Timestamp>,
    rows: usize,
    lag: u64,
    late: u64,
    rejected: u64,
    roles: Vec<RolePulse<'a>>,
}

#[derive(Serialize)]
struct RolePulse<'a> {
    role: &'a str,
    condition: Condition,
    detail: &'a str,
    lag: u64,
    watermark: Option<&'a str>,
    records_per_s: f64,
}

/// The records each role had read when they were looked at last.
pub struct Before(Instant, HashMap<String, u64>);

impl Before {
    /// Nothing was looked at yet.
    pub fn new(now: Instant) -> Self {
        Before(now, HashMap::new())
    }
}

impl Hub {
    /// A hub over an empty view and empty standings.
    pub fn new(bounds: Bounds, vitals: Arc<dyn Vitals>) -> Self {
        let news = broadcast::Sender::new(QUEUE);
        let pulse = watch::Sender::new(Arc::from("{}"));
        let (view, standings) = (RwLock::new(View::new(bounds)), RwLock::default());
        let (state, cascades, numbers) = (Mutex::default(), watch::Sender::new(None), Numbers::default());
        Hub { view, standings, state, news, pulse, cascades, vitals, numbers }
    }

    /// The view, to read. A thread that panicked while it wrote left a view that reads well: a row goes in whole.
    pub fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The view, to write.
    pub fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How cascades stand, to read.
    pub fn standings(&self) -> RwLockReadGuard<'_, Standings> {
        self.standings.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How cascades stand, to write.
    pub fn standings_mut(&self) -> RwLockWriteGuard<'_, Standings> {
        self.standings.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that is asked how it is.
    pub fn vitals(&self) -> Arc<dyn Vitals> {
        self.vitals.clone()
    }

    /// Changes what is known of the follower.
    pub fn follow_state(&self, change: impl FnOnce(&mut FollowState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Tells the live clients of the windows that end at `end`.
    pub fn closed(&self, end: Timestamp) {
        if self.news.receiver_count() == 0 {
            return;
        }
        if let Some(json) = self.window_event(end) {
            // Nobody listening any more is no error.
            let _ = self.news.send(News::Window(end, json));
        }
    }

    /// Tells them that windows were passed over.
    pub fn passed_over(&self, windows: u64) {
        let _ = self.news.send(News::PassedOver(windows));
    }

    /// Tells them how cascades stand, if what they see of that has changed.
    pub fn standings_changed(&self) {
        let event = self.standings().event();
        self.cascades.send_if_modified(|told| {
            let is_new = *told != event;
            *told = event;
            is_new
        });
    }

    /// Tells them of an alert.
    pub fn alerted(&self, json: &str) {
        let _ = self.news.send(News::Alert(json.into()));
    }

    /// The data of a window's event, if the window is still in memory.
    pub fn window_event(&self, end: Timestamp) -> Option<Arc<str>> {
        let (totals, rows) = self.view().window(end, EVENT_CITIES)?;
        let event = WindowEvent { end, start: totals.start, totals, rows };
        serde_json::to_string(&event).ok().map(Arc::from)
    }

    /// The news from now on.
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// The newest pulse and those that follow.
    pub fn pulse(&self) -> watch::Receiver<Arc<str>> {
        self.pulse.subscribe()
    }

    /// How cascades stand, if anything is known, and the changes that follow.
    pub fn cascades(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.cascades.subscribe()
    }

    /// Asks the vitals and tells the live clients; the rates are since `before`.
    pub fn beat(&self, before: &mut Before, now: Instant) {
        let health = self.vitals.health();
        let seconds = now.saturating_duration_since(before.0).as_secs_f64();
        let roles = health.roles.iter().map(|role| {
            let since = before.1.get(&role.role).map_or(0, |records| role.records.saturating_sub(*records));
            let records_per_s = if seconds > 0.0 { (since as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 };
            let (detail, watermark) = (role.detail.as_str(), role.watermark.as_deref());
            RolePulse { role: &role.role, condition: role.condition, detail, lag: role.lag, watermark, records_per_s }
        });
        let json = serde_json::to_string(&self.short(&health, roles.collect())).unwrap_or_default();
        self.pulse.send_replace(json.into());
        *before = Before(now, health.roles.into_iter().map(|role| (role.role, role.records)).collect());
    }

    fn short<'a>(&self, health: &Health, roles: Vec<RolePulse<'a>>) -> Pulse<'a> {
        let FollowState { caught_up, trouble } = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let view = self.view();
        let sum = |of: fn(&domain::RoleHealth) -> u64| health.roles.iter().map(of).sum();
        Pulse {
            condition: health.condition,
            caught_up,
            trouble,
            newest: view.newest(),
            rows: view.rows(),
            lag: sum(|role| role.lag),
            late: sum(|role| role.late),
            rejected: sum(|role| role.rejected),
            roles,
        }
    }
}
