//! A service that writes down what it is asked and answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked: the first line without the version, who asked, and the body.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub what: String,
    pub who: Option<String>,
    pub body: String,
}

/// The service. It serves until the test ends.
pub struct Fake {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<String>>,
}

impl Fake {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let fake = Fake { url, asked: Arc::default(), answer: Arc::new(Mutex::new("200 OK".into())) };
        let (asked, answer) = (fake.asked.clone(), fake.answer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &asked, &answer);
            }
        });
        fake
    }

    /// From now on it answers so: a status, and perhaps a line about it.
    pub fn answers(&self, answer: &str) {
        *self.answer.lock().unwrap() = answer.into();
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, asked: &Mutex<Vec<Asked>>, answer: &Mutex<String>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut who, mut length) = (String::new(), None, 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap();
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => who = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let what = first.rsplit_once(' ').unwrap().0.to_owned();
    asked.lock().unwrap().push(Asked { what, who, body: String::from_utf8(body).unwrap() });
    let answer = answer.lock().unwrap().clone();
    let (status, said) = answer.split_once('\n').unwrap_or((&answer, ""));
    let length = said.len();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}").unwrap();
}
