//! Every way in which a message is known to be written, and what it means.

use super::*;

fn tweet(source: Option<&'static str>, msg: &'static str, t: f64, mark: f64) -> Message<'static> {
    let (cascade, info) = ("17".into(), "cascade=4".into());
    Message::Tweet(Tweet { cascade, source: source.map(Text::from), is_retweet: false, msg: msg.into(), t, mark, info })
}

#[test]
fn tweets_of_both_forms() {
    let of_2020 = r#"{"type": "tweet", "msg": "None", "t": 1234, "m": 1085, "source": 2, "info": "cascade=4"}"#;
    let of_2021 = r#"{"type": "tweet", "msg": "None", "t": 1234, "m": 1085, "tweet_id": 17, "info": "cascade=4"}"#;
    let both = r#"{"type": "tweet", "msg": "", "t": 1234, "m": 1085, "tweet_id": "17", "source": 2, "info": "cascade=4"}"#;
    let python = r#"{'type' : 'tweet', 'msg' : None, 't' : 1234, 'm' : 1085.0, 'source' : 2, 'info' : 'cascade=4', 'x': (1,)}"#;
    let told = tweet(Some("2"), "", 1234.0, 1085.0);
    for (key, value) in [("17", of_2020), ("2", of_2021), ("5", both), ("17", python), (" \"17\" ", of_2020)] {
        assert_eq!(reads(key, value).unwrap(), told, "{value}");
    }
    assert_eq!(reads("", of_2021).unwrap(), tweet(None, "", 1234.0, 1085.0));
    let again = of_2020.replace("\"tweet\"", "\"retweet\"");
    let Ok(Message::Tweet(retweet)) = reads("17", &again) else { panic!("a retweet") };
    assert!(retweet.is_retweet);
}

#[test]
fn a_tweet_without_a_key_has_the_number_of_its_row() {
    let value = r#"{"type": "tweet", "msg": "None", "t": 1, "m": 2, "source": 0, "info": "cascade=4"}"#;
    for key in ["", " ", "None", "null", "\"null\""] {
        let Ok(Message::Tweet(tweet)) = reads(key, value) else { panic!("{key}") };
        assert_eq!(&*tweet.cascade, "4", "{key}");
    }
    assert_eq!(reads("", &value.replace("cascade=4", "")).unwrap_err(), "neither `tweet_id` nor a key");
}

#[test]
fn numbers_as_a_stream_of_c_writes_them() {
    for (written, mark) in
        [("1.2e+06", 1.2e6), ("1e+06", 1e6), ("1085", 1085.0), ("\"1085\"", 1085.0), ("0.5", 0.5), ("'7'", 7.0)]
    {
        let value = format!(r#"{{"type": "tweet", "msg": "None", "t": 9, "m": {written}, "source": 2, "info": "cascade=4"}}"#);
        assert_eq!(reads("17", &value).unwrap(), tweet(Some("2"), "", 9.0, mark), "{written}");
    }
    for wrong in ["NaN", "nan", "inf", "-Infinity", "1e400", "None", "\"x\"", "[1]", "\"1e400\""] {
        let value = format!(r#"{{"type": "tweet", "msg": "None", "t": 9, "m": {wrong}, "source": 2}}"#);
        let reason = reads("17", &value).unwrap_err();
        assert!(reason.starts_with("`m` is not a finite number") || reason == "no `m`", "{wrong}: {reason}");
    }
}

#[test]
fn what_nobody_escaped() {
    for msg in [
        r#"he said "no" twice"#,
        r#""all of it""#,
        r#"a "b", and "c": d"#,
        r#"x", "y": z"#,
        r#"} ends, {"#,
        r#"it's 5" long, isn't it?"#,
        "a path\\",
        "two\nlines \"of\" it",
        r#"a "}" b"#,
        r#"", ", ": "#,
        "É \u{1f600} \"É\"",
    ] {
        let value = format!(r#"{{"type": "tweet", "msg": "{msg}", "t": 9, "m": 3, "source": 2, "info": "cascade=4"}}"#);
        let Ok(Message::Tweet(tweet)) = reads("17", &value) else { panic!("{value}") };
        assert_eq!((&*tweet.msg, tweet.t, tweet.mark), (msg, 9.0, 3.0));
        let last = format!(r#"{{'level': 'INFO', 't': 5, 'source': 'a', 'message': '{msg}'}}"#);
        let Ok(Message::Log(log)) = reads("", &last) else { panic!("{last}") };
        assert_eq!(&*log.message, msg);
    }
    // The generator writes its numbers last, and the last of a name counts: text cannot bring numbers of its own.
    let forged = r#"{"type": "tweet", "msg": "a", "t": 1, "m": 5, "x": "", "t": 9, "m": 3, "source": 2, "info": "cascade=4"}"#;
    assert_eq!(reads("17", forged).unwrap(), tweet(Some("2"), "a", 9.0, 3.0));
}

#[test]
fn escapes_of_json_and_of_python() {
    for (written, msg) in [
        (r#"'it\'s'"#, "it's"),
        (r#""it's""#, "it's"),
        (r#"'\"a\" \\ b'"#, "\"a\" \\ b"),
        (r#"'caf\xe9\n\u00e9\U0001f600\ud83d\ude00\ud83d!'"#, "café\né\u{1f600}\u{1f600}\u{fffd}!"),
        (r#"'C:\dir\x'"#, "C:\\dir\\x"),
        ("'\\u00'", "\\u00"),
        ("None", ""),
        ("'None'", ""),
        ("hello, you: there", "hello, you: there"),
        ("12", "12"),
    ] {
        let value = format!("{{'type': 'tweet', 'msg': {written}, 't': 9, 'm': 3, 'source': 2, 'info': 'cascade=4'}}");
        let Ok(Message::Tweet(tweet)) = reads("17", &value) else { panic!("{value}: {:?}", reads("17", &value)) };
        assert_eq!(&*tweet.msg, msg, "{written}");
    }
}

#[test]
fn series_of_all_kinds() {
    let (cid, msg, t_obs, tweets) = ("17".into(), "".into(), 600, vec![(0.0, 1085.0), (12.0, 30.0)]);
    let told = Message::Serie(Serie { cid, msg, t_obs, tweets });
    for value in [
        r#"{"type": "serie", "cid": 17, "msg": "None", "T_obs": 600, "tweets": [[0, 1085], [12, 30]]}"#,
        r#"{"type" : "serie", "cid" : 17, "msg" : None, "T_obs" : 600, "tweets" : [(0, 1085),(12, 30)]}"#,
        r#"{"type": 'serie', 'cid': 17, 'msg': 'None', 'T_obs': 600, 'tweets': ((0, 1085), (12, 30),)}"#,
        r#"{"type" : "serie", "cid" : 17, "msg" : None, "T_obs' : 600, "tweets" : [(0, 1085),(12, 30)]}"#,
        r#"{'type': 'serie', 'cid': '17', "msg': "", 't_obs': '600', 'tweets': [['0', 1085], [12.0, 30]]}"#,
        r#"{"type": "serie", "cid": "17", "msg": null, "T_obs": 600.0, "times": [0, 12], "magnitudes": [1085, 30]}"#,
        r#"{'type': "serie', 'cid': 17, 'msg': "None', 'T_obs': 600, 'times': (0, 12), 'magnitudes': (1085, 30)}"#,
        "\n{ type: serie, cid: 17, T_obs: 600,\n tweets: [ ( 0 , 1085 ) , ( 12 , 30 ) ] , is_final: True, more: {'a': None} }\n",
    ] {
        for key in ["", "17", "None", "null"] {
            assert_eq!(reads(key, value).as_ref(), Ok(&told), "{value}");
        }
    }
}

#[test]
fn names_are_text_however_they_are_written() {
    for (written, cid) in [
        ("17", "17"),
        ("\"17\"", "17"),
        ("tw23981", "tw23981"),
        ("'tw23981'", "tw23981"),
        ("\"'17'\"", "17"),
        ("007", "007"),
        ("17.0", "17"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("18446744073709551615", "18446744073709551615"),
        ("\"at://did:plc:x/1\"", "at://did:plc:x/1"),
    ] {
        let value = format!("{{\"type\": \"size\", \"cid\": {written}, \"n_tot\": 127, \"t_end\": 4329}}");
        let told = Total { cid: cid.into(), n_tot: 127, t_end: 4329.0, t_obs: Some(600) };
        assert_eq!(reads("600", &value).unwrap(), Message::Size(told), "{written}");
    }
}

#[test]
fn sizes_and_their_keys() {
    for (key, t_obs) in [("600", Some(600)), ("\"600\"", Some(600)), ("None", None), ("", None), ("tw23981", None)] {
        let value = "{'type' : 'size', 'cid' : 'tw23981', 'n_tot' : '127', 't_end' : 4329}";
        let told = Total { cid: "tw23981".into(), n_tot: 127, t_end: 4329.0, t_obs };
        assert_eq!(reads(key, value).unwrap(), Message::Size(told), "{key}");
    }
}

#[test]
fn parameters_of_all_kinds() {
    let told = |n_star, g1| {
        let (cid, msg, n_obs, n_supp, p, beta, t_obs) = ("tw23981".into(), "".into(), 32, 120.0, 0.0423, 124.312, 600);
        Message::Parameters(Parameters { cid, msg, n_obs, n_supp, p, beta, n_star, g1, t_obs })
    };
    let start = r#"{"type": "parameters", "cid": "tw23981", "msg" : None, "n_obs": 32, "n_supp" : 120, "params": "#;
    for (end, n_star, g1) in [
        ("[0.0423, 124.312]}", None, None),
        ("(0.0423, 124.312)}", None, None),
        ("[0.0423, 124.312, 24]}", None, Some(24.0)),
        ("[0.0423, 124.312, 0.8, 24]}", Some(0.8), Some(24.0)),
        ("[0.0423, 124.312], \"n_star\": 0.8, \"G1\": 24}", Some(0.8), Some(24.0)),
        ("[0.0423, 124.312], 'n_star' : 0.8, 'g1' : '24'}", Some(0.8), Some(24.0)),
    ] {
        assert_eq!(reads("600", &(start.to_owned() + end)).unwrap(), told(n_star, g1), "{end}");
    }
    let keyless = start.to_owned() + "[0.0423, 124.312], \"t_obs\": 600}";
    assert_eq!(reads("None", &keyless).unwrap(), told(None, None));
    assert!(reads("", &(start.to_owned() + "[0.0423, 124.312]}")).unwrap_err().contains("the key"));
}

#[test]
fn logs() {
    let (source, level, message) = ("estimator".into(), "DEBUG".into(), "it's \"on\"".into());
    let told = Message::Log(Log { t: 1.6e9, source, level, message });
    for value in [
        r#"{"t": 1600000000, "source": "estimator", "level": "DEBUG", "message": "it's \"on\""}"#,
        r#"{"t": 1600000000, "source": "estimator", "level": "DEBUG", "message": "it's "on""}"#,
        r#"{'message': 'it\'s "on"', 'level': 'DEBUG', 't': 1600000000, 'source': 'estimator'}"#,
    ] {
        assert_eq!(reads("null", value).as_ref(), Ok(&told), "{value}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let serie = |rest: &str| format!(r#"{{"type": "serie", "cid": 17, "T_obs": 600, {rest}}}"#);
    for (value, reason) in [
        ("".to_owned(), "byte 0: an object was expected, not the end"),
        ("[1]".to_owned(), "byte 0: an object was expected, not '['"),
        ("{} x".to_owned(), "byte 3: the end was expected, not 'x'"),
        ("{'a' 1}".to_owned(), "byte 5: `:` was expected, not '1'"),
        ("{'a': (1, 2]}".to_owned(), "byte 11: `,` or `)` was expected, not ']'"),
        ("{'a': __import__('os')}".to_owned(), "byte 16: `,` or `}` was expected, not '('"),
        ("{'a': 'b".to_owned(), "byte 6: text with an end was expected, not '\\''"),
        (format!("{{'a': {}", "[".repeat(99)), "byte 13: no deeper nesting was expected, not '['"),
        ("{\"t\": 1}".to_owned(), "neither `type` nor `level`"),
        ("{\"type\": \"model\", \"cid\": 1}".to_owned(), "type \"model\" is not read"),
        ("{\"type\": \"size\", \"n_tot\": 1}".to_owned(), "no `cid`"),
        ("{\"type\": \"size\", \"cid\": 1, \"n_tot\": -1}".to_owned(), "`n_tot` is not a count: -1"),
        (serie("\"tweets\": []"), "a serie without tweets"),
        (serie("\"tweets\": [[1]]"), "not a time and a number of followers: a list of 1"),
        (serie("\"tweets\": 7"), "`tweets` is not a list: 7"),
        (serie("\"times\": [1, 2], \"magnitudes\": [1]"), "2 `times`, but 1 `magnitudes`"),
        (serie("\"T_obs\": -1"), "no `T_obs` that is a number of seconds"),
    ] {
        assert_eq!(reads("", &value).unwrap_err(), reason, "{value}");
    }
    assert_eq!(read(None, b"{\xff}").unwrap_err().0, "not UTF-8: byte 1 does not belong");
}
