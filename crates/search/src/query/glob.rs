//! Patterns of `*` and `?`, looked up in a dictionary byte by byte.
//!
//! Where one stands is a set of places in the pattern, a bit each. To make this takes next to nothing, where a regular expression is
//! worked out at length.

use crate::mapping::Leaf;
use std::fmt::{Debug, Formatter};
use std::sync::Arc;
use tantivy::query::{AutomatonWeight, EnableScoring, Query, Weight};
use tantivy::schema::Field;
use tantivy_fst::Automaton;

/// Documents with words that a pattern fits.
#[derive(Clone)]
pub(super) struct Like {
    field: Field,
    glob: Arc<Glob>,
}

impl Like {
    /// None if the pattern is too long.
    pub(super) fn new(leaf: &Leaf, pattern: &str) -> Option<Like> {
        Some(Like { field: leaf.field, glob: Arc::new(Glob::new(pattern)?) })
    }
}

impl Debug for Like {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Like({:?})", self.field)
    }
}

impl Query for Like {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(AutomatonWeight::<Glob>::new(self.field, self.glob.clone())))
    }
}

/// A pattern. Place 0 is before its first part, the last one behind its last.
struct Glob {
    /// From which places a byte leads to the next one.
    steps: [u128; 256],
    /// Places before a `*`.
    texts: u128,
    /// Places behind a `?`: what is left of its character may come there.
    characters: u128,
    end: u32,
}

impl Glob {
    fn new(pattern: &str) -> Option<Glob> {
        let mut glob = Glob { steps: [0; 256], texts: 0, characters: 0, end: 0 };
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            match character {
                // Two of them mean no more than one.
                '*' if glob.texts & (glob.here()? >> 1) != 0 => {}
                '*' => {
                    glob.texts |= glob.here()?;
                    glob.end += 1;
                }
                '?' => {
                    let here = glob.here()?;
                    glob.steps
                        .iter_mut()
                        .zip(0..=u8::MAX)
                        .filter(|(_, byte)| !follows(*byte))
                        .for_each(|(step, _)| *step |= here);
                    glob.end += 1;
                    glob.characters |= glob.here()?;
                }
                '\\' => glob.literal(characters.next().unwrap_or('\\'))?,
                other => glob.literal(other)?,
            }
        }
        glob.here().map(|_| glob)
    }

    /// The place that is reached, if there is a bit for it.
    fn here(&self) -> Option<u128> {
        1u128.checked_shl(self.end)
    }

    fn literal(&mut self, character: char) -> Option<()> {
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            let here = self.here()?;
            *self.steps.get_mut(usize::from(byte))? |= here;
            self.end += 1;
        }
        Some(())
    }

    /// These places, and those behind a `*` that needs nothing.
    fn with_nothing(&self, places: u128) -> u128 {
        places | ((places & self.texts) << 1)
    }
}

/// Whether a byte goes on with a character.
fn follows(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

impl Automaton for Glob {
    type State = u128;

    fn start(&self) -> u128 {
        self.with_nothing(1)
    }

    fn is_match(&self, places: &u128) -> bool {
        (places >> self.end) & 1 == 1
    }

    fn can_match(&self, places: &u128) -> bool {
        *places != 0
    }

    fn will_always_match(&self, places: &u128) -> bool {
        ((places & self.texts) << 1) & (1 << self.end) != 0
    }

    fn accept(&self, places: &u128, byte: u8) -> u128 {
        let steps = self.steps.get(usize::from(byte)).copied().unwrap_or_default();
        let stays = self.texts | if follows(byte) { self.characters } else { 0 };
        self.with_nothing(((places & steps) << 1) | (places & stays))
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;
    use proptest::prelude::*;
    use tantivy_fst::Automaton;

    fn fits(pattern: &str, word: &str) -> bool {
        let glob = Glob::new(pattern).unwrap();
        let mut places = glob.start();
        for byte in word.bytes() {
            let before = places;
            places = glob.accept(&places, byte);
            assert!(!glob.will_always_match(&before) || glob.is_match(&places), "{pattern} {word}");
        }
        glob.is_match(&places)
    }

    #[test]
    fn a_question_mark_is_a_character_of_any_length() {
        for (pattern, word) in [("?", "é"), ("a?c", "a☂c"), ("*é?", "xxéy"), ("", ""), ("**", ""), ("\\*\\?\\", "*?\\")] {
            assert!(fits(pattern, word), "{pattern} {word}");
        }
        for (pattern, word) in [("?", ""), ("?", "ab"), ("??", "é"), ("é", "è"), ("", "a"), ("\\*", "a")] {
            assert!(!fits(pattern, word), "{pattern} {word}");
        }
    }

    #[test]
    fn what_has_more_parts_than_there_are_bits_is_for_others() {
        assert!(Glob::new(&"a".repeat(127)).is_some());
        assert!(Glob::new(&"a".repeat(128)).is_none() && Glob::new(&"?".repeat(128)).is_none());
        assert!(Glob::new(&"*".repeat(1000)).is_some());
    }

    proptest! {
        #[test]
        fn it_fits_what_the_same_regular_expression_fits(pattern in "[aé?*☂]{0,8}", word in "[aé☂]{0,8}") {
            let expression = pattern.replace('?', ".").replace('*', ".*");
            let expression = regex::Regex::new(&format!("^(?s:{expression})$")).unwrap();
            prop_assert_eq!(fits(&pattern, &word), expression.is_match(&word));
        }
    }
}
