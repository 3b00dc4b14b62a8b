//! How a model is learned.

use super::features::Shape;
use super::lexicon::Lexicon;
use super::rows::MOST_BITS;
use serde::{Deserialize, Serialize};

/// How a model is learned. The defaults are for some ten thousand texts of which each has one class.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// From and to how many words an n-gram has; `[0, 0]` for none.
    pub word_grams: [u8; 2],
    /// From and to how many letters of one word an n-gram has, the blanks around it counted; `[0, 0]` for none.
    pub char_grams: [u8; 2],
    /// How much words weigh beside letters, from 0 to 1.
    pub word_share: f32,
    /// Whether words after a negation are words of their own, too.
    pub negation: bool,
    /// The table has 2 to the power of this places. An entry that is used takes a byte, and one for each class.
    pub bits: u8,
    /// N-grams of fewer texts are not used.
    pub least_documents: u32,
    /// The higher, the plainer the model: the inverse of the cost of an error.
    pub regularisation: f32,
    /// How much dearer errors on rare classes are: 0 not at all, 1 so that all classes cost the same together.
    pub balance: f32,
    /// How much more readily what is met in one class more often than in others is learned: 0 not at all.
    pub ratios: f32,
    /// It goes through the texts so often at most.
    pub epochs: u32,
    /// This part of the texts is held out, to learn from it what scores mean and where to decide. All are learned from in the end.
    pub held_out: f32,
    /// So many such parts are held out, one after the other. `1 / held_out` of them hold out each text once.
    pub rounds: u32,
    /// What decisions are to be best at.
    pub aim: Aim,
    /// Whether a text may have none of the classes, or several.
    pub multi_label: bool,
    /// Other seeds, other orders and other parts held out.
    pub seed: u64,
}

/// What decisions are to be best at.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// The likeliest class; with several labels, all that are likelier than not.
    #[default]
    Likeliest,
    /// Texts decided rightly; with several labels, the F1 of all decisions.
    Accuracy,
    /// The mean recall of the classes.
    MacroRecall,
    /// The mean F1 of the classes.
    MacroF1,
    /// The mean F1 of the classes, each weighted by how many texts it has.
    WeightedF1,
    /// The F1 of the last class.
    LastF1,
}

impl Default for Training {
    fn default() -> Self {
        Training {
            word_grams: [1, 2],
            char_grams: [2, 5],
            word_share: 0.5,
            negation: true,
            bits: 20,
            least_documents: 2,
            regularisation: 5.0,
            balance: 1.0,
            ratios: 0.5,
            epochs: 30,
            held_out: 0.2,
            rounds: 5,
            aim: Aim::Likeliest,
            multi_label: false,
            seed: 1,
        }
    }
}

impl Training {
    pub(super) fn shape(&self, lexicon: Lexicon) -> Shape {
        let (words, characters) = (self.word_grams, self.char_grams);
        Shape { words, characters, bits: self.bits, negation: self.negation, word_share: self.word_share, lexicon }
    }

    /// Whether all is within its bounds.
    pub(super) fn check(&self) -> Result<(), String> {
        self.shape(Lexicon::default()).check()?;
        let at_least = |name: &str, number: f32, least: f32| {
            let fine = number.is_finite() && number >= least;
            if fine { Ok(()) } else { Err(format!("{name} is {number}; give {least} or more")) }
        };
        at_least("regularisation", self.regularisation, 1e-6)?;
        at_least("balance", self.balance, 0.0)?;
        at_least("ratios", self.ratios, 0.0)?;
        if !(0.01..=0.5).contains(&self.held_out) {
            return Err(format!("held_out is {}; give 0.01 to 0.5", self.held_out));
        }
        if self.epochs == 0 || self.rounds == 0 {
            return Err("epochs and rounds are 1 at least".into());
        }
        Ok(())
    }
}

impl Shape {
    /// Whether all is within its bounds.
    pub(super) fn check(&self) -> Result<(), String> {
        let grams = |name: &str, [least, most]: [u8; 2], bound: u8| {
            let fine = (least, most) == (0, 0) || (1 <= least && least <= most && most <= bound);
            if fine {
                Ok(())
            } else {
                Err(format!("{name} is [{least}, {most}]; give [1, 1] to [1, {bound}], or [0, 0] for none"))
            }
        };
        grams("word_grams", self.words, 4)?;
        grams("char_grams", self.characters, 8)?;
        if self.words[1] == 0 && self.characters[1] == 0 {
            return Err("word_grams and char_grams are both [0, 0]: nothing is left to learn from".into());
        }
        if !(8..=MOST_BITS).contains(&self.bits) {
            return Err(format!("bits is {}; give 8 to {MOST_BITS}", self.bits));
        }
        if !(0.0..=1.0).contains(&self.word_share) {
            return Err(format!("word_share is {}; give 0 to 1", self.word_share));
        }
        Ok(())
    }
}
