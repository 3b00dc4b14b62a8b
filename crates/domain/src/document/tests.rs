use super::*;
use crate::Place;
use expect_test::expect;
use flow::{Format, Timestamp};

fn document() -> Document<'static> {
    let time = Timestamp::from_seconds(60);
    let post = Post { kind: Kind::Original, text: "rain again".into(), ..Post::deletion("x".into(), "7".into(), time) };
    let place = Some(Place { name: "Toronto, Ontario".into(), country: Some("CA".into()) });
    let scored = |model: &'static str, output: &'static str, value: Option<Worth<'static>>| {
        let why = if value.is_none() { Some("language".into()) } else { None };
        Scored { model: model.into(), version: "1".into(), output: output.into(), value, why }
    };
    let scores = vec![
        scored("sentiment-en", "sentiment", Some(Worth::Integer(0))),
        scored("sentiment-id", "sentiment", None),
        scored("guess", "lang", Some(Worth::Text("en".into()))),
    ];
    let forecast = Forecast { window_s: 600, observed: 10, predicted: 20.5, low: Some(12.0), high: None, model: 3 };
    Document {
        post: Post { place, rules: vec!["weather".into()], ..post },
        revision: 2,
        scores,
        missing: vec!["offence-en".into()],
        forecast: Some(forecast),
    }
}

#[test]
fn a_document_reads_the_same_in_both_formats() {
    for format in [Format::Json, Format::Compact] {
        let mut bytes = vec![];
        format.encode(&document(), &mut bytes).unwrap();
        assert_eq!(format.decode::<Document<'_>>(&bytes).unwrap(), document(), "{format:?}");
    }
}

#[test]
fn an_index_gets_flat_fields_and_no_two_meanings_of_one() {
    let document = document();
    assert_eq!((document.name().as_str(), document.is_deleted()), ("x:7", false));
    expect![[r#"
        {
          "author": "",
          "content": "rain again",
          "country": "CA",
          "date": "1970-01-01T00:01:00.000Z",
          "forecast": {
            "high": null,
            "low": 12.0,
            "model": 3,
            "observed": 10,
            "predicted": 20.5,
            "window_s": 600
          },
          "id": "7",
          "kind": "original",
          "missing": [
            "offence-en"
          ],
          "models": [
            "sentiment-en@1",
            "guess@1"
          ],
          "network": "x",
          "place": "Toronto, Ontario",
          "pseudo": "",
          "revision": 2,
          "root": "7",
          "score_lang": "en",
          "sentiment": 0.0,
          "tracks": [
            "weather"
          ],
          "unscored": [
            "sentiment-id@1"
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&document.source()).unwrap());
}

#[test]
fn a_mapping_names_every_field_that_a_post_has_anyhow() {
    let (mapping, source) = (mapping(), document().source());
    for name in source.as_object().unwrap().keys().filter(|name| *name != "sentiment" && *name != "score_lang") {
        assert!(mapping["properties"].get(name).is_some(), "{name}");
    }
}
