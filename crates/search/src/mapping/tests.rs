use super::{Kind, Mapping};
use serde_json::json;

#[test]
fn a_mapping_is_told_as_it_was_given() {
    let told = json!({"dynamic": "strict", "properties": {
        "a": {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 9}}},
        "o": {"properties": {"d": {"type": "date", "format": "yyyy"}, "e": {"type": "object"}}},
    }});
    let mapping = Mapping::read(&told).unwrap();
    assert_eq!(mapping.told(), told);
    assert_eq!(mapping.leaf("a.raw").unwrap().kind, Kind::Keyword);
    let again = Mapping::revive(&mapping.kept()).unwrap();
    assert_eq!(again.kept(), mapping.kept());
    assert_eq!(mapping.matching("*r*"), ["a.raw"]);
}

#[test]
fn slots_outlive_fields_that_come_before_them() {
    let mut mapping = Mapping::read(&json!({"properties": {"z": {"type": "long"}}})).unwrap();
    mapping.merge(&json!({"properties": {"a": {"type": "long"}}})).unwrap();
    let again = Mapping::revive(&mapping.kept()).unwrap();
    assert_eq!(again.leaf("z").unwrap().column, "l0");
    assert_eq!(again.leaf("a").unwrap().column, "l1");
}

#[test]
fn conflicts_are_refused() {
    let mut mapping = Mapping::read(&json!({"properties": {"a": {"type": "long"}, "o.b": {"type": "long"}}})).unwrap();
    for (told, reason) in [
        (json!({"properties": {"a": {"type": "keyword"}}}), "mapper [a] cannot be changed from type [long] to [keyword]"),
        (
            json!({"properties": {"a": {"properties": {"b": {"type": "long"}}}}}),
            "can't merge a non object mapping [a] with an object mapping",
        ),
        (json!({"properties": {"o": {"type": "long"}}}), "can't merge a non object mapping [o] with an object mapping"),
        (json!({"properties": {"x": {"type": "nope"}}}), "No handler for type [nope] declared on field [x]"),
        (json!({"properties": {"x": {"type": "long", "what": 1}}}), "unknown parameter [what] on mapper [x] of type [long]"),
        (json!({"properties": {"x": 1}}), "Expected map for property [fields] on field [x] but got a class java.lang.String"),
    ] {
        assert_eq!(mapping.merge(&told).unwrap_err().reason, reason);
    }
    mapping.merge(&json!({"properties": {"a": {"type": "long"}}})).unwrap();
}
