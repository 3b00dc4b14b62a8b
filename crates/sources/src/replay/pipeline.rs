//! Full speed: one thread reads, others decode, and what comes out is in the order of the recording.
//!
//! Pieces go to the decoding threads in turn and are taken back in the same turn, so no piece waits for sorting and
//! nothing needs a number.

use super::chunks::{Chunks, Piece};
use crate::batch::Batch;
use crate::decoder::Decoder;
use flow::{Broken, Out};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Makes empty outputs.
pub(crate) type Outs = Arc<dyn Fn() -> Out + Send + Sync>;

/// Pieces that may wait before and behind each decoding thread. Two keep all busy; more only take memory.
const WAITING: usize = 2;

/// A decoded piece.
pub(crate) struct Decoded {
    pub(crate) batch: Batch,
    /// Where the next piece stands.
    pub(crate) next: u64,
    /// The recording is damaged behind it.
    pub(crate) cut: bool,
}

/// What threads pass on; `None` is the end, told in words so that a thread that died is not taken for one.
type Passed<T> = Result<Option<T>, Broken>;

/// The threads, and where their work comes out.
pub(crate) struct Pipeline {
    results: Vec<Receiver<Passed<Decoded>>>,
    turn: usize,
    threads: Vec<JoinHandle<()>>,
}

impl Pipeline {
    pub(crate) fn start(chunks: Chunks, decoder: &Decoder, outs: &Outs, threads: usize) -> Self {
        let mut pipeline = Pipeline { results: vec![], turn: 0, threads: vec![] };
        let mut work = vec![];
        for _ in 0..threads.max(1) {
            let (give, take) = sync_channel(WAITING);
            let (done, result) = sync_channel(WAITING);
            let (decoder, outs) = (decoder.clone(), outs.clone());
            pipeline.threads.push(std::thread::spawn(move || decode_all(&take, &done, &decoder, &outs)));
            work.push(give);
            pipeline.results.push(result);
        }
        pipeline.threads.push(std::thread::spawn(move || read_all(chunks, &work)));
        pipeline
    }

    /// The next decoded piece, if it comes in time.
    pub(crate) fn next(&mut self, wait: Duration) -> Result<Next, Broken> {
        let Some(result) = self.results.get(self.turn) else { return Err(Broken("no thread decodes".to_owned())) };
        match result.recv_timeout(wait) {
            Ok(decoded) => {
                self.turn = (self.turn + 1) % self.results.len();
                Ok(decoded?.map_or(Next::End, Next::Piece))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
            Err(RecvTimeoutError::Disconnected) => Err(Broken("a thread of the source stopped".to_owned())),
        }
    }
}

/// What waiting for a piece brought.
pub(crate) enum Next {
    Piece(Decoded),
    Nothing,
    End,
}

fn read_all(mut chunks: Chunks, work: &[SyncSender<Passed<Piece>>]) {
    for give in work.iter().cycle() {
        let piece = chunks.next();
        let last = !matches!(piece, Ok(Some(_)));
        if give.send(piece).is_err() || last {
            return;
        }
    }
}

fn decode_all(take: &Receiver<Passed<Piece>>, done: &SyncSender<Passed<Decoded>>, decoder: &Decoder, outs: &Outs) {
    while let Ok(piece) = take.recv() {
        if done.send(piece.map(|piece| piece.map(|piece| decode(&piece, decoder, outs())))).is_err() {
            return;
        }
    }
}

fn decode(piece: &Piece, decoder: &Decoder, out: Out) -> Decoded {
    let mut batch = Batch::new(out);
    let (next, cut) = match piece {
        Piece::Records { bytes, offset } => {
            decoder.all(bytes, *offset, &mut batch);
            (*offset + bytes.len() as u64, false)
        }
        Piece::Long { head, offset, length, next } => {
            decoder.long(head, *offset, *length, &mut batch);
            (*next, false)
        }
        Piece::Cut { fragment, offset, next, reason } => {
            decoder.cut(fragment, *offset, reason, &mut batch);
            (*next, true)
        }
    };
    Decoded { batch, next, cut }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // With nobody to take results, each thread ends at its next piece.
        self.results.clear();
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}
