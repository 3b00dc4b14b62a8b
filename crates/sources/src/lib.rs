//! Where posts come from: recordings, standard input, and a network that is made up.
//!
//! A source turns the world into records, and whatever it cannot read into refusals with a reason. Decoders are
//! strict: what leaves this crate is a post that could have been posted, with its cascade's root and its author.
//!
//! Non-goals: keeping anything (the engine commits a source's cursor together with what it brought), telling late
//! records from others, dropping doubles (the engine does both).
//!
//! Start reading at [`open`], then `decode` (bytes to posts), then `replay` (files to bytes, at what pace), then
//! `synthetic` (posts out of nothing but a seed), then `cascades` (cascades out of files or a model, many at a time).

mod address;
mod batch;
mod cascades;
mod decode;
mod decoder;
mod dice;
mod error;
mod framing;
mod layout;
mod pace;
mod replay;
mod synthetic;
#[cfg(test)]
mod testing;
mod tweetoscope;

pub use error::{Error, Kind};

use address::{Address, nearest};
use domain::Post;
use flow::{Broken, Refused, Source, Timestamp};
use std::io::Read;

/// What a process decides for all its sources.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A longer record is refused.
    pub max_record: usize,
    /// A longer whole-file JSON document is refused.
    pub max_document: usize,
    /// How much is read, and handed on, in one piece.
    pub chunk: usize,
    /// How many threads decode at full speed; 0: one a core.
    pub threads: usize,
    /// What the wall clock shows on opening; none: what it really shows. For tests.
    pub now: Option<Timestamp>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { max_record: 1 << 20, max_document: 64 << 20, chunk: 1 << 20, threads: 0, now: None }
    }
}

impl Settings {
    pub(crate) fn clock(&self) -> Timestamp {
        self.now.unwrap_or_else(wall_clock)
    }
}

/// A source, ready to be started.
pub struct Opened {
    /// Its name as a producer: the same whenever the same source is opened.
    pub name: String,
    /// The source.
    pub source: Box<dyn Source>,
    /// The topics that it writes, beside `rejected`.
    pub topics: &'static [&'static str],
    /// How many bytes it will read, if that is known.
    pub bytes: Option<u64>,
    /// How many posts it will bring, if that is known.
    pub posts: Option<u64>,
    /// Whether it loses nothing by waiting: it goes as fast as it may.
    pub waits: bool,
}

const SCHEMES: [&str; 5] = ["cascades", "replay", "stdin", "synthetic", "tweetoscope"];

/// What a source of posts writes.
const POSTS: &[&str] = &[<Post<'static> as flow::Value>::TOPIC];

/// Opens the source at an address such as `replay:posts.jsonl?speed=max`.
pub fn open(url: &str, settings: &Settings) -> Result<Opened, Error> {
    let address = Address::parse(url)?;
    match address.scheme.as_str() {
        "cascades" => cascades::open(&address, settings),
        "replay" => replay::open(&address, settings),
        "synthetic" if address.path == "hawkes" => cascades::open_hawkes(&address, settings),
        "synthetic" => synthetic::open(&address, settings),
        "stdin" => replay::open_stdin(&address, settings),
        "tweetoscope" => tweetoscope::open(&address, settings),
        scheme => Err(Error::UnknownScheme {
            scheme: scheme.to_owned(),
            nearest: nearest(scheme, &SCHEMES),
            known: SCHEMES.map(|name| format!("{name}:")).join(", "),
        }),
    }
}

/// The posts that `synthetic:` with these options brings, by themselves: without a clock, and without end unless `count` says one.
pub fn made_up(options: &str) -> Result<impl Iterator<Item = Post<'static>> + use<>, Error> {
    synthetic::posts(&Address::parse(&format!("synthetic:?{options}"))?)
}

/// What a column of this name holds, as tables usually call it: `user` for `pseudo`, `text` for `tweet`.
pub fn meaning(column: &str) -> Option<&'static str> {
    decode::Columns::meaning(column)
}

/// The topics that the source at an address writes, beside `rejected`, without opening it.
pub fn topics(url: &str) -> &'static [&'static str] {
    match Address::parse(url) {
        Ok(address) if address.scheme == "tweetoscope" => tweetoscope::topics(&address).unwrap_or(POSTS),
        _ => POSTS,
    }
}

/// The source `stdin:`, reading any stream of bytes; `options` as behind the `?` of its address.
pub fn reading(input: Box<dyn Read + Send>, options: &str, settings: &Settings) -> Result<Box<dyn Source>, Error> {
    replay::reading(input, &Address::parse(&format!("stdin:?{options}"))?, settings)
}

/// Decodes a refused record again, as the source would that it came from: perhaps the decoder has learnt since, or
/// someone has mended the record.
pub fn decode_again(refused: &Refused, settings: &Settings) -> Result<Vec<Post<'static>>, Broken> {
    let broken = |error: Error| Broken(error.to_string());
    let address = Address::parse(&refused.from).map_err(broken)?;
    let whole = match address.scheme.as_str() {
        "cascades" => "a row is no post without the rest of its cascade: mend the file, and play it anew",
        "tweetoscope" => "a message is no record without its key and its source's clock: mend it, and write it to its topic anew",
        _ => "",
    };
    if !whole.is_empty() {
        return Err(Broken(whole.to_owned()));
    }
    let path = std::path::Path::new(&address.path);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let layout = layout::Layout::noted(&address, &file).map_err(broken)?;
    decoder::again(layout, refused, settings)
}

/// A speed: a number above 0, or `max` (none).
pub(crate) fn speed(text: &str) -> Option<Option<f64>> {
    if text == "max" {
        return Some(None);
    }
    let speed: f64 = text.parse().ok()?;
    (speed.is_finite() && speed > 0.0).then_some(Some(speed))
}

/// A time such as `30s`, `500ms` or `2m`; a bare number is in seconds.
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let scale = match text.strip_prefix(digits)? {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(scale)).filter(|millis| *millis <= 86_400_000)
}

fn wall_clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
