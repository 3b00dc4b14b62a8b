//! Scores: what text models say of posts, and who is asked.

use crate::schema::Moment;
use crate::{Post, Text};
use flow::{Asked, Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a text model says of a post: one record of topic `scores`. Its key is the post's, so that a post and its scores are in one
/// partition. Of several with the same post, model and version, the newest counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score<'a> {
    /// As in `posts`.
    #[serde(borrow)]
    pub network: Text<'a>,
    /// The post.
    pub post: Text<'a>,
    /// The post that started its cascade, as in `posts`.
    pub root: Text<'a>,
    /// What is scored, as `sentiment`: models of different languages may share a name for it.
    pub output: Text<'a>,
    /// The model.
    pub model: Text<'a>,
    /// Its version.
    pub version: Text<'a>,
    /// What it says; none, where it says nothing.
    pub value: Option<Worth<'a>>,
    /// Why it says nothing: `language`, where it does not know the post's; else what is wrong with it.
    pub why: Option<Text<'a>>,
    /// The post's language, BCP 47, as it was told or found out; `und`, where nobody knows.
    pub lang: Text<'a>,
    /// Whether the version only runs beside the one in force.
    pub shadow: bool,
    /// When the post was posted.
    #[schemars(with = "Moment")]
    pub time: Timestamp,
}

impl<'a> Score<'a> {
    /// What a model has said of a post.
    pub fn of(post: &'a Post<'_>, output: &'a str, model: &'a str, said: Said) -> Self {
        let Said { version, shadow, lang, answer } = said;
        let (value, why) = match answer {
            Ok(value) => (Some(value), None),
            Err(why) => (None, Some(Text(why))),
        };
        Score {
            network: Text::from(&*post.network),
            post: Text::from(&*post.id),
            root: Text::from(&*post.root),
            output: Text::from(output),
            model: Text::from(model),
            version: Text(version),
            value,
            why,
            lang: Text(lang),
            shadow,
            time: post.time,
        }
    }
}

impl Value for Score<'_> {
    const TOPIC: &'static str = "scores";

    fn key(&self) -> &[u8] {
        self.root.as_bytes()
    }
}

/// Why a model is not asked.
pub const LANGUAGE: &str = "language";

/// The value of a score: in JSON a number or a string.
#[derive(Clone, Debug, PartialEq)]
pub enum Worth<'a> {
    /// A number.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// A word.
    Text(Text<'a>),
}

impl Worth<'_> {
    /// As a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Worth::Float(number) => Some(*number),
            Worth::Integer(number) => Some(*number as f64),
            Worth::Text(_) => None,
        }
    }

    /// The same, on its own.
    pub fn into_owned(self) -> Worth<'static> {
        match self {
            Worth::Float(number) => Worth::Float(number),
            Worth::Integer(number) => Worth::Integer(number),
            Worth::Text(text) => Worth::Text(text.into_owned()),
        }
    }
}

/// The compact form must say which it is.
#[derive(Serialize, Deserialize)]
enum Tagged<'a> {
    Float(f64),
    Integer(i64),
    Text(#[serde(borrow)] Text<'a>),
}

/// In JSON a float always has a point, so that it is read as one.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Plain<'a> {
    Integer(i64),
    Float(f64),
    Text(#[serde(borrow)] Text<'a>),
}

impl Serialize for Worth<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self, serializer.is_human_readable()) {
            (Worth::Float(number), true) => serializer.serialize_f64(*number),
            (Worth::Integer(number), true) => serializer.serialize_i64(*number),
            (Worth::Text(text), true) => text.serialize(serializer),
            (Worth::Float(number), false) => Tagged::Float(*number).serialize(serializer),
            (Worth::Integer(number), false) => Tagged::Integer(*number).serialize(serializer),
            (Worth::Text(text), false) => Tagged::Text(Text(Cow::Borrowed(text))).serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Worth<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Ok(match Plain::deserialize(deserializer)? {
                Plain::Integer(number) => Worth::Integer(number),
                Plain::Float(number) => Worth::Float(number),
                Plain::Text(text) => Worth::Text(text),
            });
        }
        Ok(match Tagged::deserialize(deserializer)? {
            Tagged::Float(number) => Worth::Float(number),
            Tagged::Integer(number) => Worth::Integer(number),
            Tagged::Text(text) => Worth::Text(text),
        })
    }
}

impl JsonSchema for Worth<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Worth".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"] })
    }
}

/// A post, as a model is asked about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question<'a> {
    /// What it says.
    pub text: &'a str,
    /// Its language, as its network gives it.
    pub lang: Option<&'a str>,
}

/// What a version of a model says of a post.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The version.
    pub version: Cow<'static, str>,
    /// As in [`Score::shadow`].
    pub shadow: bool,
    /// As in [`Score::lang`].
    pub lang: Cow<'static, str>,
    /// What it says, or why it says nothing.
    pub answer: Result<Worth<'static>, Cow<'static, str>>,
}

/// Where a model is asked: in this process, or by way of another.
pub trait Desk: Send {
    /// What each version that is asked says of each post, in the order of the posts.
    fn ask(&mut self, posts: &[Question<'_>]) -> Vec<Vec<Said>>;
    /// Whether somebody outside this process is asked: that takes time and no processor.
    fn is_outside(&self) -> bool;
    /// How it does, since the last call.
    fn done(&mut self) -> Asked;
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Format;

    #[test]
    fn a_value_is_the_same_in_both_formats() {
        let words = Worth::Text("sports".into());
        for (worth, json) in [(Worth::Float(0.0), "0.0"), (Worth::Integer(-3), "-3"), (words, r#""sports""#)] {
            for format in [Format::Json, Format::Compact] {
                let mut bytes = vec![];
                format.encode(&worth, &mut bytes).unwrap();
                assert_eq!(format.decode::<Worth<'_>>(&bytes).unwrap(), worth, "{format:?}");
            }
            assert_eq!(serde_json::to_string(&worth).unwrap(), json);
        }
    }
}
