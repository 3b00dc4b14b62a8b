//! What is kept of an index beside its documents: its name, its settings, its mapping.

use crate::mapping::Mapping;
use crate::{Error, Result};
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;

/// What a folder is told to be in.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// Its name.
    pub name: String,
    /// A name that no other index has or had.
    pub uuid: String,
    /// When it was made.
    pub created_millis: i64,
    /// Is it fed from a log, by its owner alone?
    pub fed: bool,
    /// Settings, as they were told.
    pub settings: Value,
}

/// Writes a small file at once or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes)?;
    File::open(&beside)?.sync_all()?;
    std::fs::rename(&beside, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

pub(super) fn damaged(folder: &Path, why: &str) -> Error {
    let reason =
        format!("the index in {} is damaged ({why}): restore it from a copy, or delete it and fill it anew", folder.display());
    Error::new(500, "corrupt_index_exception", reason)
}

pub(super) fn keep(folder: &Path, about: &About, mapping: &Mapping) -> Result<()> {
    let About { name, uuid, created_millis, fed, settings } = about;
    let kept = json!({ "name": name, "uuid": uuid, "created_millis": created_millis, "fed": fed, "settings": settings, "fields": mapping.kept() });
    write_whole(&folder.join("index.json"), kept.to_string().as_bytes())
}

pub(super) fn revive(folder: &Path) -> Result<(About, Mapping)> {
    let kept = std::fs::read(folder.join("index.json"))?;
    let kept: Value = serde_json::from_slice(&kept).map_err(|error| damaged(folder, &error.to_string()))?;
    let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let about = About {
        name: text("name"),
        uuid: text("uuid"),
        created_millis: kept.get("created_millis").and_then(Value::as_i64).unwrap_or_default(),
        fed: kept.get("fed").and_then(Value::as_bool).unwrap_or_default(),
        settings: kept.get("settings").cloned().unwrap_or_default(),
    };
    let mapping = Mapping::revive(kept.get("fields").unwrap_or(&Value::Null));
    let mut mapping = mapping.map_err(|error| damaged(folder, &error.reason))?;
    mapping.index.clone_from(&about.name);
    Ok((about, mapping))
}
