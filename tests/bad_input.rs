//! What nobody should send, sent: every record is either a post or a refusal with its bytes and the reason, and every
//! mistake on the command line is one clear sentence.

use crate::support::{Place, json_lines, post};
use expect_test::{Expect, expect};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

const RUN: &str = "run --log disk:log --drain --listen off --source";

fn ids(posts: &[Value]) -> Vec<&str> {
    let mut ids: Vec<&str> = posts.iter().map(|post| post["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// `rejected ls` without what differs each time.
fn refusals(place: &Place) -> String {
    let text = place.ok("rejected ls --log disk:log -n 1000");
    let line = |line: &str| line.split_once("Z  ").map_or(line, |(_, rest)| rest).to_owned() + "\n";
    text.lines().map(line).collect()
}

/// Lines without the record's number in front: marks take offsets as well, and when they are written is a matter of timing.
fn unnumbered(text: &str) -> String {
    let is_number = |word: &str| word.split_once('-').is_some_and(|(a, b)| a.parse::<u32>().is_ok() && b.parse::<u64>().is_ok());
    let line = |line: &str| match line.split_once(": ") {
        Some((number, rest)) if is_number(number) => format!("NUMBER: {rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Good records with every kind of bad one between them; and how many of both there are.
fn mixture() -> (Vec<Vec<u8>>, Vec<u8>) {
    let good = |id| post(id, "10:00:00", "ann").into_bytes();
    let dated = |id, year: &str| post(id, "10:00:00", "ann").replace("2024", year).into_bytes();
    let lines = vec![
        good(1),
        good(90)[..70].to_vec(),
        good(2),
        post(91, "10:00:00", "ann").replace(r#""post 91""#, "[5]").into_bytes(),
        br#"{"data":7}"#.to_vec(),
        [&good(92)[..], &vec![b' '; 10 << 20]].concat(),
        good(3),
        [b"{\"data\":{\"id\":\"93\",\"text\":\"", &b"\xff\xfe\"}}"[..]].concat(),
        dated(94, "1970"),
        dated(95, "2200"),
        good(1),
        b"null".to_vec(),
        b"[[[[".to_vec(),
        b"{}".to_vec(),
        b"\0\0\0".to_vec(),
        good(4),
    ];
    let mut file = lines.join(&b'\n');
    // Blank lines are no records.
    file.splice(0..0, *b"\n  \n\r\n");
    (lines, file)
}

#[test]
fn every_record_is_a_post_or_a_refusal_that_says_why() {
    let place = Place::new();
    let (lines, file) = mixture();
    place.write("bad.jsonl", file);
    place.ok(&format!("{RUN} replay:bad.jsonl?speed=max"));
    let posts = place.tap("posts --log disk:log");
    assert_eq!(ids(&posts), ["1", "2", "3", "4"]);
    let refused = place.tap("rejected --log disk:log --meta");
    assert_eq!(posts.len() + refused.len(), lines.len());
    expect![[r#"
        replay:bad.jsonl: cut short: EOF while parsing a string at line 1 column 70 (replay:bad.jsonl?format=jsonl, at 143)
        replay:bad.jsonl: invalid type: sequence, expected a string at line 1 column 18 (replay:bad.jsonl?format=jsonl, at 351)
        replay:bad.jsonl: `data` is no object: 7 (replay:bad.jsonl?format=jsonl, at 484)
        replay:bad.jsonl: 10485898 bytes long, the limit is 1048576; the first 65536 are kept (replay:bad.jsonl?format=jsonl, at 495)
        replay:bad.jsonl: not UTF-8: byte 27 does not belong (replay:bad.jsonl?format=jsonl, at 10486531)
        replay:bad.jsonl: time 1970-05-01T10:00:00.000Z is before the first microblog (2006-03-21) (replay:bad.jsonl?format=jsonl, at 10486564)
        replay:bad.jsonl: time 2200-05-01T10:00:00.000Z is more than a day in the future (replay:bad.jsonl?format=jsonl, at 10486703)
        replay:bad.jsonl: invalid type: null, expected a map at line 1 column 4 (replay:bad.jsonl?format=jsonl, at 10486979)
        replay:bad.jsonl: cut short: EOF while parsing a list at line 1 column 4 (replay:bad.jsonl?format=jsonl, at 10486984)
        replay:bad.jsonl: no known kind of post: an object without fields (replay:bad.jsonl?format=jsonl, at 10486989)
        replay:bad.jsonl: no JSON: expected value at line 1 column 1 (replay:bad.jsonl?format=jsonl, at 10486992)
        replay:bad.jsonl: a record with this id came before (replay:bad.jsonl, at 10486842)
        12 rejected in all
    "#]].assert_eq(&refusals(&place));
    for entry in &refused {
        shown_in_full(&place, entry, &lines);
    }
    place.ok(&format!("{RUN} replay:bad.jsonl?speed=max"));
    assert_eq!(place.tap("rejected --log disk:log").len(), refused.len(), "a second run reads it again");
}

/// `rejected show` gives the very bytes.
fn shown_in_full(place: &Place, entry: &Value, lines: &[Vec<u8>]) {
    let number = format!("{}-{}", entry["partition"], entry["offset"]);
    let shown: Value = serde_json::from_str(&place.ok(&format!("rejected show {number} --log disk:log"))).unwrap();
    assert_eq!(shown, entry["value"]);
    let raw = match &shown["raw"] {
        Value::String(text) => text.clone().into_bytes(),
        other => {
            let hex = other["hex"].as_str().unwrap();
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        }
    };
    let whole = |line: &&Vec<u8>| if raw.len() == 64 << 10 { line.starts_with(&raw) } else { **line == raw };
    assert!(lines.iter().any(|line| whole(&line)), "{shown}");
}

#[test]
fn an_empty_recording_is_no_mistake() {
    let place = Place::new();
    for (name, content) in [("empty.jsonl", ""), ("blank.jsonl", "\n\n\r\n"), ("empty.csv", ""), ("empty.json", " ")] {
        place.write(name, content);
        place.ok(&format!("{RUN} replay:{name}?speed=max"));
    }
    for topic in ["posts", "rejected", "counts", "late"] {
        assert_eq!(place.ok(&format!("tap {topic} --from start --log disk:log")), "", "{topic}");
    }
}

#[test]
fn mistakes_are_told_in_one_line() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder")).unwrap();
    place.write("no.csv", "a,b\n1,2\n");
    let mut told = String::new();
    for source in [
        "replay:missing.jsonl",
        "replay:folder",
        "replay:no.csv",
        "replai:posts.jsonl",
        "posts.jsonl",
        "replay:no.csv?sped=60",
        "replay:no.csv?speed=fast",
        "synthetic:?rate=-1",
    ] {
        let error = place.run(&format!("{RUN} {source}")).bad(&place);
        assert_eq!(error.lines().count(), 1, "{error}");
        told += &error;
    }
    expect![[r#"
        goshawk: there is no file missing.jsonl; check the path (it counts from the current folder)
        goshawk: folder is a folder; name one file in it
        goshawk: no.csv: no column for the text among a, b; say which one it is with columns=text:NAME
        goshawk: no source is called `replai:` (did you mean `replay`?); there are cascades:, replay:, stdin:, synthetic:, tweetoscope:
        goshawk: `posts.jsonl` is no source: write replay:FILE, stdin: or synthetic: (for a file: replay:posts.jsonl)
        goshawk: replay: has no option `sped` (did you mean `speed`?); it has speed, restamp, loop, format, encoding, columns
        goshawk: replay: option speed=fast is not right: write max, or a number above 0 such as 1 or 60
        goshawk: synthetic: option rate=-1 is not right: write posts a second, or max
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_row_with_too_few_columns_is_refused_alone() {
    let place = Place::new();
    place.write(
        "rows.csv",
        "id,time,text,user\n1,2024-05-01 10:00:00,one,ann\n2,2024-05-01\n3,2024-05-01 10:00:02,\"thr\nee\",bob\n",
    );
    place.ok(&format!("{RUN} replay:rows.csv?speed=max"));
    assert_eq!(ids(&place.tap("posts --log disk:log")), ["1", "3"]);
    expect![[r#"
        replay:rows.csv: too few columns: 2 where at least 4 are needed (replay:rows.csv?format=csv&columns=id:1,time:2,text:3,user:4&delimiter=,&network=csv, at 48)
        1 rejected in all
    "#]].assert_eq(&refusals(&place));
}

fn packed(ids: std::ops::Range<u64>) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    for id in ids {
        writeln!(packer, "{}", post(id, "10:00:00", "ann")).unwrap();
    }
    packer.finish().unwrap()
}

#[test]
fn what_can_be_read_of_a_damaged_file_counts() {
    let cut = packed(0..20_000);
    let cut = cut[..cut.len() * 6 / 10].to_vec();
    let strange = [packed(0..500), b"this is no gzip at all".to_vec()].concat();
    for (name, content, least) in [("cut.jsonl.gz", cut, 8_000), ("strange.jsonl.gz", strange, 500)] {
        let place = Place::new();
        place.write(name, content);
        place.ok(&format!("{RUN} replay:{name}?speed=max"));
        let found = place.tap("posts --log disk:log");
        let ids: BTreeSet<u64> = found.iter().map(|post| post["id"].as_str().unwrap().parse().unwrap()).collect();
        assert!(ids.len() >= least, "{name}: {}", ids.len());
        assert_eq!((found.len() as u64, ids.last()), (ids.len() as u64, Some(&(ids.len() as u64 - 1))), "{name} has gaps");
        assert_eq!(place.tap("rejected --log disk:log").len(), 1, "{name}: {}", refusals(&place));
    }
}

/// Two that are refused for their length alone, in the middle of three that are not.
fn with_long_ones() -> Place {
    let place = Place::new().set("ingest.max_record", "400");
    let long = |id, clock| post(id, clock, "ann").replace("post ", &"long ".repeat(80));
    let lines = [
        post(1, "10:00:00", "ann"),
        long(2, "10:00:10"),
        post(3, "10:00:20", "ann"),
        long(4, "10:00:30"),
        post(5, "11:00:00", "ann"),
    ];
    place.write("long.jsonl", lines.join("\n"));
    place.ok(&format!("{RUN} replay:long.jsonl?speed=max"));
    assert_eq!(ids(&place.tap("posts --log disk:log")), ["1", "3", "5"]);
    place
}

#[test]
fn a_refused_record_gets_another_chance() {
    let place = with_long_ones();
    let refused = place.tap("rejected --log disk:log --meta");
    let number = format!("{}-{}", refused[0]["partition"], refused[0]["offset"]);
    let said = place.ok(&format!("rejected replay {number} --log disk:log"));
    assert_eq!(said, "1 posts appended from 1 records; 0 still not readable\n");
    assert_eq!(ids(&place.tap("posts --log disk:log")), ["1", "2", "3", "5"]);
    place.ok(&format!("{RUN} replay:long.jsonl?speed=max"));
    let late = place.tap("late --log disk:log").into_iter().filter(|late| late["by"] == "locate").count();
    assert_eq!(place.tap("sightings --log disk:log").len() + late, 4);
    let windows: Vec<String> =
        place.tap("counts --log disk:log").iter().map(|row| format!("{} {}", row["city"], row["start"])).collect();
    let distinct: BTreeSet<&String> = windows.iter().collect();
    assert_eq!(windows.len(), distinct.len(), "a closed window was counted again: {windows:?}");
}

#[test]
fn a_refused_record_gets_another_chance_through_the_process_that_runs() {
    let place = with_long_ones();
    let mut process = place.start("run --log disk:log --source replay:long.jsonl?speed=max --listen 127.0.0.1:0");
    process.page();
    let said = place.ok("rejected replay all --log disk:log");
    assert_eq!(said, "2 posts appended from 2 records; 0 still not readable\n");
    assert_eq!(ids(&place.tap("posts --log disk:log")), ["1", "2", "3", "4", "5"]);
}

#[test]
fn what_is_still_unreadable_stays_refused() {
    let place = Place::new();
    place.write("broken.jsonl", format!("{}\n{{\"data\":7}}\nnonsense\n", post(1, "10:00:00", "ann")));
    place.ok(&format!("{RUN} replay:broken.jsonl?speed=max"));
    let ended = place.run("rejected replay all --log disk:log");
    assert_eq!(ended.status.code(), Some(1));
    expect![[r#"
        0 posts appended from 2 records; 2 still not readable
        NUMBER: still not readable: `data` is no object: 7
        NUMBER: still not readable: no JSON: expected ident at line 1 column 2
        goshawk: nothing could be read
    "#]]
    .assert_eq(&unnumbered(&(ended.out + &ended.err)));
    assert_eq!(place.tap("posts --log disk:log").len(), 1);
    expect![[r#"
        goshawk: there is no rejected record 9-9; `goshawk rejected ls` lists them
    "#]]
    .assert_eq(&place.run("rejected show 9-9 --log disk:log").bad(&place));
}

#[test]
fn a_second_copy_stays_refused_when_all_are_replayed() {
    let place = Place::new();
    place.write("twice.jsonl", format!("{0}\n{0}\n", post(1, "10:00:00", "ann")));
    place.ok(&format!("{RUN} replay:twice.jsonl?speed=max"));
    let ended = place.run("rejected replay all --log disk:log");
    expect![[r#"
        NUMBER: stays out: the first copy of it is among the posts
        0 posts appended from 1 records; 0 still not readable
    "#]]
    .assert_eq(&unnumbered(&(ended.err + &ended.out)));
    assert_eq!(place.tap("posts --log disk:log").len(), 1, "a post stands there twice");
}

fn refused(place: &Place, line: &str, expected: Expect) {
    expected.assert_eq(&place.run(line).bad(place));
}

#[test]
fn a_log_belongs_to_one_process() {
    let place = Place::new();
    let mut first = place.start("run --log disk:log --source synthetic: --listen 127.0.0.1:0");
    first.page();
    let error = place.run(&format!("{RUN} synthetic:")).bad(&place);
    expect![[r#"
        goshawk: the log at log is in use by process PID; stop it first, or use another folder (--log disk:PATH)
    "#]]
    .assert_eq(&error.replace(&first.id().to_string(), "PID"));
    assert!(first.kill());
    let mut hidden = place.start("run --log disk:log --source synthetic: --listen off");
    std::thread::sleep(Duration::from_secs(1));
    assert!(!hidden.has_ended(), "a killed process leaves a log that opens");
    let error = place.run("tap posts --log disk:log --from start").bad(&place);
    expect![[r#"
        goshawk: the log at log is in use by process PID; stop it first, or use another folder (--log disk:PATH)
    "#]]
    .assert_eq(&error.replace(&hidden.id().to_string(), "PID"));
}

#[test]
fn a_folder_that_is_no_log_is_left_alone() {
    let place = Place::new();
    std::fs::create_dir(place.path("letters")).unwrap();
    place.write("letters/dear.txt", "dear");
    refused(
        &place,
        "run --log disk:letters --drain --listen off --source synthetic:",
        expect![[r#"
        goshawk: letters is not empty and holds no log; name a new folder for the log
    "#]],
    );
    refused(
        &place,
        "tap posts --log disk:letters --from start",
        expect![[r#"
        goshawk: there is no log at letters
    "#]],
    );
    refused(
        &place,
        "tap posts --log disk:nowhere --from start",
        expect![[r#"
        goshawk: there is no log at nowhere
    "#]],
    );
    std::fs::create_dir(place.path("old")).unwrap();
    place.write("old/FORMAT", "goshawk log 0\n");
    refused(
        &place,
        "run --log disk:old --drain --listen off --source synthetic:",
        expect![[r#"
        goshawk: the log at old says 'goshawk log 0', and this version reads 'goshawk log, format 3'; use the version of goshawk that wrote it, or another folder
    "#]],
    );
    refused(
        &place,
        "run --log tape:x --drain --listen off --source synthetic:",
        expect![[r#"
        goshawk: 'tape:x' is no log; known are memory:, disk:PATH and kafka://HOST:PORT
    "#]],
    );
    assert_eq!(std::fs::read_dir(place.path("letters")).unwrap().filter(is_kept).count(), 1);
}

fn is_kept(file: &std::io::Result<std::fs::DirEntry>) -> bool {
    file.as_ref().unwrap().file_name() != "LOCK"
}

#[test]
fn a_stop_in_the_middle_is_no_end() {
    let place = Place::new();
    let second = |n: u64| format!("10:{:02}:{:02}", n / 60, n % 60);
    let lines: Vec<String> = (0..1200).map(|n| post(n, &second(n / 2), &format!("p{}", n % 37))).collect();
    place.write("posts.jsonl", lines.join("\n"));
    let run = "run --drain --listen off --source replay:posts.jsonl";
    place.ok(&format!("{run}?speed=max --log disk:straight"));
    let mut stops = 0;
    for after in [300, 1500, 700] {
        let mut process = place.start(&format!("{run}?speed=150 --log disk:stopped"));
        std::thread::sleep(Duration::from_millis(after));
        assert!(!process.has_ended());
        process.terminate();
        let begun = Instant::now();
        process.ended(Duration::from_secs(5)).good();
        stops += 1;
        println!("stop {stops} took {:?}", begun.elapsed());
    }
    let posts = place.tap("posts --log disk:stopped").len();
    assert!((1..1200).contains(&posts), "{posts} posts by the last stop");
    place.ok(&format!("{run}?speed=150 --log disk:stopped"));
    for topic in ["counts", "posts"] {
        let lines = |log: &str| {
            let text = place.ok(&format!("tap {topic} --from start --log disk:{log}"));
            let mut lines: Vec<String> = json_lines(&text).iter().map(Value::to_string).collect();
            lines.sort();
            lines
        };
        assert!(lines("straight") == lines("stopped"), "{topic} differ");
    }
}
