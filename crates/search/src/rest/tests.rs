use crate::{Call, Indices};
use serde_json::{Value, json};

fn ask(indices: &Indices, request: &str, body: &str) -> (u16, Value) {
    let (method, address) = request.split_once(' ').unwrap();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let answer = indices.answer(&Call { method, path, query, body: body.as_bytes() });
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

fn posts(count: usize) -> (tempfile::TempDir, Indices) {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let mut lines = String::new();
    for number in 0..count {
        lines += &format!("{{\"index\":{{\"_id\":\"{number}\"}}}}\n{{\"n\":{number},\"word\":\"w{}\"}}\n", number % 7);
        if number % 50 == 49 {
            let (status, told) = ask(&indices, "POST /i/_bulk?refresh=true", &lines);
            assert!(status == 200 && told["errors"] == false, "{told}");
            lines.clear();
        }
    }
    (folder, indices)
}

#[test]
fn documents_of_a_bulk_lie_in_its_order_however_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let lines = "{\"index\":{\"_id\":\"a\"}}\n{}\n{\"update\":{\"_id\":\"b\"}}\n{\"doc\":{},\"doc_as_upsert\":true}\n{\"create\":{\"_id\":\"c\"}}\n{}\n";
    let (status, told) = ask(&indices, "POST /i/_bulk?refresh=true", lines);
    assert!(status == 200 && told["errors"] == false, "{told}");
    let (_, found) = ask(&indices, "POST /i/_search", "{\"sort\":[\"_doc\"]}");
    let ids: Vec<&str> = found["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn scrolls_tell_each_document_once() {
    let (_folder, indices) = posts(200);
    for body in [
        json!({"size": 30, "sort": ["_doc"]}),
        json!({"size": 30}),
        json!({"size": 30, "sort": [{"n": "desc"}]}),
        json!({"size": 30, "query": {"match": {"word": "w1 w2 w3"}}}),
        json!({"size": 7, "sort": "word.keyword"}),
    ] {
        let (status, mut page) = ask(&indices, "POST /i/_search?scroll=1m", &body.to_string());
        assert_eq!(status, 200, "{page}");
        let total = page["hits"]["total"]["value"].as_u64().unwrap() as usize;
        let mut ids = vec![];
        while !page["hits"]["hits"].as_array().unwrap().is_empty() {
            ids.extend(page["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_id"].as_str().unwrap().to_owned()));
            let next = json!({"scroll": "1m", "scroll_id": page["_scroll_id"]}).to_string();
            page = ask(&indices, "POST /_search/scroll", &next).1;
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((count, ids.len()), (total, total), "{body}");
        let (_, closed) = ask(&indices, "DELETE /_search/scroll", &json!({"scroll_id": [page["_scroll_id"]]}).to_string());
        assert_eq!(closed["num_freed"], 1);
    }
}

/// The pages of a scroll: their `hits`.
fn pages_of(indices: &Indices, body: &Value) -> Vec<Value> {
    let (status, mut page) = ask(indices, "POST /i/_search?scroll=1m", &body.to_string());
    assert_eq!(status, 200, "{page}");
    let mut pages = vec![];
    while !page["hits"]["hits"].as_array().unwrap().is_empty() {
        pages.push(page["hits"].clone());
        page = ask(indices, "POST /_search/scroll", &json!({"scroll": "1m", "scroll_id": page["_scroll_id"]}).to_string()).1;
    }
    pages
}

#[test]
fn all_pages_of_a_scroll_are_of_what_was_asked() {
    let (_folder, indices) = posts(200);
    let word = json!({"match": {"word": "w1 w2"}});
    let filter = json!({"range": {"n": {"gte": 100}}});
    for body in [
        json!({"size": 7, "query": word, "post_filter": filter, "sort": ["_doc"], "highlight": {"fields": {"word": {}}}}),
        json!({"size": 7, "query": word, "post_filter": filter, "sort": [{"_doc": "desc"}], "highlight": {"fields": {"word": {}}}}),
        json!({"size": 7, "query": word, "post_filter": filter, "sort": ["n"], "highlight": {"fields": {"word": {}}}}),
        json!({"size": 7, "query": word, "post_filter": filter, "highlight": {"fields": {"word": {}}}}),
        json!({"size": 7, "query": word, "post_filter": filter, "sort": ["_doc"], "track_scores": true, "highlight": {"fields": {"word": {}}}}),
    ] {
        let pages = pages_of(&indices, &body);
        let scored = body.get("sort").is_none() || body["track_scores"] == true;
        let hits: Vec<&Value> = pages.iter().flat_map(|page| page["hits"].as_array().unwrap()).collect();
        assert_eq!(hits.len(), (100..200).filter(|number| matches!(number % 7, 1 | 2)).count(), "{body}");
        for page in &pages {
            assert_eq!((&page["total"]["value"], page["max_score"].is_null()), (&json!(hits.len()), !scored), "{body} {page}");
        }
        for hit in hits {
            assert!(hit["_source"]["n"].as_u64().unwrap() >= 100 && hit["highlight"]["word"][0].is_string(), "{hit}");
            assert_eq!(hit["_score"].is_null(), !scored, "{hit}");
            assert_eq!(hit["sort"].as_array().map_or(0, Vec::len), body["sort"].as_array().map_or(0, Vec::len), "{hit}");
        }
    }
    let places: Vec<u64> = pages_of(&indices, &json!({"size": 30, "sort": ["_doc"]}))
        .iter()
        .flat_map(|page| page["hits"].as_array().unwrap().iter().map(|hit| hit["sort"][0].as_u64().unwrap()).collect::<Vec<_>>())
        .collect();
    assert_eq!(places, (0..200).collect::<Vec<_>>());
    let scored = json!({"size": 7, "query": word, "min_score": 1000, "sort": ["_doc"]});
    assert!(pages_of(&indices, &scored).is_empty());
}

#[test]
fn pages_and_news_are_told_to_rust() {
    let (_folder, indices) = posts(100);
    let mut pages = indices.pages("i", &json!({"query": {"range": {"n": {"lt": 70}}}, "sort": [{"n": "asc"}]}), 32).unwrap();
    let mut numbers = vec![];
    loop {
        let page = pages.next_page().unwrap();
        if page.is_empty() {
            break;
        }
        numbers.extend(page.iter().map(|document| document.id.parse::<u32>().unwrap()));
    }
    assert_eq!(numbers, (0..70).collect::<Vec<_>>());
    assert_eq!(pages.total(), 70);
    let newer = indices.newer("i", &json!({"match_all": {}}), 89, 5).unwrap();
    assert_eq!(newer.iter().map(|document| document.seq_no).collect::<Vec<_>>(), [90, 91, 92, 93, 94]);
}

#[test]
fn what_is_fed_is_not_written_to_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let feed = indices.feed("fed", crate::mapping::Mapping::new()).unwrap();
    feed.put("1", 7, br#"{"a": "b"}"#).unwrap();
    feed.commit("1").unwrap();
    assert_eq!(ask(&indices, "PUT /another", "").0, 200);
    for (request, body) in [
        ("DELETE /*", ""),
        ("DELETE /another,fed", ""),
        ("PUT /*/_mapping", "{\"properties\":{\"x\":{\"type\":\"long\"}}}"),
        ("PUT /fed/_doc/1", "{}"),
        ("POST /fed/_doc", "{}"),
        ("DELETE /fed/_doc/1", ""),
        ("POST /fed/_update/1", "{\"doc\":{}}"),
        ("DELETE /fed", ""),
        ("PUT /fed/_mapping", "{\"properties\":{}}"),
    ] {
        let (status, told) = ask(&indices, request, body);
        assert_eq!((status, told["error"]["type"].as_str()), (403, Some("cluster_block_exception")), "{request}");
    }
    let (_, told) = ask(&indices, "GET /another/_mapping", "");
    assert_eq!(told, json!({"another": {"mappings": {}}}));
    let (_, told) = ask(&indices, "POST /fed/_bulk", "{\"index\":{}}\n{}\n");
    assert_eq!(told["items"][0]["index"]["status"], 403);
    let (_, told) = ask(&indices, "GET /fed/_doc/1", "");
    assert_eq!((told["_version"].as_u64(), told["_source"].clone()), (Some(7), json!({"a": "b"})));
}

#[test]
fn hostile_requests_are_refused() {
    let (_folder, indices) = posts(50);
    let deep = "[".repeat(100_000);
    let nested = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    for (request, body) in [
        ("POST /i/_search", deep.as_str()),
        ("PUT /i/_doc/x", deep.as_str()),
        ("PUT /i/_doc/x", nested.as_str()),
        ("POST /i/_bulk", "{\"index\":"),
        ("POST /i/_bulk", "\n\n"),
        ("POST /i/_bulk", "[]\n{}\n"),
        ("POST /i/_search", "{\"size\": 1e99}"),
        ("POST /i/_search", "{\"from\": 99999999999}"),
        ("POST /i/_search?scroll=99d", "{}"),
        ("GET /%zz/_search", ""),
        ("GET /%ff/_search", ""),
        ("PUT /..%2Fx", ""),
        ("PUT /%00", ""),
        ("BREW /i", ""),
        ("GET /i/_doc/1/2/3", ""),
        ("POST /i/_search?size=-1", ""),
        ("POST /_search/scroll", "{}"),
        ("POST /i/_search", "{\"highlight\": {\"fields\": {\"word\": {\"number_of_fragments\": -1}}}}"),
        ("PUT /i/_doc/x", "{\"\": 1}"),
        ("PUT /i/_doc/x", "{\"a..b\": 1}"),
        ("PUT /i/_doc/x", "{\"n\": {\"m\": 1}}"),
    ] {
        let (status, told) = ask(&indices, request, body);
        assert!((400..500).contains(&status), "{request} {}: {status} {told}", &body[..40.min(body.len())]);
    }
    let many: String = (0..200).map(|number| format!("\"f{number}\": 1,")).collect();
    let (status, told) = ask(&indices, "PUT /i/_doc/x", &format!("{{{many}\"z\": 1}}"));
    assert_eq!(status, 400, "{told}");
}

#[test]
fn what_would_not_be_kept_to_is_refused() {
    let (_folder, indices) = posts(50);
    assert_eq!(ask(&indices, "PUT /i2", "").0, 200);
    let field = |told: &str| format!("{{\"mappings\":{{\"properties\":{{\"x\":{{{told}}}}}}}}}");
    let setting = |told: &str| format!("{{\"settings\":{{{told}}}}}");
    let highlight = |told: &str| format!("{{\"highlight\":{{\"fields\":{{\"word\":{{{told}}}}}}}}}");
    let many = |count: usize| json!({ "ids": (0..count).collect::<Vec<_>>() }).to_string();
    for (request, body) in [
        ("PUT /n", field("\"type\":\"text\",\"index\":false")),
        ("PUT /n", field("\"type\":\"text\",\"norms\":false")),
        ("PUT /n", field("\"type\":\"long\",\"doc_values\":false")),
        ("PUT /n", field("\"type\":\"long\",\"coerce\":\"false\"")),
        ("PUT /n", field("\"type\":\"text\",\"fields\":{\"k\":{\"type\":\"keyword\",\"doc_values\":false}}")),
        ("PUT /n", field("\"type\":\"object\",\"enabled\":false")),
        ("PUT /n", field("\"dynamic\":\"strict\",\"properties\":{}")),
        ("PUT /n", field("\"properties\":{\"y\":{\"type\":\"object\",\"enabled\":false}}")),
        ("PUT /i2/_mapping", "{\"properties\":{\"y\":{\"type\":\"object\",\"enabled\":false}}}".to_owned()),
        ("PUT /n", setting("\"analysis\":{\"analyzer\":{\"default\":{\"type\":\"keyword\"}}}")),
        ("PUT /n", setting("\"index.analysis.analyzer.default.type\":\"keyword\"")),
        ("PUT /n", setting("\"index\":{\"blocks\":{\"write\":true}}")),
        ("PUT /n", setting("\"blocks.read_only\":\"true\"")),
        ("PUT /n", setting("\"mapping.ignore_malformed\":true")),
        ("PUT /n", setting("\"max_result_window\":5")),
        ("PUT /n", setting("\"hidden\":true")),
        ("PUT /n", setting("\"query.default_field\":\"x\"")),
        ("POST /i/_search", highlight("\"boundary_scanner\":\"word\"")),
        ("POST /i/_search", highlight("\"type\":\"plain\"")),
        ("POST /i/_search?terminate_after=5", String::new()),
        ("POST /i/_search", "{\"terminate_after\":5}".to_owned()),
        ("POST /i/_count?terminate_after=5", String::new()),
        ("POST /i/_count?min_score=1", String::new()),
        ("POST /_search?allow_partial_search_results=false", String::new()),
        ("POST /i*/_search?expand_wildcards=none", String::new()),
        ("GET /i/_doc/1?format=yaml", String::new()),
        ("GET /?format=yaml", String::new()),
        ("PUT /_cluster/settings", "{\"persistent\":{\"action.auto_create_index\":\"false\"}}".to_owned()),
        ("POST /_msearch", "{\"indices\":[\"i2\"]}\n{}\n".to_owned()),
        ("POST /i/_msearch", "{}\n{\"size\":0}\n".repeat(1001)),
        ("POST /i/_msearch", "{}\n{\"size\":10000}\n".repeat(11)),
        ("POST /i/_mget", many(10_001)),
    ] {
        let (status, told) = ask(&indices, request, &body);
        assert_eq!(status, 400, "{request} {}: {told}", &body[..100.min(body.len())]);
    }
    assert_eq!(ask(&indices, "GET /n", "").0, 404);
    let buckets = json!({"size": 0, "terminate_after": 5, "aggs": {"words": {"terms": {"field": "word.keyword"}}}});
    assert_eq!(ask(&indices, "POST /i/_search", &buckets.to_string()).0, 200);
    assert_eq!(ask(&indices, "POST /i/_mget", &many(10_000)).0, 200);
    let early = "{\"index\":\"i2\"}\n{\"terminate_after\":5}\n{\"index\":\"none\",\"ignore_unavailable\":true}\n{}\n";
    assert_eq!(ask(&indices, "POST /_msearch", early).0, 200);
    let long = json!({ "long": { "word": "y".repeat(40_000) } }).to_string();
    assert_eq!(ask(&indices, "PUT /i2/_doc/1", &long).0, 201);
    let told = "{\"properties\":{\"long\":{\"properties\":{\"key\":{\"type\":\"keyword\"}}}}}";
    assert_eq!(ask(&indices, "PUT /i2/_mapping", told).0, 200);
    let (status, told) = ask(&indices, "PUT /i2/_doc/1", &long.replace("word", "key"));
    let reason = told["error"]["reason"].as_str().unwrap();
    assert_eq!((status, &told["error"]["type"]), (400, &json!("illegal_argument_exception")));
    assert!(reason.starts_with("Document contains at least one immense term in field=\"long.key\" (whose UTF8"), "{reason}");
    assert_eq!(told["error"]["caused_by"]["reason"], "bytes can be at most 32766 in length; got 40000");
}
