use crate::Server;
use crate::testing::*;
use domain::{Author, Post};
use flow::{Format, Log, Timestamp, TopicSpec, Value};
use serde_json::json;
use std::io::Read;
use std::sync::atomic::Ordering;

const JSON_HERE: &str = "host: localhost\r\ncontent-type: application/json";

fn post(id: &str) -> Post<'static> {
    let text: domain::Text<'static> = id.to_owned().into();
    let author = Author { id: "1".into(), handle: None, followers: None, location: None };
    let (time, target, lang, place) = (end(1), None, None, None);
    Post {
        network: "x".into(),
        id: text.clone(),
        root: text.clone(),
        kind: domain::Kind::Original,
        target,
        time,
        author,
        text,
        lang,
        place,
        rules: vec![],
    }
}

fn append(server: &Server, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request =
        format!("POST /api/append HTTP/1.1\r\n{headers}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut answer = String::new();
    raw(server, &request).read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[test]
fn posts_are_appended_whole_or_not_at_all() {
    let log = Heap::new(Format::Compact);
    let server = serve(&log);
    let body = json!({"topic": "posts", "records": [post("1"), post("2")]}).to_string();
    assert_eq!(append(&server, JSON_HERE, &body).0, 404);
    log.declare(&[TopicSpec::new(Post::TOPIC, 2)]).unwrap();
    let (status, answer) = append(&server, JSON_HERE, &body);
    assert!(status == 200 && answer.ends_with("{\"appended\":2}"), "{answer}");
    let tapped = get(&server, "/api/tap/posts").1;
    let mut ids: Vec<String> =
        tapped.lines().map(|line| serde_json::from_str::<Post<'_>>(line).unwrap().id.to_string()).collect();
    ids.sort();
    assert_eq!(ids, ["1", "2"]);
    let blocks = (0..2).flat_map(|partition| log.read("posts", partition, 0, 1 << 20).unwrap());
    assert!(blocks.into_iter().all(|batch| batch.block.mark.done && batch.block.mark.watermark == Timestamp::MIN));
    let half = json!({"topic": "posts", "records": [post("3"), {"id": "4"}]}).to_string();
    for bad in ["", "{}", "[1]", &half, &body.replace("posts", "counts"), &body.replace("\"records\"", "\"more\":1,\"records\"")]
    {
        assert_eq!(append(&server, JSON_HERE, bad).0, 400, "{bad}");
    }
    log.failing.store(true, Ordering::Relaxed);
    assert_eq!(append(&server, JSON_HERE, &body).0, 503);
    log.failing.store(false, Ordering::Relaxed);
    assert_eq!(get(&server, "/api/tap/posts").1.lines().count(), 2);
}

#[test]
fn a_rollback_is_nobodys_and_promises_nothing() {
    let log = Heap::new(Format::Compact);
    let server = serve(&log);
    log.declare(&[TopicSpec::new("rollbacks", 1)]).unwrap();
    let body = json!({"topic": "rollbacks", "records": [{"window": "600", "version": 7, "time": "2024-05-01T10:00:00.000Z"}]});
    let (status, answer) = append(&server, JSON_HERE, &body.to_string());
    assert!(status == 200 && answer.ends_with("{\"appended\":1}"), "{answer}");
    let tapped = get(&server, "/api/tap/rollbacks").1;
    assert_eq!(tapped, "{\"window\":\"600\",\"version\":7,\"reason\":null,\"time\":\"2024-05-01T10:00:00.000Z\"}\n");
    let blocks = log.read("rollbacks", 0, 0, 1 << 20).unwrap();
    assert!(blocks.iter().all(|batch| batch.block.producer.is_empty()));
    assert_eq!(append(&server, JSON_HERE, &body.to_string().replace("\"version\":7", "\"version\":\"x\"")).0, 400);
}

#[test]
fn only_programs_on_this_machine_may_append() {
    let log = Heap::new(Format::Json);
    log.declare(&[TopicSpec::new(Post::TOPIC, 1)]).unwrap();
    let server = serve(&log);
    let body = json!({"topic": "posts", "records": [post("1")]}).to_string();
    for (headers, status) in [
        (JSON_HERE.to_owned(), 200),
        ("host: evil.example\r\ncontent-type: application/json".to_owned(), 403),
        (format!("{JSON_HERE}\r\norigin: http://evil.example"), 403),
        (format!("{JSON_HERE}\r\nx-forwarded-for: 1.2.3.4"), 403),
        ("host: localhost\r\ncontent-type: text/plain".to_owned(), 400),
        ("host: localhost".to_owned(), 400),
    ] {
        assert_eq!(append(&server, &headers, &body).0, status, "{headers}");
    }
    let headers = "127.0.0.1:1".parse().map(|peer| crate::guard::may_write(peer, &Default::default()).is_err());
    assert_eq!(headers, Ok(true));
    let far = crate::guard::may_write("192.0.2.1:1".parse().unwrap(), &Default::default());
    assert!(format!("{far:?}").contains("on the machine"), "{far:?}");
    let large = "x".repeat((4 << 20) + 1);
    assert_eq!(append(&server, JSON_HERE, &large).0, 413);
}
