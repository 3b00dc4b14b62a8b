use super::*;
use expect_test::expect;
use flow::driver::{Driver, lines};

/// Samples as a table: seconds, cascade, predicted, low, high, size.
fn told(table: &str, crashes: bool) -> String {
    let stage = Monitor { over: 4, every_ms: 10_000 };
    let mut driver = Driver::new(stage, &["samples/predict/0"], &["accuracies", "late", "rejected"]);
    let mut told = vec![];
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let number = |cell: &str| cell.parse::<f64>().unwrap();
        let time = Timestamp::from_seconds(number(cells[0]) as i64);
        let predicted = [number(cells[2]), number(cells[3]), number(cells[4])];
        let (window, cascade, features) = ("600".into(), cells[1].to_owned().into(), vec![]);
        let size = number(cells[5]) as u64;
        let (beta, n_star, g1, observed, foreseen) = (None, 0.5, 1.0, 5, 6.0);
        let sample = Sample { window, cascade, features, beta, n_star, g1, observed, foreseen, predicted, size };
        told.extend(lines(&driver.feed("predict/0", &[(time, sample)], time)));
        if crashes {
            driver.crash();
        }
    }
    told.extend(lines(&driver.feed::<Sample<'_>>("predict/0", &[], Timestamp::MAX)));
    let words: Vec<String> = told.iter().map(|line| shorter(line)).collect();
    words.join("\n") + "\n"
}

/// The figures of a line, without the histogram.
fn shorter(line: &str) -> String {
    let (head, rest) = line.split_once("\"histogram\":").unwrap();
    let (buckets, tail) = rest.split_once("],").unwrap();
    format!(
        "{head}{} {tail}",
        buckets.split("\"errors\":").skip(1).map(|rest| rest.split('}').next().unwrap()).collect::<Vec<_>>().join(" ")
    )
}

const TABLE: &str = "
    100  a  110  90  120  100
    100  b   50  40   60  100
    104  c  100  90  120  100
    130  d  300 200  400  100
    131  e   75  40  200  100
    131  f   90  40  200  100
    150  g  100  90  120  100
";

#[test]
fn it_keeps_account_of_the_newest_and_a_crash_at_any_moment_changes_nothing() {
    let expected = expect![[r#"
        accuracies 600 {"window":"600","errors":2,"sum":0.6,0 1 1 1 1 1 2 2 2 2 2 2 "newest":0.5,"over":2,"mean":0.3,"median":0.3,"coverage":0.5}
        accuracies 600 {"window":"600","errors":3,"sum":0.6,1 2 2 2 2 2 3 3 3 3 3 3 "newest":0.0,"over":3,"mean":0.19999999999999998,"median":0.1,"coverage":0.6666666666666666}
        accuracies 600 {"window":"600","errors":4,"sum":2.6,1 2 2 2 2 2 3 3 3 3 4 4 "newest":2.0,"over":4,"mean":0.65,"median":0.3,"coverage":0.5}
        accuracies 600 {"window":"600","errors":6,"sum":2.95,1 3 3 3 4 4 5 5 5 5 6 6 "newest":0.1,"over":4,"mean":0.5875,"median":0.175,"coverage":0.75}
        accuracies 600 {"window":"600","errors":7,"sum":2.95,2 4 4 4 5 5 6 6 6 6 7 7 "newest":0.0,"over":4,"mean":0.5875,"median":0.175,"coverage":0.75}
    "#]];
    let straight = told(TABLE, false);
    expected.assert_eq(&straight);
    assert_eq!(told(TABLE, true), straight);
}
