use super::*;

fn code(text: &str) -> &'static str {
    language(text).map_or("none", |(code, _)| code)
}

#[test]
fn languages_are_told_apart() {
    for (text, want) in [
        ("What a day, the rain is not going to stop before the weekend", "en"),
        ("Hujan lagi, jalanan macet dan aku belum makan siang", "id"),
        ("gak tau deh, udah capek banget", "id"),
        ("kendaraannya menghalangi pengendara, mohon dipindahkan", "id"),
        ("Hoy no puedo ir porque tengo que estudiar para el examen", "es"),
        ("Hoje eu não vou porque tenho muito trabalho", "pt"),
        ("Je ne sais pas si nous serons là demain", "fr"),
        ("Ich weiß noch nicht, ob wir morgen da sind", "de"),
        ("Non so ancora se domani ci siamo anche noi", "it"),
        ("Ik weet nog niet of we er morgen zijn", "nl"),
        ("Bugün çok güzel bir gün ama ben evde değil", "tr"),
        ("Hindi ko alam kung bakit ang init ngayong araw", "tl"),
        ("今日はいい天気ですね", "ja"),
        ("東京", "zh"),
        ("오늘 날씨가 좋네요", "ko"),
        ("วันนี้อากาศดีมาก", "th"),
        ("الطقس جميل اليوم", "ar"),
        ("امروز هوا خیلی خوب است", "fa"),
        ("آج موسم بہت اچھا ہے", "ur"),
        ("Сегодня хорошая погода", "ru"),
        ("Сьогодні гарна погода і світить сонце", "uk"),
        ("आज मौसम अच्छा है", "hi"),
        ("σήμερα έχει καλό καιρό", "el"),
        ("今日のLIVE最高 NewSingleOutNow", "ja"),
    ] {
        assert_eq!(code(text), want, "{text}");
    }
}

#[test]
fn where_there_are_no_letters_there_is_no_language() {
    for text in ["", " ", "12:30 !!!", "😀😀", "\u{301}"] {
        assert_eq!(language(text), None, "{text:?}");
    }
}

#[test]
fn more_words_make_it_surer() {
    let sure = |text| language(text).expect("a language").1;
    let [one, some, many] = [sure("rain"), sure("rain in the city"), sure("it is the rain in the city that they love so much")];
    assert!(0.0 < one && one < some && some < many && many < 1.0, "{one} {some} {many}");
    assert_eq!(sure("今日は"), 1.0);
    assert!(sure("今日は good morning") < 1.0);
}

#[test]
fn every_text_has_a_language_or_none_and_no_doubt_outside_of_0_to_1() {
    let pieces = ["a", "Ü", "kan", "'", "の", "中", "ß", "\u{0}", " ", "ی", "ії", "7", "😀", "the", "dan", "ﬀ"];
    for first in 0..pieces.len() {
        for second in 0..pieces.len() * pieces.len() {
            let text = [pieces[first], pieces[second % pieces.len()], pieces[second / pieces.len()]].concat();
            let told = language(&text);
            assert!(told.is_none_or(|(code, sure)| code.len() == 2 && (0.0..=1.0).contains(&sure)), "{text:?}: {told:?}");
        }
    }
}
