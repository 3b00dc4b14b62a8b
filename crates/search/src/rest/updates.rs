//! Changes to a part of a document.

use super::conditions::{OWN_VERSIONS, Told};
use super::documents::{CONDITIONS, WRITING, check_options, invalid, refresh, settle, status, writable, written};
use super::{Ask, Reply, parsed};
use crate::store::{Condition, Done, Index, Outcome, TERM, Write};
use crate::{Error, Result};
use serde_json::{Map, Value, json};

/// So often a change is tried again when others write between.
const TRIES: usize = 32;

pub(super) fn update(ask: &Ask, name: &str, id: &str) -> Result<Reply> {
    let more = ["_source", "_source_includes", "_source_excludes", "require_alias", "retry_on_conflict", "lang"];
    ask.parameters.allow(&ask.path, &[&WRITING, &CONDITIONS, &more])?;
    let refresh = refresh(ask)?;
    let told = Told::of(ask)?;
    if told.names_version() {
        return Err(invalid(OWN_VERSIONS));
    }
    let condition = told.condition(false, true)?;
    if ask.body.is_empty() {
        return Err(Error::new(400, "parse_exception", "request body is required"));
    }
    let change = Change::read(ask.body)?;
    change.check(condition, ask.parameters.number("retry_on_conflict")?.unwrap_or_default())?;
    check_options(name, None, ask.parameters.flag("require_alias")?)?;
    let index = writable(ask, name)?;
    let (done, noop) = change.apply(&index, id, condition, 0)?;
    settle(&index, refresh)?;
    let mut told = written(&index, &done, refresh);
    if noop {
        told.insert("result".to_owned(), json!("noop"));
        told.insert("_shards".to_owned(), json!({ "total": 0, "successful": 0, "failed": 0 }));
        told.remove("forced_refresh");
    }
    Reply::with_status(status(done.outcome), Value::Object(told))
}

/// What an update asks.
pub(super) struct Change {
    doc: Map<String, Value>,
    upsert: Option<Value>,
    doc_as_upsert: bool,
    detect_noop: bool,
}

impl Change {
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let Value::Object(body) = parsed(body)? else { return Err(Error::parsing("Expected [START_OBJECT]")) };
        let mut change = Change { doc: Map::new(), upsert: None, doc_as_upsert: false, detect_noop: true };
        let mut told = false;
        for (name, value) in body {
            match (name.as_str(), value) {
                ("doc", Value::Object(doc)) => {
                    change.doc = doc;
                    told = true;
                }
                ("upsert", value @ Value::Object(_)) => change.upsert = Some(value),
                ("doc_as_upsert", Value::Bool(flag)) => change.doc_as_upsert = flag,
                ("detect_noop", Value::Bool(flag)) => change.detect_noop = flag,
                ("_source", _) => {}
                ("script" | "scripted_upsert", _) => {
                    return Err(Error::argument("scripts are not supported by Goshawk: send [doc] instead"));
                }
                _ => return Err(Error::new(400, "x_content_parse_exception", format!("[UpdateRequest] unknown field [{name}]"))),
            }
        }
        if told { Ok(change) } else { Err(invalid("script or doc is missing")) }
    }

    /// Refuses what does not go with a change of a certain write alone.
    pub(super) fn check(&self, condition: Condition, retries: i64) -> Result<()> {
        let why = match condition {
            Condition::Any => return Ok(()),
            _ if self.doc_as_upsert => "compare and write operations can not be used with upsert",
            _ if self.upsert.is_some() => "upsert requests don't support `if_seq_no` and `if_primary_term`",
            _ if retries > 0 => "compare and write operations can not be retried",
            _ => return Ok(()),
        };
        Err(invalid(why))
    }

    /// Changes a document, whatever others do meanwhile unless there is a condition; tells whether nothing had to change.
    pub(super) fn apply(&self, index: &Index, id: &str, condition: Condition, bulk: u64) -> Result<(Done, bool)> {
        let mut tries = if condition == Condition::Any { 0 } else { TRIES };
        loop {
            match self.attempt(index, id, condition, bulk) {
                Err(error) if error.status == 409 && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    fn attempt(&self, index: &Index, id: &str, condition: Condition, bulk: u64) -> Result<(Done, bool)> {
        index.check_unfed()?;
        let Some(found) = index.get(id, true)? else {
            let upsert = if self.doc_as_upsert { Some(Value::Object(self.doc.clone())) } else { self.upsert.clone() };
            let Some(upsert) = upsert else {
                let error = Error::new(404, "document_missing_exception", format!("[{id}]: document missing"));
                return Err(error
                    .with("index", index.about.name.as_str())
                    .with("shard", "0")
                    .with("index_uuid", index.about.uuid.as_str()));
            };
            let source = upsert.to_string();
            let write = Write { id: Some(id), source: Some(source.as_bytes()), condition: Condition::Absent, bulk };
            return Ok((index.write(&write)?, false));
        };
        index.check_found(&found, condition)?;
        let mut source: Value = serde_json::from_slice(&found.source).unwrap_or_default();
        let changed = merge(&mut source, &self.doc);
        if !changed && self.detect_noop {
            let done = Done { id: id.to_owned(), version: found.version, seq_no: found.seq_no, outcome: Outcome::Updated };
            return Ok((done, true));
        }
        let source = source.to_string();
        let condition = Condition::Number(found.seq_no, TERM);
        let write = Write { id: Some(id), source: Some(source.as_bytes()), condition, bulk };
        Ok((index.write(&write)?, false))
    }
}

/// Puts entries in the place of old ones, objects entry by entry; tells whether anything changed.
fn merge(into: &mut Value, entries: &Map<String, Value>) -> bool {
    let Some(into) = into.as_object_mut() else { return false };
    let mut changed = false;
    for (name, value) in entries {
        match (into.get_mut(name), value) {
            (Some(old @ Value::Object(_)), Value::Object(inner)) => changed |= merge(old, inner),
            (Some(old), value) if old == value => {}
            _ => {
                into.insert(name.clone(), value.clone());
                changed = true;
            }
        }
    }
    changed
}
