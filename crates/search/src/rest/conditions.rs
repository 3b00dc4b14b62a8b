//! What a request says of the version that it must meet.

use super::Ask;
use super::documents::invalid;
use crate::store::{Condition, Index, Stored};
use crate::{Error, Result};

/// Whose the versions are.
#[derive(Clone, Copy, PartialEq)]
enum Owner {
    /// The server's.
    Internal,
    External,
    /// Another's, and the same version may come again.
    ExternalGte,
}

impl Owner {
    fn read(told: Option<&str>) -> Result<Self> {
        Ok(match told {
            None | Some("internal") => Owner::Internal,
            Some("external" | "external_gt") => Owner::External,
            Some("external_gte") => Owner::ExternalGte,
            Some(other) => return Err(Error::argument(format!("No version type match [{other}]"))),
        })
    }

    fn name(self) -> &'static str {
        match self {
            Owner::Internal => "INTERNAL",
            Owner::External => "EXTERNAL",
            Owner::ExternalGte => "EXTERNAL_GTE",
        }
    }
}

/// What stands in place of a version that is not told.
const ANY: i64 = -3;

/// What stands in place of a number that is not told.
const UNASSIGNED: i64 = -2;

/// What was told.
#[derive(Default)]
pub(super) struct Told {
    pub version: Option<i64>,
    pub version_type: Option<String>,
    pub seq_no: Option<i64>,
    pub primary_term: Option<i64>,
}

impl Told {
    /// What an address says.
    pub(super) fn of(ask: &Ask) -> Result<Self> {
        let long = |name: &str| ask.parameters.long(name);
        let version_type = ask.parameters.text("version_type").map(str::to_owned);
        Ok(Told { version: long("version")?, version_type, seq_no: long("if_seq_no")?, primary_term: long("if_primary_term")? })
    }

    /// Is anything said of versions?
    pub(super) fn names_version(&self) -> bool {
        self.version.is_some() || self.version_type.is_some()
    }

    /// The number that the last write must have, and its term.
    fn number(&self) -> Result<(Option<u64>, u64)> {
        let seq_no = self.seq_no.filter(|number| *number != UNASSIGNED);
        let number = |number: i64| u64::try_from(number).ok();
        let seq_no = seq_no
            .map(|told| {
                number(told).ok_or_else(|| Error::argument(format!("sequence numbers must be non negative. got [{told}].")))
            })
            .transpose()?;
        let term = self.primary_term.unwrap_or_default();
        let term = number(term).ok_or_else(|| Error::argument(format!("primary term must be non negative. got [{term}]")))?;
        Ok((seq_no, term))
    }

    /// The condition that all of it makes for a write.
    pub(super) fn condition(&self, create: bool, has_id: bool) -> Result<Condition> {
        let owner = Owner::read(self.version_type.as_deref())?;
        let (seq_no, term) = self.number()?;
        let version = self.version.filter(|version| *version != ANY);
        if create {
            return match (owner, version, seq_no, term) {
                (Owner::Internal, None, None, 0) => Ok(Condition::Absent),
                (Owner::Internal, None, ..) => {
                    Err(invalid("create operations do not support compare and set. use index instead"))
                }
                (Owner::Internal, ..) => Err(invalid("create operations do not support explicit versions. use index instead")),
                _ => Err(invalid("create operations only support internal versioning. use index instead")),
            };
        }
        if !has_id && (owner != Owner::Internal || version.is_some()) {
            return Err(invalid("an id must be provided if version type or value are set"));
        }
        let version = match (owner, version) {
            (Owner::Internal, None) => None,
            (Owner::Internal, Some(_)) => return Err(invalid(OWN_VERSIONS)),
            (_, told) => {
                let told = told.unwrap_or(ANY);
                let illegal = || invalid(&format!("illegal version value [{told}] for version type [{}]", owner.name()));
                Some(u64::try_from(told).map_err(|_| illegal())?)
            }
        };
        match (version, seq_no) {
            (Some(_), Some(_)) => Err(invalid("compare and write operations can not use versioning")),
            (_, Some(_)) if term == 0 => Err(invalid("ifSeqNo is set, but primary term is [0]")),
            (_, None) if term != 0 => Err(invalid(&format!("ifSeqNo is unassigned, but primary term is [{term}]"))),
            (None, Some(seq_no)) => Ok(Condition::Number(seq_no, term)),
            (None, None) => Ok(Condition::Any),
            (Some(version), None) if owner == Owner::External => Ok(Condition::Older(version)),
            (Some(version), None) => Ok(Condition::NotNewer(version)),
        }
    }

    /// Refuses a document of another version than the one that is to be read.
    pub(super) fn check_read(&self, index: &Index, found: &Stored) -> Result<()> {
        Owner::read(self.version_type.as_deref())?;
        match self.version {
            Some(version) if version != ANY && u64::try_from(version) != Ok(found.version) => {
                let current = found.version;
                Err(index
                    .conflict(&found.id, &format!("current version [{current}] is different than the one provided [{version}]")))
            }
            _ => Ok(()),
        }
    }
}

/// Why a version of the server's own cannot be told.
pub(super) const OWN_VERSIONS: &str = "internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead";
