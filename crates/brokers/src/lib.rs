//! Apache Kafka as Goshawk's clients see it: how brokers are named, how clients of them are made and watched, and what
//! their errors mean, in words that say what to do.
//!
//! The log on Kafka (`journal`) is built on this; so is whatever reads or writes topics that are not Goshawk's own, with
//! [`Feed`] and [`Outlet`]. The one crate that needs librdkafka is fenced off here.
//!
//! Non-goals: what records mean, groups, states.
//!
//! Start reading at [`Settings`], then [`Feed`].

mod client;
mod feed;
mod outlet;
mod sending;
mod settings;
mod vitals;

pub use client::{Complaints, Context, MAX_MESSAGE, Own, at, config, consumer, made, meaning, offset_in, producer, reach};
pub use feed::{Feed, Found};
pub use outlet::{Letter, Outlet};
pub use sending::{abort, send};
pub use settings::{Settings, secret};
pub use vitals::Numbers;
