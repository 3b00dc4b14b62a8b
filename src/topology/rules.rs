//! The rules that raise alerts, as configured.

use crate::config::{self, Config, Millis};
use anyhow::{Context as _, Result, anyhow, bail};
use stages::Watch;
use stages::watch::{Measure, Rule, clear};

/// The `watch` stage, as configured: all rules but those of gauges.
pub fn watch(config: &Config) -> Result<Watch> {
    let mut rules = rules(config)?;
    rules.retain(|rule| !rule.of.is_of_gauges());
    Ok(Watch { role: "watch", rules })
}

/// The `watch-gauges` stage, as configured: the rules of gauges, and those that people save.
pub fn watch_gauges(config: &Config) -> Result<Watch> {
    let mut rules = rules(config)?;
    rules.retain(|rule| rule.of.is_of_gauges());
    Ok(Watch { role: "watch-gauges", rules })
}

fn rules(config: &Config) -> Result<Vec<Rule>> {
    let collect = super::collect(config)?;
    let windows = collect.rules.windows_s();
    let rules = config
        .watch
        .rules
        .iter()
        .map(|(name, rule)| watch_rule(name, rule, windows).with_context(|| format!("watch.rules.{name}")));
    rules.collect()
}

fn watch_rule(name: &str, rule: &config::Rule, windows: &[u32]) -> Result<Rule> {
    let known = || Measure::ALL.map(Measure::name).join(", ");
    let of = Measure::ALL.into_iter().find(|measure| measure.name() == rule.of);
    let of = of.ok_or_else(|| anyhow!("of = \"{}\" is none of {}", rule.of, known()))?;
    let (threshold, is_above) = match (rule.above, rule.below) {
        (Some(above), None) => (above, true),
        (None, Some(below)) => (below, false),
        _ => bail!("it needs a threshold: either above or below"),
    };
    let clear = rule.clear.unwrap_or(clear(threshold, is_above));
    if !threshold.is_finite() || !clear.is_finite() {
        bail!("a threshold is a number");
    }
    if (clear > threshold) == is_above && clear != threshold {
        bail!("clear = {clear} is on the wrong side of the threshold {threshold}");
    }
    if name.is_empty() || name.contains(['/', '"', '\n']) {
        bail!("a rule's name has neither / nor quotation marks");
    }
    let window_s = rule.window.map(|window| whole(window, of, windows)).transpose()?;
    if of.is_of_gauges() && window_s.is_none() {
        bail!("a rule of gauges needs a window, as in 10m");
    }
    let silence_ms = rule.silence.map_or(600_000, |time| time.0);
    // A cascade comes to an end anyway.
    let expire_ms = rule.expire.map_or(if of.is_of_cascades() { 8 * 86_400_000 } else { 3_600_000 }, |time| time.0);
    if silence_ms < 0 || expire_ms <= 0 {
        bail!("silence and expire are lengths of time");
    }
    let only = rule.only.clone();
    Ok(Rule { name: name.to_owned(), of, threshold, is_above, clear, only, window_s, silence_ms, expire_ms })
}

/// A rule's observation window, in seconds.
fn whole(window: Millis, of: Measure, windows: &[u32]) -> Result<u32> {
    if of.name().starts_with("counts.") {
        bail!("window: counts have no observation window");
    }
    let seconds = u32::try_from(window.0 / 1000).ok().filter(|_| window.0 % 1000 == 0);
    if of.is_of_gauges() {
        let tens = seconds.filter(|seconds| *seconds > 0 && seconds.is_multiple_of(10));
        return tens.ok_or_else(|| anyhow!("window = {window} is no multiple of 10s"));
    }
    let known = windows.iter().map(|window| format!("{window}s")).collect::<Vec<_>>().join(", ");
    seconds.filter(|seconds| windows.contains(seconds)).ok_or_else(|| anyhow!("window = {window} is none of {known}"))
}
