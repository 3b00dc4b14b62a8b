//! A real Alertmanager with the configuration that is shipped: from an alert of ours to a mail.

use super::people::{Hook, Mailbox};
use super::servers::{Server, tool};
use super::{append, filled, lively, shipped};
use crate::support::{Place, Process, eventually};
use domain::{Alert, AlertState};
use flow::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// How an alert of the rule `popular` stands.
pub fn alert(subject: &'static str, state: AlertState, value: f64) -> Alert<'static> {
    let (rule, of, text) = ("popular".into(), "predictions.predicted".into(), "Snow again!".into());
    let (alert, subject, since) = (format!("popular/{subject}").into(), subject.into(), Timestamp::from_seconds(60));
    Alert { alert, rule, subject, state, of, value, threshold: 200.0, since, window_s: Some(600), text }
}

/// The shipped configuration with the places where people are, and less patience.
fn manager(mailbox: &Mailbox, hook: &Hook) -> Server {
    Server::alertmanager(&filled(
        &shipped("alertmanager/alertmanager.yml"),
        &[
            ("mail.example.org:587", &mailbox.address),
            ("smtp_require_tls: true", "smtp_require_tls: false"),
            ("http://127.0.0.1:9099/alerts", &hook.url),
            ("group_wait: 10s", "group_wait: 200ms"),
            ("group_interval: 1m", "group_interval: 500ms"),
        ],
    ))
}

fn place(manager: &Server) -> Place {
    Place::new().set("alertmanager.url", &manager.url).set("alertmanager.every", "2s").set("alertmanager.page", "http://us:1/")
}

fn run(place: &Place) -> Process {
    place.start("run --roles alertmanager --log disk:log --listen off")
}

/// The alerts that Alertmanager knows: subject and beginning.
fn known(manager: &Server) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let alerts = manager.ask("/api/v2/alerts");
    alerts.as_array().unwrap().iter().map(|alert| (word(&alert["labels"]["subject"]), word(&alert["startsAt"]))).collect()
}

#[test]
fn an_alert_comes_to_people_once_and_so_does_its_end() {
    let (mailbox, hook) = (Mailbox::open(), Hook::open());
    let mut manager = manager(&mailbox, &hook);
    let place = place(&manager);
    // Many predictions of one cascade, and a cascade whose alert was over before we came.
    let mut alerts: Vec<Alert<'_>> = (0..40).map(|n| alert("17", AlertState::Firing, 300.0 + f64::from(n))).collect();
    alerts.extend([alert("18", AlertState::Firing, 250.0), alert("18", AlertState::Calm, 150.0)]);
    append(&place, &alerts);
    let process = run(&place);
    let firing = ("17".to_owned(), "firing".to_owned());
    eventually("the webhook is called", LIMIT, || hook.alerts().contains(&firing).then_some(()));
    eventually("a mail comes", LIMIT, || (!mailbox.subjects().is_empty()).then_some(()));
    assert_eq!(mailbox.subjects(), ["[FIRING:1] popular (popular warning 17)"]);
    let mail = mailbox.newest();
    for part in ["predictions.predicted is 339, the threshold 200, after 600 s. The post says: Snow again!", "http://us:1/"] {
        assert!(mail.contains(part), "{part} is not in {mail}");
    }
    let listed = manager.ask("/api/v2/alerts");
    let labels = json!({"alertname": "popular", "rule": "popular", "subject": "17", "severity": "warning"});
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["labels"]), (1, &labels));
    assert!(!listed[0]["startsAt"].as_str().unwrap().starts_with("1970"), "{listed}");

    // Killed and started again we go on with it, and nobody is told that it is over.
    let before = known(&manager);
    assert!(process.kill());
    let process = run(&place);
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!((known(&manager), hook.alerts()), (before, vec![firing]));
    // Killed and started again, Alertmanager has it back from us.
    manager.kill();
    manager.restart();
    eventually("it knows again", LIMIT, || known(&manager).iter().any(|(subject, _)| subject == "17").then_some(()));

    process.terminate();
    process.ended(LIMIT).good();
    append(&place, &[alert("17", AlertState::Ended, 260.0)]);
    let _process = run(&place);
    let resolved = ("17".to_owned(), "resolved".to_owned());
    eventually("the end comes to the webhook", LIMIT, || hook.alerts().contains(&resolved).then_some(()));
    let is_told = || mailbox.subjects().iter().any(|subject| subject.starts_with("[RESOLVED] popular")).then_some(());
    eventually("the end comes by mail", LIMIT, is_told);
    assert!(hook.alerts().iter().all(|(subject, _)| subject == "17"), "{:?}", hook.alerts());
}

#[test]
fn a_cascade_that_will_be_large_comes_to_people_and_goes_when_it_has_ended() {
    let (mailbox, hook) = (Mailbox::open(), Hook::open());
    let manager = manager(&mailbox, &hook);
    let (place, _process, _page) = lively(&[("alertmanager.url", &manager.url), ("alertmanager.every", "2s")]);
    let over = eventually("an alert comes and is over", LIMIT, || {
        let alerts = hook.alerts();
        alerts.iter().find(|(_, status)| status == "resolved").map(|(subject, _)| subject.clone())
    });
    assert!(hook.alerts().contains(&(over.clone(), "firing".into())));
    let ours = place.tap("alerts --log disk:log");
    assert!(ours.iter().any(|alert| alert["subject"] == over && alert["state"] != "firing"), "{over} goes on");
    assert!(ours.iter().any(|alert| alert["subject"] == over && alert["rule"] == "popular"), "{over} is no popular cascade");
    assert!(mailbox.subjects()[0].contains("popular"), "{:?}", mailbox.subjects());
}

#[test]
fn a_silence_keeps_mails_away() {
    let (mailbox, hook) = (Mailbox::open(), Hook::open());
    let manager = manager(&mailbox, &hook);
    let url = format!("--alertmanager.url={}", manager.url);
    tool("amtool", &[&url, "silence", "add", "subject=17", "--comment=known", "--author=test", "--duration=1h"]);
    let place = place(&manager);
    append(&place, &[alert("17", AlertState::Firing, 300.0), alert("18", AlertState::Firing, 300.0)]);
    let _process = run(&place);
    let other = [("18".to_owned(), "firing".to_owned())];
    eventually("the other is told of", LIMIT, || (hook.alerts() == other && !mailbox.subjects().is_empty()).then_some(()));
    eventually("both are known", LIMIT, || (known(&manager).len() == 2).then_some(()));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((hook.alerts(), mailbox.subjects()), (other.into(), vec!["[FIRING:1] popular (popular warning 18)".to_owned()]));
}
