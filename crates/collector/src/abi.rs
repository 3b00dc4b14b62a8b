//! What stands in `goshawk_collector.h`, as Rust sees it: each type is laid out as C lays it out, and a test compares the two.

use std::ffi::{c_char, c_int, c_void};

/// The call did what it says.
pub const OK: c_int = 0;
/// An argument is wrong. Nothing has changed.
pub const INVALID: c_int = -1;
/// The collector is at work: a callback, or another thread, calls it. Nothing has changed.
pub const BUSY: c_int = -2;
/// The collector is finished. Nothing has changed.
pub const FINISHED: c_int = -3;
/// The library has failed, by a mistake of ours: the collector can only be freed.
pub const BROKEN: c_int = -4;

/// Quotes in text become typographic ones.
pub const SAFE_QUOTES: u32 = 1;

/// Raised with every change that old programs would not survive; the number in the shared library's name.
pub const ABI: u32 = 1;

/// `goshawk_event`: a post in a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// Milliseconds after the first post.
    pub after_ms: u64,
    /// How many follow its author.
    pub mark: u64,
}

/// `goshawk_series`: a cascade as far as one window saw it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Series {
    /// Whose clock.
    pub source: u64,
    /// The cascade's name.
    pub cascade: *const c_char,
    /// What its first post says, cut.
    pub text: *const c_char,
    /// When it started.
    pub start_ms: i64,
    /// When the window ended.
    pub at_ms: i64,
    /// Posts in the window.
    pub size: u64,
    /// Their followers, added up.
    pub reach: u64,
    /// The posts, the oldest first.
    pub events: *const Event,
    /// How many of them are listed.
    pub events_count: usize,
    /// How long the window was.
    pub window_s: u32,
}

/// `goshawk_size`: what a cascade came to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Size {
    /// Whose clock.
    pub source: u64,
    /// The cascade's name.
    pub cascade: *const c_char,
    /// What its first post says, cut.
    pub text: *const c_char,
    /// When it started.
    pub start_ms: i64,
    /// When its last post came.
    pub end_ms: i64,
    /// When it was known to have ended.
    pub at_ms: i64,
    /// All its posts.
    pub size: u64,
    /// Their followers, added up.
    pub reach: u64,
}

/// `goshawk_late`: a post that belongs to no open cascade.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Late {
    /// Whose clock.
    pub source: u64,
    /// The cascade's name.
    pub cascade: *const c_char,
    /// When it was posted.
    pub time_ms: i64,
    /// How many follow its author.
    pub mark: u64,
    /// The how manieth post of the collector it was, from 0.
    pub number: u64,
    /// Why.
    pub reason: *const c_char,
}

/// A callback. One that unwinds ends the process in order; it is not undefined.
pub type Tell<T> = Option<unsafe extern "C-unwind" fn(*mut c_void, *const T)>;

/// `goshawk_collector_options`. Fields are only ever added at the end.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Options {
    /// How large the caller's structure is, in bytes.
    pub size: usize,
    /// Handed to the callbacks.
    pub user: *mut c_void,
    /// Told of partial cascades.
    pub on_series: Tell<Series>,
    /// Told of sizes.
    pub on_size: Tell<Size>,
    /// Told of late posts.
    pub on_late: Tell<Late>,
    /// The observation windows.
    pub windows_s: *const u32,
    /// How many.
    pub windows_count: usize,
    /// Ended when nothing was added for so long.
    pub silence_ms: i64,
    /// Ended so long after its start.
    pub longest_ms: i64,
    /// That it has ended is remembered for so long.
    pub remember_ms: i64,
    /// How much older than the newest of its source a post may be.
    pub lateness_ms: i64,
    /// A smaller cascade is not told of.
    pub min_size: u64,
    /// So many posts are listed in a series.
    pub max_listed: u64,
    /// So many bytes of the first post are kept.
    pub text_bytes: u64,
}
