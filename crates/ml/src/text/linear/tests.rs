use super::*;

fn classes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Sentences of three kinds, each with words of its own and words of all.
fn sentences() -> (Vec<String>, Vec<[u32; 1]>) {
    let own = [["sunny", "bright", "warm"], ["goal", "match", "referee"], ["vote", "senate", "party"]];
    let sentence = |at: usize| {
        let own = own[at % 3];
        format!("the {} was a {} thing {} said", own[at / 3 % 3], own[at / 9 % 3], ["he", "she", "they", "none"][at % 4])
    };
    (0..120).map(|at| (sentence(at), [(at % 3) as u32])).unzip()
}

fn small() -> Training {
    Training { bits: 12, ..Training::default() }
}

fn trained(training: &Training) -> Linear {
    let (texts, labels) = sentences();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    train(&texts, &labels, &classes(&["weather", "sport", "politics"]), training, &Lexicon::default(), &mut |_| true)
        .expect("a model")
}

fn told(linear: &Linear, text: &str) -> Vec<f32> {
    let mut out = vec![7.0; 9];
    linear.probabilities(text, &mut Scratch::default(), &mut out);
    out
}

#[test]
fn classes_are_told() {
    let linear = trained(&small());
    for (text, class) in [("bright and warm", 0), ("the referee saw a goal", 1), ("a party in the senate", 2)] {
        let probabilities = told(&linear, text);
        assert!(
            (probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5 && probabilities[class] > 0.6,
            "{text}: {probabilities:?}"
        );
        let mut decided = vec![];
        linear.decide(&probabilities, &mut decided);
        assert_eq!(decided, [class as u32]);
    }
    assert!(told(&linear, "").iter().all(|probability| probability.is_finite()));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(trained(&small()).write(), trained(&small()).write());
    assert_ne!(trained(&small()).write(), trained(&Training { seed: 2, ..small() }).write());
}

#[test]
fn what_was_written_is_read() {
    for training in
        [small(), Training { word_grams: [0, 0], ..small() }, Training { char_grams: [0, 0], negation: false, ..small() }]
    {
        let linear = trained(&training);
        let again = Linear::read(&linear.write()).expect("what was written");
        assert_eq!(again, linear);
        assert_eq!(told(&again, "the goal"), told(&linear, "the goal"));
        assert_eq!(again.classes(), ["weather", "sport", "politics"]);
    }
}

#[test]
fn two_classes_take_one_column() {
    let (texts, labels) = (["good day", "bad day", "good one", "bad one"].repeat(6), [[0], [1], [0], [1]].repeat(6));
    let linear =
        train(&texts, &labels, &classes(&["good", "bad"]), &small(), &Lexicon::default(), &mut |_| true).expect("a model");
    assert_eq!(linear.columns.len(), 1);
    let probabilities = told(&linear, "good");
    assert!(probabilities.len() == 2 && probabilities[0] > 0.6, "{probabilities:?}");
}

#[test]
fn a_text_may_have_several_labels_or_none() {
    let texts = ["cats and dogs", "cats here", "dogs there", "nothing"].repeat(8);
    let labels: [&[u32]; 4] = [&[0, 1], &[0], &[1], &[]];
    let labels = labels.repeat(8);
    let training = Training { multi_label: true, aim: Aim::MacroF1, ..small() };
    let linear =
        train(&texts, &labels, &classes(&["cats", "dogs"]), &training, &Lexicon::default(), &mut |_| true).expect("a model");
    assert!(linear.multi_label());
    let mut decided = vec![];
    for (text, labels) in texts.iter().zip(&labels) {
        linear.decide(&told(&linear, text), &mut decided);
        assert_eq!(decided, *labels, "{text}");
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let names = classes(&["a", "b"]);
    let refused = |texts: &[&str], labels: &[Vec<u32>], training: Training| {
        train(texts, labels, &names, &training, &Lexicon::default(), &mut |_| true).expect_err("refused")
    };
    let (texts, labels) = (["x", "y"].repeat(2), [vec![0], vec![1], vec![0], vec![1]]);
    assert_eq!(refused(&texts, &labels[1..], small()), "4 texts, but labels of 3");
    assert!(refused(&texts, &[vec![0], vec![2], vec![0], vec![1]], small()).starts_with("text 1 has"));
    assert!(refused(&texts, &[vec![0], vec![], vec![0], vec![1]], small()).starts_with("text 1 has"));
    assert!(refused(&texts[..3], &labels[..3], small()).starts_with("class `b`"));
    assert!(refused(&[], &[], small()).starts_with("class `a`"));
    for wrong in [
        Training { bits: 23, ..small() },
        Training { word_grams: [2, 1], ..small() },
        Training { word_grams: [0, 0], char_grams: [0, 0], ..small() },
        Training { regularisation: f32::NAN, ..small() },
        Training { held_out: 0.9, ..small() },
        Training { word_share: 2.0, ..small() },
        Training { epochs: 0, ..small() },
    ] {
        refused(&texts, &labels, wrong);
    }
}

#[test]
fn it_stops_when_told_and_says_how_far_it_is() {
    let (texts, labels) = sentences();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let names = classes(&["a", "b", "c"]);
    let mut seen = vec![];
    train(&texts, &labels, &names, &small(), &Lexicon::default(), &mut |progress| {
        seen.push(progress);
        true
    })
    .expect("a model");
    assert!(matches!(seen.last(), Some(Progress::Fitting { fits: 17, all: 18, .. })), "{:?}", seen.last());
    assert_eq!(train(&texts, &labels, &names, &small(), &Lexicon::default(), &mut |_| false), Err("stopped".to_owned()));
}

#[test]
fn no_bytes_make_it_panic() {
    let bytes = trained(&small()).write();
    assert!(Linear::read(&[]).is_err());
    for cut in (0..bytes.len()).step_by(97).chain(bytes.len() - 9..bytes.len()) {
        assert!(Linear::read(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let resummed = |mut bytes: Vec<u8>| {
        let body = bytes.len() - 8;
        let sum = xxhash_rust::xxh3::xxh3_64(&bytes[..body]).to_le_bytes();
        bytes[body..].copy_from_slice(&sum);
        bytes
    };
    // with a checksum that is right, whatever the header says is looked at
    for at in 0..200 {
        for value in [0, 1, 2, 22, 127, 255] {
            let mut other = bytes.clone();
            other[at] = value;
            assert!(other == bytes || Linear::read(&other).is_err(), "{value} at {at}");
            if let Ok(linear) = Linear::read(&resummed(other)) {
                told(&linear, "the goal, again");
            }
        }
    }
    assert!(Linear::read(&resummed([bytes, vec![0]].concat())).is_err());
}

#[test]
fn settings_have_defaults_and_no_others() {
    let parsed: Training = postcard::from_bytes(&postcard::to_stdvec(&small()).expect("bytes")).expect("settings");
    assert_eq!(parsed, small());
}

#[test]
fn known_words_help_with_those_never_met() {
    let (texts, labels) =
        (["so fine today", "it was poor", "not fine", "not poor at all"].repeat(6), [[1], [0], [0], [1]].repeat(6));
    let lexicon = Lexicon::new([("fine", 2.0), ("poor", -2.0), ("GREAT", 2.1), ("awful", -1.9), ("two words", 1.0)]);
    let names = classes(&["bad", "good"]);
    let linear = train(&texts, &labels, &names, &small(), &lexicon, &mut |_| true).expect("a model");
    assert!(told(&linear, "Great")[1] > 0.5 && told(&linear, "awful")[1] < 0.5);
    assert!(told(&linear, "not great")[1] < told(&linear, "great")[1]);
    assert_eq!(lexicon.entries().len(), 4);
    assert_eq!(Linear::read(&linear.write()), Ok(linear));
}

#[test]
fn near_the_best_is_best() {
    let probabilities = [0.6, 0.4, 0.45, 0.55, 0.7, 0.3, 0.2, 0.8].repeat(20);
    let labels: Vec<&[u32]> = [&[1_u32][..], &[1], &[0], &[1]].repeat(20);
    let told = decide::Told { probabilities: &probabilities, labels: &labels, classes: 2, multi_label: false };
    assert_eq!(decide::favours(&told, Aim::Likeliest), [1.0, 1.0]);
    let favours = decide::favours(&told, Aim::Accuracy);
    let mut decided = vec![];
    decide::decide(&[0.6, 0.4], &favours, false, &mut decided);
    assert_eq!(decided, [1]);
    decide::decide(&[0.7, 0.3], &favours, false, &mut decided);
    assert_eq!(decided, [0]);
}
