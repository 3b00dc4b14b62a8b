//! What can go wrong, by what a caller can do about it.

use std::io;
use std::time::Duration;

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for; ask for something else.
    User,
    /// Something outside: the network, the log, the reader of the output.
    External,
    /// A mistake in this program.
    Internal,
}

/// Why there is no server, or no tap.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Someone listens there already.
    #[error(
        "{0} is already in use: stop what listens there, or choose another address with --listen HOST:PORT (port 0 takes a free one)"
    )]
    Taken(String),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; give an address of this machine with --listen HOST:PORT, as in 127.0.0.1:7878"
    )]
    Listen {
        /// The address as given.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// The threads cannot be started.
    #[error("cannot start the server's threads: {0}")]
    Threads(io::Error),
    /// There is no such topic.
    #[error("there is no topic '{topic}'; there is {}", known(.topics))]
    NoTopic {
        /// What was asked for.
        topic: String,
        /// What there is.
        topics: Vec<String>,
    },
    /// The log refuses.
    #[error("{0}")]
    Log(#[from] flow::Error),
    /// The reader of the output is gone, or it cannot be written.
    #[error("cannot write the records: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Taken(_) | Error::Listen { .. } | Error::NoTopic { .. } => Kind::User,
            Error::Log(flow::Error::Refused(_)) => Kind::User,
            Error::Log(_) | Error::Output(_) => Kind::External,
            Error::Threads(_) => Kind::Internal,
        }
    }

    /// How long to wait before the same may succeed; `None` if it never will.
    pub fn retry(&self) -> Option<Duration> {
        match self {
            Error::Log(error) => error.retry(),
            _ => None,
        }
    }
}

fn known(topics: &[String]) -> String {
    if topics.is_empty() { "none yet: nothing has run on this log".to_owned() } else { topics.join(", ") }
}
