//! The whole of Goshawk, tested from outside: one binary, so that it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod bad_input;
mod brokers;
mod browser;
mod cascades;
mod commands;
mod drift;
mod elastic;
mod enrich;
mod kafka;
mod kill;
mod mathematics;
mod model;
mod monitoring;
mod page;
mod recording;
mod scenarios;
mod simulation;
mod storm;
mod support;
mod tidy;
mod tweetoscope;
