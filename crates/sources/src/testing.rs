//! What the tests of several sources share.

use crate::{Settings, open};
use flow::{Format, Mark, Out, Polled, Producer, Pulled, Refused, Source, Timestamp, TopicSpec};
use std::time::Duration;

/// What a source brought.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// The posts as JSON, and the refusals, in the order in which each came.
    pub(crate) posts: Vec<String>,
    pub(crate) refused: Vec<Refused>,
    /// Each post's time, identity and offset.
    pub(crate) staged: Vec<(Timestamp, u64, u64)>,
    pub(crate) raw: Vec<bytes::Bytes>,
    pub(crate) cursor: Option<Vec<u8>>,
    pub(crate) now: Option<Timestamp>,
}

impl Brought {
    pub(crate) fn take(&mut self, pulled: Pulled) {
        let Pulled { mut out, staged, refused, cursor, now } = pulled;
        let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
        for output in out.take(&Producer::from("test"), mark, false) {
            let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
            self.posts.extend(output.block.records(0, 0).map(|record| text(record.value.unwrap())));
        }
        self.staged.extend(staged.iter().map(|staged| (staged.time, staged.identity, staged.offset)));
        self.raw.extend(staged.into_iter().map(|staged| staged.raw));
        self.refused.extend(refused);
        (self.cursor, self.now) = (Some(cursor), now.or(self.now));
        assert_eq!(self.posts.len(), self.staged.len());
    }

    pub(crate) fn reasons(&self) -> Vec<&str> {
        self.refused.iter().map(|refused| refused.reason.as_str()).collect()
    }

    /// Whether the same came, which must not depend on how often and in what pieces a source was asked.
    pub(crate) fn assert_same(&self, other: &Brought, when: &str) {
        assert_eq!(self.posts.len(), other.posts.len(), "posts, {when}");
        for (one, two) in self.posts.iter().zip(&other.posts) {
            assert_eq!(one, two, "{when}");
        }
        assert_eq!(self.reasons(), other.reasons(), "{when}");
        assert!(self.refused == other.refused && self.staged == other.staged, "{when}");
    }
}

/// Settings under which nothing depends on the day of the test.
pub(crate) fn settings() -> Settings {
    Settings { now: Timestamp::parse("2026-11-21T12:00:00Z"), threads: 2, ..Settings::default() }
}

pub(crate) fn started(url: &str, settings: &Settings, cursor: Option<&[u8]>) -> Box<dyn Source> {
    let mut source = open(url, settings).unwrap().source;
    begin(&mut *source, cursor);
    source
}

pub(crate) fn begin(source: &mut dyn Source, cursor: Option<&[u8]>) {
    source.open(cursor, Box::new(|| Out::new(Format::Json, &[TopicSpec::new("posts", 1)]))).unwrap();
}

/// Polls up to `most` times that bring something; whether the end came.
pub(crate) fn poll(source: &mut dyn Source, brought: &mut Brought, most: usize, wait: Duration) -> bool {
    let mut times = 0;
    while times < most {
        let (polled, pulled) = source.poll(wait).unwrap();
        if let Some(pulled) = pulled {
            times += usize::from(!pulled.staged.is_empty() || !pulled.refused.is_empty());
            brought.take(pulled);
        }
        if polled == Polled::End {
            return true;
        }
    }
    false
}

/// Plays a source to its end.
pub(crate) fn play(url: &str, settings: &Settings) -> Brought {
    let mut brought = Brought::default();
    let mut source = started(url, settings, None);
    assert!(poll(&mut *source, &mut brought, usize::MAX, Duration::from_secs(5)));
    assert!(matches!(source.poll(Duration::ZERO), Ok((Polled::End, None))), "the end stays the end");
    brought
}

/// Plays a source, and starts it anew behind every step.
pub(crate) fn play_in_pieces(url: &str, settings: &Settings) -> (Brought, usize) {
    let mut brought = Brought::default();
    let mut starts = 0;
    loop {
        let mut source = started(url, settings, brought.cursor.clone().as_deref());
        starts += 1;
        if poll(&mut *source, &mut brought, 1, Duration::from_secs(5)) {
            return (brought, starts);
        }
    }
}
