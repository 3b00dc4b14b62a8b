mod table;

use super::*;

/// A word or an emoji and what is known of it, as a number that does not depend on the order of others.
fn mixed(text: &str, rest: &[u8]) -> u64 {
    text.bytes()
        .chain(rest.iter().copied())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How many words and emoji a lexicon has, and one number over all of each.
fn sums<'a>(words: impl Iterator<Item = (&'a str, f64)>, emoji: impl Iterator<Item = (char, &'a str)>) -> [(usize, u64); 2] {
    let add = |(count, sum): (usize, u64), hash: u64| (count + 1, sum.wrapping_add(hash));
    let words = words.map(|(word, valence)| mixed(word, &valence.to_le_bytes())).fold((0, 0), add);
    [words, emoji.map(|(emoji, name)| mixed(emoji.encode_utf8(&mut [0; 4]), name.as_bytes())).fold((0, 0), add)]
}

fn sums_of(lexicon: &Lexicon) -> [(usize, u64); 2] {
    let words = lexicon.words.rated();
    let emoji = ('\0'..=char::MAX).filter_map(|character| Some((character, lexicon.named(character)?)));
    sums(words.iter().map(|(word, valence)| (word.as_str(), *valence)), emoji)
}

#[test]
fn scores_are_those_of_the_python_package() {
    let lexicon = Lexicon::vader();
    let mut scratch = Scratch::default();
    let wrong = table::TABLE.iter().filter_map(|(text, compound, positive, neutral, negative)| {
        let want = Scores { compound: *compound, positive: *positive, neutral: *neutral, negative: *negative };
        let got = lexicon.score(text, &mut scratch);
        (got != want).then(|| format!("{text:?}: {got:?} instead of {want:?}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lexicon_is_that_of_the_python_package() {
    // Computed with Python over the words that a token can be, and the emoji of one character.
    assert_eq!(sums_of(&Lexicon::vader()), [(7488, 0x6443_3feb_a82b_81fa), (1212, 0x3b3f_12f1_231a_9486)]);
}

#[test]
fn a_lexicon_is_read_as_it_is_published() {
    let lexicon =
        Lexicon::parse("fine\t2.0\t0.5\t[2]\n\nFine\t9\nfine\t1.5\r\nso fine\t3\nüber\t-1\n", "🌞\tfine sun\n👍🏽\tfine thumb\n");
    let lexicon = lexicon.expect("a lexicon");
    let mut scratch = Scratch::default();
    let mut compound = |text: &str| lexicon.score(text, &mut scratch).compound;
    let fine = compound("fine");
    assert_eq!(fine, 0.3612);
    assert_eq!([compound("FINE"), compound("x🌞"), compound("👍🏽"), compound("ÜBER")], [fine, fine, 0.0, -0.25]);
}

#[test]
fn what_is_wrong_with_a_lexicon_is_said() {
    let wrong = |words: &str, emoji: &str| Lexicon::parse(words, emoji).err().expect("an error");
    assert_eq!(wrong("a\t1\nfine", ""), "line 2 of the words: no number (want WORD, tab, NUMBER)");
    assert_eq!(wrong("fine\tinf", ""), "line 1 of the words: no number (want WORD, tab, NUMBER)");
    assert!(wrong("fineandlongerthananyworduse\t1", "").contains("longer than 24 bytes"));
    assert_eq!(wrong("", "x\tletter"), "line 1 of the emoji: `x` is no emoji (want EMOJI, tab, NAME)");
}

#[test]
fn any_text_gives_shares_that_add_up() {
    let lexicon = Lexicon::vader();
    let mut scratch = Scratch::default();
    let pieces =
        ["good", "BAD", "not", "very", "but", "kind of", ":)", "😀", "\u{2003}", "!", "?", "n't", "ß", "K", "\0", "so", "least"];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..state % 13 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 40) as usize % pieces.len()]);
            text.push_str(if state >> 60 == 0 { "" } else { " " });
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let scores = lexicon.score(&text, &mut scratch);
        let shares = scores.positive + scores.neutral + scores.negative;
        assert!(scores == Scores::default() || (shares - 1.0).abs() < 0.0021, "{text:?}: {scores:?}");
        assert!(scores.compound.abs() <= 1.0, "{text:?}: {scores:?}");
    }
}

#[test]
fn a_long_text_with_a_but_takes_no_longer_than_its_length() {
    // Token by token from the beginning it would be 20,000,000,000 comparisons.
    let text = format!("{} but bad", "good bad fine ".repeat(66_000));
    assert_eq!(Lexicon::vader().score(&text, &mut Scratch::default()).positive, 0.598);
}
