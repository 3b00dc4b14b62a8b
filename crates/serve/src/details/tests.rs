use super::*;
use crate::testing::{Heap, cascades::*, end};
use flow::Format;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn until(posts: usize, records: usize) -> Until {
    Until { end: None, posts, records, deadline: Instant::now() + Duration::from_secs(60) }
}

fn ids(found: &Posts) -> Vec<String> {
    let json = serde_json::to_value(&found.posts).unwrap();
    json.as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap().to_owned()).collect()
}

/// A post a second for ten hours, of a hundred cascades in turn, in blocks of 1 to 50, with gaps and heartbeats between.
fn busy() -> Arc<Heap> {
    let log = Heap::with_cascades(Format::Compact, 1);
    let mut second = 0;
    for block in 0.. {
        let last = (second + 1 + block % 50).min(36_000);
        log.send((second..last).map(|second| {
            let root = format!("c{}", second % 100 + 100 * (second / 1000));
            (Timestamp::from_seconds(second), post(&format!("{root}-{second}"), &root, second, "words"))
        }));
        if block % 3 == 0 {
            log.pass_over("posts", 1 + u32::try_from(block % 7).unwrap() * 100);
        }
        second = last;
        if second == 36_000 {
            return log;
        }
    }
    log
}

#[test]
fn posts_are_found_by_time_without_reading_what_came_before() {
    let log = busy();
    log.forget_reads();
    let found = posts(&*log, "c3042", Timestamp::from_seconds(30_042), until(4, 100_000)).unwrap();
    assert_eq!((ids(&found).join(" "), found.stopped_early), ("c3042-30042 c3042-30142 c3042-30242 c3042-30342".into(), false));
    assert!(log.reads() < 60, "{} reads", log.reads());
    // All that there are, when it is known when the last came.
    let ended = Until { end: Some(Timestamp::from_seconds(30_942)), ..until(50, 3_000) };
    let found = posts(&*log, "c3042", Timestamp::from_seconds(30_042), ended).unwrap();
    assert_eq!((found.posts.len(), found.stopped_early), (10, false));
}

#[test]
fn a_search_that_takes_too_long_says_so() {
    let log = busy();
    let start = Timestamp::from_seconds(30_042);
    let found = posts(&*log, "c3042", start, until(50, 300)).unwrap();
    assert_eq!((found.posts.len(), found.stopped_early), (2, true));
    let late = Until { deadline: Instant::now().checked_sub(Duration::from_secs(1)).unwrap(), ..until(50, 300) };
    assert_eq!(posts(&*log, "c3042", start, late).unwrap(), Posts { posts: vec![], stopped_early: true });
    // Without the topic, without records, and of a time that nothing is of.
    assert_eq!(posts(&*Heap::new(Format::Json), "a", start, until(5, 5)).unwrap(), Posts::default());
    assert_eq!(posts(&*Heap::with_cascades(Format::Json, 3), "a", start, until(5, 5)).unwrap(), Posts::default());
    assert_eq!(posts(&*log, "a", Timestamp::MAX, until(5, 5)).unwrap(), Posts::default());
}

#[test]
fn what_was_taken_back_is_not_shown() {
    let log = Heap::with_cascades(Format::Json, 4);
    let gone = domain::Post { root: "a".into(), ..domain::Post::deletion("x".into(), "a-1".into(), end(1)) };
    log.send([(end(0), post("a", "a", 0, "first")), (end(0), post("a-1", "a", 1, "second")), (end(1), gone)]);
    assert_eq!(ids(&posts(&*log, "a", end(0), until(5, 50)).unwrap()), ["a"]);
}

#[test]
fn a_curve_is_thinned_and_keeps_its_ends() {
    for (events, points) in [(1, 2), (2, 3), (498, 499), (499, 251), (10_000, 479)] {
        let curve = Curve::new(&series("a", Some(600), events)).unwrap();
        assert_eq!((curve.points.len(), curve.points[0]), (points, [0, 1]), "{events}");
        assert!(curve.points.len() <= POINTS && curve.points.is_sorted(), "{events}");
        assert_eq!(curve.points.last().unwrap(), &[600_000, events]);
        assert!(curve.points.contains(&[10 * (events - 1), events]));
    }
    assert_eq!(Curve::new(&series("a", None, 5)), None);
}

#[test]
fn a_record_that_is_gone_or_anothers_is_none() {
    let log = Heap::with_cascades(Format::Compact, 1);
    log.send([(end(10), series("a", Some(600), 5)), (end(10), series("b", Some(600), 5))]);
    log.pass_over("series", 5);
    log.send([(end(20), series("a", Some(1200), 9))]);
    let at = |offset, key| curve(&*log, key, Place { partition: 0, offset }).unwrap().map(|curve| curve.window_s);
    assert_eq!((at(0, "a"), at(1, "b"), at(1, "a"), at(7, "a")), (Some(600), Some(600), None, Some(1200)));
    assert_eq!((at(3, "a"), at(99, "a")), (None, None));
    log.retain("series", 0, 1);
    assert_eq!((at(0, "a"), at(7, "a")), (None, Some(1200)));
}
