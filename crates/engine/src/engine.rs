//! The engine: a thread for each worker, and the word that ends them.

use crate::status::{Status, health};
use crate::{Metrics, Report, Turn, Turned, Wall};
use domain::{Condition, Health, Vitals};
use flow::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a worker waits for something to do before it looks whether it should stop.
const WAIT: Duration = Duration::from_millis(15);
/// A worker that read less than this in a turn takes a breath, so that the next commit is larger.
const LITTLE_BYTES: usize = 256 << 10;
/// How often a busy worker reports.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// A role: its name, and those who do its work.
pub struct Role {
    /// The name.
    pub name: String,
    /// Its workers in this process.
    pub workers: Vec<Box<dyn Turn>>,
}

/// How a run came to its end.
#[derive(Debug, PartialEq)]
pub enum Finish {
    /// The sources have ended, and every role has caught up and closed its windows.
    Drained,
    /// A role has failed for good: which, and why.
    Failed(String),
}

struct Shared {
    statuses: Vec<Status>,
    metrics: Metrics,
    wall: Wall,
    stop: AtomicBool,
    breath: Duration,
}

/// Roles at work.
pub struct Engine {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Sets the roles to work: sources first, then each role behind those whose records it reads. Commits that are
    /// small come at most every `breath`.
    pub fn start(roles: Vec<Role>, wall: Wall, breath: Duration) -> std::io::Result<Self> {
        let workers: Vec<(String, Box<dyn Turn>)> =
            roles.into_iter().flat_map(|role| role.workers.into_iter().map(move |worker| (role.name.clone(), worker))).collect();
        let statuses = workers.iter().map(|(role, _)| Status::new(role)).collect();
        let shared = Arc::new(Shared { statuses, metrics: Metrics::default(), wall, stop: AtomicBool::new(false), breath });
        let mut threads = vec![];
        for (number, (role, worker)) in workers.into_iter().enumerate() {
            let shared = shared.clone();
            let name = format!("{role} {number}");
            threads.push(std::thread::Builder::new().name(name).spawn(move || shared.work(number, worker))?);
        }
        Ok(Engine { shared, threads })
    }

    /// How it is, for others to ask.
    pub fn vitals(&self) -> Arc<dyn Vitals> {
        self.shared.clone()
    }

    /// Whether the run has come to its end.
    pub fn finished(&self) -> Option<Finish> {
        if let Some(failure) = self.shared.statuses.iter().find_map(Status::failure) {
            return Some(Finish::Failed(failure));
        }
        let mut upstream = None;
        for role in self.shared.statuses.chunk_by(|one, other| one.role == other.role) {
            // Who has nothing to do is done when the others are. Where nobody has anything, another process does it: should
            // that one end or fail, it falls to this one, so it stays.
            let mut at_work = role.iter().filter(|status| !status.stands_by()).peekable();
            at_work.peek()?;
            for status in at_work {
                upstream = upstream.max(Some(status.done_since(upstream)?));
            }
        }
        Some(Finish::Drained)
    }

    /// How far each source with a known end is: its name, from 0 to 1, and its records.
    pub fn progress(&self) -> Vec<(String, f64, u64)> {
        self.shared.statuses.iter().filter_map(Status::progress).collect()
    }

    /// Tells every worker to stop after its turn, and waits. After `deadline`, names those that have not.
    pub fn stop(self, deadline: Duration) -> Result<(), Vec<String>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        loop {
            let pending: Vec<&Status> = self.shared.statuses.iter().filter(|status| !status.is_stopped()).collect();
            if pending.is_empty() {
                break;
            }
            if begun.elapsed() > deadline {
                return Err(pending.into_iter().map(Status::pending).collect());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for thread in self.threads {
            // A panic was caught, and reported, inside.
            drop(thread.join());
        }
        Ok(())
    }
}

impl Shared {
    fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn work(&self, number: usize, mut worker: Box<dyn Turn>) {
        let Some(status) = self.statuses.get(number) else { return };
        let mut reported = Instant::now();
        while !self.stopping() {
            let begun = Instant::now();
            let turned = catch_unwind(AssertUnwindSafe(|| worker.turn(WAIT)));
            let turned = turned.unwrap_or_else(|_| Err(Error::Refused("it panicked outside a step; this is a bug".into())));
            let little = matches!(turned, Ok(Turned::Worked { bytes }) if bytes < LITTLE_BYTES);
            if little || !matches!(turned, Ok(Turned::Worked { .. })) || reported.elapsed() > REPORT_EVERY {
                self.report(status, &mut *worker);
                reported = Instant::now();
            }
            if !self.react(status, turned) {
                break;
            }
            if little {
                self.pause(self.breath.saturating_sub(begun.elapsed()));
            }
        }
        drop(worker);
        status.stopped();
    }

    fn report(&self, status: &Status, worker: &mut dyn Turn) {
        let report: Report = worker.report();
        status.observe(&report, Instant::now());
        self.metrics.observe(&status.role, &report, (self.wall)());
    }

    /// Takes note of how a turn went; whether to go on.
    fn react(&self, status: &Status, turned: Result<Turned, Error>) -> bool {
        let well = match turned {
            Ok(Turned::Worked { .. }) => "working",
            Ok(Turned::Idle) => "waiting for records",
            Ok(Turned::Resting) => "resting",
            Ok(Turned::Ended) => "ended",
            Ok(Turned::Waiting(wait, why)) => {
                // What stands in the way for long is said once.
                if status.say(Condition::Degraded, &why) {
                    tracing::warn!(role = status.role, wait_ms = wait.as_millis(), why, "waiting before trying again");
                }
                self.pause(wait);
                return true;
            }
            Err(error) => {
                tracing::error!(role = status.role, %error, "the role has failed");
                status.say(Condition::Failed, &error.to_string());
                return false;
            }
        };
        status.say(Condition::Ok, well);
        true
    }

    fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        while let Some(left) = until.checked_duration_since(Instant::now())
            && !self.stopping()
        {
            std::thread::sleep(left.min(WAIT));
        }
    }
}

impl Vitals for Shared {
    fn health(&self) -> Health {
        health(&self.statuses)
    }

    fn metrics(&self) -> String {
        self.metrics.encode()
    }
}
