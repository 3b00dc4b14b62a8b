use super::*;
use crate::testing::Fake;
use domain::AlertState;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn alert(subject: &'static str, state: AlertState, value: f64, since: Timestamp) -> Alert<'static> {
    let (rule, of, text) = ("popular".into(), "predictions.predicted".into(), "words".into());
    let (alert, subject) = (format!("popular/{subject}").into(), subject.into());
    Alert { alert, rule, subject, state, of, value, threshold: 200.0, since, window_s: Some(600), text }
}

fn manager(fakes: &[&Fake]) -> Alertmanager {
    let services = fakes.iter().map(|fake| Service::at("Alertmanager", &fake.url).unwrap()).collect();
    Alertmanager::new(services, Some("http://127.0.0.1:7878/".into()), 30_000)
}

/// Name, beginning and end of each alert of the only request.
fn told(fake: &Fake) -> Vec<(String, String, String)> {
    let asked = fake.asked();
    assert!(asked.len() <= 1 && asked.iter().all(|asked| asked.what == "POST /api/v2/alerts"), "{asked:?}");
    let posted: Vec<Value> = asked.iter().flat_map(|asked| serde_json::from_str::<Vec<Value>>(&asked.body).unwrap()).collect();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    posted.iter().map(|one| (word(&one["labels"]["subject"]), word(&one["startsAt"]), word(&one["endsAt"]))).collect()
}

#[test]
fn an_alert_is_what_alertmanager_reads() {
    let (fake, mut board) = (Fake::start(), Board::new(10));
    board.alerted(&alert("17", AlertState::Firing, 312.345_67, NOW.plus_millis(-60_000)));
    manager(&[&fake]).announce(&board, NOW, true).unwrap();
    let body: Value = serde_json::from_str(&fake.asked()[0].body).unwrap();
    assert_eq!(
        body,
        json!([{
            "labels": {"alertname": "popular", "rule": "popular", "subject": "17", "severity": "warning"},
            "annotations": {
                "title": "popular: 17",
                "description": "predictions.predicted is 312.346, the threshold 200, after 600 s. The post says: words",
            },
            "startsAt": "2027-01-15T07:59:00.000Z",
            "endsAt": "2027-01-15T08:02:00.000Z",
            "generatorURL": "http://127.0.0.1:7878/",
        }])
    );
}

#[test]
fn what_goes_on_is_told_again_and_what_is_over_once() {
    let (fake, mut board) = (Fake::start(), Board::new(10));
    let mut manager = manager(&[&fake]);
    // Of a recording: long ago there, and from now on here.
    let long_ago = Timestamp::from_seconds(60);
    board.alerted(&alert("a", AlertState::Firing, 300.0, long_ago));
    manager.announce(&board, NOW, true).unwrap();
    let (began, later) = (NOW.to_string(), NOW.plus_millis(30_000));
    assert_eq!(told(&fake), [("a".into(), began.clone(), NOW.plus_millis(120_000).to_string())]);
    board.alerted(&alert("a", AlertState::Firing, 301.0, long_ago));
    manager.announce(&board, later, false).unwrap();
    assert!(told(&fake).is_empty(), "a value is no news");
    board.alerted(&alert("b", AlertState::Firing, 300.0, long_ago));
    manager.announce(&board, later, false).unwrap();
    assert_eq!(told(&fake).into_iter().map(|(subject, ..)| subject).collect::<Vec<_>>(), ["b"]);
    manager.announce(&board, later, true).unwrap();
    assert_eq!(told(&fake)[0], ("a".into(), began.clone(), later.plus_millis(120_000).to_string()));
    board.alerted(&alert("a", AlertState::Calm, 100.0, long_ago));
    manager.announce(&board, later, false).unwrap();
    assert_eq!(told(&fake), [("a".into(), began, later.to_string())]);
    manager.announce(&board, later, true).unwrap();
    assert_eq!(told(&fake).into_iter().map(|(subject, ..)| subject).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn each_of_several_hears_it_and_what_was_not_heard_is_told_again() {
    let (one, other, mut board) = (Fake::start(), Fake::start(), Board::new(10));
    let mut manager = manager(&[&one, &other]);
    one.answers("503 Service Unavailable");
    board.alerted(&alert("a", AlertState::Firing, 300.0, NOW));
    let error = manager.announce(&board, NOW, true).unwrap_err().to_string();
    assert!(error.contains(&one.url), "{error}");
    assert_eq!(told(&other).len(), 1);
    told(&one);
    board.alerted(&alert("a", AlertState::Ended, 100.0, NOW));
    assert!(manager.announce(&board, NOW, false).is_err());
    one.answers("200 OK");
    told(&one);
    manager.announce(&board, NOW.plus_millis(1000), false).unwrap();
    assert_eq!(told(&one), [("a".into(), NOW.to_string(), NOW.to_string())]);
    // After so long it has ended there by itself.
    board.alerted(&alert("a", AlertState::Firing, 300.0, NOW));
    manager.announce(&board, NOW, false).unwrap();
    board.alerted(&alert("a", AlertState::Calm, 100.0, NOW));
    one.answers("503 Service Unavailable");
    assert!(manager.announce(&board, NOW, false).is_err());
    manager.announce(&board, NOW.plus_millis(120_000), false).unwrap();
}

#[test]
fn thousands_go_in_several_requests() {
    let (fake, mut board) = (Fake::start(), Board::new(10));
    for number in 0..1_100 {
        let name: &'static str = format!("{number}").leak();
        board.alerted(&alert(name, AlertState::Firing, 300.0, NOW));
    }
    manager(&[&fake]).announce(&board, NOW, true).unwrap();
    let sizes: Vec<usize> =
        fake.asked().iter().map(|asked| serde_json::from_str::<Vec<Value>>(&asked.body).unwrap().len()).collect();
    assert_eq!(sizes, [500, 500, 100]);
}
