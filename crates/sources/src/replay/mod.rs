//! Plays a recording: as fast as it can be read, or at the pace at which it was recorded.

mod chunks;
mod cursor;
mod input;
mod paced;
mod pipeline;
mod stdin;

#[cfg(test)]
mod tests;

pub(crate) use stdin::{open as open_stdin, reading};

use crate::address::Address;
use crate::batch::{Batch, Reader, Retouch, Stamp};
use crate::decode::Limits;
use crate::decoder::Decoder;
use crate::layout::{Layout, Wanted};
use crate::pace::Pace;
use crate::{Error, Opened, Settings, speed};
use chunks::{Chunks, Cutting, Piece};
use cursor::Cursor;
use flow::{Broken, Out, Polled, Pulled, Source, Timestamp};
use input::Input;
use paced::Paced;
use pipeline::{Next, Outs, Pipeline};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How much of a recording is looked at to tell its layout.
const HEAD: u64 = 1 << 20;

/// A recording and how to play it.
struct Replay {
    path: PathBuf,
    by: Arc<str>,
    from: Arc<str>,
    layout: Arc<Layout>,
    /// None: as fast as it goes.
    speed: Option<f64>,
    restamp: bool,
    looped: bool,
    settings: Settings,
    outs: Option<Outs>,
    cursor: Cursor,
    playing: Playing,
    /// How many bytes the file has, and how many of them were read.
    length: u64,
    read: Arc<AtomicU64>,
}

enum Playing {
    Nothing,
    Fast(Pipeline),
    Paced(Box<Paced>),
}

/// Opens `replay:PATH?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    address.only(&[&["speed", "restamp", "loop"][..], &Wanted::OPTIONS].concat())?;
    let path = PathBuf::from(address.path(|path| Path::new(path).exists()));
    let length = check(&path)?;
    let speed = address.value("speed", Some(1.0), "write max, or a number above 0 such as 1 or 60", speed)?;
    let looped = address.flag("loop")?;
    let restamp = address.flag("restamp")? || looped;
    let layout = layout(&path, &Wanted::read(address)?)?;
    let by: Arc<str> = format!("replay:{}", path.file_name().unwrap_or_default().to_string_lossy()).into();
    let from = format!("replay:{}?{}", path.display(), layout.options()).into();
    let (name, cursor, settings) = (by.to_string(), Cursor::starting(settings.clock()), settings.clone());
    let (layout, outs, playing, read) = (Arc::new(layout), None, Playing::Nothing, Arc::default());
    let replay = Replay { path, by, from, layout, speed, restamp, looped, settings, outs, cursor, playing, length, read };
    Ok(Opened { name, source: Box::new(replay), topics: crate::POSTS, bytes: Some(length), posts: None, waits: speed.is_none() })
}

/// How long a file is that can be read.
pub(crate) fn check(path: &Path) -> Result<u64, Error> {
    let unreadable = |error| Error::Unreadable { path: path.to_owned(), error };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::Folder(path.to_owned())),
        Ok(metadata) => std::fs::File::open(path).map(|_| metadata.len()).map_err(unreadable),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing(path.to_owned())),
        Err(error) => Err(unreadable(error)),
    }
}

/// Looks at the start of a recording. Damage is not this look's business: what came before it will do.
fn layout(path: &Path, wanted: &Wanted) -> Result<Layout, Error> {
    let unreadable = |error| Error::Unreadable { path: path.to_owned(), error };
    let mut head = vec![];
    if let Some(input) = input::open(path, 0).map_err(unreadable)? {
        let read = input.bytes.take(HEAD).read_to_end(&mut head);
        if let (Err(error), false) = (read, input.compressed) {
            return Err(unreadable(error));
        }
    }
    Layout::of(wanted, path, &head).map_err(|reason| Error::Layout { path: path.to_owned(), reason })
}

impl Replay {
    fn decoder(&self) -> Decoder {
        let reader = Reader { by: self.by.clone(), from: self.from.clone(), at: self.cursor.started };
        let (limits, limit) = (Limits::at(self.settings.clock()), self.layout.limit(&self.settings));
        let retouch = Retouch { stamp: self.stamp(), lap: self.cursor.lap };
        Decoder { layout: self.layout.clone(), reader, retouch, limits, limit }
    }

    /// How times are moved, if they are.
    fn stamp(&self) -> Option<Stamp> {
        let from = self.cursor.first.filter(|_| self.restamp)?;
        Some(Stamp { from, to: self.cursor.anchor, speed: self.speed.unwrap_or(1.0) })
    }

    fn input(&self, offset: u64) -> Result<Input, Broken> {
        let path = self.path.display();
        let input = input::open(&self.path, offset).map_err(|error| Broken(format!("cannot read {path}: {error}")))?;
        input.ok_or_else(|| {
            Broken(format!("{path} is shorter than the {offset} bytes that were read of it before: it was cut or replaced"))
        })
    }

    fn chunks(&self, input: Input, offset: u64) -> Chunks {
        let (framing, chunk, limit) = (self.layout.framing(), self.settings.chunk, self.layout.limit(&self.settings));
        Chunks::new(input.bytes, offset, Cutting { framing, chunk, limit, eager: false, compressed: input.compressed })
    }

    /// The time of the first post in the recording: what paces and moved times are counted from.
    fn first_time(&self) -> Result<Option<Timestamp>, Broken> {
        let decoder = self.decoder();
        let mut chunks = self.chunks(self.input(0)?, 0);
        while let Some(piece) = chunks.next()? {
            let Piece::Records { bytes, offset } = piece else { continue };
            let mut at = 0;
            while let Some(frame) = decoder.framing().next(&bytes, at, decoder.limit) {
                at = frame.next;
                if let Some((first, _)) = decoder.times(&bytes, &frame, offset) {
                    return Ok(Some(first));
                }
            }
        }
        Ok(None)
    }

    /// Starts to play at the cursor.
    fn start(&mut self) -> Result<(), Broken> {
        if self.cursor.first.is_none() && (self.restamp || self.speed.is_some()) {
            self.cursor.first = self.first_time()?;
        }
        let input = self.input(self.cursor.offset)?;
        self.read = input.read.clone();
        let (chunks, decoder) = (self.chunks(input, self.cursor.offset), self.decoder());
        let outs = self.outs.clone().ok_or_else(|| Broken("the source was not opened".to_owned()))?;
        self.playing = match self.pace() {
            None => Playing::Fast(Pipeline::start(chunks, &decoder, &outs, self.threads())),
            Some(pace) => Playing::Paced(Box::new(Paced::start(chunks, self.cursor.offset, decoder, outs, pace))),
        };
        Ok(())
    }

    /// The clock to play by. Where times are moved to the wall clock's, what was missed while nobody played is made up
    /// for; else the recording goes on where it stopped.
    fn pace(&self) -> Option<Pace> {
        let speed = self.speed?;
        let first = self.cursor.first.unwrap_or(self.cursor.started);
        let missed = self.settings.clock().millis_since(self.cursor.anchor) as f64 * speed;
        let shown = if self.restamp { first.plus_millis(missed as i64) } else { self.cursor.newest.unwrap_or(first) };
        Some(Pace::starting(shown, speed))
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        if self.settings.threads == 0 { cores() } else { self.settings.threads }
    }

    /// Moves the cursor behind a batch and hands the batch over.
    fn pulled(&mut self, batch: Batch, next: u64, cut: bool, now: Option<Timestamp>) -> Result<Pulled, Broken> {
        self.cursor.offset = next;
        self.cursor.records += batch.records;
        self.cursor.newest = self.cursor.newest.max(batch.newest);
        self.cursor.cut |= cut;
        let Batch { out, staged, refused, .. } = batch;
        Ok(Pulled { out, staged, refused, cursor: self.cursor.write()?, now })
    }

    fn poll_fast(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        let Playing::Fast(pipeline) = &mut self.playing else { return Ok((Polled::End, None)) };
        match pipeline.next(wait)? {
            Next::Piece(decoded) if decoded.cut && self.cursor.cut => self.end(),
            Next::Piece(decoded) => {
                let pulled = self.pulled(decoded.batch, decoded.next, decoded.cut, None)?;
                Ok((Polled::Some, Some(pulled)))
            }
            Next::Nothing => Ok((Polled::Idle, None)),
            Next::End => self.end(),
        }
    }

    fn poll_paced(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        let Playing::Paced(paced) = &mut self.playing else { return Ok((Polled::End, None)) };
        let played = paced.play(wait)?;
        if (played.ended && played.batch.is_empty()) || (played.cut && self.cursor.cut) {
            return self.end();
        }
        let polled = if played.batch.is_empty() { Polled::Idle } else { Polled::Some };
        let now = played.now.map(|now| self.stamp().map_or(now, |stamp| stamp.shown(now)));
        let pulled = self.pulled(played.batch, played.next, played.cut, now)?;
        Ok((polled, Some(pulled)))
    }

    /// At the end of the recording: another lap, or the end.
    fn end(&mut self) -> Result<(Polled, Option<Pulled>), Broken> {
        self.playing = Playing::Nothing;
        let (Some(stamp), Some(newest), true) = (self.stamp(), self.cursor.newest, self.looped) else {
            return Ok((Polled::End, None));
        };
        // A second between laps keeps the last post of one and the first of the next apart.
        self.cursor.anchor = stamp.shown(newest).plus_millis(1000);
        self.cursor = Cursor { offset: 0, newest: None, lap: self.cursor.lap + 1, cut: false, ..self.cursor.clone() };
        self.start()?;
        Ok((Polled::Some, None))
    }
}

impl Source for Replay {
    fn open(&mut self, cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.outs = Some(Arc::from(out));
        self.cursor = match cursor {
            Some(bytes) => Cursor::read(bytes)?,
            None => Cursor::starting(self.settings.clock()),
        };
        self.start()
    }

    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        match self.playing {
            Playing::Nothing => Ok((Polled::End, None)),
            Playing::Fast(_) => self.poll_fast(wait),
            Playing::Paced(_) => self.poll_paced(wait),
        }
    }

    fn done(&self) -> Option<f64> {
        let read = self.read.load(Ordering::Relaxed);
        (self.length > 0 && !self.looped).then(|| (read as f64 / self.length as f64).min(1.0))
    }
}
