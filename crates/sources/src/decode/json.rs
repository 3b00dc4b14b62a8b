//! Which shape a piece of JSON has. Each line is looked at on its own, because recordings mix shapes.
//!
//! The two shapes that come in bulk are tried first, typed and without a look at the rest; whatever they do not
//! settle is taken apart field by field, so that a refusal can say what was missing.

use super::few::{Names, Object};
use super::status::{Delete, Found, Status};
use super::time::shortened;
use super::tweet::{Includes, Tweet};
use super::{Item, Limits, Sink, stream};
use domain::{Post, Text};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Range;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Fields that make an object an envelope around posts, and may stand first in it.
const ENVELOPE: [&str; 6] = ["data", "includes", "matching_rules", "errors", "meta", "__twarc"];
/// What a stream of version 1.1 says between posts.
const NOTICES: [&str; 10] = [
    "limit",
    "disconnect",
    "warning",
    "scrub_geo",
    "status_withheld",
    "user_withheld",
    "friends",
    "friends_str",
    "event",
    "control",
];

pub(super) fn decode<'a>(limits: &Limits, record: &'a str, into: &mut impl Sink<'a>) {
    let all = 0..record.len();
    match bulk(record) {
        Some(post) => into.take(limits.check(post), all),
        None => closely(limits, record, into),
    }
}

/// Takes a record apart without a guess at what it is.
pub(super) fn closely<'a>(limits: &Limits, record: &'a str, into: &mut impl Sink<'a>) {
    Closely { limits, record }.value(record, into);
}

/// A post in one of the two common shapes; `None` where a closer look is due.
fn bulk(record: &str) -> Option<Post<'_>> {
    if is_envelope(record) {
        return stream::post(record);
    }
    // Inside a text the quotes would be escaped, so this is a field's name (or a whole value, and then it does not parse).
    memchr::memmem::find(record.as_bytes(), b"\"id_str\"")?;
    serde_json::from_str::<Object<Status<'_>>>(record).ok()?.0.post().ok()
}

fn is_envelope(record: &str) -> bool {
    let name = || record.trim_ascii_start().strip_prefix('{')?.trim_ascii_start().strip_prefix('"')?.split('"').next();
    name().is_some_and(|name| ENVELOPE.contains(&name))
}

struct Closely<'l, 'a> {
    limits: &'l Limits,
    record: &'a str,
}

impl<'a> Closely<'_, 'a> {
    /// Takes a value apart: a list into its items, an object by its fields.
    fn value(&self, text: &'a str, into: &mut impl Sink<'a>) {
        let part = 0..self.record.len();
        let text = text.trim_ascii();
        if text.starts_with('[') {
            return match serde_json::from_str::<Vec<&RawValue>>(text) {
                Ok(items) => self.each(&items, part, &Includes::default(), into),
                Err(error) => into.take(Item::Refused(unparsable(&error)), part),
            };
        }
        match serde_json::from_str::<Fields<'a>>(text) {
            Ok(fields) => self.object(text, part, &fields, into),
            Err(error) => into.take(Item::Refused(unparsable(&error)), part),
        }
    }

    fn each(&self, items: &[&'a RawValue], part: Range<usize>, includes: &Includes<'a>, into: &mut impl Sink<'a>) {
        if items.is_empty() {
            into.take(Item::Refused("a page without posts: the list is empty".to_owned()), part);
        }
        for item in items {
            let part = self.part(item.get());
            match serde_json::from_str::<Fields<'a>>(item.get()) {
                Ok(fields) if is_tweet(&fields) => {
                    let decoded = parse::<Tweet<'a>>(item.get()).and_then(|tweet| tweet.post(includes, <_>::default()));
                    into.take(self.limits.outcome(decoded), part);
                }
                Ok(fields) => self.object(item.get(), part, &fields, into),
                Err(error) => into.take(Item::Refused(unparsable(&error)), part),
            }
        }
    }

    /// Where in the record a piece of it stands.
    fn part(&self, piece: &str) -> Range<usize> {
        let start = (piece.as_ptr() as usize).saturating_sub(self.record.as_ptr() as usize);
        start..start + piece.len()
    }

    fn object(&self, text: &'a str, part: Range<usize>, fields: &Fields<'a>, into: &mut impl Sink<'a>) {
        let has = |name: &str| fields.contains_key(name);
        if let Some(data) = fields.get("data") {
            return self.data(data, fields, part, into);
        }
        if let (Some(statuses), false) = (fields.get("statuses"), has("id_str")) {
            return match parse::<Found<'a>>(text) {
                Ok(found) => self.each(&found.statuses, part, &Includes::default(), into),
                Err(reason) => into.take(Item::Refused(format!("`statuses`: {reason}")), self.part(statuses.get())),
            };
        }
        into.take(self.limits.outcome(single(text, fields)), part);
    }

    /// A page of posts, or an object of something else.
    fn data(&self, data: &'a RawValue, fields: &Fields<'a>, part: Range<usize>, into: &mut impl Sink<'a>) {
        let includes = match fields.get("includes").map(|raw| parse::<Option<Object<Includes<'a>>>>(raw.get())).transpose() {
            Ok(includes) => includes.flatten().map_or_else(Includes::default, |includes| includes.0),
            Err(reason) => return into.take(Item::Refused(format!("`includes`: {reason}")), part),
        };
        if data.get().starts_with('[') {
            return match serde_json::from_str::<Vec<&'a RawValue>>(data.get()) {
                Ok(items) => self.each(&items, part, &includes, into),
                Err(error) => into.take(Item::Refused(unparsable(&error)), part),
            };
        }
        let decoded = match serde_json::from_str::<Fields<'a>>(data.get()) {
            Err(_) if fields.contains_key("errors") => Err(stream_error(fields)),
            Err(_) => Err(format!("`data` is no object: {}", shortened(data.get()))),
            Ok(inner) if is_tweet(&inner) => {
                rules(fields).and_then(|rules| parse::<Tweet<'a>>(data.get())?.post(&includes, rules))
            }
            Ok(inner) => single(data.get(), &inner),
        };
        into.take(self.limits.outcome(decoded), part);
    }
}

fn rules<'a>(fields: &Fields<'a>) -> Result<super::few::Tags<'a>, String> {
    let found = fields.get("matching_rules").map(|raw| parse::<Option<super::few::Tags<'a>>>(raw.get())).transpose();
    found.map(|rules| rules.flatten().unwrap_or_default()).map_err(|reason| format!("`matching_rules`: {reason}"))
}

/// Whether an object looks like a post of version 2, whatever it may lack.
fn is_tweet(fields: &Fields<'_>) -> bool {
    let has = |name: &str| fields.contains_key(name);
    has("id") && has("text") && !has("id_str") && !has("network")
}

/// An object that is not a list of others.
fn single<'a>(text: &'a str, fields: &Fields<'a>) -> Result<Post<'a>, String> {
    let has = |name: &str| fields.contains_key(name);
    if has("network") && has("root") && has("kind") {
        return parse(text);
    }
    if has("id_str") && !has("screen_name") {
        return parse::<Status<'a>>(text)?.post();
    }
    if is_tweet(fields) {
        return parse::<Tweet<'a>>(text)?.post(&Includes::default(), <_>::default());
    }
    if let Some(delete) = fields.get("delete") {
        return deletion(delete.get());
    }
    if has("action") && has("id") {
        return compliance(text);
    }
    Err(why_not(text, fields))
}

fn deletion(text: &str) -> Result<Post<'_>, String> {
    /// What the compliance streams of version 2 say; the post goes by either name.
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow, alias = "post")]
        tweet: Target<'a>,
        #[serde(borrow)]
        event_at: Text<'a>,
    }
    #[derive(Deserialize)]
    struct Target<'a> {
        #[serde(borrow)]
        id: super::few::Id<'a>,
    }
    if let Ok(event) = serde_json::from_str::<Event<'_>>(text) {
        let time = super::time::network(&event.event_at)?;
        return Ok(Post::deletion("x".into(), event.tweet.id.0, time));
    }
    parse::<Delete<'_>>(text).map_err(|reason| format!("`delete`: {reason}"))?.post()
}

/// A line of a compliance job's result. Those about people look the same as those about posts, but for the time
/// at which a post was taken back.
fn compliance(text: &str) -> Result<Post<'_>, String> {
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        id: super::few::Id<'a>,
        #[serde(borrow)]
        action: Text<'a>,
        #[serde(borrow, default)]
        redacted_at: Option<Text<'a>>,
    }
    let entry = parse::<Entry<'_>>(text)?;
    match entry.redacted_at {
        Some(at) if &*entry.action == "delete" => Ok(Post::deletion("x".into(), entry.id.0, super::time::network(&at)?)),
        _ => Err(format!("a compliance entry (`{}`) without `redacted_at`: no post was taken back", shortened(&entry.action))),
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| unparsable(&error))
}

fn unparsable(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return format!("cut short: {error}");
    }
    if error.is_data() { error.to_string() } else { format!("no JSON: {error}") }
}

fn stream_error(fields: &Fields<'_>) -> String {
    #[derive(Deserialize)]
    struct Fault {
        #[serde(default)]
        title: Option<String>,
        #[serde(default)]
        disconnect_type: Option<String>,
        #[serde(default)]
        detail: Option<String>,
    }
    let faults = fields.get("errors").and_then(|raw| serde_json::from_str::<Vec<Fault>>(raw.get()).ok()).unwrap_or_default();
    let words = faults.into_iter().flat_map(|fault| [fault.title, fault.disconnect_type, fault.detail]).flatten();
    format!("the network reports an error and sends no post: {}", shortened(&words.collect::<Vec<_>>().join(", ")))
}

/// Why an object is no post, as precisely as can be told.
fn why_not(text: &str, fields: &Fields<'_>) -> String {
    let has = |name: &str| fields.contains_key(name);
    if let Some(notice) = NOTICES.iter().find(|name| has(name)) {
        return format!("a `{notice}` notice of the stream, no post");
    }
    if has("errors") {
        return stream_error(fields);
    }
    if has("users") || has("includes") {
        return "only what posts refer to, no posts: no `data`".to_owned();
    }
    if has("username") || has("screen_name") {
        return "a person, no post: no `text`".to_owned();
    }
    if has("author_id") || has("conversation_id") {
        let missing = ["id", "text"].into_iter().find(|name| !has(name)).unwrap_or("text");
        return format!("no `{missing}`");
    }
    let names = parse::<Names>(text).unwrap_or_default().0;
    if names.is_empty() {
        return "no known kind of post: an object without fields".to_owned();
    }
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{}`", shortened(name))).collect();
    format!("no known kind of post: neither `data` nor `id_str` nor `id` and `text`, only {}", shown.join(", "))
}
