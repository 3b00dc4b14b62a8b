//! Tweetoscope's messages of what is told, as our own sink writes them.

use domain::tweetoscope::{Form, Message, Outward, Words, write};
use domain::{Series, Size, Text};
use flow::{Broken, Timestamp};

/// A value of topic `cascade_series`.
pub(crate) fn series(cascade: &str, text: &str, start_ms: i64, window_s: u32, events: Vec<[u64; 2]>, words: Words) -> Written {
    let (cascade, text, network) = (Text::from(cascade), Text::from(text), Text::default());
    let (start, window_s, size) = (Timestamp::from_millis(start_ms), Some(window_s), events.len() as u64);
    let series = Series { cascade, network, author: None, start, window_s, size, reach: 0, events, text };
    written(outward().serie(&series), words)
}

/// A value of topic `cascade_properties`. It is the same for each window; the key tells which.
pub(crate) fn size(cascade: &str, size: u64, end_ms: i64, words: Words) -> Written {
    let end = Timestamp::from_millis(end_ms);
    let size = Size { cascade: cascade.into(), network: Text::default(), size, reach: 0, start: end, end };
    written(outward().sizes(&size).next(), words)
}

/// A message's bytes.
pub(crate) type Written = Result<Vec<u8>, Broken>;

/// The clocks of the sources start at 0. One window is enough for one message.
fn outward() -> Outward {
    Outward { origin: Timestamp::default(), windows: vec![0], partitions: 1 }
}

fn written(message: Option<Message<'_>>, words: Words) -> Written {
    let mut into = vec![];
    if let Some(message) = message {
        write(&message, Form::default(), words, &mut into)?;
    }
    Ok(into)
}
