//! What the fuzz targets share: `cargo +nightly fuzz run TARGET`.

use flow::{Format, Out, Polled, Raw, Refused, Source, Timestamp, TopicSpec};
use sources::Settings;
use std::time::Duration;

/// Settings under which nothing depends on the day.
pub fn settings() -> Settings {
    Settings { now: Timestamp::parse("2026-11-21T12:00:00Z"), ..Settings::default() }
}

/// Decodes one record; it must come to posts or to a reason.
pub fn decode(from: &str, record: &[u8]) {
    let (by, reason, raw) = ("fuzz".to_owned(), String::new(), Raw(record.to_vec()));
    let refused = Refused { by, from: from.to_owned(), partition: 0, offset: 5, time: Timestamp::default(), reason, raw };
    match sources::decode_again(&refused, &settings()) {
        Ok(posts) => assert!(!posts.is_empty() && posts.iter().all(|post| !post.id.is_empty() && post.time.millis() > 0)),
        Err(reason) => assert!(!reason.0.is_empty()),
    }
}

/// What reading a stream came to.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// Time, identity and offset of each post.
    pub posts: Vec<(i64, u64, u64)>,
    /// Offset, reason and bytes of each refusal.
    pub refused: Vec<(u64, String, Vec<u8>)>,
}

/// Reads a stream to its end, in pieces of this size.
pub fn read(input: &[u8], options: &str, chunk: usize) -> Result<Read, String> {
    let settings = Settings { chunk, max_record: 64, ..settings() };
    let input = Box::new(std::io::Cursor::new(input.to_vec()));
    let mut source = sources::reading(input, options, &settings).map_err(|error| error.to_string())?;
    play(&mut *source)
}

/// Plays these three files of cascades to their end, in pieces of this size.
pub fn play_cascades(files: [&[u8]; 3], options: &str, chunk: usize) -> Result<Read, String> {
    let folder = std::env::temp_dir().join(format!("goshawk-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, content) in ["data.csv", "index.csv", "params.config"].iter().zip(files) {
        std::fs::write(folder.join(name), content).map_err(|error| error.to_string())?;
    }
    let (settings, folder) = (Settings { chunk, max_record: 64, ..settings() }, folder.display());
    let url = format!("cascades:{folder}?params={folder}/params.config&start=2026-03-01T00:00:00Z&speed=max&{options}");
    let mut source = sources::open(&url, &settings).map_err(|error| error.to_string())?.source;
    play(&mut *source)
}

fn play(source: &mut dyn Source) -> Result<Read, String> {
    let out = || Out::new(Format::Compact, &[TopicSpec::new("posts", 1)]);
    source.open(None, Box::new(out)).map_err(|broken| broken.0)?;
    let mut read = Read::default();
    loop {
        let (polled, pulled) = source.poll(Duration::from_secs(20)).map_err(|broken| broken.0)?;
        if let Some(pulled) = pulled {
            read.posts.extend(pulled.staged.iter().map(|staged| (staged.time.millis(), staged.identity, staged.offset)));
            read.refused.extend(pulled.refused.into_iter().map(|refused| (refused.offset, refused.reason, refused.raw.0)));
        }
        if polled == Polled::End {
            return Ok(read);
        }
    }
}
