//! `collect`: posts -> series, sizes. Which posts belong together, how many were there at each window's end, and in all?

mod cascade;
mod saved;
mod told;

#[cfg(test)]
mod tests;

pub use cascade::Cascade;
pub use told::{First, Repost, Told};

use domain::{Kind, Post, Series, Size, Text};
use flow::{Broken, Input, Late, Out, Raw, Refused, Stage, Timestamp};
use std::borrow::Cow;

/// What a cascade is watched by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long it is observed, in whole seconds: rising.
    windows_s: Vec<u32>,
    /// It has ended when nothing was added for so long.
    pub silence_ms: i64,
    /// It has ended so long after its start, whatever comes.
    pub longest_ms: i64,
    /// That it has ended is remembered for so long: what comes then is late.
    pub remember_ms: i64,
    /// A smaller one is not told of.
    pub least: u64,
    /// So many of its posts are listed; the others are counted.
    pub most: usize,
    /// So many bytes of its first post are kept.
    pub text: usize,
}

impl Default for Rules {
    fn default() -> Self {
        let (silence_ms, longest_ms, remember_ms) = (1_800_000, 7 * 86_400_000, 86_400_000);
        Rules { windows_s: vec![600, 1200], silence_ms, longest_ms, remember_ms, least: 10, most: 100_000, text: 100 }
    }
}

impl Rules {
    /// The same rules with other windows, in seconds and in any order.
    #[must_use]
    pub fn with_windows(mut self, mut windows_s: Vec<u32>) -> Self {
        windows_s.sort_unstable();
        windows_s.dedup();
        windows_s.retain(|window| *window > 0);
        self.windows_s = windows_s;
        self
    }

    /// How long a cascade is observed, in seconds: rising.
    pub fn windows_s(&self) -> &[u32] {
        &self.windows_s
    }

    /// A number that tells these windows from others.
    fn fingerprint(&self) -> u32 {
        let bytes: Vec<u8> = self.windows_s.iter().flat_map(|window_s| window_s.to_le_bytes()).collect();
        xxhash_rust::xxh3::xxh3_64(&bytes) as u32
    }
}

/// Follows each cascade: a partial one at the end of each observation window, and its size when it has ended.
///
/// Whatever is written is written when its time has come, so in the order of time and then of keys: the order of a
/// partition's records does not depend on how its posts were batched.
#[derive(Clone, Debug, Default)]
pub struct Collect {
    /// The rules.
    pub rules: Rules,
}

impl Stage for Collect {
    type State = Cascade;

    fn name(&self) -> &str {
        "collect"
    }

    fn on_record(&self, input: &Input<'_>, state: &mut Cascade, out: &mut Out) -> Result<(), Broken> {
        let post: Post<'_> = input.decode()?;
        let (time, mark) = (input.record.time, post.author.followers.unwrap_or(1));
        match post.kind {
            // Nothing is told of what was taken back. What is added to it later comes too late.
            Kind::Deletion => state.forget(),
            // A cascade is told by what its first post said at first.
            Kind::Edit => return Ok(()),
            Kind::Repost => {
                if state.network().is_some_and(|network| network != &*post.network) {
                    return Err(Broken("a cascade of this name is open on another network".into()));
                }
                let raw = || Raw(input.record.value.unwrap_or_default().to_vec());
                let repost = Repost { time, mark, offset: input.record.offset, partition: input.partition };
                if let Some(late) = state.add(&self.rules, repost, raw) {
                    self.tell(input.record.key, late, out);
                }
            }
            Kind::Original | Kind::Quote | Kind::Reply => {
                if state.is_known() {
                    return Err(Broken("this cascade has its first post already".into()));
                }
                let first = First { time, mark, network: &post.network, author: &post.author.id, text: &post.text };
                state.begin(&self.rules, first, |told| self.tell(input.record.key, told, out));
            }
        }
        state.set_alarm(&self.rules);
        Ok(())
    }

    fn on_deadline(&self, key: &[u8], at: Timestamp, state: &mut Cascade, out: &mut Out) {
        state.act(&self.rules, at, |told| self.tell(key, told, out));
    }

    fn deadline(&self, state: &Cascade) -> Option<Timestamp> {
        state.alarm()
    }

    fn is_chore(&self, state: &Cascade) -> bool {
        state.has_ended()
    }

    fn is_done(&self, state: &Cascade) -> bool {
        state.is_empty()
    }

    fn on_resume(&self, watermark: Timestamp, state: &mut Cascade) {
        state.resume(&self.rules, watermark);
    }
}

impl Collect {
    fn tell(&self, key: &[u8], told: Told<'_>, out: &mut Out) {
        let cascade = Text(String::from_utf8_lossy(key));
        match told {
            Told::Window { at, window_s, network, author, text, start, size, reach, events } => {
                let (network, author, text, window_s) = (borrowed(network), known(author), borrowed(text), Some(window_s));
                out.send(at, &Series { cascade, network, author, start, window_s, size, reach, events, text });
            }
            Told::End { at, network, author, text, start, end, size, reach } => {
                let (network, author, text, events) = (borrowed(network), known(author), borrowed(text), vec![]);
                let last = Series {
                    cascade: cascade.clone(),
                    network: network.clone(),
                    author,
                    start,
                    window_s: None,
                    size,
                    reach,
                    events,
                    text,
                };
                out.send(at, &last);
                out.send(at, &Size { cascade, network, size, reach, start, end });
            }
            Told::Stray(_) => out.pass_over(),
            Told::Late { repost, raw, reason } => {
                let (by, from) = (self.name().to_owned(), <Post<'_> as flow::Value>::TOPIC.to_owned());
                let Repost { time, offset, partition, .. } = repost;
                out.send(time, &Late(Refused { by, from, partition, offset, time, reason: reason.to_owned(), raw }));
            }
        }
    }
}

fn known(author: &str) -> Option<Text<'_>> {
    (!author.is_empty()).then(|| borrowed(author))
}

fn borrowed(text: &str) -> Text<'_> {
    Text(Cow::Borrowed(text))
}
