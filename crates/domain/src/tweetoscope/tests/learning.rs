//! Alerts, stats and samples: every way in which they are known to be written, and what our records come to.

use super::*;
use crate::{Deviation, Prediction, Sample};
use expect_test::expect;
use flow::Timestamp;

const AT: Timestamp = Timestamp::from_seconds(1_772_000_000);

#[test]
fn alerts_of_all_kinds() {
    let told = |n_tot| Message::Alert(Alert { cid: "17".into(), msg: "".into(), t_obs: 600, n_tot });
    for (value, n_tot) in [
        (r#"{"type": "alert", "cid": 17, "msg": "None", "T_obs": 600, "n_tot": 158}"#, 158.0),
        (r#"{"type": "alert", "cid": 17, "msg": "None", "t_obs": 600, "n_tot": 158}"#, 158.0),
        (r#"{"type": "alert", "cid": "17", "msg": "", "T_obs": "600", "n_tot": 158.0}"#, 158.0),
        (r#"{'type': 'alert', 'cid': '17', 'msg': None, 't_obs': '600', 'n_tot': '158.25'}"#, 158.25),
        (r#"{"type" : 'alert', 'cid' : 17, "T_obs' : 600, "n_tot" : 1.5825e+02, 'time': 5, "more": {"a": None}}"#, 158.25),
        (r#"{"type": "alert", "cid": 17, "msg": null, "T_obs": 600.0, "n_tot": 158.25}"#, 158.25),
    ] {
        // The key means nothing: some put the window there, others the cascade.
        for key in ["", "17", "None", "null", "1200"] {
            assert_eq!(reads(key, value).as_ref(), Ok(&told(n_tot)), "{value}");
        }
    }
    let quoted = r#"{"type": "alert", "cid": 17, "msg": "so "quoted", isn't it", "T_obs": 600, "n_tot": 158}"#;
    let Ok(Message::Alert(alert)) = reads("", quoted) else { panic!("{quoted}") };
    assert_eq!((&*alert.msg, alert.n_tot), ("so \"quoted\", isn't it", 158.0));
    for (rest, reason) in [
        (r#""n_tot": 158"#, "no `T_obs` that is a number of seconds"),
        (r#""T_obs": 600"#, "no `n_tot`"),
        (r#""T_obs": 600, "n_tot": NaN"#, "`n_tot` is not a finite number: \"NaN\""),
    ] {
        assert_eq!(reads("600", &format!(r#"{{"type": "alert", "cid": 17, {rest}}}"#)).unwrap_err(), reason, "{rest}");
    }
}

#[test]
fn stats_of_all_kinds() {
    let told = Message::Stat(Stat { cid: "tw23981".into(), t_obs: 1200, are: 0.93 });
    for value in [
        r#"{"type": "stat", "cid": "tw23981", "T_obs": 1200, "ARE": 0.93}"#,
        r#"{"type": "stat", "cid": "tw23981", "t_obs": 1200, "ARE": 0.93}"#,
        r#"{"type": "stat", "cid": tw23981, "T_obs": "1200", "ARE": "0.93", "n_tot": 5}"#,
        r#"{'type' : 'stat', 'cid' : 'tw23981', 'T_obs' : 1200, 'are' : 9.3e-1}"#,
    ] {
        for key in ["", "600", "tw23981", "null"] {
            assert_eq!(reads(key, value).as_ref(), Ok(&told), "{value}");
        }
    }
    let endless = r#"{"type": "stat", "cid": 1, "T_obs": 600, "ARE": Infinity}"#;
    assert_eq!(reads("", endless).unwrap_err(), "`ARE` is not a finite number: \"Infinity\"");
}

#[test]
fn samples_keep_their_numbers_in_the_order_in_which_they_came() {
    let start = r#"{"type": "sample", "cid": 17, "X": "#;
    for (end, x) in [
        ("[0.00055, 0.615, 24]}", vec![0.000_55, 0.615, 24.0]),
        ("[0.615, 0.00055, 24]}", vec![0.615, 0.000_55, 24.0]),
        ("(0.02, 0.00055, 0.615, 24)}", vec![0.02, 0.000_55, 0.615, 24.0]),
        ("['5.5e-04', 24.0, \"0.615\"], 'more': None}", vec![0.000_55, 24.0, 0.615]),
    ] {
        for w in ["\"W\": 0.25", "'w' : '0.25'", "\"W': 0.25", "\"w\": 2.5e-1"] {
            let value = start.replace("\"cid\"", &format!("{w}, \"cid\"")) + end;
            let told = Message::Sample(Lesson { cid: "17".into(), t_obs: 600, x: x.clone(), w: 0.25 });
            assert_eq!(reads("600", &value), Ok(told), "{value}");
        }
    }
    let keyless = r#"{"type": "sample", "cid": 17, "X": [1, 2, 3], "W": 1}"#;
    assert!(reads("None", keyless).unwrap_err().contains("the key"));
    assert_eq!(reads("600", &keyless.replace("[1, ", "[inf, ")).unwrap_err(), "`X` is not all finite numbers");
}

fn outward() -> Outward {
    Outward { origin: AT, windows: vec![600, 1200], partitions: 4 }
}

fn written(message: &Message<'_>) -> String {
    let mut value = vec![];
    write(message, Form::Of2020, Words::Safe, &mut value).unwrap();
    format!("{}: {}", key(message, Form::Of2020).unwrap_or_else(|| "no key".into()), String::from_utf8(value).unwrap())
}

fn prediction() -> Prediction<'static> {
    let (cascade, network, text, low, high) = ("17".into(), "x".into(), "it's".into(), Some(80.0), Some(300.0));
    Prediction { cascade, network, start: AT, window_s: 600, observed: 32, predicted: 157.5, low, high, model: 7, text }
}

fn sample() -> Sample<'static> {
    let (window, cascade, beta, n_star, g1, predicted) = ("1200".into(), "17".into(), Some(0.1 + 0.2), 0.5, 30.0, [157.5; 3]);
    Sample { window, cascade, features: vec![], beta, n_star, g1, observed: 32, foreseen: 92.0, predicted, size: 127 }
}

#[test]
fn what_we_predict_and_learn_from_is_strict() {
    let deviation = Deviation {
        cascade: "tw1".into(),
        window_s: 600,
        predicted: Some(157.5),
        size: Some(127),
        are: 30.5 / 127.0,
        inside: Some(true),
        model: 7,
    };
    expect![["no key: {\"type\": \"alert\", \"cid\": 17, \"msg\": \"it\u{2019}s\", \"T_obs\": 600, \"n_tot\": 158}"]]
        .assert_eq(&written(&outward().alert(&prediction())));
    let silent = Prediction { text: "".into(), low: None, ..prediction() };
    assert!(written(&outward().alert(&silent)).contains(r#""msg": "None""#));
    expect![[r#"no key: {"type": "stat", "cid": "tw1", "T_obs": 600, "ARE": 0.24015748031496062}"#]]
        .assert_eq(&written(&outward().stat(&deviation)));
    let sample = sample();
    let told = outward().lesson(&sample).unwrap();
    expect![[r#"1200: {"type": "sample", "cid": 17, "X": [0.30000000000000004, 0.5, 30], "W": 1.5833333333333333}"#]]
        .assert_eq(&written(&told));
}

#[test]
fn a_factor_is_always_a_number_and_is_told_only_where_the_model_has_one() {
    let told = |sample: Sample<'static>| match outward().lesson(&sample) {
        Some(Message::Sample(lesson)) => Some((lesson.x, lesson.w)),
        _ => None,
    };
    let factor = |n_star: f64, g1: f64, size: u64| told(Sample { n_star, g1, size, ..sample() }).unwrap().1;
    assert_eq!((factor(0.5, 30.0, 32), factor(0.5, 0.0, 32)), (0.0, 0.0));
    assert_eq!(factor(0.5, 0.0, 34), 1e6, "as if there were a millionth of a retweet");
    assert!(factor(1.5, 1e-300, u64::MAX).is_finite() && factor(1.5, 1.0, 40) > 0.0);
    assert!(told(Sample { n_star: 1.5, ..sample() }).unwrap().0[1] < 1.0);
    assert_eq!((told(Sample { beta: None, ..sample() }), told(Sample { size: 31, ..sample() })), (None, None));
}

#[test]
fn what_they_predict_becomes_ours_without_what_they_do_not_tell() {
    let inward = Inward { base: Timestamp::default() };
    let alert = |n_tot| Alert { cid: "17".into(), msg: "snow".into(), t_obs: 600, n_tot };
    let told = inward.prediction(alert(158.0), AT).unwrap();
    let (low, high, predicted) = (None, None, 158.0);
    let network = "tweetoscope".into();
    let wanted = Prediction { network, observed: 0, predicted, low, high, model: 0, text: "snow".into(), ..prediction() };
    assert_eq!(told, wanted);
    assert_eq!(outward().alert(&told), Message::Alert(alert(158.0)));
    assert_eq!(inward.prediction(alert(-3.0), AT).unwrap_err().0, "`n_tot` is below 0: -3");
    let stat = |are| Stat { cid: "17".into(), t_obs: 600, are };
    let told = inward.deviation(stat(0.93)).unwrap();
    assert_eq!((told.are, told.window_s, told.predicted, told.size, told.inside), (0.93, 600, None, None, None));
    assert_eq!(outward().stat(&told), Message::Stat(stat(0.93)));
    assert_eq!(inward.deviation(stat(-0.5)).unwrap_err().0, "`ARE` is below 0: -0.5");
}
