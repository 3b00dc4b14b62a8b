//! The demonstration's recording: a folder as KafkaFilRouge has it, of posts that nobody wrote.

use crate::config::seed;
use anyhow::{Context, Result, anyhow};
use domain::Post;
use flow::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// Posts that read like posts: some ten hours of them, in the course of a working day.
const POSTS: &str = "count=15000&rate=0.4&seed=140&reposts=0&disorder=0s&start=2026-03-02T07:00:00Z";
const DATA: &str = "data.csv";
/// What it is called, and how it is to be played: ten hours in twelve minutes.
const VARIABLES: [(&str, &str); 4] =
    [("INITIAL_FIELDS", r#"{"pseudo":5, "tweet":6}"#), ("TIMESTAMP_FIELD", "3"), ("FILENAME_DATA", DATA), ("SPEED", "50")];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Makes the folder; gives the source that plays it. `goshawk run` in there plays it as well.
pub fn make(folder: &Path) -> Result<String> {
    let place = folder.display();
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {place}"))?;
    let variables: String = VARIABLES.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    std::fs::write(folder.join(".env"), variables).with_context(|| format!("cannot write {place}/.env"))?;
    let data = folder.join(DATA);
    write(&data).with_context(|| format!("cannot write {}", data.display()))?;
    let mut known: BTreeMap<String, String> = VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    known.insert("FILENAME_DATA".to_owned(), data.display().to_string());
    seed::source(&known)?.ok_or_else(|| anyhow!("the recording is none"))
}

/// Six columns without a heading, as sentiment140 has them.
fn write(path: &Path) -> Result<()> {
    let mut rows = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_path(path)?;
    for post in sources::made_up(POSTS)? {
        let Post { id, time, author, text, .. } = &post;
        // What it is like nobody has said: that is 2.
        rows.write_record(["2", id, &date(*time), "NO_QUERY", author.handle.as_deref().unwrap_or_default(), text])?;
    }
    Ok(rows.flush()?)
}

/// As the network wrote it in those days: `Mon Apr 06 22:19:49 UTC 2009`.
fn date(time: Timestamp) -> String {
    let written = time.to_string();
    let part = |from: usize, to: usize| written.get(from..to).unwrap_or_default();
    let day = usize::try_from(time.millis().div_euclid(86_400_000).rem_euclid(7)).ok().and_then(|day| DAYS.get(day));
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let (day, month) = (day.copied().unwrap_or_default(), month.copied().unwrap_or_default());
    format!("{day} {month} {} {} UTC {}", part(8, 10), part(11, 19), part(0, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_they_were_then() {
        let written = |time: &str| date(Timestamp::parse(time).unwrap());
        assert_eq!(written("2009-04-06T22:19:49Z"), "Mon Apr 06 22:19:49 UTC 2009");
        assert_eq!(written("1969-12-31T00:00:01Z"), "Wed Dec 31 00:00:01 UTC 1969");
    }
}
