//! Services that are not there, or say no: a line that says so, and everything else goes on.

use super::alerts::alert;
use super::append;
use super::gateway::health;
use super::servers::Server;
use crate::brokers::free_ports;
use crate::support::{Place, eventually};
use domain::AlertState;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const ROLES: &str = "source,locate,count,collect,estimate,predict,learn,monitor,watch";
const SOURCE: &str = "synthetic:hawkes?count=300&sources=2&alive=30&speed=max&start=2026-01-01T00:00:00Z";

#[test]
fn what_is_configured_wrongly_is_said_at_once() {
    for (key, value, part) in [
        ("pushgateway.url", "gateway:9091", "the Pushgateway's address must start with http://"),
        ("alertmanager.url", "http://a:9093,b:9093", "the Alertmanager's address must start with http://"),
        ("alertmanager.url", "http://me:secret@a:9093", "takes no user"),
        ("alertmanager.password", "env:GOSHAWK_NO_SUCH", "alertmanager.password=env:GOSHAWK_NO_SUCH"),
        ("pushgateway.accuracy_job", "a/b", "pushgateway.accuracy_job: `a/b`"),
        ("pushgateway.every", "0ms", "pushgateway.every must be longer than nothing"),
    ] {
        let place = Place::new();
        let url = format!("{}.url", key.split('.').next().unwrap());
        let place = if key == url { place } else { place.set(&url, "http://127.0.0.1:1") };
        let place = place.set(key, value);
        let error = place.run("check").bad(&place);
        assert!(error.contains(part) && error.lines().count() == 1 && !error.contains("secret"), "{key} {value}: {error}");
    }
    for role in ["pushgateway", "alertmanager"] {
        let place = Place::new();
        let error = place.run(&format!("run --roles {role} --log memory: --listen off")).bad(&place);
        assert!(error.contains(&format!("the role {role} needs {role}.url, as in http://127.0.0.1:909")), "{error}");
    }
}

#[test]
fn check_tries_both_and_shows_no_password() {
    let (gateway, closed) = (Server::pushgateway(), free_ports(1)[0]);
    let place = Place::new().set("pushgateway.url", &gateway.url).set("pushgateway.user", "ann");
    let place = place.set("pushgateway.password", "hidden").set("listen", "off");
    let place = place.set("alertmanager.url", &format!("http://127.0.0.1:{closed}"));
    let ended = place.run("check --connect");
    assert!(!ended.out.contains("hidden") && !ended.err.contains("hidden"), "{}", ended.out);
    let ready = format!("ok      pushgateway: {} is ready", gateway.url);
    let away = format!("failed  alertmanager: the Alertmanager at http://127.0.0.1:{closed} does not answer: ");
    assert!(ended.out.contains(&ready) && ended.out.contains(&away), "{}", ended.out);
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn a_run_to_the_end_does_not_wait_for_ever_for_who_is_away() {
    let closed = free_ports(1)[0];
    let place = Place::new().set("pushgateway.url", &format!("http://127.0.0.1:{closed}"));
    let place = place.set("alertmanager.url", &format!("http://127.0.0.1:{closed}"));
    append(&place, &[alert("17", AlertState::Firing, 300.0)]);
    let begun = Instant::now();
    let ended =
        place.run(&format!("run --roles {ROLES},pushgateway,alertmanager --drain --listen off --log disk:log --source {SOURCE}"));
    assert!(ended.status.success(), "{}", ended.err);
    assert_eq!(ended.err.lines().filter(|line| line.contains("does not answer")).count(), 2, "{}", ended.err);
    assert!(begun.elapsed() > Duration::from_secs(9), "it did not try");
    assert!(place.tap("predictions --log disk:log").len() > 20);
}

#[test]
fn who_says_no_is_quoted_and_nobody_else_is_held_up() {
    // Each is told to the other: there is nobody by that name there.
    let gateway = Server::pushgateway();
    let manager = Server::alertmanager("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n");
    let place = Place::new().set("pushgateway.url", &manager.url).set("alertmanager.url", &gateway.url);
    let place = place.set("alertmanager.every", "1s");
    let roles = format!("{ROLES},pushgateway,alertmanager");
    let mut process = place.start(&format!("run --roles {roles} --log disk:log --listen 127.0.0.1:0 --source {SOURCE}"));
    let page = process.page();
    let detail = eventually("the no is heard", LIMIT, || {
        let (condition, detail) = health(&page, "pushgateway");
        (condition == "degraded").then_some(detail)
    });
    assert!(detail.starts_with(&format!("the Pushgateway at {} answered 404", manager.url)), "{detail}");
    assert_eq!(health(&page, "predict").0, "ok");
    process.terminate();
    process.ended(Duration::from_secs(20)).good();
}
