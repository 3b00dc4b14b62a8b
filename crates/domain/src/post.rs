//! Posts, whatever network they come from.

use crate::Text;
use crate::schema::Moment;
use flow::{Timestamp, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of event a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A post of its own.
    Original,
    /// Another's post passed on as it is.
    Repost,
    /// Another's post passed on with words of one's own.
    Quote,
    /// An answer.
    Reply,
    /// The post of this id was taken back. Nothing but `network`, `id`, `root` and `time` is known: the rest is empty.
    Deletion,
    /// The post of this id now says this: all of it as it is since `time`.
    Edit,
}

/// Who wrote a post.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Author<'a> {
    /// The network's own identifier.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The name in an address: `scotthamilton`, without the `@`.
    pub handle: Option<Text<'a>>,
    /// How many follow.
    pub followers: Option<u64>,
    /// Where the author says they live, in any words.
    pub location: Option<Text<'a>>,
}

/// A place that a post was tagged with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place<'a> {
    /// Its name as the network gives it: `Toronto, Ontario`.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// ISO 3166-1 alpha-2, if known.
    pub country: Option<Text<'a>>,
}

/// A post: one record of topic `posts`. Its key is the root of its cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Post<'a> {
    /// Where it was posted: `x`, `bluesky`, `mastodon`, or the name of a recording's layout.
    #[serde(borrow)]
    pub network: Text<'a>,
    /// The network's identifier of the post.
    pub id: Text<'a>,
    /// The post that started the cascade: the one reposted, or the post itself.
    pub root: Text<'a>,
    /// What kind of event it is.
    pub kind: Kind,
    /// The post that it reposts, quotes or answers.
    pub target: Option<Text<'a>>,
    /// When it was posted.
    #[schemars(with = "Moment")]
    pub time: Timestamp,
    /// Who posted it.
    pub author: Author<'a>,
    /// The place it was tagged with.
    pub place: Option<Place<'a>>,
    /// The tags of the stream's rules that it matched.
    pub rules: Vec<Text<'a>>,
    /// BCP 47 language tag, as the network gives it.
    pub lang: Option<Text<'a>>,
    /// What it says.
    // It stands last, so that who needs no words need not read them.
    pub text: Text<'a>,
}

impl<'a> Post<'a> {
    /// That the post `id` was taken back at `time`.
    pub fn deletion(network: Text<'a>, id: Text<'a>, time: Timestamp) -> Self {
        let (root, kind, author, text) = (id.clone(), Kind::Deletion, Author::default(), Text::default());
        Post { network, id, root, kind, target: None, time, author, text, lang: None, place: None, rules: vec![] }
    }
}

/// The first fields of a [`Post`], for who needs no more: the rest is not even looked at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Head<'a> {
    /// As in [`Post::network`].
    #[serde(borrow)]
    pub network: Text<'a>,
    /// As in [`Post::id`].
    pub id: Text<'a>,
    /// As in [`Post::root`].
    pub root: Text<'a>,
    /// As in [`Post::kind`].
    pub kind: Kind,
}

/// A [`Post`] without its words.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Outline<'a> {
    /// As in [`Post::network`].
    #[serde(borrow)]
    pub network: Text<'a>,
    /// As in [`Post::id`].
    pub id: Text<'a>,
    /// As in [`Post::root`].
    pub root: Text<'a>,
    /// As in [`Post::kind`].
    pub kind: Kind,
    /// As in [`Post::target`].
    pub target: Option<Text<'a>>,
    /// As in [`Post::time`].
    pub time: Timestamp,
    /// As in [`Post::author`].
    pub author: Author<'a>,
    /// As in [`Post::place`].
    pub place: Option<Place<'a>>,
    /// As in [`Post::rules`].
    pub rules: Vec<Text<'a>>,
}

impl Value for Post<'_> {
    const TOPIC: &'static str = "posts";

    fn key(&self) -> &[u8] {
        self.root.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Format;

    #[test]
    fn the_front_of_a_post_reads_alone() {
        let post = Post { text: "words".into(), ..Post::deletion("x".into(), "7".into(), Timestamp::from_seconds(1)) };
        for format in [Format::Json, Format::Compact] {
            let mut bytes = vec![];
            format.encode(&post, &mut bytes).unwrap();
            let head: Head<'_> = format.decode(&bytes).unwrap();
            assert_eq!((&*head.network, &*head.id, &*head.root, head.kind), ("x", "7", "7", Kind::Deletion));
            let outline: Outline<'_> = format.decode(&bytes).unwrap();
            assert_eq!((outline.time, outline.rules.len(), outline.author), (post.time, 0, Author::default()));
            assert_eq!(format.decode::<Post<'_>>(&bytes).unwrap(), post);
        }
    }
}
