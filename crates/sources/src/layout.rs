//! How a recording is laid out, as far as its address and its first bytes tell.

use crate::address::{Address, escaped};
use crate::decode::{Columns, table_fields};
use crate::framing::Framing;
use crate::{Error, Settings};
use std::path::Path;

/// What the records are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// One piece of JSON a line.
    Json,
    /// One piece of JSON in all.
    Document,
    /// One post a row.
    Table(Box<Columns>),
}

/// How to read a recording.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// Whether the bytes are ISO 8859-1.
    pub(crate) latin: bool,
    /// Whether the first record is a heading.
    pub(crate) heading: bool,
}

/// What an address says about the layout.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    format: Option<String>,
    latin: bool,
    columns: Vec<(String, String)>,
}

impl Wanted {
    pub(crate) const OPTIONS: [&'static str; 3] = ["format", "encoding", "columns"];

    pub(crate) fn read(address: &Address) -> Result<Self, Error> {
        let known = |value: &str| ["auto", "jsonl", "json", "csv"].contains(&value).then(|| value.to_owned());
        let format = address.value("format", "auto".to_owned(), "write auto, jsonl, json or csv", known)?;
        let latin = |value: &str| match value.to_lowercase().as_str() {
            "utf-8" | "utf8" => Some(false),
            "latin-1" | "latin1" | "iso-8859-1" => Some(true),
            _ => None,
        };
        let latin = address.value("encoding", false, "write utf-8 or latin-1", latin)?;
        let columns = address.option("columns").unwrap_or_default();
        let pair = |part: &str| part.split_once(':').map(|(meaning, name)| (meaning.trim().to_owned(), name.to_owned()));
        let pairs: Option<Vec<_>> = columns.split(',').filter(|part| !part.is_empty()).map(pair).collect();
        let meant =
            |pairs: &Vec<(String, String)>| pairs.iter().all(|(meaning, _)| Columns::meanings().contains(&meaning.as_str()));
        let wanted = format!("write pairs such as text:tweet,time:3, for {}", Columns::meanings().join(", "));
        let columns = pairs.filter(meant).ok_or_else(|| address.bad("columns", columns, &wanted))?;
        Ok(Wanted { format: Some(format).filter(|format| format != "auto"), latin, columns })
    }
}

impl Wanted {
    pub(crate) fn is_document(&self) -> bool {
        self.format.as_deref() == Some("json")
    }

    /// The framing of a stream whose start is not known yet. Quotes that span lines need the format said.
    pub(crate) fn framing(&self) -> Framing {
        match self.format.as_deref() {
            Some("json") => Framing::Document,
            Some("csv") => Framing::Rows { delimiter: b',' },
            _ if !self.columns.is_empty() => Framing::Rows { delimiter: b',' },
            _ => Framing::Lines,
        }
    }

    pub(crate) fn limit(&self, settings: &Settings) -> usize {
        if self.is_document() { settings.max_document } else { settings.max_record }
    }
}

impl Layout {
    pub(crate) fn framing(&self) -> Framing {
        match &self.format {
            Format::Json => Framing::Lines,
            Format::Document => Framing::Document,
            Format::Table(columns) => Framing::Rows { delimiter: columns.delimiter },
        }
    }

    /// The longest record that is looked at.
    pub(crate) fn limit(&self, settings: &Settings) -> usize {
        if self.format == Format::Document { settings.max_document } else { settings.max_record }
    }

    /// JSON lines.
    pub(crate) fn lines(wanted: &Wanted) -> Self {
        Layout { format: Format::Json, latin: wanted.latin, heading: false }
    }

    /// The layout of a recording that starts with `head`.
    pub(crate) fn of(wanted: &Wanted, path: &Path, head: &[u8]) -> Result<Self, String> {
        let text: String = if wanted.latin {
            head.iter().map(|byte| char::from(*byte)).collect()
        } else {
            String::from_utf8_lossy(head).into_owned()
        };
        let start = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let format = match wanted.format.as_deref() {
            Some("jsonl") => Format::Json,
            Some("json") => Format::Document,
            Some(_) => return table(wanted, path, start),
            None if is_table(wanted, path, start) => return table(wanted, path, start),
            None if is_document(start) => Format::Document,
            None => Format::Json,
        };
        Ok(Layout { format, latin: wanted.latin, heading: false })
    }

    /// The layout as options of an address, complete: whoever has only one record can decode it with them.
    pub(crate) fn options(&self) -> String {
        let format = match &self.format {
            Format::Json => "format=jsonl".to_owned(),
            Format::Document => "format=json".to_owned(),
            Format::Table(columns) => {
                let delimiter = escaped(&char::from(columns.delimiter).to_string());
                let (pairs, network) = (columns.spelled_out(), escaped(&columns.network));
                format!("format=csv&columns={pairs}&delimiter={delimiter}&network={network}")
            }
        };
        format + if self.latin { "&encoding=latin-1" } else { "" }
    }

    /// The layout that [`Layout::options`] wrote down.
    pub(crate) fn noted(address: &Address, file: &str) -> Result<Self, Error> {
        let wanted = Wanted::read(address)?;
        let mut layout = Layout::lines(&wanted);
        if wanted.format.as_deref() == Some("csv") {
            let delimiter = address.option("delimiter").and_then(|text| text.bytes().next()).unwrap_or(b',');
            let columns = Columns::named(&[], &wanted.columns, delimiter);
            let mut columns = columns.map_err(|reason| address.bad("columns", "", &reason))?;
            columns.network = address.option("network").unwrap_or("csv").to_owned();
            columns.file = file.to_owned();
            layout.format = Format::Table(Box::new(columns));
        }
        Ok(layout)
    }
}

/// Whether this is a table: by its name, or because its first line is a heading or a row that we know.
fn is_table(wanted: &Wanted, path: &Path, start: &str) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    if !wanted.columns.is_empty() || name.ends_with(".csv") || name.ends_with(".tsv") {
        return true;
    }
    if [".json", ".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end)) {
        return false;
    }
    let (row, _) = first_row(start);
    Columns::is_heading(&row) || Columns::is_sentiment140(&row)
}

fn table(wanted: &Wanted, path: &Path, start: &str) -> Result<Layout, String> {
    let (row, delimiter) = first_row(start);
    let (mut columns, heading) = if Columns::is_sentiment140(&row) && wanted.columns.is_empty() {
        (Columns::sentiment140(), false)
    } else if start.is_empty() {
        return Ok(Layout::lines(wanted));
    } else {
        // Where columns are told by number, a row that tells a time is no heading: what is in it names no column.
        match Columns::named(&[], &wanted.columns, delimiter).ok().filter(|columns| columns.tells_time(&row)) {
            Some(columns) => (columns, false),
            None => (Columns::named(&row, &wanted.columns, delimiter)?, true),
        }
    };
    columns.file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Layout { format: Format::Table(Box::new(columns)), latin: wanted.latin, heading })
}

/// The fields of the first row, and what separates them.
fn first_row(start: &str) -> (Vec<String>, u8) {
    let line = start.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    let delimiter = [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',');
    let length = Framing::Rows { delimiter }.next(start.as_bytes(), 0, usize::MAX).map_or(0, |frame| frame.range.end);
    let row = start.get(..length).unwrap_or_default().trim_end_matches('\r');
    (table_fields(row, delimiter).into_iter().map(String::from).collect(), delimiter)
}

/// Whether the first value goes on behind the end of the first line, as in a document written for people. An object cut
/// short in front of another line's object is no such document.
fn is_document(start: &str) -> bool {
    let start = start.trim_start();
    let (first, next) = start.split_once('\n').unwrap_or((start, ""));
    if first.starts_with('{') && next.starts_with('{') {
        return false;
    }
    let mut values = serde_json::Deserializer::from_str(start).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => values.byte_offset() > first.len(),
        Some(Err(error)) => error.is_eof() && !next.is_empty(),
        None => false,
    }
}
