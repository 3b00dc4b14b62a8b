//! Holds the files in `docs/topics/` true to the schemas, and the schemas true to the records.

use super::ordered::Ordered;
mod texts;

use super::shapes::{HEX, MOMENT};
use super::*;
use crate::{AlertState, Author, Bucket, Kind, Parameter, Place, Text};
use expect_test::expect_file;
use flow::{Format, Mark, Raw, Refused, Timestamp};
use serde_json::Map;

const DOCS: &str = "../../../../docs/topics";

#[test]
fn the_files_are_true() {
    expect_file![format!("{DOCS}/README.md")].assert_eq(&index());
    for topic in TOPICS {
        expect_file![format!("{DOCS}/{topic}.md")].assert_eq(&page(topic).unwrap());
        expect_file![format!("{DOCS}/{topic}.schema.json")].assert_eq(&text(topic).unwrap());
    }
}

#[test]
fn only_a_topic_of_ours_has_a_schema() {
    assert_eq!((schema("another's"), page("another's"), text("another's")), (None, None, None));
    for topic in TOPICS {
        let (schema, text) = (schema(topic).unwrap(), text(topic).unwrap());
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), schema);
        assert!(schema["title"].is_string() && schema["$schema"].as_str().unwrap().contains("2020-12"), "{topic}");
        assert!(schema["description"].as_str().unwrap().contains(&format!("topic `{topic}`")), "{topic}");
    }
}

#[test]
fn every_field_and_every_choice_is_described() {
    for topic in TOPICS {
        assert_eq!(undescribed(&schema(topic).unwrap(), topic), [""; 0]);
    }
    let bare = serde_json::json!({"properties": {"a": {"description": " "}}, "oneOf": [{"const": "b"}], "$defs": {"c": {}}});
    assert_eq!(undescribed(&bare, "x").len(), 3);
}

fn undescribed(schema: &Value, at: &str) -> Vec<String> {
    let mut found = vec![];
    for (keyword, part) in schema.as_object().into_iter().flatten() {
        let parts: Vec<(String, &Value)> = match (keyword.as_str(), part) {
            ("properties" | "$defs", Value::Object(parts)) => parts.iter().map(|(name, part)| (name.clone(), part)).collect(),
            ("oneOf", Value::Array(parts)) => parts.iter().map(|part| (part["const"].to_string(), part)).collect(),
            ("anyOf", Value::Array(parts)) => {
                found.extend(parts.iter().flat_map(|part| undescribed(part, at)));
                continue;
            }
            _ => continue,
        };
        for (name, part) in parts {
            let path = format!("{at}.{name}");
            found.extend(undescribed(part, &path));
            if part["description"].as_str().unwrap_or_default().trim().is_empty() {
                found.push(path);
            }
        }
    }
    found
}

/// A record as it is written: its topic, its key, its value.
struct Written {
    topic: &'static str,
    key: Vec<u8>,
    json: String,
}

fn write<V: flow::Value>(value: &V) -> Written {
    let mut json = vec![];
    Format::Json.encode(value, &mut json).unwrap();
    Written { topic: V::TOPIC, key: value.key().to_vec(), json: String::from_utf8(json).unwrap() }
}

/// Records of every topic, with and without all that can be missing.
fn records() -> Vec<Written> {
    let time = Timestamp::from_millis(1_772_323_199_999);
    let kinds: Vec<Kind> = serde_json::from_value(schema("posts").unwrap()["$defs"]["Kind"]["enum"].clone()).unwrap();
    assert_eq!(kinds.len(), 6);
    let mut records = vec![write(&Post::deletion("x".into(), "7".into(), time))];
    for kind in kinds {
        let bare = Post { kind, ..Post::deletion("x".into(), "7".into(), time) };
        records.push(write(&bare));
        let (handle, location) = (Some("ana".into()), Some("Lyon | \"FR\"\n".into()));
        let author = Author { id: "9".into(), handle, followers: Some(u64::MAX), location };
        let place = Some(Place { name: "Lyon".into(), country: None });
        let rules = vec!["a".into(), "".into()];
        records.push(write(&Post { target: Some("6".into()), author, place, lang: Some("fr".into()), rules, ..bare }));
    }
    for repost in [true, false] {
        records.push(write(&Sighting { city: "lyon".into(), network: "x".into(), person: "9".into(), repost }));
    }
    records.push(write(&Counts { city: "lyon".into(), start: time, end: time, posts: 0, reposts: u64::MAX, people: 1 }));
    records.extend(cascades(time));
    for raw in [&b"{\"plain\": 1}"[..], b"", b"\xff\x00\xc3"] {
        let refused = refused(raw, time);
        records.extend([write(&Late(refused.clone())), write(&Rejected(refused))]);
    }
    records
}

fn cascades(time: Timestamp) -> Vec<Written> {
    let (cascade, network, text) = (Text::from("7"), Text::from("x"), Text::from("\"snow\""));
    let (start, events) = (time, vec![[0, u64::MAX], [u64::MAX, 0]]);
    let (author, window_s) = (Some(Text::from("\u{1f9a5}")), Some(u32::MAX));
    let observed = Series { cascade, network, author, start, window_s, size: 2, reach: u64::MAX, events, text };
    let Series { cascade, network, text, .. } = observed.clone();
    let size = Size { cascade: cascade.clone(), network: network.clone(), size: 1, reach: 0, start, end: time };
    let parameters = [Some(0.5), None].map(|error| Parameter { name: "p".into(), value: 1e-300, error }).into();
    let (window_s, model) = (600, Text::from("exponential"));
    let (predicted, low, high) = (Some(1.5), None, Some(f64::MAX));
    let (n_star, g1, mean_mark) = (0.25, 0.0, -0.0);
    let (observed_count, learned_from) = (1, 0);
    let estimate = Estimate {
        cascade,
        network,
        start,
        window_s,
        observed: observed_count,
        model,
        parameters,
        n_star,
        g1,
        predicted,
        low,
        high,
        mean_mark,
        learned_from,
        features: vec![0.1, f32::MAX],
        text,
    };
    let declined = Estimate { predicted: None, high: None, parameters: vec![], ..estimate.clone() };
    let ended = Series { author: None, window_s: None, events: vec![], ..observed.clone() };
    let mut written = vec![write(&observed), write(&ended), write(&size), write(&estimate), write(&declined)];
    written.extend(predictions(&estimate));
    written
}

fn predictions(of: &Estimate<'static>) -> Vec<Written> {
    let Estimate { cascade, network, start, window_s, observed, features, text, .. } = of.clone();
    let (predicted, low, high, model) = (1.5, Some(1.0), Some(f64::MAX), u64::MAX);
    let prediction = Prediction { cascade, network, start, window_s, observed, predicted, low, high, model, text };
    let cascade = of.cascade.clone();
    let (predicted, size, inside) = (Some(predicted), Some(1), Some(false));
    let deviation = Deviation { cascade, window_s, predicted, size, are: 0.0, inside, model: 0 };
    let bare = Deviation { predicted: None, size: None, inside: None, ..deviation.clone() };
    let (window, cascade) = (Text::from("600"), of.cascade.clone());
    let (beta, n_star, g1, foreseen, predicted, size) = (None, 0.5, 5.0, 2.5, [1.0, 2.0, 3.0], 7);
    let sample = Sample { window, cascade, features, beta, n_star, g1, observed, foreseen, predicted, size };
    let model = |body: &[u8]| {
        let (window, kind, are, constant_are, body) = ("600".into(), "forest".into(), Some(0.5), None, Raw(body.to_vec()));
        let (before_are, in_force, of, reason) = (Some(0.6), Some(1), None, Some("why".into()));
        let model =
            Model { window, version: 1, learned_from: 2, kind, are, constant_are, before_are, in_force, of, reason, body };
        write(&model)
    };
    let theirs = Prediction { low: None, high: None, ..prediction.clone() };
    let predicted = [write(&prediction), write(&theirs), write(&deviation), write(&bare)];
    let told = [write(&sample), model(b"\xff\x00"), model(b"text")];
    let rollback = |reason| write(&Rollback { window: "600".into(), version: 1, reason, time: of.start });
    let more = [rollback(None), rollback(Some("\"why\"".into()))];
    predicted.into_iter().chain(told).chain(more).chain(watched()).collect()
}

fn watched() -> Vec<Written> {
    let (window, histogram) = ("600".into(), vec![Bucket { most: 0.5, errors: 1 }]);
    let (mean, median, coverage, newest) = (0.5, 0.25, 0.75, 1e-9);
    let accuracy = Accuracy { window, errors: 3, sum: 1.5, histogram, newest, over: 3, mean, median, coverage };
    let alert = |state, window_s| {
        let (alert, rule, subject, of) = ("a/b".into(), "a".into(), "b".into(), "counts.posts".into());
        let (since, text) = (Timestamp::from_seconds(1), "".into());
        write(&Alert { alert, rule, subject, state, of, value: 2.0, threshold: 1.5, since, window_s, text })
    };
    let states = [AlertState::Firing, AlertState::Calm, AlertState::Ended, AlertState::Silent];
    let watched =
        [write(&accuracy), alert(AlertState::Firing, Some(600))].into_iter().chain(states.map(|state| alert(state, None)));
    watched.chain(texts::scored()).collect()
}

fn refused(raw: &[u8], time: Timestamp) -> Refused {
    let (by, from, reason) = ("count".to_owned(), "sightings".to_owned(), "late".to_owned());
    Refused { by, from, partition: u32::MAX, offset: u64::MAX, time, reason, raw: Raw(raw.to_vec()) }
}

#[test]
fn every_record_is_as_its_schema_says() {
    let records = records();
    assert!(TOPICS.iter().all(|topic| records.iter().any(|record| record.topic == *topic)));
    for Written { topic, key, json } in records {
        let (schema, value) = (schema(topic).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
        assert_eq!(faults(&schema, &value), [""; 0], "{json}");
        assert_eq!(
            value
                .pointer(&format!("/{}", schema["x-key"].as_str().unwrap().replace('.', "/")))
                .unwrap()
                .as_str()
                .unwrap()
                .as_bytes(),
            key,
            "{json}"
        );
        assert_eq!(crate::topics::to_json(topic, Format::Json, json.as_bytes()).unwrap(), json.as_bytes());
    }
}

#[test]
fn fields_are_in_the_order_of_the_record() {
    for Written { topic, json, .. } in records() {
        let (schema, written) = (schema(topic).unwrap(), written(topic).unwrap());
        let names = Ordered::new(&schema, &written).fields();
        let places: Vec<_> = names.iter().map(|(name, _)| json.find(&format!("\"{name}\":")).expect(name)).collect();
        assert!(places.is_sorted(), "{json}");
    }
}

#[test]
fn what_is_required_is_what_cannot_be_read_without() {
    for Written { topic, json, .. } in records() {
        let (schema, value) = (schema(topic).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
        for path in ["", "/author", "/place"] {
            for name in value.pointer(path).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                let mut without = value.clone();
                without.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(name);
                let read = crate::topics::to_json(topic, Format::Json, without.to_string().as_bytes());
                assert_eq!(faults(&schema, &without).is_empty(), read.is_ok(), "{topic}: {without}");
            }
        }
    }
}

/// `flow` has no schemas: theirs are written down here, and must stay what `flow` says and does.
#[test]
fn the_shapes_are_those_of_flow() {
    let Refused { by, from, partition, offset, time, reason, raw } = refused(b"\xff", Timestamp::from_seconds(0));
    let _: (String, String, u32, u64, Timestamp, String, Raw) = (by, from, partition, offset, time, reason, raw);
    let source = include_str!("../../../flow/src/refused.rs");
    for topic in [Late::TOPIC, Rejected::TOPIC] {
        let schema = schema(topic).unwrap();
        assert!(source.contains(&format!("/// {}\n", schema["description"].as_str().unwrap())), "{topic}: other words in flow");
        for (name, field) in schema["properties"].as_object().unwrap() {
            let words = format!("    /// {}\n    pub {name}: ", field["description"].as_str().unwrap());
            assert!(source.contains(&words), "{name}: other words in flow");
        }
    }
}

#[test]
fn the_first_page_shows_a_mark_as_it_is() {
    let page = index();
    let shown = page.lines().find_map(|line| line.strip_prefix("A mark: `")?.strip_suffix('`')).unwrap();
    let mark: Mark = serde_json::from_str(shown).unwrap();
    assert_eq!((serde_json::to_string(&mark).unwrap(), mark.done), (shown.to_owned(), false));
    let names = serde_json::from_str::<Map<String, Value>>(shown).unwrap();
    assert!(names.keys().all(|name| page.contains(&format!("| `{name}` | "))), "a field of a mark is not explained");
}

#[test]
fn what_is_wrong_is_found() {
    let posts = [
        ("/id", serde_json::json!(7)),
        ("/kind", "Original".into()),
        ("/time", "2026-03-01T00:00:00Z".into()),
        ("/time", "2026-03-01T00:00:00.000+00:00".into()),
        ("/rules", serde_json::json!([1])),
        ("/author/followers", serde_json::json!(-1)),
        ("/author/followers", serde_json::json!(0.5)),
        ("/place", serde_json::json!({"country": null})),
        ("/place", serde_json::json!({"name": "Lyon", "new": 1})),
        ("", serde_json::json!([])),
    ];
    assert_faulty("posts", "ana", &posts);
    let pairs = ["[]", "[0]", "[0, 1, 2]", "[0, -1]", "[0, 0.5]", "7"].map(|pair| serde_json::from_str(pair).unwrap());
    assert_faulty("series", "events", &pairs.map(|pair| ("/events/0", pair)));
    let numbers = ["0", "-1e300", "1.5"].map(|number| serde_json::from_str::<Value>(number).unwrap());
    assert_eq!(numbers.map(|number| is_a(&"number".into(), &number)), [true; 3]);
    let estimates =
        [("/g1", "1.5".into()), ("/n_star", Value::Null), ("/low", true.into()), ("/parameters/0/value", Value::Null)];
    assert_faulty("estimates", "exponential", &estimates);
}

/// Each of these, put into a record of the topic that holds these words, is found as one fault.
fn assert_faulty(topic: &str, words: &str, all: &[(&str, Value)]) {
    let good = records().into_iter().find(|record| record.topic == topic && record.json.contains(words)).unwrap();
    let (schema, good) = (schema(topic).unwrap(), serde_json::from_str::<Value>(&good.json).unwrap());
    for (path, bad) in all {
        let mut value = good.clone();
        *value.pointer_mut(path).unwrap() = bad.clone();
        assert_eq!(faults(&schema, &value).len(), 1, "{value}");
    }
}

/// Where a value is not as its schema says, with every field named by it. Knows only the words that our schemas use.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = vec![];
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let is_met = match keyword.as_str() {
            "$ref" => {
                check(root, root.pointer(&rule.as_str().unwrap()[1..]).unwrap(), value, at, faults);
                true
            }
            "properties" => {
                for (name, part) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(rule) => check(root, rule, part, &format!("{at}/{name}"), faults),
                        None => faults.push(format!("{at}/{name}: not described")),
                    }
                }
                true
            }
            "items" => {
                value.as_array().into_iter().flatten().for_each(|part| check(root, rule, part, at, faults));
                true
            }
            "anyOf" => fitting(root, rule, value) > 0,
            "oneOf" => fitting(root, rule, value) == 1,
            keyword => holds(keyword, rule, value),
        };
        if !is_met && !faults.iter().any(|fault| fault.starts_with(at)) {
            faults.push(format!("{at}: {keyword}: {value}"));
        }
    }
}

/// How many of these a value is.
fn fitting(root: &Value, rules: &Value, value: &Value) -> usize {
    let fits = |rule: &&Value| {
        let mut faults = vec![];
        check(root, rule, value, "", &mut faults);
        faults.is_empty()
    };
    rules.as_array().unwrap().iter().filter(fits).count()
}

fn holds(keyword: &str, rule: &Value, value: &Value) -> bool {
    match keyword {
        "type" => match rule {
            Value::Array(names) => names.iter().any(|name| is_a(name, value)),
            name => is_a(name, value),
        },
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "minimum" => !value.is_number() || value.as_f64() >= rule.as_f64(),
        "required" => {
            !value.is_object() || rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
        }
        "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
        "minItems" => value.as_array().is_none_or(|parts| parts.len() as u64 >= rule.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|parts| parts.len() as u64 <= rule.as_u64().unwrap()),
        "format" => ["date-time", "double", "float", "uint32", "uint64"].contains(&rule.as_str().unwrap()),
        "$schema" | "$defs" | "title" | "description" | "x-topic" | "x-key" | "x-version" => true,
        other => panic!("what does `{other}` ask for?"),
    }
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("what is `{other}`?"),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        MOMENT => Timestamp::parse(text).is_some_and(|time| time.to_string() == text),
        HEX => text.len().is_multiple_of(2) && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')),
        other => panic!("what does `{other}` look like?"),
    }
}
