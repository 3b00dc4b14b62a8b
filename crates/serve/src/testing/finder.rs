//! An index with a few documents, which finds all of them, or refuses.

use domain::{Finder, Found, Pages, Reply, Request};
use serde_json::{Value, json};
use std::sync::Mutex;

/// The index.
#[derive(Default)]
pub struct Few {
    pub documents: Mutex<Vec<Value>>,
    /// What it was asked: the method, the path, the body.
    pub asked: Mutex<Vec<String>>,
}

/// A query with this word in it is refused.
pub const WRONG: &str = "AND AND";

/// A page that begins with this document cannot be read.
pub const BROKEN: &str = "x:broken";

impl Few {
    pub fn with(documents: &[Value]) -> Self {
        Few { documents: Mutex::new(documents.to_vec()), asked: Mutex::default() }
    }

    fn found(&self) -> Vec<Found> {
        let documents = self.documents.lock().unwrap();
        let found = |(number, document): (u64, &Value)| Found {
            id: format!("x:{}", document["id"].as_str().unwrap()),
            source: document.to_string().into_bytes(),
            number,
        };
        (1..).zip(documents.iter()).map(found).collect()
    }
}

fn refused(query: &Value) -> Result<(), String> {
    if query.to_string().contains(WRONG) { Err("Failed to parse query [AND AND]".into()) } else { Ok(()) }
}

impl Finder for Few {
    fn index(&self) -> &str {
        "pfr"
    }

    fn ask(&self, request: Request<'_>) -> Reply {
        let Request { method, path, query, body } = request;
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.asked.lock().unwrap().push(format!("{method} {path}?{query} {body}"));
        let stats = json!({ "min_as_string": "a", "max_as_string": "b" });
        let models = json!({ "buckets": [{ "key": "mood@1", "doc_count": 2 }] });
        let none = json!({ "buckets": [] });
        let (status, answer) = match path {
            "/pfr/_mapping" => {
                let of = |kind: &str| json!({ "type": kind });
                let forecast = json!({ "properties": { "predicted": of("double") } });
                let fields = json!({
                    "mood": of("double"), "likes": of("long"), "date": of("date"), "id": of("keyword"), "content": of("text"),
                    "tracks": of("keyword"), "sure": of("boolean"), "forecast": forecast,
                });
                (200, json!({ "pfr": { "mappings": { "properties": fields } } }))
            }
            "/pfr/_search" if !body.contains(WRONG) => (
                200,
                json!({
                    "hits": { "total": { "value": 2 } },
                    "aggregations": { "dates": stats, "models": models, "unscored": none, "missing": none, "networks": none },
                }),
            ),
            _ => (400, json!({ "error": { "root_cause": [{ "reason": "Failed to parse query [AND AND]" }] }, "status": 400 })),
        };
        Reply { status, content_type: "application/json; charset=UTF-8", body: answer.to_string().into_bytes() }
    }

    fn pages(&self, search: &Value) -> Result<Box<dyn Pages>, String> {
        refused(search)?;
        Ok(Box::new(Once(self.found())))
    }

    fn newest(&self) -> Result<u64, String> {
        Ok(self.documents.lock().unwrap().len() as u64)
    }

    fn newer(&self, query: &Value, than: u64, most: usize) -> Result<Vec<Found>, String> {
        refused(query)?;
        Ok(self.found().into_iter().filter(|found| found.number > than).take(most).collect())
    }
}

struct Once(Vec<Found>);

impl Pages for Once {
    fn next_page(&mut self) -> Result<Vec<Found>, String> {
        if self.0.first().is_some_and(|found| found.id == BROKEN) {
            return Err("the index cannot be read".into());
        }
        let left = self.0.len().min(2);
        Ok(self.0.drain(..left).collect())
    }
}
