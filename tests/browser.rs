//! A real browser without a window, told what to do over a pair of named pipes (the DevTools protocol).

use crate::support::{Place, Process};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
                     --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-pipe";
/// The longest that the browser may take to answer.
const LIMIT: Duration = Duration::from_secs(40);

pub struct Browser {
    commands: File,
    answers: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    _process: Process,
}

/// The browser of this machine. What needs a real component fails loudly without it.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        NAMES.iter().find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.exists()));
    found
        .unwrap_or_else(|| panic!("this test looks at the page with a real browser, and there is none; apt-get install chromium"))
}

fn pipe(place: &Place, name: &str) -> File {
    let path = place.path(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    // Open to both sides, so that opening it waits for nobody.
    OpenOptions::new().read(true).write(true).open(path).unwrap()
}

impl Browser {
    /// Starts the browser and has it show a page.
    pub fn show(place: &Place, url: &str) -> Self {
        let program = program();
        let (commands, answers) = (pipe(place, "commands"), pipe(place, "answers"));
        let mut command = Command::new("sh");
        let line = format!("exec '{}' {FLAGS} --user-data-dir=profile about:blank 3<commands 4>answers", program.display());
        command.arg("-c").arg(line).current_dir(place.path("")).env("HOME", place.path(""));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let process = Process::start(&mut command);
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut browser = Browser { commands, answers: receiver, session: None, asked: 0, _process: process };
        let target = browser.ask("Target.createTarget", json!({ "url": url }))["targetId"].clone();
        let session = browser.ask("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        browser
    }

    /// What a JavaScript expression comes to in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.ask("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the first element that a selector finds.
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.evaluate(&format!("document.querySelector('{selector}')?.textContent ?? ''"));
        text.as_str().unwrap().trim().to_owned()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": &params });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(&[message.to_string().as_bytes(), b"\0"].concat()).unwrap();
        let until = Instant::now() + LIMIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let answer = self.answers.recv_timeout(left).unwrap_or_else(|_| panic!("the browser does not answer to {method}"));
            if answer["id"] == self.asked {
                // A page that goes to another meanwhile answers nothing: the next one is asked.
                if answer["error"]["message"] == "Inspected target navigated or closed" {
                    return self.ask(method, params);
                }
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }
}
