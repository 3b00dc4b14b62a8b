//! Indexes as a whole: made, deleted, described.

use super::{Ask, Reply};
use crate::analysis::words;
use crate::mapping::{Kind, Mapping, promised};
use crate::store::Index;
use crate::{Error, Result};
use serde_json::{Map, Value, json};

/// What most requests about indexes may say.
pub(super) const NAMING: [&str; 10] = [
    "ignore_unavailable",
    "allow_no_indices",
    "expand_wildcards",
    "timeout",
    "master_timeout",
    "cluster_manager_timeout",
    "local",
    "flat_settings",
    "include_defaults",
    "include_type_name",
];

/// Settings that may be told. They change nothing: an index is of one shard.
const SETTINGS: [&str; 22] = [
    "number_of_shards",
    "number_of_replicas",
    "refresh_interval",
    "max_result_window",
    "auto_expand_replicas",
    "codec",
    "translog",
    "merge",
    "mapping",
    "max_ngram_diff",
    "analysis",
    "query",
    "routing",
    "blocks",
    "priority",
    "hidden",
    "max_regex_length",
    "max_terms_count",
    "write",
    "search",
    "lifecycle",
    "requests",
];

/// Settings as `index.` has them: texts.
fn read_settings(told: &Value) -> Result<Value> {
    let mut settings = Map::new();
    let Some(told) = told.as_object() else { return Err(Error::new(400, "parse_exception", "key [settings] must be an object")) };
    for (name, value) in told {
        if let ("index", Value::Object(_)) = (name.as_str(), value) {
            if let Value::Object(inner) = read_settings(value)? {
                settings.extend(inner);
            }
            continue;
        }
        let name = name.strip_prefix("index.").unwrap_or(name);
        if !SETTINGS.contains(&name.split('.').next().unwrap_or(name)) {
            let reason = format!(
                "unknown setting [index.{name}] please check that any required plugins are installed, or check the breaking changes documentation for removed settings"
            );
            return Err(Error::argument(reason));
        }
        check_kept(name, value)?;
        let value = if value.is_object() || value.is_array() { value.clone() } else { json!(crate::java::written(value)) };
        settings.insert(name.to_owned(), value);
    }
    Ok(Value::Object(settings))
}

/// Refuses a setting, or one below it, that would not be kept to.
fn check_kept(name: &str, told: &Value) -> Result<()> {
    if let Value::Object(below) = told {
        return below.iter().try_for_each(|(key, value)| check_kept(&format!("{name}.{key}"), value));
    }
    let value = crate::java::written(told);
    let kept = match name {
        "mapping.ignore_malformed" | "hidden" => value == "false",
        "mapping.coerce" => value == "true",
        "max_result_window" => value == "10000",
        "query.default_field" => value == "*",
        _ if name.starts_with("blocks") => value == "false",
        _ => !name.starts_with("analysis"),
    };
    if kept || told.is_null() {
        return Ok(());
    }
    Err(Error::argument(format!("setting [index.{name}] of [{value}] is not supported by Goshawk: leave it out")))
}

fn settings_of(index: &Index) -> Value {
    let about = &index.about;
    let mut settings = about.settings.as_object().cloned().unwrap_or_default();
    settings.entry("number_of_shards").or_insert(json!("1"));
    settings.entry("number_of_replicas").or_insert(json!("0"));
    settings.insert("creation_date".to_owned(), json!(about.created_millis.to_string()));
    settings.insert("uuid".to_owned(), json!(about.uuid));
    settings.insert("provided_name".to_owned(), json!(about.name));
    settings.insert("version".to_owned(), json!({ "created": "136407827" }));
    json!({ "index": settings })
}

pub(super) fn create(ask: &Ask, name: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING, &["wait_for_active_shards"]])?;
    let (mut settings, mut mapping) = (json!({}), Mapping::new());
    for (key, value) in ask.object()? {
        match key.as_str() {
            "settings" => settings = read_settings(&value)?,
            "mappings" => mapping = read_mapping(&value)?,
            "aliases" if value.as_object().is_some_and(Map::is_empty) => {}
            "aliases" => return Err(Error::argument("aliases are not supported by Goshawk")),
            _ => return Err(Error::new(400, "parse_exception", format!("unknown key [{key}] for create index"))),
        }
    }
    ask.indices.create(name, settings, mapping)?;
    Reply::json(json!({ "acknowledged": true, "shards_acknowledged": true, "index": name }))
}

fn read_mapping(told: &Value) -> Result<Mapping> {
    let read = Mapping::read(told).and_then(|mapping| promised::check(told).map(|()| mapping));
    read.map_err(|cause| {
        if cause.kind != "mapper_parsing_exception" {
            return cause;
        }
        let mut error = Error::new(400, "mapper_parsing_exception", format!("Failed to parse mapping [_doc]: {}", cause.reason));
        error.cause = Some(Box::new(cause));
        error
    })
}

pub(super) fn delete(ask: &Ask, names: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING])?;
    let all = ask.named(names)?;
    // All or none of them.
    all.iter().try_for_each(|index| index.check_unfed())?;
    for index in all {
        ask.indices.delete(&index.about.name)?;
    }
    Reply::acknowledged()
}

/// An answer by index.
fn by_index(ask: &Ask, names: &str, tell: &dyn Fn(&Index) -> Value) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING])?;
    let told: Map<String, Value> = ask.named(names)?.iter().map(|index| (index.about.name.clone(), tell(index))).collect();
    Reply::json(Value::Object(told))
}

pub(super) fn about(ask: &Ask, names: &str) -> Result<Reply> {
    by_index(ask, names, &|index| json!({ "aliases": {}, "mappings": index.mapping().told(), "settings": settings_of(index) }))
}

pub(super) fn settings(ask: &Ask, names: &str) -> Result<Reply> {
    by_index(ask, names, &|index| json!({ "settings": settings_of(index) }))
}

/// There are no aliases: one that is asked for is missing, and a pattern meets none.
pub(super) fn aliases(ask: &Ask, names: &str, wanted: &[&str]) -> Result<Reply> {
    let all = by_index(ask, names, &|_| json!({ "aliases": {} }))?;
    let [wanted, ..] = wanted else { return Ok(all) };
    let mut missing: Vec<&str> = wanted.split(',').filter(|name| *name != "_all" && !name.contains('*')).collect();
    missing.sort_unstable();
    match missing.as_slice() {
        [] => Reply::json(json!({})),
        [one] => Err(Error::new(404, super::BARE, format!("alias [{one}] missing"))),
        several => Err(Error::new(404, super::BARE, format!("aliases [{}] missing", several.join(",")))),
    }
}

pub(super) fn mapping(ask: &Ask, names: &str) -> Result<Reply> {
    by_index(ask, names, &|index| json!({ "mappings": index.mapping().told() }))
}

pub(super) fn change_mapping(ask: &Ask, names: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING, &["write_index_only"]])?;
    let told = Value::Object(ask.object()?);
    promised::check(&told)?;
    let all = ask.named(names)?;
    all.iter().try_for_each(|index| index.check_unfed())?;
    for index in all {
        index.change_mapping(&mut |mapping| mapping.merge(&told))?;
    }
    Reply::acknowledged()
}

pub(super) fn refresh(ask: &Ask, names: &str) -> Result<Reply> {
    ask.parameters
        .allow(&ask.path, &[&NAMING, &["force", "wait_if_ongoing", "max_num_segments", "flush", "only_expunge_deletes"]])?;
    let all = ask.named(names)?;
    for index in &all {
        index.sync()?;
        index.refresh()?;
    }
    Reply::json(json!({ "_shards": { "total": all.len(), "successful": all.len(), "failed": 0 } }))
}

/// The words of a text, as an analyzer or a field tells them apart.
pub(super) fn analyze(ask: &Ask, name: Option<&str>) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&["index"]])?;
    let body = ask.object()?;
    if let Some(key) = body.keys().find(|key| !matches!(key.as_str(), "analyzer" | "text" | "field")) {
        return Err(Error::argument(format!("[{key}] of [_analyze] is not supported by Goshawk: name an analyzer")));
    }
    let mut whole = false;
    if let Some(analyzer) = body.get("analyzer").and_then(Value::as_str) {
        whole = analyzer == "keyword";
        if !matches!(analyzer, "standard" | "default" | "keyword") {
            return Err(Error::argument(format!("failed to find global analyzer [{analyzer}]")));
        }
    } else if let (Some(field), Some(name)) = (body.get("field").and_then(Value::as_str), name) {
        let mapping = ask.single(name)?.mapping();
        whole = mapping.leaf(field).is_some_and(|leaf| leaf.kind != Kind::Text);
    }
    let texts: Vec<String> = match body.get("text") {
        Some(Value::Array(all)) => all.iter().map(crate::java::written).collect(),
        Some(text) => vec![crate::java::written(text)],
        None => return Err(super::documents::invalid("text is missing")),
    };
    let (mut tokens, mut start, mut place) = (vec![], 0, 0);
    for text in &texts {
        let told = if whole {
            vec![
                json!({ "token": text, "start_offset": start, "end_offset": start + units(text), "type": "word", "position": place }),
            ]
        } else {
            split(text, start, place)
        };
        place += told.len();
        start += units(text) + 1;
        tokens.extend(told);
    }
    Reply::json(json!({ "tokens": tokens }))
}

/// Offsets count as Java's strings do.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn split(text: &str, start: usize, place: usize) -> Vec<Value> {
    let at = |byte: usize| start + units(text.get(..byte).unwrap_or_default());
    let tell = |word: crate::analysis::Word| {
        let kind = sort_of(&word.text);
        json!({ "token": word.text, "start_offset": at(word.from), "end_offset": at(word.to), "type": kind, "position": place + word.place })
    };
    words(text).into_iter().map(tell).collect()
}

fn sort_of(word: &str) -> &'static str {
    let first = word.chars().next().unwrap_or_default();
    match first {
        '\u{3040}'..='\u{309f}' => "<HIRAGANA>",
        '\u{30a0}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => "<KATAKANA>",
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => "<HANGUL>",
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => "<IDEOGRAPHIC>",
        '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => "<SOUTHEAST_ASIAN>",
        _ if word.chars().any(char::is_alphabetic) => "<ALPHANUM>",
        _ if word.chars().any(char::is_numeric) => "<NUM>",
        _ => "<EMOJI>",
    }
}
