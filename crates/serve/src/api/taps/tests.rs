use crate::testing::*;
use serde_json::{Value as Json, json};
use std::io::BufRead;
use std::time::Duration;

#[test]
fn a_tap_streams_records_and_ends() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("Oslo", 1, 4), ("Bergen", 1, 2), ("Oslo", 2, 6)]);
    let server = serve(&log);
    assert_eq!(get(&server, "/api/tap/counts").1.lines().count(), 3);
    assert_eq!(get(&server, "/api/tap/counts?key=Oslo&n=1&from=start").1.lines().count(), 1);
    let line: Json = serde_json::from_str(&get(&server, "/api/tap/counts?key=Bergen&meta=true").1).unwrap();
    assert_eq!((&line["key"], &line["time"], &line["value"]["posts"]), (&json!("Bergen"), &json!(end(1)), &json!(2)));
}

#[test]
fn a_tap_that_follows_ends_when_its_client_goes_away() {
    let log = Heap::with_counts(1);
    log.send_counts(&[("Oslo", 1, 4)]);
    let server = serve(&log);
    let mut client = raw(&server, "GET /api/tap/counts?follow=true HTTP/1.1\r\nhost: a\r\n\r\n");
    until("the tap is open", || get(&server, "/metrics").1.contains("goshawk_serve_taps 1\n"));
    log.send_counts(&[("Bergen", 2, 1)]);
    let mut line = String::new();
    while !line.contains("Bergen") {
        line.clear();
        client.read_line(&mut line).unwrap();
    }
    drop(client);
    until("the tap is closed", || get(&server, "/metrics").1.contains("goshawk_serve_taps 0\n"));
}

#[test]
fn a_tap_nobody_reads_waits_with_bounded_memory() {
    let log = Heap::with_counts(1);
    log.send((0..300_000).map(|n| (end(n), counts("Oslo", n, 1))));
    let server = serve(&log);
    let client = raw(&server, "GET /api/tap/counts HTTP/1.1\r\nhost: a\r\n\r\n");
    std::thread::sleep(Duration::from_millis(300));
    assert!(get(&server, "/metrics").1.contains("goshawk_serve_taps 1\n"), "it has not run ahead of its reader");
    drop(client);
    until("the tap is closed", || get(&server, "/metrics").1.contains("goshawk_serve_taps 0\n"));
}
