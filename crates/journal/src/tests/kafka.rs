//! What is special on Apache Kafka: brokers that keep what they were told to keep, copies of states, standing by, a
//! producer that is shut out.

use super::watch::{Watch, commit, until};
use super::{block, brokers, group, holds, output, progress};
use crate::{Access, open};
use flow::{Change, Cleanup, Commit, Log, Output, TopicSpec};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn log(prefix: &str, copies: &Path, more: &str) -> Arc<dyn Log> {
    let url = format!("kafka://{}?prefix={prefix}.&session=2s&cache={}{more}", brokers::broker(), copies.display());
    open(&url, Access::Write).unwrap()
}

/// Deletes the topics of a log, and waits until they are gone.
pub fn remove(url: &str) {
    let prefix = url.split("prefix=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let config = rdkafka::ClientConfig::new().set("bootstrap.servers", brokers::broker()).clone();
    let admin: rdkafka::admin::AdminClient<_> = config.create().unwrap();
    let asks: rdkafka::consumer::BaseConsumer = config.create().unwrap();
    let ours = || {
        let metadata = rdkafka::consumer::Consumer::fetch_metadata(&asks, None, Duration::from_secs(10)).unwrap();
        let names: Vec<String> = metadata.topics().iter().map(|topic| topic.name().to_owned()).collect();
        names.into_iter().filter(|name| name.starts_with(prefix)).collect::<Vec<_>>()
    };
    let names = ours();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    pollster::block_on(admin.delete_topics(&names, &rdkafka::admin::AdminOptions::new())).unwrap();
    soon("its topics are gone", || ours().is_empty());
}

fn sets(key: &str, value: &str) -> Change {
    Change { partition: 0, key: key.into(), value: Some(value.as_bytes().to_vec()) }
}

fn soon(what: &str, mut so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(40);
    while !so() {
        assert!(Instant::now() < limit, "not soon: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The bytes of all copies in a folder.
fn copied(folder: &Path) -> u64 {
    let slots = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = slots.flat_map(|slot| std::fs::read_dir(slot.path()).into_iter().flatten().flatten());
    files.filter(|file| file.path().extension().is_some_and(|e| e == "state")).map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn brokers_remove_what_is_old_by_the_clock_of_its_commit_and_keep_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("aged", folder.path(), "");
    let aged = Cleanup::Delete { age_ms: Some(1500), size: None };
    log.declare(&[TopicSpec::new("aged", 1).with(aged), TopicSpec::new("kept", 1)]).unwrap();
    // What happened long ago is not old: it was written now.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let happened = block(&["k=1"], 1000);
    let written = flow::Block { mark: super::mark(now), ..happened };
    for topic in ["aged", "kept"] {
        log.append(vec![Output { topic: topic.into(), partition: 0, block: written.clone() }]).unwrap();
    }
    holds(&*log, "aged", 0, &["k=1"]);
    soon("the old record goes", || log.bounds("aged", 0).unwrap().start > 0);
    holds(&*log, "kept", 0, &["k=1"]);
    assert!(super::values(&*log, "aged", 0).is_empty());
}

#[test]
fn a_topic_that_forgets_what_must_be_kept_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("policy", folder.path(), "");
    log.declare(&[TopicSpec::new("table", 1).with(Cleanup::Compact)]).unwrap();
    let error = log.declare(&[TopicSpec::new("table", 1)]).unwrap_err().to_string();
    assert!(error.contains("'policy.table' exists with cleanup.policy=compact, and delete is needed"), "{error}");
    let error = log.declare(&[TopicSpec::new("many", 1), TopicSpec::new("none", 0)]).unwrap_err().to_string();
    assert!(error.contains("'none' needs at least one partition"), "{error}");
    let url = format!("kafka://{}?prefix=policy2.&replication=3&cache=off", brokers::broker());
    let error = open(&url, Access::Write).unwrap().declare(&[TopicSpec::new("a", 1)]).unwrap_err().to_string();
    assert!(error.contains("cannot be kept by 3 brokers: there are 1; set ?replication="), "{error}");
}

/// Writes a state in many commits.
fn write(log: &dyn Log, range: std::ops::Range<u64>) {
    let mut member = Watch::holding(log, &group("g", &["in"]), 1);
    for n in range {
        let state = vec![sets(&format!("key-{}", n % 7), &n.to_string()), sets("last", &n.to_string())];
        commit(&mut member, &Commit { state, ..progress("in", 0, 0) }).unwrap();
    }
}

fn last(member: &Watch) -> (usize, String) {
    let entries = &member.held[&0];
    (entries.len(), entries.iter().find(|(key, _)| key == "last").map(|(_, value)| value.clone()).unwrap_or_default())
}

#[test]
fn a_start_takes_the_copy_and_what_is_newer_and_trusts_no_copy_of_another_topic() {
    let folder = tempfile::tempdir().unwrap();
    let first = log("copy", folder.path(), "");
    first.declare(&[TopicSpec::new("in", 1)]).unwrap();
    write(&*first, 0..20);
    drop(first);
    // Another process, elsewhere, goes on; the first comes back with a copy that is behind.
    let elsewhere = tempfile::tempdir().unwrap();
    write(&*log("copy", elsewhere.path(), ""), 20..30);
    let again = log("copy", folder.path(), "");
    assert_eq!(last(&Watch::holding(&*again, &group("g", &["in"]), 1)), (8, "29".into()));
    drop(again);
    // The copies of one log under the names of another: they are found out.
    let other = log("other", elsewhere.path(), "");
    other.declare(&[TopicSpec::new("in", 1)]).unwrap();
    write(&*other, 0..40);
    drop(other);
    for slot in std::fs::read_dir(folder.path()).unwrap().map(|slot| slot.unwrap().path()) {
        for file in std::fs::read_dir(&slot).unwrap().map(|file| file.unwrap().path()) {
            let name = file.file_name().unwrap().to_str().unwrap().replace("copy.", "other.");
            std::fs::rename(&file, slot.join(name)).unwrap();
        }
    }
    let fooled = log("other", folder.path(), "");
    assert_eq!(last(&Watch::holding(&*fooled, &group("g", &["in"]), 1)), (8, "39".into()));
}

#[test]
fn the_state_says_where_to_go_on_whatever_became_of_the_groups_offsets() {
    let folder = tempfile::tempdir().unwrap();
    let first = log("offsets", folder.path(), "");
    first.declare(&[TopicSpec::new("in", 1)]).unwrap();
    first.append(vec![output("in", 0, &["k=1", "k=2", "k=3"])]).unwrap();
    let mut member = Watch::holding(&*first, &group("g", &["in"]), 1);
    commit(&mut member, &Commit { state: vec![sets("last", "2")], ..progress("in", 0, 2) }).unwrap();
    drop((member, first));
    let admin: rdkafka::admin::AdminClient<_> =
        rdkafka::ClientConfig::new().set("bootstrap.servers", brokers::broker()).create().unwrap();
    let options = rdkafka::admin::AdminOptions::new();
    let deleted = pollster::block_on(admin.delete_groups(&["offsets.goshawk-g"], &options)).unwrap();
    assert!(deleted[0].is_ok(), "{deleted:?}");
    let again = log("offsets", folder.path(), "");
    let mut member = Watch::holding(&*again, &group("g", &["in"]), 1);
    assert_eq!(member.held[&0], [("last".to_owned(), "2".to_owned())]);
    assert_eq!(member.gets(1), ["in/0 k=3"]);
    member.gets_nothing();
}

#[test]
fn who_stands_by_has_a_copy_before_the_partition_comes_over() {
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = log("standby", theirs.path(), "");
    first.declare(&[TopicSpec::new("in", 1)]).unwrap();
    let mut works = Watch::holding(&*first, &group("g", &["in"]), 1);
    let second = log("standby", mine.path(), "&standby=true");
    let mut waits = Watch::join(&*second, &group("g", &["in"]));
    let big = "x".repeat(100_000);
    commit(&mut works, &Commit { state: vec![sets("big", &big), sets("last", "1")], ..progress("in", 0, 0) }).unwrap();
    soon("the copy is there", || {
        works.turn();
        waits.turn();
        copied(mine.path()) > 100_000
    });
    assert!(waits.held.is_empty() && works.held.len() == 1);
    commit(&mut works, &Commit { state: vec![sets("last", "2")], ..progress("in", 0, 0) }).unwrap();
    drop(works);
    until("it comes over", &mut [&mut waits], |all| all[0].held.len() == 1);
    assert_eq!(last(&waits), (2, "2".into()));
    commit(&mut waits, &Commit { state: vec![sets("last", "3")], ..progress("in", 0, 0) }).unwrap();
}

#[test]
fn a_record_larger_than_brokers_take_is_refused_and_the_next_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("large", folder.path(), "");
    log.declare(&[TopicSpec::new("a", 1)]).unwrap();
    let huge = format!("k={}", "x".repeat(11 << 20));
    let error = log.append(vec![Output { topic: "a".into(), partition: 0, block: block(&[&huge], 0) }]).unwrap_err();
    assert!(error.retry().is_none() && error.to_string().contains("larger than max.message.bytes"), "{error}");
    log.append(vec![output("a", 0, &["k=1"])]).unwrap();
    holds(&*log, "a", 0, &["k=1"]);
}

#[test]
fn brokers_that_go_are_waited_for_and_a_commit_comes_once() {
    let mut cluster = brokers::Cluster::start(1);
    let url = format!("kafka://{}?session=6s&transaction=4s&timeout=3s&cache=off", cluster.bootstrap());
    let log = open(&url, Access::Write).unwrap();
    log.declare(&[TopicSpec::new("in", 1), TopicSpec::new("out", 1)]).unwrap();
    log.append(vec![output("in", 0, &["k=1", "k=2", "k=3"])]).unwrap();
    let mut member = Watch::holding(&*log, &group("g", &["in"]), 1);
    member.gets(3);
    let step = |n: u64| Commit {
        state: vec![sets("last", &n.to_string())],
        outputs: vec![output("out", 0, &[&format!("o={n}")])],
        ..progress("in", 0, n)
    };
    commit(&mut member, &step(1)).unwrap();
    for (n, stop) in [(2, brokers::Cluster::stop as fn(&mut brokers::Cluster, usize)), (3, brokers::Cluster::kill)] {
        // A lone broker that is lost before it has told its partitions of a commit, forgets to tell them.
        holds(&*log, "out", 0, &(1..n).map(|n| format!("o={n}")).collect::<Vec<_>>());
        stop(&mut cluster, 0);
        assert!(member.member.commit(&step(n)).is_err());
        cluster.restart(0);
        // Who is shut out, or cannot tell whether it came to pass, begins again from what the brokers have.
        while commit(&mut member, &step(n)).is_err() {
            member.held.clear();
            soon("it has its partition back", || {
                let events = member.member.poll(Duration::from_millis(50), 1).unwrap_or_default();
                events.into_iter().for_each(|event| member.take(event));
                !member.held.is_empty()
            });
            if last(&member).1 == n.to_string() {
                break;
            }
        }
    }
    holds(&*log, "out", 0, &["o=1", "o=2", "o=3"]);
}
