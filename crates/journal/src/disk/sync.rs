//! The thread that makes sure: it syncs files, and then does what may only be done afterwards.

use super::media::Media;
use crate::Fsync;
use flow::{Error, Result};
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() -> std::io::Result<()> + Send>;

#[derive(Default)]
struct State {
    /// Files with content that may not be on disk.
    dirty: Vec<Arc<File>>,
    /// What to do once they are.
    jobs: Vec<Job>,
    written: u64,
    synced: u64,
    wanted: u64,
    since: Option<Instant>,
    poison: Option<String>,
    /// Jobs are being done.
    busy: bool,
    stop: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    media: Arc<dyn Media>,
}

/// Syncs in the background. Once a sync has failed, nobody can say what is on disk, so everything after is refused.
pub struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    policy: Fsync,
}

impl Syncer {
    pub fn start(policy: Fsync, media: Arc<dyn Media>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), media });
        let inner = shared.clone();
        let thread = std::thread::Builder::new().name("log sync".into()).spawn(move || run(&inner, policy))?;
        Ok(Syncer { shared, thread: Some(thread), policy })
    }

    /// Refuses if a sync has failed.
    pub fn check(&self) -> Result<()> {
        self.shared.lock().poison.clone().map_or(Ok(()), |reason| Err(Error::Poisoned(reason)))
    }

    pub fn poison(&self, reason: String) {
        self.shared.lock().poison.get_or_insert(reason);
        self.shared.changed.notify_all();
    }

    /// Notes that a file was written to, and gives what waits for it as the policy says.
    pub fn written(&self, file: &Arc<File>) -> crate::store::Durable {
        let mut state = self.shared.lock();
        state.written += 1;
        if !state.dirty.iter().any(|other| Arc::ptr_eq(other, file)) {
            state.dirty.push(file.clone());
        }
        if state.since.is_none() {
            state.since = Some(Instant::now());
            self.shared.changed.notify_all();
        }
        drop(state);
        if self.policy == Fsync::Always { self.wait() } else { Box::new(|| Ok(())) }
    }

    /// Does something once all that is written is on disk.
    pub fn then(&self, job: impl FnOnce() -> std::io::Result<()> + Send + 'static) {
        let mut state = self.shared.lock();
        state.jobs.push(Box::new(job));
        state.since.get_or_insert_with(Instant::now);
        self.shared.changed.notify_all();
    }

    /// Waits until nothing is left to sync and no job is left to do.
    pub fn settle(&self) {
        let mut state = self.shared.lock();
        while (state.busy || !state.jobs.is_empty() || !state.dirty.is_empty()) && state.poison.is_none() {
            state.wanted = u64::MAX;
            self.shared.changed.notify_all();
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.wanted = state.synced;
    }

    /// What waits until all that is written by now is on disk.
    pub fn wait(&self) -> crate::store::Durable {
        let shared = self.shared.clone();
        let target = shared.lock().written;
        Box::new(move || shared.wait_for(target))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, target: u64) -> Result<()> {
        let mut state = self.lock();
        state.wanted = state.wanted.max(target);
        self.changed.notify_all();
        loop {
            if let Some(reason) = &state.poison {
                return Err(Error::Poisoned(reason.clone()));
            }
            if state.synced >= target {
                return Ok(());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until there is something to sync and it is time.
    fn next(&self, policy: Fsync) -> Option<(Vec<Arc<File>>, Vec<Job>, u64)> {
        let mut state = self.lock();
        loop {
            let urgent = state.stop || state.wanted > state.synced || policy == Fsync::Always;
            let due = match (state.since, policy) {
                (None, _) => None,
                (Some(_), _) if urgent => Some(Duration::ZERO),
                (Some(since), Fsync::Every(interval)) => Some(interval.saturating_sub(since.elapsed())),
                (Some(_), Fsync::Always) => Some(Duration::ZERO),
            };
            match due {
                Some(Duration::ZERO) => {
                    state.since = None;
                    state.busy = true;
                    return Some((std::mem::take(&mut state.dirty), std::mem::take(&mut state.jobs), state.written));
                }
                None if state.stop => return None,
                Some(wait) => state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

fn run(shared: &Shared, policy: Fsync) {
    while let Some((files, jobs, written)) = shared.next(policy) {
        let failed = files.iter().find_map(|file| shared.media.sync(file).err());
        let mut state = shared.lock();
        match failed {
            Some(error) => {
                tracing::error!(%error, "a sync of the log has failed: nothing more is accepted");
                state.poison.get_or_insert(format!("syncing it to disk failed: {error}"));
            }
            None => state.synced = written,
        }
        let sound = state.poison.is_none();
        drop(state);
        shared.changed.notify_all();
        for job in jobs.into_iter().filter(|_| sound) {
            if let Err(error) = job() {
                tracing::warn!(%error, "an index or snapshot of the log could not be written; the next start reads more");
            }
        }
        shared.lock().busy = false;
        shared.changed.notify_all();
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the thread itself.
            drop(thread.join());
        }
    }
}
