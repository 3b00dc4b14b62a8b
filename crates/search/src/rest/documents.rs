//! Single documents.

use super::conditions::Told;
use super::{Ask, Body, Reply, refusal};
use crate::error::set;
use crate::fetch::SourceFilter;
use crate::mapping::Mapping;
use crate::store::{Done, Index, Outcome, Stored, Write};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What all writes may say.
pub(super) const WRITING: [&str; 4] = ["refresh", "routing", "timeout", "wait_for_active_shards"];
/// What those of single documents may.
pub(super) const CONDITIONS: [&str; 4] = ["version", "version_type", "if_seq_no", "if_primary_term"];
const READING: [&str; 9] = [
    "_source",
    "_source_includes",
    "_source_excludes",
    "_source_include",
    "_source_exclude",
    "realtime",
    "refresh",
    "routing",
    "preference",
];

pub(super) fn invalid(reason: &str) -> Error {
    Error::new(400, "action_request_validation_exception", format!("Validation Failed: 1: {reason};"))
}

/// When a write is to be found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Refresh {
    Later,
    Awaited,
    Now,
}

pub(super) fn refresh(ask: &Ask) -> Result<Refresh> {
    match ask.parameters.text("refresh") {
        None | Some("false") => Ok(Refresh::Later),
        Some("true" | "") => Ok(Refresh::Now),
        Some("wait_for") => Ok(Refresh::Awaited),
        Some(other) => Err(Error::argument(format!("Unknown value for refresh: [{other}]."))),
    }
}

/// Refuses a pipeline and an alias: there are none.
pub(super) fn check_options(name: &str, pipeline: Option<&str>, require_alias: bool) -> Result<()> {
    if let Some(pipeline) = pipeline.filter(|pipeline| *pipeline != "_none") {
        return Err(Error::argument(format!("pipeline with id [{pipeline}] does not exist")));
    }
    if !require_alias {
        return Ok(());
    }
    let reason = format!("no such index [{name}] and [require_alias] request flag is [true] and [{name}] is not an alias");
    Err(Error::new(404, "index_not_found_exception", reason).with("index", name).with("index_uuid", "_na_"))
}

/// An index to be written to: it is made if it is not there.
pub(super) fn writable(ask: &Ask, name: &str) -> Result<Arc<Index>> {
    let index = match ask.indices.get(name) {
        Some(index) => index,
        None => match ask.indices.create(name, Value::Null, Mapping::new()) {
            // Somebody else was faster.
            Err(error) if error.kind == "resource_already_exists_exception" => ask.single(name)?,
            made => made?,
        },
    };
    index.check_unfed()?;
    Ok(index)
}

pub(super) fn written(index: &Index, done: &Done, refresh: Refresh) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("_index".to_owned(), json!(index.about.name));
    told.insert("_id".to_owned(), json!(done.id));
    told.insert("_version".to_owned(), json!(done.version));
    told.insert("result".to_owned(), json!(done.outcome.name()));
    if refresh == Refresh::Now {
        told.insert("forced_refresh".to_owned(), json!(true));
    }
    told.insert("_shards".to_owned(), json!({ "total": 1, "successful": 1, "failed": 0 }));
    told.insert("_seq_no".to_owned(), json!(done.seq_no));
    told.insert("_primary_term".to_owned(), json!(1));
    told
}

pub(super) fn status(outcome: Outcome) -> u16 {
    match outcome {
        Outcome::Created => 201,
        Outcome::NotFound => 404,
        _ => 200,
    }
}

/// Makes a write last, and be found if that is asked.
pub(super) fn settle(index: &Index, refresh: Refresh) -> Result<()> {
    index.sync()?;
    if refresh == Refresh::Later { Ok(()) } else { index.refresh() }
}

fn reply(index: &Index, done: &Done, refresh: Refresh) -> Result<Reply> {
    settle(index, refresh)?;
    Reply::with_status(status(done.outcome), Value::Object(written(index, done, refresh)))
}

/// Whether a document must be new, as `op_type` and its address say.
fn create(op_type: Option<&str>, must_be_new: bool) -> Result<bool> {
    match op_type.map(str::to_lowercase).as_deref() {
        None => Ok(must_be_new),
        Some("create") => Ok(true),
        Some("index") if !must_be_new => Ok(false),
        Some(_) => {
            let (may, found) = (if must_be_new { "'create'" } else { "'create' or 'index'" }, op_type.unwrap_or_default());
            Err(Error::argument(format!("opType must be {may}, found: [{found}]")))
        }
    }
}

pub(super) fn put(ask: &Ask, name: &str, id: Option<&str>, must_be_new: bool) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&WRITING, &CONDITIONS, &["op_type", "require_alias", "pipeline"]])?;
    let refresh = refresh(ask)?;
    if ask.body.is_empty() {
        return Err(Error::new(400, "parse_exception", "request body is required"));
    }
    let create = create(ask.parameters.text("op_type"), must_be_new)?;
    let condition = Told::of(ask)?.condition(create || id.is_none(), id.is_some())?;
    check_options(name, ask.parameters.text("pipeline"), ask.parameters.flag("require_alias")?)?;
    let index = writable(ask, name)?;
    let done = index.write(&Write { id, source: Some(ask.body), condition, bulk: 0 })?;
    reply(&index, &done, refresh)
}

pub(super) fn delete(ask: &Ask, name: &str, id: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&WRITING, &CONDITIONS])?;
    let refresh = refresh(ask)?;
    let condition = Told::of(ask)?.condition(false, true)?;
    let index = ask.single(name)?;
    let done = index.write(&Write { id: Some(id), source: None, condition, bulk: 0 })?;
    reply(&index, &done, refresh)
}

/// An index that a document is read from.
fn readable(ask: &Ask, name: &str) -> Result<Arc<Index>> {
    ask.indices.get(name).ok_or_else(|| {
        let mut error = ask.indices.absent(name);
        error
            .more
            .iter_mut()
            .filter(|(name, _)| *name == "resource.type")
            .for_each(|(_, value)| *value = json!("index_expression"));
        error
    })
}

fn asked_source(ask: &Ask) -> SourceFilter {
    let text = |name: &str, old: &str| ask.parameters.text(name).or_else(|| ask.parameters.text(old));
    let filter = SourceFilter::of_address(
        ask.parameters.text("_source"),
        text("_source_includes", "_source_include"),
        text("_source_excludes", "_source_exclude"),
    );
    let stored = || {
        ask.parameters.text("stored_fields").map(|names| SourceFilter::of_stored(&json!(names.split(',').collect::<Vec<_>>())))
    };
    filter.or_else(stored).unwrap_or_default()
}

/// A document as it is told, or that it is not there.
fn told(index: &str, id: &str, found: Option<&Stored>, filter: &SourceFilter) -> Result<Value> {
    let Some(found) = found else { return Ok(json!({ "_index": index, "_id": id, "found": false })) };
    let mut told = json!({
        "_index": index,
        "_id": id,
        "_version": found.version,
        "_seq_no": found.seq_no,
        "_primary_term": 1,
        "found": true,
    });
    if let Some(source) = filter.of(&found.source)? {
        set(&mut told, "_source", serde_json::from_slice(&source).unwrap_or_default());
    }
    Ok(told)
}

fn lookup(ask: &Ask, name: &str, id: &str, more: &[&str]) -> Result<(Arc<Index>, Option<Stored>)> {
    ask.parameters.allow(&ask.path, &[&READING, more])?;
    let index = readable(ask, name)?;
    if refresh(ask)? == Refresh::Now {
        index.refresh()?;
    }
    let realtime = ask.parameters.text("realtime") != Some("false");
    let found = index.get(id, realtime)?;
    if let Some(found) = &found {
        Told::of(ask)?.check_read(&index, found)?;
    }
    Ok((index, found))
}

pub(super) fn get(ask: &Ask, name: &str, id: &str) -> Result<Reply> {
    let (index, found) = lookup(ask, name, id, &["version", "version_type", "stored_fields"])?;
    let told = told(&index.about.name, id, found.as_ref(), &asked_source(ask))?;
    Reply::with_status(if found.is_some() { 200 } else { 404 }, told)
}

pub(super) fn source(ask: &Ask, name: &str, id: &str) -> Result<Reply> {
    let (index, found) = lookup(ask, name, id, &[])?;
    let found = found.map(|found| Ok::<_, Error>(asked_source(ask).of(&found.source)?.map(|source| source.into_owned())));
    match found.transpose()?.flatten() {
        Some(source) => Ok(Reply { status: 200, body: Body::Written(source) }),
        None => {
            let reason = format!("Document not found [{}]/[{id}]", index.about.name);
            Err(Error::new(404, "resource_not_found_exception", reason))
        }
    }
}

pub(super) fn several(ask: &Ask, name: Option<&str>) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&READING, &["stored_fields"]])?;
    let body = ask.object()?;
    if let Some(key) = body.keys().find(|key| !matches!(key.as_str(), "docs" | "ids")) {
        return Err(Error::parsing(format!("unknown key [{key}] for a START_ARRAY, expected [docs] or [ids]")));
    }
    let list = |key: &str| body.get(key).and_then(Value::as_array).into_iter().flatten();
    let mut wanted = vec![];
    for one in list("docs") {
        let Value::Object(one) = one else { return Err(Error::argument("docs array element should include an object")) };
        check_wanted(one)?;
        wanted.push(one.clone());
    }
    for id in list("ids") {
        if id.is_null() || id.is_object() || id.is_array() {
            return Err(Error::argument("ids array element should only contain ids"));
        }
        wanted.push(Map::from_iter([("_id".to_owned(), id.clone())]));
    }
    if wanted.is_empty() {
        return Err(invalid("no documents to get"));
    }
    if wanted.len() > MOST {
        let reason = format!("more than {MOST} documents in one request are not supported by Goshawk: send several");
        return Err(Error::argument(reason));
    }
    let (mut docs, mut bytes) = (vec![], 0);
    for one in &wanted {
        docs.push(of_several(ask, name, one, &mut bytes)?);
        if bytes > MOST_BYTES {
            let reason =
                format!("[parent] Data too large, data for [<http_request>] would be larger than the limit of [{MOST_BYTES}]");
            return Err(Error::new(429, "circuit_breaking_exception", reason));
        }
    }
    Reply::json(json!({ "docs": docs }))
}

/// Documents that one request may get, and their bytes.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 100 << 20;

/// Refuses what one of several documents may not be asked with.
fn check_wanted(one: &Map<String, Value>) -> Result<()> {
    const NAMES: [&str; 7] = ["_index", "_id", "_source", "routing", "stored_fields", "version", "version_type"];
    match one.keys().find(|name| !NAMES.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) if name == "fields" => {
            Err(Error::parsing("Unsupported field [fields] used, expected [stored_fields] instead"))
        }
        Some(name) => {
            Err(Error::new(400, "parse_exception", format!("failed to parse multi get request. unknown field [{name}]")))
        }
    }
}

fn of_several(ask: &Ask, name: Option<&str>, one: &Map<String, Value>, bytes: &mut usize) -> Result<Value> {
    let name = one.get("_index").and_then(Value::as_str).or(name).ok_or_else(|| invalid("index is missing for doc 0"))?;
    let id = one.get("_id").filter(|id| !id.is_null()).ok_or_else(|| invalid("id is missing for doc 0"))?;
    let id = crate::java::written(id);
    let filter = match (one.get("_source"), one.get("stored_fields")) {
        (Some(told), _) => SourceFilter::read(told)?,
        (None, Some(names)) => SourceFilter::of_stored(names),
        (None, None) => asked_source(ask),
    };
    let version = Told {
        version: one.get("version").and_then(Value::as_i64),
        version_type: one.get("version_type").map(crate::java::written),
        ..Told::default()
    };
    let found = readable(ask, name).and_then(|index| {
        let found = index.get(&id, true)?;
        found.as_ref().map_or(Ok(()), |found| version.check_read(&index, found))?;
        Ok(found)
    });
    match found {
        Ok(found) => {
            *bytes += found.as_ref().map_or(0, |found| found.source.len());
            told(name, &id, found.as_ref(), &filter)
        }
        Err(error) => {
            let (_, refusal) = refusal(&error);
            Ok(json!({ "_index": name, "_id": id, "error": refusal.get("error") }))
        }
    }
}
