//! What the server says of itself.

use super::admin::NAMING;
use super::{Ask, Reply, no_handler};
use crate::error::set;
use crate::store::Index;
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The one node.
pub(super) const NODE: &str = "goshawk";

const CAT: [&str; 10] = ["v", "h", "s", "help", "bytes", "health", "pri", "time", "include_unloaded_segments", "full_id"];

pub(super) fn root() -> Result<Reply> {
    Reply::json(json!({
        "name": "goshawk",
        "cluster_name": "goshawk",
        "cluster_uuid": "goshawk",
        "version": {
            "distribution": "opensearch",
            "number": "2.19.0",
            "build_type": "goshawk",
            "build_hash": "unknown",
            "build_date": "2025-02-06T00:00:00.000000Z",
            "build_snapshot": false,
            "lucene_version": "9.12.1",
            "minimum_wire_compatibility_version": "7.10.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "Goshawk: real-time analytics for microblogs",
    }))
}

/// A table of texts.
struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// Columns that are numbers stand to the right.
    right: &'static [&'static str],
}

impl Table {
    fn told(mut self, ask: &Ask) -> Result<Reply> {
        ask.parameters.allow(&ask.path, &[&NAMING, &CAT])?;
        self.sort(ask.parameters.text("s"));
        let chosen: Vec<usize> = match ask.parameters.text("h") {
            Some(names) => names.split(',').filter_map(|name| self.place(name)).collect(),
            None => (0..self.columns.len()).collect(),
        };
        if ask.parameters.text("format") == Some("json") {
            let row = |row: &Vec<String>| -> Map<String, Value> {
                let cell = |place: &usize| Some(((*self.columns.get(*place)?).to_owned(), json!(row.get(*place)?)));
                chosen.iter().filter_map(cell).collect()
            };
            return Reply::json(Value::Array(self.rows.iter().map(row).map(Value::Object).collect()));
        }
        let head = ask.parameters.flag("v")?.then(|| self.columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        Reply::text(self.lines(head, &chosen))
    }

    fn place(&self, name: &str) -> Option<usize> {
        let name = match name {
            "i" | "idx" => "index",
            "dc" | "docsCount" => "docs.count",
            "p" | "shards.primary" => "pri",
            "r" | "shards.replica" => "rep",
            "s" => "status",
            "ss" => "store.size",
            name => name,
        };
        self.columns.iter().position(|column| *column == name)
    }

    fn sort(&mut self, by: Option<&str>) {
        let keys: Vec<&str> = by.into_iter().flat_map(|by| by.split(',')).collect();
        for key in keys.into_iter().rev() {
            let (name, falling) = key.strip_suffix(":desc").map_or((key.trim_end_matches(":asc"), false), |name| (name, true));
            let Some(place) = self.place(name) else { continue };
            self.rows.sort_by(|one, other| {
                let (one, other) = (one.get(place), other.get(place));
                let number = |cell: Option<&String>| cell.and_then(|cell| cell.parse::<f64>().ok());
                let order = match (number(one), number(other)) {
                    (Some(one), Some(other)) => one.total_cmp(&other),
                    _ => one.cmp(&other),
                };
                if falling { order.reverse() } else { order }
            });
        }
    }

    fn lines(&self, head: Option<Vec<String>>, chosen: &[usize]) -> String {
        let rows: Vec<&Vec<String>> = head.iter().chain(&self.rows).collect();
        let mut lines = String::new();
        let cell = |row: &Vec<String>, place: usize| row.get(place).cloned().unwrap_or_default();
        for row in &rows {
            for (number, place) in chosen.iter().copied().enumerate() {
                let width = rows.iter().map(|row| cell(row, place).chars().count()).max().unwrap_or(0);
                let right = self.columns.get(place).is_some_and(|name| self.right.contains(name));
                let text = cell(row, place);
                let is_last = number + 1 == chosen.len();
                match (right, is_last) {
                    (true, _) => lines.push_str(&format!("{text:>width$}")),
                    (false, true) => lines.push_str(&text),
                    (false, false) => lines.push_str(&format!("{text:<width$}")),
                }
                if !is_last {
                    lines.push(' ');
                }
            }
            lines.push('\n');
        }
        lines
    }
}

const NUMBERS: [&str; 8] = ["pri", "rep", "docs.count", "docs.deleted", "store.size", "pri.store.size", "epoch", "count"];

pub(super) fn cat(ask: &Ask, parts: &[&str]) -> Result<Reply> {
    match parts {
        ["_cat"] => Reply::text(
            "=^.^=\n/_cat/indices\n/_cat/indices/{index}\n/_cat/count\n/_cat/count/{index}\n/_cat/health\n".to_owned(),
        ),
        ["_cat", "indices"] => indices(ask, "_all"),
        ["_cat", "indices", names] => indices(ask, names),
        ["_cat", "count"] => total(ask, "_all"),
        ["_cat", "count", names] => total(ask, names),
        ["_cat", "health"] => {
            let columns = &["cluster", "status", "node.total"];
            Table { columns, rows: vec![vec!["goshawk".to_owned(), "green".to_owned(), "1".to_owned()]], right: &[] }.told(ask)
        }
        ["_cat", "aliases" | "templates", ..] => Table { columns: &["alias", "index"], rows: vec![], right: &[] }.told(ask),
        ["_cat", "nodes"] => Table { columns: &["name"], rows: vec![vec![NODE.to_owned()]], right: &[] }.told(ask),
        _ => Err(no_handler(ask)),
    }
}

/// Documents that are there, and those that are deleted but take room.
fn documents(index: &Index) -> Result<(u64, u64)> {
    let searcher = index.searcher()?;
    let deleted = searcher.segment_readers().iter().map(|segment| u64::from(segment.num_deleted_docs())).sum();
    Ok((searcher.num_docs(), deleted))
}

fn size(bytes: u64, ask: &Ask) -> String {
    let told = match ask.parameters.text("bytes").unwrap_or_default() {
        "b" => Some(0),
        "k" | "kb" => Some(10),
        "m" | "mb" => Some(20),
        "g" | "gb" => Some(30),
        "t" | "tb" => Some(40),
        "p" | "pb" => Some(50),
        _ => None,
    };
    let units = [("gb", 1u64 << 30), ("mb", 1 << 20), ("kb", 1 << 10)];
    match (told, units.iter().find(|(_, unit)| bytes >= *unit)) {
        (Some(digits), _) => (bytes >> digits).to_string(),
        (None, Some((name, unit))) => format!("{:.1}{name}", bytes as f64 / *unit as f64),
        (None, None) => format!("{bytes}b"),
    }
}

fn indices(ask: &Ask, names: &str) -> Result<Reply> {
    let row = |index: &Arc<Index>| -> Result<Vec<String>> {
        let (count, deleted) = documents(index)?;
        let replicas = index.about.settings.get("number_of_replicas").map_or_else(|| "0".to_owned(), crate::java::written);
        let size = size(index.size_bytes(), ask);
        let about = &index.about;
        let texts =
            ["green", "open", &about.name, &about.uuid, "1", &replicas, &count.to_string(), &deleted.to_string(), &size, &size];
        Ok(texts.map(str::to_owned).to_vec())
    };
    // What is open is green.
    let shown = match ask.parameters.text("health") {
        None | Some("" | "green") => true,
        Some("yellow" | "red") => false,
        Some(other) => return Err(Error::argument(format!("unknown cluster health status [{other}]"))),
    };
    let rows = ask.named(names)?.iter().filter(|_| shown).map(row).collect::<Result<_>>()?;
    let columns =
        &["health", "status", "index", "uuid", "pri", "rep", "docs.count", "docs.deleted", "store.size", "pri.store.size"];
    Table { columns, rows, right: &NUMBERS }.told(ask)
}

fn total(ask: &Ask, names: &str) -> Result<Reply> {
    let mut total = 0;
    for index in ask.named(names)? {
        total += documents(&index)?.0;
    }
    let seconds = crate::store::now_millis() / 1000;
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let rows = vec![vec![seconds.to_string(), clock, total.to_string()]];
    Table { columns: &["epoch", "timestamp", "count"], rows, right: &[] }.told(ask)
}

/// Nothing of the cluster can be set.
fn set_nothing(ask: &Ask) -> Result<Reply> {
    let body = ask.object()?;
    let told = |name: &str| body.get(name).and_then(Value::as_object).and_then(|settings| settings.keys().next());
    match told("persistent").or_else(|| told("transient")) {
        None => Err(super::documents::invalid("no settings to update")),
        Some(name) => Err(Error::argument(format!("setting [{name}] is not supported by Goshawk: leave it out"))),
    }
}

pub(super) fn cluster(ask: &Ask, method: &str, parts: &[&str]) -> Result<Reply> {
    match parts {
        ["_cluster", "settings"] if method == "PUT" => set_nothing(ask),
        _ if method != "GET" => Err(no_handler(ask)),
        ["_cluster", "health"] => health(ask, "_all"),
        ["_cluster", "health", names] => health(ask, names),
        ["_cluster", "settings"] => Reply::json(json!({ "persistent": {}, "transient": {} })),
        ["_nodes", ..] => Reply::json(json!({
            "_nodes": { "total": 1, "successful": 1, "failed": 0 },
            "cluster_name": "goshawk",
            "nodes": { NODE: {
                "name": NODE,
                "version": "2.19.0",
                "build_type": "goshawk",
                "roles": ["cluster_manager", "data", "ingest"],
                "http": { "max_content_length_in_bytes": 104_857_600 },
            } },
        })),
        _ => Err(no_handler(ask)),
    }
}

fn health(ask: &Ask, names: &str) -> Result<Reply> {
    let shards = ask.named(names)?.len();
    Reply::json(json!({
        "cluster_name": "goshawk",
        "status": "green",
        "timed_out": false,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "discovered_master": true,
        "discovered_cluster_manager": true,
        "active_primary_shards": shards,
        "active_shards": shards,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    }))
}

pub(super) fn stats(ask: &Ask, names: &str) -> Result<Reply> {
    let (mut each, mut totals) = (Map::new(), [0; 3]);
    let tell = |numbers: [u64; 3]| {
        let [count, deleted, size] = numbers;
        let told = json!({ "docs": { "count": count, "deleted": deleted }, "store": { "size_in_bytes": size } });
        json!({ "primaries": told, "total": told })
    };
    let all = ask.named(names)?;
    for index in &all {
        let (count, deleted) = documents(index)?;
        let numbers = [count, deleted, index.size_bytes()];
        totals.iter_mut().zip(numbers).for_each(|(total, number)| *total += number);
        let mut told = tell(numbers);
        set(&mut told, "uuid", json!(index.about.uuid));
        each.insert(index.about.name.clone(), told);
    }
    let shards = json!({ "total": all.len(), "successful": all.len(), "failed": 0 });
    Reply::json(json!({ "_shards": shards, "_all": tell(totals), "indices": each }))
}
