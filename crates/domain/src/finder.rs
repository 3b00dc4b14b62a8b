//! An index of documents, as it is asked by those who serve it.

use serde_json::Value;

/// A request of the Elasticsearch API.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, ...
    pub method: &'a str,
    /// The path, percent-encoded, from its first `/`.
    pub path: &'a str,
    /// What stands behind `?`, percent-encoded.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What is answered to it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body's type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// A document that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub id: String,
    /// It itself, as JSON.
    pub source: Vec<u8>,
    /// The number of the write that it comes from: later ones are higher.
    pub number: u64,
}

/// An index of documents that can be asked. What it refuses it tells in words.
pub trait Finder: Send + Sync {
    /// What the index is called.
    fn index(&self) -> &str;
    /// Answers a request.
    fn ask(&self, request: Request<'_>) -> Reply;
    /// All that a search finds, as it is now.
    fn pages(&self, search: &Value) -> Result<Box<dyn Pages>, String>;
    /// The number of the newest write that can be found.
    fn newest(&self) -> Result<u64, String>;
    /// What a query finds among the writes behind this number, the oldest first, so many at most.
    fn newer(&self, query: &Value, than: u64, most: usize) -> Result<Vec<Found>, String>;
}

/// What was found, a page after the other.
pub trait Pages: Send {
    /// The next page; an empty one is the end.
    fn next_page(&mut self) -> Result<Vec<Found>, String>;
}
