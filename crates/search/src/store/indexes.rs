//! All indexes of a folder.

use super::feed::Feed;
use super::index::Index;
use crate::mapping::Mapping;
use crate::rest::Scrolls;
use crate::{Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tantivy::Executor;

/// The indexes of a folder, by name.
pub struct Indices {
    inner: Arc<Inner>,
    _clock: Clock,
}

struct Inner {
    folder: PathBuf,
    scrolls: Scrolls,
    executor: Executor,
    open: RwLock<BTreeMap<String, Arc<Index>>>,
    /// Why some could not be opened.
    broken: BTreeMap<String, Error>,
}

/// So many indexes there may be, as in Elasticsearch: each keeps files open.
const MOST: usize = 1000;

impl Indices {
    /// Opens all indexes of a folder, which is made if it is not there. One that cannot be opened is refused when it is asked for; the
    /// others are there.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let threads = crate::scan::threads();
        let executor = if threads == 1 { Executor::single_thread() } else { Executor::multi_thread(threads, "search-")? };
        let (mut open, mut broken) = (BTreeMap::new(), BTreeMap::new());
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deleted") {
                std::fs::remove_dir_all(&path)?;
            } else if Index::exists(&path) {
                match Index::open(&path, &executor) {
                    Ok(index) => drop(open.insert(index.about.name.clone(), Arc::new(index))),
                    // Two processes in one folder are told apart at once.
                    Err(error) if error.kind == "lock_obtain_failed_exception" => return Err(error),
                    Err(error) => {
                        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                        tracing::error!(index = name, %error, "an index cannot be opened: it is refused until that is mended");
                        broken.insert(name, error);
                    }
                }
            }
        }
        let inner =
            Arc::new(Inner { folder: folder.to_owned(), scrolls: Scrolls::default(), executor, open: RwLock::new(open), broken });
        let clock = Clock::start(inner.clone())?;
        Ok(Indices { inner, _clock: clock })
    }

    /// The index that its owner feeds; it is made if it is not there. Fields that the mapping names are added to those it has.
    pub fn feed(&self, name: &str, mapping: Mapping) -> Result<Feed> {
        if let Some(index) = self.get(name) {
            if !index.about.fed {
                return Err(Error::argument(format!("index [{name}] is not fed from a log: delete it, or choose another name")));
            }
            let told = mapping.told();
            index.change_mapping(&mut |held| held.merge(&told))?;
            return Ok(Feed { index });
        }
        Ok(Feed { index: self.create_as(name, true, Value::Null, mapping)? })
    }

    /// Makes an index.
    pub(crate) fn create(&self, name: &str, settings: Value, mapping: Mapping) -> Result<Arc<Index>> {
        self.create_as(name, false, settings, mapping)
    }

    fn create_as(&self, name: &str, fed: bool, settings: Value, mapping: Mapping) -> Result<Arc<Index>> {
        check_name(name)?;
        if self.inner.broken.contains_key(name) {
            return Err(self.absent(name));
        }
        let mut open = self.inner.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = open.get(name) {
            let reason = format!("index [{name}/{}] already exists", there.about.uuid);
            let error = Error::new(400, "resource_already_exists_exception", reason);
            return Err(error.with("index", name).with("index_uuid", there.about.uuid.as_str()));
        }
        if !fed {
            check_room(open.len())?;
        }
        let index = Arc::new(Index::create(&self.inner.folder.join(name), name, fed, settings, mapping, &self.inner.executor)?);
        open.insert(name.to_owned(), index.clone());
        Ok(index)
    }

    /// Deletes an index.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let mut open = self.inner.open.write().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = open.get(name) else { return Err(self.absent(name)) };
        index.check_unfed()?;
        let gone = self.inner.folder.join(format!("{}.deleted", index.about.uuid));
        std::fs::rename(index.folder(), &gone)?;
        crate::zones::forget(&index.segments());
        open.remove(name);
        std::fs::remove_dir_all(&gone)?;
        Ok(())
    }

    /// Searches that are seen page by page.
    pub(crate) fn scrolls(&self) -> &Scrolls {
        &self.inner.scrolls
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Index>> {
        self.inner.open.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Why there is no index of a name: it never was, or cannot be opened.
    pub(crate) fn absent(&self, name: &str) -> Error {
        let Some(error) = self.inner.broken.get(name) else { return missing(name) };
        let reason = format!("index [{name}] cannot be opened: {}. Mend that, then restart", error.reason);
        Error::new(503, "unavailable_shards_exception", reason).with("index", name)
    }

    /// The names of those that cannot be opened.
    pub(crate) fn broken(&self) -> impl Iterator<Item = &str> {
        self.inner.broken.keys().map(String::as_str)
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Index>> {
        self.inner.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// An index that there is not.
pub(crate) fn missing(name: &str) -> Error {
    let error = Error::new(404, "index_not_found_exception", format!("no such index [{name}]"));
    error.with("index", name).with("resource.id", name).with("resource.type", "index_or_alias").with("index_uuid", "_na_")
}

/// Refuses one more than there may be.
pub(super) fn check_room(there: usize) -> Result<()> {
    if there < MOST {
        return Ok(());
    }
    let reason = format!(
        "Validation Failed: 1: this action would add [1] total shards, but this cluster currently has [{there}]/[{MOST}] maximum shards open;"
    );
    Err(Error::new(400, "validation_exception", reason))
}

fn check_name(name: &str) -> Result<()> {
    let why = if name.chars().any(char::is_uppercase) {
        "must be lowercase"
    } else if name.starts_with(['-', '_', '+']) {
        "must not start with '_', '-', or '+'"
    } else if name.contains(['\\', '/', '*', '?', '"', '<', '>', '|', ' ', ',']) {
        "must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]"
    } else if name.contains('#') {
        "must not contain '#'"
    } else if name.contains(':') {
        "must not contain ':'"
    } else if matches!(name, "." | ".." | "") {
        "must not be '.' or '..'"
    } else if name.len() > 255 {
        "index name is too long, (256 > 255)"
    } else if name.ends_with(".deleted") || name.contains('\0') {
        "must not end in '.deleted'"
    } else {
        return Ok(());
    };
    let reason = format!("Invalid index name [{name}], {why}");
    Err(Error::new(400, "invalid_index_name_exception", reason).with("index", name).with("index_uuid", "_na_"))
}

/// Refreshes the indexes each second, until it is dropped; then nobody holds them any more.
struct Clock {
    going: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(indices: Arc<Inner>) -> Result<Clock> {
        let (going, stop) = mpsc::channel();
        let thread = std::thread::Builder::new().name("search-refresh".to_owned()).spawn(move || {
            while stop.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let all: Vec<Arc<Index>> =
                    indices.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
                indices.scrolls.sweep();
                for index in all {
                    // A failure stays with the index, and is told to who writes next.
                    let _ = index.tick();
                }
            }
        })?;
        Ok(Clock { going: Some(going), thread: Some(thread) })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.going = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
