use super::*;
use domain::Worth;
use expect_test::expect;
use flow::driver::{Driver, lines};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn post(seconds: i64, kind: Kind) -> (Timestamp, Post<'static>) {
    (at(seconds), Post { kind, ..Post::deletion("x".into(), "7".into(), at(seconds)) })
}

fn score(seconds: i64, output: &'static str, value: Option<Worth<'static>>, shadow: bool) -> (Timestamp, Score<'static>) {
    let said = domain::Said { version: "1".into(), shadow, lang: "en".into(), answer: value.ok_or("language".into()) };
    let post = Post::deletion("x".into(), "7".into(), at(seconds));
    let score = Score::of(&post, output, "a", said);
    let own = Score {
        network: "x".into(),
        post: "7".into(),
        root: "7".into(),
        output: output.into(),
        model: "a".into(),
        version: "1".into(),
        value: score.value.clone().map(Worth::into_owned),
        why: None,
        lang: "en".into(),
        shadow,
        time: score.time,
    };
    (at(seconds), own)
}

fn driver(awaits_scores: bool) -> Driver<Gauging> {
    let producers: &[&str] = if awaits_scores { &["posts/test", "scores/enrich:a/0"] } else { &["posts/test"] };
    Driver::new(Gauging, producers, &["gauges", "late", "rejected"])
}

#[test]
fn ten_seconds_come_to_so_many_posts_and_such_scores() {
    let mut driver = driver(true);
    let kinds = [(1, Kind::Original), (2, Kind::Repost), (3, Kind::Deletion), (4, Kind::Edit), (12, Kind::Reply)];
    let mut told = driver.feed("test", &kinds.map(|(seconds, kind)| post(seconds, kind)), Timestamp::MAX);
    driver.crash();
    let scores = [
        score(1, "mood", Some(Worth::Float(0.5)), false),
        score(2, "mood", Some(Worth::Float(-0.1)), false),
        score(2, "mood", Some(Worth::Float(9.0)), true),
        score(3, "topic", Some(Worth::Text("sport".into())), false),
        score(3, "mood", None, false),
        score(12, "mood", Some(Worth::Integer(1)), false),
        score(13, "mood", Some(Worth::Float(f64::NAN)), false),
    ];
    told.extend(driver.feed("enrich:a/0", &scores, at(11)));
    assert_eq!(lines(&told).len(), 3, "{:?}", lines(&told));
    driver.crash();
    told.extend(driver.feed::<Score<'_>>("enrich:a/0", &[], Timestamp::MAX));
    expect![[r#"
        gauges mood {"of":"mood","start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:00:10.000Z","partition":0,"number":2,"sum":0.4}
        gauges posts {"of":"posts","start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:00:10.000Z","partition":0,"number":1,"sum":0.0}
        gauges records {"of":"records","start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:00:10.000Z","partition":0,"number":2,"sum":0.0}
        gauges mood {"of":"mood","start":"1970-01-01T00:00:10.000Z","end":"1970-01-01T00:00:20.000Z","partition":0,"number":1,"sum":1.0}
        gauges posts {"of":"posts","start":"1970-01-01T00:00:10.000Z","end":"1970-01-01T00:00:20.000Z","partition":0,"number":1,"sum":0.0}
        gauges records {"of":"records","start":"1970-01-01T00:00:10.000Z","end":"1970-01-01T00:00:20.000Z","partition":0,"number":1,"sum":0.0}"#]]
    .assert_eq(&lines(&told).join("\n"));
}

#[test]
fn posts_are_counted_where_nobody_scores_them() {
    let mut driver = driver(false);
    let told = driver.feed("test", &[post(-1, Kind::Original)], Timestamp::MAX);
    assert!(lines(&told)[0].contains(r#""end":"1970-01-01T00:00:00.000Z","partition":0,"number":1"#), "{:?}", lines(&told));
}
