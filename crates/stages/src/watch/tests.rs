use super::*;
use domain::Counts;
use expect_test::{Expect, expect};
use flow::driver::Driver;
use flow::{Format, Output};

fn rule(name: &str, of: Measure, threshold: f64, clear: f64) -> Rule {
    let (is_above, window_s) = (threshold >= clear, None);
    Rule { name: name.into(), of, threshold, is_above, clear, only: None, window_s, silence_ms: 100_000, expire_ms: 20_000_000 }
}

fn rules() -> Vec<Rule> {
    vec![
        rule("popular", Measure::Predicted, 200.0, 150.0),
        Rule { window_s: Some(1200), ..rule("sure", Measure::Low, 200.0, 200.0) },
        rule("narrow", Measure::Coverage, 0.7, 0.75),
        rule("busy", Measure::Posts, 10.0, 10.0),
        Rule { only: Some("mood".into()), window_s: Some(60), silence_ms: 0, ..rule("gloomy", Measure::Mood, -0.3, 0.0) },
    ]
}

fn prediction<'a>(cascade: &'a str, window_s: u32, predicted: f64) -> Prediction<'a> {
    let (network, text, start) = ("x".into(), "words".into(), Timestamp::from_seconds(0));
    let (low, high) = (Some(predicted / 2.0), Some(predicted * 2.0));
    Prediction { cascade: cascade.into(), network, start, window_s, observed: 12, predicted, low, high, model: 3, text }
}

/// Feeds one line of a table: the time in seconds, what it is, its subject, numbers.
fn feed(driver: &mut Driver<Watch>, row: &str) -> Vec<Output> {
    let cells: Vec<&str> = row.split_whitespace().collect();
    let time = cells[0].parse().map_or(Timestamp::MAX, Timestamp::from_seconds);
    let (subject, number) = (cells[2], |place: usize| cells[place].parse::<f64>().unwrap());
    match cells[1] {
        "predicted" => driver.feed("predict/0", &[(time, prediction(subject, number(3) as u32, number(4)))], time),
        "ended" => {
            let (cascade, network, start) = (subject.into(), "x".into(), time);
            let size = Size { cascade, network, size: number(3) as u64, reach: 0, start, end: time };
            driver.feed("collect/0", &[(time, size)], time)
        }
        "coverage" => {
            let (window, over, coverage) = (subject.into(), number(3) as u64, number(4));
            let (mean, median, newest, histogram) = (0.3, 0.2, 0.1, vec![]);
            let accuracy = Accuracy { window, errors: over, sum: 1.0, histogram, newest, over, mean, median, coverage };
            driver.feed("monitor/0", &[(time, accuracy)], time)
        }
        "gauged" => {
            let of = subject.to_owned().into();
            let (partition, number, sum) = (number(3) as u32, number(4) as u64, number(5));
            let gauge = Gauge { of, start: time.plus_millis(-10_000), end: time, partition, number, sum };
            driver.feed("gauge/0", &[(time, gauge)], time)
        }
        "saved" | "removed" => {
            let (rule, of, measure) = ("own".into(), subject.to_owned().into(), cells[3].to_owned().into());
            let (above, removed) = (Some(number(4)), cells[1] == "removed");
            let rule = domain::Rule { rule, of, measure, window_s: 20, above, below: None, removed, time };
            driver.feed("", &[(time, rule)], Timestamp::MIN)
        }
        "counted" => {
            let (city, posts) = (subject.into(), number(3) as u64);
            driver.feed("count/0", &[(time, Counts { city, start: time, end: time, posts, reposts: 0, people: 1 })], time)
        }
        _ => {
            let heard = ["predict/0", "collect/0", "monitor/0", "count/0", "gauge/0"].map(|producer| match producer {
                "predict/0" => driver.feed::<Prediction<'_>>(producer, &[], time),
                "collect/0" => driver.feed::<Size<'_>>(producer, &[], time),
                "gauge/0" => driver.feed::<Gauge<'_>>(producer, &[], time),
                "monitor/0" => driver.feed::<Accuracy<'_>>(producer, &[], time),
                _ => driver.feed::<Counts<'_>>(producer, &[], time),
            });
            heard.into_iter().flatten().collect()
        }
    }
}

fn alerts(table: &str, crashes: bool) -> String {
    let inputs = ["predictions/predict/0", "sizes/collect/0", "accuracies/monitor/0", "counts/count/0", "gauges/gauge/0"];
    let mut driver = Driver::new(Watch { role: "watch", rules: rules() }, &inputs, &["alerts", "late", "rejected"]);
    let mut told = vec![];
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        told.extend(feed(&mut driver, row));
        if crashes {
            driver.crash();
        }
    }
    let records = told.iter().flat_map(|output| output.block.records(0, 0));
    let shown = |record: flow::Record<'_>| {
        let Alert { alert, state, value, since, .. } = Format::Json.decode(record.value.unwrap()).unwrap();
        format!("{} {alert} {} {value}, since {}\n", record.time.millis(), state.word(), since.millis())
    };
    records.map(shown).collect()
}

fn check(table: &str, expected: Expect) {
    let told = alerts(table, false);
    expected.assert_eq(&told);
    assert_eq!(alerts(table, true), told, "after a crash at each step");
}

#[test]
fn an_alert_begins_and_ends_once() {
    check(
        "
        600  predicted a 600 150
        600  predicted b 600 250
        700  time -
        1200 predicted a 1200 201
        1200 predicted b 1200 260
        1300 time -
        2400 predicted b 2400 149
        2500 time -
        9000 ended a 240
        9000 ended b 99
        9500 time -
        ",
        expect![[r#"
            600000 popular/b firing 250, since 600000
            1200000 popular/a firing 201, since 1200000
            2400000 popular/b calm 149, since 600000
            9000001 popular/a ended 240, since 1200000
        "#]],
    );
}

#[test]
fn it_waits_within_the_threshold_and_is_silent_for_a_while_after() {
    check(
        "
        600  predicted a 600 250
        601  predicted a 601 170
        602  predicted a 602 150
        610  time -
        620  predicted a 620 300
        650  time -
        703  predicted a 703 300
        710  time -
        ",
        expect![[r#"
            600000 popular/a firing 250, since 600000
            602000 popular/a calm 150, since 600000
            703000 popular/a firing 300, since 703000
        "#]],
    );
}

#[test]
fn a_size_that_is_read_first_ends_what_was_predicted_before() {
    check(
        "
        900  ended a 240
        600  predicted a 600 250
        1000 time -
        ",
        expect![[r#"
            600000 popular/a firing 250, since 600000
            900001 popular/a ended 240, since 600000
        "#]],
    );
}

#[test]
fn a_rule_below_and_one_of_cities() {
    check(
        "
        600  coverage 600 20 0.1
        610  coverage 600 80 0.72
        620  coverage 600 80 0.69
        630  coverage 600 80 0.74
        640  coverage 600 80 0.75
        660  counted toronto 10
        720  counted toronto 11
        780  counted toronto 12
        800  time -
        840  counted toronto 3
        900  time -
        ",
        expect![[r#"
            620000 narrow/600 firing 0.69, since 620000
            640000 narrow/600 calm 0.75, since 620000
            720000 busy/toronto firing 11, since 720000
            840000 busy/toronto calm 3, since 720000
        "#]],
    );
}

#[test]
fn who_is_not_heard_of_again_is_silent() {
    check(
        "
        600  counted toronto 11
        700  time -
        20599 counted paris 12
        20601 time -
        end time -
        ",
        expect![[r#"
            600000 busy/toronto firing 11, since 600000
            20599000 busy/paris firing 12, since 20599000
            20600000 busy/toronto silent 11, since 600000
            40599000 busy/paris silent 12, since 20599000
        "#]],
    );
}

#[test]
fn what_all_posts_come_to_is_taken_together_over_the_rules_own_time() {
    check(
        "
        10  gauged mood 0 1 -1
        10  gauged mood 1 1 0.5
        60  gauged mood 0 2 -2
        60  gauged rude 0 2 -2
        61  time -
        70  gauged mood 0 9 0
        130 time -
        ",
        expect![[r#"
            60000 gloomy/mood firing -0.625, since 60000
            120000 gloomy/mood calm 0, since 60000
        "#]],
    );
}

#[test]
fn a_saved_rule_runs_from_now_on_and_what_it_says_ends_with_it() {
    check(
        "
        10  gauged posts 0 50 0
        20  time -
        20  saved posts number 9
        30  gauged posts 0 5 0
        40  gauged posts 1 6 0
        45  time -
        60  gauged posts 0 12 0
        65  time -
        70  removed posts number 9
        80  gauged posts 0 12 0
        100 time -
        ",
        expect![[r#"
            40000 own/posts firing 11, since 40000
            70000 own/posts ended 12, since 40000
        "#]],
    );
}
