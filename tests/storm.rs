//! Many processes on three brokers, and all that can happen to them at once: `kill -9`, a broker lost and brought back, a
//! rolling restart, more processes and fewer, a process that sleeps past its session. What a stock client reads in the end
//! is what the definition of `counts` says, and what one straight run leaves.

mod chain;
mod documents;

use crate::brokers::{Cluster, signal_to};
use crate::recording::{Expected, difference, expected, recording};
use crate::support::{Dice, Place, Process};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

const POSTS: u64 = 200_000;
const KILLS: usize = 20;
/// From the first process to the last record, on a slow machine.
const LIMIT: Duration = Duration::from_secs(420);

/// The processes of a run, by role; each is started again when it is killed, as a supervisor does.
struct Fleet<'a> {
    place: &'a Place,
    log: String,
    source: &'a str,
    processes: Vec<(&'static str, Process)>,
}

impl Fleet<'_> {
    fn start(&mut self, role: &'static str) {
        let what = if role == "source" { format!("--source {}", self.source) } else { "--source synthetic:".into() };
        let line = format!("run --log {} --roles {role} {what} --listen off --drain --verbosity warn,journal=debug", self.log);
        self.processes.push((role, self.place.start(&line)));
    }

    fn of(&self, role: &str) -> usize {
        self.processes.iter().filter(|(name, _)| *name == role).count()
    }

    /// Brings a role to so many processes; who goes is asked to, and is waited for.
    fn scale(&mut self, role: &'static str, count: usize) {
        while self.of(role) < count {
            self.start(role);
        }
        while self.of(role) > count {
            let place = self.processes.iter().position(|(name, _)| *name == role).unwrap();
            let (_, mut process) = self.processes.remove(place);
            if !process.has_ended() {
                process.terminate();
            }
            process.ended(Duration::from_secs(60)).good();
        }
    }

    /// Kills one with -9 and starts another; the role of that one, if there was one to kill.
    fn kill(&mut self, dice: &mut Dice) -> Option<&'static str> {
        let chosen = dice.roll(self.processes.len() as u64) as usize;
        self.kill_at(chosen)
    }

    /// The same with one of this role.
    fn kill_a(&mut self, role: &str) -> Option<&'static str> {
        let chosen = self.processes.iter().position(|(name, _)| *name == role).unwrap();
        self.kill_at(chosen)
    }

    fn kill_at(&mut self, chosen: usize) -> Option<&'static str> {
        if self.processes[chosen].1.has_ended() {
            return None;
        }
        let (role, process) = self.processes.remove(chosen);
        let killed = process.kill();
        self.start(role);
        killed.then_some(role)
    }

    /// Waits until every process has come to its end, a good one; what each has said.
    fn drained(self, begun: Instant) -> Vec<String> {
        let mut said = vec![];
        for (role, process) in self.processes {
            let left = LIMIT.saturating_sub(begun.elapsed()).max(Duration::from_secs(1));
            let ended = process.ended(left);
            assert!(ended.status.success(), "{role}: {}: {}", ended.status, ended.err);
            said.push(ended.err);
        }
        said
    }
}

/// A topic's values, as kcat reads them: only what is committed, and nothing but records.
fn stock(brokers: &str, topic: &str) -> Vec<String> {
    let arguments = ["-C", "-b", brokers, "-t", topic, "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_committed"];
    let read = Command::new("kcat").args(arguments).output().expect("kcat runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn judge(brokers: &str, prefix: &str, wanted: &Expected) {
    let counts = stock(brokers, &format!("{prefix}counts"));
    let set: BTreeSet<String> = counts.iter().cloned().collect();
    assert_eq!(set.len(), counts.len(), "counts twice");
    difference("counts", &set, &wanted.counts);
    assert_eq!(stock(brokers, &format!("{prefix}posts")).len(), wanted.posts);
    assert_eq!(stock(brokers, &format!("{prefix}late")).len(), wanted.late.len());
    assert_eq!(stock(brokers, &format!("{prefix}rejected")).len(), wanted.doubles + wanted.unreadable);
}

/// What happens to the brokers and the number of processes while processes are killed, a thing at a time.
fn happen(step: usize, cluster: &mut Cluster, fleet: &mut Fleet<'_>) {
    match step {
        2 => fleet.scale("count", 3),
        3 => fleet.scale("locate", 3),
        5 => cluster.kill(1),
        8 => cluster.restart(1),
        11 | 13 | 15 => {
            let number = (step - 11) / 2;
            cluster.stop(number);
            cluster.restart(number);
        }
        17 => fleet.scale("count", 2),
        18 => fleet.scale("locate", 2),
        _ => {}
    }
}

#[test]
fn a_storm_leaves_what_a_straight_run_leaves() {
    let place = Place::new();
    let recording = recording(23, POSTS);
    place.write("posts.jsonl", &recording);
    let wanted = expected(&recording);
    let mut cluster = Cluster::start(3);
    let brokers = cluster.bootstrap();
    let log = format!("kafka://{brokers}?prefix=storm.&session=6s&transaction=6s");
    // Three hours in two minutes: what happens meets posts on their way.
    let mut fleet = Fleet { place: &place, log, source: "replay:posts.jsonl?speed=90", processes: vec![] };
    let begun = Instant::now();
    for role in ["source", "locate", "count"] {
        fleet.scale(role, 1);
    }
    let (mut dice, mut kills, mut step) = (Dice(99), 0, 0);
    while kills < KILLS || step < 20 {
        std::thread::sleep(Duration::from_millis(1000 + dice.roll(1500)));
        kills += usize::from(fleet.kill(&mut dice).is_some());
        step += 1;
        happen(step, &mut cluster, &mut fleet);
        assert!(begun.elapsed() < LIMIT, "no end of the storm after {kills} kills");
    }
    let stormed = begun.elapsed();
    fleet.drained(begun);
    println!("{kills} kills in {stormed:?}, drained after {:?}", begun.elapsed());
    judge(&brokers, "storm.", &wanted);
}

#[test]
fn who_slept_past_its_session_is_shut_out_and_harms_nothing() {
    let place = Place::new();
    let recording = recording(29, 40_000);
    place.write("posts.jsonl", &recording);
    let wanted = expected(&recording);
    let brokers = crate::brokers::broker();
    let log = format!("kafka://{brokers}?prefix=sleep.&session=2s&transaction=4s");
    let mut fleet = Fleet { place: &place, log, source: "replay:posts.jsonl?speed=600", processes: vec![] };
    for (role, count) in [("source", 1), ("locate", 2), ("count", 2)] {
        fleet.scale(role, count);
    }
    let begun = Instant::now();
    std::thread::sleep(Duration::from_secs(6));
    for sleeper in [1, 3] {
        let process = fleet.processes[sleeper].1.id();
        signal_to(process, "-STOP");
        std::thread::sleep(Duration::from_secs(5));
        signal_to(process, "-CONT");
        std::thread::sleep(Duration::from_secs(1));
    }
    let said = fleet.drained(begun);
    for sleeper in [1, 3] {
        assert!(said[sleeper].contains("given=false"), "it slept, and lost nothing: {}", said[sleeper]);
    }
    judge(&brokers, "sleep.", &wanted);
}
