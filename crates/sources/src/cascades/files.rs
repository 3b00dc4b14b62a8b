//! The deck of the literature: a table of events, and an index that says which rows of it make a cascade.

use super::deck::{Cascade, Deck, Event};
use super::locate::{line, locate};
use super::rows::{Bounds, Columns, unquoted};
use crate::batch::Reader;
use crate::replay::check;
use crate::{Error, Settings};
use bytes::Bytes;
use flow::{Broken, Refused, Timestamp};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// A row of the index.
#[derive(Clone, Copy, Debug)]
struct Card {
    /// Where it stands in the index.
    line: u64,
    /// Where its cascade stands in the data file. Until that is known: its first row ...
    at: u64,
    /// ... and its last. 0: there is no such cascade.
    length: u64,
}

/// A table that is open behind its heading.
struct Table {
    path: PathBuf,
    file: BufReader<File>,
    heading: Vec<u8>,
    /// Where the first row begins.
    body: u64,
    length: u64,
    /// The hash of its rows.
    hash: u64,
}

/// The two files.
pub(super) struct Files {
    data: Table,
    index: Table,
    columns: Columns,
    bounds: Bounds,
    unit: f64,
    cards: Vec<Card>,
    /// How many rows the data file has, and how many of them are in a cascade (some more than once, perhaps).
    rows: u64,
    pub(super) played: u64,
    of_data: Reader,
    of_index: Reader,
    max_record: usize,
    max_cascade: usize,
}

impl Table {
    fn open(path: &Path, limit: usize) -> Result<Self, Error> {
        let length = check(path)?;
        let unreadable = |error| Error::Unreadable { path: path.to_owned(), error };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut heading = vec![];
        let body = line(&mut file, limit, &mut heading).map_err(unreadable)?;
        let path = path.to_owned();
        match body {
            Some(0) => {
                Err(Error::Layout { path, reason: "is empty; it must begin with a line that names its columns".to_owned() })
            }
            Some(body) => Ok(Table { path, file, heading, body: body as u64, length, hash: 0 }),
            None => Err(Error::Layout { path, reason: "begins with no line that names its columns".to_owned() }),
        }
    }

    /// What tells it from another.
    fn mark(&self) -> String {
        format!("{} bytes under {:x} are {:x}", self.length, xxh3_64(&self.heading), self.hash)
    }

    fn fault(&self, reason: String) -> Error {
        Error::Layout { path: self.path.clone(), reason }
    }

    fn unreadable(&self, error: std::io::Error) -> Error {
        Error::Unreadable { path: self.path.clone(), error }
    }

    fn broken(&self, error: &std::io::Error) -> Broken {
        Broken(format!("cannot read {}, which was longer when it was opened or cannot be read now: {error}", self.path.display()))
    }

    /// Some bytes from the middle.
    fn piece(&mut self, at: u64, length: usize) -> Result<Vec<u8>, Broken> {
        let mut bytes = vec![0; length];
        let file = self.file.get_mut();
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.map(|()| bytes).map_err(|error| self.broken(&error))
    }

    fn line_at(&mut self, at: u64, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut bytes = vec![];
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| line(&mut self.file, limit, &mut bytes));
        read.map(|_| bytes).map_err(|error| self.broken(&error))
    }
}

impl Files {
    pub(super) fn open(data: &Path, index: &Path, by: &str, unit: f64, settings: &Settings) -> Result<Self, Error> {
        let (max_record, max_cascade) = (settings.max_record, settings.max_document);
        let (data, index) = (Table::open(data, max_record)?, Table::open(index, max_record)?);
        let columns = Columns::of(&data.heading).map_err(|reason| data.fault(reason))?;
        let bounds = Bounds::of(&index.heading).map_err(|reason| index.fault(reason))?;
        let reader = |table: &Table| Reader {
            by: by.into(),
            from: format!("cascades:{}", table.path.display()).into(),
            at: Timestamp::default(),
        };
        let (of_data, of_index) = (reader(&data), reader(&index));
        let (cards, rows, played) = (vec![], 0, 0);
        let mut files =
            Files { data, index, columns, bounds, unit, cards, rows, played, of_data, of_index, max_record, max_cascade };
        files.read_index()?;
        files.locate()?;
        files.check_use()?;
        Ok(files)
    }

    fn read_index(&mut self) -> Result<(), Error> {
        let (mut at, mut bytes, mut hash) = (self.index.body, vec![], Xxh3::new());
        loop {
            let read = line(&mut self.index.file, self.max_record, &mut bytes).map_err(|error| self.index.unreadable(error))?;
            let too_long = || self.index.fault(format!("the line at byte {at} is longer than {} bytes", self.max_record));
            let read = read.ok_or_else(too_long)?;
            if read == 0 {
                self.index.hash = hash.digest();
                return Ok(());
            }
            hash.update(&bytes);
            hash.update(b"\n");
            // A blank line is no row. One that says nothing of use is a card that shows why.
            if !bytes.trim_ascii().is_empty() {
                let (start, end) = self.bounds.row(&bytes, u64::MAX).unwrap_or((0, 0));
                self.cards.push(Card { line: at, at: start, length: end });
            }
            at += read as u64;
        }
    }

    /// Finds where each cascade stands in the data file.
    fn locate(&mut self) -> Result<(), Error> {
        let good = self.cards.iter().filter(|card| card.length > 0);
        let mut wanted: Vec<u64> = good.flat_map(|card| [card.at, card.length.saturating_add(1)]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let located = locate(&mut self.data.file, self.data.body, &wanted).map_err(|error| self.data.unreadable(error))?;
        (self.rows, self.data.length, self.data.hash) = (located.rows, located.length, located.hash);
        let find = |row: u64| wanted.binary_search(&row).ok().and_then(|at| located.offsets.get(at).copied());
        for card in &mut self.cards {
            let place = find(card.at).zip(find(card.length.saturating_add(1))).filter(|_| card.length > 0);
            self.played += place.map_or(0, |_| card.length - card.at + 1);
            (card.at, card.length) = place.map_or((0, 0), |(start, end)| (start, end - start));
        }
        Ok(())
    }

    /// Whether there is any cascade to play.
    fn check_use(&mut self) -> Result<(), Error> {
        let mut first = None;
        for card in 0..self.cards.len() {
            let drawn = self.draw(card as u64).map_err(|broken| self.data.fault(broken.0))?;
            if !drawn.events.is_empty() {
                return Ok(());
            }
            first = first.or_else(|| drawn.refused.into_iter().next());
        }
        match first {
            None => Err(self.index.fault("names no cascade; write a row `start_ind,end_ind` for each".to_owned())),
            Some(first) => {
                let reason = format!("no row of it can be played: {} ({}, at {})", first.reason, first.from, first.offset);
                Err(self.data.fault(reason))
            }
        }
    }

    /// The card of a row of the index that says nothing of use.
    fn refuse(&mut self, card: Card) -> Result<Refused, Broken> {
        let row = self.index.line_at(card.line, self.max_record)?;
        let reason = self.bounds.row(&row, self.rows).err();
        let too_long = || format!("a cascade of {} bytes, the limit is {}", card.length, self.max_cascade);
        Ok(self.of_index.refused(card.line, reason.unwrap_or_else(too_long), &row))
    }

    fn read(&self, bytes: Vec<u8>, offset: u64) -> Cascade {
        let mut cascade = Cascade { bytes: bytes.into(), offset, ..Cascade::default() };
        let bytes = cascade.bytes.clone();
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let row = rest.get(..length).unwrap_or(rest);
            self.take(&bytes, start, row.strip_suffix(b"\r").unwrap_or(row), &mut cascade);
            start += length + 1;
        }
        if !cascade.events.is_sorted_by_key(|event| event.at) {
            cascade.events.sort_by_key(|event| event.at);
        }
        if let Some(root) = cascade.events.first() {
            let row = bytes.get(root.row.start as usize..root.row.end as usize).unwrap_or_default();
            cascade.text = self.columns.row(row, self.unit).map_or_else(|_| String::new(), |row| unquoted(row.text).into_owned());
        }
        cascade
    }

    /// Takes a row in that starts at `start` among the cascade's bytes.
    fn take(&self, bytes: &Bytes, start: usize, row: &[u8], into: &mut Cascade) {
        let decoded = if row.len() > self.max_record {
            Err(format!("{} bytes long, the limit is {}", row.len(), self.max_record))
        } else {
            self.columns.row(row, self.unit)
        };
        match decoded {
            Ok(decoded) => {
                let user = within(bytes, decoded.user.as_bytes());
                let row = within(bytes, row);
                into.events.push(Event { at: decoded.at, followers: decoded.followers, row, user });
            }
            Err(reason) => into.refused.push(self.of_data.refused(into.offset + start as u64, reason, row)),
        }
    }
}

/// Where a part of these bytes stands in them.
fn within(bytes: &[u8], part: &[u8]) -> Range<u32> {
    let start = part.as_ptr().addr().saturating_sub(bytes.as_ptr().addr()) as u32;
    if part.is_empty() { 0..0 } else { start..start + part.len() as u32 }
}

impl Deck for Files {
    fn network(&self) -> &'static str {
        "cascades"
    }

    fn reader(&self) -> &Reader {
        &self.of_data
    }

    fn mark(&self) -> String {
        format!("{} rows in {}, {} cascades in {}", self.rows, self.data.mark(), self.cards.len(), self.index.mark())
    }

    fn cards(&self) -> Option<u64> {
        Some(self.cards.len() as u64)
    }

    fn draw(&mut self, card: u64) -> Result<Cascade, Broken> {
        let card = usize::try_from(card).ok().and_then(|card| self.cards.get(card)).copied();
        let Some(card) = card else { return Ok(Cascade::default()) };
        if card.length == 0 || card.length > self.max_cascade as u64 {
            return Ok(Cascade { refused: vec![self.refuse(card)?], ..Cascade::default() });
        }
        let bytes = self.data.piece(card.at, card.length as usize)?;
        Ok(self.read(bytes, card.at))
    }
}
