//! A running program, and the threads that keep its pipes from holding anybody up.

use serde::Deserialize;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A line is no longer, and so much that is no answer is passed over for one.
const LONGEST: u64 = 16 << 20;

/// So much of what it last said on standard error is told.
const LAST_WORDS: usize = 300;

/// What it says on standard output.
enum Heard {
    Line(Vec<u8>),
    TooMuch,
}

/// A running program.
pub struct Worker {
    child: Child,
    requests: SyncSender<Vec<u8>>,
    heard: Receiver<Heard>,
    last_words: Arc<Mutex<Vec<u8>>>,
    id: u64,
    answered: bool,
}

#[derive(Deserialize)]
struct Answer {
    id: u64,
    values: Vec<Value>,
}

impl Worker {
    /// Starts it, in a group of its own: what it starts is ended with it. It learns nothing of our configuration.
    pub fn start(command: &[String], folder: &Path) -> Result<Worker, String> {
        let (program, arguments) = command.split_first().ok_or("it has no command")?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GOSHAWK")) {
            command.env_remove(name);
        }
        let mut child = command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else { return Err("it has no pipes".to_owned()) };
        let (requests, to_write) = sync_channel(1);
        let (told, heard) = sync_channel(16);
        let last_words = Arc::<Mutex<Vec<u8>>>::default();
        let words = last_words.clone();
        std::thread::spawn(move || write(input, &to_write));
        std::thread::spawn(move || listen(output, &told));
        std::thread::spawn(move || remember(errors, &words));
        Ok(Worker { child, requests, heard, last_words, id: 0, answered: false })
    }

    /// Whether it has ever answered.
    pub fn has_answered(&self) -> bool {
        self.answered
    }

    /// Asks it, and waits so long for the answer.
    pub fn ask(&mut self, texts: &[&str], limit: Duration) -> Result<Vec<Value>, String> {
        self.id += 1;
        let mut request = serde_json::json!({ "id": self.id, "texts": texts }).to_string().into_bytes();
        request.push(b'\n');
        // The one before was answered, so it was read: there is room.
        self.requests.try_send(request).map_err(|_| "it does not read".to_owned())?;
        let until = Instant::now() + limit;
        let mut passed_over = 0;
        loop {
            let line = match self.heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Heard::Line(line)) => line,
                Ok(Heard::TooMuch) => return Err(too_much()),
                Err(RecvTimeoutError::Timeout) => return Err(format!("no answer within {limit:?}")),
                Err(RecvTimeoutError::Disconnected) => return Err(self.how_it_ended()),
            };
            if let Ok(answer) = serde_json::from_slice::<Answer>(&line)
                && answer.id == self.id
            {
                self.answered = true;
                return Ok(answer.values);
            }
            passed_over += line.len() as u64 + 1;
            if passed_over > LONGEST {
                return Err(too_much());
            }
        }
    }

    fn how_it_ended(&mut self) -> String {
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!("it has ended with {status}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        "it has closed its standard output".to_owned()
    }

    /// Ends it, with all that it started; the last that it said.
    pub fn end(mut self) -> Option<String> {
        self.kill();
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&words);
        let line = text.trim().lines().next_back()?.chars().filter(|c| !c.is_control());
        Some(line.collect::<String>()).filter(|line| !line.is_empty())
    }

    fn kill(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        // Whoever is gone already is no failure.
        if let Some(group) = group {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn too_much() -> String {
    format!("it says more than {} MiB that is no answer", LONGEST >> 20)
}

/// Ends with the pipe, or with who asks.
fn write(mut input: ChildStdin, requests: &Receiver<Vec<u8>>) {
    while let Ok(request) = requests.recv() {
        if input.write_all(&request).and_then(|()| input.flush()).is_err() {
            return;
        }
    }
}

fn listen(output: ChildStdout, told: &SyncSender<Heard>) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = vec![];
        match output.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.ends_with(b"\n") => {
                if told.send(Heard::Line(line)).is_err() {
                    return;
                }
            }
            Ok(length) if length as u64 == LONGEST => {
                let _heard = told.send(Heard::TooMuch);
                // It is heard out until it is killed, or its last words would be of a broken pipe.
                let _said = std::io::copy(&mut output, &mut std::io::sink());
                return;
            }
            // The last line, without its end: nobody asked for half an answer.
            Ok(_) => return,
        }
    }
}

/// Reads all that it says, so that it is not held up, and keeps the last.
fn remember(mut errors: ChildStderr, words: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length) = errors.read(&mut buffer) {
        if length == 0 {
            return;
        }
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(buffer.get(..length).unwrap_or_default());
        let excess = words.len().saturating_sub(LAST_WORDS);
        words.drain(..excess);
    }
}
