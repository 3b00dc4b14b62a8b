//! Which text models there are, and which version of each is in force.

use super::{folder, found};
use crate::config::Config;
use crate::print;
use anyhow::{Context, Result, anyhow, bail};
use models::{Book, Manifest, Shelf, Standing, Standings};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// A version, as it is listed.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    standing: &'static str,
    place: String,
}

/// How a version stands.
fn stands(shelf: &Shelf, standing: &Standing, book: &Book) -> &'static str {
    let Manifest { name, version, .. } = &book.manifest;
    let is = |other: Option<&Book>| other.is_some_and(|other| other.manifest.version == *version);
    match () {
        () if is(shelf.in_force(name, standing)) => "in force",
        () if is(shelf.shadow(name, standing)) => "shadow",
        () => "rests",
    }
}

pub fn list(config: &Config, json: bool) -> Result<()> {
    let (shelf, standings) = (Shelf::open(folder(config))?, Standings::read(folder(config))?);
    let row = |book| {
        let manifest: &Manifest = &Book::clone(book).manifest.clone();
        let standing = stands(&shelf, &standings.of(&manifest.name), book);
        line(&Row { manifest, standing, place: book.place() }, json)
    };
    let rows = shelf.books().iter().map(row).collect::<Result<String>>()?;
    let head = "  text model       version   score        type     kind      languages    stands    where\n";
    print(&(if json || rows.is_empty() { rows } else { format!("{head}{rows}\n") }))
}

fn line(row: &Row<'_>, json: bool) -> Result<String> {
    if json {
        return Ok(serde_json::to_string(row)? + "\n");
    }
    let Row { manifest, standing, place } = row;
    let Manifest { name, version, output, of, kind, languages, .. } = manifest;
    let mark = if *standing == "in force" { '*' } else { ' ' };
    let languages = if languages.is_empty() { "all".to_owned() } else { languages.join(",") };
    let (of, kind) = (of.word(), kind.word());
    Ok(format!("{mark} {name:<16} {version:<9} {output:<12} {of:<8} {kind:<9} {languages:<12} {standing:<9} {place}\n"))
}

pub fn show(config: &Config, name: &str, version: Option<&str>) -> Result<()> {
    let book = match version {
        None => found(config, name)?,
        Some(version) => {
            let shelf = Shelf::open(folder(config))?;
            shelf.version(name, version).cloned().with_context(|| format!("there is no version {version} of a model `{name}`"))?
        }
    };
    let mut text = String::new();
    writeln!(text, "# {}", book.place())?;
    print(&(text + &toml::to_string(&book.manifest)?))
}

/// Puts a new version beside the old one: a copy of its folder among the models, and the word that it is tried.
pub fn shadow(config: &Config, new: &Path) -> Result<()> {
    let book = Book::open(new)?;
    let Manifest { name, version, .. } = &book.manifest;
    let (shelf, mut standings) = (Shelf::open(folder(config))?, Standings::read(folder(config))?);
    let standing = standings.of(name);
    let known = shelf.in_force(name, &standing);
    let current =
        known.ok_or_else(|| anyhow!("there is no model `{name}` yet: put the folder into {}", folder(config).display()))?;
    let current = current.manifest.version.clone();
    let tried = standing.try_out(&current, version).map_err(|why| anyhow!("{name}: {why}; another one needs another version"))?;
    let known = shelf.version(name, version);
    let is_same = |known: &Book| known.folder().and_then(|folder| folder.canonicalize().ok()) == new.canonicalize().ok();
    if let Some(other) = known.filter(|known| !is_same(known)) {
        bail!("version {version} of {name} is there already ({}); give the new one another version", other.place());
    }
    if known.is_none() {
        // What it says must be readable before the running processes look.
        book.scorer()?;
        std::fs::create_dir_all(folder(config))?;
        standings.set(name, Standing { in_force: current.clone(), ..standings.of(name) })?;
        copy(new, &folder(config).join(format!("{name}@{version}")))?;
    }
    standings.set(name, tried)?;
    print(&format!(
        "version {version} of {name} runs beside version {current} within a second; `goshawk model compare {name}` shows how they agree\n"
    ))
}

/// Copies a folder whole, or not at all.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let fresh = to.with_file_name(format!(".{name}"));
    let failed = || format!("cannot copy {} to {}", from.display(), to.display());
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).with_context(failed)?;
    }
    copy_into(from, &fresh).and_then(|()| std::fs::rename(&fresh, to)).with_context(failed)
}

fn copy_into(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            // An environment of theirs is made anew where it is needed.
            true if entry.file_name() == ".venv" => {}
            true => copy_into(&entry.path(), &target)?,
            false => drop(std::fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}

fn change(config: &Config, name: &str, how: impl Fn(Standing) -> std::result::Result<Standing, String>) -> Result<Standing> {
    let book = found(config, name)?;
    let mut standings = Standings::read(folder(config))?;
    let mut standing = standings.of(name);
    if standing.in_force.is_empty() {
        standing.in_force.clone_from(&book.manifest.version);
    }
    let changed = how(standing).map_err(|why| anyhow!("{name}: {why}"))?;
    if Shelf::open(folder(config))?.version(name, &changed.in_force).is_none() {
        bail!("{name}: version {} is not there any more", changed.in_force);
    }
    standings.set(name, changed.clone())?;
    Ok(changed)
}

pub fn promote(config: &Config, name: &str) -> Result<()> {
    let standing = change(config, name, Standing::promote)?;
    print(&format!("version {} of {name} is in force within a second\n", standing.in_force))
}

pub fn roll_back(config: &Config, name: &str) -> Result<()> {
    let standing = change(config, name, Standing::roll_back)?;
    print(&format!("version {} of {name} is in force within a second, and no other is tried\n", standing.in_force))
}
