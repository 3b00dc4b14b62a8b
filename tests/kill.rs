//! kill -9 on the real process, again and again: what is on the log in the end is what one straight run leaves, and what
//! the definition of `counts` says.

use crate::recording::{difference, expected, recording};
use crate::support::{Dice, Place, Process};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

const POSTS: u64 = 200_000;
const KILLS: u64 = 20;

const RUN: &str = "run --roles source,locate,count,erase,upkeep --source replay:posts.jsonl?speed=max --drain --listen off";

fn start(place: &Place, run: &str, log: &str) -> Process {
    place.start(&format!("{run} --log {log}"))
}

/// Bytes in the log's files.
pub fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// Starts the run and kills it until one comes to its end: at a random moment after the start (which hits starting and
/// recovering, too), or a random while after it has written some more. How many kills landed, and how many of the killed
/// runs had written something.
pub fn attack(place: &Place, run: &str, log: &str, total: u64, dice: &mut Dice) -> (u64, u64) {
    let folder = &place.path(log.split([':', '?']).nth(1).unwrap());
    let (begun, mut kills, mut grown) = (Instant::now(), 0, 0);
    loop {
        assert!(begun.elapsed() < Duration::from_secs(150), "no end after {kills} kills");
        let before = size(folder);
        let mut process = start(place, run, log);
        let growth = if dice.roll(3) == 0 { 0 } else { 1 + dice.roll(total / 60) };
        while size(folder) < before + growth && !process.has_ended() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(dice.roll(12)));
        if process.has_ended() {
            process.ended(Duration::from_secs(1)).good();
            return (kills, grown);
        }
        kills += u64::from(process.kill());
        grown += u64::from(size(folder) > before);
    }
}

/// A topic's lines, none of them twice.
pub fn lines(place: &Place, topic: &str, log: &str) -> BTreeSet<String> {
    let text = place.ok(&format!("tap {topic} --from start --log {log}"));
    let set: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(set.len(), text.lines().count(), "lines of {topic} stand on {log} twice");
    set
}

/// Refusals by what and why. When is another matter, and so is at which offset of a topic: each start takes some for its
/// marks.
fn refusals(place: &Place, topic: &str, log: &str) -> Vec<String> {
    let mut refusals: Vec<String> = vec![];
    for mut value in place.tap(&format!("{topic} --log {log}")) {
        let fields = value.as_object_mut().unwrap();
        fields.remove("time");
        if fields["from"] == "posts" {
            fields.remove("offset");
        }
        refusals.push(value.to_string());
    }
    refusals.sort();
    refusals
}

#[test]
fn killed_again_and_again_it_leaves_what_a_straight_run_leaves() {
    let place = Place::new();
    let recording = recording(11, POSTS);
    place.write("posts.jsonl", &recording);
    let (straight, attacked) = ("disk:straight?segment=4MiB", "disk:attacked?segment=4MiB");
    let begun = Instant::now();
    start(&place, RUN, straight).ended(Duration::from_secs(120)).good();
    let took = begun.elapsed();
    let total = size(&place.path("straight"));
    let begun = Instant::now();
    let (kills, grown) = attack(&place, RUN, attacked, total, &mut Dice(5));
    println!("straight {took:?}, {total} bytes; {kills} kills, {grown} after some work, {:?}", begun.elapsed());
    assert!(kills >= KILLS, "only {kills} kills landed");
    assert!(grown >= KILLS / 2, "only {grown} of {kills} runs had done anything when they were killed");

    let expected = expected(&recording);
    assert!(expected.late.len() > 100 && expected.doubles > 100 && expected.unreadable > 100);
    for log in [straight, attacked] {
        difference(log, &lines(&place, "counts", log), &expected.counts);
        assert_eq!(lines(&place, "posts", log).len(), expected.posts);
        let late = refusals(&place, "late", log);
        assert_eq!(late.len(), expected.late.len(), "late on {log}");
        assert_eq!(refusals(&place, "rejected", log).len(), expected.doubles + expected.unreadable, "rejected on {log}");
    }
    for topic in ["late", "rejected"] {
        assert!(refusals(&place, topic, straight) == refusals(&place, topic, attacked), "{topic} differs");
    }
}
