//! From the bytes of one record to posts, or to the reason why not.
//!
//! Strict at the edge: whatever comes out is a post that could have been posted. Nothing here reads a clock, a file
//! or a setting: [`Limits`] says what is asked.

mod few;
mod json;
mod scan;
mod status;
mod stream;
mod table;
pub(crate) mod time;
mod tweet;

#[cfg(test)]
mod tests;

pub(crate) use table::{Columns, fields as table_fields};

use domain::Post;
use flow::Timestamp;
use std::ops::Range;

/// What a decoder makes of one part of a record.
#[expect(clippy::large_enum_variant, reason = "handed over once and never kept; a box would cost an allocation a post")]
#[derive(Debug)]
pub(crate) enum Item<'a> {
    /// A post.
    Post(Post<'a>),
    /// Why it is none.
    Refused(String),
}

/// Takes what comes out of a record, each with the part of the record that it came from.
pub(crate) trait Sink<'a> {
    fn take(&mut self, item: Item<'a>, part: Range<usize>);
}

/// What a decoder lets through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// No post is newer.
    pub(crate) latest: Timestamp,
}

impl Limits {
    /// Takes posts up to a day ahead of `now`: clocks differ, and so do time zones written down wrongly.
    pub(crate) fn at(now: Timestamp) -> Self {
        Limits { latest: now.plus_millis(86_400_000) }
    }

    fn check<'a>(&self, post: Post<'a>) -> Item<'a> {
        match self.fault(&post) {
            None => Item::Post(post),
            Some(reason) => Item::Refused(reason),
        }
    }

    fn fault(&self, post: &Post<'_>) -> Option<String> {
        if post.time < time::FIRST_POST {
            return Some(format!("time {} is before the first microblog (2006-03-21)", post.time));
        }
        if post.time > self.latest {
            return Some(format!("time {} is more than a day in the future", post.time));
        }
        if post.id.is_empty() {
            return Some("the identifier is empty".to_owned());
        }
        None
    }

    fn outcome<'a>(&self, decoded: Result<Post<'a>, String>) -> Item<'a> {
        decoded.map_or_else(Item::Refused, |post| self.check(post))
    }
}

/// Decodes a record of JSON: a line, or a whole document.
pub(crate) fn json<'a>(limits: &Limits, record: &'a str, into: &mut impl Sink<'a>) {
    json::decode(limits, record, into);
}

/// Decodes a row of a table that starts at `offset`.
pub(crate) fn row<'a>(limits: &Limits, columns: &Columns, record: &'a str, offset: u64, into: &mut impl Sink<'a>) {
    into.take(limits.outcome(columns.post(record, offset)), 0..record.len());
}
