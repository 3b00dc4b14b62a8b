//! A folder whose lengths of texts take room only for fields that are there.
//!
//! An index keeps a byte for each document and slot of full text, used or not. Most slots are not, and their zeros need not be written:
//! a file may have holes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

/// Zeros are left out by whole pages.
const PAGE: usize = 4096;

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    inner: MmapDirectory,
    folder: PathBuf,
}

impl Sparse {
    pub(super) fn open(folder: &Path) -> crate::Result<Self> {
        let inner = MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
        Ok(Sparse { inner, folder: folder.to_owned() })
    }
}

impl Directory for Sparse {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        if path.extension().is_none_or(|extension| extension != "fieldnorm") {
            return self.inner.open_write(path);
        }
        let file = OpenOptions::new().write(true).create_new(true).open(self.folder.join(path));
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        })?;
        Ok(BufWriter::new(Box::new(Holes { file, length: 0 })))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.inner.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.inner.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

/// A file that is written with holes.
struct Holes {
    file: File,
    length: u64,
}

impl Write for Holes {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        for page in buffer.chunks(PAGE) {
            if page.iter().all(|byte| *byte == 0) {
                self.file.seek(SeekFrom::Current(page.len() as i64))?;
            } else {
                self.file.write_all(page)?;
            }
            self.length += page.len() as u64;
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Holes {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_data()
    }
}
