//! What the classes of a model count for, and what a score is made of.

use crate::{Answer, Book, Result, Type};
use domain::{Text, Worth};

/// The classes of a model, with what each counts for.
pub struct Worths {
    of: Type,
    classes: Vec<String>,
    worths: Vec<f64>,
}

impl Worths {
    /// Of a model's classes, as its manifest says.
    pub fn of(book: &Book, classes: &[String]) -> Result<Worths> {
        let mut worths = vec![];
        if book.manifest.of != Type::Text {
            for class in classes {
                let worth = book.manifest.classes.get(class).copied().or_else(|| class.parse().ok());
                let worth = worth.ok_or_else(|| book.error(format!("classes: nothing says what class `{class}` counts for")))?;
                if !worth.is_finite() || book.manifest.of == Type::Integer && worth.fract() != 0.0 {
                    return Err(book.error(format!("classes: {worth} of class `{class}` is no {}", book.manifest.of.word())));
                }
                worths.push(worth);
            }
        }
        Ok(Worths { of: book.manifest.of, classes: classes.to_vec(), worths })
    }

    /// Of classes that only have names.
    pub fn none(classes: &[String]) -> Worths {
        Worths { of: Type::Text, classes: classes.to_vec(), worths: vec![] }
    }

    /// The score of a text, by how likely it is of each class, and the classes that are decided for.
    pub fn answer(&self, probabilities: &[f32], decided: &[u32]) -> Answer {
        if self.of == Type::Float {
            let sum: f64 = probabilities.iter().zip(&self.worths).map(|(p, worth)| f64::from(*p) * worth).sum();
            let rounded = (sum * 1e4).round() / 1e4;
            return if rounded.is_finite() { Ok(Worth::Float(rounded)) } else { Err("its answer is no number".into()) };
        }
        // Of several the likeliest; of none, too.
        let all: Vec<u32> = (0..probabilities.len() as u32).collect();
        let class = likeliest(probabilities, if decided.is_empty() { &all } else { decided });
        Ok(match self.of {
            Type::Integer => Worth::Integer(self.worths.get(class).copied().unwrap_or(0.0) as i64),
            _ => Worth::Text(Text::from(self.name(class).to_owned())),
        })
    }

    /// A class's name.
    pub fn name(&self, class: usize) -> &str {
        self.classes.get(class).map_or("", String::as_str)
    }
}

/// The likeliest of these classes.
pub fn likeliest(probabilities: &[f32], classes: &[u32]) -> usize {
    let of = |class: &u32| probabilities.get(*class as usize).copied().unwrap_or(0.0);
    classes.iter().copied().max_by(|one, other| of(one).total_cmp(&of(other))).unwrap_or(0) as usize
}
