//! A new version is tried beside the old one, taken, and taken back, while posts come in.

use super::{scores, with_lengths};
use crate::support::{Place, eventually};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// The versions that the newest scores are by, and whether each is only tried.
fn asked(place: &Place) -> Vec<(String, bool)> {
    let scores = scores(place, "length");
    let newest = scores.iter().rev().take(6);
    let mut asked: Vec<(String, bool)> =
        newest.map(|score| (score["version"].as_str().unwrap().to_owned(), score["shadow"] == true)).collect();
    asked.sort();
    asked.dedup();
    asked
}

fn version(number: &str, shadow: bool) -> (String, bool) {
    (number.to_owned(), shadow)
}

#[test]
fn a_version_is_tried_taken_and_taken_back_while_posts_come_in() {
    let place = Place::new();
    with_lengths(&place);
    std::fs::create_dir_all(place.path("new")).unwrap();
    let manifest = std::fs::read_to_string(place.path("models/length/model.toml")).unwrap();
    place.write("new/model.toml", manifest.replace("version = '1'", "version = '2'"));
    let script = std::fs::read_to_string(place.path("models/length/length.py")).unwrap();
    place.write("new/length.py", script.replace("[len(text) for", "[len(text) + 100 for"));
    place.write("new/mode", "well");
    let mut process =
        place.start("run --log disk:log --roles source,enrich:length,serve --source synthetic:?rate=200 --listen 127.0.0.1:0");
    process.page();
    let now = |wanted: &[(String, bool)]| {
        eventually(&format!("{wanted:?}"), PATIENCE, || (asked(&place) == wanted).then_some(()));
    };
    now(&[version("1", false)]);
    let said = place.ok("model shadow new");
    assert!(said.starts_with("version 2 of length runs beside version 1 within a second"), "{said}");
    assert!(place.path("models/length@2/model.toml").exists());
    now(&[version("1", false), version("2", true)]);
    let told = eventually("enough to compare", PATIENCE, || {
        let told = place.ok("model compare length --log disk:log");
        let both = told.lines().find(|line| line.starts_with("posts that both scored"))?;
        (both.split_whitespace().last()?.parse::<u64>().ok()? > 50).then_some(told)
    });
    for line in [
        "same score                    0.0 %\n",
        "mean difference               100.0000\n",
        "correlation                   1.0000\n",
        "(much: ",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert_eq!(place.ok("model promote length"), "version 2 of length is in force within a second\n");
    now(&[version("2", false)]);
    assert!(scores(&place, "length").last().unwrap()["value"].as_u64() > Some(100));
    assert_eq!(place.ok("model rollback length"), "version 1 of length is in force within a second, and no other is tried\n");
    now(&[version("1", false)]);
    let listed: Vec<Value> = crate::support::json_lines(&place.ok("model ls --json --log disk:log"));
    let standings: Vec<_> =
        listed.iter().filter(|of| of["name"] == "length").map(|of| (&of["version"], &of["standing"])).collect();
    assert_eq!(standings, [(&"1".into(), &"in force".into()), (&"2".into(), &"rests".into())]);
    assert!(process.kill());
}
