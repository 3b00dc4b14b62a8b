//! Members of groups: what they are given, what they commit, and who is shut out.

use super::{Kind, with_topics};
use crate::tests::watch::{Watch, commit, until};
use crate::tests::{contents, group, holds, output, progress};
use flow::{Change, Commit, Error};
use std::collections::BTreeSet;

fn state(partition: u32, key: &str, value: Option<&str>) -> Change {
    Change { partition, key: key.into(), value: value.map(|value| value.as_bytes().to_vec()) }
}

fn entries(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn commits_all_or_nothing(kind: &Kind) {
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

pub fn shares_partitions_and_hands_state_over(kind: &Kind) {
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

pub fn fences_a_stale_writer(kind: &Kind) {
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

pub fn fences_who_owns_again_what_was_anothers_meanwhile(kind: &Kind) {
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

pub fn gives_a_source_to_one_member_at_a_time(kind: &Kind) {
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

pub fn carries_on_where_it_stopped(kind: &Kind) {
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

pub fn reads_inputs_together(kind: &Kind) {
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
