//! How words that a pattern stands for become a query. What changes scores or leaves words out is refused, but for the default.

use super::{Options, uncreatable};
use crate::Result;

/// What a query says of it, if it reads as such.
pub(super) fn rewrite<'b>(options: &Options<'b>, name: &str) -> Result<Option<&'b str>> {
    let Some(told) = options.text(name)? else { return Ok(None) };
    let of_top = ["top_terms_blended_freqs_", "top_terms_boost_", "top_terms_"];
    let top = of_top.iter().find_map(|start| told.strip_prefix(start)).is_some_and(|count| count.parse::<usize>().is_ok());
    if top || matches!(told, "constant_score" | "constant_score_boolean" | "scoring_boolean") {
        return Ok(Some(told));
    }
    Err(uncreatable(&format!("Failed to parse rewrite_method [{told}]")))
}

/// Refuses all by which documents do not score alike.
pub(super) fn constant_rewrite(options: &Options, name: &str) -> Result<()> {
    match rewrite(options, name)? {
        None | Some("constant_score" | "constant_score_boolean") => Ok(()),
        Some(other) => Err(uncreatable(&format!("rewrite_method [{other}] is not supported here"))),
    }
}

/// The most frequent words that a nearly written word stands for; refuses all but to score them as by default.
pub(super) fn blended(options: &Options, name: &str) -> Result<Option<usize>> {
    let Some(told) = rewrite(options, name)? else { return Ok(None) };
    let most = told.strip_prefix("top_terms_blended_freqs_").and_then(|most| most.parse().ok());
    most.map(Some).ok_or_else(|| uncreatable(&format!("rewrite_method [{told}] is not supported here")))
}
