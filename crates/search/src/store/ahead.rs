//! The write-ahead file: what was answered, before the index has committed it.
//!
//! A record is its length, its checksum, then its bytes. A tail that was torn by a crash was never answered, and is cut off.

use crate::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What is kept of a write.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record<'a> {
    /// Its number.
    pub seq_no: u64,
    /// The document's version after it.
    pub version: u64,
    /// The document.
    pub id: &'a str,
    /// Its source; none if it was deleted.
    pub source: Option<&'a [u8]>,
}

/// Where a source is in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    start: u64,
    length: usize,
}

/// The file.
pub(super) struct Ahead {
    folder: PathBuf,
    generation: u64,
    file: File,
    waiting: Vec<u8>,
    length: u64,
}

fn path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("ahead.{generation}"))
}

impl Ahead {
    /// Starts the file of a generation anew or goes on with it.
    pub(super) fn open(folder: &Path, generation: u64) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path(folder, generation))?;
        File::open(folder)?.sync_all()?;
        let length = file.metadata()?.len();
        Ok(Ahead { folder: folder.to_owned(), generation, file, waiting: vec![], length })
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Bytes that wait for a commit.
    pub(super) fn len(&self) -> u64 {
        self.length + self.waiting.len() as u64
    }

    /// Adds a record; it is safe after [`Ahead::sync`]. Tells where its source will be.
    pub(super) fn push(&mut self, record: &Record) -> Place {
        let start = self.waiting.len();
        self.waiting.extend_from_slice(&[0; 8]);
        self.waiting.extend_from_slice(&record.seq_no.to_le_bytes());
        self.waiting.extend_from_slice(&record.version.to_le_bytes());
        self.waiting.push(u8::from(record.source.is_some()));
        self.waiting.extend_from_slice(&(record.id.len() as u32).to_le_bytes());
        self.waiting.extend_from_slice(record.id.as_bytes());
        self.waiting.extend_from_slice(record.source.unwrap_or_default());
        let body = self.waiting.get(start + 8..).unwrap_or_default();
        let (length, sum) = ((body.len() as u32).to_le_bytes(), crc32c::crc32c(body).to_le_bytes());
        if let Some(head) = self.waiting.get_mut(start..start + 8) {
            let (first, second) = head.split_at_mut(4);
            first.copy_from_slice(&length);
            second.copy_from_slice(&sum);
        }
        let length = record.source.map_or(0, <[u8]>::len);
        Place { start: self.len() - length as u64, length }
    }

    /// The source that was written at a place.
    pub(super) fn read(&mut self, place: Place) -> Result<Vec<u8>> {
        self.sync()?;
        let mut file = File::open(path(&self.folder, self.generation))?;
        file.seek(SeekFrom::Start(place.start))?;
        let mut source = vec![0; place.length];
        file.read_exact(&mut source)?;
        Ok(source)
    }

    /// Writes what waits and makes it last.
    pub(super) fn sync(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.waiting)?;
        self.length += self.waiting.len() as u64;
        self.waiting.clear();
        self.waiting.shrink_to(1 << 20);
        self.file.sync_data()?;
        Ok(())
    }

    /// Goes over to the next file; the old one is deleted once the index has committed it.
    pub(super) fn turn(&mut self) -> Result<()> {
        self.sync()?;
        *self = Ahead::open(&self.folder, self.generation + 1)?;
        Ok(())
    }

    /// Deletes the files before this one.
    pub(super) fn forget(&self) -> Result<()> {
        for generation in generations(&self.folder)? {
            if generation < self.generation {
                std::fs::remove_file(path(&self.folder, generation))?;
            }
        }
        Ok(())
    }
}

fn generations(folder: &Path) -> Result<Vec<u64>> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder)? {
        if let Some(number) = entry?.file_name().to_str().and_then(|name| name.strip_prefix("ahead.")?.parse().ok()) {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Plays all records from a generation on; tells the last generation there is. Torn tails are cut off.
pub(super) fn replay(folder: &Path, from: u64, play: &mut dyn FnMut(Record) -> Result<()>) -> Result<u64> {
    let mut last = from;
    let generations = generations(folder)?;
    for generation in generations.iter().copied().filter(|generation| *generation >= from) {
        last = generation;
        let place = path(folder, generation);
        let mut bytes = vec![];
        match File::open(&place) {
            Ok(mut file) => drop(file.read_to_end(&mut bytes)?),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        }
        let sound = replay_bytes(&bytes, play)?;
        if sound < bytes.len() {
            if generations.last() != Some(&generation) {
                let reason = format!(
                    "{} is damaged at byte {sound}: restore the folder from a copy, or delete this file and lose the writes in it",
                    place.display()
                );
                return Err(Error::new(500, "translog_corrupted_exception", reason));
            }
            let file = OpenOptions::new().write(true).open(&place)?;
            file.set_len(sound as u64)?;
            file.sync_all()?;
        }
    }
    Ok(last)
}

/// Plays records as long as they are sound; tells how many bytes were.
fn replay_bytes(bytes: &[u8], play: &mut dyn FnMut(Record) -> Result<()>) -> Result<usize> {
    let mut at = 0;
    while let Some((record, length)) = bytes.get(at..).and_then(record) {
        play(record)?;
        at += length;
    }
    Ok(at)
}

/// The record that stands first, and its length.
fn record(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let (length, sum) = (word(0)? as usize, word(4)?);
    let body = bytes.get(8..8 + length)?;
    if crc32c::crc32c(body) != sum {
        return None;
    }
    let long = |at: usize| body.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let id_length = u32::from_le_bytes(body.get(17..21)?.try_into().ok()?) as usize;
    let id = std::str::from_utf8(body.get(21..21 + id_length)?).ok()?;
    let source = (*body.get(16)? == 1).then(|| body.get(21 + id_length..)).flatten();
    Some((Record { seq_no: long(0)?, version: long(8)?, id, source }, 8 + length))
}
