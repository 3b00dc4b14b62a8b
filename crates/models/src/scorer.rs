//! What every kind of model does.

use domain::Worth;
use std::borrow::Cow;

/// What a model says of a text, or why it says nothing.
pub type Answer = Result<Worth<'static>, Cow<'static, str>>;

/// A number beyond this is an opinion, by VADER's convention.
const OPINION: f64 = 0.05;

fn side(worth: &Worth<'_>) -> String {
    match worth {
        Worth::Text(text) => text.to_string(),
        Worth::Integer(number) => number.to_string(),
        Worth::Float(number) if *number >= OPINION => "positive".to_owned(),
        Worth::Float(number) if *number <= -OPINION => "negative".to_owned(),
        Worth::Float(_) => "neutral".to_owned(),
    }
}

/// The classes that a model decides for, or why it decides for none.
pub type Decision = Result<Vec<String>, Cow<'static, str>>;

/// A model, ready to be asked.
pub trait Scorer: Send {
    /// What it says of each text, in their order. There are as many answers as texts, whatever happens.
    fn score(&mut self, texts: &[&str]) -> Vec<Answer>;

    /// Which classes it decides for: of a model that tells none apart, what it says, or, of a number, on which side that is.
    fn classes(&mut self, texts: &[&str]) -> Vec<Decision> {
        self.score(texts).into_iter().map(|answer| answer.map(|worth| vec![side(&worth)])).collect()
    }

    /// Whether it is another process, which takes time and none of ours.
    fn is_outside(&self) -> bool {
        false
    }

    /// From now on it may take its time: nobody waits behind who asks.
    fn be_patient(&mut self) {}

    /// What is wrong with it, if something is.
    fn trouble(&self) -> Option<String> {
        None
    }
}
