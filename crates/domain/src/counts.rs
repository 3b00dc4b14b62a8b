//! Counts: what happened in a city in one window.

use crate::Text;
use crate::schema::Moment;
use flow::{Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The activity in a city in one closed window: one record of topic `counts`, at the window's end. Its key is the city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts<'a> {
    /// The city, in lower case and with `-` for blanks, as `new-york`; or `unknown`.
    #[serde(borrow)]
    pub city: Text<'a>,
    /// The first moment in the window.
    #[schemars(with = "Moment")]
    pub start: Timestamp,
    /// The first moment behind it.
    #[schemars(with = "Moment")]
    pub end: Timestamp,
    /// Posts of any kind, reposts among them.
    pub posts: u64,
    /// Reposts.
    pub reposts: u64,
    /// Distinct people.
    pub people: u64,
}

impl Value for Counts<'_> {
    const TOPIC: &'static str = "counts";

    fn key(&self) -> &[u8] {
        self.city.as_bytes()
    }
}
