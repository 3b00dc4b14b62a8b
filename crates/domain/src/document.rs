//! Documents: all that is known of a post, in one place.

mod source;
#[cfg(test)]
mod tests;

pub use source::{mapping, name};

use crate::{Kind, Post, Text, Worth};
use flow::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All that is known of a post: one record of topic `documents`, told anew whenever there is more. Its key is the post's. Of several
/// of one post, the newest counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document<'a> {
    /// The post as it is now. Where it was taken back, its kind says so and nothing else is known: what repeats it goes, too.
    #[serde(borrow)]
    pub post: Post<'a>,
    /// How often it has been told, this time among them; 1: it is new.
    pub revision: u32,
    /// What the text models say of it, in the order of their names.
    pub scores: Vec<Scored<'a>>,
    /// The models whose word has not come yet.
    pub missing: Vec<Text<'a>>,
    /// What will become of its cascade, by the last prediction.
    pub forecast: Option<Forecast>,
}

/// What a model says of a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scored<'a> {
    /// The model.
    #[serde(borrow)]
    pub model: Text<'a>,
    /// Its version.
    pub version: Text<'a>,
    /// As in `scores`.
    pub output: Text<'a>,
    /// As in `scores`.
    pub value: Option<Worth<'a>>,
    /// As in `scores`.
    pub why: Option<Text<'a>>,
}

/// What will become of a cascade.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forecast {
    /// As in `predictions`.
    pub window_s: u32,
    /// As in `predictions`.
    pub observed: u64,
    /// As in `predictions`.
    pub predicted: f64,
    /// As in `predictions`.
    pub low: Option<f64>,
    /// As in `predictions`.
    pub high: Option<f64>,
    /// As in `predictions`.
    pub model: u64,
}

impl Document<'_> {
    /// Whether its post was taken back.
    pub fn is_deleted(&self) -> bool {
        self.post.kind == Kind::Deletion
    }
}

impl Value for Document<'_> {
    const TOPIC: &'static str = "documents";

    fn key(&self) -> &[u8] {
        self.post.root.as_bytes()
    }
}
