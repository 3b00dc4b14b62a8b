//! An index: its folder, its mapping, and what reads it.

use super::about::{About, damaged, keep, revive};
use super::ahead::{self, Ahead, Record};
use super::blooms::Blooms;
use super::sparse::Sparse;
use super::writer::{Own, Recent, Writer};
use super::{now_millis, unique};
use crate::document::{self, Reading};
use crate::mapping::{self, Mapping};
use crate::{Error, Result, analysis, zones};
use serde_json::{Map, Value};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tantivy::index::SegmentId;
use tantivy::schema::IndexRecordOption;
use tantivy::schema::Value as _;
use tantivy::{
    DocAddress, DocSet, Executor, IndexReader, IndexSettings, ReloadPolicy, Searcher, TERMINATED, TantivyDocument, Term,
};

/// Without a search for so long, an index is refreshed only when one comes, or when much waits.
const IDLE_MILLIS: i64 = 30_000;
const MUCH: u64 = 256 << 20;
/// Documents are kept in blocks of so many bytes: a hit costs one of them.
const BLOCK: usize = 8 << 10;

/// So often a document is read anew where others change the mapping meanwhile.
const TRIES: usize = 1000;

/// An index.
pub(crate) struct Index {
    pub about: About,
    folder: PathBuf,
    pub(super) index: tantivy::Index,
    reader: IndexReader,
    mapping: RwLock<Arc<Mapping>>,
    pub(super) writer: Mutex<Writer>,
    searched_millis: AtomicI64,
    own: Own,
    _lock: File,
}

/// A document as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    /// Its id.
    pub id: String,
    /// How often it was written.
    pub version: u64,
    /// The number of its last write.
    pub seq_no: u64,
    /// It itself.
    pub source: Vec<u8>,
}

fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("lock"))?;
    file.try_lock().map_err(|_| {
        let reason = format!("{} is open in another process: stop that one first", folder.display());
        Error::new(500, "lock_obtain_failed_exception", reason)
    })?;
    Ok(file)
}

impl Index {
    /// Makes an index in a folder that has none.
    pub(super) fn create(
        folder: &Path,
        name: &str,
        fed: bool,
        settings: Value,
        mapping: Mapping,
        executor: &Executor,
    ) -> Result<Self> {
        let about = About { name: name.to_owned(), uuid: unique(22), created_millis: now_millis(), fed, settings };
        std::fs::create_dir_all(folder.join("segments"))?;
        keep(folder, &about, &mapping)?;
        Index::open(folder, executor)
    }

    /// Is there an index in the folder?
    pub(super) fn exists(folder: &Path) -> bool {
        folder.join("index.json").exists()
    }

    /// Opens the index of a folder, as it was when the last write was answered.
    pub(super) fn open(folder: &Path, executor: &Executor) -> Result<Self> {
        let lock = lock(folder)?;
        let (about, mapping) = revive(folder)?;
        let directory = Sparse::open(&folder.join("segments"))?;
        let mut index = tantivy::Index::builder()
            .schema(mapping::schema())
            .tokenizers(analysis::tokenizers())
            .settings(IndexSettings { docstore_blocksize: BLOCK, ..IndexSettings::default() })
            .open_or_create(directory)
            .map_err(|error| damaged(folder, &error.to_string()))?;
        index.set_executor(executor.clone());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(16).try_into()?;
        let schema = index.schema();
        let own = Own {
            id: schema.get_field("_id")?,
            source: schema.get_field("_source")?,
            version: schema.get_field("_version")?,
            seq_no: schema.get_field("_seq_no")?,
            index: schema.get_field("_index")?,
        };
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let payload: Value = serde_json::from_str(&payload).unwrap_or_default();
        let number = |name: &str| payload.get(name).and_then(Value::as_u64).unwrap_or_default();
        let progress = payload.get("progress").and_then(Value::as_str).unwrap_or_default().to_owned();
        let opened = Index {
            writer: Mutex::new(Writer::new(own, &about.name, number("seq_no"), progress)),
            about,
            folder: folder.to_owned(),
            reader,
            mapping: RwLock::new(Arc::new(mapping)),
            // Until somebody searches nothing needs to be found; the first search makes it so.
            searched_millis: AtomicI64::new(0),
            own,
            index,
            _lock: lock,
        };
        if !opened.about.fed {
            opened.replay(number("generation"))?;
        }
        Ok(opened)
    }

    /// Writes again what was answered but not committed.
    fn replay(&self, generation: u64) -> Result<()> {
        let mut writer = self.writer();
        let last = ahead::replay(&self.folder, generation, &mut |record| self.play(&mut writer, &record))?;
        writer.ahead = Some(Ahead::open(&self.folder, last)?);
        if writer.dirty {
            writer.commit(&self.index)?;
            self.reload()?;
        }
        Ok(())
    }

    fn play(&self, writer: &mut Writer, record: &Record) -> Result<()> {
        writer.seq_no = writer.seq_no.max(record.seq_no + 1);
        match record.source {
            Some(source) => {
                // What was answered is kept, whatever the mapping has become since: of that, what fits is indexed.
                let document = self.prepare(record.id, source).or_else(|error| match serde_json::from_slice(source) {
                    Ok(parsed) if error.status < 500 => Ok(document::what_fits(&self.mapping(), record.id, &parsed)),
                    _ => Err(error),
                })?;
                writer.add(&self.index, record.id, (record.version, record.seq_no), source, document, true)?;
            }
            None => writer.delete(record.id),
        }
        let recent = Recent { version: record.version, seq_no: record.seq_no, deleted: record.source.is_none(), place: None };
        writer.recent.insert(record.id.to_owned(), recent);
        Ok(())
    }

    /// The fields as they are known now.
    pub(crate) fn mapping(&self) -> Arc<Mapping> {
        self.mapping.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the mapping; it is kept before anything is written by it.
    pub(crate) fn change_mapping(&self, change: &mut dyn FnMut(&mut Mapping) -> Result<()>) -> Result<()> {
        let mut held = self.mapping.write().unwrap_or_else(PoisonError::into_inner);
        let mut mapping = Mapping::clone(&held);
        change(&mut mapping)?;
        keep(&self.folder, &self.about, &mapping)?;
        *held = Arc::new(mapping);
        Ok(())
    }

    /// From a source to what is indexed of it. Fields that are new are taken on once all of the document reads by them: one that is
    /// refused changes nothing.
    pub(super) fn prepare(&self, id: &str, source: &[u8]) -> Result<TantivyDocument> {
        self.fit(id, &serde_json::from_slice(source).map_err(|error| unreadable(&error))?)
    }

    /// The same of a source from outside, in which no key may stand twice.
    pub(super) fn prepare_strictly(&self, id: &str, source: &[u8]) -> Result<TantivyDocument> {
        match crate::strict::whole(source).map_err(|error| unreadable(&error))? {
            Value::Object(parsed) => self.fit(id, &parsed),
            _ => self.prepare(id, source),
        }
    }

    fn fit(&self, id: &str, parsed: &Map<String, Value>) -> Result<TantivyDocument> {
        for _ in 0..TRIES {
            let held = self.mapping();
            let fields = match document::read(&held, id, parsed)? {
                Reading::Whole(document) => return Ok(document),
                Reading::Unknown(fields) => fields,
            };
            let mut extended = Mapping::clone(&held);
            extended.extend(&fields)?;
            let Reading::Whole(document) = document::read(&extended, id, parsed)? else { break };
            if self.replace_mapping(&held, extended)? {
                return Ok(document);
            }
        }
        Err(Error::new(500, "exception", "the mapping changes too fast"))
    }

    /// Puts a mapping in the place of another, unless somebody else was faster.
    fn replace_mapping(&self, old: &Arc<Mapping>, new: Mapping) -> Result<bool> {
        let mut held = self.mapping.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&held, old) {
            return Ok(false);
        }
        keep(&self.folder, &self.about, &new)?;
        *held = Arc::new(new);
        Ok(true)
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The documents that are to be found now.
    pub(crate) fn searcher(&self) -> Result<Searcher> {
        let before = self.searched_millis.swap(now_millis(), Ordering::Relaxed);
        if now_millis() - before > IDLE_MILLIS {
            self.refresh()?;
        }
        Ok(self.reader.searcher())
    }

    /// The same, though nobody searches.
    pub(super) fn committed(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Makes what was written be found.
    pub(crate) fn refresh(&self) -> Result<()> {
        let mut writer = self.writer();
        if writer.dirty && !self.about.fed {
            self.commit(&mut writer)?;
        }
        Ok(())
    }

    /// What the clock asks for, each second.
    pub(super) fn tick(&self) -> Result<()> {
        self.let_go()?;
        let idle = now_millis() - self.searched_millis.load(Ordering::Relaxed) > IDLE_MILLIS;
        let rests = {
            let writer = self.writer();
            if idle && !writer.rests() && writer.ahead.as_ref().is_none_or(|ahead| ahead.len() < MUCH) {
                return Ok(());
            }
            writer.rests()
        };
        self.refresh()?;
        if rests { self.writer().close() } else { Ok(()) }
    }

    /// Merges go on after a commit: the files of what they have replaced are let go.
    fn let_go(&self) -> Result<()> {
        if !self.writer().is_open() {
            return Ok(());
        }
        let (mut there, mut held) = (self.index.searchable_segment_ids()?, self.segments());
        there.sort_unstable();
        held.sort_unstable();
        if there == held { Ok(()) } else { self.reload() }
    }

    /// Sees what is committed. What is known of segments that are no more is forgotten, and their files with it.
    fn reload(&self) -> Result<()> {
        let before = self.segments();
        self.reader.reload()?;
        let now = self.segments();
        let gone: Vec<SegmentId> = before.into_iter().filter(|segment| !now.contains(segment)).collect();
        if !gone.is_empty() {
            zones::forget(&gone);
        }
        Ok(())
    }

    pub(super) fn segments(&self) -> Vec<SegmentId> {
        self.reader.searcher().segment_readers().iter().map(|segment| segment.segment_id()).collect()
    }

    /// Commits; after a failure nothing more is written, for the index may lack what was answered.
    pub(super) fn commit(&self, writer: &mut Writer) -> Result<()> {
        writer.usable()?;
        let done = writer.commit(&self.index).and_then(|()| self.reload());
        if let Err(error) = &done {
            writer.broken = Some(error.reason.clone());
        }
        done
    }

    /// Where the document of an id is, among those that are committed.
    pub(crate) fn find(&self, searcher: &Searcher, id: &str) -> Result<Option<DocAddress>> {
        let term = Term::from_field_text(self.own.id, id);
        for (order, segment) in searcher.segment_readers().iter().enumerate() {
            let postings = segment.inverted_index(self.own.id)?.read_postings(&term, IndexRecordOption::Basic);
            let Some(mut postings) = postings.map_err(tantivy::TantivyError::from)? else { continue };
            let mut document = postings.doc();
            while document != TERMINATED {
                if !segment.is_deleted(document) {
                    return Ok(Some(DocAddress::new(order as u32, document)));
                }
                document = postings.advance();
            }
        }
        Ok(None)
    }

    /// A document's version and number.
    pub(crate) fn numbers(&self, searcher: &Searcher, at: DocAddress) -> Result<(u64, u64)> {
        let columns = searcher.segment_reader(at.segment_ord).fast_fields();
        let one = |name: &str| -> Result<u64> { Ok(columns.u64(name)?.first(at.doc_id).unwrap_or_default()) };
        Ok((one("_version")?, one("_seq_no")?))
    }

    /// A document's id and source.
    pub(crate) fn load(&self, searcher: &Searcher, at: DocAddress) -> Result<(String, Vec<u8>)> {
        let document: TantivyDocument = searcher.doc(at)?;
        let id = document.get_first(self.own.id).and_then(|value| value.as_str().map(str::to_owned));
        let source = document.get_first(self.own.source).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        Ok((id.unwrap_or_default(), source.unwrap_or_default()))
    }

    /// The document of an id, were it written just now.
    pub(crate) fn get(&self, id: &str, realtime: bool) -> Result<Option<Stored>> {
        if realtime && !self.about.fed {
            let mut writer = self.writer();
            if let Some(recent) = writer.recent.get(id).copied() {
                let (false, Some(place), Some(ahead)) = (recent.deleted, recent.place, writer.ahead.as_mut()) else {
                    return Ok(None);
                };
                let Recent { version, seq_no, .. } = recent;
                return Ok(Some(Stored { id: id.to_owned(), version, seq_no, source: ahead.read(place)? }));
            }
        }
        let searcher = self.reader.searcher();
        let Some(at) = self.find(&searcher, id)? else { return Ok(None) };
        let (version, seq_no) = self.numbers(&searcher, at)?;
        let (id, source) = self.load(&searcher, at)?;
        Ok(Some(Stored { id, version, seq_no, source }))
    }

    /// The ids that there are, as filters. They are read when first asked for.
    pub(super) fn ids<'w>(&self, writer: &'w mut Writer) -> Result<&'w mut Blooms> {
        let known = if let Some(known) = writer.ids.take() { known } else { self.known_ids()? };
        Ok(writer.ids.insert(known))
    }

    fn known_ids(&self) -> Result<Blooms> {
        let searcher = self.reader.searcher();
        let mut ids = Blooms::new(searcher.num_docs() as usize * 3 / 2);
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(self.own.id)?;
            let mut stream = inverted.terms().stream()?;
            while stream.advance() {
                ids.insert(stream.key());
            }
        }
        Ok(ids)
    }

    /// Bytes on disk.
    pub(crate) fn size_bytes(&self) -> u64 {
        let names = [self.folder.clone(), self.folder.join("segments")];
        let entries = names.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).filter(|about| about.is_file()).map(|about| taken(&about)).sum()
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// What a file takes, holes left out.
#[cfg(unix)]
fn taken(about: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(about) * 512
}

#[cfg(not(unix))]
fn taken(about: &std::fs::Metadata) -> u64 {
    about.len()
}

fn unreadable(error: &serde_json::Error) -> Error {
    let mut refused = Error::new(400, "mapper_parsing_exception", "failed to parse");
    refused.cause = Some(Box::new(Error::new(400, "json_parse_exception", error.to_string())));
    refused
}
