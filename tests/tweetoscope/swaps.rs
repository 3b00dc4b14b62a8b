//! One node is ours, the others are theirs.

use super::expected::{Expected, Series, expected, series};
use super::{Shown, broker, node, send, shown};
use crate::support::{Place, eventually};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

/// Where ours writes, and what.
pub fn place(prefix: &str, write: &str) -> Place {
    let brokers = format!("kafka://{}?prefix={prefix}", broker());
    Place::new().set("tweetoscope.brokers", &brokers).set("tweetoscope.write", write)
}

/// The address of a topic of theirs.
pub fn source(prefix: &str, more: &str) -> String {
    format!("tweetoscope://{}?prefix={prefix}&{more}", broker())
}

pub fn values(prefix: &str, topic: &str) -> Vec<String> {
    shown(&format!("{prefix}{topic}")).into_iter().map(|shown| shown.value).collect()
}

/// That our collector has written exactly what it must.
fn judge_collector(prefix: &str, wanted: &Expected) {
    let told = shown(&format!("{prefix}cascade_series"));
    assert!(told.iter().all(|serie| serie.key.is_none()), "a serie has no key");
    let got = series(told.iter().map(|serie| serie.value.as_str()));
    assert_eq!(got, wanted.series);
    let mut sizes = BTreeSet::new();
    for told in shown(&format!("{prefix}cascade_properties")) {
        let partition = judge_window(&told);
        assert!(sizes.insert((partition, told.value.clone())), "twice: {told:?}");
    }
    let wanted = wanted.sizes.iter().flat_map(|(cid, (n_tot, t_end))| {
        let value = format!(r#"{{"type": "size", "cid": {cid}, "n_tot": {n_tot}, "t_end": {t_end}}}"#);
        [(0, value.clone()), (1, value)]
    });
    assert_eq!(sizes, wanted.collect());
}

/// The key and the partition of a message that belongs to a window.
fn judge_window(told: &Shown) -> u32 {
    let place = ["600", "1200"].iter().position(|window| told.key.as_deref() == Some(window));
    assert_eq!(place, Some(told.partition as usize), "{told:?}");
    told.partition
}

/// That their predictor has met both for every serie, and nothing for nothing.
fn judge_predictor(prefix: &str, series: &Series, sizes: &BTreeMap<String, (u64, u64)>) {
    let mut said = node("predictor", prefix, "");
    said.retain(|line| line[0] != "alert" && line[0] != "stat");
    let (joined, alone): (Vec<_>, Vec<_>) = said.into_iter().partition(|line| line[0] == "joined");
    let wanted: BTreeSet<_> = series.keys().filter(|(cid, _)| sizes.contains_key(cid)).cloned().collect();
    let got: BTreeSet<_> = joined.iter().map(|line| (line[1].clone(), line[2].parse().unwrap())).collect();
    assert_eq!(got, wanted);
    for line in &joined {
        let observed = series[&(line[1].clone(), line[2].parse().unwrap())].len();
        assert_eq!(line[3], observed.to_string(), "n_obs in {line:?}");
        let (n_tot, t_end) = sizes[&line[1]];
        assert_eq!(line[5..], [n_tot.to_string(), t_end.to_string()], "{line:?}");
        assert!(line[4].parse::<f64>().unwrap() >= 0.0, "n_supp in {line:?}");
    }
    // A cascade that is large only after a window has a size and no serie.
    assert!(
        alone
            .iter()
            .all(|line| !series.contains_key(&(line[1].clone(), line[2].parse().unwrap())) || !sizes.contains_key(&line[1]))
    );
    assert_eq!(values(prefix, "alerts").len(), series.len());
    assert_eq!(values(prefix, "samples").len(), joined.len());
}

/// That something of each kind was asked for.
pub fn judge_play(wanted: &Expected) {
    assert!(wanted.series.len() >= 15 && wanted.sizes.len() >= 10 && wanted.late >= 2, "a poor play: {wanted:?}");
}

#[test]
fn our_collector_in_the_place_of_theirs_tells_every_cascade_of_a_recording() {
    let prefix = "swap-a20.";
    let wanted = expected(&node("generator", prefix, "--form 2020 --cascades 90"));
    judge_play(&wanted);
    let place = place(prefix, "cascade_series,cascade_properties");
    let url = source(prefix, "end=true");
    place.ok(&format!("run --drain --listen off --roles source,collect,tweetoscope --source {url} --log disk:log"));
    judge_collector(prefix, &wanted);
    assert_eq!(place.tap("late --log disk:log").len(), wanted.late);
    assert_eq!(place.tap("rejected --log disk:log"), Vec::<Value>::new());
    assert_eq!(node("estimator", prefix, "").len(), wanted.series.len());
    judge_predictor(prefix, &wanted.series, &wanted.sizes);

    // The same brokers, another log, nothing new to read: nothing is held back and nothing comes from nowhere.
    let before = values(prefix, "cascade_series").len();
    let url = source(prefix, "read=cascade_properties&end=true");
    // All roles: those to which nothing comes hold nobody up.
    place.ok(&format!("run --drain --listen off --source {url} --log disk:other"));
    assert_eq!(place.tap("sizes --log disk:other").len(), wanted.sizes.len());
    assert_eq!(values(prefix, "cascade_series").len(), before, "what is theirs is not sent back");
}

#[test]
fn our_collector_in_the_place_of_theirs_keeps_up_and_ends_the_last_cascades() {
    let prefix = "swap-a21.";
    let place = place(prefix, "cascade_series,cascade_properties").set("time.lateness", "1h").set("time.idle", "2s");
    let url = source(prefix, "speed=1000");
    let collector = place.start(&format!("run --listen off --roles source,collect,tweetoscope --source {url} --log disk:log"));
    let wanted = expected(&node("generator", prefix, "--form 2021 --cascades 40 --seed 3 --factor 1000"));
    judge_play(&wanted);
    eventually("the last cascades have ended", Duration::from_secs(60), || {
        (values(prefix, "cascade_properties").len() >= 2 * wanted.sizes.len()).then_some(())
    });
    collector.terminate();
    collector.ended(Duration::from_secs(30)).good();
    judge_collector(prefix, &wanted);
    assert_eq!(node("estimator", prefix, "").len(), wanted.series.len());
    judge_predictor(prefix, &wanted.series, &wanted.sizes);
}

/// What no collector writes, and what is refused of it.
const CORRUPT: [(&[u8], &str); 6] = [
    (b"no message", "expected"),
    (b"__import__('os').system('touch owned')", "expected"),
    (br#"{"type": "serie", "cid": 7, "msg": "None", "T_obs": 600, "tweets": [[1, 2], [3"#, "expected"),
    (br#"{"type": "serie", "cid": 7, "msg": "None", "T_obs": 600, "tweets": []}"#, "without tweets"),
    (br#"{"type": "serie", "cid": 7, "msg": "None", "T_obs": "soon", "tweets": [[1, 2]]}"#, "no `T_obs`"),
    (b"{\"type\": \"serie\", \"cid\": \xff}", "not UTF-8"),
];

#[test]
fn our_estimator_in_the_place_of_theirs_reads_whatever_their_collectors_write() {
    let prefix = "swap-b.";
    node("generator", prefix, "--cascades 90 --seed 5");
    let said = node("collector", prefix, "--styles json,tuples,quoted,mixed,times,text");
    for (at, (corrupt, _)) in CORRUPT.iter().enumerate() {
        send(&format!("{prefix}cascade_series"), at as u32 % 4, &[corrupt, &b"\n"[..]].concat());
    }
    let (mut series, mut sizes) = (Series::new(), BTreeMap::new());
    for line in &said {
        if line[0] == "serie" {
            let tweets: Vec<(u64, u64)> =
                serde_json::from_str::<Vec<(u64, f64)>>(&line[3]).unwrap().into_iter().map(|(t, m)| (t, m as u64)).collect();
            series.insert((line[1].clone(), line[2].parse().unwrap()), tweets);
        } else {
            sizes.insert(line[1].clone(), (line[2].parse().unwrap(), line[3].parse().unwrap()));
        }
    }
    assert!(series.len() > 20 && sizes.len() > 15);
    let place = place(prefix, "cascade_properties");
    let url = source(prefix, "read=cascade_series&end=true");
    place.ok(&format!("run --drain --listen off --roles source,estimate,tweetoscope --source {url} --log disk:log"));

    let told = shown(&format!("{prefix}cascade_properties"));
    let ours: Vec<(&Shown, Value)> = told.iter().map(|told| (told, serde_json::from_str(&told.value).unwrap())).collect();
    let ours: Vec<_> = ours.iter().filter(|(_, value)| value["type"] == "parameters").collect();
    assert_eq!(ours.len(), series.len());
    for (told, value) in ours {
        judge_window(told);
        let (p, beta) = (value["params"][0].as_f64().unwrap(), value["params"][1].as_f64().unwrap());
        assert!(p > 0.0 && p < 1.0 && beta > 0.0 && beta < 1.0, "{told:?}");
        assert!(!told.value.contains(['\'', '\\']) && value["n_star"].as_f64().unwrap() < 1.0, "{told:?}");
    }
    judge_predictor(prefix, &series, &sizes);
    judge_rejected(&place);
}

fn judge_rejected(place: &Place) {
    let rejected = place.tap("rejected --log disk:log");
    assert_eq!(rejected.len(), CORRUPT.len(), "{rejected:?}");
    for (_, words) in &CORRUPT {
        let found = rejected.iter().any(|refused| refused["reason"].as_str().unwrap().contains(words));
        assert!(found, "nothing is refused because of {words}: {rejected:?}");
    }
    assert!(rejected.iter().all(|refused| refused["from"].as_str().unwrap().contains("read=cascade_series")));
    assert!(!place.path("owned").exists());
}

/// A deck of cascades in the files of the literature.
fn deck(place: &Place) {
    let (mut data, mut index, mut row) = ("time,magnitude\n".to_owned(), "start_ind,end_ind\n".to_owned(), 1);
    for cascade in 0..24_u64 {
        let size = 5 + cascade * 2;
        for at in 0..size {
            writeln!(data, "{},{}", at * (20 + cascade), (cascade * 7919 + at * 104_729) % 900_000).unwrap();
        }
        writeln!(index, "{row},{}", row + size - 1).unwrap();
        row += size;
    }
    std::fs::create_dir(place.path("deck")).unwrap();
    place.write("deck/data.csv", data);
    place.write("deck/index.csv", index);
}

/// The line of the C++ generator for a post of ours, and its key.
fn line_of(post: &Value, generation: &str) -> (String, String) {
    let rule = |start: &str| {
        let rules = post["rules"].as_array().unwrap().iter();
        rules.filter_map(|rule| rule.as_str().unwrap().strip_prefix(start)).next().unwrap().to_owned()
    };
    let (source, row, root) = (rule("source-"), rule("cascade-"), post["root"].as_str().unwrap());
    let kind = if post["kind"] == "original" { "tweet" } else { "retweet" };
    let time = post["time"].as_str().unwrap();
    let clock: Vec<u64> = time[11..19].split(':').map(|part| part.parse().unwrap()).collect();
    let t = (time[8..10].parse::<u64>().unwrap() - 1) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2];
    let (m, key) = (&post["author"]["followers"], if generation == "2020" { root } else { &source });
    let identity = if generation == "2020" { format!(r#""source": {source}"#) } else { format!(r#""tweet_id": {root}"#) };
    let value = format!(r#"{{"type": "{kind}", "msg": "None", "t": {t}, "m": {m}, {identity}, "info": "cascade={row}"}}"#);
    (key.to_owned(), value)
}

#[test]
fn our_generator_in_the_place_of_theirs_writes_byte_for_byte_what_it_would() {
    for generation in ["2020", "2021"] {
        let prefix = format!("swap-c{generation}.");
        // One partition: what a source sends stays in order.
        let place = place(&prefix, "tweets").set("tweetoscope.generation", generation).set("topics.partitions", "1");
        deck(&place);
        let url = "cascades:deck?speed=max&sources=2&alive=4&start=1970-01-01T00:00:00Z";
        node("topics", &prefix, "tweets");
        place.ok(&format!("run --drain --listen off --roles source,tweetoscope --source {url} --log disk:log"));
        let wanted: Vec<(String, String)> =
            place.tap("posts --log disk:log").iter().map(|post| line_of(post, generation)).collect();
        let told = shown(&format!("{prefix}tweets"));
        assert!(told.iter().map(|told| told.partition).collect::<BTreeSet<_>>().len() > 1);
        let mut got: Vec<(String, String)> = told.into_iter().map(|told| (told.key.unwrap(), told.value)).collect();
        let sent: Vec<Vec<String>> = wanted.iter().map(|(key, value)| fields_of(key, value, generation)).collect();
        let mut wanted = wanted;
        got.sort();
        wanted.sort();
        assert_eq!(got, wanted);

        // Their collector makes of it what its rules say, but for the last cascades, which it never ends.
        let all = expected(&sent);
        let said = node("collector", &prefix, "");
        let of = |kind: &str| said.iter().filter(|line| line[0] == kind).count();
        let series = super::expected::series(values(&prefix, "cascade_series").iter().map(String::as_str));
        assert!(of("serie") > 15 && of("size") > 5 && of("size") <= all.sizes.len(), "{said:?}");
        for (place, mut tweets) in series {
            tweets[1..].sort_unstable();
            assert_eq!(Some(&tweets), all.series.get(&place), "{place:?}");
        }
    }
}

/// The line that the Python generator would say of a message: source, cascade, time, magnitude.
fn fields_of(key: &str, value: &str, generation: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(value).unwrap();
    let (source, cid) =
        if generation == "2020" { (&value["source"], key.to_owned()) } else { (&value["msg"], value["tweet_id"].to_string()) };
    vec![source.to_string(), cid, value["t"].to_string(), value["m"].to_string()]
}

#[test]
fn two_at_once_write_to_one_tweetoscope_and_leave_out_only_what_its_topics_do_not_take() {
    let prefix = "swap-e.";
    let wanted = expected(&node("generator", prefix, "--form 2020 --cascades 90"));
    // So much is a serie of about thirty tweets.
    const TAKEN: usize = 500;
    node("topics", prefix, &format!("cascade_series --largest {}", TAKEN + 100));
    let place = place(prefix, "cascade_series,cascade_properties");
    let url = source(prefix, "end=true");
    let start = |log: &str| {
        place.start(&format!("run --drain --listen off --roles source,collect,tweetoscope --source {url} --log disk:{log}"))
    };
    let both = ["one", "other"].map(start);
    for process in both {
        process.ended(Duration::from_secs(60)).good();
    }
    let sizes = 2 * wanted.sizes.len();
    assert_eq!(values(prefix, "cascade_properties").len(), 2 * sizes, "each wrote each once");
    let series = values(prefix, "cascade_series");
    let mut each: BTreeMap<&String, usize> = BTreeMap::new();
    for serie in &series {
        *each.entry(serie).or_default() += 1;
    }
    assert!(each.values().all(|count| *count == 2), "each wrote each once: {each:?}");
    assert!(each.len() > 3 && each.len() < wanted.series.len(), "{} of {}", each.len(), wanted.series.len());
    let longest = each.keys().map(|serie| serie.len()).max().unwrap();
    assert!(longest <= TAKEN + 100 && longest > TAKEN / 2, "{longest}");
}
