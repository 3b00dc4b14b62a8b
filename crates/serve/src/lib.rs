//! The web page, the HTTP API and the live events of a running Goshawk, and the tap that shows a topic's records.
//!
//! One follower thread reads topic `counts` into a bounded [`view`], another what is said of cascades into bounded standings;
//! requests are answered from there, and each window that has closed goes to the live clients once. Everything here reads, but
//! for one request that appends records, from this machine only.
//!
//! Non-goals: accounts, encryption (put a proxy in front), keeping anything over a restart (the log does), and
//! working on records (`stages`).
//!
//! Start reading at [`Server`], then `follow` (log to view and standings), then `api` (these to answers). [`tap`] and [`export`] stand alone.

mod api;
mod details;
mod error;
pub mod export;
mod follow;
mod guard;
mod hub;
mod live;
mod metrics;
mod problem;
mod server;
mod standings;
pub mod tap;
pub mod view;
mod when;

#[cfg(test)]
mod testing;

pub use error::{Error, Kind};
pub use server::{Options, Server};
