use crate::Server;
use crate::testing::finder::Few;
use crate::testing::*;
use domain::Rule;
use flow::{Format, Log, TopicSpec, Value};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

fn server(few: &Arc<Few>) -> Server {
    let log = Heap::new(Format::Compact);
    log.declare(&[TopicSpec::new(Rule::TOPIC, 2)]).unwrap();
    let options = crate::Options { finder: Some(few.clone()), ..options() };
    Server::start(options, log, patient()).unwrap()
}

fn few() -> Arc<Few> {
    Arc::new(Few::with(&[json!({ "id": "1", "content": "rain" }), json!({ "id": "2", "content": "snow" })]))
}

/// The status, and all that is answered.
fn ask(server: &Server, first: &str, headers: &str, body: &str) -> (u16, String) {
    let answer = all(server, first, headers, body);
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// All that comes before the connection is closed, which is nothing where it is closed at once.
fn all(server: &Server, first: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let request =
        format!("{first} HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut answer = String::new();
    raw(server, &request).read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_api_of_elasticsearch_stands_under_its_own_path_and_says_who_it_is() {
    let few = few();
    let server = server(&few);
    let (status, answer) =
        ask(&server, "POST /es/pfr/_search?size=3", "accept: application/vnd.elasticsearch+json; compatible-with=8\r\n", "{}");
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer.contains("x-elastic-product: Elasticsearch")
            && answer.contains("content-type: application/vnd.elasticsearch+json"),
        "{answer}"
    );
    ask(&server, "GET /es", "", "");
    assert_eq!(*few.asked.lock().unwrap(), ["POST /pfr/_search?size=3 {}", "GET /? "]);
    assert_eq!(get(&server, "/api/search").1, r#"{"index":"pfr"}"#);
}

#[test]
fn nobody_from_elsewhere_changes_anything() {
    let few = few();
    let server = server(&few);
    let origin = "origin: http://evil.example\r\n";
    for request in [
        "POST /es/_bulk",
        "POST /es/query/_doc",
        "POST /es/_validate/_doc",
        "DELETE /es/posts/_search/scroll",
        "DELETE /es/pfr",
        "PUT /es/pfr/_doc/1",
        "POST /es/pfr/_update/1",
        "POST /es/pfr/_delete_by_thing",
        "POST /es/evil/_doc/_search",
        "POST /es/evil/_create/_count",
        "POST /es/evil/_update/_mget",
        "POST /es/evil/_doc/_search/scroll",
        "POST /es/_doc/_search",
        "POST /es/evil/%5fbulk",
        "POST /es/_all/_doc/_search",
        "DELETE /es/_search/scrolls",
        "POST /es",
    ] {
        assert_eq!(ask(&server, request, origin, "{}").0, 403, "{request}");
        assert_eq!(ask(&server, request, "x-forwarded-for: 10.0.0.1\r\n", "{}").0, 403, "{request}");
    }
    assert!(few.asked.lock().unwrap().is_empty());
    // To read is anybody's.
    for request in [
        "POST /es/pfr/_search",
        "POST /es/_search",
        "POST /es/_all/_count",
        "POST /es/query/_validate/query",
        "POST /es/_validate/query",
        "POST /es/_search/scroll",
        "DELETE /es/_search/scroll/x",
        "GET /es/pfr/_doc/1",
    ] {
        assert_ne!(ask(&server, request, origin, "{}").0, 403, "{request}");
    }
    let json = "content-type: application/json\r\n";
    let rule = r#"{"rule":"gloom","of":"mood","measure":"mean","window_s":600,"below":-0.5}"#;
    assert_eq!(ask(&server, "POST /api/rules", &format!("{origin}{json}"), rule).0, 403);
    assert_eq!(ask(&server, "POST /api/rules", "", rule).0, 400);
}

#[test]
fn rules_are_saved_by_our_page_listed_and_taken_back() {
    let server = server(&few());
    let ours = "origin: http://localhost\r\ncontent-type: application/json\r\n";
    let rule = |window: u32| format!(r#"{{"rule":"gloom","of":"mood","measure":"mean","window_s":{window},"below":-0.5}}"#);
    assert_eq!(ask(&server, "POST /api/rules", ours, &rule(600)).0, 200);
    assert_eq!(ask(&server, "POST /api/rules", ours, &rule(60)).0, 200);
    let listed: Json = serde_json::from_str(&get(&server, "/api/rules").1).unwrap();
    assert_eq!((listed["rules"].as_array().unwrap().len(), &listed["rules"][0]["window_s"]), (1, &json!(60)), "{listed}");
    for bad in
        [rule(7), rule(600).replace("below", "beneath"), rule(600).replace("-0.5", "null"), rule(600).replace("gloom", "a/b")]
    {
        let (status, answer) = ask(&server, "POST /api/rules", ours, &bad);
        assert!(status == 400 && answer.contains("\"message\""), "{bad}: {answer}");
    }
    assert_eq!(ask(&server, "DELETE /api/rules/mood/other", ours, "").0, 404);
    let (status, answer) = ask(&server, "DELETE /api/rules/mood/gloom", ours, "");
    assert!(status == 200 && answer.ends_with(r#"{"rules":[]}"#), "{answer}");
}

#[test]
fn what_is_found_goes_out_as_a_file() {
    let server = server(&few());
    let (status, answer) = ask(&server, "GET /api/export?q=rain&format=ids", "", "");
    assert!(status == 200 && answer.contains("filename=\"goshawk-posts.txt\"") && answer.contains("x:1\nx:2\n"), "{answer}");
    for (query, what) in
        [("format=xls", "none of csv"), ("format=csv&when=now", "when"), ("q=AND+AND&format=ndjson", "Failed to parse")]
    {
        let (status, answer) = ask(&server, &format!("GET /api/export?{query}"), "", "");
        assert!(status == 400 && answer.contains(what), "{answer}");
    }
}

#[test]
fn new_posts_come_as_they_are_written_and_a_wrong_query_is_told() {
    let few = few();
    let server = server(&few);
    let mut lines = BufReader::new(raw(&server, "GET /api/search/live?q=rain HTTP/1.1\r\nhost: localhost\r\n\r\n")).lines();
    let head: Vec<String> = lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
    assert!(head[0].contains("200"), "{head:?}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    few.documents.lock().unwrap().push(json!({ "id": "3", "content": "more rain" }));
    let told = lines.map(Result::unwrap).find(|line| line.starts_with("data:")).unwrap();
    assert_eq!(
        serde_json::from_str::<Json>(&told[5..]).unwrap(),
        json!({ "id": "x:3", "source": { "id": "3", "content": "more rain" } })
    );
    let mut lines = BufReader::new(raw(&server, "GET /api/search/live?q=AND%20AND HTTP/1.1\r\nhost: localhost\r\n\r\n")).lines();
    assert!(lines.any(|line| line.unwrap().contains("Failed to parse query")));
}

#[test]
fn a_process_without_an_index_says_what_to_do() {
    let log = Heap::new(Format::Compact);
    let server = serve(&log);
    assert_eq!(get(&server, "/api/search").1, r#"{"index":null}"#);
    for path in ["/es/pfr/_search", "/api/export?format=csv", "/api/search/live"] {
        let (status, answer) = get(&server, path);
        assert!(status == 404 && answer.contains("role search"), "{answer}");
    }
}

#[test]
fn an_export_that_breaks_off_does_not_look_whole() {
    let long = "rain ".repeat(40_000);
    let documents = ["1", "2", "broken"].map(|id| json!({ "id": id, "content": long }));
    let whole = server(&Arc::new(Few::with(&documents[..2])));
    let answer = all(&whole, "GET /api/export?format=ndjson", "", "");
    assert!(answer.len() > 400_000 && answer.ends_with("\r\n0\r\n\r\n"), "{} bytes", answer.len());
    let broken = server(&Arc::new(Few::with(&documents)));
    let answer = all(&broken, "GET /api/export?format=ndjson", "", "");
    assert!(!answer.ends_with("\r\n0\r\n\r\n"), "{} bytes", answer.len());
}
