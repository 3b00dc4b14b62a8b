use crate::Server;
use crate::testing::cascades::*;
use crate::testing::*;
use domain::{Accuracy, Alert, AlertState, Bucket};
use flow::{Format, Log, TopicSpec};
use serde_json::{Value as Json, json};

const HOSTILE: &str = "<script>alert(1)</script> \u{202e}txet\u{202c} \u{1f985}\u{200d}\u{1f525} \"'&";
const HOSTILE_ID: &str = "at://did:plc:x/post/<1>?a=b&c#d %2f";
const ESCAPED_ID: &str = "at%3A%2F%2Fdid%3Aplc%3Ax%2Fpost%2F%3C1%3E%3Fa%3Db%26c%23d%20%252f";

fn told(log: &Heap) {
    log.send([(end(1), post("a", "a", 60, "first")), (end(2), post("a-1", "a", 120, ""))]);
    log.send([(end(11), series("a", Some(600), 12)), (end(11), series("b", Some(600), 12))]);
    log.send([(end(11), estimate("a", 600))]);
    log.send([
        (end(11), prediction("a", 600, 50.0)),
        (end(11), prediction("b", 600, 70.0)),
        (end(11), prediction("c", 600, 9.0)),
    ]);
    log.send([(end(21), prediction("a", 1200, 90.0))]);
    log.send([(end(90), size("c", 12))]);
}

fn await_cascades(server: &Server, open: u64) {
    until("cascades", || json(server, "/api/cascades")["open"] == json!(open));
}

fn names(server: &Server, query: &str) -> Vec<String> {
    let answer = json(server, &format!("/api/cascades{query}"));
    answer["cascades"].as_array().unwrap().iter().map(|row| row["cascade"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_largest_lead_and_those_that_ended_say_how_far_off_it_was() {
    let log = Heap::with_cascades(Format::Json, 3);
    told(&log);
    let server = serve(&log);
    await_cascades(&server, 2);
    assert_eq!((names(&server, ""), names(&server, "?n=1&state=open")), (vec!["a".to_owned(), "b".into()], vec!["a".into()]));
    let ended = json(&server, "/api/cascades?state=ended");
    assert_eq!(ended["now"], json!(end(90)));
    let expected = json!({"cascade": "c", "network": "x", "text": "words of c", "start": end(1), "size": 12, "end": end(61),
        "window_s": 600, "when": end(11), "observed": 12, "predicted": 9.0, "low": 4.5, "high": 18.0, "model": 3,
        "are": 0.25, "inside": true});
    assert_eq!(ended["cascades"], json!([expected]));
}

#[test]
fn one_cascade_is_told_with_all_that_the_log_holds_of_it() {
    let log = Heap::with_cascades(Format::Compact, 3);
    told(&log);
    let server = serve(&log);
    await_cascades(&server, 2);
    until("the series", || json(&server, "/api/cascades/a")["curve"].is_object());
    let a = json(&server, "/api/cascades/a");
    assert_eq!((&a["predicted"], &a["size"], &a["forecasts"][0]["predicted"]), (&json!(90.0), &Json::Null, &json!(50.0)));
    assert_eq!((&a["curve"]["points"][11], &a["curve"]["window_s"]), (&json!([110, 12]), &json!(600)));
    assert_eq!((&a["fits"][0]["n_star"], &a["fits"][0]["parameters"][1]["name"]), (&json!(0.5), &json!("beta")));
    assert_eq!(
        (&a["posts"][0]["text"], &a["posts"][1]["id"], &a["stopped_early"]),
        (&json!("first"), &json!("a-1"), &json!(false))
    );
    // Nothing but the prediction is known of this one.
    let c = json(&server, "/api/cascades/c");
    assert_eq!((&c["curve"], &c["fits"], &c["posts"]), (&Json::Null, &json!([]), &json!([])));
    for (path, status, hint) in [
        ("/api/cascades/unknown", 404, "1000 largest"),
        ("/api/cascades?n=1001", 400, "1000 at most"),
        ("/api/cascades?state=gone", 400, "expected `open` or `ended`"),
    ] {
        let (answered, body) = get(&server, path);
        assert!(answered == status && body.contains(hint), "{path}: {answered} {body}");
    }
}

#[test]
fn hostile_words_and_names_come_back_as_they_are() {
    let log = Heap::with_cascades(Format::Json, 2);
    log.send([(end(1), post(HOSTILE_ID, HOSTILE_ID, 60, HOSTILE))]);
    log.send([(end(11), domain::Prediction { text: HOSTILE.into(), ..prediction(HOSTILE_ID, 600, 50.0) })]);
    let server = serve(&log);
    await_cascades(&server, 1);
    let found = json(&server, &format!("/api/cascades/{ESCAPED_ID}"));
    assert_eq!(
        (&found["cascade"], &found["text"], &found["posts"][0]["text"]),
        (&json!(HOSTILE_ID), &json!(HOSTILE), &json!(HOSTILE))
    );
    assert_eq!(get(&server, &format!("/cascades/{ESCAPED_ID}")).0, 200);
}

fn accuracy() -> Accuracy<'static> {
    let histogram = vec![Bucket { most: 0.5, errors: 1 }, Bucket { most: 1.0, errors: 2 }];
    Accuracy {
        window: "600".into(),
        errors: 3,
        sum: 2.5,
        histogram,
        newest: 0.25,
        over: 3,
        mean: 0.8,
        median: 0.5,
        coverage: 0.75,
    }
}

fn alert(subject: &str, state: AlertState) -> Alert<'static> {
    let (name, subject) = (format!("popular/{subject}"), subject.to_owned());
    let (rule, of, window_s) = ("popular".into(), "predictions.predicted".into(), Some(600));
    let (value, threshold, since, text) = (900.0, 500.0, end(11), HOSTILE.into());
    Alert { alert: name.into(), rule, subject: subject.into(), state, of, value, threshold, since, window_s, text }
}

#[test]
fn a_live_client_hears_how_cascades_stand_and_of_alerts() {
    let log = Heap::with_cascades(Format::Json, 2);
    log.send([(end(11), alert("old", AlertState::Firing))]);
    let server = serve(&log);
    until("the old alert", || json(&server, "/api/alerts")["alerts"].as_array().unwrap().len() == 1);
    let mut client = live(&server, "");
    told(&log);
    // What stood before it came is at /api/alerts, and no news.
    std::thread::sleep(std::time::Duration::from_millis(400));
    log.send([(end(12), alert("a", AlertState::Firing))]);
    log.send([(end(13), alert("old", AlertState::Ended))]);
    let heard: Vec<Json> = (0..2).map(|_| event(&mut client, "alert").1).collect();
    assert_eq!(
        (&heard[0]["alert"], &heard[1]["state"], &heard[0]["text"]),
        (&json!("popular/a"), &json!("ended"), &json!(HOSTILE))
    );
    let alerts = json(&server, "/api/alerts");
    assert_eq!((&alerts["alerts"][0]["subject"], alerts["alerts"].as_array().unwrap().len()), (&json!("a"), 1));
    // Who comes now is told how they stand at once, and what changes after.
    let mut client = live(&server, "");
    let mut standing = event(&mut client, "cascades").1;
    log.send([(end(91), accuracy())]);
    while standing["accuracies"] == json!([]) {
        standing = event(&mut client, "cascades").1;
    }
    assert_eq!((&standing["leaders"][0]["cascade"], &standing["ended"][0]["cascade"]), (&json!("a"), &json!("c")));
    assert_eq!(json(&server, "/api/accuracies")["accuracies"][0]["coverage"], json!(0.75));
}

#[test]
fn counts_go_on_where_nothing_is_said_of_cascades() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("Oslo", 1, 4)]);
    let server = serve(&log);
    await_rows(&server, 1);
    assert_eq!(json(&server, "/api/cascades"), json!({"now": null, "open": 0, "cascades": []}));
    // A topic of another version comes, then one of ours, and what cannot be read is no more than counted.
    log.declare(&[TopicSpec::new("predictions", 1), TopicSpec::new("sizes", 1)]).unwrap();
    log.raw("sizes", b"a", Some(b"\xff"));
    log.send([(end(11), prediction("a", 600, 50.0))]);
    await_cascades(&server, 1);
    until("the broken one", || get(&server, "/metrics").1.contains("goshawk_serve_records_broken_total 1\n"));
    log.send_counts(&[("Oslo", 2, 4)]);
    await_rows(&server, 2);
}

#[test]
fn the_board_is_measured_and_monitoring_can_read_it() {
    let log = Heap::with_cascades(Format::Json, 2);
    told(&log);
    log.send([(end(91), accuracy())]);
    log.send([(end(12), alert("a\"\\\n", AlertState::Firing))]);
    log.send([(end(21), prediction(HOSTILE_ID, 1200, 40.0))]);
    let server = serve(&log);
    until("the alert", || get(&server, "/metrics").1.contains("goshawk_alerts_firing{rule=\"popular\"} 1\n"));
    let (_, text) = get(&server, "/metrics");
    for line in ["ARE_600 0.25", "goshawk_are_bucket{window=\"600\",le=\"1.0\"} 2", "n_tot{tweet=\"a\",obs=\"1200\"} 90"] {
        assert!(text.contains(&format!("{line}\n")), "{line} in {text}");
    }
    assert!(is_open_metrics(&text), "{text}");
}

/// What a reader of OpenMetrics holds a text to: a family's samples stand together, below its type, and it ends.
fn is_open_metrics(text: &str) -> bool {
    let (mut families, mut family): (Vec<&str>, _) = (vec![], "");
    let Some(body) = text.strip_suffix("# EOF\n") else { return false };
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ').skip(1);
            let name = words.next().unwrap();
            if name != family {
                assert!(!families.contains(&name), "{name} comes twice");
                families.push(name);
                family = name;
            }
        } else {
            assert!(line.starts_with(family), "{line} is none of {family}");
            assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
        }
    }
    families.len() > 10
}

#[test]
fn a_failing_log_is_told_and_no_place_is_kept() {
    let log = Heap::with_cascades(Format::Json, 2);
    told(&log);
    let server = serve(&log);
    await_cascades(&server, 2);
    log.failing.store(true, std::sync::atomic::Ordering::Relaxed);
    for _ in 0..20 {
        assert_eq!(get(&server, "/api/cascades/a").0, 503);
    }
    log.failing.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(get(&server, "/api/cascades/a").0, 200);
}
