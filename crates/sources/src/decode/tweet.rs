//! Posts of X's API, version 2: alone, in an envelope with what they refer to, or flattened by a tool.

use super::few::{Few, Id, Tags, object};
use super::time;
use domain::{Author, Kind, Place, Post, Text};
use serde::Deserialize;

/// What posts refer to.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Includes<'a> {
    #[serde(borrow, default)]
    users: Option<Few<User<'a>>>,
    #[serde(borrow, default)]
    places: Option<Few<Location<'a>>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tweet<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    author_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    created_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    lang: Option<Text<'a>>,
    #[serde(borrow, default)]
    referenced_tweets: Option<Few<Reference<'a>>>,
    #[serde(borrow, default)]
    referenced_posts: Option<Few<Reference<'a>>>,
    /// The identifiers of all its versions, the first one first.
    #[serde(borrow, default, alias = "edit_history_post_ids")]
    edit_history_tweet_ids: Option<Vec<Id<'a>>>,
    #[serde(borrow, default, deserialize_with = "object")]
    note_tweet: Option<Note<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    note_post: Option<Note<'a>>,
    #[serde(borrow, default, deserialize_with = "object")]
    geo: Option<Geo<'a>>,
    /// Only in flattened posts.
    #[serde(borrow, default, deserialize_with = "object")]
    author: Option<User<'a>>,
    /// Only in flattened posts.
    #[serde(borrow, default)]
    matching_rules: Option<Tags<'a>>,
}

#[derive(Debug, Deserialize)]
struct Reference<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    id: Id<'a>,
}

#[derive(Debug, Deserialize)]
struct Note<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

/// Where a post was tagged; flattened posts carry the place itself.
#[derive(Debug, Deserialize)]
struct Geo<'a> {
    #[serde(borrow, default)]
    place_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    full_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    country_code: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct User<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    username: Option<Text<'a>>,
    #[serde(borrow, default)]
    location: Option<Text<'a>>,
    #[serde(default, deserialize_with = "object")]
    public_metrics: Option<Metrics>,
}

#[derive(Debug, Deserialize)]
struct Metrics {
    #[serde(default)]
    followers_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    full_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    country_code: Option<Text<'a>>,
}

impl<'a> Tweet<'a> {
    /// The post, with what `includes` knows about it.
    pub(crate) fn post(self, includes: &Includes<'a>, rules: Tags<'a>) -> Result<Post<'a>, String> {
        let id = self.id.ok_or("no `id`")?.0;
        let text = self.text.ok_or("no `text`")?;
        let claimed = self.created_at.ok_or("no `created_at` (ask for it with tweet.fields=created_at)")?;
        let author_id = self.author_id.or(self.author.as_ref().and_then(|user| user.id.clone()));
        let author_id = author_id.ok_or("no `author_id` (ask for it with tweet.fields=author_id)")?.0;
        let time = time::network(&claimed)?;
        let references = self.referenced_tweets.or(self.referenced_posts);
        let (kind, target) = relation(references.as_ref());
        let root = if kind == Kind::Repost { target.clone() } else { None };
        let first = self.edit_history_tweet_ids.and_then(|versions| versions.into_iter().next()).map(|first| first.0);
        // What was edited goes on under the name that it had first.
        let (id, kind) = match first.filter(|first| *first != id && kind != Kind::Repost) {
            Some(first) => (first, Kind::Edit),
            None => (id, kind),
        };
        let note = self.note_tweet.or(self.note_post).and_then(|note| note.text);
        Ok(Post {
            network: "x".into(),
            root: root.unwrap_or_else(|| id.clone()),
            id,
            kind,
            target,
            time,
            author: author(author_id, self.author.as_ref(), includes),
            text: note.unwrap_or(text),
            lang: self.lang,
            place: self.geo.and_then(|geo| place(geo, includes)),
            rules: self.matching_rules.unwrap_or(rules).0,
        })
    }
}

/// What a post is to the posts that it refers to. A repost is nothing else; an answer that quotes counts as a quote,
/// because it carries the quoted post on.
fn relation<'a>(references: Option<&Few<Reference<'a>>>) -> (Kind, Option<Text<'a>>) {
    let of = |kind: &str| references?.iter().find(|reference| &*reference.kind == kind).map(|found| found.id.0.clone());
    let repost = of("retweeted").map(|id| (Kind::Repost, id));
    let quote = || of("quoted").map(|id| (Kind::Quote, id));
    let reply = || of("replied_to").map(|id| (Kind::Reply, id));
    match repost.or_else(quote).or_else(reply) {
        Some((kind, target)) => (kind, Some(target)),
        None => (Kind::Original, None),
    }
}

fn author<'a>(id: Text<'a>, own: Option<&User<'a>>, includes: &Includes<'a>) -> Author<'a> {
    let mut users = includes.users.iter().flat_map(Few::iter);
    let user = own.or_else(|| users.find(|user| user.id.as_ref().is_some_and(|found| found.0 == id)));
    let Some(user) = user else { return Author { id, ..Author::default() } };
    Author {
        id,
        handle: user.username.clone(),
        followers: user.public_metrics.as_ref().and_then(|metrics| metrics.followers_count),
        location: user.location.clone().filter(|location| !location.is_empty()),
    }
}

fn place<'a>(geo: Geo<'a>, includes: &Includes<'a>) -> Option<Place<'a>> {
    let known = |code: Option<Text<'a>>| code.filter(|code| !code.is_empty());
    if let Some(name) = geo.full_name {
        return Some(Place { name, country: known(geo.country_code) });
    }
    let id = geo.place_id?;
    let found = includes.places.iter().flat_map(Few::iter).find(|place| place.id.as_ref() == Some(&id))?;
    let name = found.full_name.clone().or_else(|| found.name.clone())?;
    Some(Place { name, country: known(found.country_code.clone()) })
}
