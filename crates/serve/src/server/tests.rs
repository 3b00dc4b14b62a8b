use crate::testing::*;
use crate::{Error, Kind, Server};
use std::io::Read;
use std::time::{Duration, Instant};

#[test]
fn a_port_that_is_taken_is_told_with_the_way_out() {
    let first = serve(&Heap::with_counts(1));
    let listen = first.address().to_string();
    let error =
        Server::start(crate::Options { listen: listen.clone(), ..options() }, Heap::with_counts(1), patient()).err().unwrap();
    assert!(matches!(error, Error::Taken(_)) && error.kind() == Kind::User && error.retry().is_none());
    assert!(error.to_string().contains(&listen) && error.to_string().contains("--listen"), "{error}");
    for bad in ["nonsense", "127.0.0.1", "192.0.2.1:80", "127.0.0.1:99999"] {
        let error =
            Server::start(crate::Options { listen: bad.into(), ..options() }, Heap::with_counts(1), patient()).err().unwrap();
        assert!(error.to_string().contains("--listen"), "{error}");
    }
}

#[test]
fn it_stops_in_time_with_clients_that_would_stay_for_ever() {
    let log = Heap::with_counts(1);
    let server = serve(&log);
    let mut client = live(&server, "");
    event(&mut client, "health");
    let _tap = raw(&server, "GET /api/tap/counts?follow=true HTTP/1.1\r\nhost: a\r\n\r\n");
    let address = server.address();
    let started = Instant::now();
    server.stop(Duration::from_secs(5));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err());
    let mut rest = String::new();
    client.read_to_string(&mut rest).unwrap();
}
