//! The same requests to the real OpenSearch and to ours, and what its official clients make of either.

use super::server::{Store, ask};
use crate::support::{Place, Process};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The Python of one of the clients.
fn python(client: &str) -> PathBuf {
    let beside = |folder: &Path| folder.join("target/services/clients");
    let folder = std::env::var_os("GOSHAWK_CLIENTS").map(PathBuf::from).or_else(|| {
        let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(beside);
        above.find(|folder| folder.exists())
    });
    let folder = folder.filter(|folder| folder.join(".complete").exists());
    folder
        .expect("the Python clients are not installed for the tests: run `make need-clients` (`make test` does)")
        .join(client)
        .join("bin/python")
}

/// What one of our scripts says, which must end well.
fn says(client: &str, script: &str, arguments: &[&str]) -> String {
    let script = format!("{}/tests/elastic/{script}", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(python(client)).arg(&script).args(arguments).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{script} {arguments:?}: {said}");
    said
}

/// A process that does nothing but search; the address of its API.
pub fn searching(place: &Place) -> (Process, String) {
    let mut process = place.start("run --log disk:log --listen 127.0.0.1:0 --roles search,serve");
    let url = format!("{}/es", process.page());
    (process, url)
}

#[test]
fn the_scenarios_are_what_the_real_one_answers_and_what_ours_does() {
    let store = Store::start();
    let (place, said) = (Place::new(), says("record", "record.py", &[&store.url, "--check"]));
    assert!(said.contains(" 0 differ"), "{said}");
    let played: u32 = said.lines().last().unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(played >= 800, "{said}");
    // The index that is fed from the log stays out of the way, and is not theirs to delete.
    let place = place.set("search.index", ".own");
    let (_process, url) = searching(&place);
    let apart = format!("{}/tests/elastic/apart.json", env!("CARGO_MANIFEST_DIR"));
    let said = says("record", "record.py", &[&url, "--check", "--apart", &apart]);
    assert!(said.contains(" 0 differ"), "{said}");
}

#[test]
fn official_clients_take_ours_for_the_real_one() {
    let store = Store::start();
    let place = Place::new();
    let (_process, url) = searching(&place);
    for client in ["opensearch", "elasticsearch"] {
        for server in [&store.url, &url] {
            let said = says(client, "clients.py", &[server, "--client", client]);
            assert!(said.starts_with("ok "), "{server}: {said}");
        }
    }
    // Its later versions refuse what is not Elastic's; ours says what they want to hear.
    let said = says("elasticsearch8", "clients.py", &[&url, "--client", "elasticsearch8"]);
    assert!(said.starts_with("ok "), "{said}");
}

#[test]
fn hostile_requests_take_little_time_and_memory_and_are_refused_in_words() {
    let place = Place::new();
    let (process, url) = searching(&place);
    ask(
        &url,
        "PUT",
        "/posts",
        r#"{"mappings":{"properties":{"content":{"type":"text"},"name":{"type":"keyword"},"n":{"type":"long"}}}}"#,
    );
    let lines: String = (0..5000).map(|n| format!("{{\"index\":{{\"_id\":\"{n}\"}}}}\n{{\"content\":\"word{n} aaaaaaaaaaaaaaaaaaaaaaaa\",\"name\":\"name{n}\",\"n\":{n}}}\n")).collect();
    assert_eq!(ask(&url, "POST", "/posts/_bulk?refresh=true", &lines).1["errors"], false);
    let deep =
        |open: &str, inner: &str, close: &str, times: usize| format!("{}{inner}{}", open.repeat(times), close.repeat(times));
    let nested = |times| deep(r#"{"terms":{"field":"name","size":1000},"aggs":{"a":"#, r#"{"avg":{"field":"n"}}"#, "}}", times);
    let many: Vec<Value> = (0..5000).map(|n| json!({ "term": { "name": format!("x{n}") } })).collect();
    let long = "a".repeat(10 << 20);
    let hostile = [
        format!(r#"{{"size":0,"aggs":{{"a":{}}}}}"#, nested(100)),
        format!(r#"{{"size":0,"aggs":{{"a":{}}}}}"#, nested(4)),
        r#"{"size":1000000}"#.to_owned(),
        r#"{"from":9999999}"#.to_owned(),
        r#"{"size":0,"aggs":{"h":{"histogram":{"field":"n","interval":0.000001}}}}"#.to_owned(),
        format!(r#"{{"query":{{"regexp":{{"name":"{}"}}}}}}"#, "(a*)*".repeat(400)),
        r#"{"query":{"regexp":{"name":"(.*a){1000}"}}}"#.to_owned(),
        json!({ "query": { "bool": { "should": many } } }).to_string(),
        format!(r#"{{"query":{}}}"#, deep(r#"{"bool":{"must":["#, r#"{"match_all":{}}"#, "]}}", 2000)),
        deep("[", "", "]", 100_000),
        format!(r#"{{"query":{{"match":{{"content":"{long}"}}}}}}"#),
        format!(r#"{{"query":{{"query_string":{{"query":"{}"}}}}}}"#, "(".repeat(100_000)),
        r#"{"query":{"query_string":{"query":"content:*a* AND *b* OR *c*"}}}"#.to_owned(),
        r#"{"size":0,"aggs":{"t":{"terms":{"field":"name","size":2147483647}}}}"#.to_owned(),
    ];
    for body in hostile {
        let begun = Instant::now();
        let (status, answer) = ask(&url, "POST", "/posts/_search", &body);
        let shown: String = body.chars().take(100).collect();
        assert!(begun.elapsed() < Duration::from_secs(20), "{shown} took {:?}", begun.elapsed());
        let refused = answer["error"]["type"].is_string() && answer["error"]["reason"].is_string();
        assert!(status == 200 || refused, "{shown}: {status} {}", answer.to_string().chars().take(300).collect::<String>());
    }
    let memory = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let peak: u64 =
        memory.lines().find(|line| line.starts_with("VmHWM")).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(peak < 1_500_000, "{peak} KiB at its highest");
    assert_eq!(ask(&url, "GET", "/posts/_count", "").1["count"], 5000);
}
