//! The lints that every crate takes, and the one exception: what C calls cannot be written without `unsafe`.

use super::house::manifests;
use super::text::holding;
use super::{files, none, read};
use toml::{Table, Value};

/// The one crate that repeats the lints, and its one file that may be unsafe.
const FOREIGN: (&str, &str) = ("collector", "crates/collector/src/ffi.rs");

#[test]
fn every_crate_takes_the_common_lints() {
    let workspace: Table = read("Cargo.toml").parse().expect("Cargo.toml");
    let common = workspace["workspace"]["lints"].as_table().expect("workspace.lints");
    let complaints = manifests().into_iter().filter_map(|(name, (path, table))| {
        let lints = table.get("lints").and_then(Value::as_table).cloned().unwrap_or_default();
        (!takes(&name, &lints, common)).then_some(path)
    });
    none("add `[lints]` with `workspace = true`", complaints.collect());
}

fn takes(name: &str, lints: &Table, common: &Table) -> bool {
    if name != FOREIGN.0 {
        return lints.get("workspace").and_then(Value::as_bool) == Some(true);
    }
    let mut own = common.clone();
    for (kind, lint) in [("rust", "unsafe_code"), ("clippy", "undocumented_unsafe_blocks")] {
        let kind = own.get_mut(kind).and_then(Value::as_table_mut).expect("a table");
        kind.insert(lint.into(), "deny".into());
    }
    *lints == own
}

#[test]
fn lints_that_are_left_out_are_seen() {
    let common: Table =
        "rust = { unsafe_code = 'forbid', missing_docs = 'warn' }\nclippy = { panic = 'deny' }".parse().expect("a table");
    let table = |text: &str| text.parse::<Table>().expect("a table");
    assert!(takes("flow", &table("workspace = true"), &common));
    assert!(!takes("flow", &table("workspace = false"), &common) && !takes("flow", &common, &common));
    let own = "rust = { unsafe_code = 'deny', missing_docs = 'warn' }\nclippy = { panic = 'deny', undocumented_unsafe_blocks = 'deny' }";
    assert!(takes("collector", &table(own), &common) && !takes("flow", &table(own), &common));
    for wrong in ["unsafe_code = 'deny'", "missing_docs = 'warn'", "panic = 'deny'", "undocumented_unsafe_blocks = 'deny'"] {
        let without = own.replace(wrong, "other = 'deny'");
        assert!(!takes("collector", &table(&without), &common), "{wrong}");
    }
}

/// The compiler refuses the word to every other crate; here it is refused to the other files of this one.
#[test]
fn one_file_may_be_unsafe() {
    let words = ["unsafe_code".to_owned()];
    let rust = files(&[".rs"]).into_iter().filter(|(path, _)| !path.starts_with("tests/tidy/"));
    let found: Vec<String> = rust.flat_map(|(path, text)| holding(&path, &text, &words)).collect();
    let inside = |at: &String| at.starts_with(&format!("{}:", FOREIGN.1));
    none("unsafe belongs into the C ABI alone", found.iter().filter(|at| !inside(at)).cloned().collect());
    assert_eq!(found.len(), 1, "{} takes the exception once, at its top", FOREIGN.1);
}
