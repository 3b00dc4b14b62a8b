//! One suite for every log.

use super::{block, contents, group, output, poll, progress};
use crate::{Access, open};
use flow::{Change, Cleanup, Commit, Error, Event, Log, Output, Timestamp, TopicSpec};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A kind of log: how to get an empty one, and whether it outlives its process.
struct Kind {
    folder: Option<tempfile::TempDir>,
}

impl Kind {
    fn open(&self) -> Arc<dyn Log> {
        match &self.folder {
            Some(folder) => open(&format!("disk:{}?segment=4096&cache=2048", folder.path().join("log").display()), Access::Write),
            None => open("memory:", Access::Write),
        }
        .unwrap()
    }
}

macro_rules! conformance {
    ($($test:ident),* $(,)?) => {
        mod memory { $( #[test] fn $test() { super::$test(&super::Kind { folder: None }); } )* }
        mod disk { $( #[test] fn $test() { super::$test(&super::Kind { folder: Some(tempfile::tempdir().unwrap()) }); } )* }
    };
}

conformance!(
    appends_and_reads_in_order,
    refuses_what_does_not_exist,
    declares_once,
    commits_all_or_nothing,
    shares_partitions_and_hands_state_over,
    fences_a_stale_writer,
    fences_who_owns_again_what_was_anothers_meanwhile,
    gives_a_source_to_its_newest_member,
    carries_on_where_it_stopped,
    expires_by_age_and_by_size,
    compacts_tables,
    erases_keys,
    wakes_who_waits,
    reads_as_much_as_is_asked_for,
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
    assert_eq!(contents(&*log, "a", 0), ["0:k=1", "1:k=2", "2:k=3"]);
    assert_eq!(contents(&*log, "a", 1), ["0:x=1"]);
    assert_eq!(log.bounds("a", 0).unwrap(), 0..3);
    let all: Vec<String> = (0..300).map(|n| format!("{n}:key={n}")).collect();
    assert_eq!(contents(&*log, "b", 0), all);
    let middle = log.read("b", 0, 150, 1).unwrap();
    assert_eq!(super::shown(&middle[0]), ["150:key=150"]);
    assert!(log.read("b", 0, 300, 100).unwrap().is_empty());
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
    assert!(error.contains("'a' exists with 2 partitions"), "{error}");
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

fn commits_all_or_nothing(kind: &Kind) {
    let log = with_topics(kind, &[("in", 1), ("out", 1)]);
    log.append(vec![output("in", 0, &["k=1", "k=2"])]).unwrap();
    let mut member = log.join(&group("g", &["in"])).unwrap();
    assert_eq!(poll(&mut *member), ["assigned 0 with 0 entries"]);
    assert_eq!(poll(&mut *member), ["in/0 0:k=1", "in/0 1:k=2"]);
    let good =
        Commit { state: vec![state(0, "s", Some("1"))], outputs: vec![output("out", 0, &["o=1"])], ..progress("in", 0, 2) };
    let bad = Commit { outputs: vec![output("out", 0, &["o=1"]), output("out", 9, &["o=1"])], ..good.clone() };
    assert!(member.commit(&bad).is_err());
    assert!(contents(&*log, "out", 0).is_empty());
    member.commit(&good).unwrap();
    assert_eq!(contents(&*log, "out", 0), ["0:o=1"]);
    let backwards = member.commit(&progress("in", 0, 1)).unwrap_err();
    assert!(matches!(backwards, Error::Refused(_)), "{backwards}");
    assert!(poll(&mut *member).is_empty());
    assert_eq!(member.lag(), [(0, 0)]);
}

fn shares_partitions_and_hands_state_over(kind: &Kind) {
    let log = with_topics(kind, &[("in", 4)]);
    let mut one = log.join(&group("g", &["in"])).unwrap();
    assert_eq!(poll(&mut *one).len(), 4);
    log.append(vec![output("in", 1, &["k=1", "k=2"])]).unwrap();
    assert_eq!(poll(&mut *one), ["in/1 0:k=1", "in/1 1:k=2"]);
    one.commit(&Commit { state: vec![state(1, "s", Some("1")), state(1, "t", Some("2"))], ..progress("in", 1, 1) }).unwrap();
    let mut two = log.join(&group("g", &["in"])).unwrap();
    assert_eq!(poll(&mut *one), ["revoked [1, 3]"]);
    assert_eq!(poll(&mut *two), ["assigned 1 with 2 entries", "assigned 3 with 0 entries"]);
    assert_eq!(poll(&mut *two), ["in/1 1:k=2"], "it goes on behind what was committed");
    two.commit(&Commit { state: vec![state(1, "s", None)], ..progress("in", 1, 2) }).unwrap();
    drop(two);
    assert_eq!(poll(&mut *one), ["assigned 1 with 1 entries", "assigned 3 with 0 entries"]);
    assert!(poll(&mut *one).is_empty());
}

fn fences_a_stale_writer(kind: &Kind) {
    let log = with_topics(kind, &[("in", 2), ("out", 1)]);
    log.append(vec![output("in", 0, &["k=0"]), output("in", 1, &["k=1"])]).unwrap();
    let mut paused = log.join(&group("g", &["in"])).unwrap();
    poll(&mut *paused);
    assert_eq!(poll(&mut *paused).len(), 2);
    let mut other = log.join(&group("g", &["in"])).unwrap();
    poll(&mut *other);
    let stale = Commit { outputs: vec![output("out", 0, &["stale=1"])], ..progress("in", 1, 1) };
    assert!(matches!(paused.commit(&stale), Err(Error::Fenced(_))));
    assert!(contents(&*log, "out", 0).is_empty());
    assert_eq!(poll(&mut *other), ["in/1 0:k=1"]);
    other.commit(&progress("in", 1, 1)).unwrap();
    assert_eq!(poll(&mut *paused), ["assigned 0 with 0 entries"], "what is still its own is given anew");
    assert_eq!(poll(&mut *paused), ["in/0 0:k=0"]);
    paused.commit(&progress("in", 0, 1)).unwrap();
}

fn fences_who_owns_again_what_was_anothers_meanwhile(kind: &Kind) {
    let log = with_topics(kind, &[("in", 2), ("out", 1)]);
    log.append(vec![output("in", 1, &["k=1", "k=2"])]).unwrap();
    let mut paused = log.join(&group("g", &["in"])).unwrap();
    poll(&mut *paused);
    assert_eq!(poll(&mut *paused).len(), 2);
    let mut other = log.join(&group("g", &["in"])).unwrap();
    poll(&mut *other);
    other.commit(&progress("in", 1, 1)).unwrap();
    drop(other);
    let stale = Commit { outputs: vec![output("out", 0, &["stale=1"])], ..progress("in", 1, 2) };
    assert!(matches!(paused.commit(&stale), Err(Error::Fenced(_))), "it would count what the other has counted");
    assert_eq!(poll(&mut *paused).len(), 2, "both partitions are given anew");
    assert_eq!(poll(&mut *paused), ["in/1 1:k=2"]);
}

fn gives_a_source_to_its_newest_member(kind: &Kind) {
    let log = with_topics(kind, &[("out", 1)]);
    let mut old = log.join(&group("source", &[])).unwrap();
    assert_eq!(poll(&mut *old), ["assigned 0 with 0 entries"]);
    let write = |text: &str| Commit {
        state: vec![state(0, "cursor", Some(text))],
        outputs: vec![output("out", 0, &[&format!("k={text}")])],
        inputs: vec![],
    };
    old.commit(&write("1")).unwrap();
    let mut new = log.join(&group("source", &[])).unwrap();
    assert_eq!(poll(&mut *new), ["assigned 0 with 1 entries"]);
    assert!(matches!(old.commit(&write("2")), Err(Error::Fenced(_))));
    new.commit(&write("3")).unwrap();
    assert_eq!(contents(&*log, "out", 0), ["0:k=1", "1:k=3"]);
}

fn carries_on_where_it_stopped(kind: &Kind) {
    let log = with_topics(kind, &[("in", 1), ("out", 1)]);
    let mut straight = vec![];
    for n in 0..200_u64 {
        log.append(vec![output("in", 0, &[&format!("k={n}")])]).unwrap();
        straight.push(format!("{n}:o={n}"));
    }
    let mut log = log;
    for run in 0..10_u64 {
        let mut member = log.join(&group("g", &["in"])).unwrap();
        assert_eq!(poll(&mut *member), [format!("assigned 0 with {} entries", u64::from(run > 0))]);
        for n in run * 20..run * 20 + 20 {
            let change = vec![state(0, "last", Some(&n.to_string()))];
            let commit =
                Commit { state: change, outputs: vec![output("out", 0, &[&format!("o={n}")])], ..progress("in", 0, n + 1) };
            member.commit(&commit).unwrap();
        }
        drop(member);
        if kind.folder.is_some() {
            drop(log);
            log = kind.open();
        }
    }
    assert_eq!(contents(&*log, "out", 0), straight);
    let mut member = log.join(&group("g", &["in"])).unwrap();
    let Event::Assigned { state, .. } = member.poll(Duration::ZERO, 1).unwrap().remove(0) else { panic!() };
    assert_eq!(state, [(b"last".to_vec(), b"199".to_vec())]);
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
    if let Some(folder) = &kind.folder {
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
    let mut member = log.join(&group("g", &["a"])).unwrap();
    poll(&mut *member);
    let seen = log.wait(0, Duration::ZERO);
    let writer = log.clone();
    let begun = Instant::now();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        writer.append(vec![output("a", 0, &["k=1"])]).unwrap();
    });
    assert!(log.wait(seen, Duration::from_secs(20)) > seen);
    assert!(!member.poll(Duration::from_secs(20), 100).unwrap().is_empty());
    assert!(begun.elapsed() < Duration::from_secs(10));
    thread.join().unwrap();
}

fn reads_as_much_as_is_asked_for(kind: &Kind) {
    let log = with_topics(kind, &[("a", 1)]);
    let big = "x".repeat(1000);
    for n in 0..40 {
        log.append(vec![output("a", 0, &[&format!("{n}={big}")])]).unwrap();
    }
    let blocks = |bytes: usize| log.read("a", 0, 0, bytes).unwrap().len();
    assert_eq!(blocks(1), 1, "at least one");
    assert!((3..=5).contains(&blocks(5000)), "{}", blocks(5000));
    assert!(blocks(1 << 20) >= 20);
}
