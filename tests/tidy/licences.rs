//! Every crate that is built into Goshawk, or tests it, has a licence that deny.toml allows. `make lint-deny` asks
//! cargo-deny the same and more; this needs nothing installed.

use super::{none, read, root};
use serde_json::Value;
use std::process::Command;
use toml::Table;

#[test]
fn licences_are_allowed() {
    let allowed = allowed();
    let packages = packages();
    assert!(packages.len() > 100, "only {} packages seen", packages.len());
    let complaints = packages.iter().filter_map(|package| {
        let (name, licence) = (package["name"].as_str()?, package["license"].as_str().unwrap_or("none"));
        (!allows(licence, &allowed)).then(|| format!("{name}: {licence}"))
    });
    none("not in deny.toml's [licenses]", complaints.collect());
}

#[test]
fn every_crate_comes_from_the_one_registry() {
    let elsewhere = |package: &Value| {
        let source = package["source"].as_str().unwrap_or("registry+https://github.com/rust-lang/crates.io-index");
        (source != "registry+https://github.com/rust-lang/crates.io-index").then(|| format!("{}: {source}", package["name"]))
    };
    none("only crates.io", packages().iter().filter_map(elsewhere).collect());
}

#[test]
fn every_allowed_licence_is_in_use() {
    let licences: Vec<String> = packages().iter().filter_map(|package| package["license"].as_str().map(str::to_owned)).collect();
    let unused = allowed().into_iter().filter(|allowed| !licences.iter().any(|licence| licence.contains(allowed)));
    none("take out of deny.toml", unused.collect());
}

fn allowed() -> Vec<String> {
    let deny: Table = read("deny.toml").parse().expect("deny.toml");
    let names = deny["licenses"]["allow"].as_array().expect("licenses.allow");
    names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--all-features"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Whether a licence expression can be met with the allowed ones. AND binds closer than OR; an old `/` is OR.
fn allows(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    any(&mut words.as_slice(), allowed)
}

fn any(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while let Some(("OR", rest)) = words.split_first().map(|(word, rest)| (*word, rest)) {
        *words = rest;
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while let Some(("AND", rest)) = words.split_first().map(|(word, rest)| (*word, rest)) {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    let (first, rest) = words.split_first().unwrap_or((&"nothing", &[]));
    *words = rest;
    if *first == "(" {
        let met = any(words, allowed);
        *words = words.get(1..).unwrap_or_default(); // its )
        return met;
    }
    let mut name = (*first).to_owned();
    if let ["WITH", exception, rest @ ..] = words {
        name = format!("{name} WITH {exception}");
        *words = rest;
    }
    allowed.contains(&name)
}

#[test]
fn expressions_are_read_as_meant() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned()];
    for met in
        ["MIT", "MIT/GPL-2.0", "A OR MIT", "MIT AND (B OR Zlib)", "MIT AND Zlib OR C", "A WITH x OR MIT", "(A OR MIT) AND Zlib"]
    {
        assert!(allows(met, &allowed), "{met}");
    }
    for unmet in ["none", "", "MIT AND B", "MIT WITH x", "(MIT OR Zlib) AND C", "B OR C AND MIT", "A AND (MIT OR Zlib)"] {
        assert!(!allows(unmet, &allowed), "{unmet}");
    }
}
