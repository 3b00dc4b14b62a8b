//! The house rules that no compiler checks, held against every file that git tracks.
//!
//! Each rule is a function from text to complaints, tried on a text that breaks it as well as on the tree.

mod docs;
mod house;
mod licences;
mod lints;
mod text;

use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The paths that git tracks, without those just deleted. Whose clone it is does not matter.
fn tracked() -> Vec<String> {
    let output = Command::new("git").args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root()).output();
    let output = output.expect("tidiness is checked on what git tracks: install git");
    assert!(output.status.success(), "not a clone? git says: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).expect("file names in UTF-8");
    paths.split_terminator('\0').filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

/// The tracked text files that end in one of `endings`, as (path, text). All of them where no ending is given.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let wanted = |path: &String| endings.is_empty() || endings.iter().any(|ending| path.ends_with(ending));
    let read = |path: String| std::fs::read_to_string(root().join(&path)).ok().map(|text| (path, text));
    tracked().into_iter().filter(wanted).filter_map(read).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all complaints at once, so that one run shows all there is to do.
fn none(what: &str, complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{what}:\n  {}\n", complaints.join("\n  "));
}
