//! Goshawk in the place of a Tweetoscope's nodes, on a real broker, beside small Python nodes in the style of that family
//! (`tweetoscope/nodes/`), which use a stock client: each side of each topic is once ours and once theirs.

mod expected;
mod predictions;
mod storm;
mod swaps;

use crate::brokers::broker;
use crate::support::{LIMIT, Process};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Python that has the client.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let usual = || folder.ancestors().map(|folder| folder.join("target/services/python/bin/python")).find(|f| f.exists());
    let found = std::env::var_os("GOSHAWK_PYTHON").map(PathBuf::from).or_else(usual).filter(|python| python.exists());
    found.expect("Python with a Kafka client is not installed for the tests: run `make need-python-kafka` (`make test` does)")
}

/// A node of the Tweetoscope, started.
fn start_node(name: &str, prefix: &str, more: &str) -> Process {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/tweetoscope/nodes/{name}.py"));
    let mut command = Command::new(python());
    command.arg("-B").arg(script).args(["--brokers", &broker(), "--prefix", prefix]).args(more.split_whitespace());
    Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// Runs a node to its end; the fields of each line that it says.
fn node(name: &str, prefix: &str, more: &str) -> Vec<Vec<String>> {
    told(&start_node(name, prefix, more).ended(LIMIT).good())
}

fn told(lines: &str) -> Vec<Vec<String>> {
    lines.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A message as kcat shows it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    partition: u32,
    /// None: it has none.
    key: Option<String>,
    value: String,
}

/// What stands on a topic, as a stock client that reads only what is committed sees it; nothing where there is no topic yet.
fn shown(topic: &str) -> Vec<Shown> {
    let format = ["-f", "%p\t%K\t%k\t%s\n", "-X", "isolation.level=read_committed"];
    let read =
        Command::new("kcat").args(["-C", "-b", &broker(), "-t", topic, "-o", "beginning", "-e", "-q"]).args(format).output();
    let read = read.expect("kcat runs");
    let said = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success() || said.contains("Unknown topic"), "{said}");
    let shown = |line: &str| {
        let [partition, length, key, value] = line.splitn(4, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        Shown { partition: partition.parse().unwrap(), key: (length != "-1").then(|| key.to_owned()), value: value.to_owned() }
    };
    String::from_utf8(read.stdout).unwrap().lines().map(shown).collect()
}

/// Sends each line as a message without a key.
fn send(topic: &str, partition: u32, lines: &[u8]) {
    let arguments = ["-P", "-b", &broker(), "-t", topic, "-p", &partition.to_string()];
    let mut kcat = Command::new("kcat").args(arguments).stdin(Stdio::piped()).spawn().expect("kcat runs");
    kcat.stdin.take().unwrap().write_all(lines).unwrap();
    assert!(kcat.wait().unwrap().success());
}
