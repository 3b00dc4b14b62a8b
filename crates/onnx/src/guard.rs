//! No panic of a library leaves this crate, and no error of one fills a screen.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Errors of graphs quote whole tables of weights.
const LONGEST: usize = 600;

/// What `work` gives; its panic is an error. Whatever `work` was changing is not used again after one.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(told(&words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it gave up and said nothing").to_owned()
}

/// An error with its causes, in one line and not too long.
pub(crate) fn told(error: &dyn Display) -> String {
    let line = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push_str("...");
    }
    short
}
