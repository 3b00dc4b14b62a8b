mod files;
mod hawkes;
mod params;
mod resume;

use crate::testing::{Brought, play, poll, settings, started};
use crate::{Settings, open};
use flow::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START: &str = "start=2026-03-01T00:00:00Z&speed=max";

/// A folder with these two files.
fn folder(data: &str, index: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data.csv"), data).unwrap();
    std::fs::write(folder.path().join("index.csv"), index).unwrap();
    folder
}

/// A deck of cascades of 1 to 12 events. The magnitude of an event is its row's number.
fn some(cascades: u64) -> TempDir {
    let (mut data, mut index) = ("time,magnitude\n".to_owned(), "start_ind,end_ind\n".to_owned());
    let mut row = 0;
    for cascade in 0..cascades {
        let size = 1 + cascade * 7 % 12;
        writeln!(index, "{},{}", row + 1, row + size).unwrap();
        for event in 0..size {
            row += 1;
            writeln!(data, "{},{row}", event * event * (1 + cascade % 5) * 10).unwrap();
        }
    }
    folder(&data, &index)
}

fn url(folder: &TempDir, options: &str) -> String {
    format!("cascades:{}?{START}&{options}", folder.path().display())
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct Seen {
    network: String,
    id: String,
    root: String,
    kind: String,
    target: Option<String>,
    time: String,
    author: serde_json::Value,
    rules: [String; 2],
    text: String,
}

impl Seen {
    fn followers(&self) -> u64 {
        self.author["followers"].as_u64().unwrap()
    }

    /// Milliseconds after the start.
    fn at(&self) -> i64 {
        Timestamp::parse(&self.time).unwrap().millis_since(Timestamp::parse("2026-03-01T00:00:00Z").unwrap())
    }

    fn brief(&self) -> String {
        let Seen { id, root, kind, author, rules, text, .. } = self;
        let (who, at) = (author["id"].as_str().unwrap(), self.at());
        format!("{at} {id} {kind} of {root} by {who} {} {} {text}", self.followers(), rules.join(" ")).trim_end().to_owned()
    }
}

fn seen(brought: &Brought) -> Vec<Seen> {
    brought.posts.iter().map(|post| serde_json::from_str(post).unwrap()).collect()
}

fn posts(url: &str) -> Vec<Seen> {
    let brought = play(url, &settings());
    assert!(brought.refused.is_empty(), "{:?}", brought.reasons());
    seen(&brought)
}

/// The posts of each cascade.
fn cascades(posts: &[Seen]) -> BTreeMap<u64, Vec<&Seen>> {
    let mut cascades: BTreeMap<u64, Vec<&Seen>> = BTreeMap::new();
    posts.iter().for_each(|post| cascades.entry(post.root.parse().unwrap()).or_default().push(post));
    cascades
}

#[test]
fn posts_are_as_the_rows_say() {
    let folder = folder(
        "time,magnitude,user_id,msg\n0,5.4,ann,\"hello, \"\"you\"\"\"\n10,7,,\n0.5,1e3,bob,x\n3,0,ann,no, thanks\n",
        "start_ind,end_ind\n1,2\n3,4\n",
    );
    let posts = posts(&url(&folder, "shuffle=false&alive=1&within=0s&unit=2"));
    let brief: Vec<String> = posts.iter().map(Seen::brief).collect();
    assert_eq!(
        brief,
        [
            "0 0 original of 0 by ann 5 source-0 cascade-0 hello, \"you\"",
            "20000 0-1 repost of 0 by 0-1 7 source-0 cascade-0",
            "21000 1 original of 1 by bob 1000 source-0 cascade-1 x",
            "26000 1-1 repost of 1 by ann 0 source-0 cascade-1",
        ]
    );
    assert!(posts.iter().all(|post| post.network == "cascades" && (post.target.is_none() == (post.kind == "original"))));
}

#[test]
fn each_row_comes_once_and_each_cascade_in_one_fold() {
    let folder = some(200);
    for options in ["", "sources=3", "sources=7&alive=1", "sources=300&alive=2", "shuffle=false&alive=1000", "within=0s"] {
        let posts = posts(&url(&folder, options));
        let rows: BTreeSet<u64> = posts.iter().map(Seen::followers).collect();
        assert_eq!((rows.len(), rows.last().copied()), (posts.len(), Some(posts.len() as u64)), "{options}");
        let ids: BTreeSet<&str> = posts.iter().map(|post| post.id.as_str()).collect();
        assert_eq!(ids.len(), posts.len());
        assert!(posts.is_sorted_by_key(|post| &post.time), "{options}");
        let cascades = cascades(&posts);
        let cards: BTreeSet<&str> = cascades.values().map(|posts| posts[0].rules[1].as_str()).collect();
        assert_eq!((cascades.len(), cards.len()), (200, 200), "{options}");
        let sources = posts.iter().map(|post| post.rules[0].as_str()).collect::<BTreeSet<&str>>().len();
        assert!(posts.iter().all(|post| post.rules == cascades[&post.root.parse().unwrap()][0].rules));
        for posts in cascades.values() {
            assert_eq!((posts[0].kind.as_str(), &posts[0].id), ("original", &posts[0].root));
            assert!(posts[1..].iter().enumerate().all(|(at, post)| post.id == format!("{}-{}", post.root, at + 1)));
        }
        assert_eq!(sources, if options.contains("300") { 200 } else { sources });
    }
}

#[test]
fn so_many_live_at_a_time_and_successors_start_at_random() {
    let folder = some(120);
    for (sources, alive) in [(1, 1), (2, 3), (3, 10)] {
        let posts = posts(&url(&folder, &format!("sources={sources}&alive={alive}&within=90s")));
        let cascades = cascades(&posts);
        let mut waits = BTreeSet::new();
        for source in 0..sources {
            let mut open: Vec<i64> = vec![0; alive];
            // Numbers rise as seats fall free, and a successor starts within so many seconds.
            for posts in cascades.iter().filter(|(number, _)| *number % sources == source).map(|(_, posts)| posts) {
                assert_eq!(posts[0].rules[0], format!("source-{source}"));
                open.sort_unstable();
                let wait = posts[0].at() - open[0];
                assert!((0..=90_000).contains(&wait) && wait % 1000 == 0, "{wait}");
                waits.insert(wait);
                open[0] = posts[posts.len() - 1].at();
            }
        }
        assert!(waits.len() > 40, "{} different waits", waits.len());
    }
}

#[test]
fn a_seed_is_a_play() {
    let folder = some(60);
    let one = posts(&url(&folder, "seed=5&sources=2"));
    assert_eq!(one, posts(&url(&folder, "seed=5&sources=2")));
    assert_ne!(one, posts(&url(&folder, "seed=6&sources=2")));
    assert_eq!(posts(&url(&folder, "")), posts(&url(&folder, "seed=1")));
    let plain = posts(&url(&folder, "shuffle=false&alive=1"));
    assert_eq!(plain.iter().map(Seen::followers).collect::<Vec<_>>(), (1..=plain.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_deck_is_played_again_under_new_numbers() {
    let folder = some(10);
    let once = posts(&url(&folder, "sources=3&alive=2"));
    let more = posts(&url(&folder, &format!("sources=3&alive=2&loop=true&limit={}", once.len() * 5)));
    assert_eq!(more.len(), once.len() * 5);
    let ids: BTreeSet<&str> = more.iter().map(|post| post.id.as_str()).collect();
    assert_eq!(ids.len(), more.len(), "no identifier comes twice");
    assert!(more.is_sorted_by_key(|post| &post.time));
    let mut starts: BTreeMap<&str, u32> = BTreeMap::new();
    more.iter().filter(|post| post.kind == "original").for_each(|post| *starts.entry(&post.rules[1]).or_default() += 1);
    assert!(starts.len() == 10 && starts.values().all(|starts| (3..=8).contains(starts)), "{starts:?}");
}

#[test]
fn it_stops_after_so_many_posts() {
    let folder = some(30);
    let all = posts(&url(&folder, ""));
    for option in ["limit=17", "count=17"] {
        assert_eq!(posts(&url(&folder, option)), all[..17]);
    }
    let opened = open(&url(&folder, "limit=17"), &settings()).unwrap();
    assert_eq!(opened.posts, Some(17));
    assert!(opened.name.starts_with("cascades:."), "{}", opened.name);
    assert_eq!(open(&url(&folder, ""), &settings()).unwrap().posts, Some(all.len() as u64));
    assert_eq!(open(&url(&folder, "loop=true"), &settings()).unwrap().posts, None);
}

#[test]
fn the_clock_runs_as_much_faster_as_asked() {
    let folder = some(20);
    let all = play(&url(&folder, "within=60s"), &settings());
    let took = seen(&all).last().unwrap().at();
    let began = Instant::now();
    let url = url(&folder, "within=60s").replace("speed=max", &format!("speed={}", took as f64 / 400.0));
    let (mut brought, mut source) = (Brought::default(), started(&url, &settings(), None));
    let mut shown = vec![];
    while !poll(&mut *source, &mut brought, 1, Duration::from_millis(5)) {
        shown.extend(brought.now);
        assert!(brought.staged.iter().all(|staged| staged.0 <= brought.now.unwrap()), "nothing comes before its time");
    }
    brought.assert_same(&all, "paced");
    assert!((400..2000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert!(shown.is_sorted() && shown.len() > 5);
}

#[test]
fn time_goes_on_while_nothing_comes() {
    let folder = folder("time,magnitude\n0,1\n100000,1\n", "start_ind,end_ind\n1,2\n");
    let url = url(&folder, "within=0s").replace("speed=max", "speed=1000");
    let (mut brought, mut source) = (Brought::default(), started(&url, &settings(), None));
    poll(&mut *source, &mut brought, 1, Duration::from_millis(5));
    let first = brought.now.unwrap();
    for _ in 0..3 {
        let (polled, pulled) = source.poll(Duration::from_millis(5)).unwrap();
        assert_eq!(polled, flow::Polled::Idle);
        brought.take(pulled.unwrap());
    }
    assert!(brought.now.unwrap().millis_since(first) >= 15_000 && brought.posts.len() == 1);
    // Where nobody says, files are played 500 times as fast, from now on.
    let usual = format!("cascades:{}?within=0s", folder.path().display());
    let (mut brought, mut source) = (Brought::default(), started(&usual, &settings(), None));
    poll(&mut *source, &mut brought, 1, Duration::from_millis(5));
    assert_eq!(brought.staged[0].0, settings().now.unwrap());
}

#[test]
fn bad_options_say_what_is_right() {
    let folder = some(3);
    let error = |options: &str| open(&url(&folder, options), &settings()).err().map_or(String::new(), |error| error.to_string());
    for (options, wanted) in [
        ("sources=0", "write a number from 1 to 4096"),
        ("alive=0", "write a number above 0"),
        ("alive=1000&sources=101", "at most 100000 cascades live at a time, over all sources: lower it, or sources"),
        ("ids=a b", "write what ids begin with"),
        ("network=", "write a name of 1 to 64 characters"),
        ("within=soon", "write a time such as 10m"),
        ("unit=0", "write seconds, a number above 0"),
        ("speed=fast", "write max, or a number above 0"),
        ("start=then", "write now, or a moment"),
        ("loop=maybe", "write true or false"),
        ("sorces=3", "did you mean `sources`?"),
    ] {
        assert!(error(options).contains(wanted), "{options}: {}", error(options));
    }
}

/// Settings under which a poll brings so many steps.
fn steps(most: usize) -> Settings {
    Settings { chunk: most * super::STEP, ..settings() }
}

#[test]
fn two_decks_can_be_told_apart_by_their_network_and_their_ids() {
    let folder = some(3);
    let posts = posts(&url(&folder, "network=second&ids=b&shuffle=false&alive=1&within=0s"));
    assert!(posts.iter().all(|post| post.network == "second" && post.root.starts_with("b-")));
    assert_eq!((posts[0].id.as_str(), posts[1].id.as_str(), posts[2].id.as_str()), ("b-0", "b-1", "b-1-1"));
}

#[test]
fn while_nothing_is_played_no_seat_is_written_down() {
    let folder = some(30);
    let address = crate::address::Address::parse(&url(&folder, "").replace("speed=max", "speed=1")).unwrap();
    let (plan, places) =
        (super::Plan::read(&address, &super::Params::default(), 1.0).unwrap(), super::Places::find(&address).unwrap());
    let files = super::Files::open(&places.data, &places.index, "cascades:x", 1.0, &settings()).unwrap();
    let mut cascades = super::Cascades::new(Box::new(files), plan, None, &settings());
    crate::testing::begin(&mut cascades, None);
    let first = cascades.cursor().unwrap();
    // Whatever stands there is used again.
    cascades.standing.push(0);
    let next = cascades.bring().unwrap().1.cursor;
    assert_eq!((next.len(), next.last()), (first.len() + 1, Some(&0)));
}
