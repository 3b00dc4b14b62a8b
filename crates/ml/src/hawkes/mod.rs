//! Marked Hawkes processes: every repost brings more, the more the more people see it.
//!
//! A cascade begins with one post, which is given. Each event of mark `m` raises the rate of further ones by
//! `p m φ(s)`, `s` seconds later; the kernel `φ` has the integral 1, so `p m` more are expected of it, and `n* = p E[m]` of one
//! whose mark is not known: the branching factor. Below one, cascades end.

mod cascade;
#[cfg(test)]
mod chance;
pub mod exponential;
mod forecast;
mod lanes;
mod normal;
mod population;
mod posterior;
pub mod power;
mod prior;
mod search;
pub mod seismic;
mod simulate;

pub use cascade::{Cascade, LARGEST, Unfit};
pub use forecast::{Forecast, Moments, ODDS};
pub use population::{ENOUGH, Finished, MEMORY, Population};
pub use prior::{COURSE, Prior};
pub use search::{BETA, Errors, Fit, LEAST_P, MAX_BRANCHING, Search};
pub use simulate::{Marks, Simulated, Simulation};
