//! A log in a folder: the journal *is* the sequence of commits.
//!
//! Commits are appended as checksummed frames to segment files. Topics are indexes into the frames; state and progress
//! are a snapshot plus the frames after it. Blocks written lately stay in memory, shared with the readers that keep up.
//!
//! Why this shape: `docs/decisions/0001-the-disk-log.md`. How a start puts it all together: `recover.rs`.

mod clean;
mod frame;
mod lock;
mod media;
mod recent;
mod recover;
mod segment;
mod snapshot;
mod sync;

pub use media::{Media, RealMedia};

use crate::groups::Groups;
use crate::store::{Durable, Entry, Erasures, Found, Recovered, Store};
use crate::topics::{Part, Topics};
use crate::{Access, Options};
use flow::{Error, Result, Timestamp};
use frame::Encoded;
use lock::{Lock, io_error};
use recent::Recent;
use segment::{Extents, Index, Open, segment_path};
use snapshot::Snapshot;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::IoSlice;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sync::Syncer;

/// Sealed segments whose file and index are kept open.
const OPEN_SEGMENTS: usize = 8;

/// A snapshot is worth its cost once a start would have to read the headers of so many segments.
const SNAPSHOT_SEGMENTS: u64 = 4;

/// The log's files.
pub struct Disk {
    folder: PathBuf,
    options: Options,
    media: Arc<dyn Media>,
    /// None if the log is only read.
    syncer: Option<Syncer>,
    active: Active,
    sealed: BTreeMap<u64, Extents>,
    open: VecDeque<(u64, Open)>,
    parts: BTreeMap<Part, Range<u64>>,
    recent: Recent,
    /// The segment before which the newest snapshot stands, and the bytes written since.
    snapshot: u64,
    since_snapshot: u64,
    _lock: Lock,
}

/// The segment that is being written.
struct Active {
    id: u64,
    file: Arc<File>,
    length: u64,
    index: Index,
}

fn open_active(folder: &Path, id: u64) -> Result<Arc<File>> {
    let path = segment_path(folder, id);
    let file = OpenOptions::new().read(true).append(true).create(true).open(&path);
    file.map(Arc::new).map_err(io_error("cannot open", &path))
}

impl Disk {
    pub fn open(folder: &Path, options: &Options, access: Access, media: Arc<dyn Media>) -> Result<(Self, Recovered)> {
        let lock = lock::take(folder, access)?;
        let found = recover::recover(folder, access)?;
        let syncer = match access {
            Access::Write => Some(Syncer::start(options.fsync, media.clone()).map_err(io_error("cannot start syncing", folder))?),
            Access::Read => None,
        };
        let file = match access {
            Access::Write => open_active(folder, found.active)?,
            Access::Read => {
                let path = segment_path(folder, found.active);
                Arc::new(File::open(&path).map_err(io_error("cannot open", &path))?)
            }
        };
        let disk = Disk {
            folder: folder.to_owned(),
            options: options.clone(),
            media,
            syncer,
            active: Active { id: found.active, file, length: found.length, index: found.index },
            sealed: found.sealed,
            open: VecDeque::new(),
            parts: found.parts,
            recent: Recent::new(options.cache),
            snapshot: found.snapshot,
            since_snapshot: 0,
            _lock: lock,
        };
        Ok((disk, found.recovered))
    }

    fn syncer(&self) -> Result<&Syncer> {
        self.syncer.as_ref().ok_or_else(|| Error::Refused("the log was opened only to read".into()))
    }

    /// Writes a frame: all of it, or none.
    fn write(&mut self, frame: &Encoded, records: &[&[u8]]) -> Result<Durable> {
        self.syncer()?.check()?;
        let mut parts: Vec<IoSlice<'_>> = Vec::with_capacity(frame.pieces.len() + records.len());
        let (head, metas) = frame.pieces.split_at(1);
        parts.extend(head.iter().map(|piece| IoSlice::new(piece)));
        for (meta, records) in metas.iter().zip(records) {
            parts.push(IoSlice::new(meta));
            parts.push(IoSlice::new(records));
        }
        if let Err(error) = self.media.append(&self.active.file, &mut parts) {
            return Err(self.undo(error));
        }
        self.active.index.add(&frame.blocks, self.active.length + frame.blocks_at);
        self.active.length += frame.length;
        self.since_snapshot += frame.length;
        Ok(self.syncer()?.written(&self.active.file))
    }

    /// Cuts off what a failed write left behind.
    fn undo(&self, error: std::io::Error) -> Error {
        if let (Err(worse), Ok(syncer)) = (self.active.file.set_len(self.active.length), self.syncer()) {
            syncer.poison(format!("a write failed ({error}) and could not be undone ({worse})"));
        }
        io_error("cannot write to the log in", &self.folder)(error)
    }

    /// Seals the active segment and begins the next.
    fn roll(&mut self, groups: &Groups, topics: &Topics) -> Result<()> {
        let id = self.active.id + 1;
        let file = open_active(&self.folder, id)?;
        let index = std::mem::take(&mut self.active.index);
        let sealed = std::mem::replace(&mut self.active, Active { id, file, length: 0, index: Index::default() });
        self.sealed.insert(sealed.id, index.extents());
        let index = Arc::new(index);
        self.keep_open(sealed.id, Open { file: sealed.file, index: index.clone() });
        let folder = self.folder.clone();
        self.syncer()?.then(move || {
            segment::sync_folder(&segment_path(&folder, id))?;
            segment::write_index(&folder, sealed.id, &index)
        });
        if self.since_snapshot >= (SNAPSHOT_SEGMENTS * self.options.segment).max(8 * groups.state_bytes()) {
            self.take_snapshot(groups, topics)?;
        }
        Ok(())
    }

    /// Has a snapshot written of what stands before the active segment, which must be empty.
    fn take_snapshot(&mut self, groups: &Groups, topics: &Topics) -> Result<()> {
        let starts = self.parts.iter().map(|(part, range)| (*part, range.start)).collect();
        let ends = self.parts.iter().map(|(part, range)| (*part, range.end)).collect();
        let snapshot = Snapshot { topics: topics.clone(), groups: groups.kept().clone(), starts, ends };
        let (folder, id) = (self.folder.clone(), self.active.id);
        self.syncer()?.then(move || snapshot::write(&folder, id, &snapshot));
        self.snapshot = id;
        self.since_snapshot = 0;
        Ok(())
    }

    fn keep_open(&mut self, id: u64, open: Open) {
        self.open.push_back((id, open));
        if self.open.len() > OPEN_SEGMENTS {
            self.open.pop_front();
        }
    }

    fn opened(&mut self, id: u64) -> Result<Open> {
        if let Some((_, open)) = self.open.iter().find(|(known, _)| *known == id) {
            return Ok(open.clone());
        }
        if let Some(syncer) = &self.syncer
            && !segment::index_path(&self.folder, id).exists()
        {
            syncer.settle();
        }
        let open = segment::open(&self.folder, id)?;
        self.keep_open(id, open.clone());
        Ok(open)
    }

    /// The sealed segments that hold something of a partition from an offset on.
    fn segments(&self, part: Part, from: u64) -> Vec<u64> {
        let holds = |extents: &Extents| extents.get(&part).is_some_and(|extent| extent.next > from);
        self.sealed.iter().filter(|(_, extents)| holds(extents)).map(|(id, _)| *id).collect()
    }
}

impl Store for Disk {
    fn identity(&self) -> Result<String> {
        lock::identity(&self.folder)
    }

    fn append(&mut self, entry: Entry<'_>, groups: &Groups, topics: &Topics) -> Result<Durable> {
        self.syncer()?.check()?;
        if self.active.length >= self.options.segment {
            self.roll(groups, topics)?;
        }
        let frame = frame::encode(&entry)?;
        let Entry::Commit { blocks, .. } = entry else { return self.write(&frame, &[]) };
        let records: Vec<&[u8]> = blocks.iter().map(|placed| &placed.block.bytes[..]).collect();
        let durable = self.write(&frame, &records)?;
        for placed in blocks {
            self.parts.entry(placed.part).or_insert(0..0).end = placed.base + u64::from(placed.block.span);
            self.recent.add(placed.part, placed.base, &placed.block);
        }
        Ok(durable)
    }

    fn bounds(&self, part: Part) -> Range<u64> {
        self.parts.get(&part).cloned().unwrap_or(0..0)
    }

    fn find(&mut self, part: Part, from: u64, bytes: usize) -> Result<Vec<Found>> {
        let from = from.max(self.bounds(part).start);
        if let Some(found) = self.recent.find(part, from, bytes) {
            return Ok(found);
        }
        let (mut left, mut found) = (bytes, vec![]);
        for id in self.segments(part, from) {
            self.opened(id)?.find(part, from, &mut left, &mut found);
            if left == 0 && !found.is_empty() {
                return Ok(found);
            }
        }
        segment::find(&self.active.file, &self.active.index, part, from, &mut left, &mut found);
        Ok(found)
    }

    fn erase(&mut self, part: Part, keys: &Erasures<'_>, groups: &Groups, topics: &Topics) -> Result<u64> {
        self.erase_keys(part, keys, groups, topics)
    }

    fn maintain(&mut self, now: Timestamp, groups: &Groups, topics: &Topics) -> Result<()> {
        self.clean(now, groups, topics)
    }

    fn sync(&mut self) -> Durable {
        self.syncer.as_ref().map_or_else(|| Box::new(|| Ok(())) as Durable, Syncer::wait)
    }
}
