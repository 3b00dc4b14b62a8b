//! Plays what a real server was recorded to answer, and compares: see `tests/elastic/README.md`.

#![cfg(test)]

#[path = "scenarios/compare.rs"]
mod compare;

use compare::{differences, seen};
use search::{Call, Indices};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    setup: Vec<Step>,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Step {
    request: String,
    body: Option<Value>,
    file: Option<String>,
    ndjson: Option<String>,
    raw: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Scenario {
    name: String,
    #[serde(flatten)]
    step: Step,
    status: u16,
    answer: Value,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    tolerance: f64,
}

/// What is known to differ, and stays so: the file, the name, and why.
fn apart() -> Vec<(String, String, String)> {
    serde_json::from_str(include_str!("../../../tests/elastic/apart.json")).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/elastic")
}

fn play(indices: &Indices, step: &Step) -> (u16, Value) {
    let (method, address) = step.request.split_once(' ').unwrap();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let body = match step {
        Step { body: Some(body), .. } => body.to_string().into_bytes(),
        Step { file: Some(file), .. } => std::fs::read(folder().join(file)).unwrap(),
        Step { ndjson: Some(text), .. } | Step { raw: Some(text), .. } => text.clone().into_bytes(),
        _ => vec![],
    };
    let answer = indices.answer(&Call { method, path, query, body: &body });
    let text = String::from_utf8(answer.body).unwrap();
    let is_json = answer.content_type.contains("json") && !text.is_empty();
    let value =
        if is_json { serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")) } else { Value::String(text) };
    (answer.status, value)
}

/// Plays a file; tells how many scenarios there are, and what differs.
fn play_file(path: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    let file: File = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    for step in &file.setup {
        let (status, answer) = play(&indices, step);
        assert!(status < 300 && answer["errors"] != true, "{}: {}: {answer}", path.display(), step.request);
    }
    let (apart, mut found) = (apart(), vec![]);
    for scenario in &file.scenarios {
        let (status, answer) = play(&indices, &scenario.step);
        let answer = seen(scenario, &answer);
        let mut here = vec![];
        if status != scenario.status {
            here.push(format!("status: {} expected, {status} there", scenario.status));
        }
        differences(&scenario.answer, &answer, scenario.tolerance, "", &mut here);
        let file = path.file_name().unwrap().to_str().unwrap();
        let apart = apart.iter().any(|(of, name, _)| *of == file && *name == scenario.name);
        if here.is_empty() == apart {
            here.push(if apart { "no longer differs: take it out of apart.json".to_owned() } else { String::new() });
            found.push(format!("{file}: {}: {}\n  {}", scenario.name, scenario.step.request, here.join("\n  ")));
        }
    }
    (file.scenarios.len(), found)
}

#[test]
fn answers_are_those_of_the_real_server() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty());
    let (mut count, mut found) = (0, vec![]);
    for file in files {
        let (played, differences) = play_file(&file);
        count += played;
        found.extend(differences);
    }
    assert!(found.is_empty(), "{}\n{} of {count} differ", found.join("\n"), found.len());
}
