//! The standard metrics of every role, by name and help.

use crate::Report;
use flow::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRole {
    role: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPartition {
    role: String,
    partition: u32,
}

type Real = Gauge<f64, AtomicU64>;
type Times = Family<OfRole, Histogram, fn() -> Histogram>;

/// The metrics of all roles.
pub struct Metrics {
    registry: Mutex<Registry>,
    records: Family<OfRole, Counter>,
    bytes: Family<OfRole, Counter>,
    written: Family<OfRole, Counter>,
    late: Family<OfRole, Counter>,
    rejected: Family<OfRole, Counter>,
    passed_over: Family<OfRole, Counter>,
    restarts: Family<OfRole, Counter>,
    unanswered: Family<OfRole, Counter>,
    keys: Family<OfRole, Gauge>,
    progress: Family<OfRole, Real>,
    lag: Family<OfPartition, Gauge>,
    delay: Family<OfPartition, Real>,
    step: Times,
    commit: Times,
}

fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 18))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("goshawk");
        let counter = |registry: &mut Registry, name: &str, help: &str| {
            let family = Family::<OfRole, Counter>::default();
            registry.register(name, help, family.clone());
            family
        };
        let histogram = |registry: &mut Registry, name: &str, help: &str| {
            let family = Times::new_with_constructor(times as fn() -> Histogram);
            registry.register(name, help, family.clone());
            family
        };
        let records = counter(&mut registry, "records", "Records read by a stage or a sink, or brought by a source");
        let bytes = counter(&mut registry, "bytes", "Bytes of those records");
        let written = counter(&mut registry, "written", "Records written");
        let late = counter(&mut registry, "late", "Records refused because they came later than allowed");
        let rejected = counter(&mut registry, "rejected", "Records refused because they could not be read");
        let passed_over = counter(
            &mut registry,
            "passed_over",
            "Records that a stage has no use for, such as reposts of cascades that are not known",
        );
        let restarts = counter(&mut registry, "restarts", "Times that a role failed on a record and started again without it");
        let unanswered = counter(&mut registry, "unanswered", "Posts to which a text model that was asked gave no score");
        let step = histogram(&mut registry, "step_seconds", "How long the steps between two reports took");
        let commit = histogram(&mut registry, "commit_seconds", "How long a commit took");
        let (keys, progress) = (Family::default(), Family::default());
        let (lag, delay) = (Family::default(), Family::default());
        registry.register("state_keys", "Keys that have a state", Family::clone(&keys));
        registry.register("source_progress", "How far a source with an end is, from 0 to 1", Family::clone(&progress));
        registry.register("lag_records", "Records that wait to be read", Family::clone(&lag));
        registry.register("watermark_delay_seconds", "How far event time is behind the wall clock", Family::clone(&delay));
        let registry = Mutex::new(registry);
        Metrics {
            registry,
            records,
            bytes,
            written,
            late,
            rejected,
            passed_over,
            restarts,
            unanswered,
            keys,
            progress,
            lag,
            delay,
            step,
            commit,
        }
    }
}

impl Metrics {
    /// Takes a report of a role in.
    pub fn observe(&self, role: &str, report: &Report, now: Timestamp) {
        let of = OfRole { role: role.to_owned() };
        self.records.get_or_create(&of).inc_by(report.records);
        self.bytes.get_or_create(&of).inc_by(report.bytes);
        self.written.get_or_create(&of).inc_by(report.written);
        self.late.get_or_create(&of).inc_by(report.late);
        self.rejected.get_or_create(&of).inc_by(report.rejected);
        self.passed_over.get_or_create(&of).inc_by(report.passed_over);
        self.restarts.get_or_create(&of).inc_by(report.failures);
        if report.asked.unanswered > 0 {
            self.unanswered.get_or_create(&of).inc_by(report.asked.unanswered);
        }
        self.keys.get_or_create(&of).set(report.keys.cast_signed());
        if let Some(progress) = report.progress {
            self.progress.get_or_create(&of).set(progress);
        }
        if !report.stepping.is_zero() {
            self.step.get_or_create(&of).observe(report.stepping.as_secs_f64());
        }
        for time in &report.committing {
            self.commit.get_or_create(&of).observe(time.as_secs_f64());
        }
        self.observe_partitions(role, report, now);
    }

    fn observe_partitions(&self, role: &str, report: &Report, now: Timestamp) {
        let of = |partition: u32| OfPartition { role: role.to_owned(), partition };
        for (partition, lag) in &report.lag {
            self.lag.get_or_create(&of(*partition)).set(lag.cast_signed());
        }
        for (partition, watermark) in report.watermarks.iter().filter(|(_, watermark)| *watermark != Timestamp::MIN) {
            let delay = now.millis_since(*watermark) as f64 / 1000.0;
            self.delay.get_or_create(&of(*partition)).set(delay);
        }
    }

    /// All of it, in the OpenMetrics text form.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        let _written = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}
