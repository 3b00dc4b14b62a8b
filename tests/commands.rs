//! What each command says. `UPDATE_EXPECT=1` writes the snapshots anew.

use crate::support::{Place, Process, post};
use expect_test::{expect, expect_file};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

const RUN: &str = "run --log disk:log --source replay:posts.jsonl?speed=max";

/// A folder with a log on which a recording has been played to its end.
fn played(posts: u64) -> Place {
    let place = Place::new();
    let clock = |n: u64| format!("{:02}:{:02}:{:02}", 10 + n / 3600, n / 60 % 60, n % 60);
    let lines: Vec<String> = (0..posts).map(|n| post(n, &clock(n), &format!("p{}", n % 91))).collect();
    place.write("posts.jsonl", lines.join("\n"));
    place.ok(&format!("{RUN} --drain --listen off"));
    place
}

/// A process that runs on that log and has nothing left to do.
fn running(place: &Place) -> (Process, String) {
    let mut process = place.start(&format!("{RUN} --listen 127.0.0.1:0"));
    let page = process.page();
    (process, page)
}

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    let help = |line: &str| place.ok(line);
    expect_file!["golden/help.txt"].assert_eq(&help("--help"));
    expect_file!["golden/help-run.txt"].assert_eq(&help("run --help"));
    expect_file!["golden/help-demo.txt"].assert_eq(&help("demo --help"));
    expect_file!["golden/help-check.txt"].assert_eq(&help("check --help"));
    expect_file!["golden/help-tap.txt"].assert_eq(&help("tap --help"));
    expect_file!["golden/help-top.txt"].assert_eq(&help("top --help"));
    expect_file!["golden/help-rejected.txt"].assert_eq(&help("rejected --help"));
    expect_file!["golden/help-export.txt"].assert_eq(&help("export --help"));
    expect_file!["golden/help-model.txt"].assert_eq(&help("model --help"));
    for command in ["ls", "show", "rollback"] {
        let text = help(&format!("model {command} --help"));
        assert!(text.contains("Usage: goshawk model") && text.contains("--log <URL>"), "{text}");
    }
    for command in ["ls", "show", "replay"] {
        let text = help(&format!("rejected {command} --help"));
        assert!(text.contains("Usage: goshawk rejected") && text.contains("--log <URL>"), "{text}");
    }
}

#[test]
fn check_tells_what_is_in_force() {
    let place = Place::new();
    expect_file!["golden/check.txt"].assert_eq(&place.ok("check"));
    place.write("goshawk.toml", "listen = '127.0.0.1:0'\nsources = ['synthetic:?rate=5&token=abc']\n");
    let ended = place.run("check --connect");
    assert_eq!(ended.status.code(), Some(1), "{}", ended.err);
    let tried = ended.out.split("Trying it:").nth(1).unwrap().to_owned() + &ended.err;
    expect![[r#"


            ok      log: disk:./goshawk-data will be made
            failed  synthetic:?rate=5&token=***: synthetic: has no option `token`; it has rate, seed, cities, people, reposts, start, count, speed, disorder, lateness
            ok      listen: 127.0.0.1:0 is free
        goshawk: 1 of these failed
    "#]].assert_eq(&tried);
}

#[test]
fn check_prints_the_reference_that_the_documents_hold() {
    expect_file!["../docs/configuration.md"].assert_eq(&Place::new().ok("check --reference"));
}

#[test]
fn a_wrong_key_is_named_with_its_line_and_the_nearest_right_one() {
    let place = Place::new();
    place.write("goshawk.toml", "listen = 'off'\n\n[windws]\nsize = '10m'\n");
    expect![[r#"
        goshawk: FOLDER/goshawk.toml: TOML parse error at line 3, column 2
          |
        3 | [windws]
          |  ^^^^^^
        unknown field `windws`, expected one of `log`, `sources`, `roles`, `listen`, `time`, `windows`, `locate`, `collect`, `estimate`, `predict`, `learn`, `monitor`, `watch`, `enrich`, `gauge`, `join`, `search`, `opensearch`, `tweetoscope`, `pushgateway`, `alertmanager`, `topics`, `engine`, `ingest`
        did you mean `windows`?
    "#]].assert_eq(&place.run("check").bad(&place));
    let place = Place::new().set("windows.sise", "10m");
    expect![[r#"
        goshawk: GOSHAWK__WINDOWS__SISE: there is no key `windows.sise`; did you mean `size`?
    "#]]
    .assert_eq(&place.run("check").bad(&place));
}

#[test]
fn a_topic_that_is_not_there_is_named_with_those_that_are() {
    let place = played(10);
    let closed = place.run("tap cuonts --log disk:log --from start").bad(&place);
    let (_process, _) = running(&place);
    let open = place.run("tap cuonts --log disk:log --from start").bad(&place);
    assert_eq!(closed, open);
    expect![[r#"
        goshawk: there is no topic 'cuonts'; there is posts, series, sizes, predictions, errors, rejected, sightings, late, counts, estimates, samples, models, accuracies, scores, gauges, alerts, documents, rollbacks, rules
    "#]]
    .assert_eq(&closed);
}

#[test]
fn a_tap_shows_the_same_of_a_process_and_of_a_closed_log() {
    let place = played(3000);
    let lines = [
        "tap posts --from start",
        "tap posts --from start --meta -n 7",
        "tap counts --from start --key oslo",
        "tap counts --from 3 --meta",
        "tap sightings --from start --key nowhere",
        "tap rejected --from start",
    ];
    let say = |line: &str| place.ok(&format!("{line} --log disk:log"));
    let closed = lines.map(say);
    let (_process, _) = running(&place);
    let open = lines.map(say);
    for ((line, closed), open) in lines.iter().zip(&closed).zip(&open) {
        assert!(closed == open, "{line}: {} and {} lines", closed.lines().count(), open.lines().count());
    }
    assert_eq!(closed[0].lines().count(), 3000);
    assert_eq!(closed[1].lines().count(), 7);
    expect![[r#"{"city":"oslo","start":"2024-05-01T09:56:00.000Z","end":"2024-05-01T10:01:00.000Z","posts":60,"reposts":0,"people":60}"#]].assert_eq(closed[2].lines().next().unwrap());
}

#[test]
fn a_tap_on_a_closed_log_does_not_wait_for_what_will_not_come() {
    let place = played(10);
    expect![[r#"
        goshawk: no process runs on disk:log, so nothing will come; use --from start to see what is there
    "#]]
    .assert_eq(&place.run("tap posts --log disk:log").bad(&place));
    expect![[r#"
        goshawk: --from: 'yesterday' is not start, end or an offset, a whole number
    "#]]
    .assert_eq(&place.run("tap posts --log disk:log --from yesterday").bad(&place));
}

#[test]
fn a_tap_that_follows_shows_what_comes() {
    let place = Place::new();
    let mut process = place.start("run --log disk:log --source synthetic:?rate=200 --listen 127.0.0.1:0");
    process.page();
    let begun = Instant::now();
    assert_eq!(place.ok("tap posts --log disk:log -n 50").lines().count(), 50);
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn top_shows_every_role() {
    let place = played(100);
    expect![[r#"
        goshawk: no goshawk with a page runs on disk:log; start one with `goshawk run`
    "#]]
    .assert_eq(&place.run("top --once --log disk:log").bad(&place));
    let (_process, _) = running(&place);
    let text = place.ok("top --once --log disk:log");
    let mut rows = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    assert_eq!(rows.next().unwrap(), ["role", "state", "records", "a second", "waiting", "late", "rejected", "doing"]);
    let rows: Vec<_> = rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    for role in ["replay:posts.jsonl", "locate", "count", "erase", "upkeep"] {
        let found = rows.iter().find(|(name, _)| name.starts_with(role));
        assert!(found.is_some_and(|(_, state)| state == "ok"), "{role}: {rows:?}");
    }
    let dumb = place.run("top --log disk:log").bad(&place);
    assert!(dumb.contains("--once"), "{dumb}");
}

/// Reads one line and goes away, as `head -1` does; or goes away at once.
fn left_alone(place: &Place, line: &str, reads: bool) {
    let mut command = place.command(line);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = child.stdout.take().unwrap();
    if !reads {
        drop(out);
    } else {
        let mut first = String::new();
        BufReader::with_capacity(64, out).read_line(&mut first).unwrap();
        assert!(!first.is_empty(), "{line}");
    }
    let mut err = child.stderr.take().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("{line}: goes on although nobody listens");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut said = String::new();
    std::io::Read::read_to_string(&mut err, &mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{line}: {said}");
    assert_eq!(said, "", "{line}");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let place = played(3000);
    for reads in [true, false] {
        left_alone(&place, "tap posts --from start --log disk:log", reads);
        left_alone(&place, "check", reads);
        left_alone(&place, "check --reference", reads);
        left_alone(&place, "rejected ls --log disk:log", reads);
        left_alone(&place, "--help", reads);
        left_alone(&place, &format!("{RUN} --drain --listen 127.0.0.1:0"), reads);
    }
    let (_process, _) = running(&place);
    for reads in [true, false] {
        left_alone(&place, "tap posts --from start --log disk:log", reads);
        left_alone(&place, "top --once --log disk:log", reads);
    }
}

#[test]
fn the_demonstration_runs_anywhere_and_stops_when_told() {
    let place = Place::new();
    let mut process = place.start("demo --seconds 3 --listen 127.0.0.1:0");
    let page = process.page();
    let (status, kind, body) = crate::support::get(&page);
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(body.contains("Goshawk"));
    let out = process.ended(Duration::from_secs(20)).good();
    assert!(out.starts_with("Goshawk watches a made-up network"), "{out}");
    place.ok("demo --seconds 1 --listen 127.0.0.1:0");
    // The recording that it plays is one for the students' own program, too.
    let rows = std::fs::read_to_string(place.path("goshawk-demo/recording/data.csv")).unwrap();
    assert_eq!(rows.lines().count(), 15_000);
    assert!(rows.starts_with("\"2\",\"") && rows.contains("\",\"Mon Mar 02 07:"), "{}", &rows[..200]);
    let log = "--log disk:goshawk-demo/log";
    let played = place.ok(&format!("export --format ids {log} network:csv"));
    assert!(played.lines().count() > 5, "{played}");
}
