mod pace;

use crate::testing::{Brought, begin, play, play_in_pieces, poll, settings, started};
use crate::{Error, Settings, open};
use flow::{Broken, Timestamp};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn line(id: u64, millis: i64, text: &str) -> String {
    let time = Timestamp::parse("2026-03-01T00:00:00Z").unwrap().plus_millis(millis);
    format!(r#"{{"data":{{"id":"{id}","text":"{text}","author_id":"7","created_at":"{time}"}}}}"#)
}

/// Lines of all sorts: good, blank, broken, long, a page.
fn mixture() -> String {
    let mut text = String::from("\u{feff}");
    for id in 0..40 {
        text += &line(id, id as i64 * 10, &"é".repeat(id as usize * 7));
        text += match id % 5 {
            0 => "\n",
            1 => "\r\n\r\n",
            2 => "\n{\"data\":{\"id\":\"cut\n",
            3 => "\n   \nnonsense\n",
            _ => "\n[{\"id\":\"p\",\"text\":\"t\",\"author_id\":\"1\",\"created_at\":\"2026-03-01T00:00:00Z\"},{}]\n",
        };
    }
    text + &"x".repeat(3000) + "\n" + &line(99, 999, "last, without an end")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn url(path: &Path, options: &str) -> String {
    format!("replay:{}?{options}", path.display())
}

fn small(chunk: usize) -> Settings {
    Settings { chunk, max_record: 2000, ..settings() }
}

#[test]
fn chunks_and_threads_do_not_matter() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", mixture());
    let whole = play(&url(&path, "speed=max"), &small(1 << 20));
    assert_eq!((whole.posts.len(), whole.refused.len()), (49, 25), "{:?}", whole.reasons());
    assert!(whole.reasons().contains(&"3000 bytes long, the limit is 2000; the first 65536 are kept"));
    for chunk in [1, 2, 3, 7, 64, 500, 1999, 2001, 5000] {
        for threads in [1, 3] {
            let pieces = play(&url(&path, "speed=max"), &Settings { threads, ..small(chunk) });
            pieces.assert_same(&whole, &format!("chunks of {chunk}"));
        }
    }
    let paced = play(&url(&path, "speed=100000"), &small(100));
    paced.assert_same(&whole, "paced");
}

#[test]
fn a_replay_goes_on_behind_its_cursor() {
    let folder = Folder::new();
    let text = mixture();
    for (name, content) in [("a.jsonl", text.clone().into_bytes()), ("b.gz", gzip(text.as_bytes()))] {
        let path = folder.file(name, content);
        for options in ["speed=max", "speed=100000", "speed=max&restamp=true", "speed=50000&restamp=true"] {
            let whole = play(&url(&path, options), &small(1 << 20));
            let (pieces, starts) = play_in_pieces(&url(&path, options), &small(100));
            pieces.assert_same(&whole, &format!("{name} {options}"));
            assert!(starts > 2 || options.contains("speed=1") || options.contains("speed=5"));
        }
    }
}

#[test]
fn every_record_is_staged_with_its_bytes() {
    let folder = Folder::new();
    let text = mixture();
    let path = folder.file("a.jsonl", &text);
    let brought = play(&url(&path, "speed=max"), &small(300));
    for ((_, _, offset), raw) in brought.staged.iter().zip(&brought.raw) {
        let from = usize::try_from(*offset).unwrap();
        assert_eq!(&text.as_bytes()[from..from + raw.len()], &raw[..]);
        assert!(raw.starts_with(b"{") && raw.ends_with(b"}"));
    }
    let mut identities: Vec<u64> = brought.staged.iter().map(|staged| staged.1).collect();
    identities.sort_unstable();
    identities.dedup();
    assert_eq!(identities.len(), 42, "41 lines and the page's post, which comes again and again");
}

#[test]
fn a_file_that_grows_is_carried_on() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", line(1, 0, "one") + "\n");
    let first = play(&url(&path, "speed=max"), &settings());
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all((line(2, 5, "two") + "\n").as_bytes()).unwrap();
    let mut brought = Brought::default();
    poll(&mut *started(&url(&path, "speed=max"), &settings(), first.cursor.as_deref()), &mut brought, 9, Duration::from_secs(5));
    assert_eq!(brought.posts.len(), 1);
    assert!(brought.posts[0].contains("two"));
}

#[test]
fn a_file_that_shrank_is_told() {
    let folder = Folder::new();
    for (name, long, short) in
        [("a.jsonl", line(1, 0, "one").into_bytes(), b"x".to_vec()), ("a.gz", gzip(line(1, 0, "one").as_bytes()), gzip(b"x"))]
    {
        let path = folder.file(name, long);
        let cursor = play(&url(&path, "speed=max"), &settings()).cursor;
        folder.file(name, short);
        let mut source = open(&url(&path, "speed=max"), &settings()).unwrap().source;
        let out = || flow::Out::new(flow::Format::Json, &[]);
        let Err(Broken(reason)) = source.open(cursor.as_deref(), Box::new(out)) else { panic!("it opened") };
        assert!(reason.contains("is shorter than the"), "{reason}");
        assert!(source.open(Some(b"\xff"), Box::new(out)).is_err() && source.open(Some(b""), Box::new(out)).is_err());
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_recordings_read_the_same() {
    let folder = Folder::new();
    let text = mixture();
    let whole = play(&url(&folder.file("a.jsonl", &text), "speed=max"), &small(1 << 20));
    let zstd = |text: &str| ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let (front, back) = text.split_at(text.find("nonsense").unwrap());
    let skippable = [&b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"[..]].concat();
    for packed in [
        gzip(text.as_bytes()),
        [gzip(front.as_bytes()), gzip(back.as_bytes())].concat(),
        zstd(&text),
        [zstd(front), skippable, zstd(back)].concat(),
    ] {
        // By its first bytes, not by its name.
        let brought = play(&url(&folder.file("a.jsonl", packed), "speed=max"), &small(777));
        assert_eq!(brought.posts.len(), whole.posts.len());
        assert!(brought.posts == whole.posts && brought.staged == whole.staged);
    }
}

#[test]
fn damage_is_told_once_and_what_came_before_it_counts() {
    let folder = Folder::new();
    let text: String = (0..5000).map(|id| line(id, id as i64, &format!("text {}", id * 7919)) + "\n").collect();
    let mut flipped = gzip(text.as_bytes());
    let middle = flipped.len() / 2;
    flipped[middle..middle + 40].fill(0xff);
    let packed = gzip(text.as_bytes());
    let cut = packed[..packed.len() / 2].to_vec();
    let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let halved = zstd[..zstd.len() / 2].to_vec();
    for (name, content) in [("flipped.gz", flipped), ("cut.gz", cut), ("cut.zst", halved)] {
        let path = folder.file(name, content);
        let brought = play(&url(&path, "speed=max"), &small(4000));
        assert!(brought.posts.len() > 100 || name == "cut.zst", "{name}: {}", brought.posts.len());
        let last = brought.refused.last().unwrap();
        assert!(last.reason.starts_with("the compressed recording is damaged behind byte"), "{}", last.reason);
        assert!(brought.refused.len() <= 2, "{name}: {:?}", brought.reasons());
        let mut again = Brought::default();
        poll(
            &mut *started(&url(&path, "speed=max"), &settings(), brought.cursor.as_deref()),
            &mut again,
            9,
            Duration::from_secs(5),
        );
        assert!(again.posts.is_empty() && again.refused.is_empty(), "what was told is not told again");
    }
}

#[test]
fn bad_input_is_refused_and_the_rest_goes_on() {
    let folder = Folder::new();
    let good = line(1, 0, "good");
    let long = format!("{{\"data\":\"{}\"}}", "y".repeat(10_000_000));
    for (bad, reason) in [
        (b"{\"data\":{\"id\":\"1\",\"te".to_vec(), "cut short: EOF while parsing a string"),
        (br#"{"data":{"id":["1"],"text":{}}}"#.to_vec(), "invalid type"),
        (long.into_bytes(), "10000011 bytes long, the limit is 1048576; the first 65536 are kept"),
        (b"{\"data\":{\"id\":\"\xff\xfe\"}}".to_vec(), "not UTF-8: byte 15 does not belong"),
        (
            good.replace("2026-03", "1970-01").into_bytes(),
            "time 1970-01-01T00:00:00.000Z is before the first microblog (2006-03-21)",
        ),
        (good.replace("2026-03", "2200-01").into_bytes(), "time 2200-01-01T00:00:00.000Z is more than a day in the future"),
        (b"\0\0\0".to_vec(), "no JSON"),
    ] {
        let content = [good.as_bytes(), b"\n", &bad, b"\n", good.as_bytes(), b"\n"].concat();
        for options in ["speed=max", "speed=1000"] {
            let brought = play(&url(&folder.file("a.jsonl", &content), options), &settings());
            assert_eq!(brought.posts.len(), 2);
            let [refused] = &brought.refused[..] else { panic!("{:?}", brought.reasons()) };
            assert!(refused.reason.starts_with(reason), "{}", refused.reason);
            assert_eq!(refused.raw.0, bad[..bad.len().min(65_536)]);
            assert_eq!(refused.offset, good.len() as u64 + 1);
            assert_eq!(refused.by, "replay:a.jsonl");
        }
    }
}

#[test]
fn nothing_in_a_file_is_no_fault() {
    let folder = Folder::new();
    for (name, content) in [("a.jsonl", ""), ("b.jsonl", "\n\r\n \n"), ("c.csv", ""), ("d", "")] {
        for options in ["speed=max", "speed=1", "speed=max&restamp=true", "loop=true&speed=max"] {
            let brought = play(&url(&folder.file(name, content), options), &settings());
            assert!(brought.posts.is_empty() && brought.refused.is_empty());
        }
    }
}

#[test]
fn what_cannot_be_opened_says_what_to_do() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", "");
    let error = |url: &str| open(url, &settings()).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error("replay:/nowhere/at.all").starts_with("there is no file /nowhere/at.all"));
    assert!(error(&url(folder.0.path(), "")).contains("is a folder; name one file in it"));
    assert!(error(&url(&path, "sped=max")).contains("no option `sped` (did you mean `speed`?); it has speed, restamp"));
    assert!(error(&url(&path, "speed=fast")).contains("speed=fast is not right: write max, or a number above 0"));
    assert!(error(&url(&path, "speed=-1")).contains("not right"));
    assert!(error(&url(&path, "format=xml")).contains("write auto, jsonl, json or csv"));
    assert!(error(&url(&path, "columns=txt:a")).contains("write pairs such as text:tweet"));
    assert!(error("repaly:x").contains("no source is called `repaly:` (did you mean `replay`?)"));
    assert!(error("a.jsonl").contains("write replay:FILE"));
    let csv = folder.file("b.csv", "a,b\n1,2\n");
    assert!(error(&url(&csv, "")).contains("no column for the text among a, b; say which one it is with columns=text:NAME"));
    assert!(matches!(open("replay:/nowhere/at.all", &settings()), Err(Error::Missing(_))));
}

#[test]
fn a_source_that_is_dropped_lets_its_threads_go() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", (line(1, 0, "t") + "\n").repeat(20_000));
    for _ in 0..20 {
        let mut source = started(&url(&path, "speed=max"), &small(1000), None);
        source.poll(Duration::from_secs(5)).unwrap();
    }
}

const TABLE: &str = "id,date,tweet,user\n1,2020-01-01 10:00:00,\"two\nlines, \"\"quoted\"\"\",ana\n2,2020-01-01 10:00:01,plain 5\" pipe,bob\r\n3,2020\n\n4,2020-01-01 10:00:02,\"never closed,ana\n5,2020-01-01 10:00:03,after,eve";

#[test]
fn tables_with_line_ends_in_fields() {
    let folder = Folder::new();
    let path = folder.file("a.csv", TABLE);
    let whole = play(&url(&path, "speed=max"), &settings());
    let ids: Vec<_> = whole.posts.iter().map(|post| post.split('"').nth(7).unwrap().to_owned()).collect();
    assert_eq!(ids, ["1", "2", "5"]);
    assert!(whole.posts[0].contains(r#"two\nlines, \"quoted\""#) && whole.posts[1].contains(r#"plain 5\" pipe"#));
    assert_eq!(whole.reasons(), ["too few columns: 2 where at least 4 are needed", "a quote is opened and never closed"]);
    assert_eq!(whole.refused[0].raw.0, b"3,2020");
    for chunk in 1..80 {
        play(&url(&path, "speed=max"), &small(chunk)).assert_same(&whole, &format!("chunks of {chunk}"));
    }
    let (pieces, starts) = play_in_pieces(&url(&path, "speed=max"), &small(1));
    assert!(starts > 1);
    pieces.assert_same(&whole, "in pieces");
    play(&url(&path, "speed=100000"), &small(9)).assert_same(&whole, "paced");
}

#[test]
fn tables_of_other_layouts() {
    let folder = Folder::new();
    let row = "\"0\",\"1467810672\",\"Mon Apr 06 22:19:49 PDT 2009\",\"NO_QUERY\",\"someone\",\"made up\"\n";
    assert_eq!(play(&url(&folder.file("x", row), "speed=max"), &settings()).posts.len(), 1);
    let latin = b"\xef\xbb\xbfWhen;What;Who\n2020-01-01;caf\xe9;ana\n".to_vec();
    let path = folder.file("b.csv", &latin[3..]);
    let brought = play(&url(&path, "speed=max&encoding=latin-1&columns=time:When,text:2,user:who"), &settings());
    assert!(brought.posts[0].contains("café") && brought.posts[0].contains(r#""id":"b.csv@14""#), "{}", brought.posts[0]);
    assert_eq!(&brought.raw[0][..], b"2020-01-01;caf\xe9;ana");
    let strict = play(&url(&path, "speed=max&columns=time:When,text:2,user:who"), &settings());
    assert_eq!(strict.reasons(), ["not UTF-8: byte 14 does not belong"]);
}

#[test]
fn documents_over_many_lines() {
    let folder = Folder::new();
    let item = line(1, 0, "t");
    let data = item.strip_prefix("{\"data\":").unwrap().strip_suffix('}').unwrap();
    for (text, posts) in [
        (format!("[\n  {data},\n  {data}\n]\n"), 2),
        (format!("{{\n  \"data\": [{data}],\n \"meta\": {{}}\n}}"), 1),
        (format!("[{data}]"), 1),
        (format!("{{\"data\":{data},\n\"includes\":{{}}}}\n"), 1),
    ] {
        let path = folder.file("a.json", &text);
        assert_eq!(play(&url(&path, "speed=max"), &small(10)).posts.len(), posts, "{text}");
        assert_eq!(play(&url(&path, "speed=max&format=json"), &settings()).posts.len(), posts);
    }
    let cut = play(&url(&folder.file("a.json", format!("[\n{data},\n")), "speed=max"), &settings());
    assert!(cut.reasons()[0].starts_with("cut short") && cut.refused.len() == 1);
    let lines = format!("{{\"data\":\n{item}\n");
    assert_eq!(
        play(&url(&folder.file("a.json", lines), "speed=max"), &settings()).posts.len(),
        1,
        "a line cut short is no document"
    );
}

#[test]
fn a_refused_record_is_decoded_again() {
    let folder = Folder::new();
    let mut brought = play(&url(&folder.file("a b.csv", TABLE), "speed=max"), &settings());
    let refused = &mut brought.refused[0];
    assert!(crate::decode_again(refused, &settings()).is_err());
    refused.raw.0 = b"3,2020-01-01 10:00:00,mended,ana".to_vec();
    let posts = crate::decode_again(refused, &settings()).unwrap();
    assert_eq!((posts.len(), &*posts[0].id, &*posts[0].text), (1, "3", "mended"));
    let mut brought = play(&url(&folder.file("a.jsonl", "{\"data\":\n"), "speed=max&encoding=latin-1"), &settings());
    brought.refused[0].raw.0 = line(5, 0, "caf").into_bytes();
    assert_eq!(&*crate::decode_again(&brought.refused[0], &settings()).unwrap()[0].id, "5");
}

#[test]
fn a_stream_is_read_as_it_comes() {
    let (read, mut write) = std::io::pipe().unwrap();
    let mut source = crate::reading(Box::new(read), "", &settings()).unwrap();
    begin(&mut *source, None);
    let mut brought = Brought::default();
    for id in 1..4 {
        write.write_all((line(id, 0, "t") + "\r\n\r\n{\"da").as_bytes()).unwrap();
        assert!(!poll(&mut *source, &mut brought, 1, Duration::from_secs(5)));
        assert_eq!(brought.posts.len() as u64, id);
        write.write_all(b"ta\":1}\n").unwrap();
        assert!(!poll(&mut *source, &mut brought, 1, Duration::from_secs(5)));
    }
    drop(write);
    assert!(poll(&mut *source, &mut brought, 9, Duration::from_secs(5)));
    assert_eq!(brought.reasons(), ["`data` is no object: 1"; 3]);
    assert_eq!(brought.cursor.as_deref(), Some(&[][..]));
}
