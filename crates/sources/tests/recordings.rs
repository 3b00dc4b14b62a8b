//! Recordings of real services, where they are at hand: what is in each, and why the rest is refused.
//!
//! They are not part of the project: the folder that holds them is named by `GOSHAWK_DATA`.

#![expect(clippy::unwrap_used, reason = "a test")]

use flow::{Format, Out, Polled, TopicSpec};
use sources::{Settings, open};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Reasons that these recordings give, with no fault of the decoder: a field that was not asked for, or no post at all.
const EXPLAINED: [&str; 7] = [
    "no `created_at` (ask for it",
    "no `author_id` (ask for it",
    "a person, no post",
    "only what posts refer to, no posts",
    "a compliance entry (`delete`) without `redacted_at`",
    // Counts, spaces, lists, what a request did: pages of other things than posts.
    "no known kind of post: neither `data` nor `id_str` nor `id` and `text`, only ",
    // One recorded stream holds the network's own error message, written over several lines.
    "cut short: EOF while parsing an object at line 1 column 44",
];

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("GOSHAWK_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: recordings of real services (GOSHAWK_DATA not set)");
    }
    folder
}

/// How many posts a recording gives, and the reasons for what it does not give.
fn play(path: &Path, options: &str) -> (usize, Vec<String>) {
    play_url(&format!("replay:{}?speed=max{options}", path.display()))
}

fn play_url(url: &str) -> (usize, Vec<String>) {
    let mut source = open(url, &Settings::default()).unwrap().source;
    source.open(None, Box::new(|| Out::new(Format::Compact, &[TopicSpec::new("posts", 1)]))).unwrap();
    let (mut posts, mut reasons) = (0, vec![]);
    loop {
        let (polled, pulled) = source.poll(Duration::from_secs(10)).unwrap();
        if let Some(pulled) = pulled {
            posts += pulled.staged.len();
            reasons.extend(pulled.refused.into_iter().map(|refused| refused.reason));
        }
        if polled == Polled::End {
            return (posts, reasons);
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "json" || end == "jsonl") {
            found.push(path);
        }
    }
}

#[test]
fn every_record_is_a_post_or_refused_with_a_known_reason() {
    let Some(data) = data() else { return };
    for (set, least) in [("x_v1", 2700), ("x_v2", 6000)] {
        let mut paths = vec![];
        files(&data.join(set), &mut paths);
        let mut all = 0;
        for path in paths {
            let (posts, reasons) = play(&path, "");
            all += posts;
            let unexplained: Vec<_> =
                reasons.iter().filter(|reason| !EXPLAINED.iter().any(|known| reason.starts_with(known))).collect();
            assert!(unexplained.is_empty(), "{}: {unexplained:?}", path.display());
            println!("{}: {posts} posts, {} refused", path.file_name().unwrap().display(), reasons.len());
        }
        assert!(all >= least, "{set}: {all} posts");
    }
}

#[test]
fn recordings_give_what_was_counted_in_them() {
    let Some(data) = data() else { return };
    for (file, posts, refused) in [
        ("x_v1/statuses_v11.jsonl", 2284, 0),
        ("x_v1/python_twitter/streaming_lines.jsonl", 72, 0),
        ("x_v1/python_twitter/get_search_raw.json", 100, 0),
        ("x_v1/python_twitter/get_statuses.map.1.json", 0, 1),
        ("x_v2/twarc_csv/flat.jsonl", 100, 0),
        ("x_v2/twarc_csv/noflat.jsonl", 100, 0),
        ("x_v2/twarc_csv/streaming_output_with_error.jsonl", 7, 1),
        ("x_v2/twarc_csv/tweets_compliance.jsonl", 1, 1),
        ("x_v2/twarc_csv/users_compliance.jsonl", 0, 2),
        ("x_v2/twarc_csv/users.jsonl", 0, 96),
        ("x_v2/twarc_csv/counts.jsonl", 0, 169),
        ("x_v2/academictwitter/commtwitter/data_1399765322509557763.json", 5, 0),
        ("x_v2/academictwitter/commtwitter/users_1399765322509557763.json", 0, 1),
        ("sentiment140/merged_25k.csv", 25_000, 0),
        ("sentiment140/sample_archana.csv", 10_000, 0),
    ] {
        let (found, reasons) = play(&data.join(file), "");
        assert_eq!((found, reasons.len()), (posts, refused), "{file}: {reasons:?}");
    }
    let latin = play(&data.join("sentiment140/sample_njoselson.csv"), "&encoding=latin-1");
    assert_eq!((latin.0, latin.1.len()), (20_000, 0));
}

#[test]
fn cascades_give_what_was_counted_in_them() {
    let Some(data) = data() else { return };
    for (set, posts) in [("cascades", 205_455), ("cascades_trees", 447_269)] {
        for options in ["", "&sources=5&alive=5", "&shuffle=false&within=0s"] {
            let (found, reasons) = play_url(&format!("cascades:{}?speed=max{options}", data.join(set).display()));
            assert_eq!((found, reasons.len()), (posts, 0), "{set}: {reasons:?}");
        }
    }
}
