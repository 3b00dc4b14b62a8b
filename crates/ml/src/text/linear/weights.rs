//! A model as bytes: a header, a bit for each place that says whether it is used, the used ones' entries, a checksum. Little endian.

use super::calibrate::Line;
use super::features::Shape;
use super::solve::Weights;
use super::{Column, Lexicon, Linear, columns};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8] = b"goshawk linear\n";
const VERSION: u8 = 1;
/// No model has more.
pub const MOST_CLASSES: usize = 1024;
/// No table takes more memory.
const MOST_TABLE: usize = 1 << 28;
/// What the largest weight is stored as.
const LARGEST: f32 = 127.0;

/// A stored weight, before its column's scale. By its square: most weights are small, and these have to be told apart.
pub fn decoded(code: u8) -> f32 {
    let code = i32::from(code.cast_signed());
    (code * code.abs()) as f32
}

/// The table of a model, and the scale of each column.
pub fn coded(rarity: &[u8], fitted: &[Weights]) -> (Vec<u8>, Vec<f32>) {
    let largest = |fit: &Weights| fit.places.iter().fold(1e-9_f32, |most, weight| most.max(weight.abs()));
    let largest: Vec<f32> = fitted.iter().map(largest).collect();
    let mut table = Vec::with_capacity(rarity.len() * (fitted.len() + 1));
    for (place, rarity) in rarity.iter().enumerate() {
        let codes = fitted.iter().zip(&largest).map(|(fit, largest)| {
            let weight = fit.places.get(place).copied().unwrap_or(0.0);
            ((weight.abs() / largest).sqrt() * LARGEST * weight.signum()).round() as i8
        });
        let start = table.len();
        table.push(*rarity);
        table.extend(codes.map(i8::cast_unsigned));
        if *rarity == 0 {
            table.get_mut(start..).unwrap_or_default().fill(0);
        }
    }
    (table, largest.into_iter().map(|largest| largest / (LARGEST * LARGEST)).collect())
}

impl Linear {
    /// The model as bytes, for a file.
    pub fn write(&self) -> Vec<u8> {
        let mut out = [MAGIC, &[VERSION]].concat();
        let shape = &self.shape;
        out.extend([shape.words, shape.characters].concat());
        out.extend([shape.bits, u8::from(shape.negation), u8::from(self.multi_label)]);
        out.extend(shape.word_share.to_le_bytes());
        out.extend((shape.lexicon.entries().len() as u32).to_le_bytes());
        for (word, value) in shape.lexicon.entries() {
            out.extend(word.to_le_bytes());
            out.push(value.cast_unsigned());
        }
        out.extend((self.classes.len() as u16).to_le_bytes());
        for name in &self.classes {
            out.push(name.len() as u8);
            out.extend(name.as_bytes());
        }
        let numbers = self.columns.iter().flat_map(|column| [column.scale, column.bias, column.line.slope, column.line.offset]);
        out.extend(numbers.chain(self.favours.iter().copied()).flat_map(f32::to_le_bytes));
        self.write_table(&mut out);
        let sum = xxh3_64(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    fn write_table(&self, out: &mut Vec<u8>) {
        let entries = || self.table.chunks_exact(self.columns.len() + 1);
        let used = |entry: &&[u8]| entry.first().is_some_and(|rarity| *rarity > 0);
        let bits: Vec<bool> = entries().map(|entry| used(&entry)).collect();
        out.extend(bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))));
        entries().filter(used).for_each(|entry| out.extend(entry));
    }

    /// The model that [`Linear::write`] wrote. Bytes that are not one are refused, and why.
    pub fn read(bytes: &[u8]) -> Result<Linear, String> {
        let mut reader = Reader { rest: bytes };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err("not a model of texts: it begins otherwise".into());
        }
        let version = reader.byte()?;
        if version != VERSION {
            return Err(format!("a model of version {version}; this program reads version {VERSION}: train it anew"));
        }
        let body = bytes.len().checked_sub(size_of::<u64>()).ok_or(SHORT)?;
        let (body, sum) = bytes.split_at_checked(body).ok_or(SHORT)?;
        if xxh3_64(body).to_le_bytes() != sum {
            return Err("the model is damaged: its checksum is another".into());
        }
        reader.rest = reader.rest.get(..reader.rest.len().saturating_sub(sum.len())).ok_or(SHORT)?;
        reader.linear()
    }
}

const SHORT: &str = "the model is cut off";

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], String> {
        self.take(COUNT)?.try_into().map_err(|_| SHORT.to_owned())
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Result<bool, String> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("a flag of the model is {other}")),
        }
    }

    fn number(&mut self) -> Result<f32, String> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err("a number of the model is none".into()) }
    }

    fn linear(&mut self) -> Result<Linear, String> {
        let (words, characters) = (self.array()?, self.array()?);
        let (bits, negation, multi_label) = (self.byte()?, self.flag()?, self.flag()?);
        let shape = Shape { words, characters, bits, negation, word_share: self.number()?, lexicon: self.lexicon()? };
        shape.check()?;
        let count = usize::from(u16::from_le_bytes(self.array()?));
        if !(if multi_label { 1 } else { 2 }..=MOST_CLASSES).contains(&count) {
            return Err(format!("the model has {count} classes"));
        }
        let classes = (0..count).map(|_| self.name()).collect::<Result<_, _>>()?;
        let width = columns(count, multi_label);
        let columns = (0..width).map(|_| self.column()).collect::<Result<_, _>>()?;
        let favours = (0..count).map(|_| self.number()).collect::<Result<_, _>>()?;
        let table = self.table(shape.places(), width + 1)?;
        if !self.rest.is_empty() {
            return Err(format!("{} bytes too many in the model", self.rest.len()));
        }
        Ok(Linear { shape, multi_label, classes, columns, favours, table })
    }

    fn lexicon(&mut self) -> Result<Lexicon, String> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        let bytes = self.take(count.saturating_mul(5))?;
        let entry = |bytes: &[u8; 5]| {
            let [a, b, c, d, value] = *bytes;
            (u32::from_le_bytes([a, b, c, d]), value.cast_signed())
        };
        let entries = bytes.as_chunks().0.iter().map(entry).collect();
        Lexicon::of(entries).ok_or_else(|| "the model's words are not in order".to_owned())
    }

    fn name(&mut self) -> Result<String, String> {
        let length = self.byte()?;
        let name = self.take(usize::from(length))?;
        String::from_utf8(name.to_vec()).map_err(|_| "a class's name is not UTF-8".to_owned())
    }

    fn column(&mut self) -> Result<Column, String> {
        let (scale, bias) = (self.number()?, self.number()?);
        let line = Line { slope: self.number()?, offset: self.number()? };
        Ok(Column { scale, bias, line })
    }

    fn table(&mut self, places: usize, stride: usize) -> Result<Vec<u8>, String> {
        if places.saturating_mul(stride) > MOST_TABLE {
            return Err(format!("the model's table would have {places} times {stride} bytes"));
        }
        let used = self.take(places / 8)?;
        let mut table = vec![0; places * stride];
        let entries =
            table.chunks_exact_mut(stride).zip(used.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)));
        for (entry, _) in entries.filter(|(_, used)| *used) {
            entry.copy_from_slice(self.take(stride)?);
            if entry.first() == Some(&0) {
                return Err("a place of the model is used and is not".into());
            }
        }
        Ok(table)
    }
}
