//! How a recording is laid out, as far as its address and its first bytes tell.

use crate::framing::Framing;

/// What the records are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// One piece of JSON a line.
    Json,
    /// One piece of JSON in all.
    Document,
}

/// How to read a recording.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// Whether the bytes are ISO 8859-1.
    pub(crate) latin: bool,
    /// Records that start before this offset are a heading.
    pub(crate) heading: u64,
}

impl Layout {
    pub(crate) fn framing(&self) -> Framing {
        match self.format {
            Format::Json => Framing::Lines,
            Format::Document => Framing::Document,
        }
    }
}
