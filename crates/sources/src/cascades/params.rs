//! The `params.config` of Tweetoscope's generator: `keyword value` lines, and `#` before what is for people.

use super::plan::{above_0, positive, sources};
use crate::Error;
use crate::address::nearest;
use std::path::{Path, PathBuf};

/// Keywords that it has; the second half is for its caches and its Kafka, and changes nothing here.
const KEYWORDS: [&str; 15] = [
    "tweets_path",
    "cascades_path",
    "seconds_per_time_unit",
    "time_acceleration_factor",
    "cascade_random_start_time_range",
    "max_number_of_cascades",
    "number_of_threads",
    "tweets_index_path",
    "cascades_index_path",
    "tweets_cache_page_size",
    "tweets_cache_nb_pages",
    "cascades_cache_page_size",
    "cascades_cache_nb_pages",
    "kafka_topic",
    "kafka_brokers",
];
/// No such file is this long.
const LONGEST: u64 = 1 << 20;

/// What it says. What it leaves out is as if there was no file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Params {
    pub(super) data: Option<PathBuf>,
    pub(super) index: Option<PathBuf>,
    pub(super) unit: Option<f64>,
    pub(super) speed: Option<f64>,
    /// In seconds.
    pub(super) within: Option<u64>,
    pub(super) alive: Option<u64>,
    pub(super) sources: Option<u64>,
}

impl Params {
    /// Reads the file; paths in it count from where it lies.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let layout = |reason: String| Error::Layout { path: path.to_owned(), reason };
        if crate::replay::check(path)? > LONGEST {
            return Err(layout("is too long for a params.config; name a file of `keyword value` lines".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(|error| Error::Unreadable { path: path.to_owned(), error })?;
        let text = String::from_utf8(bytes).map_err(|_| layout("is not UTF-8; it must be `keyword value` lines".to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Params::read(&text, folder).map_err(layout)
    }

    pub(super) fn read(text: &str, folder: &Path) -> Result<Self, String> {
        let mut params = Params::default();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let line = uncommented(line).trim();
            if line.is_empty() {
                continue;
            }
            let (keyword, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            params.set(keyword, value.trim(), folder).map_err(|reason| format!("line {number}: {reason}"))?;
        }
        Ok(params)
    }

    fn set(&mut self, keyword: &str, value: &str, folder: &Path) -> Result<(), String> {
        if !KEYWORDS.contains(&keyword) {
            let known = KEYWORDS.join(", ");
            let meant = nearest(keyword, &KEYWORDS).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            return Err(format!("there is no keyword `{keyword}`{meant}; there are {known}"));
        }
        if value.is_empty() {
            return Err(format!("`{keyword}` has no value; write one behind it"));
        }
        let bad = |wanted: &str| format!("`{keyword} {value}` is not right: {wanted}");
        let number = || positive(value).ok_or_else(|| bad("write a number above 0"));
        match keyword {
            "tweets_path" => self.data = Some(folder.join(value)),
            "cascades_path" => self.index = Some(folder.join(value)),
            "seconds_per_time_unit" => self.unit = Some(number()?),
            "time_acceleration_factor" => self.speed = Some(number()?),
            "cascade_random_start_time_range" => {
                self.within = Some(minutes(value).ok_or_else(|| bad("write minutes, from 0 to 1440"))?);
            }
            "max_number_of_cascades" => self.alive = Some(above_0(value).ok_or_else(|| bad("write a number above 0"))?),
            "number_of_threads" => {
                self.sources = Some(sources(value).ok_or_else(|| bad("write a number from 1 to 4096"))?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A line without what is for people: a `#` in the middle of a word belongs to a path.
fn uncommented(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| line.get(..*at).is_some_and(|before| before.trim_end().len() < *at || *at == 0);
    line.match_indices('#').find(starts).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// Minutes, in seconds.
fn minutes(text: &str) -> Option<u64> {
    let minutes: f64 = text.parse().ok()?;
    (0.0..=1440.0).contains(&minutes).then(|| (minutes * 60.0).round() as u64)
}
