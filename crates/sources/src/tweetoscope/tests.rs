use super::*;
use crate::testing::{Brought, poll};
use flow::TopicSpec;
use std::sync::{Arc, Mutex};

/// A topic without brokers: what was not taken yet, and from where on it was asked for.
#[derive(Clone, Default)]
struct Fed {
    waiting: Arc<Mutex<Vec<Found>>>,
    asked: Arc<Mutex<Vec<BTreeMap<u32, u64>>>>,
    /// The brokers are away.
    is_away: Arc<Mutex<bool>>,
}

impl Topic for Fed {
    fn poll(&mut self, _wait: Duration, most: usize) -> Flowed<Vec<Found>> {
        if *self.is_away.lock().unwrap() {
            return Err(flow::Error::Io("the brokers are away".to_owned()));
        }
        let mut waiting = self.waiting.lock().unwrap();
        let most = most.min(waiting.len());
        Ok(waiting.drain(..most).collect())
    }

    fn is_at_end(&self) -> bool {
        self.waiting.lock().unwrap().is_empty()
    }

    fn behind(&self) -> Vec<u32> {
        self.waiting.lock().unwrap().iter().map(|found| found.partition).collect()
    }
}

impl Fed {
    fn say(&self, partition: u32, offset: u64, key: Option<&str>, value: &str) {
        let (key, value) = (key.map(|key| key.as_bytes().to_vec()), value.as_bytes().to_vec());
        let mut waiting = self.waiting.lock().unwrap();
        let written_ms = waiting.len() as i64;
        waiting.push(Found { partition, offset, written_ms, key, value });
    }

    fn tweet(&self, partition: u32, offset: u64, key: &str, source: u32, kind: &str, t: u32) {
        let value = format!(r#"{{"type": "{kind}", "msg": "None", "t": {t}, "m": 9, "source": {source}, "info": "cascade=1"}}"#);
        self.say(partition, offset, Some(key), &value);
    }
}

/// A source that reads what is fed, behind this cursor.
fn source(url: &str, fed: &Fed, cursor: Option<&[u8]>) -> Tweetoscope {
    let address = Address::parse(&format!("tweetoscope://nowhere:1?{url}")).unwrap();
    let mut source = made(&address, &crate::testing::settings()).unwrap();
    let fed = fed.clone();
    source.opener = Box::new(move |next| {
        fed.asked.lock().unwrap().push(next);
        Ok(Box::new(fed.clone()))
    });
    let specs = ["posts", "series", "sizes", "predictions", "errors"].map(|name| TopicSpec::new(name, 1));
    source.open(cursor, Box::new(move || Out::new(Format::Json, &specs))).unwrap();
    source
}

fn brought(source: &mut Tweetoscope) -> Brought {
    let mut brought = Brought::default();
    assert!(poll(source, &mut brought, usize::MAX, Duration::ZERO));
    brought
}

/// Some fields of each record, as text.
fn fields(brought: &Brought, names: &[&str]) -> Vec<String> {
    let shown = |post: &String| {
        let value: serde_json::Value = serde_json::from_str(post).unwrap();
        names.iter().map(|name| value[name].to_string().replace('"', "")).collect::<Vec<_>>().join(" ")
    };
    brought.posts.iter().map(shown).collect()
}

#[test]
fn tweets_become_posts_in_the_order_in_which_they_were_sent() {
    let fed = Fed::default();
    fed.tweet(1, 0, "5", 0, "tweet", 10);
    fed.tweet(0, 0, "6", 1, "tweet", 4000);
    fed.tweet(1, 1, "5", 0, "retweet", 12);
    fed.tweet(0, 1, "6", 1, "retweet", 4001);
    let brought = brought(&mut source("end=true", &fed, None));
    let wanted = [
        "5 5 original 1970-01-01T00:00:10.000Z",
        "6 6 original 1970-01-01T01:06:40.000Z",
        "5-1.1 5 repost 1970-01-01T00:00:12.000Z",
        "6-0.1 6 repost 1970-01-01T01:06:41.000Z",
    ];
    assert_eq!(fields(&brought, &["id", "root", "kind", "time"]), wanted);
}

#[test]
fn a_generator_that_starts_over_brings_new_cascades() {
    let fed = Fed::default();
    fed.tweet(0, 0, "5", 0, "tweet", 900);
    fed.tweet(0, 1, "5", 0, "retweet", 910);
    fed.tweet(0, 2, "5", 0, "tweet", 3);
    fed.tweet(0, 3, "5", 0, "retweet", 4);
    let brought = brought(&mut source("end=true", &fed, None));
    let wanted = [
        "5 1970-01-01T00:15:00.000Z",
        "5 1970-01-01T00:15:10.000Z",
        "5~1 1970-01-01T00:15:10.000Z",
        "5~1 1970-01-01T00:15:11.000Z",
    ];
    assert_eq!(fields(&brought, &["root", "time"]), wanted);
}

#[test]
fn it_goes_on_behind_its_cursor_with_its_clocks() {
    let fed = Fed::default();
    fed.tweet(2, 40, "5", 0, "tweet", 5000);
    fed.tweet(1, 7, "6", 1, "tweet", 3);
    let mut first = Brought::default();
    poll(&mut source("end=false", &fed, None), &mut first, 1, Duration::ZERO);
    assert_eq!(first.posts.len(), 2);
    fed.tweet(1, 8, "6", 1, "retweet", 5);
    let more = brought(&mut source("end=true", &fed, first.cursor.as_deref()));
    assert_eq!(fields(&more, &["root", "time"]), ["6 1970-01-01T01:23:22.000Z"], "its clock is 4997 s behind");
    let asked = fed.asked.lock().unwrap().clone();
    assert_eq!(asked, [BTreeMap::new(), [(1, 8), (2, 41)].into()]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place_and_stops_nothing() {
    let fed = Fed::default();
    fed.say(3, 11, None, "no message");
    fed.say(3, 12, None, r#"{"type": "size", "cid": 1, "n_tot": 3, "t_end": 5}"#);
    fed.tweet(3, 13, "5", 0, "tweet", 1);
    let brought = brought(&mut source("end=true", &fed, None));
    assert_eq!(brought.posts.len(), 1);
    let places: Vec<(u32, u64)> = brought.refused.iter().map(|refused| (refused.partition, refused.offset)).collect();
    assert_eq!(places, [(3, 11), (3, 12)]);
    assert_eq!(brought.refused[0].raw.0, b"no message");
    assert_eq!(brought.reasons()[1], "this is no message of tweets");
    assert!(brought.refused[0].from.starts_with("tweetoscope://nowhere:1"), "{}", brought.refused[0].from);
}

#[test]
fn series_come_in_any_of_their_forms() {
    let fed = Fed::default();
    fed.say(0, 0, None, r#"{"type": "serie", "cid": 5, "msg": "None", "T_obs": 600, "tweets": [[100, 3], [160, 4]]}"#);
    fed.say(0, 1, Some(""), r#"{"type" : "serie", "cid" : 6, "msg" : None, "T_obs" : 1200, "tweets" : [(0, 1085),(12, 30)]}"#);
    let brought = brought(&mut source("read=cascade_series&end=true", &fed, None));
    let wanted =
        ["5 600 2 1970-01-01T00:01:40.000Z [[0,3],[60000,4]]", "6 1200 2 1970-01-01T00:00:00.000Z [[0,1085],[12000,30]]"];
    assert_eq!(fields(&brought, &["cascade", "window_s", "size", "start", "events"]), wanted);
}

#[test]
fn a_size_is_taken_once_of_all_its_windows() {
    let fed = Fed::default();
    let size = |cid| format!(r#"{{"type": "size", "cid": {cid}, "n_tot": 12, "t_end": 99}}"#);
    fed.say(1, 0, Some("1200"), &size(1));
    fed.say(0, 0, Some("600"), &size(1));
    fed.say(0, 1, Some("600"), &size(2));
    fed.say(1, 1, Some("1200"), &size(2));
    fed.say(
        0,
        2,
        Some("600"),
        r#"{"type": "parameters", "cid": 2, "msg": "None", "n_obs": 3, "n_supp": 4, "params": [0.1, 0.2]}"#,
    );
    fed.say(0, 3, None, &size(3));
    fed.say(0, 4, Some("600"), &size(4));
    let brought = brought(&mut source("read=cascade_properties&end=true", &fed, None));
    let told = fields(&brought, &["cascade", "size", "window_s"]);
    let of = |cid: &str| told.iter().filter(|line| line.starts_with(cid)).count();
    assert_eq!((of("1 "), of("2 "), of("3 "), of("4 ")), (2, 2, 2, 2), "{told:?}");
    assert!(brought.refused.is_empty());
}

#[test]
fn alerts_and_stats_are_predictions_and_errors_of_the_moment_at_which_they_were_written() {
    let fed = Fed::default();
    fed.say(0, 0, None, r#"{"type": "alert", "cid": 1, "msg": "None", "t_obs": 600, "n_tot": 158}"#);
    fed.say(1, 0, Some("1200"), r#"{'type': 'alert', 'cid': '1', 'msg': None, 'T_obs': '600', 'n_tot': 158.5}"#);
    fed.say(1, 1, None, r#"{"type": "stat", "cid": 1, "T_obs": 600, "ARE": 0.93}"#);
    let alerts = brought(&mut source("read=alerts&end=true", &fed, None));
    let names = ["cascade", "window_s", "predicted", "low", "observed", "start"];
    let wanted = ["1 600 158.0 null 0 1970-01-01T00:00:00.000Z", "1 600 158.5 null 0 1970-01-01T00:00:00.001Z"];
    assert_eq!(fields(&alerts, &names), wanted);
    assert_eq!(alerts.reasons(), ["this is no message of alerts"]);
    fed.say(1, 2, None, r#"{"type": "stat", "cid": 1, "t_obs": "600", "ARE": 0.93}"#);
    let stats = brought(&mut source("read=stats&end=true&topic=stat", &fed, None));
    assert_eq!(fields(&stats, &["cascade", "window_s", "are", "size", "inside"]), ["1 600 0.93 null null"]);
}

#[test]
fn a_stray_window_silences_nobody_and_another_size_is_another() {
    let fed = Fed::default();
    let size = |cid, n_tot| format!(r#"{{"type": "size", "cid": {cid}, "n_tot": {n_tot}, "t_end": 99}}"#);
    fed.say(0, 0, Some("1"), &size(1, 12));
    fed.say(0, 1, Some("600"), &size(2, 12));
    fed.say(0, 2, Some("600"), &size(2, 13));
    let mut first = Brought::default();
    poll(&mut source("read=cascade_properties", &fed, None), &mut first, 1, Duration::ZERO);
    assert_eq!(fields(&first, &["cascade", "size"]), ["1 12", "2 12", "2 13", "1 12", "2 12", "2 13"]);
    fed.say(1, 0, Some("1200"), &size(2, 12));
    let more = brought(&mut source("read=cascade_properties&end=true", &fed, first.cursor.as_deref()));
    assert!(more.posts.is_empty() && more.refused.is_empty(), "its copy is known after a restart, too");
}

#[test]
fn a_first_tweet_of_an_absurd_time_does_not_spoil_what_follows() {
    let fed = Fed::default();
    for (offset, t) in [(0, "1e18"), (1, "-1e10"), (2, "7")] {
        fed.say(0, offset, Some("5"), &format!(r#"{{"type": "tweet", "msg": "None", "t": {t}, "m": 9, "source": 0}}"#));
    }
    let brought = brought(&mut source("end=true", &fed, None));
    assert_eq!(fields(&brought, &["time"]), ["1970-01-01T00:00:07.000Z"]);
    assert!(brought.reasons().iter().all(|reason| reason.contains("cannot show")), "{:?}", brought.reasons());
    assert_eq!(brought.refused.len(), 2);
}

#[test]
fn time_goes_on_only_while_brokers_say_that_there_is_nothing() {
    let fed = Fed::default();
    fed.tweet(0, 0, "5", 0, "tweet", 10);
    let mut source = source("speed=500", &fed, None);
    poll(&mut source, &mut Brought::default(), 1, Duration::ZERO);
    let silence = |source: &mut Tweetoscope, polls: u32, each_ms: u64| {
        (0..polls).for_each(|_| source.listen(&Ok(vec![]), Duration::from_millis(each_ms)));
        source.now().map(|now| now.millis() / 1000)
    };
    assert_eq!(silence(&mut source, 1, 3_600_000), None, "it was suspended");
    assert_eq!(silence(&mut source, 49, 200), None);
    assert_eq!(silence(&mut source, 20, 100), Some(10 + 2 * 500));
    *fed.is_away.lock().unwrap() = true;
    source.poll(Duration::ZERO).unwrap();
    assert_eq!(silence(&mut source, 0, 0), None);
    *fed.is_away.lock().unwrap() = false;
    source.poll(Duration::ZERO).unwrap();
    assert_eq!(silence(&mut source, 48, 200), None, "silence is counted anew");
}

#[test]
fn no_error_shows_what_stands_for_the_brokers() {
    for brokers in ["//me:pw@host", "//me:pw@host:9092/x", "//me:pw/x"] {
        let address = Address::parse(&format!("tweetoscope:{brokers}?read=tweets")).unwrap();
        let text = made(&address, &crate::testing::settings()).err().unwrap().to_string();
        assert!(text.contains("kafka:") && !text.contains("pw") && !text.contains("me:"), "{text}");
    }
}

#[test]
fn a_refused_message_is_not_taken_for_a_post_of_another_kind() {
    let fed = Fed::default();
    fed.say(0, 0, None, "no message");
    let brought = brought(&mut source("end=true", &fed, None));
    let reason = crate::decode_again(&brought.refused[0], &crate::testing::settings()).unwrap_err().0;
    assert!(reason.contains("write it to its topic anew"), "{reason}");
}
