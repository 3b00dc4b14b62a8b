//! How a value becomes bytes. A log picks one format for all its topics; stages never see which.

use serde::{Deserialize, Serialize};

/// The form of the values on a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a record: what strangers read, in any language.
    Json,
    /// A compact binary form that borrows on reading: what the embedded logs use.
    Compact,
}

/// A value that does not decode, or a record that does not parse: the reason, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl Format {
    /// Appends the encoded value to `into`.
    pub fn encode<T: Serialize>(self, value: &T, into: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Format::Json => serde_json::to_writer(into, value).map_err(|error| Broken(error.to_string())),
            Format::Compact => postcard::serialize_with_flavor(value, Tail(into)).map_err(|error| Broken(error.to_string())),
        }
    }

    /// Reads a value, borrowing from `bytes` where it can.
    pub fn decode<'de, T: Deserialize<'de>>(self, bytes: &'de [u8]) -> Result<T, Broken> {
        match self {
            Format::Json => serde_json::from_slice(bytes).map_err(|error| Broken(error.to_string())),
            Format::Compact => postcard::from_bytes(bytes).map_err(|error| Broken(error.to_string())),
        }
    }
}

/// Lets postcard write behind what a buffer already holds.
struct Tail<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Tail<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
