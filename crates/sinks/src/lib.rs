//! Where Goshawk's records go: writes into the world, each idempotent, so that a crash between a write and its commit
//! does no harm.
//!
//! Non-goals: deciding what is worth writing (`stages`), and when to try again (`engine`).
//!
//! Start reading at [`Erase`], and, for those that tell how things stand, at [`Announce`].

mod alertmanager;
mod announce;
mod erase;
pub mod opensearch;
mod pushgateway;
mod service;
pub mod tweetoscope;

#[cfg(test)]
mod testing;

pub use alertmanager::Alertmanager;
pub use announce::Announce;
pub use erase::Erase;
pub use opensearch::Opensearch;
pub use pushgateway::Pushgateway;
pub use service::Service;
