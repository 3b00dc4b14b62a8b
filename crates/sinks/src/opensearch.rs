//! `opensearch`: documents, into a real OpenSearch or Elasticsearch.

mod bulk;
#[cfg(test)]
mod tests;

use crate::Service;
use bulk::{Item, Verdict};
use domain::{Document, document};
use flow::{Batch, Error, Format, Refused, Result, Sink};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Items that the store had no room for are tried again after this, and then after twice as long,
const FIRST: Duration = Duration::from_millis(100);
/// so often; then all of it is tried again later.
const TRIES: u32 = 6;

/// Writes each document under the name of its post. What it writes has the document's place in the log for its version, so the store
/// itself refuses what is older than what it has: to write something twice does no harm.
pub struct Opensearch {
    nodes: Vec<Service>,
    /// The node that answered last.
    at: usize,
    writing: Writing,
    /// Whether the index is there and ours.
    ready: bool,
}

/// What is written, and how.
#[derive(Clone, Debug)]
pub struct Writing {
    /// The index.
    pub index: String,
    /// The log that its documents come from: versions of two logs do not compare.
    pub log: String,
    /// Whether the index is emptied before the first document.
    pub empty: bool,
    /// About how many bytes go in one request.
    pub batch_bytes: usize,
}

impl Opensearch {
    /// Writes to these nodes of a store.
    pub fn new(nodes: Vec<Service>, writing: Writing) -> Self {
        Opensearch { nodes, at: 0, writing, ready: false }
    }

    /// Makes sure that the index is there, with the right mapping, and holds nobody else's documents.
    pub fn prepare(&mut self) -> Result<()> {
        let index = self.writing.index.clone();
        if self.writing.empty {
            let (status, answer) = self.ask("DELETE", &format!("/{index}?ignore_unavailable=true"), "")?;
            self.expect(&format!("cannot empty {index}"), status, &answer)?;
        }
        let fields = document::mapping();
        // It says which log's documents it holds.
        let mappings = json!({ "_meta": { "goshawk_log": self.writing.log }, "properties": fields.get("properties") });
        let template = json!({ "index_patterns": [index], "priority": 200, "template": { "mappings": mappings } });
        let (status, answer) = self.ask("PUT", &format!("/_index_template/goshawk-{index}"), &template.to_string())?;
        self.expect("cannot set the index template", status, &answer)?;
        let (status, answer) = self.ask("GET", &format!("/{index}/_mapping"), "")?;
        if status == 404 {
            let (status, answer) = self.ask("PUT", &format!("/{index}"), "")?;
            if !said(&answer).contains("resource_already_exists_exception") {
                self.expect(&format!("cannot make {index}"), status, &answer)?;
            }
        } else {
            self.expect(&format!("cannot look at {index}"), status, &answer)?;
            self.check(&answer)?;
        }
        (self.ready, self.writing.empty) = (true, false);
        Ok(())
    }

    /// An index that another log filled is left alone.
    fn check(&self, mappings: &Value) -> Result<()> {
        let owner = mappings
            .as_object()
            .and_then(|indices| indices.values().next())
            .and_then(|index| index.pointer("/mappings/_meta/goshawk_log"));
        match owner.and_then(Value::as_str) {
            Some(owner) if owner != self.writing.log => Err(Error::Refused(format!(
                "the index {} holds the documents of another log ({owner}): set opensearch.index to another name, or opensearch.empty = true to empty it",
                self.writing.index
            ))),
            _ => Ok(()),
        }
    }

    fn expect(&self, what: &str, status: u16, answer: &Value) -> Result<()> {
        match status {
            200..=299 => Ok(()),
            429 | 500.. => Err(Error::Io(format!("{what}: {} answered {status}: {}", self.store(), said(answer)))),
            _ => Err(Error::Refused(format!("{what}: {} answered {status}: {}", self.store(), said(answer)))),
        }
    }

    fn store(&self) -> String {
        self.nodes.get(self.at).map_or_else(|| "the store".to_owned(), ToString::to_string)
    }

    /// Asks the node that answered last; if it is away, the others.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Value)> {
        let mut away = Error::Refused("opensearch.url names no node".into());
        for _ in 0..self.nodes.len() {
            let Some(node) = self.nodes.get(self.at) else { break };
            match node.ask(method, path, body) {
                Ok(answer) => return Ok(answer),
                Err(error) => away = error,
            }
            self.at = (self.at + 1) % self.nodes.len();
        }
        Err(away)
    }

    /// Writes items, some at a time; those that the store does not take are told.
    fn send(&mut self, items: Vec<Item<'_>>, refused: &mut Vec<Refused>) -> Result<()> {
        let (mut waiting, mut bytes) = (vec![], 0);
        for item in items {
            bytes += item.lines.len();
            waiting.push(item);
            if bytes >= self.writing.batch_bytes {
                self.send_some(std::mem::take(&mut waiting), refused)?;
                bytes = 0;
            }
        }
        self.send_some(waiting, refused)
    }

    /// One request, and others for the items that there was no room for.
    fn send_some(&mut self, mut items: Vec<Item<'_>>, refused: &mut Vec<Refused>) -> Result<()> {
        let mut why = String::new();
        for tries in 0..TRIES {
            if items.is_empty() {
                return Ok(());
            }
            let (status, answer) = self.ask("POST", &format!("/{}/_bulk", self.writing.index), &bulk::body(&items))?;
            if status == 413 {
                return self.send_halves(items, refused);
            }
            if status == 429 || status >= 500 {
                why = format!("{status}: {}", said(&answer));
            } else {
                self.expect("cannot write", status, &answer)?;
                (items, why) = self.judge(items, &answer, refused)?;
            }
            if !items.is_empty() {
                std::thread::sleep(FIRST * 2_u32.pow(tries));
            }
        }
        match items.is_empty() {
            true => Ok(()),
            false => Err(Error::Io(format!("{} has no room for {} documents: {why}", self.store(), items.len()))),
        }
    }

    /// More at once than the store takes.
    fn send_halves(&mut self, mut items: Vec<Item<'_>>, refused: &mut Vec<Refused>) -> Result<()> {
        let behind = items.split_off(items.len() / 2);
        if let (true, Some(item)) = (items.is_empty(), behind.first()) {
            refused.push(item.refused("too large for the store"));
            return Ok(());
        }
        self.send_some(items, refused)?;
        self.send_some(behind, refused)
    }

    /// What the store says of each item: those to be tried again, and why.
    fn judge<'a>(&mut self, items: Vec<Item<'a>>, answer: &Value, refused: &mut Vec<Refused>) -> Result<(Vec<Item<'a>>, String)> {
        let verdicts = bulk::verdicts(answer, items.len());
        let verdicts = verdicts.ok_or_else(|| Error::Io(format!("{} answered what is no answer to _bulk", self.store())))?;
        let (mut again, mut because) = (vec![], String::new());
        for (item, verdict) in items.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Taken => {}
                Verdict::Refused(why) => refused.push(item.refused(&why)),
                Verdict::Later(why) => {
                    because = why;
                    again.push(item);
                }
                Verdict::NoIndex => {
                    self.ready = false;
                    return Err(Error::Io(format!("the index {} has gone; it is made again", self.writing.index)));
                }
            }
        }
        Ok((again, because))
    }

    /// What repeats a post that was taken back goes with it.
    fn take_back(&mut self, gone: &BTreeMap<String, BTreeSet<String>>) -> Result<()> {
        let index = self.writing.index.clone();
        for (network, roots) in gone {
            // Only what can be found is deleted by a query.
            let (status, answer) = self.ask("POST", &format!("/{index}/_refresh"), "")?;
            self.expect("cannot refresh", status, &answer)?;
            let query = json!({ "query": { "bool": { "filter": [{ "term": { "network": network } }, { "terms": { "root": roots } }] } } });
            let path = format!("/{index}/_delete_by_query?conflicts=proceed&refresh=true");
            let (status, answer) = self.ask("POST", &path, &query.to_string())?;
            self.expect("cannot delete what was taken back", status, &answer)?;
        }
        Ok(())
    }
}

/// What an answer says in words.
fn said(answer: &Value) -> String {
    let reason = answer.pointer("/error/reason").and_then(Value::as_str);
    let kind = answer.pointer("/error/type").and_then(Value::as_str).unwrap_or_default();
    reason.map_or_else(|| answer.to_string(), |reason| format!("{kind}: {reason}")).chars().take(300).collect()
}

impl Sink for Opensearch {
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<Vec<Refused>> {
        if !self.ready {
            self.prepare()?;
        }
        let (mut newest, mut refused, mut gone) = (BTreeMap::new(), vec![], BTreeMap::<String, BTreeSet<String>>::new());
        for batch in batches {
            for record in batch.block.records(batch.base, batch.from) {
                let Some(value) = record.value else { continue };
                let item = Item { batch, record, value, lines: String::new() };
                match format.decode::<Document<'_>>(value) {
                    Err(broken) => refused.push(item.refused(&broken.0)),
                    Ok(document) => {
                        if document.is_deleted() {
                            let roots = gone.entry(document.post.network.to_string()).or_default();
                            roots.insert(document.post.id.to_string());
                        }
                        newest.insert(document.name(), item.of(&document));
                    }
                }
            }
        }
        self.send(newest.into_values().collect(), &mut refused)?;
        self.take_back(&gone)?;
        Ok(refused)
    }
}
