//! Who is told of alerts: a mailbox that is reached by SMTP, and a webhook.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What has come in so far.
type Heap<T> = Arc<Mutex<Vec<T>>>;

/// A mailbox; it takes every mail.
pub struct Mailbox {
    /// `127.0.0.1:PORT`
    pub address: String,
    mails: Heap<String>,
}

/// A webhook.
pub struct Hook {
    /// `http://127.0.0.1:PORT/alerts`
    pub url: String,
    calls: Heap<Value>,
}

/// Listens for as long as the tests run.
fn listen<T: Send + 'static>(take: fn(TcpStream) -> Option<T>) -> (String, Heap<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heap: Heap<T> = Arc::default();
    let ours = heap.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who was killed in the middle of it leaves half a call.
            let heap = ours.clone();
            std::thread::spawn(move || heap.lock().unwrap().extend(take(stream)));
        }
    });
    (address, heap)
}

impl Mailbox {
    pub fn open() -> Self {
        let (address, mails) = listen(mail);
        Mailbox { address, mails }
    }

    /// The subjects of the mails, the oldest first.
    pub fn subjects(&self) -> Vec<String> {
        let subject = |mail: &String| mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned();
        self.mails.lock().unwrap().iter().map(subject).collect()
    }

    /// The newest mail, with lines that were broken for the way made whole.
    pub fn newest(&self) -> String {
        self.mails.lock().unwrap().last().cloned().unwrap_or_default().replace("=\n", "")
    }
}

impl Hook {
    pub fn open() -> Self {
        let (address, calls) = listen(call);
        Hook { url: format!("http://{address}/alerts"), calls }
    }

    /// Each alert that came: its subject and its status, in the order in which they came.
    pub fn alerts(&self) -> Vec<(String, String)> {
        let calls = self.calls.lock().unwrap();
        let alerts = calls.iter().flat_map(|call| call["alerts"].as_array().unwrap());
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        alerts.map(|alert| (word(&alert["labels"]["subject"]), word(&alert["status"]))).collect()
    }
}

fn mail(mut stream: TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    stream.write_all(b"220 mailbox\r\n").ok()?;
    let mut text = String::new();
    loop {
        let line = lines.next()?.ok()?;
        let answer = match line.split_whitespace().next()?.to_uppercase().as_str() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                for line in lines.by_ref() {
                    let line = line.ok()?;
                    if line == "." {
                        break;
                    }
                    text += &format!("{line}\n");
                }
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").ok()?;
                return (!text.is_empty()).then_some(text);
            }
            _ => "250 yes",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
}

fn call(mut stream: TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    serde_json::from_slice(&body).ok()
}
