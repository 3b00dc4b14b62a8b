use super::{Reading, read};
use crate::mapping::Mapping;
use serde_json::{Value, json};

fn refusal(properties: Value, document: Value) -> String {
    let mapping = Mapping::read(&json!({ "properties": properties })).unwrap();
    let Err(error) = read(&mapping, "1", document.as_object().unwrap()) else { return "taken".to_owned() };
    match error.cause {
        Some(cause) => format!("{} | {}", error.reason, cause.reason),
        None => error.reason,
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let told = refusal(json!({"x": {"type": "long"}}), json!({"x": "abc"}));
    assert_eq!(
        told,
        "failed to parse field [x] of type [long] in document with id '1'. Preview of field's value: 'abc' | For input string: \"abc\""
    );
    for (kind, value) in [
        ("byte", json!(300)),
        ("integer", json!(3e9)),
        ("long", json!({"a": 1})),
        ("boolean", json!("yes")),
        ("date", json!("yesterday")),
        ("keyword", json!({"a": 1})),
        ("text", json!({"a": 1})),
        ("half_float", json!(1e6)),
        ("float", json!("nan")),
    ] {
        assert_ne!(refusal(json!({"x": {"type": kind}}), json!({"x": value})), "taken", "{kind} {value}");
    }
    for (kind, value) in [
        ("byte", json!("12")),
        ("long", json!(1.9)),
        ("boolean", json!("")),
        ("date", json!(0)),
        ("keyword", json!([1, null, true])),
    ] {
        assert_eq!(refusal(json!({"x": {"type": kind}}), json!({"x": value})), "taken", "{kind} {value}");
    }
    assert_ne!(refusal(json!({"x": {"properties": {"y": {"type": "long"}}}}), json!({"x": 1})), "taken");
}

#[test]
fn fields_that_no_mapping_names_are_told() {
    let document = json!({"a": "x", "b": {"c": 1, "d": [1.5]}, "e": "2020-01-01", "f": [null, true], "g": null, "h": [], "i.j": 1, "k": [{}], "l": {"m": {}}});
    let Ok(Reading::Unknown(found)) = read(&Mapping::new(), "1", document.as_object().unwrap()) else { panic!("all known") };
    let told: Vec<String> =
        found.iter().map(|(path, field)| format!("{path}:{}", field.as_ref().map_or("", |field| &field.type_name))).collect();
    assert_eq!(told, ["a:text", "b:", "b.c:long", "b.d:float", "e:date", "f:boolean", "i.j:long", "k:", "l:", "l.m:"]);
}

#[test]
fn half_floats_have_eleven_digits() {
    assert_eq!(super::values::rounded("half_float", 0.1), 0.0999755859375);
    assert_eq!(super::values::rounded("half_float", 0.0), 0.0);
    assert_eq!(super::values::rounded("half_float", 1.0), 1.0);
}
