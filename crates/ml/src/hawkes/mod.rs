//! Marked Hawkes processes: every repost brings more, the more the more people see it.
//!
//! A cascade begins with one post, which is given. Each event of mark `m` raises the rate of further ones by
//! `p m φ(s)`, `s` seconds later; the kernel `φ` has the integral 1, so `p m` more are expected of it, and `n* = p E[m]` of one
//! whose mark is not known: the branching factor. Below one, cascades end.
//!
//! In the order of a cascade's life:
//!
//! - [`Cascade`] is what is seen of it: times, marks, until when it was watched.
//! - [`exponential`] says how likely that is, for given parameters; [`power`] does for interest that fades as a power of time.
//! - [`Search::fit`] finds the best parameters, with a [`Prior`] or without, and how sure they are.
//! - [`Search::forecast`] says how large it will be in the end, and between which sizes nine in ten would be.
//! - [`seismic`] says so too, in another way, without a fit.
//! - [`Population`] learns from those that have ended what is usual: the prior of the next.
//! - [`Simulation`] draws others.
//!
//! ```
//! use ml::hawkes::{Cascade, Moments, Prior, Search};
//!
//! let (times, marks) = ([0.0, 40.0, 95.0, 300.0, 410.0], [900.0, 20.0, 35.0, 10.0, 60.0]);
//! let cascade = Cascade::new(&times, &marks, 600.0)?;
//! let search = Search::new(35.0).with_prior(Prior::broad(35.0));
//! let fit = search.fit(&cascade);
//! let forecast = search.forecast(&cascade, &fit, Moments::constant(35.0));
//! assert!(forecast.low <= forecast.mean && forecast.mean <= forecast.high);
//! # Ok::<(), ml::hawkes::Unfit>(())
//! ```

mod cascade;
#[cfg(test)]
pub(crate) mod chance;
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
