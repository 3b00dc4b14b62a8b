//! What each key means: one table, for the document, for spelling help, and for a test that holds it against the code.

use super::Config;
use std::fmt::Write;

/// Every key, with what it does.
pub const REFERENCE: &[(&str, &str)] = &[
    (
        "log",
        "The log: `disk:PATH` (one process, durable), `kafka://HOST:PORT,HOST:PORT` (any number of processes; its options are in [Goshawk on Kafka](kafka.md)) or `memory:` (gone with the process). `disk:` takes `fsync=always` or `fsync=100ms` (the default: a killed process loses nothing, a power cut at most this much), `segment=64MiB`, `cache=24MiB`.",
    ),
    ("sources", "Where posts come from: any number of source URLs. `goshawk run --help` lists the kinds."),
    ("roles", "What this process does: `all`, or some of `source`, `locate`, `count`, `erase`, `upkeep`, `serve`."),
    (
        "listen",
        "Address of the web page, the API, `/metrics` and `/health`; `off` for none. A process without the role `serve` listens only where this is not the default.",
    ),
    (
        "time.lateness",
        "How much older than the newest post of its source a post may be. What is older still goes to topic `late`.",
    ),
    ("time.idle", "A source that is silent for so long, while another speaks, no longer holds windows open."),
    ("windows.size", "Length of a window of `counts`; a multiple of the hop."),
    ("windows.hop", "How often a window starts."),
    (
        "locate.origins",
        "What tells the city of a post, first come first served: `rule` (the tag of the first stream rule that it matched), `place` (the place that it was tagged with).",
    ),
    ("topics.partitions", "Partitions of each topic, fixed when the log is made."),
    ("topics.keep", "How long records are kept, by topic; a topic that is not named keeps all."),
    ("topics.keep_bytes", "How much a partition keeps, by topic; a topic that is not named keeps all."),
    ("engine.workers", "Threads for each stage, and how many steps compute at once; 0: one for each processor."),
    ("engine.batch", "About how much a worker takes on in one turn."),
    ("engine.breath", "Small commits come at most this often; larger values make fewer and larger ones."),
    ("engine.upkeep", "How often expired and superseded records are removed."),
    ("engine.erase", "How often posts that were taken back are erased from the log's files."),
    ("engine.stop", "How long a stop waits for work in progress before it names what is pending and gives up."),
    ("ingest.max_record", "A longer record is rejected."),
    ("ingest.max_lag", "A source pauses while a stage that reads its posts has more than this many of them yet to read."),
    ("ingest.remembered", "How many posts of a source are remembered, to refuse a second copy of one."),
    ("ingest.heartbeat", "How often a source that brings nothing says that time goes on."),
];

/// The reference as a document.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         One TOML file (`--config FILE`; without it `goshawk.toml` in the current folder, if there is one), then environment\n\
         variables (`GOSHAWK__WINDOWS__SIZE=10m`; a `.env` file in the current folder is read first), then flags. An unknown key\n\
         is an error that names its line and the nearest right key. `goshawk check` explains what is in force.\n\n\
         This page is made from the program's own table; a test holds it true.\n\n\
         | key | default | what it does |\n| --- | --- | --- |\n",
    );
    let defaults = defaults();
    for (key, help) in REFERENCE {
        let default = defaults.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str()).unwrap_or_default();
        // Writing to a string cannot fail.
        let _written = writeln!(text, "| `{key}` | `{default}` | {help} |");
    }
    text
}

/// Every key of the configuration with its default, as the code has them.
pub fn defaults() -> Vec<(String, String)> {
    let table = toml::Table::try_from(Config::default()).unwrap_or_default();
    let mut keys = vec![];
    for (name, value) in table {
        match value {
            toml::Value::Table(section) => {
                keys.extend(section.into_iter().map(|(key, value)| (format!("{name}.{key}"), value.to_string())));
            }
            value => keys.push((name, value.to_string())),
        }
    }
    keys
}
