use super::*;
use crate::testing::Fake;
use domain::{Kind, Post};
use flow::{Mark, Out, Producer, Timestamp, TopicSpec, Value as _};

fn document(id: &'static str, kind: Kind, text: &'static str) -> Document<'static> {
    let post = Post { kind, text: text.into(), ..Post::deletion("x".into(), id.into(), Timestamp::from_seconds(1)) };
    Document { post, revision: 1, scores: vec![], missing: vec![], forecast: None }
}

fn batch(base: u64, documents: &[Document<'_>]) -> Batch {
    let mut out = Out::new(Format::Json, &[TopicSpec::new(Document::TOPIC, 1)]);
    for document in documents {
        out.send(document.post.time, document);
    }
    let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
    let output = out.take(&Producer::from("join/0"), mark, true).remove(0);
    Batch { topic: output.topic, partition: output.partition, base, from: base, block: output.block }
}

fn writing(empty: bool) -> Writing {
    Writing { index: "pfr".into(), log: "this".into(), empty, batch_bytes: 1000 }
}

fn sink(fake: &Fake) -> Opensearch {
    let mut sink = Opensearch::new(vec![Service::at("OpenSearch", &fake.url).unwrap()], writing(false));
    sink.ready = true;
    sink
}

fn taken(many: usize) -> String {
    let items = vec![r#"{"index":{"status":201}}"#; many].join(",");
    format!("200 OK\n{{\"errors\":false,\"items\":[{items}]}}")
}

#[test]
fn the_newest_document_of_a_post_is_written_under_its_name_with_its_place_for_a_version() {
    let fake = Fake::start();
    fake.answers(&taken(2));
    let documents =
        [document("7", Kind::Original, "rian"), document("8", Kind::Reply, "snow"), document("7", Kind::Original, "rain")];
    assert_eq!(sink(&fake).write(&[batch(40, &documents)], Format::Json).unwrap(), []);
    let asked = fake.asked();
    assert_eq!((asked.len(), asked[0].what.as_str()), (1, "POST /pfr/_bulk"));
    let lines: Vec<Value> = asked[0].body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({ "index": { "_id": "x:7", "version": 43, "version_type": "external" } }));
    assert_eq!((&lines[1]["content"], &lines[3]["content"]), (&json!("rain"), &json!("snow")));
}

#[test]
fn what_was_taken_back_goes_and_what_repeats_it() {
    let fake = Fake::start();
    fake.answers("200 OK\n{\"errors\":false,\"items\":[{\"delete\":{\"status\":404}}]}");
    sink(&fake).write(&[batch(0, &[document("7", Kind::Deletion, "")])], Format::Json).unwrap();
    let asked: Vec<(String, String)> = fake.asked().into_iter().map(|asked| (asked.what, asked.body)).collect();
    assert!(asked[0].1.starts_with(r#"{"delete":{"_id":"x:7","version":1"#), "{asked:?}");
    assert_eq!(asked[1].0, "POST /pfr/_refresh");
    assert!(asked[2].0.starts_with("POST /pfr/_delete_by_query?") && asked[2].1.contains(r#"{"root":["7"]}"#), "{asked:?}");
}

#[test]
fn each_item_is_taken_refused_or_tried_again_for_itself() {
    let fake = Fake::start();
    let mapping =
        r#"{"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"no","caused_by":{"reason":"because"}}}}"#;
    let busy = r#"{"index":{"status":429,"error":{"type":"rejected","reason":"busy"}}}"#;
    let old = r#"{"index":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"old"}}}"#;
    let closed = r#"{"index":{"status":403,"error":{"type":"cluster_block_exception","reason":"read-only"}}}"#;
    fake.answers(&format!("200 OK\n{{\"errors\":true,\"items\":[{old},{mapping},{busy},{closed}]}}"));
    let documents = ["1", "2", "3", "4"].map(|id| document(id, Kind::Original, "rain"));
    let mut sink = sink(&fake);
    let (batch, mut refused) = (batch(0, &documents), vec![]);
    let items = |batch: &'_ Batch| -> Vec<String> {
        batch.block.records(0, 0).map(|record| String::from_utf8(record.value.unwrap().to_vec()).unwrap()).collect()
    };
    let records: Vec<Item<'_>> = batch
        .block
        .records(0, 0)
        .zip(&documents)
        .map(|(record, document)| Item { batch: &batch, record, value: record.value.unwrap(), lines: String::new() }.of(document))
        .collect();
    let answer: Value = serde_json::from_str(&format!("{{\"items\":[{old},{mapping},{busy},{closed}]}}")).unwrap();
    let (again, why) = sink.judge(records, &answer, &mut refused).unwrap();
    assert_eq!(again.iter().map(|item| item.record.offset).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(why, "cluster_block_exception: read-only");
    assert_eq!((refused[0].offset, refused[0].reason.as_str()), (1, "mapper_parsing_exception: no (because)"));
    assert_eq!(refused[0].raw.0, items(&batch)[1].as_bytes());
    // Where the store stays busy, all of it is tried again later, and nothing is told twice.
    let error = sink.write(&[batch], Format::Json).unwrap_err();
    assert!(error.retry().is_some(), "{error}");
}

#[test]
fn more_than_the_store_takes_at_once_is_halved_down_to_the_one_that_is_too_large() {
    let fake = Fake::start();
    fake.answers("413 Too Large\nno");
    let documents = ["1", "2", "3"].map(|id| document(id, Kind::Original, "rain"));
    let refused = sink(&fake).write(&[batch(0, &documents)], Format::Json).unwrap();
    assert_eq!(refused.iter().map(|refused| refused.offset).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(fake.asked().len(), 5);
}

#[test]
fn a_store_that_is_away_or_no_store_loses_nothing() {
    let gone = format!("http://127.0.0.1:{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let fake = Fake::start();
    let nodes = [gone.as_str(), &fake.url].map(|url| Service::at("OpenSearch", url).unwrap()).to_vec();
    let mut sink = Opensearch::new(nodes, writing(false));
    fake.answers(&taken(1));
    sink.ready = true;
    assert_eq!(sink.write(&[batch(0, &[document("1", Kind::Original, "rain")])], Format::Json).unwrap(), []);
    assert_eq!((sink.at, fake.asked().len()), (1, 1));
    for nonsense in
        ["200 OK\nhello", "200 OK\n{\"items\":[]}", "503 Away\n{}", "401 Who\n{\"error\":{\"type\":\"a\",\"reason\":\"b\"}}"]
    {
        fake.answers(nonsense);
        let error = sink.write(&[batch(0, &[document("1", Kind::Original, "rain")])], Format::Json).unwrap_err();
        assert_eq!(error.retry().is_none(), nonsense.starts_with("401"), "{nonsense}: {error}");
    }
}

#[test]
fn another_logs_index_is_left_alone_and_emptied_where_that_is_asked() {
    let fake = Fake::start();
    let mut sink = Opensearch::new(vec![Service::at("OpenSearch", &fake.url).unwrap()], writing(false));
    fake.answers(
        r#"200 OK
{"pfr-1":{"mappings":{"_meta":{"goshawk_log":"other"}}}}"#,
    );
    let error = sink.prepare().unwrap_err();
    assert!(error.retry().is_none() && error.to_string().contains("opensearch.empty = true"), "{error}");
    fake.asked();
    fake.answers(
        r#"200 OK
{"pfr":{"mappings":{"_meta":{"goshawk_log":"this"}}}}"#,
    );
    let mut sink = Opensearch::new(vec![Service::at("OpenSearch", &fake.url).unwrap()], writing(true));
    sink.prepare().unwrap();
    sink.prepare().unwrap();
    let asked: Vec<String> = fake.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked.iter().filter(|what| what.starts_with("DELETE /pfr")).count(), 1, "{asked:?}");
    assert!(asked.contains(&"PUT /_index_template/goshawk-pfr".to_owned()), "{asked:?}");
}
