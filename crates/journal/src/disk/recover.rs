//! A start: what the files in the folder come to.
//!
//! Segments before the newest snapshot are known by their indexes alone. The frames from there on are read, and what
//! they say is applied. The last write may have been cut short: what is not whole is set aside, never read as data.

use super::frame::{self, Header, Read};
use super::lock::io_error;
use super::segment::{self, Extents, Index, segment_path};
use super::snapshot::{self, Snapshot};
use crate::Access;
use crate::groups::Groups;
use crate::store::Recovered;
use crate::topics::{Part, Topics};
use flow::{Error, Result};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::ops::Range;
use std::path::Path;

/// What a folder holds.
#[derive(Default)]
pub struct Found {
    pub active: u64,
    pub length: u64,
    pub index: Index,
    pub sealed: BTreeMap<u64, Extents>,
    pub parts: BTreeMap<Part, Range<u64>>,
    pub snapshot: u64,
    pub recovered: Recovered,
}

struct Recovery<'a> {
    folder: &'a Path,
    access: Access,
    topics: Topics,
    groups: Groups,
    starts: BTreeMap<Part, u64>,
    ends: BTreeMap<Part, u64>,
}

pub fn recover(folder: &Path, access: Access) -> Result<Found> {
    let listed = io_error("cannot list", folder);
    let ids = snapshot::ids(folder, "segment").map_err(&listed)?;
    let (snapshot, kept) = snapshot::newest(folder).map_err(&listed)?.unwrap_or_default();
    let Snapshot { topics, groups, starts, ends } = kept;
    let mut recovery = Recovery { folder, access, topics, groups: Groups::recovered(groups), starts, ends };
    let mut found = Found { snapshot, ..Found::default() };
    for (position, id) in ids.iter().enumerate() {
        let last = position + 1 == ids.len();
        if !last
            && *id < snapshot
            && let Some(extents) = segment::read_extents(folder, *id)
        {
            found.sealed.insert(*id, extents);
            continue;
        }
        let (index, length, whole) = recovery.scan(*id, *id >= snapshot)?;
        let torn = !whole;
        if torn {
            recovery.set_aside(*id, length, ids.get(position + 1..).unwrap_or_default())?;
        }
        if last || torn {
            (found.active, found.length, found.index) = (*id, length, index);
            break;
        }
        if access == Access::Write && segment::read_extents(folder, *id).is_none() {
            segment::write_index(folder, *id, &index).map_err(io_error("cannot write an index in", folder))?;
        }
        found.sealed.insert(*id, index.extents());
    }
    found.parts = recovery.parts(&found);
    let groups = recovery.groups.kept().clone();
    found.recovered = Recovered { topics: recovery.topics, groups };
    Ok(found)
}

impl Recovery<'_> {
    /// Reads a segment's frames: its index, how far it is whole, and whether that is all of it. What the frames say is
    /// applied if `apply`.
    fn scan(&mut self, id: u64, apply: bool) -> Result<(Index, u64, bool)> {
        let path = segment_path(self.folder, id);
        let failed = io_error("cannot read", &path);
        let file = File::open(&path).map_err(&failed)?;
        let length = file.metadata().map_err(&failed)?.len();
        // A segment with an index was on the disk whole; damage in it is no torn write.
        let sealed = segment::read_extents(self.folder, id).is_some();
        let (mut index, mut at) = (Index::default(), 0);
        loop {
            match frame::read(&file, at, length, !sealed).map_err(&failed)? {
                Read::End => return Ok((index, at, true)),
                Read::Torn if sealed => {
                    return Err(Error::Damaged(format!(
                        "{}, byte {at}: the checksum does not match; restore this file from a copy, or move it and its index away to go on without it",
                        path.display()
                    )));
                }
                Read::Torn => return Ok((index, at, false)),
                Read::Frame { header, blocks_at, end } => {
                    if let Header::Commit { blocks, .. } = &header {
                        index.add(blocks, blocks_at);
                    }
                    if apply {
                        self.apply(header);
                    }
                    at = end;
                }
            }
        }
    }

    fn apply(&mut self, header: Header) {
        match header {
            Header::Declare(specs) => self.topics.add(specs),
            Header::Trim(starts) => self.starts.extend(starts),
            Header::Commit { group, inputs, state, blocks } => {
                for block in &blocks {
                    self.ends.insert(block.part, block.next());
                }
                if let Some(group) = group {
                    self.groups.apply(&group, inputs, state);
                }
            }
        }
    }

    /// Cuts a torn tail off, and takes out the segments behind it; the bytes are kept beside the log.
    fn set_aside(&self, id: u64, length: u64, behind: &[u64]) -> Result<()> {
        if self.access == Access::Read {
            return Ok(());
        }
        let path = segment_path(self.folder, id);
        let failed = io_error("cannot cut the torn end of", &path);
        let bytes = fs::read(&path).map_err(&failed)?;
        let tail = bytes.get(usize::try_from(length).unwrap_or(usize::MAX)..).unwrap_or_default();
        tracing::warn!(segment = id, at = length, bytes = tail.len(), "the last write was cut short; its bytes are set aside");
        fs::write(path.with_extension("torn"), tail).map_err(&failed)?;
        let file = OpenOptions::new().write(true).open(&path).map_err(&failed)?;
        file.set_len(length).and_then(|()| file.sync_all()).map_err(&failed)?;
        for id in behind {
            let path = segment_path(self.folder, *id);
            tracing::warn!(segment = id, "this segment follows a torn one and is set aside");
            fs::rename(&path, path.with_extension("torn")).map_err(io_error("cannot set aside", &path))?;
        }
        Ok(())
    }

    fn parts(&self, found: &Found) -> BTreeMap<Part, Range<u64>> {
        let start = |part: &Part| {
            let first = found.sealed.values().find_map(|extents| extents.get(part)).map(|extent| extent.first);
            let active = || found.index.0.get(part).and_then(|locations| locations.first()).map(|location| location.block.base);
            first.or_else(active)
        };
        let ranges = self.ends.iter().map(|(part, end)| {
            let first = start(part).unwrap_or(*end);
            let trimmed = self.starts.get(part).copied().unwrap_or(0);
            (*part, first.max(trimmed).min(*end)..*end)
        });
        ranges.collect()
    }
}
