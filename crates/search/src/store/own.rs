//! Writes to an index of its own: safe before they are answered.

use super::ahead::Record;
use super::index::{Index, Stored};
use super::unique;
use super::writer::{Recent, Writer};
use crate::{Error, Result};

/// What must be so for a write to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Condition {
    /// Nothing.
    #[default]
    Any,
    /// The document is not there.
    Absent,
    /// Its version is less than this, which becomes its version.
    Older(u64),
    /// Its version is no more than this, which becomes its version.
    NotNewer(u64),
    /// Its last write has this number, of this term; there is only [`TERM`].
    Number(u64, u64),
}

/// The term of all writes: nobody takes this server's place.
pub(crate) const TERM: u64 = 1;

/// A write.
#[derive(Clone, Debug)]
pub(crate) struct Write<'a> {
    /// The document; none asks for an id.
    pub id: Option<&'a str>,
    /// What it becomes; none deletes it.
    pub source: Option<&'a [u8]>,
    /// When only.
    pub condition: Condition,
    /// The number of the bulk it comes in, 0 outside of one.
    pub bulk: u64,
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    pub id: String,
    pub version: u64,
    pub seq_no: u64,
    pub outcome: Outcome,
}

/// What became of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Deleted,
    NotFound,
}

impl Outcome {
    /// As answers call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Updated => "updated",
            Outcome::Deleted => "deleted",
            Outcome::NotFound => "not_found",
        }
    }
}

impl Writer {
    pub(super) fn usable(&self) -> Result<()> {
        match &self.broken {
            None => Ok(()),
            Some(reason) => {
                let reason = format!(
                    "nothing can be written since: {reason}. Mend that (a full disk?), then restart; nothing that was answered is lost"
                );
                Err(Error::new(503, "unavailable_shards_exception", reason))
            }
        }
    }
}

impl Index {
    /// Does a write; it is safe after [`Index::sync`].
    pub(crate) fn write(&self, write: &Write) -> Result<Done> {
        self.check_unfed()?;
        let made = write.id.is_none().then(|| unique(20));
        let id = write.id.or(made.as_deref()).unwrap_or_default();
        if id.is_empty() || id.len() > 512 {
            let reason = format!("id [{id}] is too long, must be no longer than 512 bytes but was: {}", id.len());
            let reason = if id.is_empty() { "if _id is specified it must not be empty".to_owned() } else { reason };
            return Err(Error::new(400, "action_request_validation_exception", format!("Validation Failed: 1: {reason};")));
        }
        let document = write.source.map(|source| self.prepare_strictly(id, source)).transpose()?;
        let mut writer = self.writer();
        writer.usable()?;
        let before = if made.is_some() { None } else { self.current(&mut writer, id)? };
        let alive = before.is_some_and(|before| !before.deleted);
        self.check(id, before, write.condition)?;
        let version = match write.condition {
            Condition::Older(version) | Condition::NotNewer(version) => version,
            _ => before.map_or(1, |before| before.version + 1),
        };
        let seq_no = writer.seq_no;
        writer.seq_no += 1;
        writer.bulk = write.bulk;
        let record = Record { seq_no, version, id, source: write.source };
        let place = writer.ahead.as_mut().map(|ahead| ahead.push(&record));
        let outcome = match (document, write.source) {
            (Some(document), Some(source)) => {
                if let Some(ids) = &mut writer.ids {
                    ids.insert(id.as_bytes());
                }
                let added = writer.add(&self.index, id, (version, seq_no), source, document, alive);
                added.inspect_err(|error| writer.broken = Some(error.reason.clone()))?;
                if alive { Outcome::Updated } else { Outcome::Created }
            }
            _ => {
                writer.delete(id);
                if alive { Outcome::Deleted } else { Outcome::NotFound }
            }
        };
        writer.recent.insert(id.to_owned(), Recent { version, seq_no, deleted: write.source.is_none(), place });
        Ok(Done { id: id.to_owned(), version, seq_no, outcome })
    }

    /// Makes the writes so far last.
    pub(crate) fn sync(&self) -> Result<()> {
        let mut writer = self.writer();
        writer.usable()?;
        let mut done = writer.ahead.as_mut().map_or(Ok(()), |ahead| ahead.sync());
        if done.is_ok() {
            done = writer.flush(&self.index);
        }
        if let Err(error) = &done {
            writer.broken = Some(error.reason.clone());
        }
        done?;
        if writer.is_one_too_many() {
            self.commit(&mut writer)?;
            writer.close()?;
        }
        Ok(())
    }

    /// Refuses writes from outside to an index that is fed.
    pub(crate) fn check_unfed(&self) -> Result<()> {
        if !self.about.fed {
            return Ok(());
        }
        let name = &self.about.name;
        let reason = format!("index [{name}] blocked by: [FORBIDDEN/8/index write (api): it is fed by the log];");
        Err(Error::new(403, "cluster_block_exception", reason).with("index", name.as_str()))
    }

    /// What is known of an id, deleted lately or not.
    fn current(&self, writer: &mut Writer, id: &str) -> Result<Option<Recent>> {
        if let Some(recent) = writer.recent.get(id) {
            return Ok(Some(*recent));
        }
        if let Some((grave, _)) = writer.graves.get(id) {
            return Ok(Some(*grave));
        }
        if !self.ids(writer)?.may_contain(id.as_bytes()) {
            return Ok(None);
        }
        let searcher = self.committed();
        let Some(at) = self.find(&searcher, id)? else { return Ok(None) };
        let (version, seq_no) = self.numbers(&searcher, at)?;
        Ok(Some(Recent { version, seq_no, deleted: false, place: None }))
    }

    fn check(&self, id: &str, before: Option<Recent>, condition: Condition) -> Result<()> {
        let alive = before.filter(|before| !before.deleted);
        let reason = match (condition, alive) {
            (Condition::Absent, Some(there)) => {
                format!("document already exists (current version [{}])", there.version)
            }
            (Condition::Older(version), _) if before.is_some_and(|before| before.version >= version) => {
                let current = before.map_or(0, |before| before.version);
                format!("current version [{current}] is higher or equal to the one provided [{version}]")
            }
            (Condition::NotNewer(version), _) if before.is_some_and(|before| before.version > version) => {
                let current = before.map_or(0, |before| before.version);
                format!("current version [{current}] is higher than the one provided [{version}]")
            }
            (Condition::Number(number, term), None) => {
                format!("required seqNo [{number}], primary term [{term}]. but no document was found")
            }
            (Condition::Number(number, term), Some(there)) if there.seq_no != number || term != TERM => {
                let current = there.seq_no;
                format!(
                    "required seqNo [{number}], primary term [{term}]. current document has seqNo [{current}] and primary term [{TERM}]"
                )
            }
            _ => return Ok(()),
        };
        Err(self.conflict(id, &reason))
    }

    /// The same for a document that was read.
    pub(crate) fn check_found(&self, found: &Stored, condition: Condition) -> Result<()> {
        let Stored { id, version, seq_no, .. } = found;
        self.check(id, Some(Recent { version: *version, seq_no: *seq_no, deleted: false, place: None }), condition)
    }

    /// The refusal of what met another version than it must.
    pub(crate) fn conflict(&self, id: &str, reason: &str) -> Error {
        let error = Error::new(409, "version_conflict_engine_exception", format!("[{id}]: version conflict, {reason}"));
        error.with("index", self.about.name.as_str()).with("shard", "0").with("index_uuid", self.about.uuid.as_str())
    }
}
