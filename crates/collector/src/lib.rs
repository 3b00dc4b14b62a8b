//! Goshawk's collector as a library for C and C++, in the place of Tweetoscope's own: posts in, partial cascades and sizes out.
//!
//! `include/goshawk_collector.h` is what its users read, and `docs/collector-library.md`. [`Collector`] is the same in Rust.
//!
//! Non-goals: reading or writing Kafka, clocks, threads, keeping anything over a restart. Whoever needs those runs `goshawk`.
//!
//! Start reading at [`Collector`]; then `ffi.rs`, the one file of Goshawk that may be unsafe.

pub mod abi;
mod collector;
mod ffi;
mod json;
mod options;
#[cfg(test)]
mod tests;

pub use collector::{Collector, Post, Wrong};
pub use ffi::*;
