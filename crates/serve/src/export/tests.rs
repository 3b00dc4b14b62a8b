use super::*;
use crate::testing::finder::{Few, WRONG};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;
use expect_test::expect;

fn few() -> Few {
    Few::with(&[
        json!({ "id": "1", "date": "2026-03-01T00:00:01.000Z", "content": "rain, \"again\"\nand again", "mood": -0.5, "likes": 3, "tracks": ["a", "b"], "forecast": { "predicted": 9.5 } }),
        json!({ "id": "2", "date": "2026-03-01T00:00:02.000Z", "content": "=HYPERLINK(\"x\")", "mood": null, "sure": true }),
        json!({ "id": "3", "date": "2026-03-01T00:00:03.000Z", "content": "plain", "likes": -4 }),
    ])
}

fn written(form: Form) -> Vec<u8> {
    let mut out = vec![];
    assert_eq!(write(&few(), &Wanted::default(), form, &mut out).unwrap(), if form == Form::Manifest { 2 } else { 3 });
    out
}

#[test]
fn a_table_for_spreadsheets_has_no_formulas_of_strangers() {
    expect![[r#"
        id,date,content,tracks,forecast.predicted,likes,mood,sure
        1,2026-03-01T00:00:01.000Z,"rain, ""again""
        and again",a;b,9.5,3,-0.5,
        2,2026-03-01T00:00:02.000Z,"'=HYPERLINK(""x"")",,,,,true
        3,2026-03-01T00:00:03.000Z,plain,,,-4,,
    "#]]
    .assert_eq(&String::from_utf8(written(Form::Csv)).unwrap().replace("\r\n", "\n"));
}

#[test]
fn lines_are_the_documents_or_their_names() {
    assert_eq!(String::from_utf8(written(Form::Ids)).unwrap(), "x:1\nx:2\nx:3\n");
    let lines = String::from_utf8(written(Form::Ndjson)).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((lines.lines().count(), &first["tracks"]), (3, &json!(["a", "b"])));
}

#[test]
fn a_table_for_programs_keeps_types_and_what_is_not_there() {
    let reader = SerializedFileReader::new(axum::body::Bytes::from(written(Form::Parquet))).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].get_string(0).unwrap(), "1");
    assert_eq!(rows[0].get_timestamp_millis(1).unwrap(), 1_772_323_201_000);
    assert_eq!((rows[0].get_double(4).unwrap(), rows[2].get_long(5).unwrap()), (9.5, -4));
    assert!(rows[1].get_bool(7).unwrap() && rows[1].get_double(6).is_err(), "{}", rows[1]);
}

#[test]
fn a_manifest_says_what_was_asked_and_who_has_spoken() {
    let few = few();
    let wanted = Wanted { query: Some("rain".into()), from: Some("2026-03-01".into()), to: None };
    let mut out = vec![];
    write(&few, &wanted, Form::Manifest, &mut out).unwrap();
    let manifest: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&manifest["query"], &manifest["documents"], &manifest["first"]), (&json!("rain"), &json!(2), &json!("a")));
    assert_eq!(manifest["models"], json!({ "mood@1": 2 }));
    let asked = few.asked.lock().unwrap().join("");
    assert!(asked.contains(r#"{"range":{"date":{"gte":"2026-03-01"}}}"#) && asked.contains("query_string"), "{asked}");
}

#[test]
fn a_query_that_makes_no_sense_is_told_before_anything_is_written() {
    let wanted = Wanted { query: Some(WRONG.into()), ..Wanted::default() };
    for form in Form::ALL {
        let mut out = vec![];
        let error = write(&few(), &wanted, form, &mut out).unwrap_err().to_string();
        assert!(error.contains("Failed to parse"), "{form:?}: {error}");
        assert!(out.is_empty() || form == Form::Csv || form == Form::Parquet, "{form:?}");
    }
}
