//! Text models as folders: each has a `model.toml` and what it takes to score posts. A folder more is a score more.
//!
//! Those of this process are [`ml::text`]'s; others are programs that are asked over pipes. Whatever one of them does, hangs, dies,
//! lies or talks without end, the posts go on and are told to have no score.
//!
//! Non-goals: what is done with scores, and training: [`ml::text`] does that.
//!
//! Start reading at [`Manifest`], then [`Shelf`], [`Counter`] and [`Process`].

mod counter;
mod error;
mod local;
mod manifest;
mod process;
mod scorer;
mod seed;
mod shelf;
mod standing;
#[cfg(test)]
mod testing;
mod transformer;
mod worths;

pub use counter::Counter;
pub use error::{Error, Result};
pub use local::deciding;
pub use manifest::{Device, Graph, Kind, Manifest, Type};
pub use process::{Limits, Process};
pub use scorer::{Answer, Decision, Scorer};
pub use seed::{dictionary, variables_in};
pub use shelf::{Book, Shelf};
pub use standing::{Standing, Standings};
