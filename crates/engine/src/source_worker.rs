//! A source at work: what it brings is checked, marked and committed together with its cursor.

use crate::clocks::Clocks;
use crate::seen::Seen;
use crate::turn::{Committer, MOST, patience};
use crate::{Context, Report, Turn, Turned};
use flow::{
    Broken, Change, Commit, Error, Event, Format, Group, Mark, Member, Out, Polled, Producer, Pulled, Raw, Refused, Rejected,
    Source, Staged, Timestamp, TopicSpec,
};
use std::time::{Duration, Instant};

/// Why a second copy of a record is refused. It can be read, but to take it in would be to count it twice.
pub const DOUBLE: &str = "a record with this id came before";

/// How long a start waits for the seat before it goes on without.
const SEATING: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);

const CURSOR: &[u8] = b"cursor";
const CLOCKS: &[u8] = b"clocks";

/// How a source is run.
#[derive(Clone, Debug)]
pub struct SourcePlan {
    /// Its name: the producer of its records.
    pub name: String,
    /// The topics that it writes.
    pub outputs: Vec<TopicSpec>,
    /// Those among them that a stage reads: it waits for heartbeats there.
    pub awaited: Vec<String>,
    /// How much older than its newest record one may be.
    pub lateness_ms: i64,
    /// One of its streams that is silent for so long, while another goes on, holds nobody up.
    pub idle_ms: i64,
    /// How many records are remembered, to refuse doubles.
    pub remembered: usize,
    /// How often a source that brings nothing says that time goes on.
    pub heartbeat_ms: i64,
    /// Who reads what it writes, and how many records may wait for each of them: beyond that, the source pauses.
    pub readers: Vec<Group>,
    /// See `readers`.
    pub max_lag: u64,
}

/// A source, and its seat on the log.
pub struct SourceWorker {
    source: Box<dyn Source>,
    plan: SourcePlan,
    context: Context,
    member: Box<dyn Member>,
    producer: Producer,
    committer: Committer,
    clocks: Clocks,
    seen: Seen,
    marked: Timestamp,
    /// It has the seat. Who has not stands by, where it may come back.
    seated: bool,
    ended: bool,
    /// How often in a row the log did not answer.
    tries: u32,
    report: Report,
}

impl SourceWorker {
    /// Takes the source's seat and opens the source behind what was committed last. Until it says more, stages wait
    /// for it; so register every source before the first one runs.
    pub fn register(source: Box<dyn Source>, plan: SourcePlan, context: Context) -> Result<Self, Error> {
        let group = Group { name: format!("source {}", plan.name), inputs: vec![] };
        let member = context.log.join(&group)?;
        let producer = Producer::from(plan.name.as_str());
        let (clocks, seen) = (Clocks::new(plan.lateness_ms, plan.idle_ms), Seen::new(plan.remembered));
        let (marked, report) = (Timestamp::MIN, Report::default());
        let committer = Committer::new();
        let (seated, ended, tries) = (false, false, 0);
        let mut worker = SourceWorker {
            source,
            plan,
            context,
            member,
            producer,
            committer,
            clocks,
            seen,
            marked,
            seated,
            ended,
            tries,
            report,
        };
        worker.take_seat()?;
        Ok(worker)
    }

    /// Waits for the seat a while: where many share a log, it takes a moment to be given, or is another's for now. Then
    /// says the first word.
    fn take_seat(&mut self) -> Result<(), Error> {
        let until = Instant::now() + SEATING;
        let mut turned = self.say_first_word();
        while Instant::now() < until && (matches!(turned, Ok(Turned::Waiting(..))) || self.member.may_return() && !self.seated) {
            std::thread::sleep(LOOK);
            turned = self.say_first_word();
        }
        turned.map(|_| ())
    }

    fn say_first_word(&mut self) -> Result<Turned, Error> {
        match self.keep_seat() {
            Ok(()) => self.settle(),
            Err(error) => patience(error, &mut self.tries, MOST),
        }
    }

    /// Commits what is pending; who has lost the seat and may get it back stands by.
    fn settle(&mut self) -> Result<Turned, Error> {
        match self.committer.commit(&mut *self.member) {
            Err(Error::Fenced(by)) if self.member.may_return() => {
                tracing::info!(source = self.plan.name, by, "another process may have this source now");
                self.stand_by();
                Ok(Turned::Worked { bytes: 0 })
            }
            other => other,
        }
    }

    /// Looks whether the seat is still, or again, this worker's. A second copy of a source that has taken it over may be
    /// gone again: then this one goes on behind what that one committed.
    fn keep_seat(&mut self) -> Result<(), Error> {
        for event in self.member.poll(Duration::ZERO, 0)? {
            match event {
                Event::Assigned { state, .. } => {
                    self.stand_by();
                    self.open(&state)?;
                    self.seated = true;
                }
                Event::Revoked(_) if self.member.may_return() => {
                    tracing::info!(source = self.plan.name, "another process has this source now; standing by");
                    self.stand_by();
                }
                Event::Revoked(_) => return Err(Error::Fenced(self.plan.name.clone())),
                Event::Batch(_) => {}
            }
        }
        Ok(())
    }

    fn stand_by(&mut self) {
        self.committer.forget();
        (self.seated, self.ended) = (false, false);
    }

    fn open(&mut self, state: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
        let entry = |name: &[u8]| state.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice());
        let clocks = entry(CLOCKS).and_then(|value| Format::Compact.decode::<Clocks>(value).ok());
        // Where none were committed, those at hand may have seen what never was.
        let SourcePlan { lateness_ms, idle_ms, .. } = self.plan;
        self.clocks = clocks.map_or_else(|| Clocks::new(lateness_ms, idle_ms), |clocks| clocks.with(lateness_ms, idle_ms));
        self.seen = Seen::new(self.plan.remembered);
        self.seen.load(state);
        let first = self.out();
        let factory = Box::new(move || first.fresh());
        self.source.open(entry(CURSOR), factory).map_err(|Broken(reason)| refused(&self.plan.name, &reason))?;
        let mut out = self.out();
        let mark = self.mark();
        let outputs = out.take(&self.producer, mark, true);
        self.committer.offer(Commit { outputs, ..Commit::default() }, 0);
        Ok(())
    }

    /// Whether those who read what this source writes are too far behind.
    fn is_ahead(&self) -> Result<bool, Error> {
        for reader in &self.plan.readers {
            if self.context.log.lag(reader)? > self.plan.max_lag {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn out(&self) -> Out {
        Out::new(self.context.log.format(), &self.plan.outputs).awaited_in(&self.plan.awaited)
    }

    fn mark(&mut self) -> Mark {
        Mark { watermark: self.clocks.watermark(), at: (self.context.wall)(), done: self.ended }
    }

    /// What one poll brought, as a commit.
    fn take(&mut self, pulled: Pulled) -> Commit {
        let Pulled { mut out, staged, mut refused, cursor, now } = pulled;
        self.report.records += staged.len() as u64;
        self.report.bytes += out.len() as u64;
        let at = (self.context.wall)();
        for record in staged {
            if !self.seen.is_first(record.identity) {
                out.kill(record.place);
                refused.push(self.double(record));
            } else if self.clocks.observe(record.clock, record.time, at) {
                out.flag_late(record.place);
                self.report.late += 1;
            }
        }
        if let Some(now) = now {
            self.clocks.pass(now);
        }
        self.report.rejected += refused.len() as u64;
        for refused in refused {
            out.send(refused.time, &Rejected(refused));
        }
        self.commit(&mut out, Some(cursor))
    }

    fn commit(&mut self, out: &mut Out, cursor: Option<Vec<u8>>) -> Commit {
        let mark = self.mark();
        let moved = mark.done || mark.watermark.millis_since(self.marked) >= self.plan.heartbeat_ms;
        let everywhere = moved || (self.marked == Timestamp::MIN && mark.watermark != Timestamp::MIN);
        if everywhere {
            self.marked = mark.watermark;
        }
        let outputs = out.take(&self.producer, mark, everywhere);
        let mut state = vec![];
        if let Some(cursor) = cursor {
            state.push(Change { partition: 0, key: CURSOR.to_vec(), value: Some(cursor) });
            let mut clocks = vec![];
            if Format::Compact.encode(&self.clocks, &mut clocks).is_ok() {
                state.push(Change { partition: 0, key: CLOCKS.to_vec(), value: Some(clocks) });
            }
            self.seen.save(&mut state);
        }
        Commit { inputs: vec![], state, outputs }
    }

    fn double(&self, record: Staged) -> Refused {
        Refused {
            by: self.plan.name.clone(),
            from: self.plan.name.clone(),
            partition: 0,
            offset: record.offset,
            time: record.time,
            reason: DOUBLE.into(),
            raw: Raw(record.raw.to_vec()),
        }
    }
}

fn refused(source: &str, reason: &str) -> Error {
    Error::Refused(format!("source {source}: {reason}"))
}

impl SourceWorker {
    /// The next commit, if the source brings something and its readers keep up.
    fn work(&mut self, wait: Duration) -> Result<Option<(Commit, usize)>, Error> {
        let changes = self.context.log.wait(0, Duration::ZERO);
        if self.is_ahead()? {
            self.context.log.wait(changes, wait);
            return Ok(None);
        }
        let begun = Instant::now();
        let (polled, pulled) = self.source.poll(wait).map_err(|Broken(reason)| refused(&self.plan.name, &reason))?;
        self.report.stepping += begun.elapsed();
        self.ended = polled == Polled::End;
        let commit = match pulled {
            Some(pulled) => self.take(pulled),
            None if self.ended => self.commit(&mut self.out(), None),
            None => return Ok(None),
        };
        if commit.outputs.is_empty() && commit.state.len() <= 2 && polled == Polled::Idle {
            return Ok(None);
        }
        Ok(Some((commit, if polled == Polled::Some { usize::MAX } else { 0 })))
    }
}

impl Turn for SourceWorker {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        if let Err(error) = self.keep_seat() {
            return patience(error, &mut self.tries, MOST);
        }
        if !self.seated {
            std::thread::sleep(wait);
            return Ok(Turned::Idle);
        }
        if !self.committer.is_pending() {
            if self.ended {
                std::thread::sleep(wait);
                return Ok(Turned::Ended);
            }
            match self.work(wait) {
                Ok(None) => return Ok(Turned::Idle),
                Ok(Some((commit, bytes))) => self.committer.offer(commit, bytes),
                Err(error) => return patience(error, &mut self.tries, MOST),
            }
        }
        self.tries = 0;
        self.settle()
    }

    fn report(&mut self) -> Report {
        let mut report = std::mem::take(&mut self.report);
        report.written = report.records;
        report.watermarks = vec![(0, self.clocks.watermark())];
        report.committing = std::mem::take(&mut self.committer.times);
        report.stands_by = !self.seated;
        report.done = self.ended && !self.committer.is_pending();
        report.progress = self.source.done();
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{memory, source};

    #[test]
    fn opened_anew_where_no_clocks_were_committed_it_forgets_what_they_saw() {
        let log = memory();
        let mut worker = source(&log, &[], 1);
        worker.clocks.observe(0, Timestamp::from_seconds(500), Timestamp::from_seconds(1));
        assert_ne!(worker.clocks.watermark(), Timestamp::MIN);
        worker.open(&[]).unwrap();
        assert_eq!(worker.clocks.watermark(), Timestamp::MIN);
    }
}
