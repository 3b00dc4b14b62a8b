//! Sightings: a post, reduced to where and who.

use crate::Text;
use flow::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A post seen in a city: one record of topic `sightings`, at the post's time. Its key is the city.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sighting<'a> {
    /// The city, in lower case and with `-` for blanks, as `new-york`; or `unknown`.
    #[serde(borrow)]
    pub city: Text<'a>,
    /// Where the post was posted.
    pub network: Text<'a>,
    /// The author's identifier there.
    pub person: Text<'a>,
    /// Whether it passes on another's post as it is.
    pub repost: bool,
}

impl Value for Sighting<'_> {
    const TOPIC: &'static str = "sightings";

    fn key(&self) -> &[u8] {
        self.city.as_bytes()
    }
}
