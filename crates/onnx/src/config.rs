//! What `config.json` says of a classifier. Of its many keys these few matter.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug)]
pub(crate) struct Config {
    pub labels: Vec<String>,
    pub multi_label: bool,
    /// Tokens that the model has places for.
    pub longest: Option<usize>,
    /// The token that fills up a short text.
    pub pad: Option<i64>,
}

#[derive(Deserialize)]
struct File {
    id2label: Option<BTreeMap<String, String>>,
    problem_type: Option<String>,
    max_position_embeddings: Option<i64>,
    pad_token_id: Option<i64>,
}

impl Config {
    pub fn load(path: &Path) -> Result<Config, String> {
        let said = |error: String| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| said(error.to_string()))?;
        Config::read(&bytes).map_err(said)
    }

    fn read(bytes: &[u8]) -> Result<Config, String> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let labels = labels(file.id2label.unwrap_or_default())?;
        let multi_label = match file.problem_type.as_deref() {
            None | Some("single_label_classification") => false,
            Some("multi_label_classification") => true,
            Some(other) => return Err(format!("problem_type {other} is not one of classification")),
        };
        if labels.len() == 1 && !multi_label {
            return Err("one label alone, of which every text has one, says nothing".into());
        }
        // the family of RoBERTa counts places from one after that of its padding, token 1
        let spare = if file.pad_token_id == Some(1) { 2 } else { 0 };
        let longest = file.max_position_embeddings.and_then(|places| usize::try_from(places.saturating_sub(spare)).ok());
        Ok(Config { labels, multi_label, longest: longest.filter(|places| *places > 0), pad: file.pad_token_id })
    }
}

fn labels(names: BTreeMap<String, String>) -> Result<Vec<String>, String> {
    if names.is_empty() {
        return Err("id2label is missing: it must name the labels, as in {\"0\": \"negative\", \"1\": \"positive\"}".into());
    }
    let count = names.len();
    let name = |at: usize| {
        let gap = || format!("id2label has {count} labels and none with the number {at}");
        names.get(&at.to_string()).cloned().ok_or_else(gap)
    };
    (0..count).map(name).collect()
}
