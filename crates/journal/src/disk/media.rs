//! The two calls that can betray a log: writing, and making sure.

use std::fs::File;
use std::io::{self, IoSlice, Write};

/// How bytes reach a disk. Tests put a disk here that is full, tears writes, or fails to sync.
pub trait Media: Send + Sync {
    /// Writes all of it at the end of the file.
    fn append(&self, file: &File, parts: &mut [IoSlice<'_>]) -> io::Result<()>;
    /// Returns once the file's content is on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// A disk as the operating system gives it.
#[derive(Debug)]
pub struct RealMedia;

impl Media for RealMedia {
    fn append(&self, mut file: &File, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        // A slice that is empty at the front would make a full write look like none.
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match file.write_vectored(parts) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut parts, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
