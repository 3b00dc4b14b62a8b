use super::*;
use crate::mapping::Mapping;
use crate::{Feed, Indices};
use serde_json::{Value, json};
use std::path::Path;

fn put(index: &Index, id: &str, source: Value, condition: Condition) -> crate::Result<Done> {
    let source = source.to_string();
    let done = index.write(&Write { id: Some(id), source: Some(source.as_bytes()), condition, bulk: 0 });
    index.sync()?;
    done
}

fn remove(index: &Index, id: &str) -> Done {
    let done = index.write(&Write { id: Some(id), source: None, condition: Condition::Any, bulk: 0 }).unwrap();
    index.sync().unwrap();
    done
}

/// What is in a folder, with the sizes of files.
fn listed(folder: &Path) -> std::collections::BTreeMap<std::path::PathBuf, u64> {
    let mut found = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.metadata() {
            Ok(about) if about.is_dir() => found.extend(listed(&entry.path())),
            Ok(about) if entry.file_name() != "lock" => drop(found.insert(entry.path(), about.len())),
            _ => {}
        }
    }
    found
}

/// A copy of a folder as a crash would leave it: of one moment, though others work in it.
fn crashed(from: &Path, to: &Path) {
    loop {
        let before = listed(from);
        let copied = before.keys().all(|path| {
            let target = to.join(path.strip_prefix(from).unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(path, target).is_ok()
        });
        if copied && listed(from) == before {
            return;
        }
        std::fs::remove_dir_all(to).unwrap();
    }
}

#[test]
fn versions_are_counted_and_kept_to() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let index = indices.create("a", Value::Null, Mapping::new()).unwrap();
    let told = |done: Done| format!("{} {} {}", done.outcome.name(), done.version, done.seq_no);
    assert_eq!(told(put(&index, "1", json!({"x": 1}), Condition::Any).unwrap()), "created 1 0");
    assert_eq!(told(put(&index, "1", json!({"x": 2}), Condition::Any).unwrap()), "updated 2 1");
    index.refresh().unwrap();
    assert_eq!(told(put(&index, "1", json!({"x": 3}), Condition::Any).unwrap()), "updated 3 2");
    assert_eq!(told(remove(&index, "1")), "deleted 4 3");
    index.refresh().unwrap();
    assert_eq!(told(put(&index, "1", json!({"x": 4}), Condition::Absent).unwrap()), "created 5 4");
    index.refresh().unwrap();
    assert_eq!(put(&index, "1", json!({}), Condition::Absent).unwrap_err().status, 409);
    assert_eq!(told(put(&index, "2", json!({}), Condition::Older(7)).unwrap()), "created 7 5");
    assert_eq!(put(&index, "2", json!({}), Condition::Older(7)).unwrap_err().status, 409);
    assert_eq!(put(&index, "2", json!({}), Condition::Number(4, 1)).unwrap_err().status, 409);
    assert_eq!(told(put(&index, "2", json!({}), Condition::Number(5, 1)).unwrap()), "updated 8 6");
    assert_eq!(told(remove(&index, "9")), "not_found 1 7");
    assert_eq!(index.get("1", true).unwrap().unwrap().source, br#"{"x":4}"#);
    index.refresh().unwrap();
    assert_eq!(index.searcher().unwrap().num_docs(), 2);
}

#[test]
fn bulks_that_come_at_once_lie_apart_unless_one_takes_something_back() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let index = indices.create("a", Value::Null, Mapping::new()).unwrap();
    let write = |id: &str, bulk: u64| {
        let write = Write { id: Some(id), source: Some(b"{}"), condition: Condition::Any, bulk };
        index.write(&write).unwrap();
    };
    let ids = || {
        let found = indices.pages("a", &json!({ "query": { "match_all": {} } }), 100).unwrap().next_page().unwrap();
        found.into_iter().map(|document| document.id).collect::<Vec<_>>().join(" ")
    };
    [("a1", 1), ("b1", 2), ("a2", 1), ("b2", 2)].into_iter().for_each(|(id, bulk)| write(id, bulk));
    index.sync().unwrap();
    index.refresh().unwrap();
    assert_eq!(ids(), "a1 a2 b1 b2");
    [("b3", 2), ("a1", 1), ("b4", 2), ("a1", 1)].into_iter().for_each(|(id, bulk)| write(id, bulk));
    index.sync().unwrap();
    index.refresh().unwrap();
    assert_eq!(ids(), "a2 b1 b2 b3 b4 a1");
}

#[test]
fn what_was_answered_outlives_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after, torn) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
    let indices = Indices::open(&before).unwrap();
    let index = indices.create("i", Value::Null, Mapping::new()).unwrap();
    put(&index, "1", json!({"x": "one"}), Condition::Any).unwrap();
    index.refresh().unwrap();
    put(&index, "2", json!({"y": "two"}), Condition::Any).unwrap();
    put(&index, "1", json!({"x": "uno"}), Condition::Any).unwrap();
    put(&index, "3", json!({"x": "three"}), Condition::Any).unwrap();
    remove(&index, "3");
    crashed(&before, &after);
    crashed(&before, &torn);
    assert!(Indices::open(&before).is_err(), "two at once");
    let indices = Indices::open(&after).unwrap();
    let index = indices.get("i").unwrap();
    assert_eq!(index.searcher().unwrap().num_docs(), 2);
    let one = index.get("1", true).unwrap().unwrap();
    assert_eq!((one.version, one.seq_no, one.source.as_slice()), (2, 2, br#"{"x":"uno"}"#.as_slice()));
    assert_eq!(put(&index, "4", json!({}), Condition::Any).unwrap().seq_no, 5);
    assert!(index.mapping().leaf("y.keyword").is_some());

    let ahead = torn.join("i/ahead.1");
    let bytes = std::fs::read(&ahead).unwrap();
    for cut in [1, 20, bytes.len() / 2] {
        std::fs::write(&ahead, &bytes[..bytes.len() - cut]).unwrap();
        let copy = folder.path().join(format!("torn{cut}"));
        crashed(&torn, &copy);
        let index = Indices::open(&copy).unwrap().get("i").unwrap();
        assert!(index.get("1", true).unwrap().is_some());
        assert!(put(&index, "5", json!({}), Condition::Any).is_ok());
    }
}

#[test]
fn what_was_answered_outlives_a_mapping_that_it_no_longer_fits() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("a"), folder.path().join("b"));
    let indices = Indices::open(&before).unwrap();
    let open = indices.create("open", Value::Null, Mapping::new()).unwrap();
    put(&open, "1", json!({"e": {}}), Condition::Any).unwrap();
    assert_eq!(put(&open, "2", json!({"e": 5}), Condition::Any).unwrap_err().kind, "mapper_parsing_exception");
    let closed = indices.create("closed", Value::Null, Mapping::read(&json!({"dynamic": false})).unwrap()).unwrap();
    put(&closed, "1", json!({"e": ["x", 7], "o": 1, "p": {"q": "x"}}), Condition::Any).unwrap();
    let told = json!({"properties": {"e": {"type": "long"}, "o": {"type": "object"}, "p.q": {"type": "date"}}});
    closed.change_mapping(&mut |mapping| mapping.merge(&told)).unwrap();
    crashed(&before, &after);
    let indices = Indices::open(&after).unwrap();
    assert!(indices.get("open").unwrap().get("1", true).unwrap().is_some());
    let closed = indices.get("closed").unwrap();
    assert_eq!(closed.get("1", true).unwrap().unwrap().source, br#"{"e":["x",7],"o":1,"p":{"q":"x"}}"#);
    let found = indices.pages("closed", &json!({"query": {"term": {"e": 7}}}), 10).unwrap().next_page().unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn one_that_is_damaged_does_not_keep_the_others_from_opening() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    for name in ["a", "b"] {
        let index = indices.create(name, Value::Null, Mapping::new()).unwrap();
        put(&index, "1", json!({"x": "one"}), Condition::Any).unwrap();
    }
    drop(indices);
    std::fs::write(folder.path().join("a/index.json"), "{").unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    assert!(indices.get("b").unwrap().get("1", true).unwrap().is_some());
    for (method, path) in [
        ("GET", "/a/_doc/1"),
        ("PUT", "/a/_doc/1"),
        ("POST", "/a/_search"),
        ("POST", "/_search"),
        ("PUT", "/a"),
        ("DELETE", "/a"),
    ] {
        let answer = indices.answer(&crate::Call { method, path, query: "", body: b"{}" });
        let told = String::from_utf8(answer.body).unwrap();
        assert!(answer.status == 503 && told.contains("is damaged"), "{method} {path}: {told}");
    }
    let found = indices.answer(&crate::Call { method: "GET", path: "/b/_count", query: "", body: b"" });
    assert_eq!(found.status, 200);
}

#[test]
fn a_feed_and_its_progress_agree_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (folder.path().join("a"), folder.path().join("b"));
    let mapping = || Mapping::read(&json!({"properties": {"date": {"type": "date"}}})).unwrap();
    let indices = Indices::open(&before).unwrap();
    let feed: Feed = indices.feed("posts", mapping()).unwrap();
    assert_eq!(feed.progress(), "");
    for number in 0..10 {
        feed.put(&number.to_string(), 1, json!({ "date": number * 1000 }).to_string().as_bytes()).unwrap();
    }
    assert!(feed.put("x", 1, br#"{"date": "never"}"#).is_err());
    feed.commit("offset 10").unwrap();
    feed.put("3", 2, br#"{"date": 9999}"#).unwrap();
    crashed(&before, &after);
    let again = Indices::open(&after).unwrap();
    let feed = again.feed("posts", mapping()).unwrap();
    assert_eq!((feed.progress().as_str(), feed.len().unwrap()), ("offset 10", 10));
    assert_eq!(feed.index.get("3", true).unwrap().unwrap().version, 1);
    feed.put("3", 2, br#"{"date": 9999}"#).unwrap();
    feed.delete("4").unwrap();
    feed.expire("date", 2000).unwrap();
    feed.commit("offset 11").unwrap();
    assert_eq!((feed.progress().as_str(), feed.len().unwrap()), ("offset 11", 7));
    assert_eq!(feed.index.get("3", true).unwrap().unwrap().version, 2);
    assert_eq!(feed.index.check_unfed().unwrap_err().status, 403);
}

#[test]
fn an_index_is_gone_once_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let index = indices.create("i", Value::Null, Mapping::new()).unwrap();
    put(&index, "1", json!({"x": "one"}), Condition::Any).unwrap();
    assert_eq!(indices.create("i", Value::Null, Mapping::new()).err().unwrap().kind, "resource_already_exists_exception");
    index.refresh().unwrap();
    let leaf = index.mapping().leaf("x.keyword").unwrap().clone();
    assert!(crate::blocks::open(index.searcher().unwrap().segment_reader(0), &leaf).unwrap().is_some());
    let held = || std::fs::read_to_string("/proc/self/maps").unwrap().contains(folder.path().to_str().unwrap());
    assert!(held());
    indices.delete("i").unwrap();
    drop(index);
    // The clock may just look at it.
    let gone = (0..250).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        !held()
    });
    assert!(gone, "what was opened of it keeps its files");
    assert!(indices.delete("i").is_err());
    let index = indices.create("i", Value::Null, Mapping::new()).unwrap();
    assert_eq!(index.searcher().unwrap().num_docs(), 0);
    for name in ["A", "_a", "a b", "..", "a/b", ""] {
        assert!(indices.create(name, Value::Null, Mapping::new()).is_err(), "{name}");
    }
}

#[test]
fn what_is_put_again_is_there_once_however_commits_fall() {
    let folder = tempfile::tempdir().unwrap();
    let mut random: u64 = 7;
    let mut below = move |bound: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    };
    let mut puts: std::collections::HashMap<u64, u64> = std::collections::HashMap::new();
    for _ in 0..60 {
        let indices = Indices::open(folder.path()).unwrap();
        let mapping = Mapping::read(&json!({"properties": {"date": {"type": "date"}}})).unwrap();
        let feed = indices.feed("i", mapping).unwrap();
        for round in 0..40 {
            let fresh = puts.len() as u64;
            // The first write of a life is one that deletes.
            let id = if round == 0 || below(2) == 0 { fresh.saturating_sub(1 + below(9)) } else { fresh };
            let version = puts.entry(id).or_default();
            *version += 1;
            feed.put(&id.to_string(), *version, format!("{{\"n\":{version},\"date\":10}}").as_bytes()).unwrap();
            if below(12) == 0 {
                if below(2) == 0 {
                    feed.expire("date", 5).unwrap();
                }
                feed.commit(&round.to_string()).unwrap();
                assert_eq!(feed.len().unwrap(), puts.len() as u64, "round {round}");
            }
        }
        feed.commit("end").unwrap();
        assert_eq!(feed.len().unwrap(), puts.len() as u64);
    }
}

#[test]
fn what_is_only_deleted_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let feed = Indices::open(folder.path()).unwrap().feed("i", Mapping::new()).unwrap();
    for id in ["1", "2", "3"] {
        feed.put(id, 1, b"{}").unwrap();
    }
    feed.commit("a").unwrap();
    feed.delete("2").unwrap();
    feed.commit("b").unwrap();
    feed.delete_where(&json!({ "ids": { "values": ["3"] } })).unwrap();
    feed.put("4", 1, b"{}").unwrap();
    feed.commit("c").unwrap();
    assert_eq!(feed.len().unwrap(), 2);
}

#[test]
fn few_writers_stay_open_and_indexes_are_not_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let indices = Indices::open(folder.path()).unwrap();
    let lines: String =
        (0..40).map(|number| format!("{{\"index\":{{\"_index\":\"i{number}\",\"_id\":\"1\"}}}}\n{{\"n\":1}}\n")).collect();
    for version in 1..=8 {
        let answer = indices.answer(&crate::Call { method: "POST", path: "/_bulk", query: "", body: lines.as_bytes() });
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((&told["errors"], &told["items"][39]["index"]["_version"]), (&json!(false), &json!(version)), "{told}");
    }
    let open = indices.all().iter().filter(|index| index.writer().is_open()).count();
    assert!(open <= 20, "{open}");
    for index in indices.all() {
        index.refresh().unwrap();
        assert_eq!(index.searcher().unwrap().num_docs(), 1);
    }
    assert!(super::indexes::check_room(999).is_ok());
    assert_eq!(super::indexes::check_room(1000).unwrap_err().kind, "validation_exception");
}
