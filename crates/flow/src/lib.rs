//! What a stream computation *is*: records, stages, windows, and the one value a step commits.
//!
//! A step reads a batch, computes, and hands a [`Log`] one [`Commit`]: progress, state changes and
//! outputs together. Whatever is not in a commit did not happen.
//!
//! Non-goals: threads, clocks, files, retries. The `journal` crate makes commits durable, and the
//! `engine` crate turns the loop. Nothing here is asynchronous.
//!
//! Start reading at [`Stage`], then [`Task`] (one stage on one partition), then [`Log`].

mod block;
mod codec;
pub mod driver;
mod follow;
mod log;
mod out;
mod partition;
mod refused;
mod sink;
mod source;
mod stage;
mod task;
mod time;
mod topic;
mod watermark;
pub mod window;

pub use block::{Block, BlockBuilder, Mark, Record};
pub use codec::{Broken, Format};
pub use follow::{Follow, Heard};
pub use log::{Batch, Change, Commit, Error, Event, Group, Log, Member, Output, Progress, Result};
pub use out::{Out, Place};
pub use partition::partition_of;
pub use refused::{Late, Raw, Refused, Rejected};
pub use sink::Sink;
pub use source::{Polled, Pulled, Source, Staged};
pub use stage::{Asked, Changes, Input, Stage, State};
pub use task::{Counters, Task};
pub use time::Timestamp;
pub use topic::{Cleanup, TopicSpec, Value};
pub use watermark::{Producer, Watermarks};
