//! Frames: one commit, as it lies in a segment file.
//!
//! `header length (4) | blocks length (4) | checksum of both and of the header (4) | header | blocks`, and each block is
//! `meta length (4) | meta checksum (4) | meta | records`, with the records' checksum in the meta: a block can be read,
//! and trusted, on its own.

use crate::store::{Entry, Placed};
use crate::topics::Part;
use flow::{Block, Change, Error, Mark, Progress, Result, Timestamp, TopicSpec};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes in front of a frame's header.
pub const PREFIX: usize = 12;
const BLOCK_PREFIX: usize = 8;

/// What a frame says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Header {
    /// Topics were declared.
    Declare(Vec<TopicSpec>),
    /// A commit.
    Commit { group: Option<String>, inputs: Vec<Progress>, state: Vec<Change>, blocks: Vec<BlockRef> },
    /// Partitions now start here: what is older has expired.
    Trim(Vec<(Part, u64)>),
}

/// The same, borrowed, for writing.
#[derive(Serialize)]
enum HeaderRef<'a> {
    Declare(&'a [TopicSpec]),
    Commit {
        group: Option<&'a str>,
        inputs: &'a [Progress],
        state: &'a [Change],
        blocks: &'a [BlockRef],
    },
    #[allow(dead_code, reason = "keeps the variants in step with Header; trims are written as Header")]
    Trim(()),
}

/// A block in a frame: which, and how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRef {
    pub part: Part,
    pub base: u64,
    pub span: u32,
    pub length: u32,
    pub at: Timestamp,
}

impl BlockRef {
    pub fn next(&self) -> u64 {
        self.base + u64::from(self.span)
    }
}

#[derive(Serialize, Deserialize)]
struct Meta {
    producer: String,
    mark: Mark,
    base_time: Timestamp,
    max_time: Timestamp,
    span: u32,
    length: u32,
    checksum: u32,
}

/// A frame, ready to be written.
pub struct Encoded {
    /// Prefix and header, and then the blocks' metas, each in front of its block.
    pub pieces: Vec<Vec<u8>>,
    /// The blocks, in order.
    pub blocks: Vec<BlockRef>,
    /// How many bytes it takes in all.
    pub length: u64,
    /// Where in the frame the blocks begin.
    pub blocks_at: u64,
}

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::Damaged(what.to_string())
}

/// Encodes an entry. The records themselves are not copied: they follow `pieces[1..]` one by one.
pub fn encode(entry: &Entry<'_>) -> Result<Encoded> {
    let placed = if let Entry::Commit { blocks, .. } = entry { *blocks } else { &[] };
    let metas = placed.iter().map(meta).collect::<Result<Vec<_>>>()?;
    let refs: Vec<BlockRef> = placed.iter().zip(&metas).map(|(placed, meta)| reference(placed, meta.len())).collect();
    let header = match entry {
        Entry::Declare(specs) => HeaderRef::Declare(specs),
        Entry::Commit { group, inputs, state, .. } => HeaderRef::Commit { group: *group, inputs, state, blocks: &refs },
    };
    let header = postcard::to_stdvec(&header).map_err(damaged)?;
    frame(&header, metas, refs)
}

/// Encodes a frame of blocks that lie ready as bytes.
pub fn encode_header(header: &Header) -> Result<Encoded> {
    let blocks = if let Header::Commit { blocks, .. } = header { blocks.clone() } else { vec![] };
    frame(&postcard::to_stdvec(header).map_err(damaged)?, vec![], blocks)
}

fn frame(header: &[u8], metas: Vec<Vec<u8>>, blocks: Vec<BlockRef>) -> Result<Encoded> {
    let blocks_length: u64 = blocks.iter().map(|block| u64::from(block.length)).sum();
    let mut head = Vec::with_capacity(PREFIX + header.len());
    head.extend(u32::try_from(header.len()).map_err(damaged)?.to_le_bytes());
    head.extend(u32::try_from(blocks_length).map_err(damaged)?.to_le_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&head), header);
    head.extend(checksum.to_le_bytes());
    head.extend_from_slice(header);
    let blocks_at = head.len() as u64;
    let pieces = std::iter::once(head).chain(metas).collect();
    Ok(Encoded { pieces, blocks, length: blocks_at + blocks_length, blocks_at })
}

fn reference(placed: &Placed, meta: usize) -> BlockRef {
    let length = u32::try_from(meta + placed.block.bytes.len()).unwrap_or(u32::MAX);
    BlockRef { part: placed.part, base: placed.base, span: placed.block.span, length, at: placed.block.mark.at }
}

fn meta(placed: &Placed) -> Result<Vec<u8>> {
    encode_meta(&placed.block, placed.checksum)
}

fn encode_meta(block: &Block, checksum: u32) -> Result<Vec<u8>> {
    let meta = Meta {
        producer: block.producer.to_string(),
        mark: block.mark,
        base_time: block.base_time,
        max_time: block.max_time,
        span: block.span,
        length: u32::try_from(block.bytes.len()).map_err(damaged)?,
        checksum,
    };
    let meta = postcard::to_stdvec(&meta).map_err(damaged)?;
    let length = u32::try_from(meta.len()).map_err(damaged)?;
    Ok([&length.to_le_bytes()[..], &crc32c::crc32c(&meta).to_le_bytes(), &meta].concat())
}

/// A block as it lies in a frame.
pub fn encode_block(block: &Block) -> Result<Vec<u8>> {
    let mut bytes = encode_meta(block, crc32c::crc32c(&block.bytes))?;
    bytes.extend_from_slice(&block.bytes);
    Ok(bytes)
}

/// Reads a block that lies in a frame; `None` if the bytes are not what was written.
pub fn decode_block(bytes: bytes::Bytes) -> Option<Block> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let (meta, records) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    if crc32c::crc32c(meta) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let meta_length = meta.len();
    let meta: Meta = postcard::from_bytes(meta).ok()?;
    if records.len() != meta.length as usize || crc32c::crc32c(records) != meta.checksum {
        return None;
    }
    let bytes = bytes.slice(BLOCK_PREFIX + meta_length..);
    let Meta { producer, mark, base_time, max_time, span, .. } = meta;
    Some(Block { producer: producer.into(), mark, base_time, max_time, span, bytes })
}

/// What stands at a place in a segment file.
pub enum Read {
    /// A frame, with where its blocks begin and where it ends.
    Frame { header: Header, blocks_at: u64, end: u64 },
    /// The file ends here.
    End,
    /// No whole frame: a write was cut short, or the bytes have changed.
    Torn,
}

/// Reads the frame at `at`; with `verify`, its blocks too.
pub fn read(file: &File, at: u64, length: u64, verify: bool) -> io::Result<Read> {
    if at >= length {
        return Ok(Read::End);
    }
    let mut prefix = [0; PREFIX];
    if length - at < PREFIX as u64 {
        return Ok(Read::Torn);
    }
    file.read_exact_at(&mut prefix, at)?;
    let [h0, h1, h2, h3, b0, b1, b2, b3, c0, c1, c2, c3] = prefix;
    let header_length = u64::from(u32::from_le_bytes([h0, h1, h2, h3]));
    let blocks_length = u64::from(u32::from_le_bytes([b0, b1, b2, b3]));
    let blocks_at = at + PREFIX as u64 + header_length;
    let end = blocks_at + blocks_length;
    if end > length {
        return Ok(Read::Torn);
    }
    let mut header = vec![0; usize::try_from(header_length).unwrap_or(0)];
    file.read_exact_at(&mut header, at + PREFIX as u64)?;
    let lengths = [h0, h1, h2, h3, b0, b1, b2, b3];
    if crc32c::crc32c_append(crc32c::crc32c(&lengths), &header) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Ok(Read::Torn);
    }
    let Ok(header) = postcard::from_bytes::<Header>(&header) else { return Ok(Read::Torn) };
    if verify && !blocks_are_whole(file, &header, blocks_at)? {
        return Ok(Read::Torn);
    }
    Ok(Read::Frame { header, blocks_at, end })
}

fn blocks_are_whole(file: &File, header: &Header, blocks_at: u64) -> io::Result<bool> {
    let Header::Commit { blocks, .. } = header else { return Ok(true) };
    let mut at = blocks_at;
    for block in blocks {
        let mut bytes = vec![0; block.length as usize];
        file.read_exact_at(&mut bytes, at)?;
        if decode_block(bytes.into()).is_none() {
            return Ok(false);
        }
        at += u64::from(block.length);
    }
    Ok(true)
}
