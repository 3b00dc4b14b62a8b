//! librdkafka's own statistics, as metrics and for the lag.

use rdkafka::Statistics;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// The newest statistics of every client.
#[derive(Default)]
pub struct Numbers {
    clients: Mutex<BTreeMap<String, Statistics>>,
}

/// A family of metrics: name, kind, help.
type Family = (&'static str, &'static str, &'static str);

/// A family, and where its value is.
type Shown<T, N> = (Family, fn(&T) -> N);

/// What is shown of a client.
const OF_CLIENT: [Shown<Statistics, i64>; 6] = [
    (("requests_sent", "counter", "Requests sent to brokers"), |s| s.tx),
    (("bytes_sent", "counter", "Bytes sent to brokers"), |s| s.tx_bytes),
    (("bytes_received", "counter", "Bytes received from brokers"), |s| s.rx_bytes),
    (("messages_sent", "counter", "Messages sent to brokers"), |s| s.txmsgs),
    (("messages_received", "counter", "Messages received from brokers"), |s| s.rxmsgs),
    (("queue_messages", "gauge", "Messages that wait in a producer"), |s| s.msg_cnt.cast_signed()),
];

type Broker = rdkafka::statistics::Broker;

/// What is shown of a broker, as a client sees it.
const OF_BROKER: [Shown<Broker, f64>; 5] = [
    (("broker_up", "gauge", "Whether the client is connected to the broker"), |b| f64::from(b.state == "UP")),
    (("broker_errors", "counter", "Requests that failed"), |b| (b.txerrs + b.rxerrs) as f64),
    (("broker_timeouts", "counter", "Requests that had no answer in time"), |b| b.req_timeouts as f64),
    (("broker_disconnects", "counter", "Connections that broke"), |b| b.disconnects.unwrap_or(0) as f64),
    (("broker_rtt_p99_seconds", "gauge", "Time to an answer, 99th percentile"), |b| {
        b.rtt.as_ref().map_or(0.0, |rtt| rtt.p99 as f64 / 1e6)
    }),
];

type Partition = rdkafka::statistics::Partition;

/// What is shown of a partition that a client reads.
const OF_PARTITION: [Shown<Partition, i64>; 3] = [
    (("partition_end_offset", "gauge", "The offset behind the newest record that is committed"), |p| p.ls_offset),
    (("partition_next_offset", "gauge", "The offset that is asked for next"), |p| p.next_offset),
    (("partition_fetched_messages", "gauge", "Messages fetched that wait to be worked on"), |p| p.fetchq_cnt),
];

impl Numbers {
    /// Takes a client's statistics in.
    pub fn take(&self, client: &str, json: &[u8]) {
        if let Ok(statistics) = serde_json::from_slice(json) {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.insert(client.to_owned(), statistics);
        }
    }

    /// Forgets a client that is gone.
    pub fn forget(&self, client: &str) {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(client);
    }

    /// The offset behind the newest committed record that a client has seen of a partition.
    pub fn end(&self, client: &str, topic: &str, partition: u32) -> Option<u64> {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let partitions = &clients.get(client)?.topics.get(topic)?.partitions;
        partitions.get(&partition.cast_signed()).and_then(|p| u64::try_from(p.ls_offset).ok())
    }

    /// All of it, in the OpenMetrics text form, without its closing line.
    pub fn text(&self) -> String {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (family, value) in &OF_CLIENT {
            let rows = clients.iter().map(|(name, s)| (format!("client=\"{name}\""), value(s).to_string()));
            write(&mut text, family, rows);
        }
        for (family, value) in &OF_BROKER {
            let brokers = clients.iter().flat_map(|(name, s)| s.brokers.values().map(move |b| (name, b)));
            let known = brokers.filter(|(_, b)| b.nodeid >= 0);
            let rows = known.map(|(name, b)| (format!("client=\"{name}\",broker=\"{}\"", b.nodeid), value(b).to_string()));
            write(&mut text, family, rows);
        }
        for (family, value) in &OF_PARTITION {
            let rows = clients.iter().flat_map(|(name, s)| of_partitions(name, s, *value));
            write(&mut text, family, rows);
        }
        let rebalances = clients.iter().filter_map(|(name, s)| Some((name, s.cgrp.as_ref()?.rebalance_cnt)));
        let family = ("rebalances", "counter", "Times that a group's partitions were shared out anew");
        write(&mut text, &family, rebalances.map(|(name, count)| (format!("client=\"{name}\""), count.to_string())));
        text
    }
}

fn of_partitions(name: &str, statistics: &Statistics, value: fn(&Partition) -> i64) -> Vec<(String, String)> {
    let read = |p: &&Partition| p.partition >= 0 && p.fetch_state == "active";
    let topics = statistics.topics.iter();
    let rows = topics.flat_map(|(topic, t)| t.partitions.values().filter(read).map(move |p| (topic, p)));
    let mut rows: Vec<_> = rows
        .map(|(topic, p)| (format!("client=\"{name}\",topic=\"{topic}\",partition=\"{}\"", p.partition), value(p).to_string()))
        .collect();
    rows.sort_unstable();
    rows
}

fn write(text: &mut String, (name, kind, help): &Family, rows: impl Iterator<Item = (String, String)>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let suffix = if *kind == "counter" { "_total" } else { "" };
    // Writing to a string cannot fail.
    let _written = write!(text, "# HELP goshawk_kafka_{name} {help}.\n# TYPE goshawk_kafka_{name} {kind}\n");
    for (labels, value) in rows {
        let _written = writeln!(text, "goshawk_kafka_{name}{suffix}{{{labels}}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_without_clients_is_left_out_and_what_is_gone_is_forgotten() {
        let numbers = Numbers::default();
        assert_eq!(numbers.text(), "");
        let statistics = Statistics { tx: 7, ..Statistics::default() };
        numbers.clients.lock().unwrap().insert("count".into(), statistics);
        assert!(numbers.text().contains("goshawk_kafka_requests_sent_total{client=\"count\"} 7\n"));
        numbers.take("count", b"no json");
        assert_eq!(numbers.end("count", "posts", 0), None);
        numbers.forget("count");
        assert_eq!(numbers.text(), "");
    }
}
