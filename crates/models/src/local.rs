//! The models of this process.

use crate::transformer::Transformer;
use crate::worths::Worths;
use crate::{Answer, Book, Decision, Kind, Result, Scorer, Type};
use domain::{Text, Worth};
use ml::text::lexicon;
use ml::text::lexicon::Lexicon;
use ml::text::linear::{Linear, Scratch};

/// Readies a model of this process.
pub fn local(book: &Book) -> Result<Box<dyn Scorer>> {
    match (book.manifest.kind, book.manifest.of) {
        (Kind::Linear, _) => Ok(Box::new(Classes::of(book)?)),
        (Kind::Lexicon, Type::Float) => Ok(Box::new(Moods { lexicon: moods(book)?, scratch: lexicon::Scratch::default() })),
        (Kind::Language, Type::Text) => Ok(Box::new(Languages)),
        (Kind::Lexicon, _) => Err(book.error("a lexicon's scores are of type float")),
        (Kind::Language, _) => Err(book.error("languages are of type text")),
        (Kind::Onnx, _) => Ok(Box::new(Transformer::of(book)?)),
        (Kind::Process, _) => Err(book.error("a program is no model of this process")),
    }
}

/// A model that was just learned, for its decisions.
pub fn deciding(linear: Linear) -> Box<dyn Scorer> {
    let (worths, scratch) = (Worths::none(linear.classes()), Scratch::default());
    Box::new(Classes { linear, worths, scratch, probabilities: vec![], decided: vec![] })
}

/// Tells classes apart by weights of n-grams.
struct Classes {
    linear: Linear,
    worths: Worths,
    scratch: Scratch,
    probabilities: Vec<f32>,
    decided: Vec<u32>,
}

impl Classes {
    fn of(book: &Book) -> Result<Classes> {
        let bytes = book.file("weights.bin")?.ok_or_else(|| book.error("there is no weights.bin"))?;
        let linear = Linear::read(&bytes).map_err(|why| book.error(format!("weights.bin: {why}")))?;
        let worths = Worths::of(book, linear.classes())?;
        let (scratch, probabilities, decided) = (Scratch::default(), vec![], vec![]);
        Ok(Classes { linear, worths, scratch, probabilities, decided })
    }

    fn answer(&mut self, text: &str) -> Answer {
        self.linear.probabilities(text, &mut self.scratch, &mut self.probabilities);
        self.linear.decide(&self.probabilities, &mut self.decided);
        self.worths.answer(&self.probabilities, &self.decided)
    }
}

impl Scorer for Classes {
    fn score(&mut self, texts: &[&str]) -> Vec<Answer> {
        texts.iter().map(|text| self.answer(text)).collect()
    }

    fn classes(&mut self, texts: &[&str]) -> Vec<Decision> {
        let decide = |text: &&str| {
            self.linear.probabilities(text, &mut self.scratch, &mut self.probabilities);
            self.linear.decide(&self.probabilities, &mut self.decided);
            Ok(self.decided.iter().filter_map(|class| self.linear.classes().get(*class as usize).cloned()).collect())
        };
        texts.iter().map(decide).collect()
    }
}

fn moods(book: &Book) -> Result<Lexicon> {
    let Some(words) = book.file("lexicon.txt")? else { return Ok(Lexicon::vader()) };
    let emoji = book.file("emoji.txt")?.unwrap_or_default();
    let lexicon = Lexicon::parse(&String::from_utf8_lossy(&words), &String::from_utf8_lossy(&emoji));
    lexicon.map_err(|why| book.error(format!("lexicon.txt: {why}")))
}

/// Adds up the moods of words, by VADER's rules.
struct Moods {
    lexicon: Lexicon,
    scratch: lexicon::Scratch,
}

impl Scorer for Moods {
    fn score(&mut self, texts: &[&str]) -> Vec<Answer> {
        texts.iter().map(|text| Ok(Worth::Float(self.lexicon.score(text, &mut self.scratch).compound))).collect()
    }
}

struct Languages;

impl Scorer for Languages {
    fn score(&mut self, texts: &[&str]) -> Vec<Answer> {
        texts.iter().map(|text| Ok(Worth::Text(Text::from(crate::counter::language_of(text))))).collect()
    }
}
