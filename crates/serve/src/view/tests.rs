use super::*;
use crate::testing::{MINUTE_MS, counts, end};

fn bounds(history_ms: i64, rows: usize) -> View {
    View::new(Bounds { history_ms, rows })
}

fn view(rows: &[(&str, i64, u64)]) -> View {
    let mut view = bounds(60 * MINUTE_MS, 1000);
    for (city, minute, posts) in rows {
        view.insert(&counts(city, *minute, *posts));
    }
    view
}

fn shown(windows: &[Window]) -> Vec<String> {
    windows.iter().map(|w| format!("{} {} {}", w.end.millis() / MINUTE_MS, w.city, w.posts)).collect()
}

fn all(view: &View) -> Vec<String> {
    shown(&view.windows(None, Timestamp::MIN, Timestamp::MAX, 1000).0)
}

fn top(view: &View, by: Measure, n: usize, minutes: i64) -> Vec<String> {
    let rows = view.top(&Top { by, n, last_ms: minutes * MINUTE_MS, trend: 0 });
    rows.iter().map(|row| format!("{} {} {} {}", row.city, row.posts, row.reposts, row.people)).collect()
}

#[test]
fn windows_come_by_end_and_city_whatever_order_they_went_in() {
    let view = view(&[("Oslo", 3, 5), ("Oslo", 1, 1), ("Bergen", 3, 2), ("Oslo", 2, 3)]);
    assert_eq!(all(&view), ["1 Oslo 1", "2 Oslo 3", "3 Bergen 2", "3 Oslo 5"]);
    let (some, truncated) = view.windows(None, end(1), end(2), 10);
    assert_eq!((shown(&some), truncated), (vec!["2 Oslo 3".to_owned()], false));
}

#[test]
fn the_limit_keeps_the_newest_and_says_so() {
    let view = view(&[("A", 1, 1), ("A", 2, 2), ("B", 2, 3), ("A", 3, 4)]);
    for (city, limit, expected, truncated) in [
        (None, 4, vec!["1 A 1", "2 A 2", "2 B 3", "3 A 4"], false),
        (None, 3, vec!["2 A 2", "2 B 3", "3 A 4"], true),
        (None, 2, vec!["2 B 3", "3 A 4"], true),
        (None, 0, vec![], true),
        (Some("A"), 3, vec!["1 A 1", "2 A 2", "3 A 4"], false),
        (Some("A"), 1, vec!["3 A 4"], true),
        (Some("C"), 1, vec![], false),
    ] {
        let (windows, more) = view.windows(city, Timestamp::MIN, Timestamp::MAX, limit);
        assert_eq!((shown(&windows), more), (expected.into_iter().map(str::to_owned).collect(), truncated), "{city:?} {limit}");
    }
}

#[test]
fn a_period_that_ends_before_it_begins_is_empty() {
    let view = view(&[("A", 1, 1), ("A", 2, 2)]);
    assert!(view.windows(None, end(2), end(1), 10).0.is_empty());
    assert!(view.windows(Some("A"), end(2), end(1), 10).0.is_empty());
}

#[test]
fn a_window_told_again_takes_the_place_of_the_first() {
    let view = view(&[("Oslo", 1, 1), ("Bergen", 1, 2), ("Oslo", 1, 4)]);
    assert_eq!(all(&view), ["1 Bergen 2", "1 Oslo 4"]);
    assert_eq!(view.rows(), 2);
    assert_eq!(view.window(end(1), 1).unwrap().0.posts, 6);
}

#[test]
fn the_oldest_go_by_time_and_do_not_come_back() {
    let mut view = bounds(2 * MINUTE_MS, 1000);
    for (city, minute) in [("A", 1), ("B", 1), ("A", 2), ("A", 3), ("B", 1), ("B", 4)] {
        view.insert(&counts(city, minute, 1));
    }
    assert_eq!(all(&view), ["3 A 1", "4 B 1"]);
    assert_eq!((view.rows(), view.dropped()), (2, 4));
}

#[test]
fn the_oldest_go_by_number_but_the_newest_end_stays_whole() {
    let mut view = bounds(60 * MINUTE_MS, 3);
    for (city, minute) in [("A", 1), ("B", 1), ("A", 2), ("B", 2), ("A", 1)] {
        view.insert(&counts(city, minute, 1));
    }
    assert_eq!(all(&view), ["2 A 1", "2 B 1"]);
    for city in ["C", "D", "E"] {
        view.insert(&counts(city, 2, 1));
    }
    assert_eq!(view.rows(), 5);
}

#[test]
fn a_city_that_is_gone_leaves_its_place_to_another() {
    let mut view = bounds(MINUTE_MS, 1000);
    for (minute, city) in (1..).zip(["A", "B", "C", "D", "A"]) {
        view.insert(&counts(city, minute, 1));
    }
    assert_eq!(all(&view), ["5 A 1"]);
    assert!(view.cities.len() <= 2, "{:?}", view.cities);
    assert_eq!(view.cities(10).0.len(), 1);
}

#[test]
fn what_makes_no_window_is_not_taken() {
    let mut view = view(&[]);
    assert!(!view.insert(&counts(&"x".repeat(CITY_BYTES + 1), 1, 1)));
    assert!(!view.insert(&Counts { start: end(1), ..counts("A", 1, 1) }));
    assert_eq!((view.rows(), view.dropped(), view.newest()), (0, 2, None));
}

#[test]
fn the_busiest_are_summed_and_equal_ones_go_by_name() {
    let view = view(&[("B", 1, 4), ("B", 2, 6), ("A", 2, 10), ("C", 1, 20), ("D", 2, 1)]);
    assert_eq!(top(&view, Measure::Posts, 3, 2), ["C 20 10 7", "A 10 5 7", "B 10 5 6"]);
    assert_eq!(top(&view, Measure::Posts, 3, 1), ["A 10 5 7", "B 6 3 6", "D 1 0 1"]);
    assert_eq!(top(&view, Measure::People, 2, 1), ["A 10 5 7", "B 6 3 6"]);
    assert_eq!(top(&view, Measure::Reposts, 0, 1), [""; 0]);
}

#[test]
fn overlapping_windows_count_once() {
    let mut view = bounds(24 * 60 * MINUTE_MS, 1000);
    // Windows of three minutes, one each minute; each minute has one post, so each window has three.
    for minute in 3..=12 {
        view.insert(&Counts { start: end(minute - 3), ..counts("A", minute, 3) });
    }
    assert_eq!(top(&view, Measure::Posts, 1, 9), ["A 9 3 3"]);
    assert_eq!(top(&view, Measure::Posts, 1, 1), ["A 3 1 3"]);
    let trend = view.top(&Top { by: Measure::Posts, n: 1, last_ms: 9 * MINUTE_MS, trend: 3 });
    assert_eq!(trend[0].trend, [3, 3, 3]);
}

#[test]
fn tiles_step_over_what_is_missing() {
    let mut view = bounds(24 * 60 * MINUTE_MS, 1000);
    for minute in [4, 5, 6, 10, 11, 12] {
        view.insert(&Counts { start: end(minute - 3), ..counts("A", minute, 3) });
    }
    assert_eq!(view.tiles(end(0)), [end(12), end(6)]);
}

#[test]
fn a_line_is_thinned_at_the_same_places_as_it_grows() {
    let mut view = view(&[]);
    let ends = |view: &View| -> Vec<i64> {
        view.series(None, 60 * MINUTE_MS, 10).windows.iter().map(|w| w.end.millis() / MINUTE_MS).collect()
    };
    for minute in 1..=38 {
        view.insert(&counts("A", minute, 1));
    }
    assert_eq!(ends(&view), [4, 8, 12, 16, 20, 24, 28, 32, 36, 38]);
    view.insert(&counts("A", 39, 1));
    assert_eq!(ends(&view), [4, 8, 12, 16, 20, 24, 28, 32, 36, 39]);
}

#[test]
fn a_city_without_a_window_had_nothing_where_others_had() {
    let view = view(&[("A", 1, 5), ("B", 2, 7), ("A", 4, 3), ("B", 4, 1)]);
    let line = |city| -> Vec<(i64, u64)> {
        let windows = view.series(city, 10 * MINUTE_MS, 100).windows;
        windows.iter().map(|w| (w.end.millis() / MINUTE_MS, w.posts)).collect()
    };
    assert_eq!(line(Some("A")), [(1, 5), (2, 0), (4, 3)]);
    assert_eq!(line(None), [(1, 5), (2, 7), (4, 4)]);
    assert_eq!(line(Some("nowhere")), [(1, 0), (2, 0), (4, 0)]);
    assert_eq!(view.series(None, 10 * MINUTE_MS, 100).hop_ms, Some(MINUTE_MS));
}

#[test]
fn an_empty_view_answers() {
    let view = view(&[]);
    assert!(all(&view).is_empty() && top(&view, Measure::Posts, 5, 60).is_empty());
    assert_eq!(view.series(None, 1, 1), Series::default());
    assert_eq!(view.ends_from(Timestamp::MIN, 5), (vec![], 0));
    assert!(view.window(end(1), 5).is_none());
}
