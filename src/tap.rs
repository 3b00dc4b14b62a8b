//! `goshawk tap`: a topic's records as JSON lines.

use crate::cli;
use crate::place::{self, Reach};
use anyhow::{Context, Result, bail};
use journal::Access;
use serve::tap::{From, TapOptions};
use std::io::{BufRead, BufReader, BufWriter, Write, stdout};

pub fn tap(arguments: &cli::Tap) -> Result<()> {
    let config = place::configuration(&arguments.common.flags())?;
    let from: From = arguments.from.parse().map_err(|why: String| anyhow::anyhow!("--from: {why}"))?;
    // Whoever begins at the end of what is there wants to see what comes.
    let follow = arguments.follow || from == From::End;
    match place::reach(&config.log, Access::Read)? {
        Reach::Process(url) => stream(&address(&url, arguments, follow), &mut BufWriter::new(stdout().lock())),
        Reach::Opened(_) if follow && arguments.from == "end" => {
            bail!("no process runs on {}, so nothing will come; use --from start to see what is there", config.log)
        }
        Reach::Opened(log) => {
            let key = arguments.key.clone().map(String::into_bytes);
            let topic = arguments.topic.clone();
            let options = TapOptions { topic, from, limit: arguments.number, key, meta: arguments.meta, follow: false };
            let mut tap = serve::tap::Tap::new(&*log, options)?;
            tap.write_to(&mut BufWriter::new(stdout().lock()), &|| false)?;
            Ok(())
        }
    }
}

fn address(url: &str, arguments: &cli::Tap, follow: bool) -> String {
    let mut query = format!("from={}&meta={}&follow={follow}", arguments.from, arguments.meta);
    if let Some(number) = arguments.number {
        query += &format!("&n={number}");
    }
    if let Some(key) = &arguments.key {
        query += &format!("&key={}", escaped(key));
    }
    format!("{url}/api/tap/{}?{query}", escaped(&arguments.topic))
}

/// Percent-encoding, for what people type.
pub fn escaped(text: &str) -> String {
    let byte = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.as_bytes().iter().map(byte).collect()
}

/// Copies an answer's lines out as they come; an answer that says no becomes an error.
pub fn stream(url: &str, out: &mut dyn Write) -> Result<()> {
    let answer = place::agent().get(url).call().with_context(|| format!("cannot reach {url}"))?;
    if answer.status() != 200 {
        bail!("{}", refusal(answer));
    }
    let mut lines = BufReader::new(answer.into_body().into_reader());
    let mut line = vec![];
    while lines.read_until(b'\n', &mut line).context("the process has broken off")? > 0 {
        out.write_all(&line)?;
        line.clear();
        if lines.buffer().is_empty() {
            out.flush()?;
        }
    }
    Ok(out.flush()?)
}

/// Takes each record of a topic, from its start to its end now, as a line with its place: all of them together may be large.
pub fn each(reach: &Reach, topic: &str, key: Option<&str>, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut lines = Lines { line: vec![], take };
    match reach {
        Reach::Process(url) => {
            let key = key.map_or(String::new(), |key| format!("&key={}", escaped(key)));
            stream(&format!("{url}/api/tap/{topic}?from=start&meta=true{key}"), &mut lines)
        }
        Reach::Opened(log) => {
            let (topic, key) = (topic.to_owned(), key.map(|key| key.as_bytes().to_vec()));
            let options = TapOptions { topic, from: From::Start, key, meta: true, ..TapOptions::default() };
            serve::tap::Tap::new(&**log, options)?.write_to(&mut lines, &|| false)?;
            Ok(())
        }
    }
}

/// Cuts what is written into lines.
struct Lines<'a> {
    line: Vec<u8>,
    take: &'a mut dyn FnMut(&[u8]) -> Result<()>,
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                (self.take)(&line).map_err(std::io::Error::other)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What an answer that is no 200 says.
pub fn refusal(mut answer: ureq::http::Response<ureq::Body>) -> String {
    let status = answer.status();
    let body = answer.body_mut().read_to_string().unwrap_or_default();
    let message = serde_json::from_str::<serde_json::Value>(&body).ok();
    let message = message.and_then(|json| json.pointer("/error/message")?.as_str().map(str::to_owned));
    message.unwrap_or_else(|| format!("the process answered {status}: {body}"))
}
