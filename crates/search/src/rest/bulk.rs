//! Many writes in one request.

use super::conditions::Told;
use super::documents::{Refresh, WRITING, check_options, invalid, refresh, settle, status, writable};
use super::updates::Change;
use super::{Ask, Body, Reply, whole};
use crate::store::{Condition, Done, Index, Write};
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What is done to a document.
#[derive(Clone, Copy, Default, PartialEq)]
enum Action {
    #[default]
    Index,
    Create,
    Update,
    Delete,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Action::Index => "index",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
        }
    }
}

/// A line that says what to do.
#[derive(Default)]
struct Order {
    action: Action,
    index: Option<String>,
    id: Option<String>,
    condition: Condition,
    /// So often an update may be tried again.
    retries: i64,
    pipeline: Option<String>,
    require_alias: Option<bool>,
}

fn malformed(number: usize, more: &str) -> Error {
    Error::argument(format!("Malformed action/metadata line [{number}], {more}"))
}

impl Order {
    fn read(line: &[u8], number: usize) -> Result<Self> {
        let told = crate::strict::whole(line).map_err(|error| {
            let kind = if error.is_eof() { "json_e_o_f_exception" } else { "json_parse_exception" };
            Error::new(400, kind, error.to_string())
        })?;
        let Value::Object(told) = told else {
            return Err(malformed(number, &format!("expected START_OBJECT but found [{}]", crate::java::token(&told))));
        };
        let Some((name, value)) = told.into_iter().next() else {
            return Err(malformed(number, "expected FIELD_NAME but found [END_OBJECT]"));
        };
        let action = match name.as_str() {
            "index" => Action::Index,
            "create" => Action::Create,
            "update" => Action::Update,
            "delete" => Action::Delete,
            _ => return Err(malformed(number, &format!("expected one of [create, delete, index, update] but found [{name}]"))),
        };
        let Value::Object(about) = value else {
            return Err(malformed(
                number,
                &format!("expected START_OBJECT or END_OBJECT but found [{}]", crate::java::token(&value)),
            ));
        };
        Order::of(action, about, number)
    }

    fn of(action: Action, about: Map<String, Value>, number: usize) -> Result<Self> {
        let mut told = Told::default();
        let mut order = Order { action, ..Order::default() };
        for (name, value) in about {
            let text = crate::java::written(&value);
            let long = || text.parse::<i64>().map_err(|_| Error::argument(format!("For input string: \"{text}\"")));
            match name.as_str() {
                "_index" if !value.is_null() => order.index = Some(text),
                "_id" if !value.is_null() => order.id = Some(text),
                "version" | "_version" => told.version = Some(long()?),
                "version_type" | "_version_type" => told.version_type = Some(text),
                "if_seq_no" => told.seq_no = Some(long()?),
                "if_primary_term" => told.primary_term = Some(long()?),
                "retry_on_conflict" | "_retry_on_conflict" => order.retries = long()?,
                "op_type" if action == Action::Index && text == "create" => order.action = Action::Create,
                "pipeline" => order.pipeline = Some(text),
                "require_alias" => order.require_alias = Some(value == true),
                "op_type" | "_index" | "_id" | "routing" | "_routing" | "_type" => {}
                _ => {
                    return Err(Error::argument(format!(
                        "Action/metadata line [{number}] contains an unknown parameter [{name}]"
                    )));
                }
            }
        }
        if action == Action::Update && told.names_version() {
            return Err(Error::argument(
                "Update requests do not support versioning. Please use `if_seq_no` and `if_primary_term` instead",
            ));
        }
        order.condition = told.condition(order.action == Action::Create, order.id.is_some())?;
        Ok(order)
    }
}

/// The lines of a body.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        self.number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Reads all of a body before anything of it is done: what does not read stops all of it.
fn read<'a>(body: &'a [u8], name: Option<&str>) -> Result<Vec<(Order, &'a [u8])>> {
    if body.last() != Some(&b'\n') {
        return Err(Error::argument("The bulk request must be terminated by a newline [\\n]"));
    }
    let mut lines = Lines { rest: body, number: 0 };
    let mut orders = vec![];
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let order = Order::read(line, lines.number)?;
        if order.index.is_none() && name.is_none() {
            return Err(invalid("index is missing"));
        }
        let source = if order.action == Action::Delete { b"" } else { lines.next().unwrap_or_default() };
        if order.action == Action::Update {
            Change::read(source)?.check(order.condition, order.retries)?;
        }
        orders.push((order, source));
    }
    if orders.is_empty() { Err(invalid("no requests added")) } else { Ok(orders) }
}

const BULK: [&str; 7] = ["_source", "_source_includes", "_source_excludes", "type", "batch_size", "require_alias", "pipeline"];

/// The number of the next bulk.
static BULKS: AtomicU64 = AtomicU64::new(1);

pub(super) fn bulk(ask: &Ask, name: Option<&str>) -> Result<Reply> {
    let started = Instant::now();
    ask.parameters.allow(&ask.path, &[&WRITING, &BULK])?;
    let refresh = refresh(ask)?;
    if ask.body.is_empty() {
        return Err(Error::new(400, "parse_exception", "request body is required"));
    }
    let orders = read(ask.body, name)?;
    let mut touched: BTreeMap<String, Arc<Index>> = BTreeMap::new();
    let mut items = Vec::with_capacity(orders.len() * 160);
    let mut errors = false;
    let number = BULKS.fetch_add(1, Ordering::Relaxed);
    for (order, source) in &orders {
        let index = order.index.as_deref().or(name).unwrap_or_default();
        let done = act(ask, &mut touched, index, order, source, number);
        errors |= done.is_err();
        if !items.is_empty() {
            items.push(b',');
        }
        item(&mut items, index, order, done, refresh);
    }
    // Nothing is answered before it lasts.
    touched.values().try_for_each(|index| settle(index, refresh))?;
    let mut body = format!("{{\"took\":{},\"errors\":{errors},\"items\":[", started.elapsed().as_millis()).into_bytes();
    body.extend_from_slice(&items);
    body.extend_from_slice(b"]}");
    Ok(Reply { status: 200, body: Body::Written(body) })
}

/// Does what a line says; tells what came of it.
fn act(
    ask: &Ask,
    touched: &mut BTreeMap<String, Arc<Index>>,
    name: &str,
    order: &Order,
    source: &[u8],
    bulk: u64,
) -> Result<(Done, bool)> {
    let pipeline = order.pipeline.as_deref().or(ask.parameters.text("pipeline"));
    let require_alias = order.require_alias.map_or_else(|| ask.parameters.flag("require_alias"), Ok)?;
    check_options(name, pipeline, require_alias)?;
    let index = match touched.get(name) {
        Some(index) => index.clone(),
        None => {
            let index = if order.action == Action::Delete { ask.single(name)? } else { writable(ask, name)? };
            touched.insert(name.to_owned(), index.clone());
            index
        }
    };
    match (order.action, &order.id) {
        (Action::Update, Some(id)) => Change::read(source)?.apply(&index, id, order.condition, bulk),
        (Action::Update | Action::Delete, None) => {
            Err(Error::argument("an id must be provided if version type or value are set"))
        }
        (action, id) => {
            let source = (action != Action::Delete).then_some(source);
            Ok((index.write(&Write { id: id.as_deref(), source, condition: order.condition, bulk })?, false))
        }
    }
}

/// Writes what came of a line.
fn item(into: &mut Vec<u8>, index: &str, order: &Order, done: Result<(Done, bool)>, refresh: Refresh) {
    let (action, index) = (order.action.name(), json!(index));
    let written = match done {
        Ok((Done { id, version, seq_no, outcome }, noop)) => {
            let result = if noop { "noop" } else { outcome.name() };
            let forced = if refresh == Refresh::Now && !noop { "\"forced_refresh\":true," } else { "" };
            let (id, status) = (json!(id), status(outcome));
            format!(
                "{{\"{action}\":{{\"_index\":{index},\"_id\":{id},\"_version\":{version},\"result\":\"{result}\",{forced}\
                 \"_shards\":{{\"total\":1,\"successful\":1,\"failed\":0}},\"_seq_no\":{seq_no},\"_primary_term\":1,\
                 \"status\":{status}}}}}"
            )
        }
        Err(error) => {
            let told = json!({ "_index": index, "_id": order.id, "status": error.status, "error": whole(&error) });
            format!("{{\"{action}\":{told}}}")
        }
    };
    into.extend_from_slice(written.as_bytes());
}
