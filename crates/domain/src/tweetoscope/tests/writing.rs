//! The strict form, byte for byte.

use super::*;
use expect_test::expect;

fn written(message: &Message<'_>, form: Form, words: Words) -> String {
    let mut value = vec![];
    write(message, form, words, &mut value).unwrap();
    String::from_utf8(value).unwrap()
}

fn both(message: &Message<'_>, form: Form) -> String {
    let key = key(message, form).unwrap_or_else(|| "no key".to_owned());
    format!("{key}: {}", written(message, form, Words::Plain))
}

fn tweet(msg: &'static str) -> Message<'static> {
    let (cascade, source, info) = ("381".into(), Some("0".into()), "cascade=17".into());
    Message::Tweet(Tweet { cascade, source, is_retweet: false, msg: msg.into(), t: 1234.0, mark: 1085.0, info })
}

#[test]
fn tweets_are_as_the_generator_writes_them() {
    expect![[r#"381: {"type": "tweet", "msg": "None", "t": 1234, "m": 1085, "source": 0, "info": "cascade=17"}"#]]
        .assert_eq(&both(&tweet(""), Form::Of2020));
    expect![[r#"0: {"type": "tweet", "msg": "None", "t": 1234, "m": 1085, "tweet_id": 381, "info": "cascade=17"}"#]]
        .assert_eq(&both(&tweet(""), Form::Of2021));
}

#[test]
fn quotes_are_escaped_or_typographic() {
    let message = tweet("\"it's\"\n\\ é\u{1f600}");
    expect![[r#"{"type": "tweet", "msg": "\"it's\"\n\\ é😀", "t": 1234, "m": 1085, "source": 0, "info": "cascade=17"}"#]]
        .assert_eq(&written(&message, Form::Of2020, Words::Plain));
    let safe = written(&message, Form::Of2020, Words::Safe);
    expect![[r#"{"type": "tweet", "msg": "”it’s”\n\\ é😀", "t": 1234, "m": 1085, "source": 0, "info": "cascade=17"}"#]]
        .assert_eq(&safe);
}

#[test]
fn series_sizes_and_parameters_are_as_in_the_handout() {
    let (cid, msg) = (Text::from("tw23981"), Text::default());
    let tweets = vec![(0.0, 1085.0), (12.5, 30.0)];
    let serie = Message::Serie(Serie { cid: cid.clone(), msg: msg.clone(), t_obs: 600, tweets });
    expect![[r#"no key: {"type": "serie", "cid": "tw23981", "msg": "None", "T_obs": 600, "tweets": [[0, 1085], [12.5, 30]]}"#]]
        .assert_eq(&both(&serie, Form::Of2020));
    let total = Message::Size(Total { cid: cid.clone(), n_tot: 127, t_end: 4329.0, t_obs: Some(600) });
    expect![[r#"600: {"type": "size", "cid": "tw23981", "n_tot": 127, "t_end": 4329}"#]].assert_eq(&both(&total, Form::Of2020));
    let (n_obs, n_supp, p, beta, t_obs) = (32, 120.0, 0.0423, 124.312, 600);
    let bare = Parameters { cid, msg, n_obs, n_supp, p, beta, n_star: None, g1: None, t_obs };
    let full = Parameters { cid: "17".into(), n_star: Some(0.8), g1: Some(24.0), ..bare.clone() };
    expect![[
        r#"600: {"type": "parameters", "cid": "tw23981", "msg": "None", "n_obs": 32, "n_supp": 120, "params": [0.0423, 124.312]}"#
    ]]
    .assert_eq(&both(&Message::Parameters(bare), Form::Of2020));
    expect![[r#"600: {"type": "parameters", "cid": 17, "msg": "None", "n_obs": 32, "n_supp": 120, "params": [0.0423, 124.312], "n_star": 0.8, "G1": 24}"#]]
        .assert_eq(&both(&Message::Parameters(full), Form::Of2020));
    let log = Message::Log(Log { t: 1.6e9, source: "collector".into(), level: "INFO".into(), message: "up".into() });
    expect![[r#"no key: {"t": 1600000000, "source": "collector", "level": "INFO", "message": "up"}"#]]
        .assert_eq(&both(&log, Form::Of2020));
}

#[test]
fn only_what_is_a_number_to_all_is_written_as_one() {
    let written = |cid: &'static str| {
        let total = Total { cid: cid.into(), n_tot: 1, t_end: 1.0, t_obs: None };
        written(&Message::Size(total), Form::Of2020, Words::Plain).split(", ").nth(1).unwrap().to_owned()
    };
    assert_eq!(
        ["0", "18446744073709551615", "18446744073709551616", "007", "+7", "-7", "1.5", ""].map(written),
        [
            "\"cid\": 0",
            "\"cid\": 18446744073709551615",
            "\"cid\": \"18446744073709551616\"",
            "\"cid\": \"007\"",
            "\"cid\": \"+7\"",
            "\"cid\": \"-7\"",
            "\"cid\": \"1.5\"",
            "\"cid\": \"\""
        ]
    );
}

#[test]
fn a_number_that_is_not_finite_is_not_written() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let total = Message::Size(Total { cid: "1".into(), n_tot: 1, t_end: number, t_obs: None });
        let mut value = vec![];
        assert!(write(&total, Form::Of2020, Words::Plain, &mut value).is_err() && value.is_empty());
    }
}
