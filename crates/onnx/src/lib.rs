//! A text classifier from a folder as model hubs publish it: `model.onnx`, `tokenizer.json`, `config.json`.
//!
//! The graph runs in pure Rust, or in the ONNX Runtime that the user points to. Whatever goes in, no function here panics, and
//! what is wrong with a folder is said in words. The same texts give the same numbers on the same machine.
//!
//! Non-goals: graphs that answer with anything but numbers for a text's labels; training; fetching a model; more than one core
//! for one [`Classifier`] (who has more cores loads more of them).
//!
//! Start reading at [`Classifier`], then `native.rs`.

mod batch;
mod config;
mod guard;
mod native;
mod runtime;
#[cfg(test)]
mod tests;
mod tokens;

use batch::{Answer, Batch, Fixed};
use config::Config;
use std::path::{Path, PathBuf};
use tokens::{Encoded, Tokens};

/// How much of a text is read, how many texts at once, and by what.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tokens of a text that are read, special ones included; the rest is cut off. Less where the model cannot take as many.
    pub max_tokens: usize,
    /// Texts that share a run of the graph.
    pub batch: usize,
    /// The shared library of ONNX Runtime (1.17 or newer). None: what the environment variable `ORT_DYLIB_PATH` names, and
    /// where it names nothing, the graph runs in pure Rust. The first library that is loaded stays the process's only one.
    pub runtime: Option<PathBuf>,
    /// Where ONNX Runtime computes.
    pub device: Device,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_tokens: 128, batch: 16, runtime: None, device: Device::Cpu }
    }
}

/// Where a graph is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// One core.
    #[default]
    Cpu,
    /// The first graphics card of NVIDIA. Only with ONNX Runtime, and an error where that finds none.
    Cuda,
}

/// A model of a folder, ready to be asked.
pub struct Classifier {
    config: Config,
    tokens: Tokens,
    engine: Engine,
    batch: usize,
}

enum Engine {
    Native(native::Native),
    Runtime(runtime::Runtime),
}

impl Engine {
    fn load(model: &Path, limits: &Limits) -> Result<Engine, String> {
        let named = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
        match (limits.runtime.clone().or(named), limits.device) {
            (Some(library), device) => runtime::Runtime::load(model, &library, device).map(Engine::Runtime),
            (None, Device::Cpu) => native::Native::load(model, limits).map(Engine::Native),
            (None, Device::Cuda) => {
                Err("the device cuda needs ONNX Runtime: say where its shared library is, for instance in ORT_DYLIB_PATH".into())
            }
        }
    }

    fn fixed(&self) -> Fixed {
        match self {
            Engine::Native(native) => native.fixed(),
            Engine::Runtime(runtime) => runtime.fixed(),
        }
    }

    /// The rows and the width with which texts are run, of which the longest has `longest` tokens.
    fn shape(&self, texts: usize, longest: usize) -> (usize, usize) {
        let (rows, width) = match self {
            Engine::Native(native) => native.shape(texts, longest),
            Engine::Runtime(_) => (texts, longest),
        };
        let fixed = self.fixed();
        (fixed.rows.unwrap_or(rows), fixed.width.unwrap_or(width))
    }

    fn run(&mut self, batch: &Batch) -> Result<Answer, String> {
        match self {
            Engine::Native(native) => native.run(batch),
            Engine::Runtime(runtime) => runtime.run(batch),
        }
    }
}

impl Classifier {
    /// Reads the three files and tries them on one text, so that a folder that does not fit together is refused here.
    pub fn load(model: &Path, tokenizer: &Path, config: &Path, limits: Limits) -> Result<Classifier, String> {
        if limits.batch == 0 {
            return Err("a batch of 0 texts would never end: let it be 1 or more".into());
        }
        let config = Config::load(config)?;
        let said = |error| format!("{}: {error}", model.display());
        let engine = Engine::load(model, &limits).map_err(said)?;
        let fixed = engine.fixed();
        let longest = [config.longest, fixed.width].into_iter().flatten().fold(limits.max_tokens, usize::min);
        let tokens = Tokens::load(tokenizer, longest, config.pad)?;
        let mut classifier = Classifier { config, tokens, engine, batch: fixed.rows.unwrap_or(limits.batch) };
        classifier.probabilities(&["a"]).map_err(said)?;
        Ok(classifier)
    }

    /// The labels' names, in the order of a text's probabilities.
    pub fn labels(&self) -> &[String] {
        &self.config.labels
    }

    /// Whether a text may have several labels, or none: then each probability stands for itself, and they do not add up to 1.
    pub fn is_multi_label(&self) -> bool {
        self.config.multi_label
    }

    /// The probability of each label, for each text, in the order of the texts. An empty text is one, too.
    pub fn probabilities(&mut self, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
        let encoded = texts.iter().map(|text| self.tokens.encode(text)).collect::<Result<Vec<_>, _>>()?;
        let mut order: Vec<(usize, &Encoded)> = encoded.iter().enumerate().collect();
        // texts of like length share a run, so that little of it is padding
        order.sort_by_key(|(at, encoded)| (encoded.ids.len(), *at));
        let mut answered = Vec::with_capacity(texts.len());
        for part in order.chunks(self.batch) {
            let rows: Vec<&Encoded> = part.iter().map(|(_, encoded)| *encoded).collect();
            answered.extend(part.iter().map(|(at, _)| *at).zip(self.rows(&rows)?));
        }
        answered.sort_by_key(|(at, _)| *at);
        Ok(answered.into_iter().map(|(_, probabilities)| probabilities).collect())
    }

    /// One run of the graph.
    fn rows(&mut self, rows: &[&Encoded]) -> Result<Vec<Vec<f32>>, String> {
        let longest = rows.iter().map(|encoded| encoded.ids.len()).max().unwrap_or(1);
        let (count, width) = self.engine.shape(rows.len(), longest);
        let batch = Batch::of(rows, self.tokens.pad, count, width);
        let answer = self.engine.run(&batch)?;
        let labels = self.config.labels.len();
        match *answer.shape.as_slice() {
            [given, each] if given == batch.rows && each == labels => {}
            [given, each] if given == batch.rows => {
                return Err(format!("the graph gives {each} numbers for a text, and config.json names {labels} labels"));
            }
            ref other => return Err(format!("the graph gives {other:?} numbers for {} texts of {labels} labels", batch.rows)),
        }
        if answer.logits.iter().any(|logit| !logit.is_finite()) {
            return Err("the graph's answer is not a number".into());
        }
        let kept = answer.logits.chunks(labels).take(rows.len());
        Ok(kept.map(|logits| if self.config.multi_label { sigmoid(logits) } else { softmax(logits) }).collect())
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

fn sigmoid(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
}
