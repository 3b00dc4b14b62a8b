use super::*;
use crate::topology;
use domain::AlertState;
use engine::{Permits, wall_clock};
use flow::{Log, Mark, Out, Producer, Timestamp, TopicSpec};
use journal::Access;
use std::sync::{Arc, Mutex};

/// Writes down what it is to tell, and says no when told to.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<(Vec<String>, bool)>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().0)
    }

    fn refuse(&self, no: bool) {
        self.0.lock().unwrap().1 = no;
    }
}

impl Announce for Notes {
    fn announce(&mut self, board: &Board, _now: Timestamp, all: bool) -> Result<(), Error> {
        let mut notes = self.0.lock().unwrap();
        let alerts: Vec<&str> = board.alerts().map(|alert| &*alert.subject).collect();
        let said = format!("{}{}", if all { "all: " } else { "" }, alerts.join(" "));
        notes.0.push(said);
        if notes.1 { Err(Error::Io("away".into())) } else { Ok(()) }
    }

    fn leave(&mut self) -> Result<(), Error> {
        self.0.lock().unwrap().0.push("leaves".into());
        Ok(())
    }
}

fn log() -> Arc<dyn Log> {
    let log = journal::open("memory:", Access::Write).unwrap();
    log.declare(&[TopicSpec::new(Alert::TOPIC, 2)]).unwrap();
    log
}

fn say(log: &Arc<dyn Log>, subject: &'static str, state: AlertState) {
    let mut out = Out::new(log.format(), &[TopicSpec::new(Alert::TOPIC, 2)]);
    let (alert, rule, of, text) = (format!("r/{subject}").into(), "r".into(), "x".into(), "".into());
    let (value, threshold, since, window_s, subject) = (2.0, 1.0, Timestamp::from_seconds(1), None, subject.into());
    out.send(since, &Alert { alert, rule, subject, state, of, value, threshold, since, window_s, text });
    let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
    log.append(out.take(&Producer::from("test"), mark, false)).unwrap();
}

fn push(log: &Arc<dyn Log>, pace: i64) -> (Push, Notes) {
    let context = Context { log: log.clone(), wall: wall_clock(), permits: Permits::new(1) };
    let notes = Notes::default();
    let role = topology::role("alertmanager").unwrap();
    let push = Push::new(Box::new(notes.clone()), role, &context, Millis(pace), Duration::from_secs(3600));
    (push, notes)
}

fn turn(push: &mut Push) -> Turned {
    push.turn(Duration::ZERO).unwrap()
}

#[test]
fn it_reads_all_that_is_there_before_it_speaks_and_then_only_of_what_is_new() {
    let log = log();
    for subject in ["a", "b", "c"] {
        say(&log, subject, AlertState::Firing);
    }
    say(&log, "b", AlertState::Calm);
    let (mut push, notes) = push(&log, 0);
    while notes.0.lock().unwrap().0.is_empty() {
        assert!(!push.report().done);
        turn(&mut push);
    }
    assert_eq!(notes.take(), ["all: a c"]);
    assert!(push.report().done);
    assert_eq!((turn(&mut push), notes.take()), (Turned::Idle, vec![]));
    say(&log, "a", AlertState::Ended);
    assert!(!push.report().done, "it has come, and was not told");
    turn(&mut push);
    assert_eq!((notes.take(), push.report().done), (vec!["c".to_owned()], true));
    drop(push);
    assert_eq!(notes.take(), ["leaves"]);
}

#[test]
fn news_wait_for_their_time() {
    let log = log();
    let (mut push, notes) = push(&log, 3_600_000);
    turn(&mut push);
    assert_eq!(notes.take().len(), 1);
    say(&log, "a", AlertState::Firing);
    turn(&mut push);
    assert!(notes.take().is_empty());
    assert!(!push.report().done);
}

#[test]
fn who_is_away_is_told_everything_later_and_the_waits_grow() {
    let log = log();
    let (mut push, notes) = push(&log, 0);
    notes.refuse(true);
    say(&log, "a", AlertState::Firing);
    let mut waits = vec![];
    while waits.len() < 7 {
        if let Turned::Waiting(wait, why) = turn(&mut push) {
            assert_eq!(why, "away");
            waits.push(wait.as_millis());
        }
    }
    assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000, 5000]);
    assert!(!push.report().done, "there is still hope");
    push.trouble = push.trouble.map(|(since, tries)| (since.checked_sub(2 * PATIENCE).unwrap(), tries));
    assert!(push.report().done, "it has waited long enough");
    notes.refuse(false);
    notes.take();
    turn(&mut push);
    assert_eq!((notes.take(), push.trouble), (vec!["all: a".to_owned()], None));
}

#[test]
fn who_never_spoke_takes_nothing_back() {
    let (push, notes) = push(&log(), 0);
    drop(push);
    assert!(notes.take().is_empty());
}
