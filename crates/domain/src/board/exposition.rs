//! The board as metrics, in the text form that Prometheus, its Pushgateway and OpenMetrics all read: gauges and histograms only.
//!
//! `ARE_600` and `n_tot` are called as a Tweetoscope calls them. Labels are bounded: windows, rules, and the largest cascades.

use super::Board;
use crate::Forecast;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

impl Board {
    /// How far off predictions are: `ARE_600` and its kin, the newest error of each window; the histogram of all; and what the
    /// newest ones say.
    pub fn accuracy_metrics(&self) -> String {
        let mut text = String::new();
        for (window, accuracy) in &self.accuracies {
            gauge(&mut text, &format!("ARE_{window}"), "Absolute relative error", [(labels(&[]), accuracy.newest)]);
        }
        self.are_histogram(&mut text);
        let each = |of: fn(&crate::Accuracy<'_>) -> f64| {
            self.accuracies.iter().map(move |(window, accuracy)| (labels(&[("window", &window.to_string())]), of(accuracy)))
        };
        gauge(&mut text, "goshawk_are_mean", "Mean absolute relative error of late", each(|accuracy| accuracy.mean));
        gauge(&mut text, "goshawk_are_median", "Median absolute relative error of late", each(|accuracy| accuracy.median));
        let help = "Share of cascades of late that came to a size within the predicted interval, which should be 0.8";
        gauge(&mut text, "goshawk_interval_coverage", help, each(|accuracy| accuracy.coverage));
        text
    }

    fn are_histogram(&self, text: &mut String) {
        const NAME: &str = "goshawk_are";
        if self.accuracies.is_empty() {
            return;
        }
        head(text, NAME, "histogram", "Absolute relative errors of predictions");
        for (window, accuracy) in &self.accuracies {
            let mut bucket =
                |bound: &dyn Display, errors: u64| line(text, NAME, "_bucket", &[("window", window), ("le", bound)], errors);
            // OpenMetrics wants `1.0`, not `1`.
            accuracy.histogram.iter().for_each(|one| bucket(&format_args!("{:?}", one.most), one.errors));
            bucket(&"+Inf", accuracy.errors);
            line(text, NAME, "_sum", &[("window", window)], accuracy.sum);
            line(text, NAME, "_count", &[("window", window)], accuracy.errors);
        }
    }

    /// The `top` largest cascades that go on, each at each window. One that has ended is no longer among them.
    pub fn cascade_metrics(&self, top: usize) -> String {
        let mut text = String::new();
        let leaders: Vec<(String, &Forecast)> = self
            .leaders(top)
            .flat_map(|row| row.forecasts.iter().map(move |forecast| (row, forecast)))
            .map(|(row, forecast)| (labels(&[("tweet", &row.cascade), ("obs", &forecast.window_s.to_string())]), forecast))
            .collect();
        let each = |of: fn(&Forecast) -> Option<f64>| {
            leaders.iter().filter_map(move |(labels, forecast)| Some((labels.clone(), of(forecast)?)))
        };
        gauge(&mut text, "n_tot", "Tweet popularity prediction", each(|forecast| Some(forecast.predicted)));
        let help = "The cascade will be smaller with a probability of 10 %";
        gauge(&mut text, "goshawk_cascade_low", help, each(|forecast| forecast.low));
        let help = "The cascade will be larger with a probability of 10 %";
        gauge(&mut text, "goshawk_cascade_high", help, each(|forecast| forecast.high));
        let help = "Posts of the cascade when it was looked at";
        gauge(&mut text, "goshawk_cascade_observed", help, each(|forecast| Some(forecast.observed as f64)));
        text
    }

    /// How many alerts of each rule go on.
    pub fn alert_metrics(&self) -> String {
        let mut firing: BTreeMap<&str, u64> = BTreeMap::new();
        for alert in self.alerts.values() {
            *firing.entry(&alert.rule).or_default() += 1;
        }
        let mut text = String::new();
        let each = firing.iter().map(|(rule, alerts)| (labels(&[("rule", rule)]), *alerts as f64));
        gauge(&mut text, "goshawk_alerts_firing", "Alerts that go on", each);
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _written = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

/// A gauge, unless there is nothing to say.
fn gauge(text: &mut String, name: &str, help: &str, values: impl IntoIterator<Item = (String, f64)>) {
    let mut values = values.into_iter().peekable();
    if values.peek().is_some() {
        head(text, name, "gauge", help);
    }
    for (labels, value) in values {
        let _written = writeln!(text, "{name}{labels} {value}");
    }
}

fn line(text: &mut String, name: &str, suffix: &str, named: &[(&str, &dyn Display)], value: impl Display) {
    let named: Vec<(&str, String)> = named.iter().map(|(name, value)| (*name, value.to_string())).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let _written = writeln!(text, "{name}{suffix}{} {value}", labels(&named));
}

fn labels(named: &[(&str, &str)]) -> String {
    if named.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> = named.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}
