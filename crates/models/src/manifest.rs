//! `model.toml`: what a model is, and how good.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A model's own account of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name: the role that asks it is `enrich:NAME`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it scores, as `sentiment`. Models of different languages may share it.
    pub output: String,
    /// What a score is.
    #[serde(rename = "type")]
    pub of: Type,
    /// How it works.
    pub kind: Kind,
    /// The languages that it knows, as ISO 639-1 codes; none: it knows all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// What it is, in a line.
    #[serde(default)]
    pub about: String,
    /// Under which licence it may be used.
    #[serde(default)]
    pub licence: String,
    /// What it learned from.
    #[serde(default)]
    pub learned_from: Vec<String>,
    /// The command that made it.
    #[serde(default)]
    pub made_by: String,
    /// Of a model that tells classes apart: what each counts for. Those of a text need none.
    #[serde(default)]
    pub classes: BTreeMap<String, f64>,
    /// How good it was measured to be: on what, by which measure.
    #[serde(default)]
    pub quality: BTreeMap<String, f64>,
    /// Of a model that is a program.
    #[serde(default)]
    pub process: Option<Program>,
    /// Of a transformer, where it is not as usual.
    #[serde(default)]
    pub onnx: Option<Graph>,
}

/// What a score is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// A word.
    Text,
}

/// How a model works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Weights of n-grams, in `weights.bin`.
    Linear,
    /// VADER's rules on its lexicon, or on `lexicon.txt` in its form.
    Lexicon,
    /// Tells languages apart.
    Language,
    /// A transformer: `model.onnx`, `tokenizer.json` and `config.json`.
    Onnx,
    /// A program that is asked over pipes.
    Process,
}

/// A program that is a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The program and what it is given; it runs in the model's folder.
    pub command: Vec<String>,
    /// How long it may take to answer, in seconds.
    #[serde(default = "ten")]
    pub timeout_s: f64,
    /// How long its first answer may take, in seconds: it may have much to load.
    #[serde(default = "two_minutes")]
    pub start_s: f64,
    /// About how many texts it is asked at a time.
    #[serde(default = "thirty_two")]
    pub batch: usize,
    /// How many of it run in each process of ours.
    #[serde(default = "one")]
    pub replicas: usize,
}

/// How a transformer is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Graph {
    /// So many tokens of a text are read.
    pub max_tokens: usize,
    /// So many texts share a run.
    pub batch: usize,
    /// The shared library of ONNX Runtime; without one, and without `ORT_DYLIB_PATH`, it is run in pure Rust.
    pub runtime: Option<PathBuf>,
    /// `cpu`, or `cuda` with ONNX Runtime.
    pub device: Device,
}

/// Where a transformer is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// On processors.
    #[default]
    Cpu,
    /// On a graphics card.
    Cuda,
}

impl Default for Graph {
    fn default() -> Self {
        Graph { max_tokens: 128, batch: 16, runtime: None, device: Device::Cpu }
    }
}

fn ten() -> f64 {
    10.0
}

fn two_minutes() -> f64 {
    120.0
}

fn thirty_two() -> usize {
    32
}

fn one() -> usize {
    1
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Linear => "linear",
            Kind::Lexicon => "lexicon",
            Kind::Language => "language",
            Kind::Onnx => "onnx",
            Kind::Process => "process",
        }
    }
}

impl Type {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Type::Integer => "integer",
            Type::Float => "float",
            Type::Text => "text",
        }
    }
}

impl Manifest {
    /// Reads it from text that stands in this place.
    pub fn parse(text: &str, place: &Path) -> Result<Manifest> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| Error::at(place, error.to_string().trim_end()))?;
        manifest.checked(place)
    }

    /// The same, if all in it is sound; `place` is where it stands.
    pub fn checked(self, place: &Path) -> Result<Manifest> {
        self.check().map_err(|why| Error::at(place, why))?;
        Ok(self)
    }

    fn check(&self) -> std::result::Result<(), String> {
        for (key, name) in [("name", &self.name), ("output", &self.output), ("version", &self.version)] {
            let sound = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(sound) {
                return Err(format!("{key} = \"{name}\" is not made of 1 to 64 letters, digits, `-`, `_` and `.`"));
            }
        }
        if !self.name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(format!("name = \"{}\" does not start with a letter", self.name));
        }
        if let Some(language) =
            self.languages.iter().find(|code| code.len() != 2 || !code.chars().all(|c| c.is_ascii_lowercase()))
        {
            return Err(format!("languages: `{language}` is no ISO 639-1 code, as `en`"));
        }
        match (&self.process, self.kind) {
            (None, Kind::Process) => Err("a model of kind process needs a section [process] with its command".to_owned()),
            (Some(_), kind) if kind != Kind::Process => Err(format!("a model of kind {} has no section [process]", kind.word())),
            (Some(program), _) => program.check(),
            (None, kind) if kind != Kind::Onnx && self.onnx.is_some() => {
                Err(format!("a model of kind {} has no section [onnx]", kind.word()))
            }
            _ => Ok(()),
        }
    }

    /// Whether it knows a language, by its code; what nobody knows, only who knows all.
    pub fn knows(&self, language: &str) -> bool {
        self.languages.is_empty() || self.languages.iter().any(|known| known == language)
    }
}

impl Program {
    fn check(&self) -> std::result::Result<(), String> {
        let limit = |time: f64| time > 0.0 && time <= 3600.0;
        if self.command.is_empty() {
            return Err("process.command is empty".to_owned());
        }
        if !limit(self.timeout_s) || !limit(self.start_s) {
            return Err("process.timeout_s and process.start_s are above 0 and at most 3600".to_owned());
        }
        if self.batch == 0 || self.batch > 4096 || self.replicas == 0 || self.replicas > 64 {
            return Err("process.batch is 1 to 4096, process.replicas 1 to 64".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "name = 'a'\nversion = '1'\noutput = 'b'\ntype = 'float'\nkind = 'lexicon'\n";

    #[test]
    fn what_is_wrong_is_said() {
        let parse = |text: &str| Manifest::parse(text, Path::new("a/model.toml")).map_err(|error| error.0);
        assert_eq!(parse(SOUND).map(|manifest| manifest.kind), Ok(Kind::Lexicon));
        let bad = [
            (SOUND.replace("name = 'a'", "name = '7'"), "does not start with a letter"),
            (SOUND.replace("'b'", "'b/c'"), "output = \"b/c\" is not made of"),
            (SOUND.replace("'float'", "'real'"), "unknown variant `real`"),
            (format!("{SOUND}weight = 1"), "unknown field `weight`"),
            (format!("{SOUND}languages = ['english']"), "`english` is no ISO 639-1 code"),
            (format!("{SOUND}[process]\ncommand = ['x']"), "kind lexicon has no section [process]"),
            (SOUND.replace("lexicon", "process"), "needs a section [process]"),
            (SOUND.replace("lexicon", "process") + "[process]\ncommand = []", "process.command is empty"),
            (SOUND.replace("lexicon", "process") + "[process]\ncommand = ['x']\ntimeout_s = -1", "are above 0"),
        ];
        for (text, why) in bad {
            let said = parse(&text).unwrap_err();
            assert!(said.starts_with("a/model.toml: ") && said.contains(why), "{said}");
        }
    }
}
