//! What fields there are.

use super::admin::NAMING;
use super::{Ask, Reply};
use crate::error::set;
use crate::mapping::Mapping;
use crate::store::Index;
use crate::{Error, Result, patterns};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The fields of some types, each with the indices where it is.
type Types = BTreeMap<String, Vec<String>>;

fn types_of(mapping: &Mapping, wanted: &[String]) -> Vec<(String, String)> {
    let asked = |path: &str| wanted.iter().any(|pattern| patterns::matches(pattern, path));
    let leaves = mapping.leaves().map(|(path, leaf)| (path.to_owned(), leaf.type_name.clone()));
    let objects = mapping.objects().map(|path| (path.to_owned(), "object".to_owned()));
    leaves.chain(objects).filter(|(path, _)| asked(path)).collect()
}

fn capability(type_name: &str, indices: Option<&[String]>) -> Value {
    let mut told = json!({
        "type": type_name,
        "searchable": !matches!(type_name, "object" | "unmapped"),
        "aggregatable": !matches!(type_name, "object" | "text" | "unmapped"),
    });
    if let Some(indices) = indices {
        set(&mut told, "indices", json!(indices));
    }
    told
}

pub(super) fn capabilities(ask: &Ask, names: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING, &["fields", "include_unmapped"]])?;
    let body = ask.object()?;
    let mut wanted: Vec<String> =
        ask.parameters.text("fields").into_iter().flat_map(|told| told.split(',')).map(str::to_owned).collect();
    match body.get("fields") {
        Some(Value::Array(all)) => wanted.extend(all.iter().map(crate::java::written)),
        Some(one) => wanted.push(crate::java::written(one)),
        None => {}
    }
    let indices: Vec<Arc<Index>> = ask.named(names)?;
    if wanted.is_empty() {
        return Err(Error::argument("specified fields can't be null or empty"));
    }
    let mut fields: BTreeMap<String, Types> = BTreeMap::new();
    for index in &indices {
        for (path, type_name) in types_of(&index.mapping(), &wanted) {
            fields.entry(path).or_default().entry(type_name).or_default().push(index.about.name.clone());
        }
    }
    let unmapped = ask.parameters.flag("include_unmapped")?;
    let told: Map<String, Value> = fields
        .into_iter()
        .map(|(path, mut types)| {
            let there: Vec<&String> = types.values().flatten().collect();
            let lacking = indices.iter().map(|index| index.about.name.clone()).filter(|name| !there.contains(&name));
            let lacking: Vec<String> = lacking.collect();
            if unmapped && !lacking.is_empty() {
                types.insert("unmapped".to_owned(), lacking);
            }
            let several = types.len() > 1;
            let each =
                types.iter().map(|(name, indices)| (name.clone(), capability(name, several.then_some(indices.as_slice()))));
            (path, Value::Object(each.collect()))
        })
        .collect();
    let names: Vec<&str> = indices.iter().map(|index| index.about.name.as_str()).collect();
    Reply::json(json!({ "indices": names, "fields": told }))
}

pub(super) fn field_mapping(ask: &Ask, names: &str, wanted: &str) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&NAMING])?;
    let mut told = Map::new();
    for index in ask.named(names)? {
        let mapping = index.mapping();
        let mut fields = Map::new();
        for path in wanted.split(',').flat_map(|pattern| mapping.matching(pattern)) {
            let Some(definition) = mapping.definition(path) else { continue };
            let last = path.rsplit('.').next().unwrap_or(path);
            let mut inner = Map::new();
            inner.insert(last.to_owned(), definition.told());
            fields.insert(path.to_owned(), json!({ "full_name": path, "mapping": inner }));
        }
        told.insert(index.about.name.clone(), json!({ "mappings": fields }));
    }
    Reply::json(Value::Object(told))
}
