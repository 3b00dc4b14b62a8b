//! What Goshawk's records say, and the topics that they live in.
//!
//! Every type here is a record of one topic ([`flow::Value`] names it) or a part of one. In JSON a record stands
//! on its own: a stranger who reads a topic needs nothing else.
//!
//! Non-goals: how records are made (`sources`), worked on (`stages`) or kept (`journal`).
//!
//! Start reading at [`Post`], then [`topics`]. [`tweetoscope`] is another system's way to say the same.

mod accuracy;
mod alert;
pub mod board;
mod cascade;
mod counts;
pub mod document;
mod finder;
pub mod gauge;
mod post;
mod prediction;
pub mod schema;
mod score;
mod sighting;
mod text;
pub mod topics;
pub mod tweetoscope;
mod vitals;

pub use accuracy::{Accuracy, Bucket};
pub use alert::{Alert, AlertState};
pub use board::Board;
pub use cascade::{Estimate, Parameter, Series, Size};
pub use counts::Counts;
pub use document::{Document, Forecast, Scored};
pub use finder::{Finder, Found, Pages, Reply, Request};
pub use gauge::{Gauge, Rule};
pub use post::{Author, Head, Kind, Outline, Place, Post};
pub use prediction::{Deviation, Model, Prediction, Rollback, Sample, are};
pub use score::{Desk, LANGUAGE, Question, Said, Score, Worth};
pub use sighting::Sighting;
pub use text::Text;
pub use vitals::{Condition, Health, RoleHealth, Vitals};
