//! `goshawk export`: documents that a query finds, as a file, with a manifest beside it.

use crate::{cli, place, search};
use anyhow::{Context, Result, anyhow, bail};
use serve::export::{Form, Wanted, write};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Where documents come from.
enum From {
    /// The process that runs on the log.
    Process(String),
    /// The index, which nobody else has open.
    Index(Box<search::Index>),
}

pub fn export(arguments: &cli::Export) -> Result<()> {
    let config = place::configuration(&arguments.common.flags())?;
    let form = form(arguments)?;
    let wanted = Wanted { query: arguments.query.clone(), from: arguments.from.clone(), to: arguments.to.clone() };
    let from = match place::running(&config.log) {
        Some(url) => From::Process(url),
        None => From::Index(Box::new(search::alone(&config)?)),
    };
    let Some(out) = &arguments.out else {
        let mut stdout = io::stdout();
        return from.pour(&wanted, form, &mut stdout);
    };
    let manifest = PathBuf::from(format!("{}.manifest.json", out.display()));
    if form != Form::Manifest {
        into_file(&from, &wanted, Form::Manifest, &manifest)?;
    }
    into_file(&from, &wanted, form, out)
}

/// The form that is asked for; else what the file's name says.
fn form(arguments: &cli::Export) -> Result<Form> {
    let ending = arguments.out.as_ref().and_then(|out| out.extension()).and_then(|ending| ending.to_str());
    let wanted = arguments.format.as_deref().or(match ending {
        Some("txt") => Some("ids"),
        Some("jsonl" | "json") | None => Some("ndjson"),
        other => other,
    });
    let wanted = wanted.unwrap_or("ndjson");
    let names = Form::ALL.map(Form::name).join(", ");
    Form::ALL
        .into_iter()
        .find(|form| form.name() == wanted)
        .ok_or_else(|| anyhow!("{wanted} is no format: there are {names}; choose one with --format"))
}

/// Whole, or not at all.
fn into_file(from: &From, wanted: &Wanted, form: Form, path: &Path) -> Result<()> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    let file = File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
    let mut out = BufWriter::new(file);
    let poured = from.pour(wanted, form, &mut out).and_then(|()| Ok(out.flush()?));
    if let Err(error) = poured {
        let _gone = std::fs::remove_file(&part);
        return Err(error);
    }
    std::fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))
}

impl From {
    fn pour(&self, wanted: &Wanted, form: Form, out: &mut (dyn Write + Send)) -> Result<()> {
        match self {
            From::Index(index) => Ok(write(&**index, wanted, form, out).map(|_| ())?),
            From::Process(url) => fetch(url, wanted, form, out),
        }
    }
}

fn fetch(url: &str, wanted: &Wanted, form: Form, out: &mut dyn Write) -> Result<()> {
    let mut request = place::agent().get(format!("{url}/api/export")).query("format", form.name());
    for (name, value) in [("q", &wanted.query), ("from", &wanted.from), ("to", &wanted.to)] {
        if let Some(value) = value {
            request = request.query(name, value);
        }
    }
    let mut answer = request.call().context("the process on this log does not answer")?;
    if answer.status() != 200 {
        let said: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string()?).unwrap_or_default();
        let message = said.pointer("/error/message").and_then(serde_json::Value::as_str);
        bail!("{}", message.unwrap_or("the process on this log refuses"));
    }
    let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = reader.read(&mut piece).context("the export broke off")?;
        if read == 0 {
            return Ok(());
        }
        out.write_all(piece.get(..read).unwrap_or_default())?;
    }
}
