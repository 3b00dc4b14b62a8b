//! Models, for tests.

use std::path::Path;

/// A folder that holds this `model.toml`.
pub fn folder_of(folder: &Path, manifest: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("model.toml"), manifest).unwrap();
}

/// A model that needs nothing else.
pub fn lexicon(name: &str, version: &str) -> String {
    format!("name = '{name}'\nversion = '{version}'\noutput = 'mood'\ntype = 'float'\nkind = 'lexicon'\n")
}
