use super::reference::defaults;
use super::*;
use expect_test::expect_file;
use std::collections::{BTreeMap, BTreeSet};

fn loaded(file: &str, environment: &[(&str, &str)], flags: &Flags) -> anyhow::Result<Config> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("goshawk.toml"), file).unwrap();
    let environment: BTreeMap<String, String> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    load(folder.path(), &environment, flags)
}

#[test]
fn the_reference_names_every_key_and_no_other() {
    let coded: BTreeSet<String> = defaults().into_iter().map(|(key, _)| key).collect();
    let told: BTreeSet<String> = REFERENCE.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(coded, told);
}

#[test]
fn the_document_is_up_to_date() {
    expect_file!["../../docs/configuration.md"].assert_eq(&reference());
}

#[test]
fn file_then_environment_then_flags() {
    let file = "log = 'disk:./a'\nlisten = 'off'\n[windows]\nsize = '10m'";
    let environment =
        [("GOSHAWK__WINDOWS__SIZE", "20m"), ("GOSHAWK__LISTEN", "127.0.0.1:1"), ("GOSHAWK__TOPICS__KEEP__POSTS", "1h")];
    let flags = Flags { listen: Some("127.0.0.1:2".into()), ..Flags::default() };
    let config = loaded(file, &environment, &flags).unwrap();
    assert_eq!((config.log.as_str(), config.listen.as_str()), ("disk:./a", "127.0.0.1:2"));
    assert_eq!((config.windows.size, config.windows.hop), (Millis(1_200_000), Millis(60_000)));
    assert_eq!(config.topics.keep.get("posts"), Some(&Millis(3_600_000)));
}

#[test]
fn a_dotenv_file_stands_below_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "# mine\nexport GOSHAWK__LISTEN=\"127.0.0.1:3\"\nGOSHAWK__LOG=memory:\nOTHER=x\n")
        .unwrap();
    let environment = BTreeMap::from([("GOSHAWK__LOG".to_owned(), "disk:b".to_owned())]);
    let config = load(folder.path(), &environment, &Flags::default()).unwrap();
    assert_eq!((config.listen.as_str(), config.log.as_str()), ("127.0.0.1:3", "disk:b"));
}

#[test]
fn mistakes_are_named_with_what_was_meant() {
    let none = Flags::default();
    for (file, environment, parts) in [
        ("\n[windws]\nsize = '5m'", ("X", ""), vec!["line 2", "unknown field `windws`", "did you mean `windows`?"]),
        ("[windows]\nsise = '5m'", ("X", ""), vec!["line 2", "did you mean `size`?"]),
        ("[windows]\nsize = '5 minutes'", ("X", ""), vec!["line 2", "no length of time"]),
        ("[windows]\nsize = '5m'\nhop = '2m'", ("X", ""), vec!["no multiple"]),
        ("log = 5", ("X", ""), vec!["line 1", "expected a string"]),
        ("", ("GOSHAWK__WINDOWS__SISE", "5m"), vec!["GOSHAWK__WINDOWS__SISE", "did you mean `size`?"]),
        ("", ("GOSHAWK__TOPICS__PARTITIONS", "many"), vec!["expected u32"]),
        ("roles = ['conut']", ("X", ""), vec!["conut", "count"]),
        ("[locate]\norigins = ['gps']", ("X", ""), vec!["gps", "rule"]),
        ("[tweetoscope]\nbrokers = 'kafka://a:1'\nwrite = []", ("X", ""), vec!["tweetoscope.write is empty"]),
        ("[tweetoscope]\nbrokers = 'a:1'", ("X", ""), vec!["tweetoscope.brokers", "kafka://"]),
        ("[tweetoscope]\nbrokers = 'kafka://a:1?replicas=3'", ("X", ""), vec!["tweetoscope.brokers", "it knows prefix"]),
    ] {
        let error = format!("{:#}", loaded(file, &[environment], &none).unwrap_err());
        for part in parts {
            assert!(error.contains(part), "{error:?} does not say {part:?}");
        }
    }
}

#[test]
fn a_file_of_theirs_names_brokers_only_where_none_are_configured() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("collector.ini"), "[kafka]\nbrokers=theirs:9092\n[times]\nobservation=300\n").unwrap();
    let brokers = |brokers: &str| {
        let environment = [("GOSHAWK__COLLECT__INI", "collector.ini"), ("GOSHAWK__TWEETOSCOPE__BROKERS", brokers)];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let config = load(folder.path(), &environment, &Flags::default()).unwrap();
        assert_eq!(config.collect.windows, [Millis(300_000)]);
        config.tweetoscope.brokers
    };
    let ours = "kafka://ours:9092?prefix=lab.&security.protocol=ssl";
    assert_eq!((brokers(ours).as_str(), brokers("").as_str()), (ours, "kafka://theirs:9092"));
}

#[test]
fn a_file_of_theirs_names_what_a_predictor_tells() {
    let folder = tempfile::tempdir().unwrap();
    let names = "[topic]\nalerts=alert\nstats=cascade_stat\nsamples=sample\nmodels=model\n";
    std::fs::write(folder.path().join("params_py.config"), names).unwrap();
    let environment = [("GOSHAWK__COLLECT__INI".to_owned(), "params_py.config".to_owned())].into();
    let names = load(folder.path(), &environment, &Flags::default()).unwrap().tweetoscope.names;
    let of = |topic: &str| names[topic].clone();
    assert_eq!(["alerts", "stats", "samples", "logs"].map(of), ["alert", "cascade_stat", "sample", "logs"]);
}

#[test]
fn lengths_and_sizes_read_as_they_are_shown() {
    for text in ["250ms", "60s", "5m", "36h", "7d", "0ms", "90s"] {
        let read: Millis = text.parse().unwrap();
        assert_eq!(read.to_string().parse::<Millis>().unwrap(), read);
    }
    for text in ["0", "512", "64KiB", "256MiB", "10GiB"] {
        assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
    }
    assert!("5 m".parse::<Millis>().is_err() && "-5m".parse::<Millis>().is_err() && "5kb".parse::<Size>().is_err());
}
