use super::*;
use expect_test::{Expect, expect};
use flow::driver::{Driver, lines};
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = 60_000;

fn stage() -> Count {
    Count { windower: Hopping::new(3 * MINUTE, MINUTE).unwrap() }
}

fn sighting(city: &str, person: &str, repost: bool) -> Sighting<'static> {
    Sighting { city: city.to_owned().into(), network: "x".into(), person: person.to_owned().into(), repost }
}

/// `minute.tenth city person [r]` a line, `-- minute` moves the watermark, `end` ends the stream.
fn run(driver: &mut Driver<Count>, table: &str, crash: bool) -> Vec<String> {
    let (mut waiting, mut all) = (vec![], vec![]);
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = |text: &str| Timestamp::from_millis((text.parse::<f64>().unwrap() * MINUTE as f64) as i64);
        let watermark = match words[..] {
            ["--", minute] => at(minute),
            ["end"] => Timestamp::MAX,
            [time, city, person, ref repost @ ..] => {
                waiting.push((at(time), sighting(city, person, !repost.is_empty())));
                continue;
            }
            _ => panic!("{line}"),
        };
        all.extend(lines(&driver.feed("test", &std::mem::take(&mut waiting), watermark)));
        if crash {
            driver.crash();
        }
    }
    all
}

/// Minutes for times, to keep the tables readable.
fn short(line: &str) -> String {
    let Some(json) = line.strip_prefix("counts ") else { return line.split(" {").next().unwrap().to_owned() };
    let counts: Counts<'_> = flow::Format::Json.decode(json.split_once(' ').unwrap().1.as_bytes()).unwrap();
    let minute = |time: Timestamp| time.millis() / MINUTE;
    let Counts { city, start, end, posts, reposts, people } = &counts;
    format!("{city} {}..{} posts {posts} reposts {reposts} people {people}", minute(*start), minute(*end))
}

fn check(table: &str, expected: Expect) {
    let stage = stage();
    for crash in [false, true] {
        let mut driver = Driver::new(stage, &["sightings/test"], &["counts", "late", "rejected"]);
        let lines: Vec<String> = run(&mut driver, table, crash).iter().map(|line| short(line)).collect();
        expected.assert_eq(&lines.join("\n"));
    }
}

#[test]
fn a_person_counts_once_a_window_and_city() {
    check(
        "10.0 oslo ann
         10.5 oslo ann r
         10.9 rome ann
         11.0 oslo bob
         -- 11
         11.9 oslo ann
         -- 13
         13.5 oslo cyd
         -- 20",
        expect![[r#"
            oslo 8..11 posts 2 reposts 1 people 1
            rome 8..11 posts 1 reposts 0 people 1
            oslo 9..12 posts 4 reposts 1 people 2
            rome 9..12 posts 1 reposts 0 people 1
            oslo 10..13 posts 4 reposts 1 people 2
            rome 10..13 posts 1 reposts 0 people 1
            oslo 11..14 posts 3 reposts 0 people 3
            oslo 12..15 posts 1 reposts 0 people 1
            oslo 13..16 posts 1 reposts 0 people 1"#]],
    );
}

#[test]
fn late_records_are_kept_away_from_closed_windows() {
    check(
        "10.5 oslo ann
         -- 12
         11.9 oslo bob
         12.0 oslo cyd
         -- 12
         end",
        expect![[r#"
            oslo 8..11 posts 1 reposts 0 people 1
            oslo 9..12 posts 1 reposts 0 people 1
            late count
            oslo 10..13 posts 2 reposts 0 people 2
            oslo 11..14 posts 1 reposts 0 people 1
            oslo 12..15 posts 1 reposts 0 people 1"#]],
    );
}

#[test]
fn the_end_closes_everything_and_forgets_it() {
    let stage = stage();
    let mut driver = Driver::new(stage, &["sightings/test"], &["counts", "late", "rejected"]);
    run(&mut driver, "10 oslo ann\n 11 rome bob\n -- 10.5", false);
    assert!(driver.entries() > 2);
    run(&mut driver, "end", false);
    assert_eq!(driver.entries(), 1, "only the watermarks stay");
}

#[test]
fn after_an_end_a_new_source_goes_on_and_reopens_nothing() {
    let stage = stage();
    let mut driver = Driver::new(stage, &["sightings/test"], &["counts", "late", "rejected"]);
    run(&mut driver, "10 oslo ann\n end", false);
    let new = [
        (Timestamp::from_millis(11 * MINUTE), sighting("oslo", "bob", false)),
        (Timestamp::from_millis(30 * MINUTE), sighting("oslo", "bob", false)),
    ];
    let lines = lines(&driver.feed("second", &new, Timestamp::MAX));
    let lines: Vec<String> = lines.iter().map(|line| short(line)).collect();
    assert_eq!(
        lines,
        [
            "oslo 28..31 posts 1 reposts 0 people 1",
            "oslo 29..32 posts 1 reposts 0 people 1",
            "oslo 30..33 posts 1 reposts 0 people 1",
            "late count"
        ]
    );
}

/// Against the definition: for each window, the records in it and the distinct people among them.
#[test]
fn agrees_with_the_definition_on_random_streams_with_crashes() {
    for seed in 0..300_u64 {
        let mut random = seed;
        let mut next = |bound: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % bound
        };
        let stage = stage();
        let mut driver = Driver::new(stage, &["sightings/test"], &["counts", "late", "rejected"]);
        let (mut newest, mut watermark, mut records, mut lines_out) = (0, i64::MIN, vec![], vec![]);
        for _ in 0..next(40) + 1 {
            let mut batch = vec![];
            for _ in 0..next(6) {
                let leap = if next(8) == 0 { 400_000 } else { 30_000 };
                newest += next(leap) as i64;
                let time = (newest - next(60_000) as i64).max(watermark);
                let record = (time, ["oslo", "rome"][next(2) as usize], next(4), next(3) == 0);
                batch.push((Timestamp::from_millis(time), sighting(record.1, &record.2.to_string(), record.3)));
                records.push(record);
            }
            watermark = watermark.max(newest - 60_000);
            lines_out.extend(lines(&driver.feed("test", &batch, Timestamp::from_millis(watermark))));
            if next(3) == 0 {
                driver.crash();
            }
        }
        lines_out.extend(lines(&driver.feed::<Sighting<'_>>("test", &[], Timestamp::MAX)));
        let got: BTreeSet<String> = lines_out.iter().map(|line| short(line)).collect();
        assert_eq!(got.len(), lines_out.len(), "seed {seed}: a window came twice");
        assert_eq!(got, defined(&records), "seed {seed}");
    }
}

fn defined(records: &[(i64, &str, u64, bool)]) -> BTreeSet<String> {
    let mut windows: BTreeMap<(&str, i64), (u64, u64, BTreeSet<u64>)> = BTreeMap::new();
    for (time, city, person, repost) in records {
        let pane = time.div_euclid(MINUTE);
        for end in pane + 1..pane + 4 {
            let window = windows.entry((city, end)).or_default();
            window.0 += 1;
            window.1 += u64::from(*repost);
            window.2.insert(*person);
        }
    }
    let line = |((city, end), (posts, reposts, people)): (&(&str, i64), &(u64, u64, BTreeSet<u64>))| {
        format!("{city} {}..{end} posts {posts} reposts {reposts} people {}", end - 3, people.len())
    };
    windows.iter().map(line).collect()
}
