use super::timing::Timing;
use super::words::handle;
use crate::dice::{Dice, Zipf};
use crate::testing::{Brought, play, play_in_pieces, poll, settings, started};
use crate::{Settings, open};
use flow::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const START: &str = "start=2026-03-01T00:00:00Z&speed=max";

fn posts(options: &str) -> Vec<serde_json::Value> {
    let brought = play(&format!("synthetic:?{START}&{options}"), &settings());
    brought.posts.iter().map(|post| serde_json::from_str(post).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_posts() {
    let url = format!("synthetic:?{START}&count=9000&seed=3");
    let whole = play(&url, &settings());
    assert_eq!((whole.posts.len(), whole.refused.len()), (9000, 0));
    play(&url, &settings()).assert_same(&whole, "again");
    let (pieces, starts) = play_in_pieces(&url, &settings());
    pieces.assert_same(&whole, "in pieces");
    assert!(starts > 2);
    let other = play(&url.replace("seed=3", "seed=4"), &settings());
    assert!(whole.posts.iter().zip(&other.posts).all(|(one, two)| one != two));
    let identities: BTreeSet<u64> = whole.staged.iter().map(|staged| staged.1).collect();
    assert_eq!(identities.len(), 9000, "no identifier comes twice");
}

#[test]
fn the_pace_does_not_change_the_posts() {
    let at_leisure = play("synthetic:?start=2026-03-01T00:00:00Z&count=60&rate=2000&seed=5", &settings());
    let at_once = play("synthetic:?start=2026-03-01T00:00:00Z&count=60&rate=2000&seed=5&speed=max", &settings());
    at_leisure.assert_same(&at_once, "paced");
}

#[test]
fn the_network_is_as_ordered() {
    let posts = posts("count=30000&reposts=0.4&cities=50&people=1000&disorder=10s");
    let share = |of: usize| of as f64 / posts.len() as f64;
    let is = |kind: &'static str| posts.iter().filter(|post| post["kind"] == kind).count();
    assert!((share(is("repost")) - 0.4).abs() < 0.02, "{}", is("repost"));
    assert!(is("reply") > 1000 && is("quote") > 200);
    let nowhere = posts.iter().filter(|post| post["place"].is_null() && post["rules"] == serde_json::json!([])).count();
    assert!((0.02..0.04).contains(&share(nowhere)), "{nowhere}");
    let mut cities: BTreeMap<String, usize> = BTreeMap::new();
    for rule in posts.iter().filter_map(|post| post["rules"][0].as_str()) {
        *cities.entry(rule.to_owned()).or_default() += 1;
    }
    assert_eq!(cities.len(), 50);
    assert!(cities["tokyo"] > 3 * cities["paris"] && cities["sao-paulo"] > 0);
    let people: BTreeSet<&str> = posts.iter().filter_map(|post| post["author"]["id"].as_str()).collect();
    assert!(people.len() <= 1000 && people.len() > 800);
    let mut cascades: BTreeMap<&str, usize> = BTreeMap::new();
    posts.iter().for_each(|post| *cascades.entry(post["root"].as_str().unwrap()).or_default() += 1);
    assert!(cascades.values().max().unwrap() > &100, "some cascades grow large");
}

#[test]
fn a_repost_carries_its_original() {
    let posts = posts("count=5000");
    let by_id: BTreeMap<&str, &serde_json::Value> = posts.iter().map(|post| (post["id"].as_str().unwrap(), post)).collect();
    for post in posts.iter().filter(|post| post["kind"] == "repost") {
        let original = by_id[post["root"].as_str().unwrap()];
        assert_ne!(original["kind"], "repost");
        assert_eq!(post["target"], post["root"]);
        let handle = original["author"]["handle"].as_str().unwrap();
        assert_eq!(post["text"], format!("RT @{handle}: {}", original["text"].as_str().unwrap()));
    }
}

#[test]
fn texts_read_like_posts() {
    let posts = posts("count=20000&reposts=0");
    let texts: BTreeSet<&str> = posts.iter().filter_map(|post| post["text"].as_str()).collect();
    assert!(texts.len() > 10_000, "{} different texts", texts.len());
    assert!(texts.iter().all(|text| !text.contains(['{', '}']) && (10..=280).contains(&text.len())));
    for lang in ["en", "id", "es", "fr"] {
        assert!(posts.iter().any(|post| post["lang"] == lang), "{lang}");
    }
    for mark in ["#", "@", "https://", "😂"] {
        assert!(texts.iter().any(|text| text.contains(mark)), "{mark}");
    }
}

#[test]
fn records_come_in_time_and_out_of_order() {
    let url = "synthetic:?rate=2000&count=400&disorder=500ms";
    let now = settings().now.unwrap();
    let (mut brought, mut source) = (Brought::default(), started(url, &settings(), None));
    let began = Instant::now();
    while !poll(&mut *source, &mut brought, 1, Duration::from_millis(5)) {
        let newest = brought.staged.iter().map(|staged| staged.0).max().unwrap();
        assert!(newest <= now.plus_millis(began.elapsed().as_millis() as i64 + 1), "nothing comes before it happens");
    }
    assert!(began.elapsed() >= Duration::from_millis(100));
    let times: Vec<Timestamp> = brought.staged.iter().map(|staged| staged.0).collect();
    assert!(!times.is_sorted());
    assert!(times.iter().all(|time| (-501..=1000).contains(&time.millis_since(now))));
}

#[test]
fn a_live_network_does_not_make_up_for_a_long_absence() {
    let url = "synthetic:?rate=1000";
    let (mut first, mut source) = (Brought::default(), started(url, &settings(), None));
    poll(&mut *source, &mut first, 1, Duration::from_secs(1));
    let tomorrow = Settings { now: settings().now.map(|now| now.plus_millis(86_400_000)), ..settings() };
    let (mut second, mut source) = (Brought::default(), started(url, &tomorrow, first.cursor.as_deref()));
    poll(&mut *source, &mut second, 1, Duration::from_secs(1));
    assert!(second.staged[0].0 >= tomorrow.now.unwrap().plus_millis(-30_001));
    assert!(source.open(Some(b"?"), Box::new(|| flow::Out::new(flow::Format::Json, &[]))).is_err());
}

#[test]
fn moments_follow_the_daily_wave() {
    let start = Timestamp::parse("2026-03-01T05:30:00Z").unwrap();
    let timing = Timing::new(start, 10.0);
    assert_eq!(timing.moment(0), start);
    assert_eq!(timing.moment(864_000), start.plus_millis(86_400_000), "a day holds what the mean rate says");
    let moments: Vec<Timestamp> = (0..100_000).map(|number| timing.moment(number)).collect();
    assert!(moments.is_sorted());
    for number in [0, 1, 17, 54_321] {
        let found = timing.at(moments[number as usize], 0);
        assert!(found <= number && timing.moment(found) == moments[number as usize]);
    }
    let slow = Timing::new(start, 0.001);
    assert!((900_000..1_900_000).contains(&slow.moment(1).millis_since(start)));
}

#[test]
fn dice_are_fair_and_names_differ() {
    let mut dice = Dice::about(1, 2, 3);
    let mean = (0..10_000).map(|_| dice.below(100)).sum::<u64>() as f64 / 10_000.0;
    assert!((mean - 49.5).abs() < 1.5, "{mean}");
    assert_eq!(dice.below(0), 0);
    let zipf = Zipf::new(3);
    let mut counts = [0; 3];
    (0..11_000).for_each(|_| counts[zipf.throw(&mut dice) as usize] += 1);
    assert!((5500..6500).contains(&counts[0]) && (1700..2300).contains(&counts[2]), "{counts:?}");
    let names: BTreeSet<String> = (0..10_000).map(handle).collect();
    assert_eq!(names.len(), 10_000);
}

#[test]
fn bad_options_say_what_is_right() {
    let error = |options: &str| open(&format!("synthetic:?{options}"), &settings()).err().map(|error| error.to_string());
    assert!(error("rate=0").unwrap().contains("write posts a second, or max"));
    assert!(error("start=soon").unwrap().contains("write now, or a moment"));
    assert!(error("cities=0").unwrap().contains("write a number from 1 to 236"));
    assert!(error("reposts=2").unwrap().contains("from 0 to 1"));
    assert!(error("disorder=5w").unwrap().contains("30s"));
    assert!(error("people=many").is_some() && error("raet=5").unwrap().contains("did you mean `rate`?"));
    assert!(error("rate=max&lateness=5s").is_none());
    let other = open("synthetic:hawks?rate=5", &settings()).err().unwrap().to_string();
    assert_eq!(other, "synthetic:hawks: there is no such network; write synthetic: or synthetic:hawkes");
}
