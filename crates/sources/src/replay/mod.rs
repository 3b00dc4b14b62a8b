//! Plays a recording: as fast as it can be read, or at the pace at which it was recorded.

mod chunks;
mod cursor;
mod input;
mod paced;
mod pipeline;

#[cfg(test)]
mod tests;

use crate::address::Address;
use crate::batch::{Batch, Reader, Retouch, Stamp};
use crate::decode::Limits;
use crate::decoder::Decoder;
use crate::layout::{Format, Layout};
use crate::{Error, Opened, Settings};
use chunks::{Chunks, Cutting};
use cursor::Cursor;
use flow::{Broken, Out, Polled, Pulled, Source, Timestamp};
use input::Input;
use paced::Paced;
use pipeline::{Next, Outs, Pipeline};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const OPTIONS: [&str; 6] = ["speed", "restamp", "format", "encoding", "columns", "loop"];

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
    read: Arc<std::sync::atomic::AtomicU64>,
}

enum Playing {
    Nothing,
    Fast(Pipeline),
    Paced(Box<Paced>),
}

/// Opens `replay:PATH?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    address.only(&OPTIONS)?;
    let path = PathBuf::from(address.path(|path| Path::new(path).exists()));
    let length = check(&path)?;
    let speed = address.value("speed", Some(1.0), "write max, or a number above 0 such as 1 or 60", speed)?;
    let looped = address.flag("loop")?;
    let by: Arc<str> = format!("replay:{}", path.file_name().unwrap_or_default().to_string_lossy()).into();
    let layout = Layout { format: Format::Json, latin: false, heading: 0 };
    let replay = Replay {
        by: by.clone(),
        from: format!("replay:{}", path.display()).into(),
        path,
        layout: Arc::new(layout),
        speed,
        restamp: address.flag("restamp")? || looped,
        looped,
        settings: settings.clone(),
        outs: None,
        cursor: Cursor::starting(settings.clock()),
        playing: Playing::Nothing,
        length,
        read: Arc::default(),
    };
    Ok(Opened { name: by.to_string(), source: Box::new(replay), bytes: Some(length), posts: None })
}

pub(crate) fn speed(text: &str) -> Option<Option<f64>> {
    if text == "max" {
        return Some(None);
    }
    let speed: f64 = text.parse().ok()?;
    (speed.is_finite() && speed > 0.0).then_some(Some(speed))
}

fn check(path: &Path) -> Result<u64, Error> {
    let unreadable = |error| Error::Unreadable { path: path.to_owned(), error };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::Folder(path.to_owned())),
        Ok(metadata) => std::fs::File::open(path).map(|_| metadata.len()).map_err(unreadable),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing(path.to_owned())),
        Err(error) => Err(unreadable(error)),
    }
}

impl Replay {
    fn decoder(&self) -> Decoder {
        let reader = Reader { by: self.by.clone(), from: self.from.clone(), at: self.cursor.started };
        let limits = Limits::at(self.settings.clock());
        Decoder { layout: self.layout.clone(), reader, retouch: self.retouch(), limits, limit: self.limit() }
    }

    fn limit(&self) -> usize {
        if self.layout.format == Format::Document { self.settings.max_document } else { self.settings.max_record }
    }

    fn retouch(&self) -> Retouch {
        let stamp = |from| Stamp { from, to: self.cursor.anchor, speed: self.speed.unwrap_or(1.0) };
        Retouch { stamp: self.cursor.first.filter(|_| self.restamp).map(stamp), lap: self.cursor.lap }
    }

    fn input(&self, offset: u64) -> Result<Input, Broken> {
        let failed = |error: std::io::Error| Broken(format!("cannot read {}: {error}", self.path.display()));
        let shorter = || {
            let path = self.path.display();
            Broken(format!("{path} is shorter than the {offset} bytes that were read of it before: it was cut or replaced"))
        };
        input::open(&self.path, offset).map_err(failed)?.ok_or_else(shorter)
    }

    fn chunks(&self, input: Input) -> Chunks {
        let framing = self.layout.framing();
        let (chunk, limit) = (self.settings.chunk, self.limit());
        let cutting = Cutting { framing, chunk, limit, eager: false, compressed: input.compressed };
        Chunks::new(input.bytes, self.cursor.offset, cutting)
    }

    /// The time of the first post in the recording: what paces and moved times are counted from.
    fn first_time(&self) -> Result<Option<Timestamp>, Broken> {
        let (mut decoder, outs) = (self.decoder(), self.outs()?);
        decoder.retouch = Retouch::default();
        let mut chunks = self.chunks(self.input(0)?);
        while let Some(piece) = chunks.next()? {
            let chunks::Piece::Records { bytes, .. } = piece else { continue };
            let mut at = 0;
            while let Some(frame) = decoder.framing().next(&bytes, at, decoder.limit) {
                at = frame.next;
                let mut batch = Batch::new(outs());
                decoder.one(&bytes, None, &frame, 0, &mut batch);
                if let Some(staged) = batch.staged.first() {
                    return Ok(Some(staged.time));
                }
            }
        }
        Ok(None)
    }

    fn outs(&self) -> Result<Outs, Broken> {
        self.outs.clone().ok_or_else(|| Broken("the source was not opened".to_owned()))
    }

    /// Starts to play at the cursor.
    fn start(&mut self) -> Result<(), Broken> {
        if self.cursor.first.is_none() && (self.restamp || self.speed.is_some()) {
            self.cursor.first = self.first_time()?;
        }
        let input = self.input(self.cursor.offset)?;
        self.read = input.read.clone();
        let (chunks, decoder, outs) = (self.chunks(input), self.decoder(), self.outs()?);
        self.playing = match self.speed {
            None => Playing::Fast(Pipeline::start(chunks, &decoder, &outs, self.threads())),
            Some(_) => Playing::Nothing,
        };
        Ok(())
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
        let cursor = self.cursor.write()?;
        Ok(Pulled { out: batch.out, staged: batch.staged, refused: batch.refused, cursor, now })
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
        let Playing::Fast(pipeline) = &mut self.playing else { return Ok((Polled::End, None)) };
        match pipeline.next(wait)? {
            Next::Piece(decoded) => {
                let pulled = self.pulled(decoded.batch, decoded.next, decoded.cut, None)?;
                Ok((Polled::Some, Some(pulled)))
            }
            Next::Nothing => Ok((Polled::Idle, None)),
            Next::End => {
                self.playing = Playing::Nothing;
                Ok((Polled::End, None))
            }
        }
    }

    fn done(&self) -> Option<f64> {
        let read = self.read.load(Ordering::Relaxed);
        (self.length > 0).then(|| (read as f64 / self.length as f64).min(1.0))
    }
}
