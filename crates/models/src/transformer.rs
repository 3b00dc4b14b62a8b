//! A transformer, from a folder as model hubs publish it.

use crate::worths::{Worths, likeliest};
use crate::{Answer, Book, Decision, Device, Result, Scorer};
use onnx::{Classifier, Limits};
use std::borrow::Cow;

/// A text with several labels has those that are likelier than not.
const LIKELY: f32 = 0.5;

/// How likely a text is of each class, and the classes that are decided for.
type Told = (Vec<f32>, Vec<u32>);

/// A transformer that tells classes apart.
pub struct Transformer {
    classifier: Classifier,
    worths: Worths,
    trouble: Option<String>,
}

impl Transformer {
    /// The one in a model's folder.
    pub fn of(book: &Book) -> Result<Transformer> {
        let folder = book.folder().ok_or_else(|| book.error("a transformer cannot be shipped in the binary"))?;
        let graph = book.manifest.onnx.clone().unwrap_or_default();
        let device = match graph.device {
            Device::Cpu => onnx::Device::Cpu,
            Device::Cuda => onnx::Device::Cuda,
        };
        let runtime = graph.runtime.map(|path| folder.join(path));
        let limits = Limits { max_tokens: graph.max_tokens, batch: graph.batch, runtime, device };
        let [model, tokenizer, config] = ["model.onnx", "tokenizer.json", "config.json"].map(|name| folder.join(name));
        let classifier = Classifier::load(&model, &tokenizer, &config, limits).map_err(|why| book.error(why))?;
        let worths = Worths::of(book, classifier.labels())?;
        Ok(Transformer { classifier, worths, trouble: None })
    }

    fn told(&mut self, texts: &[&str]) -> std::result::Result<Vec<Told>, String> {
        let told = self.classifier.probabilities(texts);
        self.trouble = told.as_ref().err().cloned();
        let several = self.classifier.is_multi_label();
        let decided = |probabilities: &[f32]| -> Vec<u32> {
            let all = 0..probabilities.len() as u32;
            if !several {
                return vec![likeliest(probabilities, &all.collect::<Vec<_>>()) as u32];
            }
            all.filter(|class| probabilities.get(*class as usize).is_some_and(|p| *p >= LIKELY)).collect()
        };
        let with_decision = |probabilities: Vec<f32>| {
            let decided = decided(&probabilities);
            (probabilities, decided)
        };
        Ok(told?.into_iter().map(with_decision).collect())
    }
}

impl Scorer for Transformer {
    fn score(&mut self, texts: &[&str]) -> Vec<Answer> {
        match self.told(texts) {
            Ok(told) => told.iter().map(|(probabilities, decided)| self.worths.answer(probabilities, decided)).collect(),
            Err(why) => texts.iter().map(|_| Err(Cow::Owned(why.clone()))).collect(),
        }
    }

    fn classes(&mut self, texts: &[&str]) -> Vec<Decision> {
        let told = self.told(texts);
        let names = |decided: &[u32]| decided.iter().map(|class| self.worths.name(*class as usize).to_owned()).collect();
        match told {
            Ok(told) => told.iter().map(|(_, decided)| Ok(names(decided))).collect(),
            Err(why) => texts.iter().map(|_| Err(Cow::Owned(why.clone()))).collect(),
        }
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}
