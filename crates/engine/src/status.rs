//! How each worker is, for health, for the drain and for the stop.

use crate::Report;
use domain::{Condition, Health, RoleHealth};
use flow::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How one worker of a role is.
pub struct Status {
    pub role: String,
    state: Mutex<State>,
}

struct State {
    condition: Condition,
    detail: String,
    total: Report,
    reported: Option<Instant>,
    done_since: Option<Instant>,
    stands_by: bool,
    stopped: bool,
    trouble: Option<String>,
}

impl State {
    /// How it is, and in what words. Who goes on without whom it asks is not well.
    fn shown(&self) -> (Condition, &str) {
        match &self.trouble {
            Some(trouble) if self.condition < Condition::Degraded => (Condition::Degraded, trouble),
            _ => (self.condition, &self.detail),
        }
    }
}

impl Status {
    pub fn new(role: &str) -> Self {
        let state = State {
            condition: Condition::Ok,
            detail: "starting".into(),
            total: Report::default(),
            reported: None,
            done_since: None,
            stands_by: false,
            stopped: false,
            trouble: None,
        };
        Status { role: role.to_owned(), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of how it is; whether that is new.
    pub fn say(&self, condition: Condition, detail: &str) -> bool {
        let mut state = self.lock();
        let is_new = state.condition != condition || state.detail != detail;
        if state.detail != detail {
            detail.clone_into(&mut state.detail);
        }
        state.condition = condition;
        is_new
    }

    /// Takes a report in, made at `now`.
    pub fn observe(&self, report: &Report, now: Instant) {
        let mut state = self.lock();
        let total = &mut state.total;
        total.records += report.records;
        total.late += report.late;
        total.rejected += report.rejected;
        total.failures += report.failures;
        (total.lag, total.watermarks) = (report.lag.clone(), report.watermarks.clone());
        total.progress = report.progress.or(total.progress);
        state.reported = Some(now);
        state.stands_by = report.stands_by;
        let trouble = &report.asked.trouble;
        if state.trouble != *trouble {
            tracing::warn!(role = self.role, why = trouble.as_deref().unwrap_or("all is well again"), "who is asked");
        }
        state.trouble.clone_from(trouble);
        state.done_since = report.done.then(|| state.done_since.unwrap_or(now));
    }

    pub fn stopped(&self) {
        self.lock().stopped = true;
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    pub fn failure(&self) -> Option<String> {
        let state = self.lock();
        (state.condition == Condition::Failed).then(|| format!("{}: {}", self.role, state.detail))
    }

    /// Whether other members of its group have everything that there is to do.
    pub fn stands_by(&self) -> bool {
        self.lock().stands_by
    }

    /// Since when it is done; what it reported before `since` does not count, for more may have come meanwhile.
    pub fn done_since(&self, since: Option<Instant>) -> Option<Instant> {
        let state = self.lock();
        let fresh = since.is_none_or(|since| state.reported.is_some_and(|reported| reported > since));
        state.done_since.filter(|_| fresh)
    }

    pub fn progress(&self) -> Option<(String, f64, u64)> {
        let state = self.lock();
        state.total.progress.map(|progress| (self.role.clone(), progress, state.total.records))
    }

    /// What it does, for a list of what a stop still waits for.
    pub fn pending(&self) -> String {
        format!("{} ({})", self.role, self.lock().detail)
    }
}

/// How all roles are: each as its worst worker.
pub fn health(statuses: &[Status]) -> Health {
    let mut roles: BTreeMap<usize, RoleHealth> = BTreeMap::new();
    for status in statuses {
        let first = statuses.iter().position(|other| other.role == status.role).unwrap_or_default();
        let state = status.lock();
        let role = roles.entry(first).or_insert_with(|| RoleHealth {
            role: status.role.clone(),
            condition: Condition::Ok,
            detail: String::new(),
            records: 0,
            lag: 0,
            watermark: None,
            late: 0,
            rejected: 0,
            restarts: 0,
        });
        let (condition, detail) = state.shown();
        if role.detail.is_empty() || condition > role.condition {
            (role.condition, role.detail) = (condition, detail.to_owned());
        }
        role.records += state.total.records;
        role.late += state.total.late;
        role.rejected += state.total.rejected;
        role.restarts += state.total.failures;
        role.lag += state.total.lag.iter().map(|(_, lag)| lag).sum::<u64>();
        let slowest = state.total.watermarks.iter().map(|(_, watermark)| *watermark).min();
        let shown = slowest.filter(|at| *at != Timestamp::MIN).map(|at| at.to_string());
        role.watermark = role.watermark.take().into_iter().chain(shown).min();
    }
    let roles: Vec<RoleHealth> = roles.into_values().collect();
    let condition = roles.iter().map(|role| role.condition).max().unwrap_or(Condition::Ok);
    Health { condition, roles }
}
