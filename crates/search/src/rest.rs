//! The REST API: requests in, answers out.

mod admin;
mod asked;
mod bulk;
mod cat;
mod conditions;
mod documents;
mod fields;
mod filter;
mod parameters;
mod scroll;
mod searching;
#[cfg(test)]
mod tests;
mod updates;

pub(crate) use scroll::Scrolls;

use crate::error::set;
use crate::store::{Index, Indices, missing};
use crate::{Answer, Call, Error, Result, patterns};
use parameters::Parameters;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a request came to.
enum Body {
    Json(Value),
    /// JSON that is written already.
    Written(Vec<u8>),
    Text(String),
}

/// An answer in the making.
struct Reply {
    status: u16,
    body: Body,
}

impl Reply {
    fn json(body: Value) -> Result<Self> {
        Ok(Reply { status: 200, body: Body::Json(body) })
    }

    fn text(body: String) -> Result<Self> {
        Ok(Reply { status: 200, body: Body::Text(body) })
    }

    fn with_status(status: u16, body: Value) -> Result<Self> {
        Ok(Reply { status, body: Body::Json(body) })
    }

    fn acknowledged() -> Result<Self> {
        Reply::json(json!({ "acknowledged": true }))
    }
}

/// A request, taken apart.
struct Ask<'a> {
    indices: &'a Indices,
    method: &'a str,
    path: String,
    parameters: Parameters,
    body: &'a [u8],
}

impl Indices {
    /// Answers a request.
    pub fn answer(&self, call: &Call<'_>) -> Answer {
        let parts: Result<Vec<String>> = call.path.split('/').filter(|part| !part.is_empty()).map(parameters::decoded).collect();
        let parameters = Parameters::read(call.query);
        let filter = parameters.as_ref().ok().and_then(|parameters| parameters.text("filter_path").map(str::to_owned));
        let replied = parts.and_then(|parts| {
            let ask =
                Ask { indices: self, method: call.method, path: call.path.to_owned(), parameters: parameters?, body: call.body };
            route(&ask, &parts.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let reply = replied.unwrap_or_else(|error| {
            let (status, body) = refusal(&error);
            Reply { status, body: Body::Json(body) }
        });
        finish(reply, filter.as_deref(), call.method == "HEAD")
    }
}

fn finish(reply: Reply, filter: Option<&str>, head: bool) -> Answer {
    let Reply { status, body } = reply;
    let body = match (body, filter) {
        (Body::Written(written), Some(filter)) => match serde_json::from_slice(&written) {
            Ok(value) => Body::Json(filter::filtered(value, filter)),
            Err(_) => Body::Written(written),
        },
        (Body::Json(value), Some(filter)) => Body::Json(filter::filtered(value, filter)),
        (body, _) => body,
    };
    let (content_type, body) = match body {
        Body::Json(value) => ("application/json; charset=UTF-8", value.to_string().into_bytes()),
        Body::Written(written) => ("application/json; charset=UTF-8", written),
        Body::Text(text) => ("text/plain; charset=UTF-8", text.into_bytes()),
    };
    Answer { status, content_type, body: if head { vec![] } else { body } }
}

fn route(ask: &Ask, parts: &[&str]) -> Result<Reply> {
    let method = if ask.method == "HEAD" { "GET" } else { ask.method };
    ask.check_format()?;
    match (method, parts) {
        ("GET", []) => cat::root(),
        ("GET", ["_cat", ..]) => cat::cat(ask, parts),
        (_, ["_cluster" | "_nodes", ..]) => cat::cluster(ask, method, parts),
        ("GET" | "POST", ["_search"]) => searching::search(ask, "_all"),
        ("GET" | "POST" | "DELETE", ["_search", "scroll", ..]) => scroll::scroll(ask, parts.get(2).copied()),
        ("GET" | "POST", ["_msearch"]) => searching::several(ask, None),
        ("GET" | "POST", ["_count"]) => searching::count(ask, "_all"),
        ("POST" | "PUT", ["_bulk"]) => bulk::bulk(ask, None),
        ("GET" | "POST", ["_mget"]) => documents::several(ask, None),
        ("GET" | "POST", ["_refresh" | "_flush"]) => admin::refresh(ask, "_all"),
        ("GET" | "POST", ["_analyze"]) => admin::analyze(ask, None),
        ("GET" | "POST", ["_field_caps"]) => fields::capabilities(ask, "_all"),
        ("GET", ["_mapping" | "_mappings"]) => admin::mapping(ask, "_all"),
        ("GET", ["_settings", ..]) => admin::settings(ask, "_all"),
        ("GET", ["_alias" | "_aliases", wanted @ ..]) => admin::aliases(ask, "_all", wanted),
        ("GET", ["_stats", ..]) => cat::stats(ask, "_all"),
        ("GET" | "POST", ["_validate", "query"]) => searching::validate(ask, "_all"),
        (_, [name, ..]) if name.starts_with('_') && *name != "_all" && !(method == "PUT" && parts.len() == 1) => {
            Err(invalid_start(name))
        }
        (_, [name]) => match method {
            "GET" => admin::about(ask, name),
            "PUT" => admin::create(ask, name),
            "DELETE" => admin::delete(ask, name),
            _ => Err(wrong_method(ask, "HEAD, DELETE, PUT, GET")),
        },
        (_, [name, rest @ ..]) => in_index(ask, method, name, rest),
        _ => Err(no_handler(ask)),
    }
}

fn in_index(ask: &Ask, method: &str, name: &str, rest: &[&str]) -> Result<Reply> {
    match (method, rest) {
        ("GET" | "POST", ["_search"]) => searching::search(ask, name),
        (_, ["_search"]) => Err(wrong_method(ask, "POST, GET")),
        ("GET" | "POST", ["_msearch"]) => searching::several(ask, Some(name)),
        ("GET" | "POST", ["_count"]) => searching::count(ask, name),
        ("GET" | "POST", ["_validate", "query"]) => searching::validate(ask, name),
        ("POST" | "PUT", ["_bulk"]) => bulk::bulk(ask, Some(name)),
        ("GET" | "POST", ["_mget"]) => documents::several(ask, Some(name)),
        ("GET", ["_doc", id]) => documents::get(ask, name, id),
        ("PUT" | "POST", ["_doc", id]) => documents::put(ask, name, Some(id), false),
        ("POST", ["_doc"]) => documents::put(ask, name, None, false),
        ("DELETE", ["_doc", id]) => documents::delete(ask, name, id),
        ("PUT" | "POST", ["_create", id]) => documents::put(ask, name, Some(id), true),
        ("GET", ["_source", id]) => documents::source(ask, name, id),
        ("POST", ["_update", id]) => updates::update(ask, name, id),
        ("GET" | "POST", ["_refresh" | "_flush" | "_forcemerge"]) => admin::refresh(ask, name),
        ("GET" | "POST", ["_analyze"]) => admin::analyze(ask, Some(name)),
        ("GET" | "POST", ["_field_caps"]) => fields::capabilities(ask, name),
        ("GET", ["_mapping" | "_mappings"]) => admin::mapping(ask, name),
        ("GET", ["_mapping", "field", patterns]) => fields::field_mapping(ask, name, patterns),
        ("PUT" | "POST", ["_mapping" | "_mappings"]) => admin::change_mapping(ask, name),
        ("GET", ["_settings", ..]) => admin::settings(ask, name),
        ("GET", ["_alias" | "_aliases", wanted @ ..]) => admin::aliases(ask, name, wanted),
        ("GET", ["_stats", ..]) => cat::stats(ask, name),
        _ => Err(no_handler(ask)),
    }
}

fn invalid_start(name: &str) -> Error {
    let reason = format!("Invalid index name [{name}], must not start with '_'.");
    Error::new(400, "invalid_index_name_exception", reason).with("index", name).with("index_uuid", "_na_")
}

fn no_handler(ask: &Ask) -> Error {
    Error::new(400, BARE, format!("no handler found for uri [{}] and method [{}]", ask.path, ask.method))
}

fn wrong_method(ask: &Ask, allowed: &str) -> Error {
    let reason = format!("Incorrect HTTP method for uri [{}] and method [{}], allowed: [{allowed}]", ask.path, ask.method);
    Error::new(405, BARE, reason)
}

/// The kind of errors that are told as a mere text.
const BARE: &str = "";

/// Kinds that tell what is at the root of another error.
const ROOTS: [&str; 5] = [
    "mapper_parsing_exception",
    "parsing_exception",
    "query_shard_exception",
    "parse_exception",
    "version_conflict_engine_exception",
];

fn root(error: &Error) -> &Error {
    match &error.cause {
        Some(cause)
            if error.kind == "x_content_parse_exception"
                || ROOTS.contains(&cause.kind) && error.kind != "query_shard_exception" =>
        {
            root(cause)
        }
        _ => error,
    }
}

/// An error with all that brought it about.
fn whole(error: &Error) -> Value {
    let mut told = error.bare();
    if let Some(cause) = &error.cause {
        set(&mut told, "caused_by", whole(cause));
    }
    told
}

/// An error met when what indices told was put together.
fn reduced(cause: Value) -> Value {
    json!({
        "root_cause": [],
        "type": "search_phase_execution_exception",
        "reason": "",
        "phase": "fetch",
        "grouped": true,
        "failed_shards": [],
        "caused_by": cause,
    })
}

/// What an index could not do.
fn shard_failure(error: &Error) -> Value {
    let index = error.more.iter().find(|(name, _)| *name == "index").map(|(_, value)| value.clone());
    json!({ "shard": 0, "index": index, "node": cat::NODE, "reason": whole(error) })
}

/// A refusal as it is answered.
fn refusal(error: &Error) -> (u16, Value) {
    if error.kind == BARE {
        return (error.status, json!({ "error": error.reason, "status": error.status }));
    }
    let told = if error.kind == "too_many_buckets_exception" {
        reduced(whole(error))
    } else if error.kind == "search_phase_execution_exception" {
        reduced(error.cause.as_deref().map(whole).unwrap_or_default())
    } else if error.in_search {
        json!({
            "root_cause": [root(error).bare()],
            "type": "search_phase_execution_exception",
            "reason": "all shards failed",
            "phase": "query",
            "grouped": true,
            "failed_shards": [shard_failure(error)],
            "caused_by": whole(error),
        })
    } else {
        let mut told = whole(error);
        set(&mut told, "root_cause", json!([root(error).bare()]));
        told
    };
    (error.status, json!({ "error": told, "status": error.status }))
}

/// A body that is JSON, each key once.
fn parsed(body: &[u8]) -> Result<Value> {
    match crate::strict::first(body) {
        Ok((value, true)) => Ok(value),
        Ok((_, false)) => Err(Error::parsing("Expected [END_OBJECT] but found more behind the body")),
        Err(error) => {
            let kind = if error.is_eof() { "json_e_o_f_exception" } else { "json_parse_exception" };
            Err(Error::new(400, kind, error.to_string()))
        }
    }
}

impl Ask<'_> {
    /// The body as an object; an empty one if there is none.
    fn object(&self) -> Result<Map<String, Value>> {
        let source = self.parameters.text("source").map(str::as_bytes);
        let body = if self.body.is_empty() { source.unwrap_or_default() } else { self.body };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match parsed(body)? {
            Value::Object(object) => Ok(object),
            other => Err(Error::parsing(format!("Expected [START_OBJECT] but found [{}]", crate::java::token(&other)))),
        }
    }

    /// Answers are JSON, or a table's text.
    fn check_format(&self) -> Result<()> {
        match self.parameters.text("format") {
            None | Some("" | "json") => Ok(()),
            Some("text" | "txt") if self.path.starts_with("/_cat") => Ok(()),
            Some(other) => Err(Error::argument(format!("[format] of [{other}] is not supported by Goshawk: ask for json"))),
        }
    }

    /// Patterns stand for indices that are open, which all are, and not hidden.
    fn check_wildcards(&self, names: &str, told: &str) -> Result<()> {
        let words: Vec<&str> = told.split(',').collect();
        if let Some(word) = words.iter().find(|word| !matches!(**word, "open" | "closed" | "hidden" | "none" | "all")) {
            return Err(Error::argument(format!("No valid expand wildcard value [{word}]")));
        }
        let open = words.contains(&"open") || words.contains(&"all");
        let hidden = words.contains(&"hidden") || words.contains(&"all");
        let patterns = || names.split(',').filter(|name| *name == "_all" || name.contains('*'));
        // Patterns mean what is hidden only where they say the dot in front of it.
        let hides = |pattern: &str| {
            let pattern = if pattern == "_all" { "*" } else { pattern };
            let all = self.indices.all();
            all.iter().map(|index| &index.about.name).any(|name| name.starts_with('.') && patterns::matches(pattern, name))
        };
        if patterns().next().is_some() && !open || hidden && patterns().any(hides) {
            return Err(Error::argument(format!("[expand_wildcards] of [{told}] is not supported by Goshawk: leave it out")));
        }
        Ok(())
    }

    /// The indices of a list of names and patterns.
    fn named(&self, names: &str) -> Result<Vec<Arc<Index>>> {
        if let Some(told) = self.parameters.text("expand_wildcards") {
            self.check_wildcards(names, told)?;
        }
        let lenient = self.parameters.flag("ignore_unavailable")?;
        let found = resolve(self.indices, names, lenient)?;
        if found.is_empty() && self.parameters.text("allow_no_indices") == Some("false") {
            return Err(missing(names));
        }
        Ok(found)
    }

    /// One index, which must be there.
    fn single(&self, name: &str) -> Result<Arc<Index>> {
        self.indices.get(name).ok_or_else(|| self.indices.absent(name))
    }
}

fn resolve(indices: &Indices, names: &str, lenient: bool) -> Result<Vec<Arc<Index>>> {
    let all = indices.all();
    let mut chosen: Vec<Arc<Index>> = vec![];
    for name in names.split(',') {
        if let Some(not) = name.strip_prefix('-').filter(|_| !chosen.is_empty()) {
            chosen.retain(|index| !patterns::matches(not, &index.about.name));
        } else if name == "_all" || name.contains('*') {
            let pattern = if name == "_all" { "*" } else { name };
            // Who does not say the dot in front does not mean what is hidden behind one.
            let meant = |name: &str| (pattern.starts_with('.') || !name.starts_with('.')) && patterns::matches(pattern, name);
            if let Some(broken) = indices.broken().find(|name| meant(name)).filter(|_| !lenient) {
                return Err(indices.absent(broken));
            }
            chosen.extend(all.iter().filter(|index| meant(&index.about.name)).cloned());
        } else {
            match indices.get(name) {
                Some(index) => chosen.push(index),
                None if lenient => {}
                None if name.starts_with('_') => return Err(invalid_start(name)),
                None => return Err(indices.absent(name)),
            }
        }
    }
    chosen.sort_by(|one, other| one.about.name.cmp(&other.about.name));
    chosen.dedup_by(|one, other| one.about.name == other.about.name);
    Ok(chosen)
}
