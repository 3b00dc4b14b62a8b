//! Goshawk's stages: each a pure operator on records, a file each.
//!
//! Non-goals: reading clocks, files or the network. A stage is given records and states and nothing else; `clippy.toml`
//! names what it must not call.
//!
//! Start reading at [`Locate`], the smallest, then [`Count`].

pub mod collect;
mod count;
pub mod enrich;
pub mod estimate;
pub mod gauge;
pub mod join;
mod kept;
pub mod learn;
mod locate;
mod monitor;
pub mod predict;
mod turns;
pub mod watch;

pub use collect::Collect;
pub use count::{Count, Tally};
pub use enrich::Enrich;
pub use estimate::Estimate;
pub use gauge::Gauging;
pub use join::Join;
pub use learn::Learn;
pub use locate::{Locate, Origin};
pub use monitor::Monitor;
pub use predict::Predict;
pub use watch::Watch;
