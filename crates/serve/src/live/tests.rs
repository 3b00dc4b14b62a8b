use crate::testing::*;
use serde_json::json;
use std::io::Read;
use std::time::Duration;

#[test]
fn a_live_client_hears_of_windows_as_they_close_and_of_the_process() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("Oslo", 1, 4)]);
    let server = serve(&log);
    await_rows(&server, 1);
    let mut client = live(&server, "");
    assert_eq!(event(&mut client, "window").1["end"], json!(end(1)));
    let (_, health) = event(&mut client, "health");
    assert_eq!(
        (&health["condition"], &health["lag"], &health["late"], &health["rejected"]),
        (&json!("ok"), &json!(4), &json!(3), &json!(2))
    );
    log.send_counts(&[("Oslo", 2, 6), ("Bergen", 2, 9)]);
    let (mut id, mut window) = event(&mut client, "window");
    while id == end(1).to_string() {
        // The first window is told once more when it has been quiet.
        (id, window) = event(&mut client, "window");
    }
    assert_eq!((id, &window["start"]), (end(2).to_string(), &json!(end(1))));
    assert_eq!(window["rows"][0], json!({"city": "Bergen", "posts": 9, "reposts": 4, "people": 7}));
    assert_eq!((&window["totals"]["posts"], &window["totals"]["cities"]), (&json!(15), &json!(2)));
    assert!(get(&server, "/metrics").1.contains("goshawk_serve_live_clients 1\n"));
    drop(client);
    until("the seat is given back", || get(&server, "/metrics").1.contains("goshawk_serve_live_clients 0\n"));
}

#[test]
fn a_client_that_comes_back_is_told_what_it_missed() {
    let log = Heap::with_counts(2);
    (1..=5).for_each(|minute| log.send_counts(&[("Oslo", minute, 4)]));
    let server = serve(&log);
    await_rows(&server, 5);
    let mut client = live(&server, &format!("last-event-id: {}\r\n", end(3)));
    let ids: Vec<String> = (0..3).map(|_| event(&mut client, "window").0).collect();
    assert_eq!(ids, [3, 4, 5].map(|minute| end(minute).to_string()));
    let mut client = live(&server, "last-event-id: nonsense\r\n");
    assert_eq!(event(&mut client, "window").0, end(5).to_string());
}

#[test]
fn a_client_that_was_away_too_long_hears_how_much_it_missed() {
    let log = Heap::with_counts(1);
    log.send((1..=1010).map(|minute| (end(minute), counts("Oslo", minute, 1))));
    let server = serve(&log);
    await_rows(&server, 1010);
    let mut client = live(&server, &format!("last-event-id: {}\r\n", end(1)));
    assert_eq!(event(&mut client, "lagged").1, json!({"missed": 10}));
    assert_eq!(event(&mut client, "window").0, end(11).to_string());
}

#[test]
fn a_slow_client_misses_events_and_costs_no_memory() {
    let log = Heap::with_counts(1);
    let server = serve(&log);
    let mut client = live(&server, "");
    event(&mut client, "health");
    // It stops to read here. What the two sockets hold is the system's; the server holds one ring for all.
    let names: Vec<String> = (0..50).map(|n| format!("{n:0>400}")).collect();
    let lagged = || !get(&server, "/metrics").1.contains("goshawk_serve_events_lagged_total 0\n");
    let mut minute = 0;
    while !lagged() {
        for _ in 0..100 {
            minute += 1;
            log.send(names.iter().map(|name| (end(minute), counts(name, minute, 1))));
        }
        std::thread::sleep(Duration::from_millis(250));
        assert!(minute < 10_000, "never too slow");
        // The server notices when it can write again: read a little, far less than there is.
        if minute > 1500 {
            for _ in 0..8 {
                assert!(client.read(&mut vec![0; 64 << 10]).unwrap() > 0, "the events ended");
            }
        }
    }
    // Nobody else is held up: a client that comes now is told the newest at once.
    let mut prompt = live(&server, "");
    assert!(!event(&mut prompt, "window").0.is_empty());
}

#[test]
fn more_live_clients_than_allowed_are_asked_to_come_back() {
    let server = serve(&Heap::with_counts(1));
    let mut clients: Vec<_> = (0..3).map(|_| live(&server, "")).collect();
    clients.iter_mut().for_each(|client| drop(event(client, "health")));
    let (status, body) = get(&server, "/api/live");
    assert!(status == 503 && body.contains("busy"), "{body}");
}
