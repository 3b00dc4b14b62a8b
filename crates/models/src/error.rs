//! What can be wrong with a model's folder: all of it is for whoever put it there to mend.

use std::path::Path;

/// What is wrong, and where.
#[derive(Debug)]
pub struct Error(pub String);

/// A result of looking at folders.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// This, with that place.
    pub(crate) fn at(place: &Path, why: impl std::fmt::Display) -> Error {
        Error(format!("{}: {why}", place.display()))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
