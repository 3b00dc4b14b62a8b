//! Documents that a query finds, as files: for spreadsheets, for programs, for those who only may pass on identifiers; and what the
//! file is, so that it can be trusted.

mod columns;
mod parquet;
#[cfg(test)]
mod tests;

use columns::{Column, columns};
use domain::{Finder, Request};
use serde_json::{Value, json};
use std::io::Write;

/// In which form documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table for spreadsheets.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// A table for programs.
    Parquet,
    /// Names of documents only, a line each.
    Ids,
    /// What the file is: the query, the time, what it covers, which models spoke.
    Manifest,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 5] = [Form::Csv, Form::Ndjson, Form::Parquet, Form::Ids, Form::Manifest];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Form::Csv => "csv",
            Form::Ndjson => "ndjson",
            Form::Parquet => "parquet",
            Form::Ids => "ids",
            Form::Manifest => "manifest",
        }
    }

    /// The type of its bytes.
    pub fn content_type(self) -> &'static str {
        match self {
            Form::Csv => "text/csv; charset=utf-8",
            Form::Ndjson => "application/x-ndjson",
            Form::Parquet => "application/vnd.apache.parquet",
            Form::Ids => "text/plain; charset=utf-8",
            Form::Manifest => "application/json",
        }
    }
}

/// Which documents are wanted: what is not said restricts nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// In the query language of Elasticsearch's `query_string`.
    pub query: Option<String>,
    /// Not before this, as `2026-03-01` or `now-1d`.
    pub from: Option<String>,
    /// Before this.
    pub to: Option<String>,
}

impl Wanted {
    /// The query that finds them.
    pub fn query(&self) -> Value {
        let all = json!({ "match_all": {} });
        let word =
            |query: &String| json!({ "query_string": { "query": query, "default_field": "content", "default_operator": "AND" } });
        let must = self.query.as_ref().filter(|query| !query.trim().is_empty()).map_or(all, word);
        let mut bounds = serde_json::Map::new();
        for (name, bound) in [("gte", &self.from), ("lt", &self.to)] {
            if let Some(bound) = bound.as_ref().filter(|bound| !bound.is_empty()) {
                bounds.insert(name.to_owned(), json!(bound));
            }
        }
        match bounds.is_empty() {
            true => must,
            false => json!({ "bool": { "must": [must], "filter": [{ "range": { "date": bounds } }] } }),
        }
    }
}

/// Why an export fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The query makes no sense, or the index cannot be read.
    #[error("{0}")]
    Refused(String),
    /// What is written to is not there any more, or full.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
}

/// Writes what is wanted; how many documents that are.
pub fn write(finder: &dyn Finder, wanted: &Wanted, form: Form, out: &mut (dyn Write + Send)) -> Result<u64, Failure> {
    match form {
        Form::Manifest => {
            let manifest = manifest(finder, wanted)?;
            writeln!(out, "{manifest:#}")?;
            Ok(manifest.get("documents").and_then(Value::as_u64).unwrap_or_default())
        }
        Form::Parquet => parquet::write(finder, wanted, &columns(finder)?, out),
        Form::Csv => csv(finder, wanted, &columns(finder)?, out),
        Form::Ndjson | Form::Ids => lines(finder, wanted, form == Form::Ids, out),
    }
}

/// Goes through what is wanted, by date.
fn each(
    finder: &dyn Finder,
    wanted: &Wanted,
    mut take: impl FnMut(&domain::Found) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let search = json!({ "query": wanted.query(), "sort": [{ "date": "asc" }] });
    let mut pages = finder.pages(&search).map_err(Failure::Refused)?;
    let mut documents = 0;
    loop {
        let page = pages.next_page().map_err(Failure::Refused)?;
        if page.is_empty() {
            return Ok(documents);
        }
        documents += page.len() as u64;
        page.iter().try_for_each(&mut take)?;
    }
}

fn lines(finder: &dyn Finder, wanted: &Wanted, only_ids: bool, out: &mut dyn Write) -> Result<u64, Failure> {
    each(finder, wanted, |found| {
        out.write_all(if only_ids { found.id.as_bytes() } else { &found.source })?;
        Ok(out.write_all(b"\n")?)
    })
}

fn csv(finder: &dyn Finder, wanted: &Wanted, columns: &[Column], out: &mut dyn Write) -> Result<u64, Failure> {
    let mut row = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(",");
    writeln!(out, "{row}\r")?;
    each(finder, wanted, |found| {
        let source: Value = serde_json::from_slice(&found.source).unwrap_or_default();
        row.clear();
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                row.push(',');
            }
            row.push_str(&cell(column, &source));
        }
        Ok(writeln!(out, "{row}\r")?)
    })
}

fn cell(column: &Column, source: &Value) -> String {
    let text = column.text(source).unwrap_or_default();
    // A spreadsheet takes such text for a formula and works it out.
    if column.is_text() && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return quoted(&format!("'{text}"));
    }
    quoted(&text)
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// What a file of these documents is.
fn manifest(finder: &dyn Finder, wanted: &Wanted) -> Result<Value, Failure> {
    let by = |field: &str| json!({ "terms": { "field": field, "size": 1000 } });
    let search = json!({
        "size": 0, "track_total_hits": true, "query": wanted.query(),
        "aggs": { "dates": { "stats": { "field": "date" } }, "models": by("models"), "unscored": by("unscored"), "missing": by("missing"), "networks": by("network") },
    });
    let found = ask(finder, &format!("/{}/_search", finder.index()), &search)?;
    let named = |name: &str| -> Value {
        let buckets = found.pointer(&format!("/aggregations/{name}/buckets")).and_then(Value::as_array);
        let pair = |bucket: &Value| Some((bucket.get("key")?.as_str()?.to_owned(), bucket.get("doc_count")?.clone()));
        Value::Object(buckets.into_iter().flatten().filter_map(pair).collect())
    };
    let date = |name: &str| found.pointer(&format!("/aggregations/dates/{name}_as_string")).cloned();
    Ok(json!({
        "made_by": concat!("goshawk ", env!("CARGO_PKG_VERSION")), "made_at": crate::api::now().to_string(), "index": finder.index(),
        "query": wanted.query, "from": wanted.from, "to": wanted.to,
        "documents": found.pointer("/hits/total/value"), "first": date("min"), "last": date("max"),
        "networks": named("networks"), "models": named("models"), "unscored": named("unscored"), "missing": named("missing"),
    }))
}

/// What the index answers; a no is told in its words.
fn ask(finder: &dyn Finder, path: &str, body: &Value) -> Result<Value, Failure> {
    let (method, body) = if body.is_null() { ("GET", String::new()) } else { ("POST", body.to_string()) };
    let reply = finder.ask(Request { method, path, query: "", body: body.as_bytes() });
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if reply.status == 200 {
        return Ok(answer);
    }
    let cause = answer.pointer("/error/root_cause/0/reason").or_else(|| answer.pointer("/error/reason"));
    Err(Failure::Refused(cause.and_then(Value::as_str).unwrap_or("the index gives no answer").to_owned()))
}
