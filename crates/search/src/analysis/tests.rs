use super::words;

fn told(text: &str) -> String {
    words(text).into_iter().map(|word| word.text).collect::<Vec<_>>().join("|")
}

#[test]
fn words_are_told_apart_as_the_standard_analyzer_does() {
    for (text, expected) in [
        ("The QUICK brown-fox, don't stop", "the|quick|brown|fox|don't|stop"),
        ("@scotthamilton #tag http://x.co/a_b?c=1", "scotthamilton|tag|http|x.co|a_b|c|1"),
        ("3.14 1,000 v2.0 a.b 1.a _ __x", "3.14|1,000|v2.0|a.b|1|a|__x"),
        ("a:b c: d", "a:b|c|d"),
        ("日本語 ひら カタカナ 한국어", "日|本|語|ひ|ら|カタカナ|한국어"),
        ("Café ÉTÉ naïve:oui", "café|été|naïve:oui"),
        ("ok 👍🏽 🇫🇷 👩‍👩‍👧 ♥", "ok|👍🏽|🇫🇷|👩‍👩‍👧|♥"),
        ("สวัสดีครับ ok", "สวัสดีครับ|ok"),
        ("", ""),
        ("... !", ""),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn plain_text_is_told_apart_the_same_either_way() {
    for text in ["a'b 'c' d.e.f 1.2.3 1,2;3 x_1 1_x a1b2 http://a.b/c", "foo. .bar a..b 1..2 a.1 1.a a:1 1:a"] {
        let (mut plain, mut full) = (vec![], vec![]);
        super::ascii_spans(text.as_bytes(), &mut plain);
        super::unicode_spans(text, &mut full);
        assert_eq!(plain, full, "{text}");
    }
}

#[test]
fn long_words_are_cut() {
    let lengths: Vec<usize> = words(&"x".repeat(600)).into_iter().map(|word| word.text.len()).collect();
    assert_eq!(lengths, [255, 255, 90]);
}
