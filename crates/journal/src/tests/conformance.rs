//! One suite for every log.

mod groups;

use super::watch::Watch;
use super::{block, brokers, contents, group, holds, output};
use crate::{Access, open};
use flow::{Cleanup, Error, Log, Output, Timestamp, TopicSpec};
use groups::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A kind of log, and where it is.
enum Kind {
    Memory,
    Disk(tempfile::TempDir),
    /// On brokers, with a folder for copies of states.
    Kafka {
        url: String,
        _copies: tempfile::TempDir,
    },
}

impl Kind {
    fn disk() -> Kind {
        Kind::Disk(tempfile::tempdir().unwrap())
    }

    /// On the one broker of all these tests, under a prefix of its own.
    fn kafka() -> Kind {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = tempfile::tempdir().unwrap();
        let url = format!("kafka://{}?prefix=c{number}.&session=2s&cache={}", brokers::broker(), folder.path().display());
        Kind::Kafka { url, _copies: folder }
    }

    fn open(&self) -> Arc<dyn Log> {
        match self {
            Kind::Memory => open("memory:", Access::Write),
            Kind::Disk(folder) => {
                open(&format!("disk:{}?segment=4096&cache=2048", folder.path().join("log").display()), Access::Write)
            }
            Kind::Kafka { url, .. } => open(url, Access::Write),
        }
        .unwrap()
    }

    /// Removes the log, so that another can stand in its place.
    fn remove(&self) {
        match self {
            Kind::Memory => {}
            Kind::Disk(folder) => std::fs::remove_dir_all(folder.path().join("log")).unwrap(),
            Kind::Kafka { url, .. } => super::kafka::remove(url),
        }
    }

    /// Whether a partition is another's only once its member has given it up, or was taken for dead.
    fn asks_before_it_takes(&self) -> bool {
        matches!(self, Kind::Kafka { .. })
    }
}

macro_rules! conformance {
    (every log: $($test:ident),*; those in a process: $($embedded:ident),*;) => {
        mod memory { $( #[test] fn $test() { super::$test(&super::Kind::Memory); } )*
                     $( #[test] fn $embedded() { super::$embedded(&super::Kind::Memory); } )* }
        mod disk { $( #[test] fn $test() { super::$test(&super::Kind::disk()); } )*
                   $( #[test] fn $embedded() { super::$embedded(&super::Kind::disk()); } )* }
        mod kafka { $( #[test] fn $test() { super::$test(&super::Kind::kafka()); } )* }
    };
}

// What brokers do by themselves, when they like, and what only a paused process meets there, is in `super::kafka` and in
// the storms of the root's tests.
conformance!(
    every log:
    appends_and_reads_in_order,
    refuses_what_does_not_exist,
    declares_once,
    is_told_from_one_made_anew,
    commits_all_or_nothing,
    shares_partitions_and_hands_state_over,
    fences_a_stale_writer,
    gives_a_source_to_one_member_at_a_time,
    carries_on_where_it_stopped,
    keeps_marks_heartbeats_and_lateness,
    reads_inputs_together,
    erases_keys,
    wakes_who_waits,
    reads_as_much_as_is_asked_for;
    those in a process:
    fences_who_owns_again_what_was_anothers_meanwhile,
    expires_by_age_and_by_size,
    compacts_tables;
);

fn with_topics(kind: &Kind, topics: &[(&str, u32)]) -> Arc<dyn Log> {
    let log = kind.open();
    let specs: Vec<TopicSpec> = topics.iter().map(|(name, partitions)| TopicSpec::new(name, *partitions)).collect();
    log.declare(&specs).unwrap();
    log
}

fn is_told_from_one_made_anew(kind: &Kind) {
    let log = kind.open();
    let identity = log.identity().unwrap();
    assert!(!identity.is_empty() && identity.chars().all(|c| c.is_ascii_alphanumeric()), "{identity:?}");
    assert_eq!(log.identity().unwrap(), identity);
    // What goes with its process is another log each time.
    let stays = !matches!(kind, Kind::Memory);
    drop(log);
    assert_eq!(kind.open().identity().unwrap() == identity, stays);
    kind.remove();
    assert_ne!(kind.open().identity().unwrap(), identity);
}

fn appends_and_reads_in_order(kind: &Kind) {
    let log = with_topics(kind, &[("a", 2), ("b", 1)]);
    log.append(vec![output("a", 0, &["k=1", "k=2"]), output("a", 1, &["x=1"]), output("a", 0, &["k=3"])]).unwrap();
    for n in 0..300 {
        log.append(vec![output("b", 0, &[&format!("key={n}")])]).unwrap();
    }
    holds(&*log, "a", 0, &["k=1", "k=2", "k=3"]);
    holds(&*log, "a", 1, &["x=1"]);
    assert_eq!(contents(&*log, "a", 0), ["0:k=1", "1:k=2", "2:k=3"]);
    holds(&*log, "b", 0, &(0..300).map(|n| format!("key={n}")).collect::<Vec<_>>());
    let all = contents(&*log, "b", 0);
    let middle: u64 = all[150].split_once(':').unwrap().0.parse().unwrap();
    let batches = log.read("b", 0, middle, 1).unwrap();
    assert_eq!(super::shown(&batches[0])[0], all[150]);
    let end = log.bounds("b", 0).unwrap().end;
    assert!(log.read("b", 0, end, 100).unwrap().is_empty());
}

fn refuses_what_does_not_exist(kind: &Kind) {
    let log = with_topics(kind, &[("a", 2)]);
    for result in [log.append(vec![output("ghost", 0, &["k=1"])]), log.append(vec![output("a", 2, &["k=1"])])] {
        assert!(matches!(result, Err(Error::Refused(_))), "{result:?}");
    }
    assert!(log.bounds("ghost", 0).unwrap_err().to_string().contains("there are: a"));
    let both = log.append(vec![output("a", 0, &["k=1"]), output("ghost", 0, &["k=1"])]);
    assert!(both.is_err());
    assert_eq!(log.bounds("a", 0).unwrap(), 0..0, "the half that was possible was not written either");
}

fn declares_once(kind: &Kind) {
    let log = with_topics(kind, &[("a", 2)]);
    log.declare(&[TopicSpec::new("a", 2)]).unwrap();
    let error = log.declare(&[TopicSpec::new("b", 1), TopicSpec::new("a", 3)]).unwrap_err().to_string();
    assert!(error.contains("a' exists with 2 partitions"), "{error}");
    assert_eq!(log.topics().unwrap().len(), 1, "a refused declaration declares nothing");
    let error = log.join(&group("g", &["a", "ghost"])).err().unwrap().to_string();
    assert!(error.contains("no topic 'ghost'"), "{error}");
    log.declare(&[TopicSpec::new("b", 1)]).unwrap();
    let error = log.join(&group("g", &["a", "b"])).err().unwrap().to_string();
    assert!(error.contains("equally many partitions"), "{error}");
}

fn keeps_marks_heartbeats_and_lateness(kind: &Kind) {
    let log = with_topics(kind, &[("a", 1)]);
    let at = Timestamp::from_millis;
    let mark = |watermark, done| flow::Mark { watermark, at: at(1_700_000_000_000), done };
    let mut builder = flow::BlockBuilder::default();
    let write = |into: &mut Vec<u8>| {
        into.extend_from_slice(b"{}");
        Ok::<(), std::convert::Infallible>(())
    };
    builder.push(b"one", at(1000), write).unwrap();
    let late = builder.push(b"two", at(-5), write).unwrap();
    builder.flag_late(late);
    builder.push_tombstone(b"three", at(3000));
    let block = builder.finish("count/3".into(), mark(at(2500), false));
    let beat = flow::Block::heartbeat("other".into(), mark(Timestamp::MIN, true));
    let end = flow::Block::heartbeat("count/3".into(), mark(Timestamp::MAX, true));
    let outputs = [block, beat, end].map(|block| Output { topic: "a".into(), partition: 0, block });
    log.append(outputs.into()).unwrap();
    let (mut blocks, mut next) = (vec![], 0);
    let until = Instant::now() + Duration::from_secs(20);
    while next < 5 && Instant::now() < until {
        for batch in log.read("a", 0, next, 1 << 20).unwrap() {
            next = batch.next();
            blocks.push(batch);
        }
    }
    let told: Vec<_> = blocks.iter().map(|batch| (batch.block.producer.to_string(), batch.block.mark)).collect();
    let expected =
        [("count/3", mark(at(2500), false)), ("other", mark(Timestamp::MIN, true)), ("count/3", mark(Timestamp::MAX, true))];
    let somebody: Vec<_> = told.iter().filter(|(producer, _)| !producer.is_empty()).collect();
    assert_eq!(somebody.len(), 3, "{told:?}");
    for ((producer, mark), (name, promised)) in somebody.into_iter().zip(&expected) {
        assert_eq!((producer.as_str(), mark), (*name, promised));
    }
    let records: Vec<_> = blocks.iter().flat_map(|batch| batch.block.records(batch.base, 0)).collect();
    let seen: Vec<_> = records.iter().map(|r| (r.key, r.time.millis(), r.value.is_some(), r.late)).collect();
    assert_eq!(seen, [(&b"one"[..], 1000, true, false), (b"two", -5, true, true), (b"three", 3000, false, false)]);
}

fn expires_by_age_and_by_size(kind: &Kind) {
    let log = kind.open();
    let aged = Cleanup::Delete { age_ms: Some(1000), size: None };
    let sized = Cleanup::Delete { age_ms: None, size: Some(500) };
    log.declare(&[TopicSpec::new("aged", 1).with(aged), TopicSpec::new("sized", 1).with(sized), TopicSpec::new("kept", 1)])
        .unwrap();
    for n in 0..100 {
        let topics = ["aged", "sized", "kept"];
        let all =
            topics.map(|topic| Output { topic: topic.into(), partition: 0, block: block(&[&format!("k={n:03}")], n * 100) });
        log.append(all.into()).unwrap();
    }
    log.maintain(Timestamp::from_millis(10_000)).unwrap();
    assert_eq!(log.bounds("aged", 0).unwrap(), 90..100);
    let sized = log.bounds("sized", 0).unwrap();
    assert!(sized.start > 40 && sized.start < 100 && sized.end == 100, "{sized:?}");
    assert_eq!(contents(&*log, "aged", 0).first().unwrap(), "90:k=090");
    assert_eq!(contents(&*log, "kept", 0).len(), 100);
    assert_eq!(log.read("aged", 0, 0, 1).unwrap()[0].base, 90, "a reader from before is brought to the start");
}

fn compacts_tables(kind: &Kind) {
    let log = kind.open();
    log.declare(&[TopicSpec::new("table", 1).with(Cleanup::Compact)]).unwrap();
    for n in 0..60 {
        let records = [format!("a={n}"), format!("b={n}"), format!("once-{n}=x"), format!("once-{n}")];
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        log.append(vec![Output { topic: "table".into(), partition: 0, block: block(&records, 0) }]).unwrap();
    }
    log.maintain(Timestamp::from_seconds(3600)).unwrap();
    let fresh = contents(&*log, "table", 0);
    assert_eq!(fresh.len(), 62, "two keys, and who was behind can still learn that sixty are gone: {fresh:?}");
    log.maintain(Timestamp::from_seconds(25 * 3600)).unwrap();
    assert_eq!(contents(&*log, "table", 0), ["236:a=59", "237:b=59"]);
    log.append(vec![output("table", 0, &["a=60"])]).unwrap();
    assert_eq!(contents(&*log, "table", 0).last().unwrap(), "240:a=60");
}

fn erases_keys(kind: &Kind) {
    let log = with_topics(kind, &[("posts", 2), ("other", 1)]);
    if !log.erases() {
        assert!(matches!(log.erase("posts", 0, &[(b"mine", 40)]), Err(Error::Refused(_))));
        return;
    }
    for n in 0..50 {
        let mine = format!("mine=secret-{n}");
        log.append(vec![output("posts", 0, &[&mine, "theirs=kept"]), output("posts", 1, &[&mine]), output("other", 0, &[&mine])])
            .unwrap();
    }
    assert_eq!(log.erase("posts", 0, &[(b"mine", 40), (b"nobody", 99)]).unwrap(), 20);
    assert_eq!(contents(&*log, "posts", 0).len(), 80, "what came after the given offset stays");
    assert_eq!(log.erase("posts", 0, &[(b"mine", 1000)]).unwrap(), 30);
    assert_eq!(log.erase("posts", 0, &[(b"mine", 1000)]).unwrap(), 0);
    let left = contents(&*log, "posts", 0);
    assert_eq!((left.len(), left[0].as_str(), left[49].as_str()), (50, "1:theirs=kept", "99:theirs=kept"));
    assert_eq!(log.erase("posts", 1, &[(b"mine", 1000)]).unwrap(), 50);
    assert!(contents(&*log, "posts", 1).is_empty());
    assert_eq!(contents(&*log, "other", 0).len(), 50);
    if let Kind::Disk(folder) = kind {
        drop(log);
        let log = kind.open();
        assert_eq!(contents(&*log, "posts", 0).len(), 50);
        let on_disk = |topic: &str| -> usize {
            let files = std::fs::read_dir(folder.path().join("log")).unwrap();
            let bytes = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<u8>>();
            bytes.windows(topic.len()).filter(|window| *window == topic.as_bytes()).count()
        };
        assert_eq!(on_disk("secret-"), 50, "only the other topic's bytes are left");
    }
}

fn wakes_who_waits(kind: &Kind) {
    let log = with_topics(kind, &[("a", 1)]);
    let mut member = Watch::holding(&*log, &group("g", &["a"]), 1);
    let seen = log.wait(0, Duration::ZERO);
    let writer = log.clone();
    let begun = Instant::now();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        writer.append(vec![output("a", 0, &["k=1"])]).unwrap();
    });
    assert!(log.wait(seen, Duration::from_secs(20)) > seen);
    assert_eq!(member.gets(1), ["a/0 k=1"]);
    assert!(begun.elapsed() < Duration::from_secs(10));
    thread.join().unwrap();
}

fn reads_as_much_as_is_asked_for(kind: &Kind) {
    let log = with_topics(kind, &[("a", 1)]);
    let big = "x".repeat(1000);
    for n in 0..40 {
        log.append(vec![output("a", 0, &[&format!("{n}={big}")])]).unwrap();
    }
    let records = |bytes: usize| {
        let batches = log.read("a", 0, 0, bytes).unwrap();
        batches.iter().map(|batch| batch.block.records(batch.base, batch.from).count()).sum::<usize>()
    };
    assert_eq!(records(1), 1, "at least one");
    assert!((3..=5).contains(&records(5000)), "{}", records(5000));
    assert!(records(1 << 20) >= 20);
}
