//! Cleaning: what has expired, been superseded or been erased leaves the files.

use super::frame::{self, BlockRef, Header, Read};
use super::lock::io_error;
use super::segment::{self, Index, Location, segment_path};
use super::{Disk, Open};
use crate::groups::Groups;
use crate::store::{Erasures, Store, TOMBSTONE_MS};
use crate::topics::{Part, Topics};
use flow::{Block, Cleanup, Record, Result, Timestamp};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// What becomes of a block when its segment is written anew.
enum Fate {
    Keep,
    Drop,
    Become(Block),
}

impl Disk {
    pub(super) fn clean(&mut self, now: Timestamp, groups: &Groups, topics: &Topics) -> Result<()> {
        let mut trims = vec![];
        for (part, spec) in topics.parts() {
            match &spec.cleanup {
                Cleanup::Delete { age_ms, size } => {
                    let start = self.start_after(part, now, *age_ms, *size)?;
                    if start > self.bounds(part).start {
                        trims.push((part, start));
                    }
                }
                Cleanup::Compact => self.compact(part, now, groups, topics)?,
            }
        }
        if !trims.is_empty() {
            self.trim(trims, groups, topics)?;
        }
        Ok(())
    }

    /// Where a partition starts once what is too old or too much has gone.
    fn start_after(&mut self, part: Part, now: Timestamp, age_ms: Option<u64>, size: Option<u64>) -> Result<u64> {
        let range = self.bounds(part);
        let locations = self.locations(part, range.start)?;
        let mut bytes: u64 = locations.iter().map(|location| u64::from(location.block.length)).sum();
        for Location { block, .. } in &locations {
            let old = age_ms.is_some_and(|age| now.millis_since(block.at) > age.cast_signed());
            if !old && size.is_none_or(|size| bytes <= size) {
                return Ok(block.base);
            }
            bytes -= u64::from(block.length);
        }
        Ok(if locations.is_empty() { range.start } else { range.end })
    }

    /// Where the blocks of a partition lie, from an offset on.
    fn locations(&mut self, part: Part, from: u64) -> Result<Vec<Location>> {
        let mut all = vec![];
        for id in self.segments(part, from) {
            all.extend(self.opened(id)?.index.0.get(&part).into_iter().flatten().copied());
        }
        all.extend(self.active.index.0.get(&part).into_iter().flatten().copied());
        all.retain(|location| location.block.next() > from);
        Ok(all)
    }

    fn trim(&mut self, trims: Vec<(Part, u64)>, groups: &Groups, topics: &Topics) -> Result<()> {
        for (part, start) in &trims {
            self.parts.entry(*part).or_insert(0..0).start = *start;
            self.recent.forget(*part);
        }
        let frame = frame::encode_header(&Header::Trim(trims))?;
        self.write(&frame, &[])?()?;
        let dead: u64 =
            self.active.index.0.values().flatten().filter(|l| self.is_dead(&l.block)).map(|l| u64::from(l.block.length)).sum();
        if dead * 2 > self.active.length.max(1 << 16) {
            self.roll(groups, topics)?;
        }
        self.reclaim()
    }

    fn is_dead(&self, block: &BlockRef) -> bool {
        self.parts.get(&block.part).is_some_and(|range| block.next() <= range.start)
    }

    /// Removes sealed segments in which nothing lives, and writes those anew in which less than half does.
    fn reclaim(&mut self) -> Result<()> {
        for id in self.sealed.keys().copied().collect::<Vec<_>>() {
            let index = self.opened(id)?.index;
            let sum = |dead: bool| -> u64 {
                let blocks = index.0.values().flatten().filter(|l| self.is_dead(&l.block) == dead);
                blocks.map(|l| u64::from(l.block.length)).sum()
            };
            let (dead, live) = (sum(true), sum(false));
            if live == 0 && id < self.snapshot {
                self.remove(id)?;
            } else if dead > live {
                let starts = self.parts.clone();
                let gone = move |block: &BlockRef| starts.get(&block.part).is_some_and(|range| block.next() <= range.start);
                self.rewrite(id, &mut |at, _| if gone(at) { Fate::Drop } else { Fate::Keep })?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, id: u64) -> Result<()> {
        self.syncer()?.settle();
        self.open.retain(|(known, _)| *known != id);
        self.sealed.remove(&id);
        for path in [segment::index_path(&self.folder, id), segment_path(&self.folder, id)] {
            fs::remove_file(&path).map_err(io_error("cannot remove", &path))?;
        }
        Ok(())
    }

    /// Keeps the last record of each key, once at least half of the records are superseded.
    fn compact(&mut self, part: Part, now: Timestamp, groups: &Groups, topics: &Topics) -> Result<()> {
        let mut newest: HashMap<Vec<u8>, (u64, bool)> = HashMap::new();
        let (mut records, mut next) = (0_u64, self.bounds(part).start);
        while let Some(found) = self.find(part, next, 1)?.into_iter().next() {
            let batch = found.into_batch("", part.partition, next)?;
            next = batch.next();
            let expired = now.millis_since(batch.block.mark.at) > TOMBSTONE_MS;
            for record in batch.block.records(batch.base, 0) {
                records += 1;
                newest.insert(record.key.to_vec(), (record.offset, record.value.is_none() && expired));
            }
        }
        let live = newest.values().filter(|(_, gone)| !gone).count() as u64;
        if records < 2 * live.max(1) {
            return Ok(());
        }
        self.sift(part, groups, topics, &|record| newest.get(record.key) == Some(&(record.offset, false)))?;
        Ok(())
    }

    pub(super) fn erase_keys(&mut self, part: Part, keys: &Erasures<'_>, groups: &Groups, topics: &Topics) -> Result<u64> {
        let kept = |record: &Record<'_>| keys.get(record.key).is_none_or(|before| record.offset >= *before);
        self.sift(part, groups, topics, &kept)
    }

    /// Removes the records of a partition that `keep` refuses, bytes and all; returns how many there were.
    fn sift(&mut self, part: Part, groups: &Groups, topics: &Topics, keep: &dyn Fn(&Record<'_>) -> bool) -> Result<u64> {
        if self.active.index.0.contains_key(&part) {
            self.roll(groups, topics)?;
        }
        let mut dropped = 0;
        for id in self.segments(part, 0) {
            if !self.holds_refused(id, part, keep)? {
                continue;
            }
            self.rewrite(id, &mut |at, block| {
                let count = |block: &Block| block.records(at.base, 0).count() as u64;
                match (at.part == part).then(|| block.sifted(at.base, keep)).flatten() {
                    Some(sifted) => {
                        dropped += count(block) - count(&sifted);
                        Fate::Become(sifted)
                    }
                    None => Fate::Keep,
                }
            })?;
        }
        self.recent.forget(part);
        Ok(dropped)
    }

    fn holds_refused(&mut self, id: u64, part: Part, keep: &dyn Fn(&Record<'_>) -> bool) -> Result<bool> {
        let Open { file, index } = self.opened(id)?;
        for location in index.0.get(&part).into_iter().flatten() {
            let block = segment::fetch(&file, location)?;
            if block.records(location.block.base, 0).any(|record| !keep(&record)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a sealed segment anew. Its index goes first: a segment without one is read through at the next start,
    /// so a crash between the steps loses nothing.
    fn rewrite(&mut self, id: u64, fate: &mut dyn FnMut(&BlockRef, &Block) -> Fate) -> Result<()> {
        self.syncer()?.settle();
        let path = segment_path(&self.folder, id);
        let failed = io_error("cannot write anew", &path);
        let old = self.opened(id)?.file;
        let draft = path.with_extension("draft");
        let file = File::create(&draft).map_err(&failed)?;
        let index = copy(&old, &file, fate).map_err(&failed)??;
        file.sync_all().map_err(&failed)?;
        let index_path = segment::index_path(&self.folder, id);
        fs::remove_file(&index_path).map_err(io_error("cannot remove", &index_path))?;
        fs::rename(&draft, &path).map_err(&failed)?;
        segment::write_index(&self.folder, id, &index).map_err(&failed)?;
        self.sealed.insert(id, index.extents());
        self.open.retain(|(known, _)| *known != id);
        Ok(())
    }
}

fn copy(old: &Arc<File>, new: &File, fate: &mut dyn FnMut(&BlockRef, &Block) -> Fate) -> std::io::Result<Result<Index>> {
    let length = old.metadata()?.len();
    let mut writer = BufWriter::new(new);
    let (mut index, mut at, mut written) = (Index::default(), 0, 0);
    while let Read::Frame { header, blocks_at, end } = frame::read(old, at, length, false)? {
        at = end;
        let (header, bodies) = match settle(old, header, blocks_at, fate) {
            Ok(settled) => settled,
            Err(error) => return Ok(Err(error)),
        };
        let encoded = match frame::encode_header(&header) {
            Ok(encoded) => encoded,
            Err(error) => return Ok(Err(error)),
        };
        index.add(&encoded.blocks, written + encoded.blocks_at);
        written += encoded.length;
        for piece in encoded.pieces.iter().chain(&bodies) {
            writer.write_all(piece)?;
        }
    }
    writer.flush()?;
    Ok(Ok(index))
}

/// Decides on the blocks of one frame. Its progress and state stay: the frames are the log's memory of them.
fn settle(
    old: &File,
    header: Header,
    blocks_at: u64,
    fate: &mut dyn FnMut(&BlockRef, &Block) -> Fate,
) -> Result<(Header, Vec<Vec<u8>>)> {
    let Header::Commit { group, inputs, state, blocks } = header else { return Ok((header, vec![])) };
    let (mut kept, mut bodies, mut at) = (vec![], vec![], blocks_at);
    for block in blocks {
        let body = segment::fetch(old, &Location { block, at })?;
        at += u64::from(block.length);
        let body = match fate(&block, &body) {
            Fate::Drop => continue,
            Fate::Keep => frame::encode_block(&body)?,
            Fate::Become(body) => frame::encode_block(&body)?,
        };
        kept.push(BlockRef { length: u32::try_from(body.len()).unwrap_or(u32::MAX), ..block });
        bodies.push(body);
    }
    Ok((Header::Commit { group, inputs, state, blocks: kept }, bodies))
}
