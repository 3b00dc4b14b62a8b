use super::*;
use crate::testing::{Heap, cascades::*, end};
use flow::{Follow, Format};
use std::sync::Arc;

/// All that the log holds of these topics, topic by topic.
fn read(log: &Arc<Heap>, topics: &[&'static str]) -> Standings {
    let mut standings = Standings::default();
    for topic in topics {
        let mut follow = Follow::new(log.clone(), &[(*topic, u64::MAX)]);
        while follow.round(|heard| assert!(standings.take(&heard).is_ok())).unwrap() {}
    }
    standings
}

#[test]
fn it_knows_where_more_of_a_cascade_stands_in_both_formats() {
    for format in [Format::Json, Format::Compact] {
        let log = Heap::with_cascades(format, 1);
        log.send([
            (end(10), series("a", Some(600), 5)),
            (end(10), series("b", Some(600), 5)),
            (end(20), series("a", Some(1200), 9)),
        ]);
        log.send([(end(10), estimate("a", 600)), (end(20), estimate("a", 1200)), (end(21), estimate("a", 600))]);
        // That it has ended has no events, and takes nobody's place.
        log.send([(end(60), series("a", None, 9))]);
        let standings = read(&log, &["series", "estimates"]);
        let at = |offset| Place { partition: 0, offset };
        assert_eq!(standings.places.of("a"), More { series: Some((1200, at(2))), estimates: vec![(600, at(2)), (1200, at(1))] });
        assert_eq!(standings.places.of("unknown"), More::default());
    }
}

#[test]
fn what_is_on_the_board_keeps_its_places_whatever_comes() {
    let log = Heap::with_cascades(Format::Compact, 1);
    log.send([(end(10), prediction("a", 600, 50.0))]);
    log.send([(end(10), series("a", Some(600), 5))]);
    log.send((0..3 * PLACES).map(|number| (end(10), series(&format!("other-{number}"), Some(600), 1))));
    let mut standings = read(&log, &["predictions", "series"]);
    assert_eq!((standings.places.len(), standings.places.of("a").series.is_some()), (PLACES, true));
    assert_eq!(standings.places.of("other-0"), More::default());
    standings.places = Places::new(0);
    assert_eq!(standings.places.of("a"), More::default());
}

#[test]
fn it_is_the_same_whether_sizes_or_predictions_come_first() {
    let log = Heap::with_cascades(Format::Compact, 2);
    log.send([(end(60), size("a", 40))]);
    log.send([(end(10), prediction("a", 600, 50.0)), (end(10), prediction("b", 600, 60.0))]);
    let (early, late) = (read(&log, &["sizes", "predictions"]), read(&log, &["predictions", "sizes"]));
    assert_eq!(early.event(), late.event());
    let event: serde_json::Value = serde_json::from_str(&early.event().unwrap()).unwrap();
    assert_eq!((&event["leaders"][0]["cascade"], &event["ended"][0]["are"]), (&"b".into(), &0.25.into()));
    assert_eq!(
        (&event["ended"][0]["inside"], &event["open"], &event["now"]),
        (&true.into(), &1.into(), &end(60).to_string().into())
    );
}

#[test]
fn a_value_that_does_not_decode_changes_nothing() {
    let log = Heap::with_cascades(Format::Compact, 1);
    for topic in ["predictions", "sizes", "series", "estimates", "accuracies", "alerts"] {
        log.raw(topic, b"a", Some(b"\xff\xff\xff"));
        log.raw(topic, b"a", None);
        let (mut standings, mut broken) = (Standings::default(), 0);
        let mut follow = Follow::new(log.clone(), &[(topic, 9)]);
        follow.round(|heard| broken += u64::from(standings.take(&heard).is_err())).unwrap();
        assert_eq!((broken, standings.board.len()), (1, 0), "{topic}");
    }
}
