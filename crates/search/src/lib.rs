//! An embedded full-text index that speaks Elasticsearch: documents are JSON, requests and answers are its REST API's.
//!
//! Non-goals: sockets (who listens hands a [`Call`] over and gets an [`Answer`]), clusters, scripts. What is not supported is refused in
//! Elasticsearch's own error form, never answered wrongly.
//!
//! Start reading at [`mapping`], then `store` for how documents are kept, [`query`] for how they are found, `rest` for requests.
//! [`columns`] hold values; [`run`] puts a query, [`sort`] and [`aggregate`] together, and [`zones`] make them fast.

pub mod aggregate;
mod analysis;
mod blocks;
pub mod columns;
pub mod dates;
mod document;
mod error;
mod fetch;
mod java;
pub mod mapping;
mod memory;
mod order;
mod patterns;
pub mod query;
mod rest;
pub mod run;
#[cfg(test)]
mod samples;
mod scan;
mod search;
pub mod sort;
mod store;
mod strict;
mod walk;
pub mod zones;

pub use error::{Error, Result};
pub use store::{Feed, Indices};
pub use walk::{Document, Pages};

/// A request.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// `GET`, ...
    pub method: &'a str,
    /// The path, percent-encoded, from its first `/`.
    pub path: &'a str,
    /// What stands behind `?`, percent-encoded.
    pub query: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What is answered: JSON, or lines of text for `_cat`.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body's type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}
