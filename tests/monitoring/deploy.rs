//! What is shipped in deploy/ is what Prometheus' own tools take.

use super::servers::tool;

fn path(name: &str) -> String {
    format!("{}/deploy/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn promtool_and_amtool_take_what_is_shipped() {
    let said = tool("promtool", &["check", "config", &path("prometheus/prometheus.yml")]);
    assert!(said.contains("6 rules found"), "{said}");
    tool("promtool", &["test", "rules", &path("prometheus/rules_test.yml")]);
    let said = tool("amtool", &["check-config", &path("alertmanager/alertmanager.yml")]);
    assert!(said.contains("2 inhibit rules") && said.contains("2 receivers"), "{said}");
}

#[test]
fn each_severity_has_its_receivers() {
    let config = format!("--config.file={}", path("alertmanager/alertmanager.yml"));
    for (severity, receiver) in [("critical", "people"), ("warning", "people"), ("info", "programs")] {
        let labels = format!("severity={severity}");
        let said = tool("amtool", &["config", "routes", "test", &config, &labels]);
        assert!(said.lines().any(|line| line == receiver), "{severity}: {said}");
    }
}
