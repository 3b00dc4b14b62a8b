//! `goshawk model score`: what a text model says of texts.

use super::found;
use crate::cli::Score;
use crate::config::Config;
use crate::print;
use anyhow::{Context, Result};
use models::Answer;
use serde::Serialize;
use std::io::{BufRead, BufReader, Read};

/// So many texts are asked about at a time.
const AT_A_TIME: usize = 256;

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    value: Option<&'a domain::Worth<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

pub fn score(config: &Config, arguments: &Score) -> Result<()> {
    let mut scorer = found(config, &arguments.name)?.scorer()?;
    if let Some(text) = &arguments.text {
        return tell(std::slice::from_ref(text), &scorer.score(&[text]));
    }
    let input: Box<dyn Read> = match arguments.file.as_deref() {
        None => Box::new(std::io::stdin()),
        Some(path) if path.as_os_str() == "-" => Box::new(std::io::stdin()),
        Some(path) => Box::new(std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?),
    };
    let mut input = BufReader::new(input);
    loop {
        let mut texts = vec![];
        while texts.len() < AT_A_TIME {
            let mut line = vec![];
            if input.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            texts.push(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
        }
        if texts.is_empty() {
            return Ok(());
        }
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        tell(&texts, &scorer.score(&borrowed))?;
    }
}

fn tell(texts: &[String], answers: &[Answer]) -> Result<()> {
    let mut lines = String::new();
    for (text, answer) in texts.iter().zip(answers) {
        let (value, why) = (answer.as_ref().ok(), answer.as_ref().err().map(AsRef::as_ref));
        lines += &(serde_json::to_string(&Line { text, value, why })? + "\n");
    }
    print(&lines)
}
