//! A recording as a stream of bytes, whatever it is packed in.
//!
//! Zstandard is unpacked by a decoder in Rust alone. The C library is about three times as fast, but needs a C compiler on
//! every machine that builds, and no one waits for it: unpacking runs beside decoding. Its one weakness: where a recording
//! is damaged, what it still holds back to look things up in (a window, some megabytes) is lost with the rest.

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
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
    let metadata = file.metadata()?;
    let mut magic = vec![];
    if metadata.is_file() {
        (&mut file).take(4).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
    }
    if magic.starts_with(GZIP) || magic.starts_with(ZSTD) {
        let counted = BufReader::with_capacity(1 << 16, Counted { file, read: read.clone() });
        let mut bytes: Box<dyn Read + Send> =
            if magic.starts_with(GZIP) { Box::new(MultiGzDecoder::new(counted)) } else { Box::new(Frames::new(counted)) };
        let skipped = io::copy(&mut (&mut bytes).take(offset), &mut io::sink())?;
        return Ok((skipped == offset).then_some(Input { bytes, compressed: true, read }));
    }
    if metadata.is_file() && metadata.len() < offset {
        return Ok(None);
    }
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
        read.store(offset, Ordering::Relaxed);
    }
    Ok(Some(Input { bytes: Box::new(Counted { file, read: read.clone() }), compressed: false, read }))
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

/// The frames of a Zstandard file, one behind the other, as tools that append write them.
struct Frames<R> {
    packed: R,
    frame: Box<FrameDecoder>,
    running: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(packed: R) -> Self {
        Frames { packed, frame: Box::new(FrameDecoder::new()), running: false }
    }

    /// Goes to the next frame that holds something; whether there is one.
    fn start(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.frame.reset(&mut self.packed) {
                Ok(()) => {
                    self.running = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.packed).take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
        Ok(false)
    }

    /// At the end of a frame: whether it held what its writer put in.
    fn finish(&mut self) -> io::Result<()> {
        self.running = false;
        let written = self.frame.get_checksum_from_data();
        if written.is_some() && written != self.frame.get_calculated_checksum() {
            return Err(io::Error::new(ErrorKind::InvalidData, "the checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() && (self.running || self.start()?) {
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                self.frame
                    .decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| damaged(&error))?;
            }
            let read = self.frame.read(into)?;
            if read > 0 {
                return Ok(read);
            }
            self.finish()?;
        }
        Ok(0)
    }
}

fn damaged(error: &FrameDecoderError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error.to_string())
}
