//! What the loop does when things go wrong: poison, a full disk, a source's doubles, a sink that fails.

use crate::{
    Context, Engine, Finish, Permits, Report, Role, SinkPlan, SinkWorker, SourcePlan, SourceWorker, StagePlan, StageWorker, Turn,
    Turned, wall_clock,
};
use flow::{
    Batch, Broken, Error, Format, Group, Input, Log, Mark, Out, Output, Polled, Producer, Pulled, Refused, Sink, Source, Stage,
    Staged, Timestamp, TopicSpec, Value,
};
use journal::{Access, Media, Options, RealMedia, open};
use std::fs::File;
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A record of the tests: its text is its key.
#[derive(serde::Serialize, serde::Deserialize)]
struct Word(String);

impl Value for Word {
    const TOPIC: &'static str = "words";
    fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Echo(String);

impl Value for Echo {
    const TOPIC: &'static str = "echoes";
    fn key(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn topics() -> Vec<TopicSpec> {
    ["words", "echoes", "late", "rejected"].map(|name| TopicSpec::new(name, 1)).into()
}

fn context(log: Arc<dyn Log>) -> Context {
    Context { log, wall: Arc::new(|| Timestamp::from_seconds(1_000_000)), permits: Permits::new(1) }
}

pub(crate) fn memory() -> Arc<dyn Log> {
    let log = open("memory:", Access::Write).unwrap();
    log.declare(&topics()).unwrap();
    log
}

fn write(log: &dyn Log, words: &[&str]) {
    let mut out = Out::new(log.format(), &[TopicSpec::new("words", 1)]);
    for word in words {
        out.send(Timestamp::from_seconds(5), &Word((*word).to_owned()));
    }
    let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::from_seconds(1), done: false };
    log.append(out.take(&Producer::from("test"), mark, false)).unwrap();
}

fn values<T: for<'a> serde::Deserialize<'a>>(log: &dyn Log, topic: &str) -> Vec<T> {
    let range = log.bounds(topic, 0).unwrap();
    let (mut next, mut values) = (range.start, vec![]);
    while next < range.end {
        for batch in log.read(topic, 0, next, 1 << 20).unwrap() {
            next = batch.next();
            let records = batch.block.records(batch.base, batch.from);
            values.extend(records.map(|record| log.format().decode::<T>(record.value.unwrap()).unwrap()));
        }
    }
    values
}

fn echoes(log: &dyn Log) -> Vec<String> {
    values::<Echo>(log, "echoes").into_iter().map(|echo| echo.0).collect()
}

fn reasons(log: &dyn Log) -> Vec<String> {
    values::<Refused>(log, "rejected").into_iter().map(|refused| refused.reason).collect()
}

/// Repeats each word, but cannot bear some.
struct Parrot;

impl Stage for Parrot {
    type State = ();

    fn name(&self) -> &str {
        "parrot"
    }

    fn on_record(&self, input: &Input<'_>, _state: &mut (), out: &mut Out) -> Result<(), Broken> {
        let Word(word) = input.decode()?;
        assert!(!word.starts_with("poison"), "I cannot bear this");
        out.send(input.record.time, &Echo(word));
        Ok(())
    }
}

fn parrot(log: &Arc<dyn Log>) -> StageWorker<Parrot> {
    let plan = StagePlan {
        inputs: vec!["words".into()],
        outputs: topics(),
        awaited: vec![],
        producers: vec![],
        is_fed: true,
        idle_ms: 1000,
        batch_bytes: 1 << 20,
    };
    StageWorker::join(Arc::new(Parrot), plan, context(log.clone())).unwrap()
}

fn turn_until_idle(worker: &mut dyn Turn) {
    for _ in 0..100 {
        if worker.turn(Duration::ZERO).unwrap() == Turned::Idle {
            return;
        }
    }
    panic!("it never rests");
}

#[test]
fn poison_goes_to_rejected_and_everything_else_through_once() {
    let log = memory();
    write(&*log, &["one", "poison a", "two"]);
    write(&*log, &["poison b", "three"]);
    let mut worker = parrot(&log);
    turn_until_idle(&mut worker);
    assert_eq!(echoes(&*log), ["one", "two", "three"]);
    let rejected: Vec<Refused> = values(&*log, "rejected");
    let shown: Vec<_> = rejected.iter().map(|r| (r.by.as_str(), r.from.as_str(), r.offset, r.reason.as_str())).collect();
    assert_eq!(shown, [("parrot", "words", 1, "the stage failed on it"), ("parrot", "words", 3, "the stage failed on it")]);
    assert_eq!(worker.report().failures, 2);
    assert_eq!(worker.report().lag, [(0, 0)]);
}

#[test]
fn a_value_that_does_not_decode_is_rejected_with_its_bytes() {
    let log = memory();
    let mut builder = flow::BlockBuilder::default();
    let bytes = |into: &mut Vec<u8>| {
        into.extend_from_slice(b"\xff\xff");
        Ok::<(), Broken>(())
    };
    builder.push(b"k", Timestamp::from_seconds(5), bytes).unwrap();
    let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
    log.append(vec![Output { topic: "words".into(), partition: 0, block: builder.finish("test".into(), mark) }]).unwrap();
    turn_until_idle(&mut parrot(&log));
    let rejected: Vec<Refused> = values(&*log, "rejected");
    assert_eq!((rejected.len(), rejected[0].raw.0.as_slice()), (1, &b"\xff\xff"[..]));
}

/// A source that brings these words, one pull for each list.
struct Reader {
    pulls: Vec<Vec<(i64, &'static str)>>,
    next: usize,
    out: Option<Box<dyn Fn() -> Out + Send + Sync>>,
}

impl Source for Reader {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.next = cursor.map_or(Ok(0), |bytes| Format::Compact.decode::<u64>(bytes))? as usize;
        self.out = Some(out);
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        let Some(words) = self.pulls.get(self.next) else { return Ok((Polled::End, None)) };
        self.next += 1;
        let mut out = self.out.as_ref().unwrap()();
        let stage = |(seconds, word): &(i64, &'static str)| {
            let time = Timestamp::from_seconds(*seconds);
            let place = out.send(time, &Word((*word).to_owned())).unwrap();
            Staged { place, time, clock: 0, identity: word.len() as u64, offset: 0, raw: word.as_bytes().into() }
        };
        let staged = words.iter().map(stage).collect();
        let mut cursor = vec![];
        Format::Compact.encode(&(self.next as u64), &mut cursor)?;
        Ok((Polled::Some, Some(Pulled { out, staged, refused: vec![], cursor, now: None })))
    }
}

pub(crate) fn source(log: &Arc<dyn Log>, pulls: &[Vec<(i64, &'static str)>], max_lag: u64) -> SourceWorker {
    let reader = Reader { pulls: pulls.to_vec(), next: 0, out: None };
    let plan = SourcePlan {
        name: "reader".into(),
        outputs: topics().into_iter().filter(|topic| ["words", "rejected"].contains(&topic.name.as_str())).collect(),
        awaited: vec!["words".into()],
        lateness_ms: 10_000,
        idle_ms: i64::MAX,
        remembered: 100,
        heartbeat_ms: 1000,
        readers: vec![Group { name: "parrot".into(), inputs: vec!["words".into()] }],
        max_lag,
    };
    SourceWorker::register(Box::new(reader), plan, context(log.clone())).unwrap()
}

#[test]
fn doubles_are_rejected_and_late_ones_flagged_also_after_a_restart() {
    let log = memory();
    let pulls = [vec![(100, "a"), (101, "b"), (95, "cc")], vec![(80, "ddd"), (102, "eeee")]];
    for _ in 0..2 {
        let mut worker = source(&log, &pulls, 100);
        worker.turn(Duration::ZERO).unwrap();
    }
    turn_until_idle(&mut parrot(&log));
    assert_eq!(echoes(&*log), ["a", "cc", "eeee"]);
    assert_eq!(reasons(&*log), ["a record with this id came before"]);
    let late: Vec<Refused> = values(&*log, "late");
    assert_eq!((late.len(), late[0].time), (1, Timestamp::from_seconds(80)));
}

#[test]
fn a_source_pauses_while_its_readers_are_behind() {
    let log = memory();
    let pulls = [vec![(1, "a"), (2, "bb"), (3, "ccc")], vec![(4, "dddd")]];
    let mut worker = source(&log, &pulls, 2);
    assert!(matches!(worker.turn(Duration::ZERO), Ok(Turned::Worked { .. })));
    assert_eq!(worker.turn(Duration::ZERO).unwrap(), Turned::Idle);
    turn_until_idle(&mut parrot(&log));
    assert!(matches!(worker.turn(Duration::ZERO), Ok(Turned::Worked { .. })));
}

/// A disk that can be full.
#[derive(Default)]
struct Fullness(AtomicBool);

impl Media for Fullness {
    fn append(&self, file: &File, parts: &mut [IoSlice<'_>]) -> std::io::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        RealMedia.append(file, parts)
    }

    fn sync(&self, file: &File) -> std::io::Result<()> {
        RealMedia.sync(file)
    }
}

#[test]
fn a_full_disk_pauses_the_source_and_says_so_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let media = Arc::new(Fullness::default());
    let log = journal::open_disk(&folder.path().join("log"), &Options::default(), Access::Write, media.clone()).unwrap();
    log.declare(&topics()).unwrap();
    let mut worker = source(&log, &[vec![(1, "a")], vec![(2, "bb")]], 100);
    media.0.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let Turned::Waiting(wait, why) = worker.turn(Duration::ZERO).unwrap() else { panic!("it does not wait") };
        assert!(wait >= Duration::from_secs(1) && why.contains("no space left"), "{why}");
    }
    media.0.store(false, Ordering::Relaxed);
    for _ in 0..3 {
        worker.turn(Duration::ZERO).unwrap();
    }
    turn_until_idle(&mut parrot(&log));
    assert_eq!(echoes(&*log), ["a", "bb"]);
}

/// A sink that fails so many times.
struct Moody {
    failures: u32,
    written: Arc<Mutex<u64>>,
}

impl Sink for Moody {
    fn write(&mut self, batches: &[Batch], _format: Format) -> Result<Vec<Refused>, Error> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(Error::Io("the store is away".into()));
        }
        *self.written.lock().unwrap() +=
            batches.iter().map(|batch| batch.block.records(batch.base, batch.from).count() as u64).sum::<u64>();
        Ok(vec![])
    }
}

#[test]
fn a_sink_that_fails_is_tried_again_with_growing_patience() {
    let log = memory();
    write(&*log, &["a", "b"]);
    let written = Arc::new(Mutex::new(0));
    let plan =
        SinkPlan { name: "moody".into(), inputs: vec!["words".into()], outputs: vec![], batch_bytes: 1000, rest: Duration::ZERO };
    let sink = Moody { failures: 2, written: written.clone() };
    let mut worker = SinkWorker::join(Box::new(sink), plan, context(log.clone())).unwrap();
    let mut waits = vec![];
    for _ in 0..10 {
        if let Turned::Waiting(wait, why) = worker.turn(Duration::ZERO).unwrap() {
            assert_eq!(why, "the store is away");
            waits.push(wait);
        }
    }
    assert!(waits.len() == 2 && waits[0] < waits[1], "{waits:?}");
    assert_eq!(*written.lock().unwrap(), 2);
    assert!(worker.report().done);
}

/// A worker that takes its time.
struct Slow(Duration);

impl Turn for Slow {
    fn turn(&mut self, _wait: Duration) -> Result<Turned, Error> {
        std::thread::sleep(self.0);
        Ok(Turned::Idle)
    }

    fn report(&mut self) -> Report {
        Report { done: true, ..Report::default() }
    }
}

fn engine(workers: Vec<(&str, Box<dyn Turn>)>) -> Engine {
    let roles = workers.into_iter().map(|(name, worker)| Role { name: name.into(), workers: vec![worker] }).collect();
    Engine::start(roles, wall_clock(), Duration::from_millis(1)).unwrap()
}

#[test]
fn a_stop_names_what_is_pending_at_its_deadline() {
    let both =
        engine(vec![("quick", Box::new(Slow(Duration::from_millis(1)))), ("slow", Box::new(Slow(Duration::from_secs(3))))]);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(both.stop(Duration::from_millis(200)), Err(vec!["slow (starting)".to_owned()]));
    let quick = engine(vec![("quick", Box::new(Slow(Duration::from_millis(1))))]);
    assert_eq!(quick.stop(Duration::from_secs(5)), Ok(()));
}

/// A worker that fails for good.
struct Failing;

impl Turn for Failing {
    fn turn(&mut self, _wait: Duration) -> Result<Turned, Error> {
        Err(Error::Poisoned("the disk has left".into()))
    }

    fn report(&mut self) -> Report {
        Report::default()
    }
}

#[test]
fn a_role_that_fails_for_good_ends_the_run_and_shows_in_its_health() {
    let engine = engine(vec![("fine", Box::new(Slow(Duration::from_millis(1)))), ("broken", Box::new(Failing))]);
    let begun = std::time::Instant::now();
    while engine.finished()
        != Some(Finish::Failed(
            "broken: the log is poisoned: the disk has left; restart to carry on from what is safely on disk".into(),
        ))
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", engine.finished());
        std::thread::sleep(Duration::from_millis(5));
    }
    let health = engine.vitals().health();
    assert_eq!(health.condition, domain::Condition::Failed);
    assert_eq!(
        health.roles.iter().map(|role| role.condition).collect::<Vec<_>>(),
        [domain::Condition::Ok, domain::Condition::Failed]
    );
    engine.stop(Duration::from_secs(5)).unwrap();
}

mod seen {
    use crate::seen::Seen;
    use flow::Change;
    use std::collections::BTreeMap;

    fn apply(state: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: Vec<Change>) {
        for Change { key, value, .. } in changes {
            match value {
                Some(value) => state.insert(key, value),
                None => state.remove(&key),
            };
        }
    }

    #[test]
    fn it_remembers_half_of_its_bound_at_least_and_all_of_it_at_most_over_restarts() {
        let (mut seen, mut state) = (Seen::new(100), BTreeMap::new());
        for n in 0..1000_u64 {
            assert!(seen.is_first(n));
            assert!(!seen.is_first(n.saturating_sub(49)), "{n}");
            let mut changes = vec![];
            seen.save(&mut changes);
            apply(&mut state, changes);
            if n % 7 == 0 {
                seen = Seen::new(100);
                seen.load(&state.clone().into_iter().collect::<Vec<_>>());
            }
            assert!(state.len() <= 101, "{}", state.len());
        }
        assert!(seen.is_first(0), "what is long gone is forgotten");
    }
}
