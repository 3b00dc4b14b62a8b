//! Searches, alone and several, and counts.

use super::admin::NAMING;
use super::{Ask, Body, Reply, asked, parsed, refusal, resolve};
use crate::error::set;
use crate::fetch::{self, SourceFilter};
use crate::mapping::Mapping;
use crate::search::{self, Found, Request, Target, Track};
use crate::store::{Index, missing, now_millis};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

const SEARCHING: [&str; 40] = [
    "q",
    "df",
    "analyzer",
    "analyze_wildcard",
    "default_operator",
    "lenient",
    "from",
    "size",
    "sort",
    "_source",
    "_source_includes",
    "_source_excludes",
    "_source_include",
    "_source_exclude",
    "stored_fields",
    "docvalue_fields",
    "track_total_hits",
    "track_scores",
    "rest_total_hits_as_int",
    "typed_keys",
    "timeout",
    "terminate_after",
    "version",
    "seq_no_primary_term",
    "explain",
    "request_cache",
    "preference",
    "routing",
    "search_type",
    "batched_reduce_size",
    "max_concurrent_shard_requests",
    "pre_filter_shard_size",
    "allow_partial_search_results",
    "ccs_minimize_roundtrips",
    "scroll",
    "ignore_throttled",
    "cancel_after_time_interval",
    "search_pipeline",
    "stats",
    "include_named_queries_score",
];

/// Puts what the address says over what the body says.
fn of_address(ask: &Ask, body: &mut Map<String, Value>) -> Result<()> {
    let parameters = &ask.parameters;
    if let Some(query) = parameters.text("q") {
        let mut told = json!({ "query": query });
        let names = [
            ("df", "default_field"),
            ("default_operator", "default_operator"),
            ("analyzer", "analyzer"),
            ("lenient", "lenient"),
            ("analyze_wildcard", "analyze_wildcard"),
        ];
        for (name, option) in names {
            if let Some(value) = parameters.text(name) {
                set(&mut told, option, json!(value));
            }
        }
        body.insert("query".to_owned(), json!({ "query_string": told }));
    }
    for name in ["from", "size"] {
        if let Some(number) = parameters.number(name)? {
            body.insert(name.to_owned(), json!(number));
        }
    }
    for name in ["track_total_hits", "track_scores", "timeout", "terminate_after", "version", "seq_no_primary_term", "explain"] {
        if let Some(value) = parameters.text(name) {
            body.insert(name.to_owned(), json!(if value.is_empty() { "true" } else { value }));
        }
    }
    if let Some(sort) = parameters.text("sort") {
        let key = |key: &str| match key.rsplit_once(':') {
            Some((field, order)) => json!({ field: { "order": order } }),
            None => json!(key),
        };
        body.insert("sort".to_owned(), Value::Array(sort.split(',').map(key).collect()));
    }
    for name in ["stored_fields", "docvalue_fields"] {
        if let Some(value) = parameters.text(name) {
            let value = if value == "_none_" { json!(value) } else { json!(value.split(',').collect::<Vec<_>>()) };
            body.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

/// What a search asks, body and address together.
pub(super) fn request(ask: &Ask, mut body: Map<String, Value>) -> Result<Request> {
    of_address(ask, &mut body)?;
    let mut request = Request::read(&body)?;
    let text = |name: &str, old: &str| ask.parameters.text(name).or_else(|| ask.parameters.text(old));
    let (includes, excludes) = (text("_source_includes", "_source_include"), text("_source_excludes", "_source_exclude"));
    if let Some(filter) = SourceFilter::of_address(ask.parameters.text("_source"), includes, excludes) {
        request.shown.source = filter;
    }
    Ok(request)
}

/// How an answer is written.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub typed: bool,
    pub total_as_number: bool,
}

impl Manner {
    /// A number alone cannot say that there are more: all are counted, unless the request says how many.
    fn count_all(self, request: &mut Request) {
        if self.total_as_number && request.track == Track::UNTOLD {
            request.track = Track::All;
        }
    }
}

pub(super) fn manner(ask: &Ask) -> Result<Manner> {
    Ok(Manner { typed: ask.parameters.flag("typed_keys")?, total_as_number: ask.parameters.flag("rest_total_hits_as_int")? })
}

pub(super) fn search(ask: &Ask, names: &str) -> Result<Reply> {
    let started = Instant::now();
    let body = asked::check_search(ask, names)?;
    ask.parameters.allow(&ask.path, &[&NAMING, &SEARCHING])?;
    let mut request = request(ask, body)?;
    let manner = manner(ask)?;
    manner.count_all(&mut request);
    if let Some(life) = ask.parameters.text("scroll") {
        return super::scroll::open(ask, names, request, life, manner);
    }
    let targets = targets(&ask.named(names)?)?;
    let found = search::search(&targets, &request, manner.typed)?;
    let mut body = vec![];
    write(&mut body, &targets, &request, &found, manner, started, None)?;
    Ok(Reply { status: 200, body: Body::Written(body) })
}

pub(super) fn targets(indices: &[Arc<Index>]) -> Result<Vec<Target>> {
    indices.iter().cloned().map(Target::open).collect()
}

/// Writes the answer to a search, but for the bracket that closes it if `more` may follow.
pub(super) fn write(
    into: &mut Vec<u8>,
    targets: &[Target],
    request: &Request,
    found: &Found,
    manner: Manner,
    started: Instant,
    scroll: Option<&str>,
) -> Result<()> {
    let (all, failed) = (targets.len(), found.failed.len());
    let mut shards = json!({ "total": all, "successful": all - failed, "skipped": 0, "failed": failed });
    if failed > 0 {
        set(&mut shards, "failures", found.failed.iter().map(super::shard_failure).collect());
    }
    into.push(b'{');
    if let Some(id) = scroll {
        into.extend_from_slice(format!("\"_scroll_id\":{},", json!(id)).as_bytes());
    }
    into.extend_from_slice(format!("\"took\":{},\"timed_out\":false,", started.elapsed().as_millis()).as_bytes());
    if request.terminate_after > 0 {
        into.extend_from_slice(b"\"terminated_early\":false,");
    }
    into.extend_from_slice(format!("\"_shards\":{shards},\"hits\":{{").as_bytes());
    let relation = if found.uncounted { "gte" } else { "eq" };
    match request.track {
        Track::None if manner.total_as_number => into.extend_from_slice(b"\"total\":-1,"),
        Track::None => {}
        _ if manner.total_as_number => into.extend_from_slice(format!("\"total\":{},", found.total).as_bytes()),
        _ => {
            let total = json!({ "value": found.total, "relation": relation });
            into.extend_from_slice(format!("\"total\":{total},").as_bytes());
        }
    }
    let greatest = found.greatest.map_or_else(|| "null".to_owned(), |score| serde_json::to_string(&score).unwrap_or_default());
    into.extend_from_slice(format!("\"max_score\":{greatest},\"hits\":[").as_bytes());
    for (number, hit) in found.hits.iter().enumerate() {
        if number > 0 {
            into.push(b',');
        }
        let Some(target) = targets.get(hit.target) else { continue };
        let marks = found.marks.get(hit.target).map(Vec::as_slice).unwrap_or_default();
        fetch::write(into, target, hit, &request.shown, marks)?;
    }
    into.extend_from_slice(b"]}");
    if let Some(aggregations) = &found.aggregations {
        into.extend_from_slice(b",\"aggregations\":");
        into.extend_from_slice(aggregations);
    }
    into.push(b'}');
    Ok(())
}

/// Where, and what.
type Lines = (Map<String, Value>, Map<String, Value>);

/// The requests of a body of lines.
fn lines(ask: &Ask) -> Result<Vec<Lines>> {
    let object = |line: &[u8]| match parsed(line)? {
        Value::Object(object) => Ok(object),
        other => {
            Err(Error::argument(format!("Malformed line, expected START_OBJECT but found [{}]", crate::java::token(&other))))
        }
    };
    if ask.body.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::new(400, "parse_exception", "request body or source parameter is required"));
    }
    if ask.body.last() != Some(&b'\n') {
        return Err(Error::argument("The msearch request must be terminated by a newline [\\n]"));
    }
    let body = ask.body.strip_suffix(b"\n").unwrap_or(ask.body);
    let mut lines = body.split(|byte| *byte == b'\n');
    let mut requests = vec![];
    while let Some(head) = lines.next() {
        let blank = head.iter().all(u8::is_ascii_whitespace);
        let Some(body) = lines.next() else {
            if blank {
                break;
            }
            return Err(super::documents::invalid("no requests added"));
        };
        let head = if blank { Map::new() } else { object(head)? };
        requests.push((head, if body.iter().all(u8::is_ascii_whitespace) { Map::new() } else { object(body)? }));
    }
    if requests.is_empty() { Err(super::documents::invalid("no requests added")) } else { Ok(requests) }
}

pub(super) fn several(ask: &Ask, name: Option<&str>) -> Result<Reply> {
    let started = Instant::now();
    asked::check_address(ask, name.unwrap_or("_all"))?;
    ask.parameters.allow(&ask.path, &[&NAMING, &SEARCHING, &["max_concurrent_searches"]])?;
    let manner = manner(ask)?;
    let lines = lines(ask)?;
    asked::check_amount(lines.iter().map(|(_, body)| body))?;
    let mut requests = vec![];
    for (head, body) in lines {
        let names = asked::check_one(ask, name, &head, &body)?;
        let mut request = Request::read(&body)?;
        manner.count_all(&mut request);
        if let Some(told) = &request.query {
            // What does not read as a query stops all; what cannot be asked of fields only its own.
            crate::query::read(told, &Mapping::new(), now_millis())
                .map(drop)
                .or_else(|error| if error.in_search { Ok(()) } else { Err(error) })?;
        }
        requests.push((head, names, request));
    }
    let mut body = format!("{{\"took\":{},\"responses\":[", started.elapsed().as_millis()).into_bytes();
    for (number, (head, names, request)) in requests.iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        let mut one = vec![];
        match of_several(ask, names, head, request, manner, &mut one) {
            Ok(()) => {
                one.pop();
                body.extend_from_slice(&one);
                body.extend_from_slice(b",\"status\":200}");
            }
            Err(error) => body.extend_from_slice(refusal(&error).1.to_string().as_bytes()),
        }
    }
    body.extend_from_slice(b"]}");
    Ok(Reply { status: 200, body: Body::Written(body) })
}

fn of_several(
    ask: &Ask,
    names: &str,
    head: &Map<String, Value>,
    request: &Request,
    manner: Manner,
    into: &mut Vec<u8>,
) -> Result<()> {
    let started = Instant::now();
    let lenient = head.get("ignore_unavailable") == Some(&Value::Bool(true));
    let found = resolve(ask.indices, names, lenient)?;
    if found.is_empty() && head.get("allow_no_indices") == Some(&Value::Bool(false)) {
        return Err(missing(names));
    }
    let targets = targets(&found)?;
    let found = search::search(&targets, request, manner.typed)?;
    write(into, &targets, request, &found, manner, started, None)
}

/// The body of a count: a query and nothing else.
fn only_query(ask: &Ask) -> Result<Request> {
    let mut body = ask.object()?;
    if let Some(name) = body.keys().find(|name| *name != "query") {
        return Err(Error::parsing(format!("request does not support [{name}]")));
    }
    of_address(ask, &mut body)?;
    body.retain(|name, _| name == "query");
    Request::read(&body)
}

pub(super) fn count(ask: &Ask, names: &str) -> Result<Reply> {
    asked::check_count(ask, names)?;
    ask.parameters.allow(&ask.path, &[&NAMING, &SEARCHING, &["min_score"]])?;
    let request = only_query(ask)?;
    let targets = targets(&ask.named(names)?)?;
    let count = search::count(&targets, &request)?;
    let shards = json!({ "total": targets.len(), "successful": targets.len(), "skipped": 0, "failed": 0 });
    Reply::json(json!({ "count": count, "_shards": shards }))
}

pub(super) fn validate(ask: &Ask, names: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING, &SEARCHING, &["rewrite", "all_shards"]])?;
    let targets = targets(&ask.named(names)?)?;
    let read = only_query(ask).and_then(|request| {
        let told = request.query.unwrap_or_else(|| json!({ "match_all": {} }));
        targets.iter().try_for_each(|target| crate::query::read(&told, &target.mapping, now_millis()).map(drop))
    });
    let shards = json!({ "total": 1, "successful": 1, "failed": 0 });
    match read {
        Ok(()) => Reply::json(json!({ "valid": true, "_shards": shards })),
        Err(error) if ask.parameters.flag("explain")? => {
            Reply::json(json!({ "valid": false, "_shards": shards, "error": error.to_string() }))
        }
        Err(_) => Reply::json(json!({ "valid": false })),
    }
}
