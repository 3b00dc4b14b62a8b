//! Searches: what a request's body asks, over one index or several.

mod best;
mod execute;
mod least;
mod level;
mod naming;
mod request;

pub(crate) use execute::{Found, Ranked, count, search, wanted};
pub(crate) use naming::name;
pub(crate) use request::{Request, Track, duration};

use crate::mapping::Mapping;
use crate::store::Index;
use std::sync::Arc;
use tantivy::Searcher;

/// An index as it is during a search.
pub(crate) struct Target {
    pub index: Arc<Index>,
    pub searcher: Searcher,
    pub mapping: Arc<Mapping>,
}

impl Target {
    pub(crate) fn open(index: Arc<Index>) -> crate::Result<Self> {
        let (searcher, mapping) = (index.searcher()?, index.mapping());
        Ok(Target { index, searcher, mapping })
    }
}
