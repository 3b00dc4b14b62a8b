//! How large a cascade will be: from examples of those that have ended.
pub mod features;
pub use features::{Features, NAMES, View};
