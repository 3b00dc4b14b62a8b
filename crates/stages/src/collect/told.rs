//! What comes to a cascade, and what it tells.

use flow::{Raw, Timestamp};
use serde::{Deserialize, Serialize};

/// The post that starts a cascade.
#[derive(Clone, Copy, Debug)]
pub struct First<'a> {
    /// When it was posted.
    pub time: Timestamp,
    /// How many follow its author.
    pub mark: u64,
    /// Where.
    pub network: &'a str,
    /// By whom; empty if that is not known.
    pub author: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// A repost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repost {
    /// When it was posted.
    pub time: Timestamp,
    /// How many follow its author.
    pub mark: u64,
    /// Where its record stands, should it come too late.
    pub offset: u64,
    /// See `offset`.
    pub partition: u32,
}

/// What a cascade tells.
#[derive(Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// An observation window has ended.
    Window {
        /// When.
        at: Timestamp,
        /// How long it was, in seconds.
        window_s: u32,
        /// The first post's network.
        network: &'a str,
        /// Its author; empty if not known.
        author: &'a str,
        /// The first post's text, cut.
        text: &'a str,
        /// When the cascade started.
        start: Timestamp,
        /// Posts in the window.
        size: u64,
        /// Their followers, added up.
        reach: u64,
        /// Milliseconds after the start and followers of each, the oldest first.
        events: Vec<[u64; 2]>,
    },
    /// The cascade has ended.
    End {
        /// When that was known.
        at: Timestamp,
        /// The first post's network.
        network: &'a str,
        /// Its author; empty if not known.
        author: &'a str,
        /// The first post's text, cut.
        text: &'a str,
        /// When it started.
        start: Timestamp,
        /// When its last post came.
        end: Timestamp,
        /// All its posts.
        size: u64,
        /// Their followers, added up.
        reach: u64,
    },
    /// A repost came when its cascade had ended.
    Late {
        /// The repost.
        repost: Repost,
        /// Its record's value.
        raw: Raw,
        /// Why.
        reason: &'static str,
    },
    /// A repost belongs to no cascade that is known: its first post was never seen, or it was too small, or it is long ago.
    Stray(Repost),
}
