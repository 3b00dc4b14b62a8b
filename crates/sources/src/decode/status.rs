//! Posts of X's API, version 1.1, and the deletions among its stream's notices.

use super::few::{Id, Tags, object};
use super::time;
use domain::{Author, Kind, Place, Post, Text};
use flow::Timestamp;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Status<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    id_str: Option<Text<'a>>,
    #[serde(borrow, default)]
    created_at: Option<Text<'a>>,
    /// Only in streams; finer than `created_at`.
    #[serde(borrow, default)]
    timestamp_ms: Option<Id<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    full_text: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    extended_tweet: Option<Extended<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    user: Option<User<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    retweeted_status: Option<Target<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    quoted_status: Option<Target<'a>>,
    #[serde(borrow, default)]
    quoted_status_id_str: Option<Text<'a>>,
    #[serde(borrow, default)]
    in_reply_to_status_id_str: Option<Text<'a>>,
    #[serde(borrow, default)]
    in_reply_to_status_id: Option<Id<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    place: Option<Location<'a>>,
    #[serde(borrow, default)]
    lang: Option<Text<'a>>,
    /// Of streams with rules.
    #[serde(borrow, default)]
    matching_rules: Option<Tags<'a>>,
}

#[derive(Debug, Deserialize)]
struct Extended<'a> {
    #[serde(borrow, default)]
    full_text: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Target<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    id_str: Option<Text<'a>>,
}

impl<'a> Target<'a> {
    fn name(self) -> Option<Text<'a>> {
        self.id_str.or(self.id.map(|id| id.0))
    }
}

#[derive(Debug, Deserialize)]
struct User<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    id_str: Option<Text<'a>>,
    #[serde(borrow, default)]
    screen_name: Option<Text<'a>>,
    #[serde(default)]
    followers_count: Option<u64>,
    #[serde(borrow, default)]
    location: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    full_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    country_code: Option<Text<'a>>,
}

fn filled(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|text| !text.is_empty())
}

impl<'a> Status<'a> {
    pub(crate) fn post(mut self) -> Result<Post<'a>, String> {
        let id = self.id_str.take().or(self.id.take().map(|id| id.0)).ok_or("no `id_str`")?;
        let time = self.time()?;
        let (kind, target) = self.relation();
        let root = if kind == Kind::Repost { target.clone() } else { None };
        let whole = self.extended_tweet.take().and_then(|extended| extended.full_text);
        let text = whole.or(self.full_text).or(self.text).ok_or("neither `text` nor `full_text`")?;
        Ok(Post {
            network: "x".into(),
            root: root.unwrap_or_else(|| id.clone()),
            id,
            kind,
            target,
            time,
            author: self.user.ok_or("no `user`")?.author()?,
            text,
            lang: self.lang,
            place: self.place.and_then(Location::place),
            rules: self.matching_rules.unwrap_or_default().0,
        })
    }

    fn time(&self) -> Result<Timestamp, String> {
        let exact = self.timestamp_ms.as_ref().and_then(|millis| time::number(&millis.0));
        let claimed = self.created_at.as_ref().ok_or("no `created_at`")?;
        let rounded = time::network(claimed)?;
        // The finer one is only that: were it another moment, the readable one would be right.
        Ok(exact.filter(|exact| exact.millis_since(rounded).abs() < 1000).unwrap_or(rounded))
    }

    fn relation(&mut self) -> (Kind, Option<Text<'a>>) {
        let repost = self.retweeted_status.take().and_then(Target::name);
        let quoted = self.quoted_status_id_str.take().or(self.quoted_status.take().and_then(Target::name));
        let answered = self.in_reply_to_status_id_str.take().or(self.in_reply_to_status_id.take().map(|id| id.0));
        match (repost, quoted, answered) {
            (Some(id), _, _) => (Kind::Repost, Some(id)),
            (None, Some(id), _) => (Kind::Quote, Some(id)),
            (None, None, Some(id)) => (Kind::Reply, Some(id)),
            (None, None, None) => (Kind::Original, None),
        }
    }
}

impl<'a> User<'a> {
    fn author(self) -> Result<Author<'a>, String> {
        let id = self.id_str.or(self.id.map(|id| id.0)).ok_or("`user` has no `id_str`")?;
        Ok(Author { id, handle: self.screen_name, followers: self.followers_count, location: filled(self.location) })
    }
}

impl<'a> Location<'a> {
    fn place(self) -> Option<Place<'a>> {
        let name = filled(self.full_name).or(filled(self.name))?;
        Some(Place { name, country: filled(self.country_code) })
    }
}

/// What the stream says when a post was taken back.
#[derive(Debug, Deserialize)]
pub(crate) struct Delete<'a> {
    #[serde(borrow, default, deserialize_with = "object")]
    status: Option<Target<'a>>,
    #[serde(borrow, default)]
    timestamp_ms: Option<Id<'a>>,
}

impl<'a> Delete<'a> {
    pub(crate) fn post(self) -> Result<Post<'a>, String> {
        let id = self.status.and_then(Target::name).ok_or("`delete` without an `id_str`")?;
        let time = match self.timestamp_ms {
            Some(millis) => time::number(&millis.0).ok_or_else(|| format!("`{}` is no time", millis.0))?,
            None => minted(&id).ok_or("`delete` without a `timestamp_ms`")?,
        };
        Ok(Post::deletion("x".into(), id, time))
    }
}

/// When an identifier was given out: since November 2010 they hold the moment.
fn minted(id: &str) -> Option<Timestamp> {
    const FIRST: u64 = 29_700_859_247;
    const EPOCH_MS: i64 = 1_288_834_974_657;
    let id = id.parse().ok().filter(|id: &u64| *id > FIRST)?;
    Some(Timestamp::from_millis(EPOCH_MS + (id >> 22).cast_signed()))
}

/// A page of search results.
#[derive(Debug, Deserialize)]
pub(crate) struct Found<'a> {
    #[serde(borrow)]
    pub(crate) statuses: Vec<&'a serde_json::value::RawValue>,
}
