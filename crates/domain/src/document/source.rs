//! A document as search engines take it: flat fields, by the names that people look for.

use super::{Document, Scored};
use crate::Worth;
use serde_json::{Map, Value, json};

/// The name of a post's document in an index: a network's identifiers are its own.
pub fn name(network: &str, id: &str) -> String {
    format!("{network}:{id}")
}

/// Fields that a post has anyhow: what a model calls the same stands under `score_` and its name.
const OWN: [&str; 20] = [
    "network",
    "id",
    "root",
    "kind",
    "target",
    "date",
    "pseudo",
    "author",
    "followers",
    "location",
    "content",
    "lang",
    "place",
    "country",
    "tracks",
    "models",
    "unscored",
    "forecast",
    "missing",
    "revision",
];

impl Document<'_> {
    /// The document's name in an index.
    pub fn name(&self) -> String {
        name(&self.post.network, &self.post.id)
    }

    /// The document as an index takes it.
    pub fn source(&self) -> Value {
        let post = &self.post;
        let mut source = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                source.insert(name.to_owned(), value);
            }
        };
        put("network", json!(post.network));
        put("id", json!(post.id));
        put("root", json!(post.root));
        put("kind", json!(post.kind));
        put("target", json!(post.target));
        put("date", json!(post.time));
        put("author", json!(post.author.id));
        put("pseudo", json!(post.author.handle.as_ref().unwrap_or(&post.author.id)));
        put("followers", json!(post.author.followers));
        put("location", json!(post.author.location));
        put("content", json!(post.text));
        put("lang", json!(post.lang));
        put("place", json!(post.place.as_ref().map(|place| &place.name)));
        put("country", json!(post.place.as_ref().and_then(|place| place.country.as_ref())));
        put("tracks", if post.rules.is_empty() { Value::Null } else { json!(post.rules) });
        put("forecast", json!(self.forecast));
        for scored in &self.scores {
            put(&field(scored), worth(scored));
        }
        let by = |is_told: bool| -> Vec<String> {
            let told = self.scores.iter().filter(|scored| scored.value.is_some() == is_told);
            told.map(|scored| format!("{}@{}", scored.model, scored.version)).collect()
        };
        put("models", listed(by(true)));
        put("unscored", listed(by(false)));
        put("missing", listed(self.missing.iter().map(|model| model.to_string()).collect()));
        put("revision", json!(self.revision));
        Value::Object(source)
    }
}

/// A list, if there is something in it.
fn listed(items: Vec<String>) -> Value {
    if items.is_empty() { Value::Null } else { json!(items) }
}

/// The field of a model's word.
fn field(scored: &Scored<'_>) -> String {
    match OWN.contains(&&*scored.output) {
        true => format!("score_{}", scored.output),
        false => scored.output.to_string(),
    }
}

/// A number is a float wherever it stands: a field has one type.
fn worth(scored: &Scored<'_>) -> Value {
    match &scored.value {
        None => Value::Null,
        Some(Worth::Text(word)) => json!(word),
        Some(number) => json!(number.number()),
    }
}

/// What fields documents have: the mapping of an index. Words of models are found as they are, numbers are numbers.
pub fn mapping() -> Value {
    let keyword = json!({ "type": "keyword", "ignore_above": 1024 });
    let mut fields = Map::new();
    for name in
        ["network", "id", "root", "kind", "target", "author", "lang", "country", "tracks", "models", "unscored", "missing"]
    {
        fields.insert(name.to_owned(), keyword.clone());
    }
    let both = json!({ "type": "text", "fields": { "keyword": { "type": "keyword", "ignore_above": 256 } } });
    for name in ["pseudo", "location", "place"] {
        fields.insert(name.to_owned(), both.clone());
    }
    fields.insert("content".to_owned(), json!({ "type": "text" }));
    fields.insert("date".to_owned(), json!({ "type": "date" }));
    for name in ["followers", "revision"] {
        fields.insert(name.to_owned(), json!({ "type": "long" }));
    }
    let (whole, real) = (json!({ "type": "long" }), json!({ "type": "double" }));
    let forecast = json!({
        "window_s": whole, "observed": whole, "model": whole,
        "predicted": real, "low": real, "high": real,
    });
    fields.insert("forecast".to_owned(), json!({ "properties": forecast }));
    json!({ "properties": fields })
}
