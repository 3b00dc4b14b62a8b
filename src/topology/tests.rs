use super::*;

#[test]
fn every_topic_that_is_read_is_written_by_a_role_before() {
    for (position, role) in ROLES.iter().enumerate() {
        for topic in role.reads {
            let before = if [MODELS, ROLLBACKS, RULES].contains(topic) { ROLES.len() } else { position };
            let written = ROLES.iter().take(before).any(|before| before.writes.contains(topic));
            assert!(written, "{} reads {topic}, which nobody before it writes", role.name);
        }
    }
}

#[test]
fn the_architecture_page_draws_this_table() {
    let page = include_str!("../../docs/ARCHITECTURE.md");
    assert!(page.contains(&drawing()), "put this into docs/ARCHITECTURE.md:\n{}", drawing());
}

#[test]
fn estimate_does_not_await_collect_where_series_come_from_elsewhere() {
    let from = |url: &str| Config { sources: vec![url.into()], ..Config::default() };
    let estimate = role("estimate").unwrap();
    assert_eq!(producers(&from("tweetoscope://a:1"), estimate).len(), 4);
    assert_eq!(producers(&from("tweetoscope://a:1?read=cascade_series"), estimate).len(), 0);
}

#[test]
fn count_awaits_every_partition_of_locate_and_locate_nobody() {
    let config = Config::default();
    let names: Vec<String> =
        producers(&config, role("count").unwrap()).into_iter().map(|(topic, name)| format!("{topic} {name}")).collect();
    assert_eq!(names, ["sightings locate/0", "sightings locate/1", "sightings locate/2", "sightings locate/3"]);
    assert!(producers(&config, role("locate").unwrap()).is_empty());
}

#[test]
fn estimate_awaits_collect_only_where_a_source_brings_posts() {
    let awaited = |sources: &[&str]| {
        let config = Config { sources: sources.iter().map(|url| (*url).to_owned()).collect(), ..Config::default() };
        producers(&config, role("estimate").unwrap()).len()
    };
    assert_eq!(awaited(&["synthetic:"]), 4);
    assert_eq!(awaited(&["tweetoscope://a:1"]), 4);
    let (series, sizes) = ("tweetoscope://a:1?read=cascade_series", "tweetoscope://a:1?read=cascade_properties");
    assert_eq!(awaited(&[series, sizes]), 0);
    assert_eq!(awaited(&[series, "synthetic:"]), 4);
}

#[test]
fn predict_does_not_wait_for_what_others_have_predicted() {
    let sources = ["alerts", "stats"].map(|kind| format!("tweetoscope://a:1?read={kind}"));
    let config = Config { sources: sources.into(), ..Config::default() };
    assert!(!is_fed(&config, role("predict").unwrap()) && producers(&config, role("learn").unwrap()).is_empty());
    assert!(is_fed(&config, role("tweetoscope").unwrap()));
}

#[test]
fn watch_waits_only_for_what_a_rule_looks_at() {
    let mut config = Config::default();
    let awaited = |config: &Config| {
        let mut topics: Vec<String> = producers(config, role("watch").unwrap()).into_iter().map(|(topic, _)| topic).collect();
        topics.dedup();
        topics.join(", ")
    };
    assert_eq!(awaited(&config), "sizes, predictions, accuracies");
    config.watch.rules.retain(|_, rule| rule.of == "predictions.predicted");
    assert_eq!(awaited(&config), "sizes, predictions");
    config.watch.rules.values_mut().for_each(|rule| rule.of = "counts.people".into());
    assert_eq!(awaited(&config), "counts");
}
