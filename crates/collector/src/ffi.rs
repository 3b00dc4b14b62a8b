//! What C calls. Each function is described in `include/goshawk_collector.h`.
//!
//! This is the one file of Goshawk that may be unsafe. It trusts its caller only in what C itself cannot do without: that a
//! pointer which is not NULL points at what its type says, for as long as the call lasts.
#![expect(unsafe_code, reason = "the C ABI has raw pointers")]
// The header has the contract of each function, in the words of those who must keep it.
#![allow(clippy::missing_safety_doc)]

use crate::abi::{ABI, BROKEN, BUSY, Event, FINISHED, INVALID, Late, OK, Options, SAFE_QUOTES, Series, Size, Tell};
use crate::{Collector, Post, Wrong, json, options};
use domain::tweetoscope::Words;
use flow::Timestamp;
use stages::collect::Told;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, TryLockError};

/// `goshawk_collector`. The lock is never waited for: it finds callbacks that call back, and after a panic it is poisoned.
pub struct Handle {
    inner: Mutex<(Collector, Listener)>,
    error: Mutex<CString>,
}

/// The caller's callbacks.
#[derive(Clone, Copy)]
struct Listener {
    user: *mut c_void,
    on_series: Tell<Series>,
    on_size: Tell<Size>,
    on_late: Tell<Late>,
}

/// A code, and words for people.
struct Failure(c_int, String);

type Outcome = Result<(), Failure>;

thread_local! {
    /// Why no collector was made.
    static UNMADE: RefCell<CString> = RefCell::default();
}

/// No structure will ever be so large: what says so was not initialised.
const LARGEST: usize = 4096;

/// Fills `options`, which has room for `size` bytes, with the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_options_init(options: *mut Options, size: usize) {
    if options.is_null() || size < size_of::<usize>() || size > LARGEST {
        return;
    }
    let defaults = Options { size, ..options::defaults() };
    // SAFETY: the caller has room for `size` bytes there, and no more than we have of the defaults are copied.
    unsafe {
        options.cast::<u8>().write_bytes(0, size);
        let from = (&raw const defaults).cast::<u8>();
        options.cast::<u8>().copy_from_nonoverlapping(from, size.min(size_of::<Options>()));
    }
}

/// Makes a collector.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_new(options: *const Options) -> *mut Handle {
    let making = || {
        // SAFETY: the caller's options are as large as they say.
        let options = unsafe { read(options) }?;
        // SAFETY: and their windows as many.
        unsafe { made(&options) }
    };
    match guarded(making) {
        Ok(handle) => Box::into_raw(Box::new(handle)),
        Err(Failure(_, why)) => {
            UNMADE.with_borrow_mut(|unmade| *unmade = c_text(&why));
            std::ptr::null_mut()
        }
    }
}

/// Frees a collector, which tells of nothing any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_free(collector: *mut Handle) -> c_int {
    // SAFETY: it is NULL or came from `goshawk_collector_new`.
    let Some(handle) = (unsafe { collector.as_ref() }) else { return OK };
    if matches!(handle.inner.try_lock(), Err(TryLockError::WouldBlock)) {
        return BUSY;
    }
    // SAFETY: it came from `Box::into_raw`, and nobody is inside.
    let handle = AssertUnwindSafe(unsafe { Box::from_raw(collector) });
    status(guarded(|| {
        drop(handle);
        Ok(())
    }))
}

/// Takes a post in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_add(
    collector: *mut Handle,
    source: u64,
    cascade: *const c_char,
    time_ms: i64,
    mark: f64,
    is_repost: c_int,
    text: *const c_char,
) -> c_int {
    let work = |inner: &mut Collector, listener: Listener| {
        // SAFETY: both are NULL or end in a zero, and stay as they are during the call.
        let (cascade, text) = unsafe { (text_of(cascade, "the cascade's name")?, text_of(text, "the text")?) };
        let Some(cascade) = cascade.filter(|name| !name.is_empty()) else { return Err(invalid("the cascade has no name")) };
        if !(mark.is_finite() && mark >= 0.0) {
            return Err(invalid(&format!("the mark must be 0 or more, and is {mark}")));
        }
        let (mark, time, text) = (mark.round() as u64, Timestamp::from_millis(time_ms), text.unwrap_or_default());
        let post = Post { source, cascade, time, mark, is_repost: is_repost != 0, text };
        Ok(inner.add(&post, |source, cascade, told| listener.tell(source, cascade, told))?)
    };
    // SAFETY: the collector is NULL or came from `goshawk_collector_new`.
    unsafe { call(collector, work) }
}

/// Moves a source's clock on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_advance(collector: *mut Handle, source: u64, time_ms: i64) -> c_int {
    let work = |inner: &mut Collector, listener: Listener| {
        let time = Timestamp::from_millis(time_ms);
        Ok(inner.advance(source, time, |source, cascade, told| listener.tell(source, cascade, told))?)
    };
    // SAFETY: the collector is NULL or came from `goshawk_collector_new`.
    unsafe { call(collector, work) }
}

/// Closes every cascade.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_finish(collector: *mut Handle) -> c_int {
    let work = |inner: &mut Collector, listener: Listener| {
        inner.finish(|source, cascade, told| listener.tell(source, cascade, told));
        Ok(())
    };
    // SAFETY: the collector is NULL or came from `goshawk_collector_new`.
    unsafe { call(collector, work) }
}

/// Why the last call that failed did so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_error(collector: *const Handle) -> *const c_char {
    // SAFETY: it is NULL or came from `goshawk_collector_new`.
    match unsafe { collector.as_ref() } {
        Some(handle) => handle.error.lock().unwrap_or_else(PoisonError::into_inner).as_ptr(),
        None => UNMADE.with_borrow(|unmade| unmade.as_ptr()),
    }
}

/// Writes a series as Tweetoscope's message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_series_json(
    series: *const Series,
    flags: u32,
    buffer: *mut c_char,
    length: usize,
) -> i64 {
    let message = || {
        // SAFETY: it is NULL or points at a series.
        let series = unsafe { series.as_ref() }.ok_or_else(|| invalid("there is no series"))?;
        // SAFETY: its text ends in a zero.
        let (cascade, text) = unsafe { (text_of(series.cascade, "the cascade's name")?, text_of(series.text, "the text")?) };
        // SAFETY: its events are as many as it says.
        let events = unsafe { slice_of(series.events, series.events_count) }.ok_or_else(|| invalid("there are no events"))?;
        let events = events.iter().map(|event| [event.after_ms, event.mark]).collect();
        let (cascade, text) = (cascade.unwrap_or_default(), text.unwrap_or_default());
        json::series(cascade, text, series.start_ms, series.window_s, events, words_of(flags)?).map_err(|why| invalid(&why.0))
    };
    // SAFETY: the caller has room for `length` bytes there.
    unsafe { hand_out(guarded(message), buffer, length) }
}

/// Writes a size as Tweetoscope's message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goshawk_collector_size_json(size: *const Size, flags: u32, buffer: *mut c_char, length: usize) -> i64 {
    let message = || {
        // SAFETY: it is NULL or points at a size.
        let size = unsafe { size.as_ref() }.ok_or_else(|| invalid("there is no size"))?;
        // SAFETY: its text ends in a zero.
        let cascade = unsafe { text_of(size.cascade, "the cascade's name")? }.unwrap_or_default();
        json::size(cascade, size.size, size.end_ms, words_of(flags)?).map_err(|why| invalid(&why.0))
    };
    // SAFETY: the caller has room for `length` bytes there.
    unsafe { hand_out(guarded(message), buffer, length) }
}

/// The library's version.
#[unsafe(no_mangle)]
pub extern "C" fn goshawk_collector_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The ABI's number.
#[unsafe(no_mangle)]
pub extern "C" fn goshawk_collector_abi() -> u32 {
    ABI
}

/// The options of a caller who may know more of them than we do. None knows fewer: there has been no version before this one.
unsafe fn read(options: *const Options) -> Result<Options, Failure> {
    const USE_INIT: &str = "use goshawk_collector_options_init";
    if options.is_null() || !options.is_aligned() {
        return Err(invalid("there are no options"));
    }
    // SAFETY: whatever the options' version, they start with their size.
    let size = unsafe { options.cast::<usize>().read() };
    if !(size_of::<Options>()..=LARGEST).contains(&size) {
        return Err(invalid(&format!("options of {size} bytes are none: {USE_INIT}")));
    }
    // SAFETY: the caller's options are of this size, which is ours or more.
    let more = unsafe { slice_of(options.cast::<u8>().add(size_of::<Options>()), size - size_of::<Options>()) };
    if more.unwrap_or_default().iter().any(|byte| *byte != 0) {
        return Err(invalid("these options are of a newer version than the library, which does not know all that are set"));
    }
    // SAFETY: as above; any bytes that C can put there are options.
    Ok(unsafe { options.read() })
}

unsafe fn made(options: &Options) -> Result<Handle, Failure> {
    let count = options.windows_count.min(options::MOST_WINDOWS + 1);
    // SAFETY: the caller's windows are as many as they say; too many are not all looked at.
    let windows = unsafe { slice_of(options.windows_s, count) };
    let windows = windows.ok_or_else(|| invalid("windows_s is NULL"))?;
    let collector = options::collector(options, windows).map_err(|why| invalid(&why))?;
    let Options { user, on_series, on_size, on_late, .. } = *options;
    let listener = Listener { user, on_series, on_size, on_late };
    Ok(Handle { inner: Mutex::new((collector, listener)), error: Mutex::default() })
}

/// Why a repost is late that belongs to no cascade.
const STRAY: &str = "its first post was never seen, or is long forgotten";

impl Listener {
    fn tell(self, source: u64, cascade: &str, told: Told<'_>) {
        let cascade = c_text(cascade);
        match told {
            Told::Window { at, window_s, text, start, size, reach, events, .. } => {
                let (text, start_ms, at_ms) = (c_text(text), start.millis(), at.millis());
                let (cascade, text, events_count) = (cascade.as_ptr(), text.as_ptr(), events.len());
                let events = events.as_ptr().cast::<Event>();
                let series = Series { source, cascade, text, start_ms, at_ms, size, reach, events, events_count, window_s };
                self.send(self.on_series, &series);
            }
            Told::End { at, text, start, end, size, reach, .. } => {
                let (text, start_ms, end_ms, at_ms) = (c_text(text), start.millis(), end.millis(), at.millis());
                let (cascade, text) = (cascade.as_ptr(), text.as_ptr());
                self.send(self.on_size, &Size { source, cascade, text, start_ms, end_ms, at_ms, size, reach });
            }
            Told::Late { repost, .. } | Told::Stray(repost) => {
                let reason = if let Told::Late { reason, .. } = told { reason } else { STRAY };
                let (reason, time_ms) = (c_text(reason), repost.time.millis());
                let (cascade, reason, mark, number) = (cascade.as_ptr(), reason.as_ptr(), repost.mark, repost.offset);
                self.send(self.on_late, &Late { source, cascade, time_ms, mark, number, reason });
            }
        }
    }

    fn send<T>(self, callback: Tell<T>, told: &T) {
        if let Some(callback) = callback {
            // SAFETY: the caller gave a function of this type, and what it is told lives until it returns.
            unsafe { callback(self.user, told) }
        }
    }
}

/// Does some work on a collector that nobody is inside of. Whatever happens comes back as a status.
unsafe fn call(handle: *const Handle, work: impl FnOnce(&mut Collector, Listener) -> Outcome) -> c_int {
    // SAFETY: it is NULL or came from `goshawk_collector_new`.
    let Some(handle) = (unsafe { handle.as_ref() }) else { return INVALID };
    let outcome = guarded(|| match handle.inner.try_lock() {
        Ok(mut inner) => {
            let (collector, listener) = &mut *inner;
            work(collector, *listener)
        }
        Err(TryLockError::WouldBlock) => Err(Failure(BUSY, "the collector is at work: a callback must not call it".into())),
        Err(TryLockError::Poisoned(_)) => Err(broken()),
    });
    if let Err(Failure(_, why)) = &outcome {
        *handle.error.lock().unwrap_or_else(PoisonError::into_inner) = c_text(why);
    }
    status(outcome)
}

/// Lets no panic out: to unwind into C is undefined.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken()))
}

fn status(outcome: Outcome) -> c_int {
    outcome.map_or_else(|Failure(code, _)| code, |()| OK)
}

fn invalid(why: &str) -> Failure {
    Failure(INVALID, why.to_owned())
}

fn broken() -> Failure {
    Failure(BROKEN, "the library has failed, which is a mistake in it: free the collector".into())
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        Failure(if wrong == Wrong::Finished { FINISHED } else { INVALID }, wrong.to_string())
    }
}

fn words_of(flags: u32) -> Result<Words, Failure> {
    match flags {
        0 => Ok(Words::Plain),
        SAFE_QUOTES => Ok(Words::Safe),
        _ => Err(invalid("unknown flags")),
    }
}

/// Text came from C, where none has a zero inside.
fn c_text(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

unsafe fn text_of<'a>(text: *const c_char, what: &str) -> Result<Option<&'a str>, Failure> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: it ends in a zero.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|error| invalid(&format!("{what} is not UTF-8: {error}")))
}

/// None where there are some and no pointer to them.
unsafe fn slice_of<'a, T>(first: *const T, count: usize) -> Option<&'a [T]> {
    match count {
        0 => Some(&[]),
        _ if first.is_null() => None,
        // SAFETY: so many are there.
        _ => Some(unsafe { std::slice::from_raw_parts(first, count) }),
    }
}

/// Writes text and a zero, or only the zero where there is no room for all; gives its length without it.
unsafe fn hand_out(text: Result<Vec<u8>, Failure>, buffer: *mut c_char, length: usize) -> i64 {
    let (text, answer) = match text {
        Ok(text) => (text, None),
        Err(Failure(code, _)) => (vec![], Some(i64::from(code))),
    };
    if !buffer.is_null() && length > 0 {
        let written = if text.len() < length { text.len() } else { 0 };
        // SAFETY: there is room for `length` bytes, and `written` is less.
        unsafe {
            buffer.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), written);
            buffer.add(written).write(0);
        }
    }
    answer.unwrap_or(text.len() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_and_leaves_nothing_to_use() {
        let mut options = options::defaults();
        options.min_size = 1;
        // SAFETY: the options are ours.
        let handle = unsafe { goshawk_collector_new(&options) };
        // SAFETY: the collector is.
        unsafe {
            assert_eq!(call(handle, |_, _| panic!("on purpose")), BROKEN);
            assert_eq!(goshawk_collector_finish(handle), BROKEN);
            assert!(CStr::from_ptr(goshawk_collector_error(handle)).to_str().unwrap().contains("mistake"));
            assert_eq!(goshawk_collector_free(handle), OK);
        }
    }
}
