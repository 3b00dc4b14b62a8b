//! A model that is a program: JSON lines on its standard input, JSON lines on its standard output.
//!
//! It is asked `{"id": 7, "texts": ["...", "..."]}` and answers `{"id": 7, "values": [0.5, null]}`. Lines that are no such answer
//! are passed over. A program that dies, hangs or talks without end is killed with all that it started, and started again after a
//! while, longer each time; meanwhile nobody waits for it.

mod answers;
#[cfg(test)]
mod tests;
mod worker;

use crate::manifest::Program;
use crate::{Answer, Scorer, Type};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use worker::Worker;

/// The first rest after a failure, and the longest.
const REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Who waits for it waits no longer after so many failures in a row.
const MOST_FAILURES: u32 = 4;

/// How much patience there is with a program.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For an answer.
    pub timeout: Duration,
    /// For its first.
    pub start: Duration,
    /// How many texts it is asked about at a time.
    pub batch: usize,
}

impl Limits {
    /// As its manifest has them.
    pub(crate) fn of(program: &Program) -> Limits {
        let of = Duration::from_secs_f64;
        Limits { timeout: of(program.timeout_s), start: of(program.start_s), batch: program.batch }
    }
}

/// A program that is asked, and started when there is something to ask.
pub struct Process {
    command: Vec<String>,
    folder: PathBuf,
    of: Type,
    limits: Limits,
    worker: Option<Worker>,
    /// It is not started again before this.
    rests: Option<Instant>,
    failures: u32,
    trouble: Option<String>,
    /// It is waited for while it rests, and asked about one text at a time: so one that kills it takes no other along.
    is_patient: bool,
}

impl Process {
    /// A program that runs in `folder` and gives scores of this type.
    pub fn new(command: Vec<String>, folder: &Path, of: Type, limits: Limits) -> Self {
        let (worker, rests, failures, trouble) = (None, None, 0, None);
        Process { command, folder: folder.to_owned(), of, limits, worker, rests, failures, trouble, is_patient: false }
    }

    fn ask(&mut self, texts: &[&str]) -> Vec<Answer> {
        match self.answers(texts) {
            Ok(answers) => answers,
            Err(why) => texts.iter().map(|_| Err(Cow::Owned(why.clone()))).collect(),
        }
    }

    /// Waits until it may be started again, unless it has failed so often that it is of no use.
    fn wait(&self) {
        if let Some(until) = self.rests.filter(|_| self.is_patient && self.failures < MOST_FAILURES) {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        }
    }

    fn answers(&mut self, texts: &[&str]) -> Result<Vec<Answer>, String> {
        self.wait();
        if self.rests.is_some_and(|until| Instant::now() < until) {
            let why = self.trouble.clone().unwrap_or_default();
            return Err(if why.starts_with("down: ") { why } else { format!("down: {why}") });
        }
        let values = self.started().and_then(|(worker, limit)| worker.ask(texts, limit));
        match values {
            Ok(values) => {
                (self.failures, self.rests) = (0, None);
                answers::of(self.of, &values, texts.len())
            }
            Err(why) => Err(self.give_up(why)),
        }
    }

    /// The program, and how long it may take now.
    fn started(&mut self) -> Result<(&mut Worker, Duration), String> {
        let (limit, worker) = match self.worker.take() {
            Some(worker) => (if worker.has_answered() { self.limits.timeout } else { self.limits.start }, worker),
            None => (self.limits.start, Worker::start(&self.command, &self.folder)?),
        };
        Ok((self.worker.insert(worker), limit))
    }

    /// Ends the program and lets it rest; why, in full.
    fn give_up(&mut self, why: String) -> String {
        let last_words = self.worker.take().and_then(Worker::end).map(|words| format!(" ({words})")).unwrap_or_default();
        let why = format!("{why}{last_words}");
        let rest = REST.saturating_mul(1 << self.failures.min(10)).min(LONGEST_REST);
        self.failures = self.failures.saturating_add(1);
        self.rests = Some(Instant::now() + rest);
        tracing::warn!(program = self.command.first(), why, rest_ms = rest.as_millis(), "a model's program is given up for now");
        self.trouble = Some(format!("down: {why}"));
        why
    }
}

impl Scorer for Process {
    fn score(&mut self, texts: &[&str]) -> Vec<Answer> {
        let at_a_time = if self.is_patient { 1 } else { self.limits.batch.max(1) };
        let answers: Vec<Answer> = texts.chunks(at_a_time).flat_map(|texts| self.ask(texts)).collect();
        let lie = answers.iter().filter_map(|answer| answer.as_ref().err()).find(|why| *why != answers::NOTHING);
        if self.rests.is_none() {
            self.trouble = lie.map(ToString::to_string);
        }
        answers
    }

    fn be_patient(&mut self) {
        self.is_patient = true;
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}
