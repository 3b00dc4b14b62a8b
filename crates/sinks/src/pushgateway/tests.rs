use super::*;
use crate::testing::Fake;
use domain::{Accuracy, Prediction, Size};

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn predict(board: &mut Board, cascade: &str, predicted: f64) {
    let (network, text, start) = ("x".into(), "words".into(), Timestamp::from_seconds(60));
    let (window_s, observed, low, high, model) = (600, 12, Some(1.0), Some(900.0), 3);
    let cascade = cascade.into();
    board.predicted(&Prediction { cascade, network, start, window_s, observed, predicted, low, high, model, text });
}

fn measure(board: &mut Board) {
    let (window, histogram) = ("600".into(), vec![]);
    let (errors, sum, newest, over, mean, median, coverage) = (1, 0.5, 0.5, 1, 0.5, 0.5, 1.0);
    board.measured(&Accuracy { window, errors, sum, histogram, newest, over, mean, median, coverage });
}

fn end(board: &mut Board, cascade: &str) {
    let (start, end) = (Timestamp::from_seconds(60), Timestamp::from_seconds(9_000));
    board.ended(&Size { cascade: cascade.into(), network: "x".into(), size: 9, reach: 0, start, end });
}

fn asked(fake: &Fake) -> Vec<String> {
    fake.asked()
        .into_iter()
        .map(|asked| {
            format!(
                "{} {}",
                asked.what,
                asked
                    .body
                    .lines()
                    .filter(|line| line.starts_with("n_tot{") || line.starts_with("ARE"))
                    .collect::<Vec<_>>()
                    .join(" ")
            )
        })
        .collect()
}

#[test]
fn each_group_is_replaced_when_it_changes_and_goes_when_it_is_empty() {
    let (fake, mut board) = (Fake::start(), Board::new(100));
    let service = Service::at("Pushgateway", &fake.url).unwrap();
    let mut gateway = Pushgateway::new(service, ["batchARE", "batchprediction"], 2).unwrap();
    // What a process before us left there goes.
    gateway.announce(&board, NOW, true).unwrap();
    assert_eq!(asked(&fake), ["DELETE /metrics/job/batchARE ", "DELETE /metrics/job/batchprediction "]);
    measure(&mut board);
    for (cascade, predicted) in [("a", 20.0), ("b", 300.0), ("c", 45.5)] {
        predict(&mut board, cascade, predicted);
    }
    gateway.announce(&board, NOW, false).unwrap();
    let predictions = r#"PUT /metrics/job/batchprediction n_tot{tweet="b",obs="600"} 300 n_tot{tweet="c",obs="600"} 45.5"#;
    assert_eq!(asked(&fake), ["PUT /metrics/job/batchARE ARE_600 0.5", predictions]);
    gateway.announce(&board, NOW, false).unwrap();
    assert!(asked(&fake).is_empty());
    gateway.announce(&board, NOW, true).unwrap();
    assert_eq!(asked(&fake).len(), 2);
    end(&mut board, "b");
    gateway.announce(&board, NOW, false).unwrap();
    let predictions = r#"PUT /metrics/job/batchprediction n_tot{tweet="c",obs="600"} 45.5 n_tot{tweet="a",obs="600"} 20"#;
    assert_eq!(asked(&fake), [predictions]);
    ["a", "c"].into_iter().for_each(|cascade| end(&mut board, cascade));
    gateway.announce(&board, NOW, false).unwrap();
    assert_eq!(asked(&fake), ["DELETE /metrics/job/batchprediction "]);
    gateway.leave().unwrap();
    assert!(asked(&fake).is_empty());
}

#[test]
fn what_was_refused_is_told_again_and_a_stop_takes_predictions_back() {
    let (fake, mut board) = (Fake::start(), Board::new(100));
    let service = Service::at("Pushgateway", &fake.url).unwrap();
    let mut gateway = Pushgateway::new(service, ["batchARE", "batchprediction"], 2).unwrap();
    measure(&mut board);
    predict(&mut board, "a", 20.0);
    fake.answers("503 Service Unavailable");
    assert!(gateway.announce(&board, NOW, false).is_err());
    fake.answers("202 Accepted");
    fake.asked();
    gateway.announce(&board, NOW, false).unwrap();
    assert_eq!(asked(&fake).len(), 2);
    gateway.leave().unwrap();
    assert_eq!(asked(&fake), ["DELETE /metrics/job/batchprediction "]);
}

#[test]
fn jobs_have_names_that_fit_in_an_address_and_are_two() {
    let service = || Service::at("Pushgateway", "http://a:1").unwrap();
    for (jobs, part) in
        [(["a/b", "c"], "accuracy_job: `a/b`"), (["a", ""], "prediction_job: ``"), (["a", "a"], "both called `a`")]
    {
        let error = Pushgateway::new(service(), jobs, 1).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
