//! Beside real servers of Prometheus: what they are told, what they make of it, and what becomes of it when somebody is killed.

mod alerts;
mod dashboard;
mod deploy;
mod gateway;
mod people;
mod servers;
mod trouble;

use crate::support::{Place, Process};
use flow::{Mark, Out, Producer, Timestamp, TopicSpec, Value};
use journal::Access;

/// A text file that is shipped.
fn shipped(path: &str) -> String {
    let path = format!("{}/deploy/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Replaces each; all must be there.
fn filled(text: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (placeholder, value)| {
        assert!(text.contains(placeholder), "{placeholder} is not in {text}");
        text.replace(placeholder, value)
    })
}

/// A run of all roles with cascades that come and end within seconds, some of them popular, and more settings; its page.
fn lively(more: &[(&str, &str)]) -> (Place, Process, String) {
    let settings = [
        ("collect.windows", "60s,120s"),
        ("collect.silence", "5m"),
        ("collect.least", "3"),
        ("predict.delay", "30s"),
        ("learn.every", "60s"),
    ];
    let settings = settings.iter().chain(more);
    let place = settings.fold(Place::new(), |place, (key, value)| place.set(key, value));
    let source = "synthetic:hawkes?n_star=0.8&sources=2&alive=40&within=1m&speed=60&beta=0.02&first=100";
    let mut process = place.start(&format!("run --log disk:log --listen 127.0.0.1:0 --source {source}"));
    let page = process.page();
    (place, process, page)
}

/// Appends records to the log `disk:log` of a place, on which nobody works.
fn append<V: Value>(place: &Place, records: &[V]) {
    let log = journal::open(&format!("disk:{}", place.path("log").display()), Access::Write).unwrap();
    let spec = TopicSpec::new(V::TOPIC, 4);
    log.declare(std::slice::from_ref(&spec)).unwrap();
    let mut out = Out::new(log.format(), &[spec]);
    let now = Timestamp::from_seconds(1_700_000_000);
    for record in records {
        out.send(now, record).unwrap();
    }
    let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: true };
    log.append(out.take(&Producer::from("test"), mark, false)).unwrap();
}
