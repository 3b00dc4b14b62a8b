//! Reads an input in large pieces that end where records end.

use crate::batch::KEPT;
use crate::framing::Framing;
use bytes::Bytes;
use flow::Broken;
use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A piece of an input.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Whole records.
    Records {
        /// The records.
        bytes: Bytes,
        /// Where they stand.
        offset: u64,
    },
    /// The start of a record that is too long to be held.
    Long {
        /// Its first bytes.
        head: Bytes,
        /// Where it stands.
        offset: u64,
        /// How long it is in all.
        length: u64,
        /// Where the next record stands.
        next: u64,
    },
    /// A compressed input turns out to be damaged, or to end too early.
    Cut {
        /// What there was of a record.
        fragment: Bytes,
        /// Where it stands.
        offset: u64,
        /// Where the damage begins.
        next: u64,
        /// What is wrong.
        reason: String,
    },
}

/// How to cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cutting {
    pub(crate) framing: Framing,
    /// How much to hand on at once.
    pub(crate) chunk: usize,
    /// The longest record that is held.
    pub(crate) limit: usize,
    /// Whether to hand on what there is before the chunk is full.
    pub(crate) eager: bool,
    /// Whether the bytes come out of a decompressor, so that an error is the recording's and not the disk's.
    pub(crate) compressed: bool,
}

/// Cuts an input into pieces.
pub(crate) struct Chunks {
    input: Box<dyn Read + Send>,
    cutting: Cutting,
    /// Where the buffer's first byte stands in the input.
    offset: u64,
    buffer: Vec<u8>,
    filled: usize,
    ended: bool,
    home: Home,
}

impl Chunks {
    /// Reads on from `offset`, where the input already stands.
    pub(crate) fn new(input: Box<dyn Read + Send>, offset: u64, cutting: Cutting) -> Self {
        let home = Home::default();
        let buffer = home.buffer(cutting.chunk);
        Chunks { input, cutting, offset, buffer, filled: 0, ended: false, home }
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Broken> {
        while !self.ended {
            if let Err(error) = self.fill() {
                return self.failed(&error).map(Some);
            }
            if let Some(cut) = self.cut() {
                return Ok(Some(self.take(cut)));
            }
            if self.filled > self.cutting.limit && !self.ended {
                return self.skip().map(Some);
            }
        }
        Ok((self.filled > 0).then(|| self.take(self.filled)))
    }

    /// Reads until the buffer is full, or once if what comes should be handed on quickly.
    fn fill(&mut self) -> std::io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        while let Some(room) = self.buffer.get_mut(self.filled..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.cutting.eager {
                break;
            }
        }
        Ok(())
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn cut(&self) -> Option<usize> {
        if self.ended {
            return None;
        }
        self.cutting.framing.cut(self.held(), self.cutting.limit)
    }

    /// Hands the first `cut` bytes on and keeps the rest.
    fn take(&mut self, cut: usize) -> Piece {
        let offset = self.offset;
        self.offset += cut as u64;
        let rest = cut..self.filled;
        self.filled -= cut;
        // A little is copied, so that it does not hold a large buffer for as long as anyone keeps it.
        if cut < self.cutting.chunk / 16 {
            let bytes = Bytes::copy_from_slice(self.buffer.get(..cut).unwrap_or_default());
            self.buffer.copy_within(rest, 0);
            return Piece::Records { bytes, offset };
        }
        let mut next = self.home.buffer(self.cutting.chunk.max(self.filled));
        if let (Some(to), Some(from)) = (next.get_mut(..self.filled), self.buffer.get(rest)) {
            to.copy_from_slice(from);
        }
        let buffer = std::mem::replace(&mut self.buffer, next);
        Piece::Records { bytes: self.home.lend(buffer, cut), offset }
    }

    /// Passes over a record that is too long, and keeps its first bytes.
    fn skip(&mut self) -> Result<Piece, Broken> {
        let offset = self.offset;
        let (mut head, mut length) = (vec![], 0);
        let mut within = self.filled;
        let mut found = false;
        loop {
            length += within as u64;
            head.extend_from_slice(self.held().get(..within.min(KEPT - head.len())).unwrap_or_default());
            if found || self.ended {
                break;
            }
            self.filled = 0;
            if let Err(error) = self.fill() {
                self.offset += length;
                return self.failed(&error);
            }
            let end = self.cutting.framing.end(self.held());
            (within, found) = (end.unwrap_or(self.filled), end.is_some());
        }
        let behind = if found { within + 1 } else { within };
        self.buffer.copy_within(behind..self.filled, 0);
        self.filled -= behind;
        self.offset += length + u64::from(found);
        if head.len() as u64 == length && head.ends_with(b"\r") {
            head.pop();
        }
        Ok(Piece::Long { head: head.into(), offset, length, next: self.offset })
    }

    /// An input that cannot be read on. Damage inside a recording is told as a refusal, once; a failing disk is an error.
    fn failed(&mut self, error: &std::io::Error) -> Result<Piece, Broken> {
        self.ended = true;
        if !self.cutting.compressed {
            return Err(Broken(format!("reading failed at byte {}: {error}", self.offset + self.filled as u64)));
        }
        // Whole records that came before the damage are good.
        if let Some(cut) = self.cutting.framing.cut(self.held(), self.cutting.limit) {
            self.ended = false;
            self.input = Box::new(Failing(Some(std::io::Error::new(error.kind(), error.to_string()))));
            return Ok(self.take(cut));
        }
        let fragment = Bytes::copy_from_slice(self.held().get(..KEPT).unwrap_or(self.held()));
        let at = self.offset + self.filled as u64;
        let reason = format!("the compressed recording is damaged behind byte {at} of its content: {error}");
        let offset = self.offset;
        self.offset = at;
        self.filled = 0;
        Ok(Piece::Cut { fragment, offset, next: at, reason })
    }
}

/// An input that has failed and says so once more.
struct Failing(Option<std::io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Where buffers come back to once nobody reads them any more: a fresh one costs page faults, a used one nothing.
struct Home {
    back: SyncSender<Vec<u8>>,
    waiting: Receiver<Vec<u8>>,
}

impl Default for Home {
    fn default() -> Self {
        let (back, waiting) = sync_channel(8);
        Home { back, waiting }
    }
}

impl Home {
    fn buffer(&self, size: usize) -> Vec<u8> {
        match self.waiting.try_recv() {
            Ok(buffer) if buffer.len() >= size => buffer,
            _ => vec![0; size.max(1)],
        }
    }

    fn lend(&self, buffer: Vec<u8>, length: usize) -> Bytes {
        Bytes::from_owner(Lent { buffer, length, back: self.back.clone() })
    }
}

struct Lent {
    buffer: Vec<u8>,
    length: usize,
    back: SyncSender<Vec<u8>>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // With enough buffers waiting, or nobody to wait for them, this one goes.
        self.back.try_send(std::mem::take(&mut self.buffer)).ok();
    }
}
