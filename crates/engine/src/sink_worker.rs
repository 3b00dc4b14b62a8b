//! A sink at work: write, and then say how far.

use crate::turn::{Committer, MOST, patience};
use crate::{Context, Report, Turn, Turned};
use flow::{
    Batch, Commit, Error, Event, Group, Mark, Member, Out, Output, Producer, Progress, Refused, Rejected, Sink, Timestamp,
    TopicSpec,
};
use std::time::{Duration, Instant};

/// The longest wait for what a sink writes to.
const MOST_FOR_THE_WORLD: Duration = Duration::from_secs(30);

/// How a sink is run.
#[derive(Clone, Debug)]
pub struct SinkPlan {
    /// The role's name.
    pub name: String,
    /// The topics that it reads.
    pub inputs: Vec<String>,
    /// The topics that it writes: where what the world refuses goes.
    pub outputs: Vec<TopicSpec>,
    /// About how many bytes one turn takes on.
    pub batch_bytes: usize,
    /// How long it rests between writes, where a write costs much.
    pub rest: Duration,
}

/// A member of a sink's group.
pub struct SinkWorker {
    sink: Box<dyn Sink>,
    context: Context,
    member: Box<dyn Member>,
    group: Group,
    committer: Committer,
    plan: SinkPlan,
    /// When it last wrote.
    wrote: Option<Instant>,
    tries: u32,
    report: Report,
}

impl SinkWorker {
    /// Joins the sink's group.
    pub fn join(sink: Box<dyn Sink>, plan: SinkPlan, context: Context) -> Result<Self, Error> {
        let group = Group { name: plan.name.clone(), inputs: plan.inputs.clone() };
        let member = context.log.join(&group)?;
        let (committer, report) = (Committer::new(), Report::default());
        Ok(SinkWorker { sink, context, member, group, committer, plan, wrote: None, tries: 0, report })
    }

    /// Writes what came; the commit that says so.
    fn write(&mut self, events: Vec<Event>) -> Result<Commit, Error> {
        let batches: Vec<Batch> =
            events.into_iter().filter_map(|event| if let Event::Batch(batch) = event { Some(batch) } else { None }).collect();
        let mut commit = Commit::default();
        if !batches.is_empty() {
            let refused = self.sink.write(&batches, self.context.log.format())?;
            self.wrote = Some(Instant::now());
            commit.outputs = self.rejected(refused);
        }
        for batch in batches {
            self.report.records += batch.block.records(batch.base, batch.from).count() as u64;
            self.report.bytes += batch.block.bytes.len() as u64;
            commit.inputs.push(Progress { topic: batch.topic.clone(), partition: batch.partition, next: batch.next() });
        }
        Ok(commit)
    }

    /// What the world refuses, as records of ours.
    fn rejected(&mut self, refused: Vec<Refused>) -> Vec<Output> {
        let mut out = Out::new(self.context.log.format(), &self.plan.outputs);
        self.report.rejected += refused.len() as u64;
        for refused in refused {
            out.send(refused.time, &Rejected(refused));
        }
        // Nobody goes by a sink's marks.
        let mark = Mark { watermark: Timestamp::MIN, at: (self.context.wall)(), done: false };
        out.take(&Producer::from(self.plan.name.as_str()), mark, false)
    }

    /// What was read but not written is read again: writes are idempotent.
    fn try_again(&mut self, error: Error) -> Result<Turned, Error> {
        let waiting = patience(error, &mut self.tries, MOST_FOR_THE_WORLD)?;
        self.member = self.context.log.join(&self.group)?;
        Ok(waiting)
    }
}

impl Turn for SinkWorker {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        if !self.committer.is_pending() {
            if self.wrote.is_some_and(|at| at.elapsed() < self.plan.rest) {
                std::thread::sleep(wait);
                return Ok(Turned::Resting);
            }
            let events = match self.member.poll(wait, self.plan.batch_bytes) {
                Ok(events) => events,
                Err(error) => return patience(error, &mut self.tries, MOST),
            };
            let commit = match self.write(events) {
                Ok(commit) => commit,
                Err(error) => return self.try_again(error),
            };
            if commit.is_empty() {
                return Ok(Turned::Idle);
            }
            self.tries = 0;
            self.committer.offer(commit, usize::MAX);
        }
        match self.committer.commit(&mut *self.member) {
            Err(Error::Fenced(_)) => Ok(Turned::Worked { bytes: 0 }),
            other => other,
        }
    }

    fn report(&mut self) -> Report {
        let mut report = std::mem::take(&mut self.report);
        report.lag = self.member.lag();
        report.stands_by = report.lag.is_empty();
        report.committing = std::mem::take(&mut self.committer.times);
        report.done = report.lag.iter().all(|(_, lag)| *lag == 0) && !self.committer.is_pending();
        report
    }
}
