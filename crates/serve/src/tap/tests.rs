use super::*;
use crate::testing::{Heap, end};
use domain::Counts;
use flow::TopicSpec;
use std::cell::Cell;
use std::sync::Arc;

fn all(log: &Heap, options: TapOptions) -> Vec<String> {
    let mut bytes = vec![];
    let topic = if options.topic.is_empty() { "counts".to_owned() } else { options.topic };
    let mut tap = Tap::new(log, TapOptions { topic, ..options }).unwrap();
    let lines = tap.write_to(&mut bytes, &|| false).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count() as u64, lines);
    text.lines().map(str::to_owned).collect()
}

fn cities(lines: &[String]) -> Vec<String> {
    let city = |line: &String| {
        let counts: Counts<'_> = serde_json::from_str(line).unwrap();
        format!("{} {}", counts.city, counts.end.millis() / 60_000)
    };
    lines.iter().map(city).collect()
}

fn full() -> Arc<Heap> {
    let log = Heap::with_counts(3);
    for minute in 1..=4 {
        log.send_counts(&[("Oslo", minute, 1), ("Bergen", minute, 2), ("Toronto", minute, 3)]);
    }
    log
}

#[test]
fn a_tap_shows_values_in_the_order_of_their_times() {
    let lines = all(&full(), TapOptions::default());
    assert_eq!(lines.len(), 12);
    let minutes: Vec<String> = cities(&lines).iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(minutes.concat(), "111222333444");
}

#[test]
fn a_key_a_limit_and_an_offset_narrow_it() {
    let log = full();
    let oslo = || Some(b"Oslo".to_vec());
    assert_eq!(cities(&all(&log, TapOptions { key: oslo(), limit: Some(2), ..TapOptions::default() })), ["Oslo 1", "Oslo 2"]);
    assert_eq!(all(&log, TapOptions { limit: Some(0), ..TapOptions::default() }), [""; 0]);
    assert_eq!(all(&log, TapOptions { from: From::End, ..TapOptions::default() }), [""; 0]);
    assert_eq!(all(&log, TapOptions { from: From::Offset(99), ..TapOptions::default() }), [""; 0]);
    assert!(all(&log, TapOptions { from: From::Offset(1), ..TapOptions::default() }).len() < 12);
    assert_eq!(all(&log, TapOptions { key: Some(b"Os".to_vec()), ..TapOptions::default() }), [""; 0]);
}

#[test]
fn meta_shows_where_a_record_stands() {
    let log = Heap::with_counts(1);
    log.send_counts(&[("Oslo", 1, 2)]);
    log.raw("counts", b"\xff", None);
    let expected = [
        r#"{"key":"Oslo","partition":0,"offset":0,"time":"1970-01-01T00:01:00.000Z","value":{"city":"Oslo","start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:01:00.000Z","posts":2,"reposts":1,"people":2}}"#,
        r#"{"key":{"hex":"ff"},"partition":0,"offset":1,"time":"1970-01-01T00:00:00.000Z","value":null}"#,
    ];
    let mut lines = all(&log, TapOptions { meta: true, ..TapOptions::default() });
    lines.sort();
    assert_eq!(lines, expected);
    assert_eq!(all(&log, TapOptions::default()).len(), 1);
}

#[test]
fn a_record_that_does_not_decode_is_shown_as_broken() {
    let log = Heap::with_counts(1);
    log.raw("counts", b"k", Some(b"\xff\xff\xff\xff"));
    let lines = all(&log, TapOptions::default());
    assert!(lines[0].contains(r#""offset":0"#) && lines[0].contains(r#""broken":""#), "{lines:?}");
}

#[test]
fn a_topic_that_is_not_there_names_those_that_are() {
    let log = Heap::with_counts(1);
    log.declare(&[TopicSpec::new("posts", 1)]).unwrap();
    let error = Tap::new(&*log, TapOptions { topic: "post".into(), ..TapOptions::default() }).err().unwrap();
    assert_eq!(error.to_string(), "there is no topic 'post'; there is counts, posts");
    let error = Tap::new(&*Heap::new(Format::Json), TapOptions::default()).err().unwrap();
    assert_eq!(error.to_string(), "there is no topic ''; there is none yet: nothing has run on this log");
}

#[test]
fn without_following_it_ends_where_the_topic_ended_when_it_was_opened() {
    let log = Heap::with_counts(1);
    log.send_counts(&[("A", 1, 1)]);
    let options = TapOptions { topic: "counts".into(), ..TapOptions::default() };
    let mut tap = Tap::new(&*log, options).unwrap();
    log.send_counts(&[("A", 2, 1)]);
    let mut bytes = vec![];
    assert_eq!(tap.write_to(&mut bytes, &|| false).unwrap(), 1);
}

#[test]
fn following_it_goes_on_until_it_is_stopped() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("A", 1, 1)]);
    let options = TapOptions { topic: "counts".into(), from: From::End, follow: true, ..TapOptions::default() };
    let mut tap = Tap::new(&*log, options).unwrap();
    let (asked, mut bytes) = (Cell::new(0), vec![]);
    let stop = || {
        asked.set(asked.get() + 1);
        log.send_counts(&[("B", asked.get() + 1, 1)]);
        asked.get() > 3
    };
    assert_eq!(tap.write_to(&mut bytes, &stop).unwrap(), 3);
}

#[test]
fn what_retention_took_is_stepped_over() {
    let log = full();
    let options = TapOptions { topic: "counts".into(), from: From::Start, ..TapOptions::default() };
    let mut tap = Tap::new(&*log, options).unwrap();
    let mut kept = 0;
    for partition in 0..3 {
        let bounds = log.bounds("counts", partition).unwrap();
        if bounds.start < bounds.end {
            log.retain("counts", partition as usize, 1);
            kept += bounds.end - log.bounds("counts", partition).unwrap().start;
        }
    }
    assert_eq!(tap.write_to(&mut vec![], &|| false).unwrap(), kept);
}

#[test]
fn a_step_hands_out_a_bounded_piece() {
    let log = Heap::with_counts(1);
    log.send((0..20_000).map(|n| (end(n), crate::testing::counts("A", n, 1))));
    let mut tap = Tap::new(&*log, TapOptions { topic: "counts".into(), ..TapOptions::default() }).unwrap();
    let (mut lines, mut step) = (0, Step::More);
    while step != Step::Ended {
        let mut bytes = vec![];
        step = tap.step(WAIT, &mut bytes).unwrap();
        assert!(bytes.len() < STEP_BYTES + 1000);
        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
    }
    assert_eq!(lines, 20_000);
}

#[test]
fn where_to_begin_is_read_from_text() {
    assert_eq!(["start", "end", "7"].map(|text| text.parse()), [Ok(From::Start), Ok(From::End), Ok(From::Offset(7))]);
    for text in ["", "-1", "begin", "1.5"] {
        assert!(text.parse::<From>().is_err(), "{text}");
    }
}
