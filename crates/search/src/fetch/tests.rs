use super::SourceFilter;
use serde_json::{Value, json};

fn left(told: Value, source: Value) -> Value {
    let filter = SourceFilter::read(&told).unwrap();
    let bytes = source.to_string();
    filter.of(bytes.as_bytes()).unwrap().map_or(Value::Null, |left| serde_json::from_slice(&left).unwrap())
}

#[test]
fn sources_are_shown_in_part() {
    let source = json!({"a": 1, "b": {"c": 2, "d": [{"e": 3}, {"f": 4}]}, "g": []});
    for (told, expected) in [
        (json!(true), source.clone()),
        (json!(false), Value::Null),
        (json!("a"), json!({"a": 1})),
        (json!(["b.d.e", "g"]), json!({"b": {"d": [{"e": 3}]}, "g": []})),
        (json!("b"), json!({"b": {"c": 2, "d": [{"e": 3}, {"f": 4}]}})),
        (json!({"excludes": ["b.*"]}), json!({"a": 1, "b": {}, "g": []})),
        (json!({"includes": ["b"], "excludes": ["*.c"]}), json!({"b": {"d": [{"e": 3}, {"f": 4}]}})),
        (json!("*.c"), json!({"b": {"c": 2}})),
    ] {
        assert_eq!(left(told.clone(), source.clone()), expected, "{told}");
    }
    assert!(SourceFilter::read(&json!(3)).is_err());
}
