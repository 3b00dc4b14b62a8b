//! What Goshawk learns with: point processes for cascades of reposts, and forests that learn from those that have ended.
//!
//! Numbers in, numbers out. Whatever goes in, no function here panics or gives what is not a number.
//!
//! Non-goals: records, topics, files, chance that is not given. Stages and sources bring those.
//!
//! Start reading at [`hawkes`], then [`popularity`].

mod chance;
pub mod forest;
pub mod hawkes;
pub mod popularity;
pub mod text;
