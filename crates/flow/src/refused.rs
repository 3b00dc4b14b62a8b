//! What was not taken, and why: never an error, never silence.

use crate::{Timestamp, Value};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// A record that was refused: its bytes, the reason, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refused {
    /// Who refused it: a source or a stage.
    pub by: String,
    /// What it was read from: a topic, or a source's address.
    pub from: String,
    /// The topic's partition; 0 for a source.
    pub partition: u32,
    /// The offset in the topic, or in the source's input (bytes, lines: what the source counts).
    pub offset: u64,
    /// The time it claims, or that of the refusal.
    pub time: Timestamp,
    /// Why, for people.
    pub reason: String,
    /// What came, byte for byte. Of a very long record a source keeps only the beginning.
    pub raw: Raw,
}

/// A malformed record: one record of topic `rejected`. Its key is who refused it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Rejected(pub Refused);

/// A record that came later than allowed: one record of topic `late`. Its key is who refused it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Late(pub Refused);

impl Value for Rejected {
    const TOPIC: &'static str = "rejected";
    fn key(&self) -> &[u8] {
        self.0.by.as_bytes()
    }
}

impl Value for Late {
    const TOPIC: &'static str = "late";
    fn key(&self) -> &[u8] {
        self.0.by.as_bytes()
    }
}

/// Bytes of any kind. In JSON: a string where they are UTF-8, else `{"hex": "..."}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub Vec<u8>);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() { deserializer.deserialize_any(Bytes) } else { deserializer.deserialize_bytes(Bytes) }
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or {\"hex\": \"...\"}")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Raw, E> {
        Ok(Raw(bytes.to_vec()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw(text.as_bytes().to_vec()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((name, hex)) if name == "hex" => unhex(&hex).map(Raw).ok_or_else(|| A::Error::custom("no hexadecimal bytes")),
            _ => Err(A::Error::custom("expected {\"hex\": \"...\"}")),
        }
    }
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    #[test]
    fn any_bytes_survive_both_formats() {
        for raw in [&b"plain {\"json\": 1}"[..], b"", b"\xff\x00broken \xc3", "π".as_bytes()] {
            for format in [Format::Json, Format::Compact] {
                let mut bytes = vec![];
                format.encode(&Raw(raw.to_vec()), &mut bytes).unwrap();
                assert_eq!(format.decode::<Raw>(&bytes).unwrap().0, raw);
            }
        }
    }
}
