//! The web page, the HTTP API and the live events of a running Goshawk, and the tap that shows a topic's records.
//!
//! A follower thread reads topic `counts` into a bounded [`view`]; requests are answered from there, and each window that
//! has closed goes to the live clients once. Everything here reads, but for one request that appends records, from this
//! machine only.
//!
//! Non-goals: accounts, encryption (put a proxy in front), keeping anything over a restart (the log does), and
//! working on records (`stages`).
//!
//! Start reading at [`Server`], then `follow` (log to view), then `api` (view to answers). [`tap`] stands alone.

mod api;
mod error;
mod follow;
mod guard;
mod hub;
mod live;
mod metrics;
mod problem;
mod server;
pub mod tap;
pub mod view;
mod when;

#[cfg(test)]
mod testing;

pub use error::{Error, Kind};
pub use server::{Options, Server};
