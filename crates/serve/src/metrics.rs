//! Serve's own metrics: their names, help and values.

use crate::view::View;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The content type of the OpenMetrics text form.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What serve counts.
#[derive(Debug, Default)]
pub struct Numbers {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    broken: AtomicU64,
    lagged: AtomicU64,
}

/// What is looked at when the metrics are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Live clients.
    pub live: usize,
    /// Taps that are open.
    pub taps: usize,
}

impl Numbers {
    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route.to_owned(), status)).or_default() += 1;
    }

    /// Records that were followed did not decode.
    pub fn broken(&self, records: u64) {
        self.broken.fetch_add(records, Ordering::Relaxed);
    }

    /// A live client was too slow for so many events.
    pub fn lagged(&self, events: u64) {
        self.lagged.fetch_add(events, Ordering::Relaxed);
    }

    /// The metrics of the whole process, `others` among them, in the OpenMetrics text form.
    pub fn text(&self, others: &[String], view: &View, now: Now) -> String {
        let mut text = String::new();
        for other in others {
            text.push_str(other.trim_end().trim_end_matches("# EOF").trim_end());
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
        }
        self.requests(&mut text);
        gauge(&mut text, "goshawk_serve_live_clients", "Clients that hear the live events.", now.live);
        gauge(&mut text, "goshawk_serve_taps", "Taps that are open.", now.taps);
        gauge(&mut text, "goshawk_serve_rows", "Rows, a city's window each, in memory.", view.rows());
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        counter(&mut text, "goshawk_serve_rows_dropped", "Rows that went from memory, the oldest first.", view.dropped());
        counter(&mut text, "goshawk_serve_records_broken", "Records that were followed and did not decode.", count(&self.broken));
        counter(&mut text, "goshawk_serve_events_lagged", "Events that slow live clients missed.", count(&self.lagged));
        text.push_str("# EOF\n");
        text
    }

    fn requests(&self, text: &mut String) {
        const NAME: &str = "goshawk_serve_requests";
        head(text, NAME, "counter", "Requests answered, by route and status.");
        for ((route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(text, "{NAME}_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# TYPE {name} {kind}\n# HELP {name} {help}\n");
}

fn gauge(text: &mut String, name: &str, help: &str, value: usize) {
    head(text, name, "gauge", help);
    let _ = writeln!(text, "{name} {value}");
}

fn counter(text: &mut String, name: &str, help: &str, value: u64) {
    head(text, name, "counter", help);
    let _ = writeln!(text, "{name}_total {value}");
}
