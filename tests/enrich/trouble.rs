//! A model that does what it should not holds nobody up, and what it missed is made up for.

use super::{is_well, scores, with_lengths};
use crate::support::{Place, eventually, get};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

const RUN: &str = "run --log disk:log --roles source,enrich,serve --source synthetic:?rate=400 --listen 127.0.0.1:0";
const PATIENCE: Duration = Duration::from_secs(30);

/// How a model's role is.
fn health(page: &str, role: &str) -> Value {
    let (_, _, body) = get(&format!("{page}/health"));
    let health: Value = serde_json::from_str(&body).unwrap();
    health["roles"].as_array().unwrap().iter().find(|of| of["role"] == role).cloned().unwrap_or(health)
}

fn records(page: &str, role: &str) -> u64 {
    health(page, role)["records"].as_u64().unwrap()
}

/// The model's program, by the folder that it runs in.
fn programs(place: &Place) -> Vec<u32> {
    let found = Command::new("pgrep").args(["-f", "length.py"]).output().unwrap();
    let ids = String::from_utf8(found.stdout).unwrap();
    let here = place.path("models/length").canonicalize().unwrap();
    let is_here = |id: &u32| std::fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|folder| folder == here);
    ids.lines().map(|id| id.parse().unwrap()).filter(is_here).collect()
}

#[test]
fn one_that_does_what_it_should_not_holds_nobody_up_and_is_made_up_for() {
    let place = Place::new();
    with_lengths(&place);
    let mut process = place.start(RUN);
    let page = process.page();
    let role = "enrich:length";
    eventually("it gives scores", PATIENCE, || (records(&page, role) > 200).then_some(()));
    for (mode, why) in [
        ("die", "it has ended with exit status: 3"),
        ("hang", "no answer within 1s"),
        ("flood", "it says more than 16 MiB"),
        ("lie", "it said \"long\", which is no integer"),
        ("less", "answers to"),
    ] {
        let (before, brought) = (records(&page, "enrich:vader"), records(&page, "synthetic"));
        place.write("models/length/mode", mode);
        let trouble = eventually(mode, PATIENCE, || {
            let of = health(&page, role);
            (of["condition"] == "degraded" && of["detail"].as_str().unwrap().contains(why)).then_some(of)
        });
        assert_eq!(health(&page, "enrich:vader")["condition"], "ok", "{trouble}");
        // The rest goes on at the pace of the source, which is another at night.
        std::thread::sleep(Duration::from_millis(500));
        let (done, brought) = (records(&page, "enrich:vader") - before, records(&page, "synthetic") - brought);
        assert!(brought > 20 && done * 10 > brought * 8, "{mode}: {done} of {brought} posts");
        place.write("models/length/mode", "well");
        eventually(&format!("well after {mode}"), PATIENCE * 2, || (health(&page, role)["condition"] == "ok").then_some(()));
    }
    // kill -9 of the program itself.
    let ids = programs(&place);
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(Command::new("sh").arg("-c").arg(format!("kill -9 {}", ids[0])).status().unwrap().success());
    eventually("another program", PATIENCE, || programs(&place).first().filter(|id| **id != ids[0]).copied());
    let (_, _, metrics) = get(&format!("{page}/metrics"));
    let unanswered = metrics.lines().find(|line| line.starts_with("goshawk_unanswered_total{role=\"enrich:length\"}"));
    let unanswered: f64 = unanswered.unwrap_or_else(|| panic!("{metrics}")).split_whitespace().last().unwrap().parse().unwrap();
    assert!(unanswered > 0.0);

    // Made up for while the process runs.
    let said = place.ok("model backfill length --log disk:log");
    assert!(said.contains(" scores of length made up for; 0 posts still have none"), "{said}");
    process.terminate();
    process.ended(PATIENCE);
    assert_eq!(programs(&place), [0; 0], "its program ends with it");
    is_whole(&place);
}

/// Every post that was scored by another model has a length, too, the right one, and just one.
fn is_whole(place: &Place) {
    // What came between that and the end.
    place.ok("model backfill length --log disk:log");
    assert_eq!(place.ok("model backfill length --log disk:log"), "0 scores of length made up for; 0 posts still have none\n");
    let posts = place.tap("posts --log disk:log").into_iter().filter(|post| post["text"] != "");
    let lengths = scores(place, "length");
    assert!(lengths.iter().any(|score| !is_well(score)), "there was trouble");
    let mut known = std::collections::HashMap::new();
    for score in lengths.iter().filter(|score| is_well(score)) {
        let twice = known.insert(score["post"].as_str().unwrap().to_owned(), score["value"].as_u64().unwrap());
        assert_eq!(twice, None, "{score}");
    }
    let mut count = 0;
    for post in posts {
        let length = post["text"].as_str().unwrap().chars().count() as u64;
        assert_eq!(known.get(post["id"].as_str().unwrap()), Some(&length), "{post}");
        count += 1;
    }
    assert_eq!(known.len(), count);
}

#[test]
fn where_that_is_wanted_posts_without_a_score_are_rejected() {
    let place = Place::new().set("enrich.failed", "reject");
    with_lengths(&place);
    place.write("models/length/mode", "lie");
    let run = "run --drain --listen off --log disk:log --source synthetic:?count=200&speed=max --roles source,enrich:length";
    place.ok(run);
    let posts = place.tap("posts --log disk:log").into_iter().filter(|post| post["text"] != "").count();
    let rejected = place.tap("rejected --log disk:log");
    assert_eq!((rejected.len(), scores(&place, "length").len()), (posts, 0));
    assert_eq!(rejected[0]["reason"], "length said nothing: it said \"long\", which is no integer");
    let said = place.command("rejected replay all --log disk:log").output().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("`goshawk model backfill length` makes up for it"));
    place.write("models/length/mode", "well");
    let said = place.ok("model backfill length --log disk:log");
    assert_eq!(said, format!("{posts} scores of length made up for; 0 posts still have none\n"));
    assert_eq!(scores(&place, "length").iter().filter(|score| is_well(score)).count(), posts);
}
