//! A recording as a stream of bytes, whatever it is packed in.

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// An opened recording.
pub(crate) struct Input {
    pub(crate) bytes: Box<dyn Read + Send>,
    pub(crate) compressed: bool,
    /// How many bytes of the file were read.
    pub(crate) read: Arc<AtomicU64>,
}

/// Opens a file behind the first `offset` bytes of its content. The content may have become shorter than that; then
/// `None` comes back.
pub(crate) fn open(path: &Path, offset: u64) -> io::Result<Option<Input>> {
    let mut file = File::open(path)?;
    let read = Arc::new(AtomicU64::new(0));
    let mut magic = vec![];
    if file.metadata()?.is_file() {
        (&mut file).take(4).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
    }
    if magic.starts_with(GZIP) || magic.starts_with(ZSTD) {
        let counted = BufReader::with_capacity(1 << 16, Counted { file, read: read.clone() });
        let mut bytes = unpacked(counted, magic.starts_with(GZIP));
        let skipped = io::copy(&mut (&mut bytes).take(offset), &mut io::sink())?;
        return Ok((skipped == offset).then_some(Input { bytes, compressed: true, read }));
    }
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.len() < offset {
        return Ok(None);
    }
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
        read.store(offset, Ordering::Relaxed);
    }
    Ok(Some(Input { bytes: Box::new(Counted { file, read: read.clone() }), compressed: false, read }))
}

/// Standard input, unpacked if its first bytes say that it is packed.
pub(crate) fn standard() -> Input {
    let read = Arc::new(AtomicU64::new(0));
    Input { bytes: Box::new(io::stdin()), compressed: false, read }
}

fn unpacked(from: BufReader<Counted>, gzip: bool) -> Box<dyn Read + Send> {
    if gzip { Box::new(MultiGzDecoder::new(from)) } else { Box::new(Frames { frame: None, rest: Some(from) }) }
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The frames of a Zstandard file, one behind the other, as `zstd` itself and tools that append write them.
struct Frames<R: BufRead> {
    frame: Option<Box<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>>,
    rest: Option<R>,
}

impl<R: BufRead> Frames<R> {
    /// Starts the next frame; whether there is one.
    fn start(&mut self) -> io::Result<bool> {
        let Some(mut rest) = self.rest.take() else { return Ok(false) };
        while !rest.fill_buf()?.is_empty() {
            match StreamingDecoder::new(&mut rest) {
                Ok(_) => {}
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { .. })) => {}
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
        self.start().map(|_| 0)
    }
}
