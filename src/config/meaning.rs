//! What posts say: the models that score them, the documents that are made of it, and where these go.

use super::{Millis, Size};
use serde::{Deserialize, Serialize};

/// Which text models score posts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrich {
    pub folder: String,
    pub models: Vec<String>,
    pub workers: usize,
    pub failed: String,
}

/// What all posts come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gauge {
    pub run: bool,
}

/// How documents are put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Join {
    pub patience: Millis,
    pub keep: Millis,
    pub most: usize,
}

/// The index of this process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    pub run: bool,
    pub folder: String,
    pub index: String,
    pub every: Millis,
    pub keep: Millis,
    pub memory: Size,
}

/// A real OpenSearch or Elasticsearch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Opensearch {
    pub url: String,
    pub user: String,
    pub password: String,
    pub index: String,
    pub empty: bool,
    pub batch: Size,
    pub timeout: Millis,
}

impl Default for Enrich {
    fn default() -> Self {
        Enrich { folder: "models".into(), models: vec!["all".into()], workers: 1, failed: "null".into() }
    }
}

impl Default for Gauge {
    fn default() -> Self {
        Gauge { run: true }
    }
}

impl Default for Join {
    fn default() -> Self {
        Join { patience: Millis(10_000), keep: Millis(2 * 3_600_000), most: 50_000 }
    }
}

impl Default for Search {
    fn default() -> Self {
        let (folder, index) = (String::new(), "pfr".into());
        Search { run: true, folder, index, every: Millis(250), keep: Millis(90 * 86_400_000), memory: Size(64 << 20) }
    }
}

impl Default for Opensearch {
    fn default() -> Self {
        let (url, user, password, index) = (String::new(), String::new(), String::new(), "pfr".into());
        Opensearch { url, user, password, index, empty: false, batch: Size(4 << 20), timeout: Millis(30_000) }
    }
}
