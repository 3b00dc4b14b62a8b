//! What the collector's user may set, and what of it is possible.

use crate::Collector;
use crate::abi::Options;
use crate::collector::LONGEST_MS;
use stages::collect::Rules;

const WINDOWS_S: &[u32] = &[600, 1200];
/// More are a mistake.
pub(crate) const MOST_WINDOWS: usize = 64;

/// Tweetoscope's rules, and no callbacks.
pub(crate) fn defaults() -> Options {
    let rules = Rules::default();
    Options {
        size: size_of::<Options>(),
        user: std::ptr::null_mut(),
        on_series: None,
        on_size: None,
        on_late: None,
        windows_s: WINDOWS_S.as_ptr(),
        windows_count: WINDOWS_S.len(),
        silence_ms: rules.silence_ms,
        longest_ms: rules.longest_ms,
        remember_ms: rules.remember_ms,
        lateness_ms: 0,
        min_size: rules.least,
        max_listed: rules.most as u64,
        text_bytes: rules.text as u64,
    }
}

/// A collector by these options, whose windows are `windows`.
pub(crate) fn collector(options: &Options, windows: &[u32]) -> Result<Collector, String> {
    if windows.len() > MOST_WINDOWS || windows.contains(&0) {
        return Err(format!("there can be {MOST_WINDOWS} windows, each of at least 1 second"));
    }
    let Options { silence_ms, longest_ms, remember_ms, lateness_ms, min_size: least, .. } = *options;
    within("silence_ms", silence_ms, 1)?;
    within("longest_ms", longest_ms, 1)?;
    within("remember_ms", remember_ms, 0)?;
    within("lateness_ms", lateness_ms, 0)?;
    let most = usize::try_from(options.max_listed).unwrap_or(usize::MAX);
    let text = usize::try_from(options.text_bytes).unwrap_or(usize::MAX);
    let mut rules = Rules::default().with_windows(windows.to_vec());
    (rules.silence_ms, rules.longest_ms, rules.remember_ms, rules.least) = (silence_ms, longest_ms, remember_ms, least);
    (rules.most, rules.text) = (most, text);
    Ok(Collector::new(rules).with_lateness_ms(lateness_ms))
}

fn within(name: &str, value: i64, least: i64) -> Result<(), String> {
    if (least..=LONGEST_MS).contains(&value) {
        return Ok(());
    }
    Err(format!("{name} must lie between {least} and {LONGEST_MS}, and is {value}"))
}
