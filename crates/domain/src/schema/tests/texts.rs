//! Records of what posts say.

use super::{Written, write};
use crate::{Document, Forecast, Gauge, Kind, LANGUAGE, Post, Rule, Score, Scored, Text, Worth};
use flow::Timestamp;

pub(super) fn scored() -> Vec<Written> {
    let score = |value: Option<Worth<'static>>, why: Option<Text<'static>>| {
        let (network, post, root, output) = ("x".into(), "8".into(), "7".into(), "sentiment".into());
        let (model, version, lang, time) = ("a".into(), "1".into(), "und".into(), Timestamp::from_seconds(1));
        write(&Score { network, post, root, output, model, version, value, why, lang, shadow: true, time })
    };
    let values = [Worth::Float(-1.0), Worth::Integer(i64::MIN), Worth::Text("\"".into())].map(|value| score(Some(value), None));
    values.into_iter().chain([score(None, Some(LANGUAGE.into()))]).chain(documents()).collect()
}

fn documents() -> Vec<Written> {
    let scored = |value, why| {
        let (model, version, output) = ("a".into(), "1".into(), "sentiment".into());
        Scored { model, version, output, value, why }
    };
    let forecast = Forecast { window_s: 600, observed: 3, predicted: 0.5, low: Some(0.25), high: None, model: 1 };
    let post = |kind| Post { kind, ..Post::deletion("x".into(), "7".into(), Timestamp::from_seconds(1)) };
    let gone = Document { post: post(Kind::Deletion), revision: 2, scores: vec![], missing: vec![], forecast: None };
    let scores = vec![scored(Some(Worth::Float(0.5)), None), scored(None, Some(LANGUAGE.into()))];
    let full = Document { post: post(Kind::Edit), scores, missing: vec!["b".into()], forecast: Some(forecast), ..gone.clone() };
    let gauge = Gauge { of: "posts".into(), start: full.post.time, end: full.post.time, partition: 0, number: 3, sum: 0.0 };
    let (rule, of, measure, time) = ("gloom".into(), "mood".into(), "mean".into(), full.post.time);
    let rule = Rule { rule, of, measure, window_s: 10, above: None, below: Some(-0.5), removed: false, time };
    vec![write(&gone), write(&full), write(&gauge), write(&rule)]
}
