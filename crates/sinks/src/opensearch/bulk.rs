//! What goes into a `_bulk` request, and what its answer says.

use domain::Document;
use flow::{Batch, Raw, Record, Refused};
use serde_json::{Value, json};

/// A document to be written, and the record that it comes from.
pub struct Item<'a> {
    pub batch: &'a Batch,
    pub record: Record<'a>,
    pub value: &'a [u8],
    /// Its lines in the request.
    pub lines: String,
}

impl Item<'_> {
    /// The item with the lines of its document. Its version is its place in the log: later ones are higher.
    pub fn of(mut self, document: &Document<'_>) -> Self {
        let about = json!({ "_id": document.name(), "version": self.record.offset + 1, "version_type": "external" });
        self.lines = match document.is_deleted() {
            true => format!("{}\n", json!({ "delete": about })),
            false => format!("{}\n{}\n", json!({ "index": about }), document.source()),
        };
        self
    }

    pub fn refused(&self, why: &str) -> Refused {
        Refused {
            by: "opensearch".into(),
            from: self.batch.topic.clone(),
            partition: self.batch.partition,
            offset: self.record.offset,
            time: self.record.time,
            reason: why.to_owned(),
            raw: Raw(self.value.to_vec()),
        }
    }
}

/// The body of a request.
pub fn body(items: &[Item<'_>]) -> String {
    items.iter().map(|item| item.lines.as_str()).collect()
}

/// What a store makes of an item.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It has it, or something newer.
    Taken,
    /// It never will, and why.
    Refused(String),
    /// It has no room now.
    Later(String),
    /// There is no index.
    NoIndex,
}

/// The verdicts on so many items, in their order; none if the answer has not as many.
pub fn verdicts(answer: &Value, many: usize) -> Option<Vec<Verdict>> {
    let items = answer.get("items")?.as_array().filter(|items| items.len() == many)?;
    items.iter().map(|item| verdict(item.as_object()?.iter().next()?)).collect()
}

fn verdict((action, told): (&String, &Value)) -> Option<Verdict> {
    let error = told.get("error");
    let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str).unwrap_or_default();
    let cause = error.and_then(|error| error.pointer("/caused_by/reason")).and_then(Value::as_str);
    let why = || {
        let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
        format!("{}: {}{cause}", text("type"), text("reason"))
    };
    Some(match told.get("status")?.as_u64()? {
        200..=299 | 409 => Verdict::Taken,
        404 if action == "delete" && error.is_none() => Verdict::Taken,
        404 if text("type") == "index_not_found_exception" => Verdict::NoIndex,
        429 | 500.. => Verdict::Later(why()),
        // A disk that is nearly full, or somebody, has closed the index for writing: it may be opened again.
        403 if text("type") == "cluster_block_exception" => Verdict::Later(why()),
        _ => Verdict::Refused(why()),
    })
}
