//! The loop: poll, step, commit, for stages, sources and sinks alike, and all that keeps it going: threads, a bound on
//! the processors in use, retries, poison records, metrics, health, a stop with a deadline, a drain.
//!
//! Each kind of role is a [`Turn`]: a thing that does one round of work when told to. The engine's threads turn them; the
//! simulation in the tests turns the very same ones, by seed and without threads.
//!
//! Non-goals: knowing which roles there are (the root's topology), or what they compute.
//!
//! Start reading at [`Turn`], then [`StageWorker`], then [`Engine`].

mod clocks;
mod engine;
mod metrics;
mod permits;
mod seen;
mod sink_worker;
mod source_worker;
mod stage_worker;
mod status;
mod turn;

pub use engine::{Engine, Finish, Role};
pub use metrics::Metrics;
pub use permits::Permits;
pub use sink_worker::{SinkPlan, SinkWorker};
pub use source_worker::{DOUBLE, SourcePlan, SourceWorker};
pub use stage_worker::{StagePlan, StageWorker};
pub use turn::{Context, Report, Turn, Turned, Wall, wall_clock};

#[cfg(test)]
mod tests;
