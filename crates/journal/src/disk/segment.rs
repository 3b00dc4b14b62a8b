//! Segment files: runs of frames, each file with an index of its blocks.

use super::frame::{self, BlockRef, decode_block};
use super::lock::io_error;
use crate::store::Found;
use crate::topics::Part;
use flow::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a block lies in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub block: BlockRef,
    pub at: u64,
}

/// The blocks of a segment, by partition, in the order of their offsets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Index(pub BTreeMap<Part, Vec<Location>>);

/// What a segment holds of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    pub first: u64,
    pub next: u64,
    pub bytes: u64,
    pub newest: Timestamp,
}

/// What a segment holds, in short.
pub type Extents = BTreeMap<Part, Extent>;

impl Index {
    pub fn add(&mut self, blocks: &[BlockRef], mut at: u64) {
        for block in blocks {
            self.0.entry(block.part).or_default().push(Location { block: *block, at });
            at += u64::from(block.length);
        }
    }

    pub fn extents(&self) -> Extents {
        self.0.iter().filter_map(|(part, locations)| Some((*part, extent(locations)?))).collect()
    }
}

fn extent(locations: &[Location]) -> Option<Extent> {
    let (first, last) = (locations.first()?, locations.last()?);
    let bytes = locations.iter().map(|location| u64::from(location.block.length)).sum();
    let newest = locations.iter().map(|location| location.block.at).max()?;
    Some(Extent { first: first.block.base, next: last.block.next(), bytes, newest })
}

/// A segment that is open for reading.
#[derive(Clone)]
pub struct Open {
    pub file: Arc<File>,
    pub index: Arc<Index>,
}

impl Open {
    /// Adds where the blocks from `from` on are to `found`, until `bytes` are used up.
    pub fn find(&self, part: Part, from: u64, bytes: &mut usize, found: &mut Vec<Found>) {
        find(&self.file, &self.index, part, from, bytes, found);
    }
}

/// Adds where the blocks of a segment from `from` on are to `found`, until `bytes` are used up.
pub fn find(file: &Arc<File>, index: &Index, part: Part, from: u64, bytes: &mut usize, found: &mut Vec<Found>) {
    let locations = index.0.get(&part).map(Vec::as_slice).unwrap_or_default();
    let first = locations.partition_point(|location| location.block.next() <= from);
    for location in locations.iter().skip(first) {
        let length = location.block.length as usize;
        if !found.is_empty() && length > *bytes {
            *bytes = 0;
            return;
        }
        *bytes = bytes.saturating_sub(length);
        let (file, location) = (file.clone(), *location);
        found.push(Found::Stored { base: location.block.base, fetch: Box::new(move || fetch(&file, &location)) });
    }
}

/// Reads a block.
pub fn fetch(file: &File, location: &Location) -> Result<flow::Block> {
    let mut bytes = vec![0; location.block.length as usize];
    file.read_exact_at(&mut bytes, location.at).map_err(|error| Error::Io(format!("cannot read the log: {error}")))?;
    decode_block(bytes.into()).ok_or_else(|| {
        let (part, base) = (location.block.part, location.block.base);
        Error::Damaged(format!("topic {}, partition {}, offset {base}: the checksum does not match", part.topic, part.partition))
    })
}

pub fn segment_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:016}.segment"))
}

pub fn index_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:016}.index"))
}

/// Writes a file so that it is there whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let file = File::create(&draft)?;
    std::io::Write::write_all(&mut &file, bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(path)
}

/// Makes sure that names given in a file's folder are on the disk.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Puts a checksum and a length in front of an encoded value.
pub fn sealed<T: Serialize>(value: &T) -> std::io::Result<Vec<u8>> {
    let bytes = postcard::to_stdvec(value).map_err(std::io::Error::other)?;
    let length = (bytes.len() as u64).to_le_bytes();
    Ok([&crc32c::crc32c(&bytes).to_le_bytes()[..], &length, &bytes].concat())
}

/// Reads what [`sealed`] wrote, from the front; `None` if it is not whole.
pub fn unsealed<T: for<'a> Deserialize<'a>>(mut from: impl Read) -> Option<T> {
    let (mut checksum, mut length) = ([0; 4], [0; 8]);
    from.read_exact(&mut checksum).ok()?;
    from.read_exact(&mut length).ok()?;
    let mut bytes = vec![];
    from.take(u64::from_le_bytes(length)).read_to_end(&mut bytes).ok()?;
    (crc32c::crc32c(&bytes) == u32::from_le_bytes(checksum)).then(|| postcard::from_bytes(&bytes).ok())?
}

/// Writes a segment's index, its extents in front so that a start needs to read only them.
pub fn write_index(folder: &Path, id: u64, index: &Index) -> std::io::Result<()> {
    let bytes = [sealed(&index.extents())?, sealed(index)?].concat();
    write_whole(&index_path(folder, id), &bytes)
}

/// Reads a segment's extents, if its index is there and whole.
pub fn read_extents(folder: &Path, id: u64) -> Option<Extents> {
    unsealed(std::io::BufReader::new(File::open(index_path(folder, id)).ok()?))
}

/// Opens a sealed segment. Its index is only a help: without it, the frames are read.
pub fn open(folder: &Path, id: u64) -> Result<Open> {
    let path = segment_path(folder, id);
    let file = Arc::new(File::open(&path).map_err(io_error("cannot open", &path))?);
    let index = match read_index(folder, id) {
        Some(index) => index,
        None => scan(&file).map_err(io_error("cannot read", &path))?,
    };
    Ok(Open { file, index: Arc::new(index) })
}

fn read_index(folder: &Path, id: u64) -> Option<Index> {
    let mut reader = std::io::BufReader::new(File::open(index_path(folder, id)).ok()?);
    unsealed::<Extents>(&mut reader)?;
    unsealed::<Index>(&mut reader)
}

fn scan(file: &File) -> std::io::Result<Index> {
    let length = file.metadata()?.len();
    let (mut index, mut at) = (Index::default(), 0);
    while let frame::Read::Frame { header, blocks_at, end } = frame::read(file, at, length, false)? {
        if let frame::Header::Commit { blocks, .. } = &header {
            index.add(blocks, blocks_at);
        }
        at = end;
    }
    Ok(index)
}
