//! A real OpenSearch, from Maven: on free ports, gone with the test.

use crate::brokers::{Kept, free_ports};
use crate::support::eventually;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const READY: Duration = Duration::from_secs(90);

/// A node.
pub struct Store {
    folder: tempfile::TempDir,
    command: Command,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    kept: Option<Kept>,
}

/// The folder of its jars.
fn jars() -> PathBuf {
    let there = |folder: &Path| folder.join("target/services/opensearch");
    let folder = std::env::var_os("GOSHAWK_OPENSEARCH").map(PathBuf::from).or_else(|| {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(there);
        above.into_iter().find(|folder| folder.exists())
    });
    let found = folder.filter(|folder| folder.join(".complete").exists());
    found.expect("OpenSearch is not installed for the tests: run `make need-opensearch` (`make test` does)")
}

impl Store {
    pub fn start() -> Store {
        let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports(2));
        let config = folder.path().join("config");
        std::fs::create_dir(&config).unwrap();
        let [http, transport] = ports[..] else { unreachable!() };
        let settings = format!(
            "cluster.name: test\nnode.name: store\nnetwork.host: 127.0.0.1\nhttp.port: {http}\ntransport.port: {transport}\n\
             path.data: {0}/data\npath.logs: {0}/logs\ndiscovery.type: single-node\n\
             cluster.routing.allocation.disk.threshold_enabled: false\n",
            folder.path().display()
        );
        std::fs::write(config.join("opensearch.yml"), settings).unwrap();
        let log = "status=error\nappender.c.type=Console\nappender.c.name=c\nappender.c.layout.type=PatternLayout\n\
                   appender.c.layout.pattern=%p %m%n\nrootLogger.level=warn\nrootLogger.appenderRef.c.ref=c\n";
        std::fs::write(folder.path().join("log4j2.properties"), log).unwrap();
        let mut command = Command::new("java");
        command.args([
            "-Xms256m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-Djava.net.preferIPv4Stack=true",
            "-Dlog4j2.disable.jmx=true",
        ]);
        command.arg(format!("-Dlog4j2.configurationFile={}", folder.path().join("log4j2.properties").display()));
        command.arg("-cp").arg(format!("{0}/*:{0}", jars().display())).arg("Store").arg(folder.path());
        let mut store = Store { folder, command, url: format!("http://127.0.0.1:{http}"), kept: None };
        store.restart();
        store
    }

    /// Brings it back on its ports, with what is on its disk.
    pub fn restart(&mut self) {
        let out = self.folder.path().join("out");
        let kept = self.kept.insert(Kept::start(&self.command, &out));
        eventually("OpenSearch is ready", READY, || {
            let said = || std::fs::read_to_string(&out).unwrap_or_default();
            assert!(kept.is_running(), "it said: {}", said());
            ureq::get(format!("{}/_cluster/health?wait_for_status=yellow&timeout=4s", self.url)).call().ok()
        });
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        if let Some(kept) = self.kept.take() {
            kept.end("-9");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a server that speaks the API answers: the status, and JSON.
pub fn ask(url: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{url}{path}");
    let answer = match method {
        "GET" if body.is_empty() => agent.get(&url).call(),
        "GET" => agent.get(&url).force_send_body().content_type("application/json").send(body),
        "DELETE" => agent.delete(&url).call(),
        "HEAD" => agent.head(&url).call(),
        "PUT" => agent.put(&url).content_type("application/json").send(body),
        _ => agent.post(&url).content_type("application/json").send(body),
    };
    let mut answer = answer.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let text = answer.body_mut().read_to_string().unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (answer.status().as_u16(), json)
}

/// All documents of an index, by name.
pub fn documents(url: &str, index: &str) -> std::collections::BTreeMap<String, Value> {
    ask(url, "POST", &format!("/{index}/_refresh"), "");
    let (status, found) = ask(url, "POST", &format!("/{index}/_search"), r#"{"size":10000,"query":{"match_all":{}}}"#);
    assert_eq!(status, 200, "{found}");
    let hits = found["hits"]["hits"].as_array().unwrap();
    assert_eq!(hits.len() as u64, found["hits"]["total"]["value"].as_u64().unwrap());
    hits.iter().map(|hit| (hit["_id"].as_str().unwrap().to_owned(), hit["_source"].clone())).collect()
}
