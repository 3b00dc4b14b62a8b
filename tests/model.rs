//! `goshawk model`, with the real process: what was learned, and the way back to an older model.

use crate::support::{Place, eventually, json_lines};
use expect_test::expect;
use serde_json::Value;
use std::time::Duration;

const RUN: &str = "run --roles source,collect,estimate,predict,learn,serve --log disk:log --source";

/// The first so many posts of a made-up network.
fn run(posts: u64) -> String {
    format!("{RUN} synthetic:hawkes?limit={posts}&sources=5&alive=40&speed=max&start=2026-01-01T00:00:00Z")
}

fn listed(place: &Place, window: &str) -> Vec<Value> {
    json_lines(&place.ok(&format!("model ls --log disk:log --json --window {window}")))
}

fn number(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_else(|| panic!("{name} of {of}"))
}

/// The models that predictions of a window name, in no order.
fn named(place: &Place, window: u64) -> Vec<u64> {
    let predictions = place.tap("predictions --log disk:log");
    predictions.iter().filter(|told| told["window_s"] == window).map(|told| number(told, "model")).collect()
}

#[test]
fn an_older_model_is_put_back_and_stays_over_kills() {
    let place = Place::new();
    place.ok(&format!("{} --drain --listen off", run(40_000)));
    let before = listed(&place, "1200");
    let live: Vec<&Value> = before.iter().filter(|version| version["in_force"] == true).collect();
    assert!(live.len() == 1 && before.iter().all(|version| number(version, "bytes") > 1000), "{before:?}");
    assert!(
        before.windows(2).all(|pair| number(&pair[0], "version") > number(&pair[1], "version")),
        "each once, the newest first"
    );
    let taken = before.iter().filter(|version| version["taken"] == true && version["in_force"] == false);
    let older = number(taken.take(4).filter(|version| version["kind"] == "forest").last().expect("some"), "version");
    let show = place.ok("model show 1200 --log disk:log");
    for line in [format!("version                     {}\n", live[0]["version"]), "in force                    yes\n".into()] {
        assert!(show.contains(&line) && show.contains("  trees                     100, "), "{show}");
    }

    // A process that has nothing left to read, and trains no more for a year of the posts' time.
    let place = place.set("learn.every", "9000h");
    let text = place.ok("model ls --log disk:log");
    let mut process = place.start(&format!("{} --listen 127.0.0.1:0", run(40_000)));
    process.page();
    assert_eq!(place.ok("model ls --log disk:log"), text);
    assert_eq!(place.ok("model show 1200 --log disk:log"), show);
    place.ok(&format!("model rollback 1200 {older} --reason spam --log disk:log"));
    let back = eventually("the older model is told", Duration::from_secs(30), || {
        listed(&place, "1200").into_iter().next().filter(|newest| newest["of"] == older)
    });
    let version = number(&back, "version");
    assert!(version > number(&before[0], "version") && back["in_force"] == true && back["reason"] == "spam", "{back}");
    assert!(process.kill());

    let old = named(&place, 1200);
    assert!(!old.contains(&version));
    place.ok(&format!("{} --drain --listen off", run(120_000)));
    let new = named(&place, 1200);
    assert!(new.len() > old.len() + 100, "{} and {}", new.len(), old.len());
    let of_it = new.iter().filter(|model| **model == version).count();
    // A model takes effect ten minutes after its time.
    assert!(of_it * 10 > (new.len() - old.len()) * 9, "{of_it} of {}", new.len() - old.len());
    assert_eq!(listed(&place, "1200").iter().filter(|version| version["in_force"] == true).collect::<Vec<_>>(), [&back]);

    without_a_process(&place, version);
}

/// On the log alone: it is taken with the next run.
fn without_a_process(place: &Place, live: u64) {
    let older = listed(place, "1200").into_iter().filter(|version| version["taken"] == true && version["in_force"] == false);
    let older = number(&older.take(1).next().expect("one"), "version");
    place.ok(&format!("model rollback 1200 {older} --log disk:log"));
    assert_ne!(listed(place, "1200")[0]["of"], older);
    let bad = |line: &str| place.run(&format!("model {line} --log disk:log")).bad(place);
    assert_eq!(bad(&format!("rollback 1200 {live}")), format!("goshawk: version {live} of window 1200 is in force already\n"));
    let none = bad("rollback 1200 7");
    assert!(none.starts_with("goshawk: window 1200 has no version 7 to go back to; there is "), "{none}");
    let none = bad("show 1200 7");
    assert!(none.starts_with("goshawk: window 1200 has no version 7; there are "), "{none}");
    let other = bad("rollback 700 7") + &bad("show 700");
    expect![[r#"
        goshawk: there are no models of window 700; there are some of 600, 1200
        goshawk: there are no models of window 700; there are some of 600, 1200
    "#]]
    .assert_eq(&other);
    place.ok(&format!("{} --drain --listen off", run(121_000)));
    assert_eq!(listed(place, "1200")[0]["of"], older);
}

#[test]
fn where_there_are_no_models_yet_it_says_how_they_come_about() {
    let place = Place::new();
    place.ok(&format!("{} --drain --listen off", run(50)));
    let said = place.run("model ls --log disk:log");
    // Text models are there from the start.
    assert!(said.status.success() && said.out.starts_with("  text model ") && !said.out.contains("window"), "{}", said.out);
    let bad = |line: &str| place.run(&format!("model {line} --log disk:log")).bad(&place);
    expect![[r#"
        goshawk: there are no models yet: `learn` makes the first once enough cascades have ended (learn.mini_batch)
        goshawk: there are no models yet: `learn` makes the first once enough cascades have ended (learn.mini_batch)
    "#]]
    .assert_eq(&(bad("show 600") + &bad("rollback 600 1")));
    assert_eq!(said.err, bad("show 600").trim_start_matches("goshawk: "));
}
