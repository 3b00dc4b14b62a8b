//! What a disk can do to a log: torn writes, damage, no space, a sync that fails.

use super::watch::Watch;
use super::{contents, group, output, progress};
use crate::{Access, Fsync, Media, Options, RealMedia, open, open_disk};
use flow::{Commit, Error, Log, TopicSpec};
use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

fn small() -> Options {
    Options { segment: 4096, cache: 1024, ..Options::default() }
}

fn reopen(path: &Path) -> Arc<dyn Log> {
    open_disk(path, &small(), Access::Write, Arc::new(RealMedia)).unwrap()
}

fn filled(path: &Path, commits: u64) {
    let log = reopen(path);
    log.declare(&[TopicSpec::new("a", 1)]).unwrap();
    for n in 0..commits {
        log.append(vec![output("a", 0, &[&format!("k={n}")])]).unwrap();
    }
    log.sync().unwrap();
}

fn files(path: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

#[test]
fn a_torn_tail_is_cut_wherever_it_tears() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    filled(&whole, 5);
    let segment = files(&whole, "segment").pop().unwrap();
    let length = fs::metadata(&segment).unwrap().len();
    let mut counts = vec![];
    for cut in 0..length {
        let copy = folder.path().join(format!("cut-{cut}"));
        fs::create_dir(&copy).unwrap();
        for file in ["FORMAT", segment.file_name().unwrap().to_str().unwrap()] {
            fs::copy(whole.join(file), copy.join(file)).unwrap();
        }
        OpenOptions::new().write(true).open(copy.join(segment.file_name().unwrap())).unwrap().set_len(cut).unwrap();
        let log = reopen(&copy);
        log.declare(&[TopicSpec::new("a", 1)]).unwrap();
        let before = contents(&*log, "a", 0);
        log.append(vec![output("a", 0, &["k=new"])]).unwrap();
        drop(log);
        let after = contents(&*reopen(&copy), "a", 0);
        assert_eq!(after.len(), before.len() + 1, "cut at {cut}");
        counts.push(before.len());
        fs::remove_dir_all(copy).unwrap();
    }
    assert!(counts.is_sorted() && counts[0] == 0 && counts.last() == Some(&4), "{counts:?}");
}

#[test]
fn a_changed_byte_is_never_read_as_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    filled(&path, 3);
    let segment = files(&path, "segment").pop().unwrap();
    let good = fs::read(&segment).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&segment, &bad).unwrap();
        let log = reopen(&path);
        if log.topics().unwrap().is_empty() {
            continue;
        }
        let lines = contents(&*log, "a", 0);
        assert!(lines.len() < 3, "byte {at} was changed, and nobody noticed");
        assert_eq!(lines, (0..lines.len()).map(|n| format!("{n}:k={n}")).collect::<Vec<_>>());
    }
}

#[test]
fn damage_in_a_sealed_segment_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path().join("log").as_path(), 200);
    let path = folder.path().join("log");
    let segments = files(&path, "segment");
    assert!(segments.len() > 3);
    let file = OpenOptions::new().write(true).open(&segments[0]).unwrap();
    file.write_all_at(b"damage!!", 300).unwrap();
    for file in files(&path, "snapshot") {
        fs::remove_file(file).unwrap();
    }
    match open_disk(&path, &small(), Access::Write, Arc::new(RealMedia)) {
        Err(Error::Damaged(text)) => assert!(text.contains("0000.segment"), "{text}"),
        Err(other) => panic!("{other}"),
        Ok(log) => {
            let failed = (0..200).find_map(|from| log.read("a", 0, from, 1).err()).expect("the damage was read as data");
            assert!(matches!(failed, Error::Damaged(_)), "{failed}");
        }
    }
}

#[test]
fn indexes_and_snapshots_are_only_a_help() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    filled(&path, 300);
    let all = contents(&*reopen(&path), "a", 0);
    assert_eq!(all.len(), 300);
    assert!(files(&path, "index").len() > 3 && !files(&path, "snapshot").is_empty());
    for extension in ["index", "snapshot"] {
        for (n, file) in files(&path, extension).into_iter().enumerate() {
            if n % 2 == 0 { fs::remove_file(file).unwrap() } else { fs::write(file, b"garbage").unwrap() }
        }
        assert_eq!(contents(&*reopen(&path), "a", 0), all, "without {extension}");
    }
}

#[test]
fn a_second_process_and_another_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let url = format!("disk:{}", path.display());
    let log = open(&url, Access::Write).unwrap();
    let error = open(&url, Access::Write).err().unwrap().to_string();
    assert!(error.contains(&format!("in use by process {}", std::process::id())), "{error}");
    drop(log);
    fs::write(path.join("FORMAT"), "goshawk log, format 0\n").unwrap();
    let error = open(&url, Access::Write).err().unwrap().to_string();
    assert!(error.contains("format 0") && error.contains("format 3"), "{error}");
    let error = open(&format!("disk:{}", folder.path().display()), Access::Write).err().unwrap().to_string();
    assert!(error.contains("not empty and holds no log"), "{error}");
    let error = open("disk:/nowhere/at/all", Access::Read).err().unwrap().to_string();
    assert!(error.contains("no log at"), "{error}");
}

#[test]
fn who_only_reads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    filled(&path, 3);
    let segment = files(&path, "segment").pop().unwrap();
    OpenOptions::new().append(true).open(&segment).unwrap().write_all(b"torn").unwrap();
    let before = fs::read(&segment).unwrap();
    let log = open_disk(&path, &small(), Access::Read, Arc::new(RealMedia)).unwrap();
    assert_eq!(contents(&*log, "a", 0).len(), 3);
    assert!(matches!(log.append(vec![output("a", 0, &["k=1"])]), Err(Error::Refused(_))));
    drop(log);
    assert_eq!(fs::read(&segment).unwrap(), before);
}

/// A disk that misbehaves when told to.
#[derive(Default)]
struct Faulty {
    room: AtomicU64,
    sync_fails: AtomicBool,
}

impl Media for Faulty {
    fn append(&self, file: &File, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let wanted: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let room = self.room.load(Ordering::Relaxed);
        if wanted > room {
            let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            (&*file).write_all(&bytes[..room as usize])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room.fetch_sub(wanted, Ordering::Relaxed);
        RealMedia.append(file, parts)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.sync_fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk has left"));
        }
        RealMedia.sync(file)
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let media = Arc::new(Faulty { room: AtomicU64::new(1000), ..Faulty::default() });
    let log = open_disk(&path, &small(), Access::Write, media.clone()).unwrap();
    log.declare(&[TopicSpec::new("in", 1), TopicSpec::new("out", 1)]).unwrap();
    log.append(vec![output("in", 0, &["k=1"])]).unwrap();
    let mut member = Watch::holding(&*log, &group("g", &["in"]), 1).member;
    let big = Commit { outputs: vec![output("out", 0, &[&format!("k={}", "x".repeat(2000))])], ..progress("in", 0, 1) };
    for _ in 0..3 {
        let error = member.commit(&big).unwrap_err();
        assert!(matches!(error, Error::Full(_)) && error.retry().is_some(), "{error}");
    }
    media.room.store(1 << 20, Ordering::Relaxed);
    member.commit(&big).unwrap();
    drop((member, log));
    let log = reopen(&path);
    assert_eq!(contents(&*log, "out", 0).len(), 1);
}

#[test]
fn a_failed_sync_poisons_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let media = Arc::new(Faulty { room: AtomicU64::new(1 << 20), ..Faulty::default() });
    let options = Options { fsync: Fsync::Always, ..small() };
    let log = open_disk(&path, &options, Access::Write, media.clone()).unwrap();
    log.declare(&[TopicSpec::new("a", 1)]).unwrap();
    log.append(vec![output("a", 0, &["k=1"])]).unwrap();
    media.sync_fails.store(true, Ordering::Relaxed);
    let error = log.append(vec![output("a", 0, &["k=2"])]).unwrap_err();
    assert!(matches!(error, Error::Poisoned(_)) && error.retry().is_none(), "{error}");
    media.sync_fails.store(false, Ordering::Relaxed);
    let error = log.append(vec![output("a", 0, &["k=3"])]).unwrap_err();
    assert!(error.to_string().contains("the disk has left"), "a later sync that works proves nothing: {error}");
    assert!(log.sync().is_err());
    drop(log);
    assert!(!contents(&*reopen(&path), "a", 0).is_empty());
}
