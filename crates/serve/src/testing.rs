//! What the tests share: a log in a `Vec`, a process that is always well, and a server with both.

pub mod cascades;
pub mod finder;

use crate::view::Bounds;
use crate::{Options, Server};
use domain::{Condition, Counts, Health, RoleHealth, Vitals};
use flow::{Batch, Block, Error, Format, Group, Log, Mark, Member, Out, Output, Result, Timestamp, TopicSpec, Value};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub const MINUTE_MS: i64 = 60_000;
const MARK: Mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: true };

/// The blocks of each partition, with the offsets they start at.
type Partitions = Vec<Vec<(u64, Block)>>;

#[derive(Default)]
struct Inner {
    topics: Vec<(TopicSpec, Partitions)>,
    changes: u64,
}

/// A log that only appends and reads.
pub struct Heap {
    format: Format,
    inner: Mutex<Inner>,
    changed: Condvar,
    pub failing: AtomicBool,
    reads: AtomicU64,
}

impl Heap {
    pub fn new(format: Format) -> Arc<Self> {
        Arc::new(Heap {
            format,
            inner: Mutex::default(),
            changed: Condvar::new(),
            failing: AtomicBool::new(false),
            reads: AtomicU64::new(0),
        })
    }

    pub fn with_counts(partitions: u32) -> Arc<Self> {
        let log = Heap::new(Format::Compact);
        log.declare(&[TopicSpec::new(Counts::TOPIC, partitions)]).unwrap();
        log
    }

    pub fn send<V: Value>(&self, records: impl IntoIterator<Item = (Timestamp, V)>) {
        let mut out = Out::new(self.format, &self.topics().unwrap());
        for (time, value) in records {
            out.send(time, &value);
        }
        self.append(out.take(&"test".into(), MARK, false)).unwrap();
    }

    pub fn send_counts(&self, rows: &[(&str, i64, u64)]) {
        self.send(rows.iter().map(|(city, minute, posts)| (end(*minute), counts(city, *minute, *posts))));
    }

    pub fn raw(&self, topic: &str, key: &[u8], value: Option<&[u8]>) {
        let mut builder = flow::BlockBuilder::default();
        match value {
            Some(value) => {
                let write = |into: &mut Vec<u8>| {
                    into.extend_from_slice(value);
                    Ok::<(), ()>(())
                };
                builder.push(key, end(0), write).unwrap();
            }
            None => builder.push_tombstone(key, end(0)),
        }
        let block = builder.finish("test".into(), MARK);
        self.append(vec![Output { topic: topic.into(), partition: 0, block }]).unwrap();
    }

    /// How often it was read since that was forgotten.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub fn forget_reads(&self) {
        self.reads.store(0, Ordering::Relaxed);
    }

    /// Lets the oldest blocks go, as retention does.
    pub fn retain(&self, topic: &str, partition: usize, blocks: usize) {
        let mut inner = self.inner.lock().unwrap();
        let (_, parts) = inner.topics.iter_mut().find(|(spec, _)| spec.name == topic).unwrap();
        let gone = parts[partition].len() - blocks;
        parts[partition].drain(..gone);
    }
}

pub fn end(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * MINUTE_MS)
}

/// A minute's window of a city, that ends with `minute`.
pub fn counts(city: &str, minute: i64, posts: u64) -> Counts<'static> {
    let city = city.to_owned().into();
    Counts { city, start: end(minute - 1), end: end(minute), posts, reposts: posts / 2, people: posts.min(7) }
}

impl Log for Heap {
    fn format(&self) -> Format {
        self.format
    }

    fn identity(&self) -> Result<String> {
        Ok("a heap".into())
    }

    fn declare(&self, topics: &[TopicSpec]) -> Result<()> {
        let mut inner = self.inner.lock().unwrap();
        inner.topics.extend(topics.iter().map(|spec| (spec.clone(), vec![vec![]; spec.partitions as usize])));
        Ok(())
    }

    fn topics(&self) -> Result<Vec<TopicSpec>> {
        Ok(self.inner.lock().unwrap().topics.iter().map(|(spec, _)| spec.clone()).collect())
    }

    fn join(&self, _: &Group) -> Result<Box<dyn Member>> {
        Err(Error::Refused("not here".into()))
    }

    fn append(&self, outputs: Vec<Output>) -> Result<()> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(Error::Full("the test says so".into()));
        }
        let mut inner = self.inner.lock().unwrap();
        for Output { topic, partition, block } in outputs {
            let (_, parts) = inner.topics.iter_mut().find(|(spec, _)| spec.name == topic).unwrap();
            let blocks = &mut parts[partition as usize];
            let base = blocks.last().map_or(0, |(base, block)| base + u64::from(block.span));
            blocks.push((base, block));
        }
        inner.changes += 1;
        self.changed.notify_all();
        Ok(())
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>> {
        let inner = self.inner.lock().unwrap();
        let found = inner.topics.iter().find(|(spec, _)| spec.name == topic);
        let (_, parts) = found.ok_or_else(|| Error::Refused(format!("no topic {topic}")))?;
        let blocks = &parts[partition as usize];
        let end = blocks.last().map_or(0, |(base, block)| base + u64::from(block.span));
        Ok(blocks.first().map_or(end, |(base, _)| *base)..end)
    }

    fn read(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.failing.load(Ordering::Relaxed) {
            return Err(Error::Io("the test says so".into()));
        }
        if from < self.bounds(topic, partition)?.start {
            return Err(Error::Refused("no longer there".into()));
        }
        let inner = self.inner.lock().unwrap();
        let (_, parts) = inner.topics.iter().find(|(spec, _)| spec.name == topic).unwrap();
        let (mut batches, mut size) = (vec![], 0);
        for (base, block) in &parts[partition as usize] {
            if base + u64::from(block.span) > from && (batches.is_empty() || size < bytes) {
                size += block.bytes.len();
                batches.push(Batch { topic: topic.into(), partition, base: *base, from, block: block.clone() });
            }
        }
        Ok(batches)
    }

    fn wait(&self, seen: u64, wait: Duration) -> u64 {
        let inner = self.inner.lock().unwrap();
        self.changed.wait_timeout_while(inner, wait, |inner| inner.changes <= seen).unwrap().0.changes
    }

    fn erase(&self, _: &str, _: u32, _: &[(&[u8], u64)]) -> Result<u64> {
        Ok(0)
    }

    fn lag(&self, _: &Group) -> Result<u64> {
        Ok(0)
    }

    fn maintain(&self, _: Timestamp) -> Result<()> {
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// A process in the condition it is told to be in.
pub struct Patient(pub Mutex<Condition>);

impl Vitals for Patient {
    fn health(&self) -> Health {
        let condition = *self.0.lock().unwrap();
        let (role, detail, watermark) = ("count".to_owned(), "counting".to_owned(), None);
        let role = RoleHealth { role, condition, detail, records: 9, lag: 4, watermark, late: 3, rejected: 2, restarts: 0 };
        Health { condition, roles: vec![role] }
    }

    fn metrics(&self) -> String {
        "# TYPE goshawk_test gauge\ngoshawk_test 1\n# EOF\n".to_owned()
    }
}

pub fn patient() -> Arc<Patient> {
    Arc::new(Patient(Mutex::new(Condition::Ok)))
}

pub fn options() -> Options {
    let keep = Bounds { history_ms: 24 * 60 * MINUTE_MS, rows: 100_000 };
    Options { listen: "127.0.0.1:0".into(), keep, live_clients: 3, taps: 3, finder: None }
}

pub fn serve(log: &Arc<Heap>) -> Server {
    Server::start(options(), log.clone(), patient()).unwrap()
}

/// An answer: its status and body.
pub fn get(server: &Server, path: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent.get(format!("http://{}{path}", server.address())).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

pub fn json(server: &Server, path: &str) -> serde_json::Value {
    let (status, body) = get(server, path);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Asks again until the answer is as it should be.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("in vain: {what}");
}

pub fn await_rows(server: &Server, rows: usize) {
    let shown = format!("goshawk_serve_rows {rows}\n");
    until(&shown, || get(server, "/metrics").1.contains(&shown));
}

/// A request as it stands, and the connection to read its answer from.
pub fn raw(server: &Server, request: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

pub fn live(server: &Server, headers: &str) -> BufReader<TcpStream> {
    raw(server, &format!("GET /api/live HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"))
}

/// The next event of a kind: its id and data.
pub fn event(from: &mut BufReader<TcpStream>, kind: &str) -> (String, serde_json::Value) {
    let (mut name, mut id, mut data) = (String::new(), String::new(), String::new());
    let begun = std::time::Instant::now();
    loop {
        let mut line = String::new();
        assert!(begun.elapsed() < Duration::from_secs(30), "no '{kind}' came");
        assert!(from.read_line(&mut line).unwrap() > 0, "the events ended before '{kind}'");
        match line.trim_end().split_once(": ") {
            Some(("event", text)) => name = text.into(),
            Some(("id", text)) => id = text.into(),
            Some(("data", text)) => data = text.into(),
            _ if line.trim_end().is_empty() && name == kind => return (id, serde_json::from_str(&data).unwrap()),
            _ => {}
        }
    }
}
