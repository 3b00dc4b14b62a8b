//! The floors of the house, and what keeps its lower ones pure.

use super::text::holding;
use super::{files, none, read};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Each crate, its floor, and which of the others it may use. Arrows point down.
const HOUSE: &[(&str, u8, &[&str])] = &[
    ("flow", 0, &[]),
    ("ml", 0, &[]),
    ("onnx", 0, &[]),
    ("search", 0, &[]),
    ("brokers", 1, &["flow"]),
    ("domain", 1, &["flow"]),
    ("journal", 2, &["flow", "brokers"]),
    ("engine", 2, &["flow", "domain"]),
    ("models", 2, &["flow", "domain", "ml", "onnx"]),
    ("stages", 3, &["flow", "domain", "ml"]),
    ("sources", 3, &["flow", "domain", "ml", "brokers"]),
    ("sinks", 3, &["flow", "domain", "brokers"]),
    ("serve", 3, &["flow", "domain"]),
    ("collector", 4, &["flow", "domain", "stages"]),
    (
        "goshawk",
        4,
        &["flow", "ml", "brokers", "domain", "journal", "engine", "models", "search", "stages", "sources", "sinks", "serve"],
    ),
];

/// No clock, no file, no environment, no thread, no network: see each one's clippy.toml, which knows more names.
const PURE: &[&str] = &["flow", "ml", "domain", "stages", "collector"];

/// Name -> (its Cargo.toml's path, the table in it), of every crate in the workspace.
pub fn manifests() -> BTreeMap<String, (String, Table)> {
    let ours = |path: &str| path == "Cargo.toml" || path.starts_with("crates/");
    let manifests = files(&["Cargo.toml"]).into_iter().filter(|(path, _)| ours(path)).map(|(path, text)| {
        let table: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        (table["package"]["name"].as_str().expect("a name").to_owned(), (path, table))
    });
    manifests.collect()
}

#[test]
fn arrows_point_down() {
    let manifests = manifests();
    assert!(manifests.contains_key("goshawk") && manifests.contains_key("flow"), "saw only {:?}", manifests.keys());
    let complaints =
        manifests.iter().flat_map(|(name, (path, table))| arrows(name, path, table, &|name| manifests.contains_key(name)));
    none("see the house in docs/ARCHITECTURE.md", complaints.collect());
}

#[test]
fn an_arrow_up_or_across_is_seen() {
    let ours = |name: &str| HOUSE.iter().any(|(ours, ..)| *ours == name);
    let bad = |name, manifest: &str| arrows(name, "it", &manifest.parse().expect("a table"), &ours).len();
    assert_eq!(bad("flow", "[dependencies]\nserde = '1'\ndomain = { path = '..' }"), 1);
    assert_eq!(
        bad("stages", "[target.'cfg(unix)'.dependencies]\nother = { package = 'engine' }\n[build-dependencies]\njournal = '1'"),
        2
    );
    assert_eq!(bad("engine", "[dependencies]\ndomain = '1'\n[dev-dependencies]\njournal = '1'"), 0);
    assert_eq!(bad("attic", "[dependencies]"), 1);
}

#[test]
fn the_house_is_drawn_by_floors() {
    let floor = |name: &str| HOUSE.iter().find(|(other, ..)| *other == name).map(|(_, floor, _)| *floor);
    for (name, own, uses) in HOUSE {
        let up = |used: &&&str| floor(used) >= Some(*own);
        assert_eq!(uses.iter().find(up), None, "{name} may not use it");
    }
}

fn arrows(name: &str, path: &str, manifest: &Table, ours: &dyn Fn(&str) -> bool) -> Vec<String> {
    let Some((_, _, allowed)) = HOUSE.iter().find(|(house, ..)| *house == name) else {
        return vec![format!("{path}: which floor is {name} on? Say it in HOUSE, in tests/tidy/house.rs")];
    };
    let bad = |used: &String| ours(used) && !allowed.contains(&used.as_str());
    used(manifest).into_iter().filter(bad).map(|used| format!("{path}: {name} must not use {used}")).collect()
}

/// The crates that a manifest depends on outside tests, by their own names.
fn used(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(|targets| targets.values());
    let places = targets.filter_map(Value::as_table).chain([manifest]);
    let tables =
        places.flat_map(|place| ["dependencies", "build-dependencies"].map(|kind| place.get(kind).and_then(Value::as_table)));
    let own = |(name, value): (&String, &Value)| value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned();
    tables.flatten().flat_map(|table| table.iter().map(own)).collect()
}

#[test]
fn every_crate_says_what_it_is_for() {
    let crates = files(&["src/lib.rs"]).into_iter().filter(|(path, _)| path.starts_with("crates/"));
    let complaints: Vec<String> = crates.flat_map(|(path, text)| introduction(&path, &text)).collect();
    none("open with purpose, non-goals, where to start", complaints);
    assert_eq!(introduction("a", "//! What it is.\n\n//! Non-goals: none.\n//! Start reading at b.\n").len(), 2);
    assert_eq!(introduction("a", "use b;\n//! Non-goals: c. Start reading at d.\n").len(), 3);
}

fn introduction(path: &str, text: &str) -> Vec<String> {
    let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let head = head.join("\n");
    let purpose = if head.trim().is_empty() { Some(format!("{path}: does not open with its purpose in `//!`")) } else { None };
    let lacks = ["Non-goals", "Start reading"].into_iter().filter(|words| !head.contains(words));
    purpose.into_iter().chain(lacks.map(|words| format!("{path}: its opening has no \"{words}\""))).collect()
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let words = ["std::fs", "std::env", "std::net", "std::thread", "std::process", "SystemTime", "Instant::now", "tokio"];
    let words = words.map(str::to_owned);
    let inside =
        |path: &str| PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/"))) && !path.ends_with("tests.rs");
    let files: Vec<_> = files(&[".rs"]).into_iter().filter(|(path, _)| inside(path)).collect();
    assert!(files.len() > 20, "only {} files seen", files.len());
    let complaints = files.iter().flat_map(|(path, text)| holding(path, &outside_tests(text), &words)).collect();
    none("floor 0, domain, stages and collector are pure", complaints);
    let text = "use std::fs;\n#[cfg(test)]\nmod tests {\n    use std::env;\n}\nfn a() {\n    Instant::now();\n}\n";
    assert_eq!(holding("a", &outside_tests(text), &words), ["a:1: std::fs", "a:7: Instant::now"]);
}

/// The text with its test modules blanked, lines kept.
fn outside_tests(text: &str) -> String {
    let mut hidden = false;
    let mut lines = vec![];
    for line in text.lines() {
        hidden |= line == "#[cfg(test)]";
        lines.push(if hidden { "" } else { line });
        hidden &= !(line == "}" || line.ends_with(';') && !line.starts_with(' '));
    }
    lines.join("\n")
}

#[test]
fn pure_crates_have_one_list_of_what_they_must_not_call() {
    let common: Table = read("clippy.toml").parse().expect("clippy.toml");
    let present = PURE.iter().map(|name| format!("crates/{name}/clippy.toml")).filter(|path| {
        let manifest = path.replace("clippy", "Cargo");
        super::root().join(manifest).exists()
    });
    let texts: BTreeMap<String, String> = present.map(|path| (path.clone(), read(&path))).collect();
    let list = &texts["crates/flow/clippy.toml"];
    none(
        "differs from crates/flow/clippy.toml",
        texts.iter().filter(|(_, text)| *text != list).map(|(path, _)| path.clone()).collect(),
    );
    let table: Table = list.parse().expect("clippy.toml");
    assert!(
        common.iter().all(|(key, value)| table.get(key) == Some(value)),
        "a nearer clippy.toml replaces the root's: repeat its lines"
    );
    for kind in ["disallowed-methods", "disallowed-types"] {
        let entries = table[kind].as_array().expect("a list");
        assert!(entries.iter().all(|entry| entry.get("reason").is_some()) && entries.len() > 4, "{kind}: a reason each");
    }
}
