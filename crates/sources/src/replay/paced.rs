//! The pace of the recording: a record comes when as much time has passed as between it and the first.

use super::chunks::{Chunks, Piece};
use super::pipeline::Outs;
use crate::batch::Batch;
use crate::decoder::Decoder;
use crate::pace::Pace;
use bytes::Bytes;
use flow::{Broken, Timestamp};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Records that one poll brings at most, so that a rush is handed on in parts.
const MOST: u64 = 4096;

/// A recording played at a pace.
pub(crate) struct Paced {
    pieces: Receiver<Result<Option<Piece>, Broken>>,
    piece: Option<Bytes>,
    /// Where the piece stands, and how much of it is done.
    offset: u64,
    done: usize,
    ended: bool,
    pace: Pace,
    decoder: Decoder,
    outs: Outs,
}

/// What a poll of a paced recording brought.
pub(crate) struct Played {
    pub(crate) batch: Batch,
    pub(crate) next: u64,
    pub(crate) cut: bool,
    pub(crate) ended: bool,
    /// What the clock shows, where it is known to have passed no record that is still to come.
    pub(crate) now: Option<Timestamp>,
}

enum Step {
    /// A record was played, or there was nothing in it to play.
    Done,
    /// The next record is not due yet, and will be then.
    Waits(Timestamp),
    /// Nothing is there to be played in time.
    Nothing,
    End,
}

impl Paced {
    pub(crate) fn start(mut chunks: Chunks, offset: u64, decoder: Decoder, outs: Outs, pace: Pace) -> Self {
        let (give, pieces) = sync_channel(1);
        std::thread::spawn(move || {
            loop {
                let piece = chunks.next();
                let last = !matches!(piece, Ok(Some(_)));
                if give.send(piece).is_err() || last {
                    return;
                }
            }
        });
        Paced { pieces, piece: None, offset, done: 0, ended: false, pace, decoder, outs }
    }

    /// Plays what is due, waiting up to `wait` for the first of it.
    pub(crate) fn play(&mut self, wait: Duration) -> Result<Played, Broken> {
        let deadline = Instant::now() + wait;
        let mut batch = Batch::new((self.outs)());
        let mut cut = false;
        let mut due_next = None;
        while batch.records < MOST && !self.ended {
            match self.step(&mut batch, &mut cut, deadline)? {
                Step::Done => due_next = None,
                Step::End => (self.ended, due_next) = (true, Some(Timestamp::MAX)),
                Step::Nothing => break,
                Step::Waits(due) => {
                    due_next = Some(due);
                    let left = deadline.saturating_duration_since(Instant::now());
                    if batch.records > 0 || left.is_zero() {
                        break;
                    }
                    std::thread::sleep(left.min(self.pace.until(due)));
                }
            }
        }
        let next = self.offset + self.done as u64;
        // Who was held up is behind its clock, and must not show it before it knows what comes next.
        let now = due_next.map(|due| self.pace.now().min(due));
        Ok(Played { batch, next, cut, ended: self.ended, now })
    }

    /// Plays one record, if it is due.
    fn step(&mut self, batch: &mut Batch, cut: &mut bool, deadline: Instant) -> Result<Step, Broken> {
        let piece = self.piece.clone();
        let frame = piece.as_ref().and_then(|piece| self.decoder.framing().next(piece, self.done, self.decoder.limit));
        let (Some(piece), Some(frame)) = (piece, frame) else { return self.fetch(batch, cut, deadline) };
        let newest = self.decoder.times(&piece, &frame, self.offset).map(|(_, newest)| newest);
        if let Some(due) = newest.filter(|due| !self.pace.until(*due).is_zero()) {
            return Ok(Step::Waits(due));
        }
        self.decoder.one(&piece, None, &frame, self.offset, batch);
        self.done = frame.next.min(piece.len());
        Ok(Step::Done)
    }

    /// Takes the next piece in.
    fn fetch(&mut self, batch: &mut Batch, cut: &mut bool, deadline: Instant) -> Result<Step, Broken> {
        let left = if batch.records > 0 { Duration::ZERO } else { deadline.saturating_duration_since(Instant::now()) };
        let piece = match self.pieces.recv_timeout(left) {
            Ok(piece) => piece?,
            Err(RecvTimeoutError::Timeout) => return Ok(Step::Nothing),
            Err(RecvTimeoutError::Disconnected) => return Err(Broken("the source's reader stopped".to_owned())),
        };
        self.offset += self.done as u64;
        (self.piece, self.done) = (None, 0);
        match piece {
            None => return Ok(Step::End),
            Some(Piece::Records { bytes, offset }) => {
                self.offset = offset;
                self.piece = Some(bytes);
            }
            Some(Piece::Long { head, offset, length, next }) => {
                self.decoder.long(&head, offset, length, batch);
                self.offset = next;
            }
            Some(Piece::Cut { fragment, offset, next, reason }) => {
                self.decoder.cut(&fragment, offset, &reason, batch);
                (self.offset, *cut) = (next, true);
            }
        }
        Ok(Step::Done)
    }
}
