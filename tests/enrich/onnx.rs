//! A transformer in a folder, as model hubs publish it: what it says is what Python's own ONNX Runtime says.

use super::scores;
use crate::support::{Place, json_lines};
use std::process::Command;

const MANIFEST: &str = "name = 'bert'\nversion = '1'\noutput = 'mood'\ntype = 'float'\nkind = 'onnx'\n[classes]\nnegative = -1\nneutral = 0\npositive = 1\n";

const TEXTS: [&str; 8] = [
    "what a lovely day",
    "a bad, bad day",
    "@ann see https://example.org/1?a=b #sun",
    "\u{1f600}\u{1f600} d\u{e9}j\u{e0} vu \u{4eca}\u{65e5}\u{306f}",
    "x",
    "no",
    "words and words and words and words and words and words and words and words and words and words and words",
    "UPPER lower 12345 ...",
];

/// Python with ONNX Runtime, which `make need-python` installs.
fn python(place: &Place, arguments: &[&str]) -> String {
    let python = std::env::var("GOSHAWK_PYTHON").unwrap_or_else(|_| "target/services/python/bin/python".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/models/transformer.py");
    let ended = Command::new(&python).arg(script).args(arguments).current_dir(place.path(".")).output();
    let ended = ended.unwrap_or_else(|error| panic!("{python}: {error}; `make need-python` installs it"));
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn a_transformer_says_what_the_onnx_runtime_says() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("models")).unwrap();
    python(&place, &["make", "models/bert"]);
    place.write("models/bert/model.toml", MANIFEST);
    place.write("texts", TEXTS.join("\n"));
    let theirs = json_lines(&python(&place, &["run", "models/bert", "texts"]));
    let ours = json_lines(&place.ok("model score bert --file texts"));
    assert_eq!((theirs.len(), ours.len()), (TEXTS.len(), TEXTS.len()));
    for (theirs, ours) in theirs.iter().zip(&ours) {
        // negative, neutral, positive
        let p = |class: usize| theirs[class].as_f64().unwrap();
        let (wanted, found) = (p(2) - p(0), ours["value"].as_f64().unwrap());
        assert!((wanted - found).abs() < 1e-4, "{ours}: {wanted}");
    }
    let values: std::collections::BTreeSet<String> = ours.iter().map(|line| line["value"].to_string()).collect();
    assert!(values.len() > TEXTS.len() / 2, "they differ: {values:?}");

    place.ok("run --drain --listen off --log disk:log --roles source,enrich:bert --source synthetic:?count=60&speed=max");
    let scores = scores(&place, "bert");
    assert!(scores.len() > 40 && scores.iter().all(|score| score["value"].is_number()), "{scores:?}");
}

#[test]
fn what_a_folder_lacks_is_said() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("models/bert")).unwrap();
    place.write("models/bert/model.toml", MANIFEST);
    let said = super::fails(&place, "model score bert words");
    assert!(said.contains("model bert 1 (models/bert): ") && said.contains("config.json"), "{said}");
    place.write("models/bert/config.json", r#"{"id2label": {"0": "good", "1": "bad"}}"#);
    place.write("models/bert/tokenizer.json", "{}");
    place.write("models/bert/model.onnx", "no graph");
    let said = super::fails(&place, "model score bert words");
    assert!(said.contains("models/bert/model.onnx: is no graph that can be read"), "{said}");
}
