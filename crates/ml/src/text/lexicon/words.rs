//! What is known of words: ratings, which come from outside, and the few words that the rules name.

use super::tokens::{Token, blank};
use hashbrown::HashTable;

/// The longest word that can be rated, in bytes.
pub(super) const LONGEST: usize = 24;

/// How much a word like "very" adds to the next.
const BOOST: f64 = 0.293;

/// Words that strengthen the next, and words that weaken it.
const STRONGER: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous \
    enormously entirely especially exceptional exceptionally extreme extremely fabulously flippin flipping frackin fracking \
    frickin fricking friggin frigging fuckin fucking fuggin fugging fully greatly hella highly hugely incredible incredibly \
    intensely major majorly more most particularly purely quite really remarkably so substantially thoroughly total totally \
    tremendous tremendously uber unbelievably unusually utter utterly very";
const WEAKER: &str = "almost barely hardly kind-of kinda kindof less little marginal marginally occasional occasionally partly \
    scarce scarcely slight slightly somewhat sort-of sorta sortof";

/// Words that deny, besides all that hold "n't".
const DENIALS: &str = "aint arent cannot cant couldnt darent despite didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt \
    neednt neither never none nope nor not nothing nowhere oughtnt rarely seldom shant shouldnt uh-uh uhuh wasnt werent without \
    wont wouldnt";

/// Which of the words that rules name a token is. Words that every rule treats alike share a part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Part {
    #[default]
    Any,
    Ass,
    /// "at" or "very": "at least" and "very least" deny nothing.
    AtVery,
    Bad,
    Beating,
    Bomb,
    Bus,
    But,
    Death,
    Die,
    Doubt,
    Enough,
    For,
    Heart,
    Just,
    Kind,
    Kiss,
    Least,
    Never,
    No,
    Of,
    OrNor,
    Right,
    Shit,
    SoThis,
    Sort,
    Stop,
    The,
    To,
    Without,
    Yeah,
}

const PARTS: &[(&str, Part)] = &[
    ("ass", Part::Ass),
    ("at", Part::AtVery),
    ("bad", Part::Bad),
    ("beating", Part::Beating),
    ("bomb", Part::Bomb),
    ("bus", Part::Bus),
    ("but", Part::But),
    ("death", Part::Death),
    ("die", Part::Die),
    ("doubt", Part::Doubt),
    ("enough", Part::Enough),
    ("for", Part::For),
    ("heart", Part::Heart),
    ("just", Part::Just),
    ("kind", Part::Kind),
    ("kiss", Part::Kiss),
    ("least", Part::Least),
    ("never", Part::Never),
    ("no", Part::No),
    ("nor", Part::OrNor),
    ("of", Part::Of),
    ("or", Part::OrNor),
    ("right", Part::Right),
    ("shit", Part::Shit),
    ("so", Part::SoThis),
    ("sort", Part::Sort),
    ("stop", Part::Stop),
    ("the", Part::The),
    ("this", Part::SoThis),
    ("to", Part::To),
    ("very", Part::AtVery),
    ("without", Part::Without),
    ("yeah", Part::Yeah),
];

/// A word of at most [`LONGEST`] bytes, as numbers: comparing three is quicker than comparing bytes.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Key {
    pub eights: [u64; 3],
    pub length: usize,
}

/// Words by their key.
pub(super) struct Words {
    table: HashTable<(Key, Token)>,
    /// Whether any word has a letter outside ASCII. If none has, most tokens that have need no look.
    pub foreign: bool,
}

impl Words {
    /// The words of the rules, none of them rated.
    pub fn new() -> Words {
        let mut words = Words { table: HashTable::new(), foreign: false };
        let boosts = STRONGER.split_whitespace().map(|word| (word, BOOST));
        for (word, boost) in boosts.chain(WEAKER.split_whitespace().map(|word| (word, -BOOST))) {
            words.change(word, |token| token.boost = boost);
        }
        for word in DENIALS.split_whitespace() {
            words.change(word, |token| token.denies = true);
        }
        for (word, part) in PARTS {
            words.change(word, |token| token.part = *part);
        }
        words
    }

    /// Rates a word. One that no token can ever be, having capitals or blanks, is left out.
    pub fn rate(&mut self, word: &str, valence: f64) -> Result<(), String> {
        if word.is_empty() || word.contains(blank) || word.to_lowercase() != word {
            return Ok(());
        }
        if word.len() > LONGEST {
            return Err(format!("`{word}` is longer than {LONGEST} bytes"));
        }
        self.foreign |= !word.is_ascii();
        self.change(word, |token| (token.rated, token.valence) = (true, valence));
        Ok(())
    }

    fn change(&mut self, word: &str, change: impl FnOnce(&mut Token)) {
        let Some(key) = Key::of(word.as_bytes()) else { return };
        let hash = key.hash();
        if self.table.find(hash, |(other, _)| *other == key).is_none() {
            self.table.insert_unique(hash, (key, Token::default()), |(key, _)| key.hash());
        }
        if let Some((_, token)) = self.table.find_mut(hash, |(other, _)| *other == key) {
            change(token);
        }
    }

    /// What is known of a word in small letters.
    pub fn look_up(&self, key: &Key) -> Option<&Token> {
        self.table.find(key.hash(), |(other, _)| other == key).map(|(_, token)| token)
    }
}

impl Key {
    /// None of what is longer than any word can be.
    pub fn of(bytes: &[u8]) -> Option<Key> {
        let length = bytes.len();
        if length > LONGEST {
            return None;
        }
        let (whole, rest) = bytes.as_chunks::<8>();
        let mut eights = [0; 3];
        for (eight, chunk) in eights.iter_mut().zip(whole) {
            *eight = u64::from_le_bytes(*chunk);
        }
        if !rest.is_empty()
            && let Some(eight) = eights.get_mut(whole.len())
        {
            *eight = last_eight(bytes, rest);
        }
        Some(Key { eights, length })
    }

    /// Any function of the key would do that scatters; the table holds only what was put in, so nobody can choose collisions.
    fn hash(&self) -> u64 {
        let [a, b, c] = self.eights;
        let mixed = a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ c.wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
        let product = u128::from(mixed ^ self.length as u64) * 0x8bb8_4b93_962e_acc9;
        (product >> 64) as u64 ^ product as u64
    }
}

/// The last, incomplete eight bytes, with zeros after them. Loads that overlap save a loop over single bytes.
fn last_eight(bytes: &[u8], rest: &[u8]) -> u64 {
    let missing = 8 * (8 - rest.len() as u32);
    if let Some(last) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*last) >> missing;
    }
    if let (Some(first), Some(last)) = (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        let shift = 32 - missing;
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << shift;
    }
    rest.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte))
}

#[cfg(test)]
impl Words {
    /// The rated words, in their own order.
    pub fn rated(&self) -> Vec<(String, f64)> {
        let rated = self.table.iter().filter(|(_, token)| token.rated).map(|(key, token)| {
            let bytes = key.eights.iter().flat_map(|eight| eight.to_le_bytes()).take(key.length).collect();
            (String::from_utf8(bytes).expect("a word"), token.valence)
        });
        let mut rated: Vec<_> = rated.collect();
        rated.sort_by(|(word, _), (other, _)| word.cmp(other));
        rated
    }
}
