//! One suite for every log.

use super::watch::{Watch, commit, until};
use super::{block, brokers, contents, group, holds, output, progress};
use crate::{Access, open};
use flow::{Change, Cleanup, Commit, Error, Log, Output, Timestamp, TopicSpec};
use std::collections::BTreeSet;
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

fn state(partition: u32, key: &str, value: Option<&str>) -> Change {
    Change { partition, key: key.into(), value: value.map(|value| value.as_bytes().to_vec()) }
}

fn entries(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn commits_all_or_nothing(kind: &Kind) {
    let log = with_topics(kind, &[("in", 1), ("out", 1)]);
    log.append(vec![output("in", 0, &["k=1", "k=2"])]).unwrap();
    let mut member = Watch::holding(&*log, &group("g", &["in"]), 1);
    assert_eq!(member.gets(2), ["in/0 k=1", "in/0 k=2"]);
    let read = member.progress("in", 0);
    let good = Commit { state: vec![state(0, "s", Some("1"))], outputs: vec![output("out", 0, &["o=1"])], ..read };
    let bad = Commit { outputs: vec![output("out", 0, &["o=1"]), output("out", 9, &["o=1"])], ..good.clone() };
    assert!(member.member.commit(&bad).is_err());
    assert!(contents(&*log, "out", 0).is_empty());
    commit(&mut member, &good).unwrap();
    holds(&*log, "out", 0, &["o=1"]);
    let backwards = member.member.commit(&progress("in", 0, 1)).unwrap_err();
    assert!(matches!(backwards, Error::Refused(_)), "{backwards}");
    member.gets_nothing();
    until("nothing waits", &mut [&mut member], |all| all[0].member.lag() == [(0, 0)]);
}

fn shares_partitions_and_hands_state_over(kind: &Kind) {
    let log = with_topics(kind, &[("in", 4)]);
    let reads = group("g", &["in"]);
    let mut one = Watch::holding(&*log, &reads, 4);
    for partition in 0..4 {
        log.append(vec![output("in", partition, &["k=1", "k=2"])]).unwrap();
        one.gets(2);
        let both = vec![state(partition, "s", Some("1")), state(partition, "t", Some("2"))];
        commit(&mut one, &Commit { state: both, ..progress("in", partition, 1) }).unwrap();
    }
    let mut two = Watch::join(&*log, &reads);
    until("they share", &mut [&mut one, &mut two], |all| all[0].held.len() == 2 && all[1].held.len() == 2);
    assert!(one.partitions().is_disjoint(&two.partitions()));
    let moved = two.partitions();
    let expected: Vec<String> = moved.iter().map(|partition| format!("in/{partition} k=2")).collect();
    assert_eq!(two.gets(2), expected, "it goes on behind what was committed");
    for partition in &moved {
        assert_eq!(two.held[partition], entries(&[("s", "1"), ("t", "2")]));
        let change = vec![state(*partition, "s", None)];
        let read = two.progress("in", *partition);
        commit(&mut two, &Commit { state: change, ..read }).unwrap();
    }
    drop(two);
    until("all come back", &mut [&mut one], |all| all[0].held.len() == 4);
    for partition in &moved {
        assert_eq!(one.held[partition], entries(&[("t", "2")]));
    }
    one.gets_nothing();
}

fn fences_a_stale_writer(kind: &Kind) {
    let log = with_topics(kind, &[("in", 2), ("out", 1)]);
    log.append(vec![output("in", 0, &["k=0"]), output("in", 1, &["k=1"])]).unwrap();
    let reads = group("g", &["in"]);
    let mut paused = Watch::holding(&*log, &reads, 2);
    until("it reads", &mut [&mut paused], |all| all[0].records.len() == 2);
    let mut other = Watch::join(&*log, &reads);
    // On brokers a partition is given up in a poll, and never taken from a member that lives: so it hears of it.
    if kind.asks_before_it_takes() {
        until("they share", &mut [&mut paused, &mut other], |all| all[0].held.len() == 1 && all[1].held.len() == 1);
    } else {
        other.turn();
    }
    let lost = other.partitions().first().copied().unwrap();
    let stale = Commit { outputs: vec![output("out", 0, &["stale=1"])], ..paused.progress("in", lost) };
    assert!(matches!(paused.member.commit(&stale), Err(Error::Fenced(_))));
    assert!(contents(&*log, "out", 0).is_empty());
    assert_eq!(other.gets(1), [format!("in/{lost} k={lost}")]);
    let read = other.progress("in", lost);
    commit(&mut other, &read).unwrap();
    let kept = 1 - lost;
    paused.held.clear();
    paused.records.clear();
    until("what is its own is given anew", &mut [&mut paused], |all| all[0].partitions() == BTreeSet::from([kept]));
    assert_eq!(paused.gets(1), [format!("in/{kept} k={kept}")]);
    let read = paused.progress("in", kept);
    commit(&mut paused, &read).unwrap();
}

fn fences_who_owns_again_what_was_anothers_meanwhile(kind: &Kind) {
    let log = with_topics(kind, &[("in", 2), ("out", 1)]);
    log.append(vec![output("in", 1, &["k=1", "k=2"])]).unwrap();
    let mut paused = Watch::holding(&*log, &group("g", &["in"]), 2);
    paused.gets(2);
    let mut other = Watch::join(&*log, &group("g", &["in"]));
    other.turn();
    other.member.commit(&progress("in", 1, 1)).unwrap();
    drop(other);
    let stale = Commit { outputs: vec![output("out", 0, &["stale=1"])], ..progress("in", 1, 2) };
    assert!(matches!(paused.member.commit(&stale), Err(Error::Fenced(_))), "it would count what the other has counted");
    paused.held.clear();
    until("both are given anew", &mut [&mut paused], |all| all[0].held.len() == 2);
    assert_eq!(paused.gets(1), ["in/1 k=2"]);
}

fn gives_a_source_to_one_member_at_a_time(kind: &Kind) {
    let log = with_topics(kind, &[("out", 1)]);
    let write = |text: &str| Commit {
        state: vec![state(0, "cursor", Some(text))],
        outputs: vec![output("out", 0, &[&format!("k={text}")])],
        inputs: vec![],
    };
    let mut old = Watch::holding(&*log, &group("source", &[]), 1);
    commit(&mut old, &write("1")).unwrap();
    let mut new = Watch::join(&*log, &group("source", &[]));
    if old.member.may_return() {
        for _ in 0..50 {
            old.turn();
            new.turn();
        }
        assert_eq!((old.held.len(), new.held.len()), (1, 0), "the second stands by");
        drop(old);
        until("it takes over", &mut [&mut new], |all| all[0].held.len() == 1);
    } else {
        until("the newest takes over", &mut [&mut new], |all| all[0].held.len() == 1);
        assert!(matches!(old.member.commit(&write("2")), Err(Error::Fenced(_))));
    }
    assert_eq!(new.held[&0], entries(&[("cursor", "1")]));
    commit(&mut new, &write("3")).unwrap();
    holds(&*log, "out", 0, &["k=1", "k=3"]);
}

fn carries_on_where_it_stopped(kind: &Kind) {
    let mut log = with_topics(kind, &[("in", 1), ("out", 1)]);
    let records: Vec<String> = (0..200).map(|n| format!("k={n}")).collect();
    log.append(vec![output("in", 0, &records.iter().map(String::as_str).collect::<Vec<_>>())]).unwrap();
    for run in 0..10_u64 {
        let mut member = Watch::holding(&*log, &group("g", &["in"]), 1);
        let last = run.checked_sub(1).map(|run| (run * 20 + 19).to_string());
        assert_eq!(member.held[&0], last.iter().map(|last| ("last".to_owned(), last.clone())).collect::<Vec<_>>());
        until("it reads the rest", &mut [&mut member], |all| all[0].records.len() as u64 == 200 - run * 20);
        for n in run * 20..run * 20 + 20 {
            let step = Commit {
                state: vec![state(0, "last", Some(&n.to_string()))],
                outputs: vec![output("out", 0, &[&format!("o={n}")])],
                ..progress("in", 0, n + 1)
            };
            commit(&mut member, &step).unwrap();
        }
        drop(member);
        if !matches!(kind, Kind::Memory) {
            drop(log);
            log = kind.open();
        }
    }
    holds(&*log, "out", 0, &(0..200).map(|n| format!("o={n}")).collect::<Vec<_>>());
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

fn reads_inputs_together(kind: &Kind) {
    let log = with_topics(kind, &[("a", 2), ("b", 2)]);
    let reads = group("both", &["a", "b"]);
    let (mut one, mut two) = (Watch::join(&*log, &reads), Watch::join(&*log, &reads));
    until("they share", &mut [&mut one, &mut two], |all| all[0].held.len() == 1 && all[1].held.len() == 1);
    log.append(vec![output("a", 0, &["k=0"]), output("b", 0, &["k=0"]), output("a", 1, &["k=1"]), output("b", 1, &["k=1"])])
        .unwrap();
    for watch in [&mut one, &mut two] {
        let partition = watch.partitions().first().copied().unwrap();
        let lines = ["a", "b"].map(|topic| format!("{topic}/{partition} k={partition}"));
        assert_eq!(watch.gets(2), lines, "partition N of each goes to one member");
    }
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
