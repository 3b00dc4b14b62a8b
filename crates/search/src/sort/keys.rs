//! The keys of a segment's documents.

use super::{Code, Column, Hit, Key, Missing, Mode, Sort, What};
use crate::Result;
use crate::blocks;
use crate::mapping::Kind;
use crate::zones::{self, Zone, Zones};
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;
use tantivy::columnar::{ColumnIndex, MonotonicallyMappableToU64, StrColumn, TermOrdHit};
use tantivy::{DocAddress, DocId, Score, SegmentReader};

/// What hits come behind.
#[derive(Clone, Debug)]
pub(super) enum After {
    Number(u64),
    Word(String),
    /// Documents without the field.
    Missing,
}

/// The keys of an order in a segment.
pub(crate) struct Keys {
    readers: Vec<KeyReader>,
    first: u64,
}

/// One key in a segment.
pub(super) struct KeyReader {
    key: Key,
    column: Option<tantivy::columnar::Column<u64>>,
    words: Option<StrColumn>,
    zones: Option<Arc<Zones>>,
    /// The code of documents without the field, before it is turned over.
    missing: u64,
    /// The number of the segment's first document among all.
    first: u64,
}

impl Keys {
    /// Opens the keys of a segment, before which there are so many documents.
    pub(crate) fn open(sort: &Sort, segment: &SegmentReader, first: u64) -> Result<Keys> {
        let readers = sort.keys.iter().map(|key| KeyReader::open(key, segment, first)).collect::<Result<_>>()?;
        Ok(Keys { readers, first })
    }

    pub(super) fn readers(&self) -> &[KeyReader] {
        &self.readers
    }

    /// A document's keys, to compare with others of the segment.
    pub(crate) fn codes(&self, doc: DocId, score: Score) -> Box<[u64]> {
        self.readers.iter().map(|reader| reader.one(doc, score)).collect()
    }

    /// A document whose keys are known.
    pub(crate) fn told(&self, codes: impl Iterator<Item = u64>, address: DocAddress, score: Score) -> Hit {
        let codes = self.readers.iter().zip(codes).map(|(reader, code)| reader.told(code)).collect();
        Hit { codes, place: self.first + u64::from(address.doc_id), index: 0, address, score }
    }
}

/// The code of the word at a place. Before each are three codes more, for words that are not in the dictionary: see
/// [`KeyReader::place`].
fn word_code(place: u64) -> u64 {
    place * 4 + 4
}

impl KeyReader {
    fn open(key: &Key, segment: &SegmentReader, first: u64) -> Result<KeyReader> {
        let mut reader = KeyReader { key: key.clone(), column: None, words: None, zones: None, missing: 0, first };
        let What::Field(field) = &key.what else { return Ok(reader) };
        if let Some(leaf) = &field.leaf {
            reader.column = blocks::open(segment, leaf)?;
            if leaf.kind == Kind::Keyword {
                reader.words = blocks::words(segment, &leaf.column)?;
            } else if let Some(column) = reader.column.as_ref().filter(|_| field.mode != Mode::Sum) {
                reader.zones = Some(zones::of(segment, leaf, column));
            }
        }
        reader.missing = reader.gap(field)?;
        Ok(reader)
    }

    /// The code of documents without the field.
    fn gap(&self, field: &Column) -> Result<u64> {
        let greatest = (field.missing == Missing::Last) != self.key.falling;
        Ok(match (&field.missing, field.kind) {
            (Missing::Code(code), _) => *code,
            (Missing::Word(word), _) => self.place(word, word)?,
            (_, Kind::Keyword) => {
                if greatest {
                    u64::MAX
                } else {
                    0
                }
            }
            (_, Kind::Double) => (if greatest { f64::INFINITY } else { f64::NEG_INFINITY }).to_u64(),
            _ => (if greatest { field.ends.1 } else { field.ends.0 }).to_u64(),
        })
    }

    /// The code of a word. One that is not in the dictionary stands between two that are: there it is before, at, or behind the
    /// word that stands in for the field.
    fn place(&self, word: &str, missing: &str) -> Result<u64> {
        let place = match &self.words {
            None => 0,
            Some(words) => match words.dictionary().term_ord_or_next(word)? {
                TermOrdHit::Exact(place) => return Ok(word_code(place)),
                TermOrdHit::Next(place) => place.min(words.num_terms() as u64),
            },
        };
        Ok(match word.cmp(missing) {
            Ordering::Less => place * 4 + 1,
            Ordering::Equal => place * 4 + 2,
            Ordering::Greater => place * 4 + 3,
        })
    }

    fn turn(&self, code: u64) -> u64 {
        if self.key.falling { !code } else { code }
    }

    /// The code that hits come behind.
    pub(super) fn after(&self, after: &After) -> Result<u64> {
        let code = match after {
            After::Number(code) => *code,
            After::Word(word) => match &self.key.what {
                What::Field(Column { missing: Missing::Word(missing), .. }) => self.place(word, missing)?,
                _ => self.place(word, word)?,
            },
            After::Missing => self.missing,
        };
        Ok(self.turn(code))
    }

    /// A document's key, the smaller the better.
    pub(super) fn one(&self, doc: DocId, score: Score) -> u64 {
        let code = match &self.key.what {
            What::Score => f64::from(score).to_u64(),
            What::Doc => self.first + u64::from(doc),
            What::Field(field) => self.field(field, doc),
        };
        self.turn(code)
    }

    fn field(&self, field: &Column, doc: DocId) -> u64 {
        let Some(column) = &self.column else { return self.missing };
        let rows = column.index.value_row_ids(doc);
        let picked = match rows.len() {
            0 => return self.missing,
            1 => column.values.get_val(rows.start),
            _ => pick(field, rows.map(|row| column.values.get_val(row)).collect()),
        };
        if field.kind == Kind::Keyword { word_code(picked) } else { picked }
    }

    /// The keys of many documents.
    pub(super) fn many(&self, docs: &[DocId], scores: &[Score], into: &mut Vec<u64>) {
        into.clear();
        let column = self.column.as_ref().filter(|column| matches!(column.index, ColumnIndex::Full));
        let Some(column) = column else {
            let scores = scores.iter().copied().chain(std::iter::repeat(0.0));
            return into.extend(docs.iter().zip(scores).map(|(doc, score)| self.one(*doc, score)));
        };
        into.resize(docs.len(), 0);
        match docs.first() {
            Some(first) if blocks::are_a_run(docs) => column.values.get_range(u64::from(*first), into),
            _ => column.values.get_vals(docs, into),
        }
        if self.words.is_some() {
            into.iter_mut().for_each(|code| *code = word_code(*code));
        }
        if self.key.falling {
            into.iter_mut().for_each(|code| *code = !*code);
        }
    }

    /// The best and the worst key that documents of each zone may have.
    pub(super) fn spans(&self) -> Option<Vec<(u64, u64)>> {
        let zones = self.zones.as_ref()?;
        let missing = self.turn(self.missing);
        let span = |zone: &Zone| {
            let (mut best, mut worst) = (u64::MAX, 0);
            if !zone.empty {
                let (one, other) = (self.turn(zone.least), self.turn(zone.greatest));
                (best, worst) = (one.min(other), one.max(other));
            }
            if !zone.full {
                (best, worst) = (best.min(missing), worst.max(missing));
            }
            (best, worst)
        };
        Some(zones.zones.iter().map(span).collect())
    }

    /// A key as it is compared with those of other segments.
    pub(super) fn told(&self, code: u64) -> Code {
        match &self.key.what {
            What::Field(field) if field.kind == Kind::Keyword => self.word(field, code),
            _ => Code::Number(code),
        }
    }

    fn word(&self, field: &Column, code: u64) -> Code {
        let plain = self.turn(code);
        let word = if plain == self.missing {
            match &field.missing {
                Missing::First => return Code::First,
                Missing::Last => return Code::Last,
                Missing::Word(word) => Some(word.as_str().into()),
                Missing::Code(_) => None,
            }
        } else {
            let mut word = String::new();
            let known = self.words.as_ref().is_some_and(|words| words.ord_to_str(plain / 4 - 1, &mut word).unwrap_or(false));
            known.then(|| word.into_boxed_str())
        };
        let Some(word) = word else { return Code::Last };
        if self.key.falling { Code::Falling(Reverse(word)) } else { Code::Rising(word) }
    }
}

/// Of several values the one that counts.
fn pick(field: &Column, mut codes: Vec<u64>) -> u64 {
    let number = |code: u64| blocks::number(field.kind, code);
    let sum = || codes.iter().map(|code| number(*code)).sum::<f64>();
    match field.mode {
        Mode::Least => codes.iter().copied().min().unwrap_or_default(),
        Mode::Greatest => codes.iter().copied().max().unwrap_or_default(),
        Mode::Sum => blocks::code(field.kind, sum()),
        Mode::Average => {
            let average = sum() / codes.len() as f64;
            blocks::code(field.kind, if field.kind == Kind::Double { average } else { average.round() })
        }
        Mode::Median => {
            codes.sort_unstable();
            let middle = codes.len() / 2;
            let at = |place: usize| codes.get(place).copied().map_or(0.0, number);
            let median = if codes.len() % 2 == 1 { at(middle) } else { (at(middle - 1) + at(middle)) / 2.0 };
            blocks::code(field.kind, if field.kind == Kind::Double { median } else { median.round() })
        }
    }
}
