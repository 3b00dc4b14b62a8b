//! Which version of each model is in force, in `standing.toml` beside the models' folders: so that a version can be tried, taken and
//! taken back while posts come in.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const FILE: &str = "standing.toml";

/// How the versions of a model stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Standing {
    /// The version in force; empty: there was never more than one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub in_force: String,
    /// A version that runs beside it, to be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<String>,
    /// Those that were in force before, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
}

/// How the versions of all models stand, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    path: PathBuf,
    /// When the file was written that this was read from.
    written: Option<SystemTime>,
    of: BTreeMap<String, Standing>,
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|told| told.modified()).ok()
}

impl Standings {
    /// Reads them from the folder of the models' folders; where there are none, all is as it was shipped.
    pub fn read(folder: &Path) -> Result<Standings> {
        let path = folder.join(FILE);
        let written = written(&path);
        if written.is_none() {
            return Ok(Standings { path, ..Standings::default() });
        }
        let text = std::fs::read_to_string(&path).map_err(|error| Error::at(&path, error))?;
        let of = toml::from_str(&text).map_err(|error| Error::at(&path, error.to_string().trim_end()))?;
        Ok(Standings { path, written, of })
    }

    /// Whether the file was written since.
    pub fn has_changed(&self) -> bool {
        written(&self.path) != self.written
    }

    /// How a model stands.
    pub fn of(&self, name: &str) -> Standing {
        self.of.get(name).cloned().unwrap_or_default()
    }

    /// Says how a model stands, in the file.
    pub fn set(&mut self, name: &str, standing: Standing) -> Result<()> {
        self.of.insert(name.to_owned(), standing);
        let text = toml::to_string(&self.of).map_err(|error| Error::at(&self.path, error))?;
        // Whoever reads it meanwhile reads the old or the new, and not half of one.
        let fresh = self.path.with_extension("toml.new");
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .map_err(|error| Error::at(&self.path, error))?;
        self.written = written(&self.path);
        Ok(())
    }
}

impl Standing {
    /// Tries a version beside the one in force, which is `current`.
    pub fn try_out(self, current: &str, version: &str) -> std::result::Result<Standing, String> {
        if version == current {
            return Err(format!("version {version} is the one in force"));
        }
        Ok(Standing { in_force: current.to_owned(), shadow: Some(version.to_owned()), ..self })
    }

    /// Takes the version that is tried.
    pub fn promote(mut self) -> std::result::Result<Standing, String> {
        let version = self.shadow.take().ok_or("no version is tried: `goshawk model shadow FOLDER` does that")?;
        self.before.push(std::mem::replace(&mut self.in_force, version));
        Ok(self)
    }

    /// Goes back to the version before, or stops trying one.
    pub fn roll_back(mut self) -> std::result::Result<Standing, String> {
        if self.shadow.take().is_none() {
            self.in_force = self.before.pop().ok_or("there is no version before to go back to")?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_tried_taken_and_taken_back() {
        let tried = Standing::default().try_out("1", "2").unwrap();
        assert_eq!((tried.in_force.as_str(), tried.shadow.as_deref()), ("1", Some("2")));
        assert_eq!(tried.clone().roll_back().unwrap(), Standing { in_force: "1".into(), ..Standing::default() });
        let taken = tried.promote().unwrap();
        assert_eq!((taken.in_force.as_str(), &taken.shadow, taken.before.as_slice()), ("2", &None, &["1".to_owned()][..]));
        assert!(taken.clone().promote().is_err() && taken.clone().try_out("2", "2").is_err());
        let back = taken.roll_back().unwrap();
        assert_eq!((back.in_force.as_str(), back.before.len()), ("1", 0));
        assert!(back.roll_back().is_err());
    }

    #[test]
    fn the_file_says_so_and_a_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut ours = Standings::read(folder.path()).unwrap();
        assert!(!ours.has_changed() && ours.of("a") == Standing::default());
        let theirs = ours.clone();
        ours.set("a", Standing::default().try_out("1", "2").unwrap()).unwrap();
        assert!(theirs.has_changed() && !ours.has_changed());
        assert_eq!(Standings::read(folder.path()).unwrap().of("a").shadow.as_deref(), Some("2"));
        std::fs::write(folder.path().join(FILE), "[a]\nin_farce = '1'").unwrap();
        assert!(Standings::read(folder.path()).unwrap_err().0.contains("in_farce"));
    }
}
