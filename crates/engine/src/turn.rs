//! A turn: one round of a role's work.

use crate::Permits;
use flow::{Commit, Error, Log, Member, Timestamp};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What shows the time. The simulation has its own.
pub type Wall = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The wall clock of this machine.
pub fn wall_clock() -> Wall {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// What every role is given.
#[derive(Clone)]
pub struct Context {
    /// Where it reads and commits.
    pub log: Arc<dyn Log>,
    /// What it takes the time from.
    pub wall: Wall,
    /// What it needs to compute.
    pub permits: Permits,
}

/// How a turn went.
#[derive(Clone, Debug, PartialEq)]
pub enum Turned {
    /// Something was done, with so many bytes read. After little, a short rest lets more gather for the next commit.
    Worked {
        /// Bytes read; a source that has more says `usize::MAX`.
        bytes: usize,
    },
    /// There was nothing to do.
    Idle,
    /// There may be something to do, and its time has not come.
    Resting,
    /// Something is in the way; try again after a while.
    Waiting(Duration, String),
    /// It has come to its end.
    Ended,
}

/// What a role has done and how far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Records read, or written by a source, since the last report.
    pub records: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Records refused as late since the last report.
    pub late: u64,
    /// Records rejected since the last report.
    pub rejected: u64,
    /// Records that there was no use for since the last report.
    pub passed_over: u64,
    /// Records written since the last report.
    pub written: u64,
    /// How many records wait, by partition.
    pub lag: Vec<(u32, u64)>,
    /// How far event time has come, by partition.
    pub watermarks: Vec<(u32, Timestamp)>,
    /// Keys with a state.
    pub keys: u64,
    /// Times that a stage failed on a record and was started again without it.
    pub failures: u64,
    /// How long the steps took since the last report.
    pub stepping: Duration,
    /// How long the commits took since the last report, and how many there were.
    pub committing: Vec<Duration>,
    /// Every producer has ended, and everything that they wrote is dealt with.
    pub done: bool,
    /// How who is asked does.
    pub asked: flow::Asked,
    /// It has a seat in its group, and nothing to do there: other members have it all.
    pub stands_by: bool,
    /// From 0 to 1, for a source that knows its end.
    pub progress: Option<f64>,
}

/// A role that works a round at a time.
pub trait Turn: Send {
    /// Does a round, waiting up to `wait` for something to do. An error is final for this worker.
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error>;
    /// What came of the turns since the last report.
    fn report(&mut self) -> Report;
}

/// The longest wait for the log.
pub(crate) const MOST: Duration = Duration::from_secs(5);

/// What to make of an error: one that may pass is waited for, longer each time, up to `most`.
pub(crate) fn patience(error: Error, tries: &mut u32, most: Duration) -> Result<Turned, Error> {
    let Some(hint) = error.retry() else { return Err(error) };
    *tries = tries.saturating_add(1);
    let wait = (hint * 2_u32.pow((*tries).min(6) - 1)).min(most);
    Ok(Turned::Waiting(wait.max(hint), error.to_string()))
}

/// Commits, one at a time, the same one again until it is in or refused for good.
pub(crate) struct Committer {
    pending: Option<(Commit, usize)>,
    tries: u32,
    pub times: Vec<Duration>,
}

impl Committer {
    pub fn new() -> Self {
        Committer { pending: None, tries: 0, times: vec![] }
    }

    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    pub fn forget(&mut self) {
        self.pending = None;
        self.tries = 0;
    }

    pub fn offer(&mut self, commit: Commit, bytes: usize) {
        self.pending = Some((commit, bytes));
    }

    /// Tries to commit what is pending.
    pub fn commit(&mut self, member: &mut dyn Member) -> Result<Turned, Error> {
        let Some((commit, bytes)) = &self.pending else { return Ok(Turned::Idle) };
        let begun = std::time::Instant::now();
        match member.commit(commit) {
            Ok(()) => {
                let bytes = *bytes;
                self.times.push(begun.elapsed());
                self.forget();
                Ok(Turned::Worked { bytes })
            }
            Err(error) => patience(error, &mut self.tries, MOST).inspect_err(|_| self.pending = None),
        }
    }
}
