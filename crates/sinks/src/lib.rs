//! Where Goshawk's records go: writes into the world, each idempotent, so that a crash between a write and its commit
//! does no harm.
//!
//! Non-goals: deciding what is worth writing (`stages`), and when to try again (`engine`).
//!
//! Start reading at [`Erase`].

mod erase;
pub mod tweetoscope;

pub use erase::Erase;
