use super::*;
use domain::{Author, Kind, Series, Size};
use flow::driver::{Driver, lines};
use flow::{Format, Refused, Timestamp};
use stages::Collect;
use stages::collect::{Rules, Told};
use std::collections::BTreeMap;

/// One post of a random stream.
struct Row {
    source: u64,
    second: i64,
    cascade: String,
    is_repost: bool,
    mark: u64,
}

fn random(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut random = seed;
    move |bound| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    }
}

/// Sources with clocks of their own, which go back now and then.
fn stream(seed: u64) -> Vec<Row> {
    let mut next = random(seed);
    let mut clocks = [0, 100_000, 7];
    let mut rows = vec![];
    for _ in 0..next(200) + 1 {
        let source = next(3);
        let clock = &mut clocks[source as usize];
        *clock += [1, 40, 40, 40, 700, 2500][next(6) as usize].min(next(3000)) as i64;
        let second = (*clock - [0, 0, 0, 30, 90][next(5) as usize]).max(0);
        rows.push(Row { source, second, cascade: format!("c{}", next(5)), is_repost: next(4) > 0, mark: next(1000) });
    }
    rows
}

fn rules() -> Rules {
    let mut rules = Rules::default().with_windows(vec![600, 1200]);
    (rules.least, rules.text) = (2, 6);
    rules
}

fn text(cascade: &str) -> String {
    format!("words of {cascade}")
}

/// What is told, by source and topic, in order.
type Lines = BTreeMap<(u64, &'static str), Vec<String>>;

fn shown(lines: &mut Lines, source: u64, cascade: &str, told: &Told<'_>) {
    let (topic, line) = match told {
        Told::Window { at, window_s, text, start, size, reach, events, .. } => {
            assert_eq!(at.millis_since(*start), i64::from(*window_s) * 1000);
            ("series", format!("{cascade} {start} {window_s} {size} {reach} {events:?} {text}"))
        }
        Told::End { start, end, size, reach, .. } => ("sizes", format!("{cascade} {start} {end} {size} {reach}")),
        Told::Late { repost, .. } => ("late", format!("{}", repost.time)),
        // A stage only counts them.
        Told::Stray(_) => return,
    };
    lines.entry((source, topic)).or_default().push(line);
}

fn ours(rows: &[Row], lateness: i64) -> Lines {
    let mut collector = Collector::new(rules()).with_lateness_ms(lateness * 1000);
    let mut lines = Lines::new();
    for Row { source, second, cascade, is_repost, mark } in rows {
        let (time, text) = (Timestamp::from_seconds(*second), text(cascade));
        let post = Post { source: *source, cascade, time, mark: *mark, is_repost: *is_repost, text: &text };
        collector.add(&post, |source, cascade, told| shown(&mut lines, source, cascade, &told)).unwrap();
    }
    collector.finish(|source, cascade, told| shown(&mut lines, source, cascade, &told));
    assert_eq!(collector.open(), 0);
    lines
}

/// One stage a source, to which every post is a batch that comes after the news of its time.
fn the_stages(rows: &[Row], lateness: i64) -> Lines {
    let (mut drivers, mut newest) = (BTreeMap::new(), BTreeMap::new());
    let mut told = Lines::new();
    for Row { source, second, cascade, is_repost, mark } in rows {
        let topics = &["series", "sizes", "late", "rejected"];
        let driver = drivers.entry(*source).or_insert_with(|| Driver::new(Collect { rules: rules() }, &["posts/test"], topics));
        let newest: &mut i64 = newest.entry(*source).or_default();
        *newest = (*newest).max(*second);
        let (time, watermark) = (Timestamp::from_seconds(*second), Timestamp::from_seconds(*newest - lateness));
        let kind = if *is_repost { Kind::Repost } else { Kind::Original };
        let author = Author { followers: Some(*mark), ..Author::default() };
        let blank = domain::Post::deletion("x".into(), cascade.clone().into(), time);
        let post = domain::Post { kind, author, text: text(cascade).into(), ..blank };
        read(&mut told, *source, &lines(&driver.feed::<domain::Post<'_>>("test", &[], watermark)));
        read(&mut told, *source, &lines(&driver.feed("test", &[(time, post)], watermark)));
    }
    for (source, driver) in &mut drivers {
        read(&mut told, *source, &lines(&driver.feed::<domain::Post<'_>>("test", &[], Timestamp::MAX)));
    }
    told
}

fn read(told: &mut Lines, source: u64, lines: &[String]) {
    for line in lines {
        let (topic, rest) = line.split_once(' ').unwrap();
        let value = rest.split_once(' ').unwrap().1.as_bytes();
        let (topic, line) = match topic {
            "series" => {
                let Series { cascade, start, window_s, size, reach, events, text, .. } = Format::Json.decode(value).unwrap();
                let Some(window_s) = window_s else { continue };
                ("series", format!("{cascade} {start} {window_s} {size} {reach} {events:?} {text}"))
            }
            "sizes" => {
                let Size { cascade, start, end, size, reach, .. } = Format::Json.decode(value).unwrap();
                ("sizes", format!("{cascade} {start} {end} {size} {reach}"))
            }
            // a second first post is late to us and rejected by the stage
            _ => ("late", format!("{}", Format::Json.decode::<Refused>(value).unwrap().time)),
        };
        told.entry((source, topic)).or_default().push(line);
    }
}

#[test]
fn agrees_with_the_stage_on_random_streams() {
    let (mut series, mut late) = (0, 0);
    for seed in 0..400 {
        let lateness = [0, 0, 60, 3000][seed as usize % 4];
        let rows = stream(seed);
        let (mut ours, mut the_stages) = (ours(&rows, lateness), the_stages(&rows, lateness));
        for lines in ours.iter_mut().chain(&mut the_stages).filter(|((_, topic), _)| *topic == "late").map(|(_, lines)| lines) {
            lines.sort(); // the stage has two topics for them
        }
        assert_eq!(ours, the_stages, "seed {seed}");
        series += ours.iter().filter(|((_, topic), _)| *topic == "series").map(|(_, lines)| lines.len()).sum::<usize>();
        late += ours.iter().filter(|((_, topic), _)| *topic == "late").map(|(_, lines)| lines.len()).sum::<usize>();
    }
    assert!(series > 1000 && late > 1000, "streams of {series} series and {late} late posts try little");
}

#[test]
fn an_idle_source_ends_when_its_clock_moves_and_the_others_do_not() {
    let mut alone = rules();
    alone.least = 1;
    let mut collector = Collector::new(alone);
    let mut told = Lines::new();
    let mut tell = |source: u64, cascade: &str, news: Told<'_>| shown(&mut told, source, cascade, &news);
    for source in [1, 2] {
        let post = Post { source, cascade: "a", time: Timestamp::default(), mark: 3, is_repost: false, text: "t" };
        collector.add(&post, &mut tell).unwrap();
    }
    collector.advance(1, Timestamp::from_seconds(1799), &mut tell).unwrap();
    assert_eq!(collector.open(), 2);
    collector.advance(1, Timestamp::from_seconds(1800), &mut tell).unwrap();
    assert_eq!(collector.open(), 1);
    collector.advance(2, Timestamp::MAX, &mut tell).unwrap();
    assert_eq!(
        told.iter().map(|(key, lines)| (*key, lines.len())).collect::<Vec<_>>(),
        [((1, "series"), 2), ((1, "sizes"), 1), ((2, "series"), 2), ((2, "sizes"), 1)]
    );
}

#[test]
fn what_is_wrong_changes_nothing() {
    let mut collector = Collector::new(rules());
    let mut post = Post { source: 1, cascade: "a", time: Timestamp::from_millis(-1), mark: 3, is_repost: false, text: "t" };
    let quiet = |_: u64, _: &str, _: Told<'_>| panic!("nothing to tell");
    assert_eq!(collector.add(&post, quiet), Err(Wrong::Time));
    post.time = Timestamp::MAX;
    assert_eq!(collector.add(&post, quiet), Err(Wrong::Time));
    assert_eq!(collector.advance(1, Timestamp::MIN, quiet), Err(Wrong::Time));
    collector.finish(quiet);
    post.time = Timestamp::default();
    assert_eq!(collector.add(&post, quiet), Err(Wrong::Finished));
    assert_eq!(collector.advance(1, Timestamp::default(), quiet), Err(Wrong::Finished));
    collector.finish(quiet);
}
