use super::{distance, read};
use crate::mapping::Mapping;
use crate::store::{Condition, Write};
use crate::{Call, Indices};
use serde_json::{Value, json};

fn indices() -> (tempfile::TempDir, Indices) {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let mapping = Mapping::read(&json!({"properties": {
        "text": {"type": "text"}, "word": {"type": "keyword"}, "n": {"type": "long"}, "real": {"type": "double"},
        "day": {"type": "date"}, "flag": {"type": "boolean"},
    }}));
    let index = indices.create("i", Value::Null, mapping.unwrap()).unwrap();
    for (id, source) in [
        ("1", json!({"text": "the quick brown fox", "word": "Fox", "n": 1, "real": 0.5, "day": "2020-01-01", "flag": true})),
        ("2", json!({"text": "the lazy dog", "word": "dog", "n": [2, 20], "real": -1, "day": "2020-02-01", "flag": false})),
        ("3", json!({"text": "quick, quick dogs!", "word": ["cat", "dog"], "n": 3})),
        ("4", json!({"text": "...", "day": "2021-06-15T12:00:00Z"})),
        ("5", json!({"word": "a.b*c?"})),
    ] {
        let source = source.to_string();
        index.write(&Write { id: Some(id), source: Some(source.as_bytes()), condition: Condition::Any, bulk: 0 }).unwrap();
    }
    index.sync().unwrap();
    index.refresh().unwrap();
    (folder, indices)
}

fn found(indices: &Indices, query: &Value) -> Result<Vec<String>, String> {
    let body = json!({ "query": query, "_source": false, "size": 100 }).to_string();
    let answer = indices.answer(&Call { method: "POST", path: "/i/_search", query: "", body: body.as_bytes() });
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    if answer.status != 200 {
        return Err(told["error"]["type"].as_str().unwrap_or_default().to_owned());
    }
    let mut ids: Vec<String> =
        told["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    Ok(ids)
}

#[test]
fn queries_find_what_they_say() {
    let (_folder, indices) = indices();
    for (query, ids) in [
        (json!({"match": {"text": "QUICK dog"}}), "123"),
        (json!({"match": {"text": {"query": "quick brown", "operator": "and"}}}), "1"),
        (json!({"match": {"text": {"query": "quik", "fuzziness": "AUTO"}}}), "13"),
        (json!({"match_phrase": {"text": "quick brown"}}), "1"),
        (json!({"match_phrase": {"text": {"query": "the fox", "slop": 2}}}), "1"),
        (json!({"match_phrase_prefix": {"text": "quick bro"}}), "1"),
        (json!({"match_phrase_prefix": {"text": "do"}}), "23"),
        (json!({"match_bool_prefix": {"text": "lazy qui"}}), "123"),
        (json!({"multi_match": {"query": "dog", "fields": ["text", "word"]}}), "23"),
        (json!({"multi_match": {"query": "dog"}}), "23"),
        (json!({"term": {"word": "dog"}}), "23"),
        (json!({"term": {"word": {"value": "FOX", "case_insensitive": true}}}), "1"),
        (json!({"term": {"n": 20}}), "2"),
        (json!({"term": {"n": 1.5}}), ""),
        (json!({"term": {"flag": "false"}}), "2"),
        (json!({"term": {"day": "2020-01"}}), "1"),
        (json!({"terms": {"n": [1, 2, 3, 4, 5, 6]}}), "123"),
        (json!({"terms": {"real": [0.5, 1, 2, 3, 4, -1]}}), "12"),
        (json!({"terms": {"flag": [true, "false"]}}), "12"),
        (json!({"range": {"n": {"gt": 1, "lte": 2.5}}}), "2"),
        (json!({"range": {"real": {"lt": 0}}}), "2"),
        (json!({"range": {"word": {"gte": "c", "lt": "d"}}}), "3"),
        (json!({"range": {"text": {"gte": "q", "lt": "r"}}}), "13"),
        (json!({"range": {"day": {"gte": "2020-01-15||-1M/y", "lt": "2020-12"}}}), "12"),
        (json!({"range": {"n": {"gte": i64::MAX, "gt": i64::MAX}}}), ""),
        (json!({"exists": {"field": "text"}}), "1234"),
        (json!({"exists": {"field": "n"}}), "123"),
        (json!({"prefix": {"word": "d"}}), "23"),
        (json!({"wildcard": {"word": "?o*"}}), "123"),
        (json!({"wildcard": {"word": "a.b\\*c\\?"}}), "5"),
        (json!({"wildcard": {"word": {"value": "*O*", "case_insensitive": true}}}), "123"),
        (json!({"regexp": {"word": "[df].g|Fo."}}), "123"),
        (json!({"fuzzy": {"word": "dgo"}}), "23"),
        (json!({"ids": {"values": ["2", "9"]}}), "2"),
        (json!({"bool": {"must_not": {"term": {"word": "dog"}}}}), "145"),
        (json!({"bool": {"should": [{"term": {"n": 1}}, {"term": {"n": 2}}], "filter": {"match_all": {}}}}), "12345"),
        (
            json!({"bool": {"should": [{"term": {"n": 1}}, {"term": {"n": 2}}, {"term": {"n": 20}}], "minimum_should_match": 2}}),
            "2",
        ),
        (json!({"constant_score": {"filter": {"term": {"n": 1}}}}), "1"),
        (json!({"dis_max": {"queries": [{"term": {"n": 1}}, {"term": {"n": 3}}]}}), "13"),
        (
            json!({"boosting": {"positive": {"match": {"text": "quick"}}, "negative": {"term": {"n": 1}}, "negative_boost": 0.1}}),
            "13",
        ),
        (json!({"query_string": {"query": "quick AND NOT brown"}}), "3"),
        (json!({"query_string": {"query": "text:(lazy OR brown) -n:1"}}), "2"),
        (json!({"query_string": {"query": "word:d* || n:[1 TO 1]"}}), "123"),
        (json!({"query_string": {"query": "_exists_:flag"}}), "12"),
        (json!({"simple_query_string": {"query": "quick + -brown", "fields": ["text"]}}), "3"),
        (json!({"query_string": {"query": "day:>=2021"}}), "4"),
    ] {
        assert_eq!(found(&indices, &query).map(|ids| ids.concat()), Ok(ids.to_owned()), "{query}");
    }
}

#[test]
fn what_asks_too_much_is_refused() {
    let (_folder, indices) = indices();
    let mut deep = json!({"match_all": {}});
    for _ in 0..100 {
        deep = json!({"bool": {"must": deep}});
    }
    let long = "x ".repeat(2000);
    let groups = format!("{}x{}", "(".repeat(500), ")".repeat(500));
    for query in [
        deep,
        json!({"match": {"text": long}}),
        json!({"query_string": {"query": long, "default_field": "text"}}),
        json!({"query_string": {"query": groups}}),
        json!({"query_string": {"query": "a:\"b"}}),
        json!({"query_string": {"query": "AND"}}),
        json!({"query_string": {"query": "[a TO"}}),
        json!({"query_string": {"query": "a^b"}}),
        json!({"regexp": {"word": "(".repeat(2000)}}),
        json!({"regexp": {"word": "((a{1,1000}){1,1000}){1,1000}"}}),
        json!({"regexp": {"word": "["}}),
        json!({"bool": {"must": vec![json!({"match_all": {}}); 3000]}}),
        json!({"terms": {"n": vec![1; 70_000]}}),
        json!({"range": {"day": {"gte": "now+99999999999999999999y"}}}),
        json!({"range": {"day": {"gte": "now+9999999y"}}}),
        json!({"match": {"text": {"query": "x", "boost": "nan"}}}),
        json!({"fuzzy": {"word": {"value": "x", "fuzziness": 9}}}),
        json!({"more_like_this": {}}),
        json!([]),
        json!(null),
        json!({"bool": 1}),
    ] {
        let told = found(&indices, &query);
        assert!(told.is_err() || query.is_null(), "{}: {told:?}", &query.to_string()[..60.min(query.to_string().len())]);
    }
}

#[test]
fn odd_queries_do_no_harm() {
    let (_folder, indices) = indices();
    let open = format!("{}\"x", "(".repeat(300));
    for text in [
        "", "\\", "\"", "~", "^", "((", "))", "a\\", "é*", "*é", "+-!", "|| &&", "a:b:c", "[* TO *]", ">", "/", "//", "🦊~1",
        &open,
    ] {
        for kind in ["query_string", "simple_query_string"] {
            let told = found(&indices, &json!({ kind: {"query": text} }));
            assert!(told.is_ok() || kind == "query_string", "{text}");
        }
        for kind in ["match", "match_phrase", "match_phrase_prefix", "match_bool_prefix", "wildcard", "prefix", "fuzzy", "term"] {
            let told = found(&indices, &json!({ kind: {"text": text} }));
            assert!(told.is_ok(), "{kind} {text}: {told:?}");
        }
        drop(found(&indices, &json!({"regexp": {"word": text}})));
    }
    for number in [json!(1e300), json!(-1e300), json!(u64::MAX), json!(i64::MIN), json!(""), json!(true), json!("1e5")] {
        for field in ["n", "real", "flag", "day", "word", "text"] {
            drop(found(&indices, &json!({"term": {field: number}})));
            drop(found(&indices, &json!({"range": {field: {"gt": number, "lt": number}}})));
            drop(found(&indices, &json!({"terms": {field: [number]}})));
        }
    }
    assert!(read(&json!({"match": {"text": "x"}}), &Mapping::new(), 0).is_ok());
}

#[test]
fn words_are_as_far_apart_as_edits_make_them() {
    for (one, other, far, without_swaps) in [
        ("", "", 0, 0),
        ("", "ab", 2, 2),
        ("roam", "roam", 0, 0),
        ("roam", "raom", 1, 2),
        ("roam", "foams", 2, 2),
        ("ab", "ba", 1, 2),
        ("abcd", "badc", 2, 3),
        ("kitten", "sitting", 3, 3),
    ] {
        for most in 0..5 {
            assert_eq!(distance(one, other, most, true), far.min(most + 1), "{one} {other} {most}");
            assert_eq!(distance(one, other, most, false), without_swaps.min(most + 1), "{one} {other} {most}");
        }
    }
}
