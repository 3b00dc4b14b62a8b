//! A stage at work: one member of the stage's group, with a task for each partition that it owns.

use crate::turn::{Committer, MOST, patience};
use crate::{Context, Report, Turn, Turned};
use flow::{Batch, Commit, Error, Event, Group, Member, Out, Producer, Stage, Task, TopicSpec, Watermarks};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a stage reads and writes.
#[derive(Clone, Debug)]
pub struct StagePlan {
    /// The topics that it reads.
    pub inputs: Vec<String>,
    /// The topics that it writes.
    pub outputs: Vec<TopicSpec>,
    /// Those among them that a stage reads: it waits for heartbeats there.
    pub awaited: Vec<String>,
    /// Who writes which of its inputs, where that is known beforehand: time does not move until each has spoken.
    pub producers: Vec<(String, Producer)>,
    /// Whether anyone writes its inputs in this run: what is there is all there will be, where nobody does.
    pub is_fed: bool,
    /// A producer that is silent for so long holds nobody up.
    pub idle_ms: i64,
    /// About how many bytes one turn takes on.
    pub batch_bytes: usize,
}

/// A member of a stage's group.
pub struct StageWorker<S: Stage> {
    stage: Arc<S>,
    plan: StagePlan,
    context: Context,
    group: Group,
    member: Box<dyn Member>,
    tasks: BTreeMap<u32, Task<S>>,
    committer: Committer,
    /// How often in a row the log could not be read.
    tries: u32,
    /// Records on which the stage failed.
    poison: BTreeMap<(String, u32), BTreeSet<u64>>,
    report: Report,
}

impl<S: Stage> StageWorker<S> {
    /// Joins the stage's group.
    pub fn join(stage: Arc<S>, plan: StagePlan, context: Context) -> Result<Self, Error> {
        let group = Group { name: stage.name().to_owned(), inputs: plan.inputs.clone() };
        let member = context.log.join(&group)?;
        let (tasks, poison) = (BTreeMap::new(), BTreeMap::new());
        Ok(StageWorker {
            stage,
            plan,
            context,
            group,
            member,
            tasks,
            committer: Committer::new(),
            tries: 0,
            poison,
            report: Report::default(),
        })
    }

    fn handle(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Revoked(partitions) => {
                self.tasks.retain(|partition, _| !partitions.contains(partition));
            }
            Event::Assigned { partition, state } => {
                let fresh = Watermarks::awaiting(self.plan.producers.iter().cloned(), self.plan.idle_ms);
                let out = Out::new(self.context.log.format(), &self.plan.outputs).awaited_in(&self.plan.awaited);
                self.tasks.insert(partition, Task::restore(self.stage.clone(), partition, &state, fresh, out));
            }
            Event::Batch(batch) => return self.step(&batch),
        }
        Ok(())
    }

    fn step(&mut self, batch: &Batch) -> Result<(), Error> {
        let Some(task) = self.tasks.get_mut(&batch.partition) else { return Ok(()) };
        let place = (batch.topic.clone(), batch.partition);
        let poison = self.poison.get(&place).cloned().unwrap_or_default();
        let begun = Instant::now();
        let (stage, format) = (&self.stage, self.context.log.format());
        let outside = stage.asks_outside();
        // Who fails on all of them at once is asked about each by itself: then it is known which one it is.
        let ask = || catch_unwind(AssertUnwindSafe(|| stage.ask(batch, format))).is_err();
        let failed = if outside { ask() } else { self.context.permits.with(ask) };
        if failed {
            tracing::error!(stage = stage.name(), "the stage failed to ask; it asks about each record by itself");
        }
        let stepped = self.context.permits.with(|| catch_unwind(AssertUnwindSafe(|| task.step(batch, &poison))));
        self.report.stepping += begun.elapsed();
        if stepped.is_err() {
            let offset = task.at();
            tracing::error!(
                stage = self.stage.name(),
                topic = batch.topic,
                partition = batch.partition,
                offset,
                "the stage failed on this record; it is rejected, and the stage starts again from its last commit"
            );
            self.poison.entry(place).or_default().insert(offset);
            self.report.failures += 1;
            return self.begin_again();
        }
        Ok(())
    }

    /// Leaves and joins again: what was computed since the last commit is gone, and the log gives the rest back.
    fn begin_again(&mut self) -> Result<(), Error> {
        self.tasks.clear();
        self.committer.forget();
        self.member = self.context.log.join(&self.group)?;
        Ok(())
    }

    /// What the touched tasks came to, as one commit.
    fn collect(&mut self, touched: &BTreeSet<u32>) -> Commit {
        let at = (self.context.wall)();
        let mut all = Commit::default();
        for (_, task) in self.tasks.iter_mut().filter(|(partition, _)| touched.contains(partition)) {
            let commit = task.commit(at);
            all.inputs.extend(commit.inputs);
            all.state.extend(commit.state);
            all.outputs.extend(commit.outputs);
        }
        all
    }
}

impl<S: Stage> Turn for StageWorker<S> {
    fn turn(&mut self, wait: Duration) -> Result<Turned, Error> {
        if !self.committer.is_pending() {
            let events = match self.member.poll(wait, self.plan.batch_bytes) {
                Ok(events) => events,
                Err(error) => return patience(error, &mut self.tries, MOST),
            };
            self.tries = 0;
            if events.is_empty() {
                return Ok(Turned::Idle);
            }
            let failures = self.report.failures;
            let (mut touched, mut bytes) = (BTreeSet::new(), 0);
            for event in events {
                if let Event::Batch(batch) = &event {
                    touched.insert(batch.partition);
                    bytes += batch.block.bytes.len();
                }
                self.handle(event)?;
                if self.report.failures > failures {
                    return Ok(Turned::Worked { bytes });
                }
            }
            // Who takes on little at a time has read as much as it may: more is likely to wait.
            if bytes * 2 > self.plan.batch_bytes {
                bytes = usize::MAX;
            }
            let commit = self.collect(&touched);
            if commit.is_empty() {
                return Ok(Turned::Worked { bytes });
            }
            self.committer.offer(commit, bytes);
        }
        match self.committer.commit(&mut *self.member) {
            Err(Error::Fenced(by)) => {
                tracing::info!(stage = self.stage.name(), by, "another member has taken over");
                self.tasks.clear();
                Ok(Turned::Worked { bytes: 0 })
            }
            other => other,
        }
    }

    fn report(&mut self) -> Report {
        let mut report = std::mem::take(&mut self.report);
        for task in self.tasks.values_mut() {
            let counters = task.counters();
            report.records += counters.read;
            report.bytes += counters.bytes;
            report.late += counters.late;
            report.rejected += counters.rejected;
            report.passed_over += counters.passed_over;
            report.written += counters.written;
            report.keys += task.keys() as u64;
        }
        report.lag = self.member.lag();
        report.watermarks = self.tasks.iter().map(|(partition, task)| (*partition, task.watermark())).collect();
        report.committing = std::mem::take(&mut self.committer.times);
        let caught_up = report.lag.iter().all(|(_, lag)| *lag == 0) && !self.committer.is_pending();
        report.stands_by = report.lag.is_empty() && self.tasks.is_empty();
        report.asked = self.stage.asked();
        let ended = !self.plan.is_fed || self.tasks.values().all(Task::is_done);
        report.done = caught_up && report.lag.len() == self.tasks.len() && ended;
        report
    }
}
