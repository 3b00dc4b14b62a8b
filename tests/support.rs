//! The real process, seen from outside: started in a folder of its own, watched, stopped. Every wait has an end, and no
//! process outlives the test that started it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest that any one process of these tests may take.
pub const LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(2);

/// A folder to work in, and what every process in it finds in its environment.
pub struct Place {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// What a process came to.
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// A running process; it is killed when this is dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
    err: Option<JoinHandle<String>>,
}

impl Place {
    pub fn new() -> Self {
        Place { folder: tempfile::tempdir().unwrap(), environment: vec![] }
    }

    /// Sets a key of the configuration: `set("windows.size", "10s")`.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.environment.push((format!("GOSHAWK__{}", key.replace('.', "__").to_uppercase()), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// The program, with a command line that is written as in a shell, but without quotes.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_goshawk"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GOSHAWK")) {
            command.env_remove(name);
        }
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value))).env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, line: &str) -> Ended {
        self.start(line).ended(LIMIT)
    }

    /// Runs the program to its end, which must be a good one; what it said on standard output.
    pub fn ok(&self, line: &str) -> String {
        self.run(line).good()
    }

    pub fn start(&self, line: &str) -> Process {
        Process::start(&mut self.command(line))
    }

    /// A topic's records, of a process or of a closed log.
    pub fn tap(&self, line: &str) -> Vec<Value> {
        json_lines(&self.ok(&format!("tap {line} --from start")))
    }
}

impl Ended {
    /// What it said on standard output; it must have ended with status 0.
    pub fn good(self) -> String {
        assert!(self.status.success(), "{}: {}{}", self.status, self.out, self.err);
        self.out
    }

    /// What it said on standard error; it must have ended with status 1, and said nothing else.
    pub fn bad(self, place: &Place) -> String {
        assert_eq!(self.status.code(), Some(1), "{}: {}{}", self.status, self.out, self.err);
        assert_eq!(self.out, "");
        self.err.replace(&place.folder.path().display().to_string(), "FOLDER")
    }
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|length| length > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let mut err = child.stderr.take().unwrap();
        let err = std::thread::spawn(move || {
            let mut text = vec![];
            let _read = err.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Process { child, lines, heard: vec![], err: Some(err) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard output that holds `word`.
    pub fn hear(&mut self, word: &str, limit: Duration) -> String {
        let until = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if line.contains(word) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("nobody said {word:?} within {limit:?}, only {:?}", self.heard),
                Err(RecvTimeoutError::Disconnected) => {
                    let _killed = self.child.kill();
                    let err = self.err.take().unwrap().join().unwrap();
                    panic!("it ended before it said {word:?}: {:?} {err}", self.heard)
                }
            }
        }
    }

    /// Waits for the address of its page: `http://127.0.0.1:PORT`.
    pub fn page(&mut self) -> String {
        let line = self.hear("The page is at ", Duration::from_secs(30));
        let address = line.split("The page is at ").nth(1).unwrap().split_whitespace().next().unwrap();
        address.trim_end_matches('/').to_owned()
    }

    /// Whether it has ended; never waits.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Asks it to stop, as a supervisor does.
    pub fn terminate(&self) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.id())).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it here and now; whether it had not ended by itself before.
    pub fn kill(mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(9)
    }

    pub fn ended(mut self, limit: Duration) -> Ended {
        let until = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > until {
                self.child.kill().unwrap();
                let err = self.err.take().unwrap().join().unwrap();
                panic!("still running after {limit:?}; it said {:?} and {err}", self.lines.try_iter().collect::<Vec<_>>());
            }
            std::thread::sleep(POLL);
        };
        let err = self.err.take().unwrap().join().unwrap();
        let out = self.heard.drain(..).chain(self.lines.iter()).collect();
        Ended { status, out, err }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

/// Tries until it works, or until `limit` is over.
pub fn eventually<T>(what: &str, limit: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + limit;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < until, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asks a page; the status, the content's type, and the body.
pub fn get(url: &str) -> (u16, String, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).http_status_as_error(false).build().into();
    let mut answer = agent.get(url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), kind, answer.body_mut().read_to_string().unwrap())
}

/// A post of X's API, version 2, as its stream brings it: `post(1, "10:00:00", "ann")`.
pub fn post(id: u64, clock: &str, author: &str) -> String {
    let (text, rule) = (format!("post {id}"), r#"{"id":"1","tag":"oslo"}"#);
    format!(
        r#"{{"data":{{"id":"{id}","text":"{text}","author_id":"{author}","created_at":"2024-05-01T{clock}.000Z"}},"matching_rules":[{rule}]}}"#
    )
}

/// Numbers that look random and are the same each time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}
