//! kill -9 on whoever stands between their tweets and their properties, again and again: what is on the topics in the end, ours
//! and theirs, is what one straight run leaves.

use super::expected::{Expected, expected};
use super::{Shown, broker, shown, start_node, told};
use crate::support::{Dice, Place, Process, eventually, get};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const PREFIX: &str = "swap-d.";
const LIMIT: Duration = Duration::from_secs(100);
/// Of each kind of process.
const KILLS: usize = 4;

/// What a process is told, which is started again when it is killed, as a supervisor does.
struct Watched {
    arguments: String,
    process: Process,
    kills: usize,
}

fn watched(place: &Place, log: &str, roles: &str, source: &str) -> Watched {
    // A sink by itself does not know when all has been written: drained, it would end when it has caught up.
    let drain = if roles == "tweetoscope" { "" } else { "--drain" };
    let arguments = format!("run --log {log} --roles {roles} --source {source} {drain} --listen 127.0.0.1:0");
    Watched { process: place.start(&arguments), arguments, kills: 0 }
}

impl Watched {
    fn kill(&mut self, place: &Place) {
        let before = std::mem::replace(&mut self.process, place.start(&self.arguments));
        self.kills += usize::from(before.kill());
    }
}

/// A topic's records in the order of their text.
fn sorted(place: &Place, topic: &str, log: &str) -> Vec<String> {
    let mut lines: Vec<String> = place.tap(&format!("{topic} --log {log}")).iter().map(Value::to_string).collect();
    lines.sort();
    lines
}

/// The messages of theirs that were written: none twice.
fn properties() -> BTreeSet<(u32, String)> {
    let told = shown(&format!("{PREFIX}cascade_properties"));
    let set: BTreeSet<_> = told.iter().map(|told| (told.partition, told.value.clone())).collect();
    assert_eq!(set.len(), told.len(), "a message twice");
    set
}

#[test]
fn collector_estimators_and_sink_killed_again_and_again_leave_what_a_straight_run_leaves() {
    let brokers = format!("kafka://{}?prefix={PREFIX}&transaction=4s", broker());
    let place = Place::new().set("tweetoscope.brokers", &brokers).set("tweetoscope.write", "cascade_series,cascade_properties");
    let place = place.set("engine.workers", "1").set("time.lateness", "1h").set("time.idle", "10m");
    let log = format!("kafka://{}?prefix=storm-{PREFIX}&session=2s&transaction=4s&cache=off", broker());
    let tweets = format!("tweetoscope://{}?prefix={PREFIX}&speed=700", broker());
    let generator = start_node("generator", PREFIX, "--cascades 150 --seed 8 --sources 4 --factor 700");

    let mut collector = watched(&place, &log, "source,collect", &tweets);
    let mut others: Vec<Watched> = (0..4).map(|_| watched(&place, &log, "estimate", "synthetic:")).collect();
    others.push(watched(&place, &log, "tweetoscope", "synthetic:"));
    for estimator in &mut others[..4] {
        let page = estimator.process.page();
        eventually("each estimator has work", Duration::from_secs(40), || {
            let metrics = get(&format!("{page}/metrics")).2;
            let read = metrics.lines().find(|line| line.starts_with(r#"goshawk_records_total{role="estimate"}"#));
            read.is_some_and(|line| !line.ends_with(" 0")).then_some(())
        });
    }
    let (begun, mut dice) = (Instant::now(), Dice(77));
    while collector.kills < KILLS || others[4].kills < KILLS || others[..4].iter().map(|one| one.kills).sum::<usize>() < KILLS {
        std::thread::sleep(Duration::from_millis(300 + dice.roll(1500)));
        match dice.roll(4) {
            0 | 1 => collector.kill(&place),
            2 => others[dice.roll(4) as usize].kill(&place),
            _ => others[4].kill(&place),
        }
        assert!(begun.elapsed() < LIMIT, "no end");
    }
    let sent = generator.ended(LIMIT).good();
    println!("{:?} of kills", begun.elapsed());
    collector.arguments = collector.arguments.replace("&speed=700", "&speed=700&end=true");
    collector.kill(&place);
    collector.process.ended(LIMIT).good();
    let sink = others.pop().unwrap();
    for estimator in others {
        estimator.process.ended(LIMIT).good();
    }
    println!("{:?} to the end", begun.elapsed());
    let sent = told(&sent);
    let wanted = expected(&sent);
    let properties_wanted = 2 * wanted.sizes.len() + wanted.series.len();
    eventually("all properties are written", Duration::from_secs(30), || (properties().len() >= properties_wanted).then_some(()));
    sink.process.terminate();
    sink.process.ended(LIMIT).good();
    judge(&place, &log, &tweets, &wanted);
}

fn judge(place: &Place, log: &str, tweets: &str, wanted: &Expected) {
    let stormed = properties();
    let straight = "disk:straight";
    place.ok(&format!("run --drain --listen off --roles source,collect,estimate --source {tweets}&end=true --log {straight}"));
    for topic in ["series", "sizes", "estimates"] {
        let (one, other) = (sorted(place, topic, straight), sorted(place, topic, log));
        assert_eq!(one.len(), other.len(), "{topic}");
        assert_eq!(one, other, "{topic}");
    }
    assert_eq!(sorted(place, "sizes", straight).len(), wanted.sizes.len());
    assert_eq!(sorted(place, "estimates", straight).len(), wanted.series.len());
    let kind = |kind: &str| stormed.iter().filter(|(_, value)| value.contains(kind)).count();
    assert_eq!((kind(r#""size""#), kind(r#""parameters""#)), (2 * wanted.sizes.len(), wanted.series.len()));
    let series = shown(&format!("{PREFIX}cascade_series"));
    assert_eq!(super::expected::series(series.iter().map(|serie| serie.value.as_str())), wanted.series);
}

/// All that stands on the topics of this prefix, in order.
fn written(prefix: &str) -> Vec<(&'static str, Shown)> {
    let topics = ["tweets", "cascade_series", "cascade_properties"];
    let of = |topic| shown(&format!("{prefix}{topic}")).into_iter().map(move |shown| (topic, shown));
    let mut all: Vec<_> = topics.into_iter().flat_map(of).collect();
    all.sort_by(|one, other| format!("{one:?}").cmp(&format!("{other:?}")));
    all
}

#[test]
fn a_sink_killed_between_its_write_and_its_commit_writes_each_message_once() {
    let place = Place::new().set("tweetoscope.write", "tweets,cascade_series,cascade_properties");
    // Many small writes: most kills meet one on its way.
    let place = place.set("engine.batch", "1KiB");
    let made = "synthetic:hawkes?speed=max&limit=20000&start=1970-01-01T00:00:00Z";
    place.ok(&format!("run --drain --listen off --roles source,collect,estimate --source {made} --log disk:straight"));
    let copied = std::process::Command::new("cp").arg("-r").args(["straight", "attacked"].map(|name| place.path(name))).status();
    assert!(copied.unwrap().success());
    let to = |prefix: &str, log: &str| {
        let brokers = format!("kafka://{}?prefix={prefix}&transaction=4s", broker());
        let mut command =
            place.command(&format!("run --drain --listen off --roles tweetoscope --source synthetic: --log disk:{log}"));
        command.env("GOSHAWK__TWEETOSCOPE__BROKERS", brokers);
        command
    };
    Process::start(&mut to("sink-a.", "straight")).ended(LIMIT).good();
    let (begun, mut dice, mut kills) = (Instant::now(), Dice(5), 0);
    loop {
        let mut process = Process::start(&mut to("sink-b.", "attacked"));
        std::thread::sleep(Duration::from_millis(250 + dice.roll(450)));
        if process.has_ended() {
            process.ended(LIMIT).good();
            break;
        }
        kills += u64::from(process.kill());
        assert!(begun.elapsed() < LIMIT, "no end after {kills} kills");
    }
    println!("{kills} kills in {:?}", begun.elapsed());
    assert!(kills >= 6, "only {kills} kills");
    let (straight, attacked) = (written("sink-a."), written("sink-b."));
    assert!(straight.len() > 20_000);
    assert_eq!(straight.len(), attacked.len());
    assert!(straight == attacked, "what is written differs");
}
