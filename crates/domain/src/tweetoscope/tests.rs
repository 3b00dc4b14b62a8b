//! What strangers may send, whatever it is.

mod learning;
mod reading;
mod records;
mod writing;

use super::*;
use proptest::prelude::*;
use std::time::Duration;

/// Reads a message of this key; an empty one is none.
fn reads<'a>(key: &'a str, value: &'a str) -> Result<Message<'a>, String> {
    read((!key.is_empty()).then_some(key.as_bytes()), value.as_bytes()).map_err(|broken| broken.0)
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "what is measured here is time")]
fn timed(value: &str) -> Duration {
    let start = std::time::Instant::now();
    let _ = read(Some(b"1"), value.as_bytes());
    start.elapsed()
}

/// Two seconds are ages for a message in time that is proportional to its length, and nothing for one in the square of it.
#[test]
fn the_worst_messages_take_no_longer() {
    let pieces = [
        r##"[|(|{|"|'|\| |,|0,|9|}|"}|(0,|[0],|',"|'"|'x'|', |\u|'\"|"tweets": [(|"msg": "|"msg": |{"msg":|"a":"##,
        r##"", "t": |", "t": 1, |" , "a" |, 't' :|","a":"b|","a":[[1]],"b":"c|', 'a': (1, None), 'b': 'c"##,
    ];
    for piece in pieces.iter().flat_map(|pieces| pieces.split('|')) {
        for start in r##"|{|{'a': |{'a': [|{'a': '|{'msg': |{'msg': '|{"msg": "|{'type': 'serie', 'tweets': ["##.split('|') {
            let took = timed(&(start.to_owned() + &piece.repeat((1 << 20) / piece.len())));
            assert!(took < Duration::from_secs(2), "{start}{piece}: {took:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_read_or_refused(key in proptest::option::of(any::<Vec<u8>>()), value in any::<Vec<u8>>()) {
        let read = read(key.as_deref(), &value);
        prop_assert!(read.is_ok() || !read.unwrap_err().0.is_empty());
    }

    #[test]
    fn what_looks_like_a_message_is_read_or_refused(pieces in proptest::collection::vec(piece(), 0..40)) {
        let value = "{".to_owned() + &pieces.concat();
        let Ok(message) = read(Some(b"17"), value.as_bytes()) else { return Ok(()) };
        same_again(&message)?;
    }

    #[test]
    fn cut_or_changed_messages_are_read_or_refused(message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut value = vec![];
        super::write(&message, Form::Of2020, Words::Plain, &mut value).unwrap();
        let at = at.index(value.len());
        let _ = read(None, &value[..at]);
        value[at] = byte;
        let _ = read(None, &value);
    }

    #[test]
    fn what_is_written_is_read_back(message in message()) {
        same_again(&message)?;
    }

    /// What is JSON is read as JSON by either reader, so it does not matter which one it is given to.
    #[test]
    fn both_readers_agree(message in message()) {
        let mut value = vec![];
        super::write(&message, Form::Of2020, Words::Plain, &mut value).unwrap();
        let text = String::from_utf8(value).unwrap();
        // One that holds a number too large for it is not for the strict one.
        let Ok(value::Value::Fields(strict)) = serde_json::from_str(&text) else { return Ok(()) };
        prop_assert_eq!(&loose::fields(&text).unwrap(), &strict);
        // The same in Python's quotes, where the text has none.
        if !text.contains(['\'', '\\']) {
            let python = text.replace('"', "'");
            prop_assert_eq!(&loose::fields(&python).unwrap(), &strict);
        }
    }
}

/// In each form a message is JSON, and means what it did; but in the form of 2020 a source always has a name.
fn same_again(message: &Message<'_>) -> Result<(), TestCaseError> {
    for (form, words) in [(Form::Of2020, Words::Plain), (Form::Of2021, Words::Plain), (Form::Of2020, Words::Safe)] {
        let mut value = vec![];
        super::write(message, form, words, &mut value).unwrap();
        let json: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&value).unwrap();
        let key = key(message, form);
        let read = read(key.as_deref().map(str::as_bytes), &value).map_err(|broken| TestCaseError::fail(broken.0))?;
        match words {
            Words::Plain => prop_assert_eq!(&read, &sourced(message)),
            Words::Safe => {
                let is_free = |part: &serde_json::Value| part.as_str().is_none_or(|text| !text.contains(['"', '\'']));
                prop_assert!(json.values().all(is_free), "{json:?}");
            }
        }
    }
    Ok(())
}

fn sourced<'a>(message: &Message<'a>) -> Message<'a> {
    match message {
        Message::Tweet(tweet) => {
            Message::Tweet(Tweet { source: tweet.source.clone().or_else(|| Some("0".into())), ..tweet.clone() })
        }
        other => other.clone(),
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\"type\": \"tweet\", ",
        "'type' : 'serie', ",
        "\"type\": \"size\",",
        "\"type\": \"parameters\",",
        "\"t\": 5, ",
        "\"m\": 1e3,",
        "\"cid\": 17, ",
        "'cid': tw23981, ",
        "\"msg\": \"",
        "he said \"no\"",
        "'",
        "\"",
        "\\",
        ", ",
        "\", ",
        "\"T_obs' : 600, ",
        "\"tweets\": [(0, 1), [2, 3]], ",
        "\"n_tot\": 7, ",
        "\"t_end\": 9",
        "\"n_obs\": 3, ",
        "\"n_supp\": -0.5, ",
        "\"type\": \"alert\", ",
        "'type': 'sample', ",
        "\"t_obs\" : 600,",
        "'X': (1e-3, .5, 2),",
        "\"w\": 0.25, ",
        "'params': (1, 2),",
        "}",
        "None",
        "\"level\": \"INFO\", ",
        "\"message\": ",
        "\u{2028}é",
        "\"source\": 1",
        "[",
        "]",
        "\"info\": \"cascade=3\", ",
    ])
}

fn message() -> impl Strategy<Value = Message<'static>> {
    let name = || "[a-z0-9:/._-]{0,8}[a-z0-9]".prop_filter("no name", |name| name != "null").prop_map(Text::from);
    let text = || prop_oneof![any::<String>(), "[a-z\"'\\\\, :{}\\[\\]]{0,30}"].prop_filter("is none", |text| text != "None");
    let words = move || text().prop_map(Text::from);
    let number =
        || prop_oneof![any::<f64>().prop_filter("finite", |number| number.is_finite()), (0..1_000_000u32).prop_map(f64::from)];
    let some = move || prop::option::of(number());
    let tweets = prop::collection::vec((number(), number()), 1..20);
    prop_oneof![
        (name(), prop::option::of(name()), any::<bool>(), words(), (number(), number()), words()).prop_map(
            |(cascade, source, is_retweet, msg, (t, mark), info)| {
                Message::Tweet(Tweet { cascade, source, is_retweet, msg, t, mark, info })
            }
        ),
        (name(), words(), any::<u32>(), tweets).prop_map(|(cid, msg, t_obs, tweets)| Message::Serie(Serie {
            cid,
            msg,
            t_obs,
            tweets
        })),
        (name(), any::<u64>(), number(), prop::option::of(any::<u32>()))
            .prop_map(|(cid, n_tot, t_end, t_obs)| { Message::Size(Total { cid, n_tot, t_end, t_obs }) }),
        (name(), words(), any::<u64>(), [number(), number(), number()], [some(), some()], any::<u32>()).prop_map(
            |(cid, msg, n_obs, [n_supp, p, beta], [n_star, g1], t_obs)| {
                Message::Parameters(Parameters { cid, msg, n_obs, n_supp, p, beta, n_star, g1, t_obs })
            }
        ),
        (name(), words(), any::<u32>(), number()).prop_map(|(cid, msg, t_obs, n_tot)| Message::Alert(Alert {
            cid,
            msg,
            t_obs,
            n_tot
        })),
        (name(), any::<u32>(), number()).prop_map(|(cid, t_obs, are)| Message::Stat(Stat { cid, t_obs, are })),
        (name(), any::<u32>(), prop::collection::vec(number(), 0..5), number())
            .prop_map(|(cid, t_obs, x, w)| Message::Sample(Lesson { cid, t_obs, x, w })),
        (number(), words(), words(), words())
            .prop_map(|(t, source, level, message)| { Message::Log(Log { t, source, level, message }) }),
    ]
}
