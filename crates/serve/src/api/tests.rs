use crate::Server;
use crate::testing::*;
use domain::Condition;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::io::Read;

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\u{202e}\"'\\\n\0&%2e";

#[test]
fn counts_are_answered_by_city_and_time() {
    let log = Heap::with_counts(3);
    log.send_counts(&[("Oslo", 1, 4), ("Oslo", 2, 6), ("Bergen", 2, 1), ("Oslo", 3, 8)]);
    let server = serve(&log);
    await_rows(&server, 4);
    let oslo = |minute: i64, posts: u64, people: u64| json!({"city": "Oslo", "start": end(minute - 1), "end": end(minute), "posts": posts, "reposts": posts / 2, "people": people});
    let windows = |query: &str| json(&server, &format!("/api/counts{query}"));
    assert_eq!(
        windows("?city=Oslo&from=1970-01-01T00:01:00Z&to=1970-01-01T00:02:00Z"),
        json!({"windows": [oslo(2, 6, 6)], "truncated": false})
    );
    assert_eq!(windows("?from=-1m"), json!({"windows": [oslo(3, 8, 7)], "truncated": false}));
    assert_eq!(windows("?from=1970-01-01T01:02:00+01:00"), json!({"windows": [oslo(3, 8, 7)], "truncated": false}));
    assert_eq!(windows("?limit=1"), json!({"windows": [oslo(3, 8, 7)], "truncated": true}));
    assert_eq!(windows("?city=Atlantis"), json!({"windows": [], "truncated": false}));
    assert_eq!(windows("")["windows"].as_array().unwrap().len(), 4);
}

#[test]
fn cities_are_listed_and_ranked() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("Oslo", 1, 4), ("Oslo", 2, 6), ("Bergen", 2, 10), ("Aarhus", 2, 10)]);
    let server = serve(&log);
    await_rows(&server, 4);
    let names = |path: &str| -> Vec<String> {
        let rows = json(&server, path);
        rows["cities"].as_array().unwrap().iter().map(|row| row["city"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("/api/cities"), ["Aarhus", "Bergen", "Oslo"]);
    assert_eq!(names("/api/cities/top"), ["Aarhus", "Bergen", "Oslo"]);
    assert_eq!(names("/api/cities/top?by=people&n=1&last=1m"), ["Aarhus"]);
    let top = json(&server, "/api/cities/top?n=3&last=2m");
    assert_eq!(top["end"], json!(end(2)));
    assert_eq!(top["cities"][2], json!({"city": "Oslo", "posts": 10, "reposts": 5, "people": 6}));
    assert_eq!(json(&server, "/api/cities/top?n=1&trend=2&last=2m")["cities"][0]["trend"], json!([0, 10]));
    assert_eq!(json(&server, "/api/series?city=Oslo&last=1h")["windows"][1]["posts"], json!(6));
    assert_eq!(json(&server, "/api/series")["windows"][1]["cities"], json!(3));
}

#[test]
fn bad_parameters_say_how_to_write_good_ones() {
    let server = serve(&Heap::with_counts(1));
    for (path, status, kind, hint) in [
        ("/api/counts?from=yesterday", 400, "invalid", "as in 2026-03-01T12:00:00Z"),
        ("/api/counts?to=1h", 400, "invalid", "as in -15m"),
        ("/api/counts?limit=many", 400, "invalid", "invalid digit"),
        ("/api/counts?limit=100001", 400, "invalid", "100000 at most"),
        ("/api/counts?town=Oslo", 400, "invalid", "unknown field `town`, expected one of `city`"),
        ("/api/cities/top?by=fame", 400, "invalid", "expected one of `posts`, `reposts`, `people`"),
        ("/api/cities/top?n=1001", 400, "invalid", "1000 at most"),
        ("/api/cities/top?last=-1h", 400, "invalid", "as in 90s"),
        ("/api/cities/top?last=0s", 400, "invalid", "as in 90s"),
        ("/api/series?last=week", 400, "invalid", "as in 90s"),
        ("/api/tap/counts?from=middle", 400, "invalid", "start, end or an offset"),
        ("/api/tap/nothing", 404, "not_found", "there is counts"),
        ("/assets/../Cargo.toml", 404, "not_found", "nothing here"),
        ("/assets/other.js", 404, "not_found", "no such file"),
        ("/nothing", 404, "not_found", "openapi.json"),
        ("/api/append", 405, "method", "not with this method"),
    ] {
        let (answered, body) = get(&server, path);
        let problem: Json = serde_json::from_str(&body).unwrap_or_default();
        assert_eq!((answered, problem["error"]["kind"].as_str()), (status, Some(kind)), "{path}: {body}");
        assert!(problem["error"]["message"].as_str().unwrap().contains(hint), "{path}: {body}");
    }
}

#[test]
fn a_hostile_city_name_comes_back_as_it_is_and_only_as_json() {
    let log = Heap::with_counts(2);
    log.send_counts(&[(HOSTILE, 1, 4), ("", 1, 2)]);
    let server = serve(&log);
    await_rows(&server, 2);
    let name = "%3C%2Fscript%3E%3Cimg%20src=x%20onerror=alert(1)%3E%E2%80%AE%22'%5C%0A%00%26%252e";
    let found = json(&server, &format!("/api/counts?city={name}"));
    assert_eq!(found["windows"][0]["city"], json!(HOSTILE));
    assert_eq!(json(&server, "/api/counts?city=")["windows"][0]["posts"], json!(2));
    let (_, window) = event(&mut live(&server, ""), "window");
    assert_eq!(window["rows"][0]["city"], json!(HOSTILE));
    let mut answer = String::new();
    raw(&server, "GET /api/cities HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("content-type: application/json\r\n") && answer.contains("x-content-type-options: nosniff\r\n"),
        "{answer}"
    );
}

#[test]
fn every_route_is_described_and_every_described_one_answers() {
    let log = Heap::with_cascades(flow::Format::Compact, 1);
    log.send([(end(11), cascades::prediction("a", 600, 50.0))]);
    let server = serve(&log);
    until("the cascade", || json(&server, "/api/cascades")["open"] == json!(1));
    let description = json(&server, "/api/openapi.json");
    let paths = description["paths"].as_object().unwrap();
    let expected = [
        "/",
        "/api/accuracies",
        "/api/alerts",
        "/api/append",
        "/api/cascades",
        "/api/cascades/{id}",
        "/api/cities",
        "/api/cities/top",
        "/api/counts",
        "/api/export",
        "/api/live",
        "/api/openapi.json",
        "/api/rules",
        "/api/rules/{of}/{rule}",
        "/api/search",
        "/api/search/live",
        "/api/series",
        "/api/tap/{topic}",
        "/assets/{name}",
        "/cascades",
        "/cascades/{id}",
        "/explore",
        "/health",
        "/metrics",
    ];
    assert_eq!(paths.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    // Routes are added to the router with their description, in one place, and nowhere else; but the three ways into the API of
    // Elasticsearch, which others have described.
    let source = include_str!("../api.rs");
    assert_eq!((source.matches("routes!(").count(), source.matches(".route(").count()), (expected.len(), 3));
    let statuses = |path: &str, method: &str| -> BTreeSet<String> {
        paths[path][method]["responses"].as_object().unwrap().keys().cloned().collect()
    };
    // These take no GET, have no end, or need an index.
    let apart = ["/api/append", "/api/live", "/api/rules/{of}/{rule}", "/api/export", "/api/search/live"];
    for path in expected.iter().filter(|path| !apart.contains(path)) {
        let (status, body) = get(&server, &path.replace("{topic}", "counts").replace("{name}", "app.js").replace("{id}", "a"));
        assert_eq!(status, 200, "{path}: {body}");
        assert!(statuses(path, "get").contains("200"), "{path}");
    }
    event(&mut live(&server, ""), "health");
    let mut answer = String::new();
    let refused = "POST /api/append HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    raw(&server, refused).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 ") && statuses("/api/append", "post").contains("403"), "{answer}");
}

#[test]
fn the_page_is_strict_with_browsers() {
    let server = serve(&Heap::with_counts(1));
    let mut answer = String::new();
    raw(&server, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").read_to_string(&mut answer).unwrap();
    assert!(answer.contains("content-security-policy: default-src 'self';"), "{answer}");
    assert!(!answer.to_lowercase().contains("access-control-allow-origin"));
    for page in ["/", "/cascades", "/cascades/a", "/explore"].map(|path| get(&server, path).1) {
        assert!(!page.contains("style=") && !page.contains(" onclick") && page.contains("<noscript>"));
        assert!(!page.replace("/assets/", "").contains("src=\"http") && page.contains("aria-current"));
    }
    for name in ["app", "cascade", "cascades", "chart", "course", "forecast", "table", "tools"] {
        // The one address it may name is no place to go to, but what makes a line a line.
        let script = get(&server, &format!("/assets/{name}.js")).1.replace("http://www.w3.org/2000/svg", "");
        assert!(script.contains("import {") != (name == "tools") && !script.contains("://"), "{name}");
        for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "import("] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn health_and_metrics_tell_how_the_process_is() {
    let (log, patient) = (Heap::with_counts(1), patient());
    let server = Server::start(options(), log, patient.clone()).unwrap();
    for (condition, status, text) in
        [(Condition::Ok, 200, "ok"), (Condition::Degraded, 200, "degraded"), (Condition::Failed, 503, "failed")]
    {
        *patient.0.lock().unwrap() = condition;
        let (answered, body) = get(&server, "/health");
        let health: Json = serde_json::from_str(&body).unwrap();
        assert_eq!((answered, health["condition"].as_str()), (status, Some(text)));
    }
    get(&server, "/nothing");
    let (_, text) = get(&server, "/metrics");
    assert!(text.contains("goshawk_test 1\n"), "{text}");
    assert!(text.contains("goshawk_serve_requests_total{route=\"/health\",status=\"200\"} 2\n"), "{text}");
    assert!(text.contains("goshawk_serve_requests_total{route=\"none\",status=\"404\"} 1\n"), "{text}");
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
}
