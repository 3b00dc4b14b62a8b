//! Which models there are: those that are shipped, and those in a folder.

use crate::local::local;
use crate::{Error, Kind, Limits, Manifest, Process, Result, Scorer, Standing, seed};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files of a model that is in the binary, by name.
type Files = &'static [(&'static str, &'static [u8])];

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// A version of a model, and where it is.
#[derive(Clone, Debug)]
pub struct Book {
    /// What it is.
    pub manifest: Manifest,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
struct Shipped(Files);

#[derive(Clone, Debug)]
enum Place {
    Binary(Shipped),
    Folder(PathBuf),
}

impl Book {
    /// The model in this folder.
    pub fn open(folder: &Path) -> Result<Book> {
        Book::found(folder)?.ok_or_else(|| Error::at(folder, "there is neither model.toml nor NAME_inference.py"))
    }

    /// The model in this folder, if there is one.
    fn found(folder: &Path) -> Result<Option<Book>> {
        let path = folder.join("model.toml");
        let manifest = if path.exists() {
            Some(Manifest::parse(&std::fs::read_to_string(&path).map_err(|error| Error::at(&path, error))?, &path)?)
        } else {
            seed::manifest(folder)?
        };
        Ok(manifest.map(|manifest| Book { manifest, place: Place::Folder(folder.to_owned()) }))
    }

    /// Where it is, in words.
    pub fn place(&self) -> String {
        match &self.place {
            Place::Binary(_) => "shipped".to_owned(),
            Place::Folder(folder) => folder.display().to_string(),
        }
    }

    /// The folder that it is in, if it is in one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Binary(_) => None,
            Place::Folder(folder) => Some(folder),
        }
    }

    /// One of its files, if it is there.
    pub(crate) fn file(&self, name: &str) -> Result<Option<Cow<'static, [u8]>>> {
        match &self.place {
            Place::Binary(Shipped(files)) => {
                Ok(files.iter().find(|(known, _)| *known == name).map(|(_, bytes)| Cow::Borrowed(*bytes)))
            }
            Place::Folder(folder) => match std::fs::read(folder.join(name)) {
                Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Error::at(&folder.join(name), error)),
            },
        }
    }

    /// A complaint about it.
    pub(crate) fn error(&self, why: impl std::fmt::Display) -> Error {
        let Manifest { name, version, .. } = &self.manifest;
        Error(format!("model {name} {version} ({}): {why}", self.place()))
    }

    /// Readies it to be asked.
    pub fn scorer(&self) -> Result<Box<dyn Scorer>> {
        match (self.manifest.kind, &self.manifest.process, self.folder()) {
            (Kind::Process, Some(program), Some(folder)) => {
                let command = seed::prepared(folder, &program.command)?;
                Ok(Box::new(Process::new(command, folder, self.manifest.of, Limits::of(program))))
            }
            (Kind::Process, ..) => Err(self.error("a program cannot be shipped in the binary")),
            _ => local(self),
        }
    }
}

/// All models that there are.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Vec<Book>);

impl Shelf {
    /// Those that are shipped, and those in the folders of this folder, if there is one: these go before.
    pub fn open(folder: &Path) -> Result<Shelf> {
        let mut books = vec![];
        for path in folders(folder)? {
            match Book::found(&path)? {
                Some(book) => books.push(book),
                None => {
                    tracing::warn!(folder = %path.display(), "it holds neither model.toml nor NAME_inference.py: it is no model")
                }
            }
        }
        for (place, files) in SHIPPED {
            let manifest = files.iter().find(|(name, _)| *name == "model.toml").map(|(_, bytes)| String::from_utf8_lossy(bytes));
            let manifest = Manifest::parse(&manifest.unwrap_or_default(), Path::new(place))?;
            books.push(Book { manifest, place: Place::Binary(Shipped(files)) });
        }
        let mut seen = BTreeSet::new();
        let mut twice = None;
        books.retain(|book| {
            let is_new = seen.insert((book.manifest.name.clone(), book.manifest.version.clone()));
            if !is_new && book.folder().is_some() {
                twice = Some(book.error("another folder holds the same version"));
            }
            is_new
        });
        if let Some(error) = twice {
            return Err(error);
        }
        books.sort_by(|one, other| {
            let names = one.manifest.name.cmp(&other.manifest.name);
            names.then_with(|| versions(&one.manifest.version, &other.manifest.version))
        });
        Ok(Shelf(books))
    }

    /// All versions of all models, by name, the oldest of each first.
    pub fn books(&self) -> &[Book] {
        &self.0
    }

    /// The models' names.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|book| book.manifest.name.as_str()).collect();
        names.dedup();
        names
    }

    /// A version of a model.
    pub fn version(&self, name: &str, version: &str) -> Option<&Book> {
        self.0.iter().find(|book| book.manifest.name == name && book.manifest.version == version)
    }

    /// The version of a model that is in force, as it stands; where nothing is said, the newest.
    pub fn in_force(&self, name: &str, standing: &Standing) -> Option<&Book> {
        let newest = || self.0.iter().rev().find(|book| book.manifest.name == name);
        self.version(name, &standing.in_force).or_else(newest)
    }

    /// The version that runs beside it, if one does.
    pub fn shadow(&self, name: &str, standing: &Standing) -> Option<&Book> {
        self.version(name, standing.shadow.as_deref()?)
    }
}

/// The folders that hold a model each.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(Error::at(folder, error)),
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut paths = paths.map_err(|error| Error::at(folder, error))?;
    paths.retain(|path| path.is_dir() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

/// `9` is before `10`, and `1.9` before `1.10`.
fn versions(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| version.split('.').map(|part| (part.parse::<u64>().ok(), part.to_owned())).collect::<Vec<_>>();
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{folder_of, lexicon};

    #[test]
    fn the_newest_is_in_force_until_another_is_said_to_be() {
        let place = tempfile::tempdir().unwrap();
        for (folder, version) in [("a", "9"), ("b", "10"), (".c", "11")] {
            folder_of(&place.path().join(folder), &lexicon("mood", version));
        }
        let shelf = Shelf::open(place.path()).unwrap();
        let of = |standing: &Standing| shelf.in_force("mood", standing).unwrap().manifest.version.clone();
        assert_eq!(of(&Standing::default()), "10");
        let standing = Standing { in_force: "9".into(), shadow: Some("10".into()), before: vec![] };
        assert_eq!((of(&standing), shelf.shadow("mood", &standing).unwrap().manifest.version.as_str()), ("9".into(), "10"));
        assert_eq!(shelf.names().iter().filter(|name| **name == "mood").count(), 1);
        assert!(shelf.in_force("another", &standing).is_none());
    }

    #[test]
    fn two_folders_with_one_version_are_refused_and_one_with_no_model_is_passed_over() {
        let place = tempfile::tempdir().unwrap();
        assert!(Shelf::open(&place.path().join("nowhere")).is_ok());
        for folder in ["a", "b"] {
            folder_of(&place.path().join(folder), &lexicon("mood", "1"));
        }
        assert!(Shelf::open(place.path()).unwrap_err().0.contains("another folder holds the same version"));
        std::fs::remove_file(place.path().join("b/model.toml")).unwrap();
        assert!(Book::open(&place.path().join("b")).unwrap_err().0.contains("neither model.toml nor NAME_inference.py"));
        assert_eq!(Shelf::open(place.path()).unwrap().names().iter().filter(|name| **name == "mood").count(), 1);
    }
}
