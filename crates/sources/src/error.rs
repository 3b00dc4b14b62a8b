//! What can be wrong with a source before it starts.

use std::path::PathBuf;

/// Why a source cannot be opened, in words that say what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address names no source.
    #[error("no source is called `{scheme}:`{nearest}; there are {known}", nearest = meant(.nearest))]
    UnknownScheme {
        /// What was written.
        scheme: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// What there is.
        known: String,
    },
    /// The address has no `scheme:` in front.
    #[error("`{0}` is no source: write replay:FILE, stdin: or synthetic: (for a file: replay:{0})")]
    NoScheme(String),
    /// An option that the source does not have.
    #[error("{scheme}: has no option `{option}`{nearest}; it has {known}", nearest = meant(.nearest))]
    UnknownOption {
        /// The source.
        scheme: String,
        /// What was written.
        option: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// What there is.
        known: String,
    },
    /// An option whose value the source does not take.
    #[error("{scheme}: option {option}={value} is not right: {wanted}")]
    BadOption {
        /// The source.
        scheme: String,
        /// The option.
        option: String,
        /// What was written.
        value: String,
        /// What can be written.
        wanted: String,
    },
    /// There is no such file.
    #[error("there is no file {0}; check the path (it counts from the current folder)")]
    Missing(PathBuf),
    /// A folder stands where a file is expected.
    #[error("{0} is a folder; name one file in it")]
    Folder(PathBuf),
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// The file's layout is not understood.
    #[error("{path}: {reason}")]
    Layout {
        /// The file.
        path: PathBuf,
        /// What is missing, and how to say it.
        reason: String,
    },
}

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whoever wrote the configuration.
    User,
    /// Whoever runs the machine or the service.
    External,
}

impl Error {
    /// Who can do something about it.
    pub fn kind(&self) -> Kind {
        if matches!(self, Error::Unreadable { .. }) { Kind::External } else { Kind::User }
    }

    /// Whether trying again may help without a change.
    pub fn retry(&self) -> bool {
        matches!(self, Error::Unreadable { .. })
    }
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}
