//! Pages that exist, links that lead somewhere.

use super::{files, none, tracked};

const PAGES: &[&str] = &["README.md", "CONTRIBUTING.md", "LICENSE", "docs/ARCHITECTURE.md", "docs/configuration.md"];

#[test]
fn the_first_pages_exist() {
    let tracked = tracked();
    none(
        "write, and add to git",
        PAGES.iter().filter(|page| !tracked.iter().any(|path| path == *page)).map(|page| (*page).into()).collect(),
    );
}

#[test]
fn links_lead_somewhere() {
    let tracked = tracked();
    let exists =
        |path: &str| tracked.iter().any(|other| other == path || path.is_empty() || other.starts_with(&format!("{path}/")));
    let pages = files(&[".md"]);
    let complaints = pages.iter().flat_map(|(path, text)| {
        let dead = links(path, text).into_iter().filter(|target| !exists(target));
        dead.map(move |target| format!("{path}: {target} is not there"))
    });
    none("links of pages", complaints.collect());
}

#[test]
fn every_page_is_reached_from_the_first_two() {
    let pages = files(&[".md"]);
    let doors = pages.iter().filter(|(path, _)| ["README.md", "docs/ARCHITECTURE.md"].contains(&path.as_str()));
    let linked: Vec<String> = doors.flat_map(|(path, text)| links(path, text)).collect();
    let inside = pages.iter().map(|(path, _)| path).filter(|path| path.starts_with("docs/") && *path != "docs/ARCHITECTURE.md");
    let lost = inside.filter(|path| !linked.contains(path)).cloned().collect();
    none("link from README.md or docs/ARCHITECTURE.md", lost);
}

/// The paths in this repository that a page links to, seen from the root.
fn links(page: &str, text: &str) -> Vec<String> {
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let prose = prose.join("");
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let local = targets.filter(|target| !target.contains(':') && !target.starts_with('#'));
    local.map(|target| resolve(page, target.split('#').next().unwrap_or_default())).collect()
}

/// `target`, as seen from the folder of `page`, seen from the root.
fn resolve(page: &str, target: &str) -> String {
    let mut path: Vec<&str> = page.split('/').collect();
    path.pop();
    for piece in target.trim_end_matches('/').split('/') {
        match piece {
            "." | "" => {}
            // above the root is outside: let it fail as a name that no file has
            ".." if path.pop().is_none() => path.push(".."),
            ".." => {}
            name => path.push(name),
        }
    }
    path.join("/")
}

#[test]
fn links_are_found_and_resolved() {
    let text = "[a](../b.md#c) and [d](https://e.org) [f](#g) ![h](i/ \"j\")\n```\n[k](l)\n```\n[m](../../n)";
    assert_eq!(links("docs/x.md", text), ["b.md", "docs/i", "../n"]);
}
