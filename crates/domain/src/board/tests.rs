use super::*;
use crate::Bucket;
use expect_test::expect;

fn prediction(cascade: &str, window_s: u32, predicted: f64) -> Prediction<'_> {
    let (network, text, start) = ("x".into(), "words".into(), Timestamp::from_seconds(60));
    let (low, high) = (Some(predicted / 2.0), Some(predicted * 2.0));
    Prediction { cascade: cascade.into(), network, start, window_s, observed: 12, predicted, low, high, model: 3, text }
}

fn size(cascade: &str, size: u64) -> Size<'_> {
    let (start, end) = (Timestamp::from_seconds(60), Timestamp::from_seconds(9_000));
    Size { cascade: cascade.into(), network: "x".into(), size, reach: 0, start, end }
}

fn names<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<&'a str> {
    rows.map(|row| &*row.cascade).collect()
}

#[test]
fn the_largest_lead_until_they_have_ended() {
    let mut board = Board::new(3);
    for (cascade, predicted) in [("a", 20.0), ("b", 300.0), ("c", 45.5), ("d", 7.0)] {
        board.predicted(&prediction(cascade, 600, predicted));
    }
    assert_eq!(names(board.leaders(9)), ["b", "c", "a"]);
    board.predicted(&prediction("a", 1200, 500.0));
    assert_eq!(names(board.leaders(2)), ["a", "b"]);
    board.ended(&size("b", 240));
    assert_eq!((names(board.leaders(9)), names(board.finished(9))), (vec!["a", "c"], vec!["b"]));
    assert_eq!(board.row("b").unwrap().forecasts[0].are(240), 0.25);
}

#[test]
fn a_size_that_comes_before_the_prediction_ends_it() {
    let mut board = Board::new(3);
    board.ended(&size("a", 9));
    board.predicted(&prediction("a", 600, 20.0));
    assert_eq!((names(board.leaders(9)), names(board.finished(9))), (vec![], vec!["a"]));
}

#[test]
fn it_stays_small_whatever_comes() {
    let mut board = Board::new(10);
    for number in 0..1_000 {
        let name = number.to_string();
        board.predicted(&prediction(&name, 600, f64::from(number % 77)));
        if number % 3 == 0 {
            board.ended(&size(&name, 9));
        }
        board.ended(&size(&format!("unknown-{number}"), 9));
    }
    board.predicted(&prediction(&"x".repeat(300), 600, 1e9));
    board.predicted(&prediction("nan", 600, f64::NAN));
    assert_eq!((board.len(), board.early.sizes.len(), names(board.leaders(99)).len()), (20, 100, 10));
    assert_eq!((board.early.order.len(), board.seen.len(), board.open.len()), (100, 10, 10));
    assert!(board.leaders(99).all(|row| row.cascade.parse::<u32>().unwrap() % 3 > 0));
    (1..99).for_each(|window_s| board.predicted(&prediction("998", window_s, 1e6)));
    assert_eq!(board.row("998").unwrap().forecasts.len(), FORECASTS);
}

#[test]
fn who_is_not_heard_of_for_more_than_a_week_goes_on_no_more() {
    let mut board = Board::new(10);
    board.predicted(&prediction("old", 600, 99.0));
    let start = Timestamp::from_seconds(60 + 9 * 86_400);
    board.predicted(&Prediction { start, ..prediction("new", 600, 9.0) });
    assert_eq!((names(board.leaders(9)), board.len()), (vec!["new"], 1));
}

#[test]
fn it_reads_as_metrics() {
    let mut board = Board::new(10);
    board.predicted(&prediction("17", 600, 20.0));
    board.predicted(&prediction("a \"quoted\"\nname", 600, 9.0));
    board.predicted(&prediction("18", 600, 8.0));
    let histogram = vec![Bucket { most: 0.1, errors: 1 }, Bucket { most: 0.5, errors: 3 }];
    let (window, over, newest) = ("600".into(), 4, 0.25);
    board.measured(&Accuracy { window, errors: 4, sum: 2.5, histogram, newest, over, mean: 0.625, median: 0.3, coverage: 0.75 });
    let text = [board.accuracy_metrics(), board.cascade_metrics(2), board.alert_metrics()].concat();
    expect![[r##"
        # HELP ARE_600 Absolute relative error
        # TYPE ARE_600 gauge
        ARE_600 0.25
        # HELP goshawk_are Absolute relative errors of predictions
        # TYPE goshawk_are histogram
        goshawk_are_bucket{window="600",le="0.1"} 1
        goshawk_are_bucket{window="600",le="0.5"} 3
        goshawk_are_bucket{window="600",le="+Inf"} 4
        goshawk_are_sum{window="600"} 2.5
        goshawk_are_count{window="600"} 4
        # HELP goshawk_are_mean Mean absolute relative error of late
        # TYPE goshawk_are_mean gauge
        goshawk_are_mean{window="600"} 0.625
        # HELP goshawk_are_median Median absolute relative error of late
        # TYPE goshawk_are_median gauge
        goshawk_are_median{window="600"} 0.3
        # HELP goshawk_interval_coverage Share of cascades of late that came to a size within the predicted interval, which should be 0.8
        # TYPE goshawk_interval_coverage gauge
        goshawk_interval_coverage{window="600"} 0.75
        # HELP n_tot Tweet popularity prediction
        # TYPE n_tot gauge
        n_tot{tweet="17",obs="600"} 20
        n_tot{tweet="a \"quoted\"\nname",obs="600"} 9
        # HELP goshawk_cascade_low The cascade will be smaller with a probability of 10 %
        # TYPE goshawk_cascade_low gauge
        goshawk_cascade_low{tweet="17",obs="600"} 10
        goshawk_cascade_low{tweet="a \"quoted\"\nname",obs="600"} 4.5
        # HELP goshawk_cascade_high The cascade will be larger with a probability of 10 %
        # TYPE goshawk_cascade_high gauge
        goshawk_cascade_high{tweet="17",obs="600"} 40
        goshawk_cascade_high{tweet="a \"quoted\"\nname",obs="600"} 18
        # HELP goshawk_cascade_observed Posts of the cascade when it was looked at
        # TYPE goshawk_cascade_observed gauge
        goshawk_cascade_observed{tweet="17",obs="600"} 12
        goshawk_cascade_observed{tweet="a \"quoted\"\nname",obs="600"} 12
    "##]]
    .assert_eq(&text);
}
