//! The rules that raise alerts, as configured.

use super::{COUNTS, Role};
use crate::config::{self, Config, Millis};
use anyhow::{Context as _, Result, anyhow, bail};
use stages::Watch;
use stages::watch::{Measure, Rule};

/// The `watch` stage, as configured.
pub fn watch(config: &Config) -> Result<Watch> {
    let rules =
        config.watch.rules.iter().map(|(name, rule)| watch_rule(name, rule).with_context(|| format!("watch.rules.{name}")));
    Ok(Watch { rules: rules.collect::<Result<_>>()? })
}

/// Whether a role looks at a topic that it reads. `watch` looks at counts only where a rule does: who runs the chain of cascades
/// alone has no `count`, and its alerts would wait for that for ever.
pub fn is_looked_at(config: &Config, role: &Role, topic: &str) -> bool {
    let of_counts = |rule: &config::Rule| rule.of.split('.').next() == Some(COUNTS);
    role.name != "watch" || topic != COUNTS || config.watch.rules.values().any(of_counts)
}

fn watch_rule(name: &str, rule: &config::Rule) -> Result<Rule> {
    let known = || Measure::ALL.map(Measure::name).join(", ");
    let of = Measure::ALL.into_iter().find(|measure| measure.name() == rule.of);
    let of = of.ok_or_else(|| anyhow!("of = \"{}\" is none of {}", rule.of, known()))?;
    let (threshold, is_above) = match (rule.above, rule.below) {
        (Some(above), None) => (above, true),
        (None, Some(below)) => (below, false),
        _ => bail!("it needs a threshold: either above or below"),
    };
    let clear = rule.clear.unwrap_or(if is_above { threshold * 0.8 } else { threshold * 1.2 });
    if !threshold.is_finite() || (clear > threshold) == is_above && clear != threshold {
        bail!("clear = {clear} is on the wrong side of the threshold {threshold}");
    }
    if name.is_empty() || name.contains(['/', '"', '\n']) {
        bail!("a rule's name has neither / nor quotation marks");
    }
    let seconds = |window: Millis| u32::try_from(window.0 / 1000).map_err(|_| anyhow!("window = {window} is too long"));
    let window_s = rule.window.map(seconds).transpose()?;
    let (silence_ms, expire_ms) = (rule.silence.map_or(600_000, |time| time.0), rule.expire.map_or(86_400_000, |time| time.0));
    Ok(Rule { name: name.to_owned(), of, threshold, is_above, clear, window_s, silence_ms, expire_ms })
}
