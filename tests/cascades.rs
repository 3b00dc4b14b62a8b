//! From cascades to estimates, with the real process: what is told of them is what the definition says, whatever is killed.

use crate::kill::{attack, lines, size};
use crate::support::{Dice, Place};
use serde_json::Value;
use std::collections::BTreeMap;

const START: &str = "2026-01-01T00:00:00Z";
const RUN: &str = "run --roles source,collect,estimate,predict,learn --drain --listen off --source";

/// Cascades in the layout of the literature: seconds and followers, one cascade after the other. By a rule, so that the
/// definition below can be written down in a few lines.
fn cascades(count: u64) -> Vec<Vec<(u64, u64)>> {
    let mut dice = Dice(41);
    let cascade = |_| {
        let (mut time, mut events) = (0, vec![(0, 500 + dice.roll(2000))]);
        for _ in 0..dice.roll(60) {
            // Now and then there is so long a silence that the cascade has ended.
            time += if dice.roll(40) == 0 { 1700 + dice.roll(300) } else { dice.roll(90) };
            events.push((time, dice.roll(300)));
        }
        events
    };
    (0..count).map(cascade).collect()
}

pub fn write(place: &Place, folder: &str, cascades: &[Vec<(u64, u64)>]) {
    let (mut data, mut index, mut row) = ("time,magnitude\n".to_owned(), "start_ind,end_ind\n".to_owned(), 1);
    for cascade in cascades {
        data.extend(cascade.iter().map(|(time, followers)| format!("{time},{followers}\n")));
        index += &format!("{row},{}\n", row + cascade.len() - 1);
        row += cascade.len();
    }
    std::fs::create_dir_all(place.path(folder)).unwrap();
    place.write(&format!("{folder}/data.csv"), data);
    place.write(&format!("{folder}/index.csv"), index);
}

/// What is told of a cascade: partial ones by window, and its size.
#[derive(Debug, Default, PartialEq)]
struct Told {
    windows: BTreeMap<u64, Vec<(u64, u64)>>,
    size: Option<u64>,
}

/// The definition: posts until the first silence of half an hour; nothing of those with fewer than ten.
fn defined(cascade: &[(u64, u64)]) -> Told {
    let gap = cascade.windows(2).position(|pair| pair[1].0 >= pair[0].0 + 1800);
    let cascade = &cascade[..gap.map_or(cascade.len(), |last| last + 1)];
    let mut told = Told { size: (cascade.len() >= 10).then_some(cascade.len() as u64), ..Told::default() };
    for window in [600, 1200] {
        let seen: Vec<(u64, u64)> = cascade.iter().filter(|(time, _)| *time < window).copied().collect();
        if seen.len() >= 10 {
            told.windows.insert(window, seen);
        }
    }
    told
}

/// What was told, by the row of the index.
fn told(place: &Place, log: &str) -> BTreeMap<u64, Told> {
    let posts = place.tap(&format!("posts --log {log}"));
    let row = |post: &Value| post["rules"][1].as_str().unwrap().strip_prefix("cascade-").unwrap().parse().unwrap();
    let rows: BTreeMap<String, u64> = posts.iter().map(|post| (post["root"].as_str().unwrap().to_owned(), row(post))).collect();
    let mut told: BTreeMap<u64, Told> = BTreeMap::new();
    for series in place.tap(&format!("series --log {log}")) {
        let told = told.entry(rows[series["cascade"].as_str().unwrap()]).or_default();
        let Some(window) = series["window_s"].as_u64() else { continue };
        let pair = |event: &Value| (event[0].as_u64().unwrap() / 1000, event[1].as_u64().unwrap());
        let mut events: Vec<(u64, u64)> = series["events"].as_array().unwrap().iter().map(pair).collect();
        assert_eq!(events.len() as u64, series["size"].as_u64().unwrap());
        events[1..].sort_unstable();
        assert!(told.windows.insert(window, events).is_none(), "{series} came twice");
    }
    for size in place.tap(&format!("sizes --log {log}")) {
        let told = told.entry(rows[size["cascade"].as_str().unwrap()]).or_default();
        assert!(told.size.replace(size["size"].as_u64().unwrap()).is_none(), "{size} came twice");
    }
    told
}

#[test]
fn files_of_cascades_come_to_what_the_definition_says() {
    let place = Place::new();
    let cascades = cascades(400);
    write(&place, "news", &cascades);
    let source = format!("cascades:news?sources=4&alive=9&speed=max&start={START}");
    place.ok(&format!("{RUN} {source} --log disk:log"));
    let mut expected = BTreeMap::new();
    for (row, cascade) in (0..).zip(&cascades) {
        let mut told = defined(cascade);
        for events in told.windows.values_mut() {
            events[1..].sort_unstable();
        }
        if told != Told::default() {
            expected.insert(row, told);
        }
    }
    assert_eq!(told(&place, "disk:log"), expected);
    assert!(expected.len() > 200 && expected.len() < 400);

    let windows: usize = expected.values().map(|told| told.windows.len()).sum();
    let estimates = place.tap("estimates --log disk:log");
    assert_eq!(estimates.len(), windows);
    for estimate in &estimates {
        let number = |name: &str| estimate[name].as_f64().unwrap();
        assert!(number("low") <= number("high") && number("n_star") < 1.0 && number("predicted") >= number("observed"));
    }
    assert!(estimates.iter().any(|estimate| estimate["learned_from"].as_u64() > Some(20)));
    let predictions = place.tap("predictions --log disk:log");
    assert_eq!(predictions.len(), windows);
    let sizes = expected.values().filter(|told| told.size.is_some()).map(|told| told.windows.len()).sum::<usize>();
    assert_eq!(place.tap("errors --log disk:log").len(), sizes);
    assert!(predictions.iter().any(|prediction| prediction["model"].as_u64() > Some(0)), "no model was used");
    // What came after the end of a cascade that was told of is late, and nothing else.
    let told_of = cascades.iter().filter(|cascade| defined(cascade).size.is_some());
    let lost: u64 = told_of.map(|cascade| cascade.len() as u64 - kept(cascade)).sum();
    assert_eq!(place.tap("late --log disk:log").len() as u64, lost);
    assert!(lost > 100);
}

fn kept(cascade: &[(u64, u64)]) -> u64 {
    cascade.windows(2).position(|pair| pair[1].0 >= pair[0].0 + 1800).map_or(cascade.len(), |last| last + 1) as u64
}

#[test]
fn killed_again_and_again_it_leaves_the_same_series_sizes_and_estimates() {
    let place = Place::new();
    let run = format!("{RUN} synthetic:hawkes?count=12000&sources=5&alive=40&speed=max&start={START}");
    let (straight, attacked) = ("disk:straight?segment=4MiB", "disk:attacked?segment=4MiB");
    place.ok(&format!("{run} --log {straight}"));
    let total = size(&place.path("straight"));
    let (kills, grown) = attack(&place, &run, attacked, total, &mut Dice(9));
    assert!(kills >= 15 && grown >= 8, "{kills} kills landed, {grown} after some work");
    for topic in ["series", "sizes", "estimates", "predictions", "errors", "samples", "late"] {
        let [one, other] = [straight, attacked].map(|log| lines_of(&place, topic, log));
        assert!(one == other, "{topic}: {} lines and {}", one.len(), other.len());
        assert!(topic == "late" || one.len() > 1000, "only {} lines of {topic}", one.len());
    }
}

/// Lines of a topic; of refusals without the offset, for each start takes some for its marks.
fn lines_of(place: &Place, topic: &str, log: &str) -> Vec<String> {
    if topic != "late" {
        return lines(place, topic, log).into_iter().collect();
    }
    let mut refusals: Vec<String> = place
        .tap(&format!("late --log {log}"))
        .into_iter()
        .map(|mut refused| {
            refused.as_object_mut().unwrap().remove("offset");
            refused.to_string()
        })
        .collect();
    refusals.sort();
    refusals
}

#[test]
fn a_tweetoscopes_own_files_are_read() {
    let place = Place::new();
    write(&place, "news", &cascades(60));
    place.write("params.config", "# as they ship it\ntweets_path news/data.csv\ncascades_path news/index.csv\nnumber_of_threads 3\nmax_number_of_cascades 4\ntime_acceleration_factor 1000\nkafka_topic tweets\n");
    place.write("collector.ini", "[kafka]\nbrokers=localhost:9092\n[topic]\nin=tweets\nout_series=cascade_series\n[times]\nobservation=300\nobservation=900\nterminated=1800\n[cascade]\nmin_cascade_size=5\n");
    let place = place.set("collect.ini", "collector.ini").set("tweetoscope.brokers", "");
    let checked = place.ok("check");
    for line in ["windows = [\"5m\", \"15m\"]", "least = 5", "brokers = \"kafka://localhost:9092\""] {
        assert!(checked.contains(line), "{checked}");
    }
    place.ok(&format!("{RUN} cascades:params.config?speed=max&start={START} --log disk:log"));
    let windows: Vec<u64> = place.tap("estimates --log disk:log").iter().map(|e| e["window_s"].as_u64().unwrap()).collect();
    assert!(windows.contains(&300) && windows.contains(&900) && windows.len() > 60);

    place.write("collector.ini", "[times]\nobservations=300\nterminatd=7\n");
    let error = place.run("check").bad(&place);
    assert!(error.contains("collector.ini, line 3") && error.contains("times.terminated"), "{error}");
}

/// A post as the X API v2 streams it.
fn line(id: u64, repost_of: Option<u64>, second: u64, followers: u64) -> String {
    let refers =
        repost_of.map_or(String::new(), |root| format!(r#","referenced_tweets":[{{"type":"retweeted","id":"{root}"}}]"#));
    let (hour, minute, rest) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        r#"{{"data":{{"id":"{id}","author_id":"{id}","created_at":"2026-03-01T{hour:02}:{minute:02}:{rest:02}.000Z","text":"t"{refers}}},"includes":{{"users":[{{"id":"{id}","username":"u{id}","name":"n","public_metrics":{{"followers_count":{followers}}}}}]}}}}"#
    )
}

/// One enormous cascade, out of order, with doubles, among posts that are broken or belong to nothing.
#[test]
fn a_hostile_recording_is_counted_to_the_last_post_and_each_refusal_has_its_reason() {
    const REPOSTS: u64 = 120_000;
    let place = Place::new().set("collect.most", "5000");
    let mut recording = vec![line(1, None, 0, 1000)];
    for number in 0..REPOSTS {
        // Out of order by up to half a minute.
        let second = 40 + number / 200 - (number * 7919) % 30;
        recording.push(line(1000 + number, Some(1), second, number % 50));
        if number % 1000 == 0 {
            recording.push(line(1000 + number, Some(1), second, 7));
            recording.push(line(900_000 + number, Some(77), second, 7));
            recording.push(format!(r#"{{"data":{{"id":"{number}","text":"no time"}}}}"#));
            recording.push("{\"data\": [[[[".to_owned());
        }
    }
    recording.push(line(500_000, Some(1), 4000, 7));
    place.write("posts.jsonl", recording.join("\n"));
    place.ok(&format!("{RUN} replay:posts.jsonl?speed=max --log disk:log"));
    let sizes = place.tap("sizes --log disk:log");
    assert_eq!(sizes.iter().map(|size| size["size"].as_u64().unwrap()).collect::<Vec<_>>(), [REPOSTS + 1]);
    let series = place.tap("series --log disk:log");
    assert_eq!(series.len(), 3);
    for partial in &series[..2] {
        assert_eq!(partial["events"].as_array().unwrap().len(), 5000);
        assert!(partial["size"].as_u64().unwrap() > 100_000, "{}", partial["size"]);
    }
    let estimate = &place.tap("estimates --log disk:log")[1];
    assert!(estimate["predicted"].as_f64().unwrap() >= estimate["observed"].as_f64().unwrap());
    let reasons = |topic: &str| {
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        for refused in place.tap(&format!("{topic} --log disk:log")) {
            assert!(!refused["raw"].as_str().unwrap_or("x").is_empty());
            *reasons.entry(refused["reason"].as_str().unwrap()[..12].to_owned()).or_default() += 1;
        }
        reasons.into_values().collect::<Vec<_>>()
    };
    // Those of a post that was never seen are strays, and only counted.
    assert_eq!(reasons("late"), [1]);
    let rejected: u64 = reasons("rejected").iter().sum();
    assert_eq!(rejected, 3 * 120);
}
