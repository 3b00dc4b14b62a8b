//! Log URLs.

use brokers::Settings;
use flow::{Error, Format};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Which log, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum Url {
    /// A log that is gone with its process.
    Memory {
        /// How values are encoded; `?format=json` shows what a log for strangers would hold.
        format: Format,
    },
    /// A log in a folder.
    Disk {
        /// The folder.
        path: PathBuf,
        /// How it is kept.
        options: Options,
    },
    /// A log on Apache Kafka.
    Kafka(Box<Settings>),
}

/// What a log is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read and write; there is one such process.
    Write,
    /// To look at what is there.
    Read,
}

/// When a commit is on the disk, and not only with the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// Before the commit returns.
    Always,
    /// At most so much later. A killed process loses nothing; a power cut loses this much.
    Every(Duration),
}

/// How a disk log is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// When commits reach the disk.
    pub fsync: Fsync,
    /// Bytes in a segment file.
    pub segment: u64,
    /// Bytes of recent blocks kept in memory, for readers that keep up.
    pub cache: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { fsync: Fsync::Every(Duration::from_millis(100)), segment: 64 << 20, cache: 24 << 20 }
    }
}

fn refused(text: String) -> Error {
    Error::Refused(text)
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        let (scheme, rest) = url.split_once(':').ok_or_else(|| unknown(url))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        match scheme {
            "memory" => memory(pairs),
            "disk" if path.is_empty() => Err(refused("disk: needs a folder, as in disk:./goshawk-data".into())),
            "disk" => disk(path, pairs),
            "kafka" => Settings::parse(rest).map(|settings| Url::Kafka(Box::new(settings))),
            _ => Err(unknown(url)),
        }
    }
}

fn unknown(url: &str) -> Error {
    refused(format!("'{}' is no log; known are memory:, disk:PATH and kafka://HOST:PORT", url.split('?').next().unwrap_or(url)))
}

fn memory<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Url, Error> {
    let mut format = Format::Compact;
    for (name, value) in pairs {
        format = match (name, value) {
            ("format", "json") => Format::Json,
            ("format", "compact") => Format::Compact,
            _ => return Err(refused(format!("memory: does not know '{name}={value}'; it knows format=json and format=compact"))),
        };
    }
    Ok(Url::Memory { format })
}

fn disk<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Url, Error> {
    let mut options = Options::default();
    for (name, value) in pairs {
        match name {
            "fsync" => options.fsync = fsync(value)?,
            "segment" => options.segment = size(value)?.max(4096),
            "cache" => options.cache = usize::try_from(size(value)?).unwrap_or(usize::MAX),
            _ => return Err(refused(format!("disk: does not know the option '{name}'; it knows fsync, segment and cache"))),
        }
    }
    Ok(Url::Disk { path: path.into(), options })
}

fn fsync(value: &str) -> Result<Fsync, Error> {
    if value == "always" {
        return Ok(Fsync::Always);
    }
    let millis = value.strip_suffix("ms").and_then(|number| number.parse().ok());
    let wrong = || refused(format!("fsync={value} is neither 'always' nor milliseconds such as '100ms'"));
    millis.filter(|ms| *ms > 0).map(|ms| Fsync::Every(Duration::from_millis(ms))).ok_or_else(wrong)
}

/// Bytes: `4096`, `64KiB`, `64MiB`, `2GiB`.
fn size(value: &str) -> Result<u64, Error> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match value.get(digits.len()..) {
        Some("") => Some(0),
        Some("KiB") => Some(10),
        Some("MiB") => Some(20),
        Some("GiB") => Some(30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(unit).and_then(|(number, shift)| number.checked_mul(1 << shift));
    bytes.ok_or_else(|| refused(format!("'{value}' is no size; write 67108864, 65536KiB or 64MiB")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_urls_of_the_handbook() {
        assert_eq!("memory:".parse::<Url>().unwrap(), Url::Memory { format: Format::Compact });
        let Url::Disk { path, options } = "disk:./a?fsync=always&segment=1MiB&cache=0".parse::<Url>().unwrap() else { panic!() };
        assert_eq!((path.to_str().unwrap(), options.fsync), ("./a", Fsync::Always));
        assert_eq!((options.segment, options.cache), (1 << 20, 0));
    }

    #[test]
    fn says_what_is_wrong() {
        for (url, part) in [
            ("goshawk-data", "known are memory:, disk:PATH and kafka://HOST:PORT"),
            ("disk:", "needs a folder"),
            ("disk:x?sync=1", "it knows fsync"),
            ("disk:x?fsync=0ms", "neither 'always'"),
            ("disk:x?segment=1XB", "no size"),
            ("memory:?format=xml", "format=json"),
        ] {
            let error = url.parse::<Url>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
