use super::*;
use domain::Parameter;
use flow::Timestamp;

fn writing() -> Writing {
    let outward = Outward { origin: Timestamp::default(), windows: vec![600, 1200], partitions: u32::MAX };
    let names = ["tweets", "cascade_series", "cascade_properties", "alerts", "stats", "samples", "logs"];
    let names = names.map(|name| (name.to_owned(), format!("x-{name}")));
    Writing { outward, form: Form::Of2020, words: Words::Safe, names: names.into(), partitions: 4 }
}

fn letters<V: Value>(writing: &Writing, value: &V) -> Vec<(String, u32, Option<String>, String)> {
    let mut bytes = vec![];
    Format::Json.encode(value, &mut bytes).unwrap();
    let record = Record { offset: 7, time: Timestamp::default(), key: value.key(), value: Some(&bytes), late: false };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let told = |letter: Letter| (letter.topic, letter.place % 4, letter.key.map(text), text(letter.value));
    writing.letters(V::TOPIC, &record, Format::Json).into_iter().map(told).collect()
}

#[test]
fn a_size_is_told_in_the_partition_of_each_window() {
    let end = Timestamp::from_seconds(4329);
    let size = Size { cascade: "17".into(), network: "x".into(), size: 127, reach: 9, start: Timestamp::default(), end };
    let value = r#"{"type": "size", "cid": 17, "n_tot": 127, "t_end": 4329}"#.to_owned();
    let topic = "x-cascade_properties".to_owned();
    let wanted = [(topic.clone(), 0, Some("600".into()), value.clone()), (topic, 1, Some("1200".into()), value)];
    assert_eq!(letters(&writing(), &size), wanted);
}

#[test]
fn an_estimate_meets_the_size_and_a_topic_that_is_not_written_is_not() {
    let number = |name: &'static str, value| Parameter { name: name.into(), value, error: None };
    let estimate = Estimate {
        cascade: "17".into(),
        network: "x".into(),
        start: Timestamp::default(),
        window_s: 1200,
        observed: 32,
        model: "exponential".into(),
        parameters: vec![number("p", 0.0423), number("beta", 0.25)],
        n_star: 0.5,
        g1: 60.0,
        predicted: Some(152.0),
        low: None,
        high: None,
        mean_mark: 35.0,
        learned_from: 0,
        features: vec![],
        text: "it's".into(),
    };
    let value = "{\"type\": \"parameters\", \"cid\": 17, \"msg\": \"it\u{2019}s\", \"n_obs\": 32, \"n_supp\": 120, \
                 \"params\": [0.0423, 0.25], \"n_star\": 0.5, \"G1\": 60}";
    let wanted = ("x-cascade_properties".to_owned(), 1, Some("1200".to_owned()), value.to_owned());
    assert_eq!(letters(&writing(), &estimate), [wanted]);
    let mut silent = writing();
    silent.names.remove("cascade_properties");
    assert_eq!(letters(&silent, &estimate), []);
}

#[test]
fn a_sample_is_in_the_partition_of_its_window_and_one_of_another_model_is_not_told() {
    let (window, cascade, predicted) = ("1200".into(), "17".into(), [90.0; 3]);
    let (features, beta, n_star, g1, foreseen) = (vec![], Some(0.25), 0.5, 10.0, 52.0);
    let sample = Sample { window, cascade, features, beta, n_star, g1, observed: 32, foreseen, predicted, size: 92 };
    let value = r#"{"type": "sample", "cid": 17, "X": [0.25, 0.5, 10], "W": 3}"#;
    assert_eq!(letters(&writing(), &sample), [("x-samples".to_owned(), 1, Some("1200".to_owned()), value.to_owned())]);
    assert_eq!(letters(&writing(), &Sample { beta: None, ..sample }), []);
}

#[test]
fn the_note_stays_where_it_was_when_more_is_written() {
    let beside = |topics: &[&str]| {
        let names = topics.iter().map(|topic| ((*topic).to_owned(), format!("x-{topic}"))).collect();
        Writing { names, ..writing() }.beside().cloned()
    };
    assert_eq!(beside(&["cascade_series"]), beside(&["alerts", "cascade_series", "samples", "stats"]));
    assert_eq!((beside(&["stats", "alerts"]).as_deref(), beside(&[])), (Some("x-alerts"), None));
}

#[test]
fn a_note_says_how_far_each_topic_is_written() {
    assert_eq!(read_note(r#"{"series":7}"#).unwrap(), [("series".to_owned(), 7)].into());
    assert_eq!(read_note("").unwrap(), Next::new());
    let error = read_note("of somebody else").unwrap_err().to_string();
    assert!(error.contains("?prefix="), "{error}");
}

/// A batch of one size, which our topic has at offset 5.
fn batch(producer: &str) -> Batch {
    let (start, end) = (Timestamp::default(), Timestamp::from_seconds(4329));
    let size = Size { cascade: "17".into(), network: "x".into(), size: 127, reach: 9, start, end };
    let mut builder = flow::BlockBuilder::default();
    builder.push(b"17", end, |bytes| Format::Json.encode(&size, bytes)).unwrap();
    let block = builder.finish(producer.into(), flow::Mark { watermark: end, at: end, done: false });
    Batch { topic: Size::TOPIC.into(), partition: 0, base: 5, from: 5, block }
}

#[test]
fn what_is_noted_as_written_and_what_came_from_there_is_not_written() {
    let count = |producer: &str, next: u64| {
        let batch = batch(producer);
        writing().all_letters(&[&batch], &[(Size::TOPIC.to_owned(), next)].into(), Format::Json).count()
    };
    assert_eq!((count("collect/0", 5), count("collect/0", 6), count("tweetoscope:tweets", 5)), (2, 0, 0));
}

#[test]
fn brokers_are_not_asked_while_there_is_nothing_to_write() {
    let settings = Settings::parse("//127.0.0.1:1?timeout=500ms").unwrap();
    let mut sink = Tweetoscope::new("x", settings, writing());
    sink.write(&[batch("tweetoscope:tweets")], Format::Json).unwrap();
    assert!(sink.writers.is_empty());
    assert!(sink.write(&[batch("collect/0")], Format::Json).is_err());
}
