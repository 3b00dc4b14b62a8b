//! Standard input: the decoders of a replay, at the pace at which lines come.

use super::chunks::{Chunks, Cutting, Piece};
use super::pipeline::Outs;
use crate::address::Address;
use crate::batch::{Batch, Reader};
use crate::decode::Limits;
use crate::decoder::Decoder;
use crate::layout::{Format, Layout, Wanted};
use crate::{Error, Opened, Settings};
use flow::{Broken, Out, Polled, Pulled, Source};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A stream that cannot be read twice.
struct Standard {
    wanted: Wanted,
    layout: Option<Arc<Layout>>,
    settings: Settings,
    input: Option<Box<dyn Read + Send>>,
    outs: Option<Outs>,
    pieces: Option<Receiver<Result<Option<Piece>, Broken>>>,
    reader: Option<JoinHandle<()>>,
}

/// Opens `stdin:?...`.
pub(crate) fn open(address: &Address, settings: &Settings) -> Result<Opened, Error> {
    let source = reading(Box::new(std::io::stdin()), address, settings)?;
    Ok(Opened { name: "stdin".to_owned(), source, topics: crate::POSTS, bytes: None, posts: None, waits: true })
}

/// The same for any stream.
pub(crate) fn reading(input: Box<dyn Read + Send>, address: &Address, settings: &Settings) -> Result<Box<dyn Source>, Error> {
    address.only(&Wanted::OPTIONS)?;
    let (wanted, settings) = (Wanted::read(address)?, settings.clone());
    Ok(Box::new(Standard { wanted, layout: None, settings, input: Some(input), outs: None, pieces: None, reader: None }))
}

impl Standard {
    /// The layout, as the first bytes tell.
    fn layout(&mut self, head: &[u8]) -> Result<Arc<Layout>, Broken> {
        if let Some(layout) = &self.layout {
            return Ok(layout.clone());
        }
        let layout = match Layout::of(&self.wanted, Path::new("stdin"), head).map_err(Broken)? {
            // A stream is never one document, unless that was asked for: a first line that is cut short looks like one.
            Layout { format: Format::Document, .. } if !self.wanted.is_document() => Layout::lines(&self.wanted),
            layout => layout,
        };
        let layout = Arc::new(layout);
        self.layout = Some(layout.clone());
        Ok(layout)
    }

    fn decode(&mut self, piece: &Piece) -> Result<Pulled, Broken> {
        let head = if let Piece::Records { bytes, .. } = piece { &bytes[..] } else { &[] };
        let (layout, now) = (self.layout(head)?, self.settings.clock());
        let from = format!("stdin:?{}", layout.options()).into();
        let reader = Reader { by: "stdin".into(), from, at: now };
        let limit = layout.limit(&self.settings);
        let decoder = Decoder { layout, reader, retouch: <_>::default(), limits: Limits::at(now), limit };
        let outs = self.outs.clone().ok_or_else(|| Broken("the source was not opened".to_owned()))?;
        let mut batch = Batch::new(outs());
        match piece {
            Piece::Records { bytes, offset } => decoder.all(bytes, *offset, &mut batch),
            Piece::Long { head, offset, length, .. } => decoder.long(head, *offset, *length, &mut batch),
            Piece::Cut { fragment, offset, reason, .. } => decoder.cut(fragment, *offset, reason, &mut batch),
        }
        let Batch { out, staged, refused, .. } = batch;
        Ok(Pulled { out, staged, refused, cursor: vec![], now: None })
    }
}

impl Source for Standard {
    fn open(&mut self, _cursor: Option<&[u8]>, out: Box<dyn Fn() -> Out + Send + Sync>) -> Result<(), Broken> {
        self.outs = Some(Arc::from(out));
        let input = self.input.take().ok_or_else(|| Broken("standard input can be read only once".to_owned()))?;
        let (chunk, limit) = (self.settings.chunk, self.wanted.limit(&self.settings));
        let cutting = Cutting { framing: self.wanted.framing(), chunk, limit, eager: true, compressed: false };
        let mut chunks = Chunks::new(input, 0, cutting);
        let (give, pieces) = sync_channel(2);
        self.pieces = Some(pieces);
        // Nothing can call this thread back from a read: it ends with its input, or with the process.
        self.reader = Some(std::thread::spawn(move || {
            loop {
                let piece = chunks.next();
                let last = !matches!(piece, Ok(Some(_)));
                if give.send(piece).is_err() || last {
                    return;
                }
            }
        }));
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<(Polled, Option<Pulled>), Broken> {
        let Some(pieces) = &self.pieces else { return Ok((Polled::End, None)) };
        match pieces.recv_timeout(wait) {
            Ok(piece) => match piece? {
                Some(piece) => Ok((Polled::Some, Some(self.decode(&piece)?))),
                None => {
                    self.pieces = None;
                    self.reader.take().map(JoinHandle::join);
                    Ok((Polled::End, None))
                }
            },
            Err(RecvTimeoutError::Timeout) => Ok((Polled::Idle, None)),
            Err(RecvTimeoutError::Disconnected) => Err(Broken("the thread that reads standard input stopped".to_owned())),
        }
    }
}
