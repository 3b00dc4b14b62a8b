//! Documents in a real OpenSearch and in the index of the process, and the API that both speak.

mod server;
mod sink;
