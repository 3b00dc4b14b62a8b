//! Documents in a real OpenSearch and in the index of the process, and the API that both speak.

mod api;
mod index;
mod kibana;
mod page;
pub mod server;
mod sink;
