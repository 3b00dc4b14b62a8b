//! Prometheus, its Alertmanager and its Pushgateway, from Debian's packages: on free ports, gone with the test.

use crate::brokers::{Kept, free_ports};
use crate::support::{eventually, get};
use serde_json::Value;
use std::process::{Command, Output};
use std::time::Duration;

const READY: Duration = Duration::from_secs(60);

/// A server.
pub struct Server {
    folder: tempfile::TempDir,
    command: Command,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    kept: Option<Kept>,
}

impl Server {
    pub fn pushgateway() -> Server {
        Server::start("prometheus-pushgateway", &[], |_| vec![])
    }

    /// An Alertmanager with this configuration.
    pub fn alertmanager(config: &str) -> Server {
        let arguments = |folder: &str| {
            vec![
                format!("--config.file={folder}/alertmanager.yml"),
                format!("--storage.path={folder}/data"),
                "--cluster.listen-address=".into(),
            ]
        };
        Server::start("prometheus-alertmanager", &[("alertmanager.yml", config)], arguments)
    }

    /// A Prometheus with this configuration and these rules.
    pub fn prometheus(config: &str, rules: &str) -> Server {
        let arguments =
            |folder: &str| vec![format!("--config.file={folder}/prometheus.yml"), format!("--storage.tsdb.path={folder}/data")];
        Server::start("prometheus", &[("prometheus.yml", config), ("rules.yml", rules)], arguments)
    }

    fn start(program: &str, files: &[(&str, &str)], arguments: impl Fn(&str) -> Vec<String>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let address = format!("127.0.0.1:{}", free_ports(1)[0]);
        let mut command = Command::new(program);
        command.arg(format!("--web.listen-address={address}")).args(arguments(&folder.path().display().to_string()));
        let mut server = Server { folder, command, url: format!("http://{address}"), kept: None };
        server.restart();
        server
    }

    /// Brings it back on its port, with what is on its disk.
    pub fn restart(&mut self) {
        let out = self.folder.path().join("out");
        let kept = self.kept.insert(Kept::start(&self.command, &out));
        eventually("a server of Prometheus is ready", READY, || {
            let said = || std::fs::read_to_string(&out).unwrap_or_default();
            assert!(kept.is_running(), "is it installed? `make need-prometheus` does that. It said: {}", said());
            ureq::get(format!("{}/-/ready", self.url)).call().ok()
        });
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        if let Some(kept) = self.kept.take() {
            kept.end("-9");
        }
    }

    /// What it answers, as JSON.
    pub fn ask(&self, path: &str) -> Value {
        let (status, _, body) = get(&format!("{}{path}", self.url));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What a query finds in Prometheus: series with their values.
    pub fn query(&self, query: &str) -> Vec<Value> {
        let coded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.ask(&format!("/api/v1/query?query={coded}"))["data"]["result"].as_array().unwrap().clone()
    }

    /// All metrics that it shows, a line each.
    pub fn metrics(&self) -> Vec<String> {
        get(&format!("{}/metrics", self.url)).2.lines().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs one of their tools to its end, which must be a good one; what it said.
pub fn tool(program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(program).args(arguments).output();
    let Output { status, stdout, stderr } = ran.unwrap_or_else(|error| panic!("{program}: {error}; run `make need-prometheus`"));
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{program} {arguments:?}: {said}");
    said
}
