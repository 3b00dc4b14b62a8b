//! Which script a text is in, and the language where the script tells it.

/// Latin letters, or those of another language, by its code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Script {
    Latin,
    Other(&'static str),
}

/// The languages that are told by their script. Whose script several share, [`Counts::within`] tells.
const CODES: [&str; 16] = ["ja", "zh", "ko", "th", "ar", "ru", "hi", "he", "el", "bn", "ta", "te", "ka", "hy", "my", "km"];

/// A sign of the first three, which writes a syllable or a word, counts as this many letters: it says as much, and the names
/// and labels in a post are in Latin letters whatever the rest is in.
const DENSE: usize = 5;

/// How a text's letters spread over scripts.
#[derive(Default)]
struct Counts {
    latin: usize,
    others: [usize; CODES.len()],
    /// Letters of Arabic script that Persian has and Arabic has not, and that Urdu has and Persian has not.
    persian: usize,
    urdu: usize,
    /// Letters of Cyrillic that Ukrainian has and Russian has not.
    ukrainian: usize,
}

/// The script that most of a text is in, and how much of it. None of a text without letters.
pub(super) fn main(text: &str) -> Option<(Script, f64)> {
    let mut counts = Counts::default();
    for character in text.chars() {
        if character.is_ascii() {
            counts.latin += usize::from(character.is_ascii_alphabetic());
        } else {
            counts.add(character);
        }
    }
    for count in counts.others.iter_mut().take(3) {
        *count *= DENSE;
    }
    // Japanese writes words in Chinese signs: any number of its own makes the whole Japanese.
    let [kana, han, ..] = &mut counts.others;
    if *kana * 12 > *han {
        *kana += std::mem::take(han);
    }
    let total = counts.latin + counts.others.iter().sum::<usize>();
    let (code, most) = CODES.into_iter().zip(counts.others).max_by_key(|(_, count)| *count)?;
    match total {
        0 => None,
        _ if most > counts.latin => Some((Script::Other(counts.within(code)), most as f64 / total as f64)),
        _ => Some((Script::Latin, counts.latin as f64 / total as f64)),
    }
}

impl Counts {
    fn add(&mut self, character: char) {
        let code = match character as u32 {
            0xc0..=0x24f | 0x1e00..=0x1eff => return self.latin += usize::from(character.is_alphabetic()),
            0x3041..=0x30fa | 0x30fd..=0x30ff | 0x31f0..=0x31ff | 0xff66..=0xff9d => "ja",
            0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => "zh",
            0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7af => "ko",
            0xe01..=0xe4e => "th",
            0x620..=0x64a | 0x66e..=0x6d3 | 0x750..=0x77f | 0xfb50..=0xfdff | 0xfe70..=0xfefc => "ar",
            0x400..=0x52f => "ru",
            0x900..=0x97f => "hi",
            0x5d0..=0x5ea => "he",
            0x370..=0x3ff | 0x1f00..=0x1fff => "el",
            0x980..=0x9ff => "bn",
            0xb80..=0xbff => "ta",
            0xc00..=0xc7f => "te",
            0x10a0..=0x10ff => "ka",
            0x530..=0x58f => "hy",
            0x1000..=0x109f => "my",
            0x1780..=0x17ff => "km",
            _ => return,
        };
        if let Some((_, count)) = CODES.iter().zip(&mut self.others).find(|(other, _)| **other == code) {
            *count += 1;
        }
        match code {
            "ar" if "پچژگکی".contains(character) => self.persian += 1,
            "ar" if "ٹڈڑںےہھ".contains(character) => self.urdu += 1,
            "ru" if "іїєґІЇЄҐ".contains(character) => self.ukrainian += 1,
            _ => {}
        }
    }

    /// Which of the languages that share a script.
    fn within(&self, code: &'static str) -> &'static str {
        match code {
            "ar" if self.urdu > 0 => "ur",
            "ar" if self.persian > 0 => "fa",
            "ru" if self.ukrainian > 0 => "uk",
            code => code,
        }
    }
}
