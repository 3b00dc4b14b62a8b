use super::super::params::Params;
use super::{START, Seen, posts, some, url};
use crate::open;
use crate::testing::settings;
use std::path::Path;

const SHIPPED: &str = "\
# What the generator reads
tweets_path          news-data.csv
cascades_path        sub/news-index.csv # beside it
tweets_index_path    tweets.idx
cascades_index_path  cascades.idx

tweets_cache_page_size   1000
tweets_cache_nb_pages    10
cascades_cache_page_size 100
cascades_cache_nb_pages  10
\tcascade_random_start_time_range 10
seconds_per_time_unit\t1
time_acceleration_factor 1000
max_number_of_cascades 5
number_of_threads 5
kafka_topic tweets
kafka_brokers localhost:9092
";

#[test]
fn every_keyword_is_known() {
    let read = |text: &str| Params::read(text, Path::new("f")).unwrap();
    let params = read(SHIPPED);
    let path = |path: &str| Some(Path::new(path).to_owned());
    assert_eq!((params.data.clone(), params.index.clone()), (path("f/news-data.csv"), path("f/sub/news-index.csv")));
    assert_eq!((params.unit, params.speed, params.within), (Some(1.0), Some(1000.0), Some(600)));
    assert_eq!((params.alive, params.sources), (Some(5), Some(5)));
    assert_eq!(read(&SHIPPED.replace('\n', "\r\n")), params);
    assert_eq!(read("# nothing\n\n"), Params::default());
    assert_eq!(read("tweets_path a#b.csv").data, path("f/a#b.csv"));
    assert_eq!(read("tweets_path /a/b.csv").data, path("/a/b.csv"));
    assert_eq!(read("cascade_random_start_time_range 0.5\n").within, Some(30));
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let error = |text: &str| Params::read(text, Path::new("")).unwrap_err();
    let unknown = error("# one\n\nnumber_of_thread 5\n");
    assert!(unknown.starts_with("line 3: there is no keyword `number_of_thread` (did you mean `number_of_threads`?); there are"));
    for (line, reason) in [
        ("tweets_path", "`tweets_path` has no value; write one behind it"),
        ("number_of_threads 0", "`number_of_threads 0` is not right: write a number from 1 to 4096"),
        ("max_number_of_cascades some", "`max_number_of_cascades some` is not right: write a number above 0"),
        ("seconds_per_time_unit -1", "`seconds_per_time_unit -1` is not right: write a number above 0"),
        ("time_acceleration_factor nan", "`time_acceleration_factor nan` is not right: write a number above 0"),
        (
            "cascade_random_start_time_range -1",
            "`cascade_random_start_time_range -1` is not right: write minutes, from 0 to 1440",
        ),
    ] {
        assert_eq!(error(&format!("{line}\n")), format!("line 1: {reason}"));
    }
}

#[test]
fn a_play_is_as_its_params_say() {
    let folder = some(40);
    let config = folder.path().join("params.config");
    let text = "tweets_path data.csv\ncascades_path index.csv\nseconds_per_time_unit 2\ncascade_random_start_time_range 1\n\
                max_number_of_cascades 3\nnumber_of_threads 2\ntime_acceleration_factor 1000\n";
    std::fs::write(&config, text).unwrap();
    let wanted = posts(&url(&folder, "unit=2&within=1m&alive=3&sources=2"));
    let from = |options: &str| posts(&format!("cascades:{}?{START}{options}", config.display()));
    assert_eq!(from(""), wanted);
    assert_eq!(posts(&format!("cascades:?{START}&params={}", config.display())), wanted);
    assert_eq!(posts(&url(&folder, &format!("params={}", config.display()))), wanted, "a folder and a file");
    let other = from("&alive=1&sources=1");
    assert!(other.iter().all(|post| post.rules[0] == "source-0"), "options win over the file");
    assert_ne!(other, wanted);
    // Without paths in it, the files are looked for beside it.
    std::fs::write(&config, "number_of_threads 3\n").unwrap();
    let sources = from("").iter().map(|post| post.rules[0].clone()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sources.len(), 3);
    std::fs::write(&config, "\n\nthreads 3\n").unwrap();
    let error = open(&format!("cascades:{}", config.display()), &settings()).err().unwrap().to_string();
    assert!(error.contains("params.config: line 3: there is no keyword `threads`"), "{error}");
}

#[test]
fn time_is_accelerated_as_the_params_say() {
    let folder = some(8);
    let config = folder.path().join("params.config");
    std::fs::write(&config, "time_acceleration_factor 20000\ncascade_random_start_time_range 0\n").unwrap();
    let began = std::time::Instant::now();
    let posts = posts(&format!("cascades:{}?start=2026-03-01T00:00:00Z", config.display()));
    let took = posts.last().map(Seen::at).unwrap() as f64 / 20_000.0;
    assert!((took..took + 1500.0).contains(&(began.elapsed().as_millis() as f64 + 1.0)), "{took} ms");
}
