//! Sizes, words and blanks.

use super::{files, none};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const MEAN_FUNCTION_LINES: f64 = 12.0;

#[test]
fn files_are_short() {
    let long = |(path, text): (String, String)| {
        let lines = text.lines().count();
        (lines > FILE_LINES).then(|| format!("{path}: {lines} lines"))
    };
    let files = files(&[".rs", ".js", ".py"]);
    assert!(files.len() > 100, "only {} files seen", files.len());
    none("split files of more than 400 lines", files.into_iter().filter_map(long).collect());
}

#[test]
fn functions_are_short() {
    let mut lengths = vec![];
    let mut complaints = vec![];
    for (path, text) in files(&[".rs"]) {
        for (line, name, length) in functions(&text) {
            if length > FUNCTION_LINES {
                complaints.push(format!("{path}:{line}: {name} has {length} lines"));
            }
            if path.contains("src/") && !path.contains("tests") {
                lengths.push(length);
            }
        }
    }
    assert!(lengths.len() > 500, "only {} functions seen", lengths.len());
    none("split functions of more than 60 lines", complaints);
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    println!("tidy: {} functions outside tests, {mean:.1} lines in the mean", lengths.len());
    assert!(mean <= MEAN_FUNCTION_LINES, "functions have {mean:.1} lines in the mean");
}

/// Line, name and length of each function with a body. Relies on rustfmt: a body ends at the indent it began with.
fn functions(text: &str) -> Vec<(usize, &str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.iter().enumerate().filter_map(|(first, line)| {
        let (before, after) = line.split_once("fn ")?;
        let words = before.split_whitespace().all(|word| {
            ["pub", "const", "async", "unsafe", "extern", "default"].contains(&word)
                || word.starts_with("pub(")
                || word.starts_with('"')
        });
        let indent = before.len() - before.trim_start().len();
        let name = after.split(['(', '<']).next()?;
        words.then(|| length(&lines[first..], indent).map(|length| (first + 1, name, length)))?
    });
    found.collect()
}

/// How many lines the function has that `lines` begin with. None where it has no body.
fn length(lines: &[&str], indent: usize) -> Option<usize> {
    let margin = &lines[0][..indent];
    if lines[0].ends_with(['}', ';']) {
        return lines[0].ends_with('}').then_some(1);
    }
    let ends =
        |line: &&str| line.strip_prefix(margin).is_some_and(|rest| rest == "}" || rest.starts_with(')') && rest.ends_with(';'));
    let last = lines.iter().position(ends)?;
    lines[last].ends_with('}').then_some(last + 1)
}

#[test]
fn functions_are_found_and_measured() {
    let text = "impl A {\n    pub(crate) fn a<T>(\n        x: u8,\n    ) -> u8 {\n        if y {\n        }\n    }\n    fn b(x: u8);\n    \
                fn c() {}\n}\n// a fn in words (\npub async fn d() {\n    e()\n}\ntrait T {\n    fn f(\n        x: u8,\n    );\n}\n";
    assert_eq!(functions(text), [(2, "a", 6), (9, "c", 1), (12, "d", 3)]);
}

#[test]
fn nothing_is_left_undone_or_left_out() {
    // split, so that this file does not name them itself
    let macros = ["to_do", "unimplement_ed", "db_g"].map(|name| format!("{}!(", name.replace('_', "")));
    let words: Vec<String> = macros.into_iter().chain([format!("#[{}", "ignore")]).collect();
    assert_eq!(holding("a.rs", &format!("{}\n", words.join("\n")), &words).len(), 4);
    let complaints = files(&[".rs"]).iter().flat_map(|(path, text)| holding(path, text, &words)).collect();
    none("finish it, or take it out", complaints);
}

#[test]
fn no_path_of_a_machine_that_builds() {
    let paths = ["work", "farm", "root", "tmp/bash_jobs"].map(|name| format!("/{name}/"));
    assert_eq!(holding("a.md", &format!("see {}x", paths[0]), &paths).len(), 1);
    let complaints = files(&[]).iter().flat_map(|(path, text)| holding(path, text, &paths)).collect();
    none("nobody else has these folders", complaints);
}

#[test]
fn no_blanks_at_the_ends_of_lines() {
    assert_eq!(blanks("a.rs", "fine\nnot \nnor\t\n"), ["a.rs:2", "a.rs:3"]);
    assert_eq!(blanks("a.rs", "no end of line"), ["a.rs: the last line does not end"]);
    none("take away the blanks", files(&[]).iter().flat_map(|(path, text)| blanks(path, text)).collect());
}

fn blanks(path: &str, text: &str) -> Vec<String> {
    let bad = |line: &str| line != line.trim_end_matches([' ', '\t', '\r']);
    let mut found: Vec<String> =
        text.split('\n').enumerate().filter(|(_, line)| bad(line)).map(|(at, _)| format!("{path}:{}", at + 1)).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        found.push(format!("{path}: the last line does not end"));
    }
    found
}

/// Where `text` holds one of `words`.
pub fn holding(path: &str, text: &str, words: &[String]) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let word = words.iter().find(|word| line.contains(word.as_str()))?;
            Some(format!("{path}:{}: {word}", at + 1))
        })
        .collect()
}
