//! The index, as the server asks it.

use super::Place;
use domain::{Finder, Found, Pages, Reply, Request};
use search::{Call, Document, Feed, Indices};
use serde_json::Value;
use std::sync::Arc;

/// So many documents are looked at together where all are gone through.
const PAGE: usize = 1000;

/// The index of this process.
#[derive(Clone)]
pub struct Index {
    pub(super) name: String,
    /// The log that it is fed from.
    pub(super) log: String,
    indices: Arc<Indices>,
    pub(super) feed: Feed,
    // Behind the indexes, which are closed before their folder goes.
    _place: Arc<Place>,
}

impl Index {
    pub(super) fn new(name: String, log: String, indices: Arc<Indices>, feed: Feed, place: Place) -> Self {
        Index { name, log, indices, feed, _place: Arc::new(place) }
    }
}

fn found(document: Document) -> Found {
    Found { id: document.id, source: document.source, number: document.seq_no }
}

impl Finder for Index {
    fn index(&self) -> &str {
        &self.name
    }

    fn ask(&self, request: Request<'_>) -> Reply {
        let Request { method, path, query, body } = request;
        let answer = self.indices.answer(&Call { method, path, query, body });
        Reply { status: answer.status, content_type: answer.content_type, body: answer.body }
    }

    fn pages(&self, search: &Value) -> Result<Box<dyn Pages>, String> {
        let pages = self.indices.pages(&self.name, search, PAGE).map_err(|error| error.reason)?;
        Ok(Box::new(Walked(pages)))
    }

    fn newest(&self) -> Result<u64, String> {
        let newest = self.indices.newest(&self.name).map_err(|error| error.reason)?;
        Ok(newest.unwrap_or_default())
    }

    fn newer(&self, query: &Value, than: u64, most: usize) -> Result<Vec<Found>, String> {
        let newer = self.indices.newer(&self.name, query, than, most).map_err(|error| error.reason)?;
        Ok(newer.into_iter().map(found).collect())
    }
}

struct Walked(search::Pages);

impl Pages for Walked {
    fn next_page(&mut self) -> Result<Vec<Found>, String> {
        let page = self.0.next_page().map_err(|error| error.reason)?;
        Ok(page.into_iter().map(found).collect())
    }
}
