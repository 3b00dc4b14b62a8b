//! Real Apache Kafka brokers for tests, as child processes: on free ports, in a temporary folder, gone with the test, also
//! when the test itself is killed.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const CLUSTER: &str = "Z29zaGF3ay10ZXN0cy0wMQ";
/// Starts what follows, tells its process id, and ends it when the other end of standard input is gone.
const KEEPER: &str = r#""$@" >"$OUT" 2>&1 </dev/null & child=$!; echo $child; cat >/dev/null; kill -9 $child 2>/dev/null"#;
const READY: Duration = Duration::from_secs(90);

/// A server that goes when the test goes, however it goes.
pub struct Kept {
    keeper: Child,
    /// Held for as long as the server is to live.
    _leash: ChildStdin,
    process: u32,
}

/// A cluster of brokers.
pub struct Cluster {
    folder: tempfile::TempDir,
    ports: Vec<u16>,
    /// More free ports, for what a test configures.
    pub more: [u16; 2],
    brokers: Vec<Option<Kept>>,
}

/// The folder of Kafka's jars.
pub fn jars() -> PathBuf {
    let folder = std::env::var_os("GOSHAWK_KAFKA").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .ancestors()
                .map(|folder| folder.join("target/services/kafka"))
                .find(|f| f.exists())
        },
        |folder| Some(PathBuf::from(folder)),
    );
    let found = folder.filter(|folder| folder.join(".complete").exists());
    found.expect("Apache Kafka is not installed for the tests: run `make need-kafka` (`make test` does)")
}

/// So many free ports.
pub fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

fn java(main: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xms64m", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN"]);
    command.arg("-cp").arg(jars().join("*")).arg(main);
    command
}

impl Kept {
    /// Starts a server; what it says goes to the file `out`.
    pub fn start(server: &Command, out: &Path) -> Kept {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(server.get_program()).args(server.get_args());
        command.env("OUT", out).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut keeper = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let leash = keeper.stdin.take().unwrap();
        Kept { keeper, _leash: leash, process: line.trim().parse().unwrap() }
    }

    pub fn is_running(&self) -> bool {
        is_running(self.process)
    }

    /// Sends it this signal, and waits until it is gone.
    pub fn end(mut self, signal: &str) {
        signal_to(self.process, signal);
        let until = Instant::now() + Duration::from_secs(60);
        while self.is_running() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ended = self.keeper.kill();
        let _status = self.keeper.wait();
    }
}

impl Cluster {
    /// Starts so many brokers. With three or more, a record is on three of them, and two must have it.
    pub fn start(count: usize) -> Cluster {
        Cluster::start_with(tempfile::tempdir().unwrap(), count, "", &[])
    }

    /// The same in this folder, with more lines for each broker's configuration, in which PORT1 is its port, PORT2 and PORT3
    /// are two more free ones, CONTROLLER_PORT that of its controller, and FOLDER the folder; and with more arguments to the
    /// formatting of its disk.
    pub fn start_with(folder: tempfile::TempDir, count: usize, lines: &str, format: &[&str]) -> Cluster {
        let ports = free_ports(2 * count + 2);
        let (more, ports) = ports.split_at(2);
        let (ports, controllers) = ports.split_at(count);
        let voters: Vec<String> = controllers.iter().enumerate().map(|(n, port)| format!("{}@127.0.0.1:{port}", n + 1)).collect();
        let brokers = ports.iter().map(|_| None).collect();
        let mut cluster = Cluster { folder, ports: ports.to_vec(), more: [more[0], more[1]], brokers };
        for (number, controller) in controllers.iter().enumerate() {
            cluster.configure(number, *controller, &voters.join(","), lines);
        }
        cluster.format(format);
        for number in 0..count {
            cluster.launch(number);
        }
        cluster.await_all();
        cluster
    }

    fn configure(&self, number: usize, controller: u16, voters: &str, lines: &str) {
        let count = self.ports.len();
        let (port, replicas, enough) = (self.ports[number], count.min(3), if count >= 3 { 2 } else { 1 });
        let log = self.folder.path().join(format!("log-{number}"));
        let mut text = format!(
            "process.roles=broker,controller\nnode.id={}\ncontroller.quorum.voters={voters}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\ncontroller.listener.names=CONTROLLER\n\
             inter.broker.listener.name=PLAINTEXT\nlog.dirs={}\nauto.create.topics.enable=false\n\
             group.initial.rebalance.delay.ms=0\nbroker.session.timeout.ms=6000\ngroup.min.session.timeout.ms=1000\n\
             transaction.abort.timed.out.transaction.cleanup.interval.ms=1000\nlog.retention.check.interval.ms=500\n\
             log.initial.task.delay.ms=500\nlog.cleaner.backoff.ms=300\n",
            number + 1,
            log.display()
        );
        for topic in ["offsets.topic", "transaction.state.log"] {
            writeln!(text, "{topic}.replication.factor={replicas}\n{topic}.num.partitions=4").unwrap();
        }
        writeln!(
            text,
            "transaction.state.log.min.isr={enough}\nmin.insync.replicas={enough}\ndefault.replication.factor={replicas}"
        )
        .unwrap();
        // What a test says comes last and wins.
        let named = [("PORT1", port), ("PORT2", self.more[0]), ("PORT3", self.more[1]), ("CONTROLLER_PORT", controller)];
        let lines = named.iter().rev().fold(lines.to_owned(), |lines, (name, port)| lines.replace(name, &port.to_string()));
        text += &lines.replace("FOLDER", &self.folder.path().display().to_string());
        std::fs::write(self.config(number), without_doubles(&text)).unwrap();
    }

    fn config(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("server-{number}.properties"))
    }

    fn format(&self, arguments: &[&str]) {
        let format = |number| {
            let mut tool = java("kafka.tools.StorageTool");
            tool.args(["format", "--cluster-id", CLUSTER, "--config"]).arg(self.config(number)).args(arguments);
            tool.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("java runs")
        };
        let running: Vec<Child> = (0..self.ports.len()).map(format).collect();
        for child in running {
            let done = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "formatting a broker's disk: {said}");
        }
    }

    fn launch(&mut self, number: usize) {
        let mut broker = java("kafka.Kafka");
        broker.arg(self.config(number));
        self.brokers[number] = Some(Kept::start(&broker, &self.output(number)));
    }

    fn output(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("out-{number}"))
    }

    fn await_all(&mut self) {
        for number in 0..self.ports.len() {
            self.await_ready(number);
        }
    }

    /// Waits until a broker answers to clients.
    fn await_ready(&mut self, number: usize) {
        let until = Instant::now() + READY;
        while !self.answers(number) {
            let said = || std::fs::read_to_string(self.output(number)).unwrap_or_default();
            let alive = self.brokers[number].as_ref().is_some_and(Kept::is_running);
            assert!(alive, "broker {number} died: {}", said());
            assert!(Instant::now() < until, "broker {number} is not ready within {READY:?}: {}", said());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether a broker tells which versions it speaks: it does so only when it serves.
    fn answers(&self, number: usize) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.ports[number])) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        // ApiVersions, version 0, correlation 7, without a client's name.
        let request = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
        let mut answer = [0; 10];
        stream.write_all(&request).is_ok()
            && std::io::Read::read_exact(&mut stream, &mut answer).is_ok()
            && answer[4..10] == [0, 0, 0, 7, 0, 0]
    }

    /// `127.0.0.1:9092,127.0.0.1:9093`.
    pub fn bootstrap(&self) -> String {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
    }

    /// `kill -9`.
    pub fn kill(&mut self, number: usize) {
        self.end(number, "-9");
    }

    /// An orderly stop, as for a rolling restart.
    pub fn stop(&mut self, number: usize) {
        self.end(number, "-TERM");
    }

    fn end(&mut self, number: usize, signal: &str) {
        if let Some(broker) = self.brokers[number].take() {
            broker.end(signal);
        }
    }

    /// Brings a broker back on its disk and its port.
    pub fn restart(&mut self, number: usize) {
        self.launch(number);
        self.await_ready(number);
    }
}

/// A signal to a process that this test started.
pub fn signal_to(process: u32, signal: &str) {
    let _sent = Command::new("kill").arg(signal).arg(process.to_string()).stderr(Stdio::null()).status();
}

fn is_running(process: u32) -> bool {
    let told = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    told.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for number in 0..self.brokers.len() {
            self.kill(number);
        }
    }
}

/// Of two lines for one key, the last.
fn without_doubles(text: &str) -> String {
    let key = |line: &str| line.split('=').next().unwrap_or(line).to_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = |n: &usize| !lines[n + 1..].iter().any(|later| key(later) == key(lines[*n]));
    (0..lines.len()).filter(last).map(|n| format!("{}\n", lines[n])).collect()
}

/// One broker for all tests of this binary that need no more; it ends with the process.
pub fn broker() -> String {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(1)).bootstrap()
}
