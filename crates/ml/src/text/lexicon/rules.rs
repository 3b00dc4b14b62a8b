//! What a rated token counts, by the tokens around it.

use super::tokens::Token;
use super::words::Part;
use hashbrown::HashMap;
use std::cmp::Ordering;

/// What a denied word counts of what it would.
const DENIED: f64 = -0.74;

/// How much a word in capitals counts more among others that are not.
const LOUD: f64 = 0.733;

/// How much "kind of" takes from what follows.
const BLUNT: f64 = -0.293;

/// How much of a word like "very" reaches the first, second and third token after it.
const REACH: [f64; 3] = [1.0, 0.95, 0.9];

/// A token and its neighbours.
struct Place<'a> {
    token: &'a Token,
    /// The nearest first.
    before: [Option<&'a Token>; 3],
    after: [Option<&'a Token>; 2],
    /// Whether capitals mean something: some tokens have them and some have not.
    mixed: bool,
}

/// What each token counts.
pub(super) fn weigh(tokens: &[Token], valences: &mut Vec<f64>) {
    let loud = tokens.iter().filter(|token| token.loud).count();
    let mixed = loud > 0 && loud < tokens.len();
    valences.clear();
    valences.extend(tokens.iter().enumerate().map(|(at, token)| {
        if !token.rated || token.boost != 0.0 {
            return 0.0;
        }
        let before = [1, 2, 3].map(|back| tokens.get(at.checked_sub(back)?));
        let after = [at + 1, at + 2].map(|at| tokens.get(at));
        Place { token, before, after, mixed }.valence()
    }));
    if let Some(but) = tokens.iter().position(|token| token.part == Part::But) {
        contrast(valences, but);
    }
}

impl Place<'_> {
    fn valence(&self) -> f64 {
        let next = self.part_after(0);
        if self.token.part == Part::Kind && next == Part::Of {
            return 0.0;
        }
        let mut valence = self.start();
        if self.token.loud && self.mixed {
            valence += if valence > 0.0 { LOUD } else { -LOUD };
        }
        for (back, (word, reach)) in self.before.iter().zip(REACH).enumerate() {
            let Some(word) = word.filter(|word| !word.rated) else { continue };
            valence += self.boost(word, valence) * reach;
            valence *= self.denial(word, back);
            if back == 2 {
                valence = self.idiom(valence);
            }
        }
        let least = self.before[0].is_some_and(|word| word.part == Part::Least && !word.rated);
        if least && self.part(1) != Part::AtVery { valence * DENIED } else { valence }
    }

    /// The rating, as a "no" leaves it: one before denies it, and one that stands before a rated word says nothing itself.
    fn start(&self) -> f64 {
        let no = |back| self.part(back) == Part::No;
        if no(0) || no(1) || no(2) && self.part(0) == Part::OrNor {
            self.token.valence * DENIED
        } else if self.token.part == Part::No && self.after[0].is_some_and(|word| word.rated) {
            0.0
        } else {
            self.token.valence
        }
    }

    /// What a word before adds to a valence: away from zero, or towards it.
    fn boost(&self, word: &Token, valence: f64) -> f64 {
        if word.boost == 0.0 {
            return 0.0;
        }
        let boost = if valence < 0.0 { -word.boost } else { word.boost };
        match word.loud && self.mixed {
            true if valence > 0.0 => boost + LOUD,
            true => boost - LOUD,
            false => boost,
        }
    }

    /// The factor by which a word that is `back` + 1 before denies, or by "never so" strengthens.
    fn denial(&self, word: &Token, back: usize) -> f64 {
        let [first, second] = [self.part(0), self.part(1)];
        let (so, doubt) = match back {
            0 => (false, false),
            1 => (word.part == Part::Never && first == Part::SoThis, first == Part::Doubt),
            // A "so" right before strengthens, whatever the third word is. As the package has it.
            _ => (
                word.part == Part::Never && second == Part::SoThis || first == Part::SoThis,
                [first, second].contains(&Part::Doubt),
            ),
        };
        if so {
            1.25
        } else if word.denies && !(doubt && word.part == Part::Without) {
            DENIED
        } else {
            1.0
        }
    }

    /// The valence that an idiom has in place of its words', and what "kind of" before takes from either.
    fn idiom(&self, valence: f64) -> f64 {
        let [c, b, a] = [self.part(0), self.part(1), self.part(2)];
        let [d, e, f] = [self.token.part, self.part_after(0), self.part_after(1)];
        let until_here = [pair(c, d), triple(b, c, d), pair(b, c), triple(a, b, c), pair(a, b)];
        let until_here = until_here.into_iter().flatten().next();
        let idiom = triple(d, e, f).or(pair(d, e)).or(until_here);
        let blunt = [(a, b), (b, c)].into_iter().filter(|(first, second)| blunts(*first, *second));
        blunt.fold(idiom.unwrap_or(valence), |valence, _| valence + BLUNT)
    }

    fn part(&self, back: usize) -> Part {
        self.before.get(back).copied().flatten().map_or(Part::Any, |word| word.part)
    }

    fn part_after(&self, ahead: usize) -> Part {
        self.after.get(ahead).copied().flatten().map_or(Part::Any, |word| word.part)
    }
}

/// What an idiom of two words counts.
fn pair(first: Part, second: Part) -> Option<f64> {
    match (first, second) {
        (Part::The, Part::Bomb | Part::Shit) => Some(3.0),
        (Part::Bad, Part::Ass) => Some(1.5),
        (Part::Bus, Part::Stop) => Some(0.0),
        (Part::Yeah, Part::Right) => Some(-2.0),
        (Part::Beating, Part::Heart) => Some(3.5),
        _ => None,
    }
}

/// What an idiom of three words counts.
fn triple(first: Part, second: Part, third: Part) -> Option<f64> {
    match (first, second, third) {
        (Part::Kiss, Part::Of, Part::Death) => Some(-1.5),
        (Part::To, Part::Die, Part::For) => Some(3.0),
        _ => None,
    }
}

fn blunts(first: Part, second: Part) -> bool {
    matches!((first, second), (Part::Kind | Part::Sort, Part::Of) | (Part::Just, Part::Enough))
}

/// What stands before a "but" counts half, what stands behind it half as much again.
///
/// As the package has it: where the same value stands more than once, what is changed is the first that is still the same.
fn contrast(valences: &mut [f64], but: usize) {
    // By value, a place before which it does not stand: else a long text would be searched from its beginning for each token.
    let mut starts = HashMap::<u64, usize>::new();
    for at in 0..valences.len() {
        let value = valences.get(at).copied().unwrap_or_default();
        if value == 0.0 {
            continue; // no factor changes it, and most are
        }
        let start = starts.get(&value.to_bits()).copied().unwrap_or_default();
        let Some((first, found)) = valences.iter_mut().enumerate().skip(start).find(|(_, other)| **other == value) else {
            continue;
        };
        starts.insert(value.to_bits(), first);
        match first.cmp(&but) {
            Ordering::Less => *found *= 0.5,
            Ordering::Equal => {}
            Ordering::Greater => *found *= 1.5,
        }
        if let Some(start) = starts.get_mut(&found.to_bits()) {
            *start = first.min(*start);
        }
    }
}
