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
    (
        "roles",
        "What this process does: `all`, or some of `source`, `locate`, `count`, `collect`, `estimate`, `predict`, `learn`, `monitor`, `gauge`, `watch`, `enrich` (or `enrich:NAME` for one model), `join`, `search`, `opensearch`, `tweetoscope`, `pushgateway`, `alertmanager`, `erase`, `upkeep`, `serve`. What each reads and writes: [the architecture](ARCHITECTURE.md).",
    ),
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
    (
        "collect.windows",
        "How long a cascade is observed before a partial one is told of, each in whole seconds. The longest decides how long reposts are kept one by one.",
    ),
    (
        "collect.doublings",
        "Cascades that go on are looked at again at twice the longest window, four times, and so on: so often.",
    ),
    ("collect.silence", "A cascade has ended when nothing was added for so long; its size is then what it has come to."),
    ("collect.longest", "A cascade has ended so long after its start, whatever comes."),
    (
        "collect.remember",
        "For so long the end of a cascade that was told of is remembered: a repost that comes then is late. Reposts of cascades that are not known are only counted (`goshawk_passed_over_total`).",
    ),
    ("collect.least", "Cascades of fewer posts are not told of."),
    ("collect.most", "So many posts of a cascade are listed in a partial one; those beyond are only counted."),
    ("collect.text", "How much of a cascade's first post is passed on with it."),
    (
        "collect.ini",
        "A Tweetoscope's `collector.ini`, or the `params_py.config` of its estimator: what is in it takes the place of the keys here, but for `tweetoscope.brokers`, where that is set. See [Tweetoscope](tweetoscope.md).",
    ),
    (
        "estimate.model",
        "`exponential` or `power-law` (marked Hawkes processes), or `seismic`. What they are: [the mathematics](mathematics.md).",
    ),
    ("estimate.fit", "`map`: the most probable parameters, given what is usual; `mle`: the most likely ones, whatever is usual."),
    (
        "estimate.prior",
        "What is usual: `learned` from the cascades that have ended, or `course`: the constants of the Tweetoscope course, which are the next three keys.",
    ),
    ("estimate.max_branching", "The largest branching factor, below 1: one that never ends has no size."),
    ("estimate.alpha", "The course's law of marks: the density falls as `m^-alpha`."),
    ("estimate.mu", "The course's smallest mark."),
    ("estimate.prior_params", "The course's prior: means of `p` and `beta`, their standard deviations, their correlation."),
    ("estimate.degree", "SEISMIC's mean number of followers."),
    (
        "predict.delay",
        "A model takes effect so long after the end of the last cascade that it learned from, by the time of the posts. So which model made which prediction is the same in every run.",
    ),
    (
        "learn.run",
        "Whether the role `learn` runs, here or in another process: predictions wait for it. `false`: they do without models.",
    ),
    ("learn.mini_batch", "A new model is trained after so many cascades,"),
    ("learn.every", "but not before so long after the last, by the time of the posts: models are large."),
    ("learn.batch", "How models are trained is tuned after so many."),
    ("learn.memory", "Training takes at most so much memory for each observation window: older cascades are forgotten."),
    ("monitor.over", "Means, medians and coverage in `accuracies` are over so many errors, the newest."),
    ("monitor.every", "Accuracies of an observation window are told at most so often, by the time of the posts."),
    (
        "watch.rules",
        "What raises alerts, by name: `of` (`predictions.predicted`, `.low`, `.observed`; `accuracies.mean`, `.median`, `.coverage`; `counts.posts`, `.reposts`, `.people`; `gauges.mean`, `.number`), the threshold `above` or `below`, and where wanted `clear` (the alert ends when the value is back there; a fifth behind the threshold), `only` (that city, cascade or gauge), `window` (only that observation window; of gauges, what is taken together), `silence` (no other alert of the same subject for so long; 10m), `expire` (it ends when nothing is heard for so long; 1h, of a cascade 8d). See [alerts](alerts.md).",
    ),
    (
        "enrich.folder",
        "The folder of the folders of text models, beside those that are shipped. A folder more is a score more, from the next start on. See [text models](models.md).",
    ),
    ("enrich.models", "Which models score posts: `all`, or some, by name. Empty: none."),
    ("enrich.workers", "How many workers ask each model; a model that is a program says so itself (`process.replicas`)."),
    (
        "enrich.failed",
        "What becomes of a post that a model fails on: `null` (it is told that there is no score, and why) or `reject` (the post goes to `rejected` instead). `goshawk model backfill` makes up for it either way.",
    ),
    (
        "gauge.run",
        "Whether the role `gauge` runs, here or in another process: alerts wait for it. It adds up what models say of all posts, for rules of `gauges`.",
    ),
    (
        "join.patience",
        "So long a post's document waits for the word of every model, by the time of the posts; then it is told as it is, and again when there is more.",
    ),
    ("join.keep", "So long after it was posted there may be more to tell of a post: scores, edits, a forecast."),
    ("join.most", "So many posts of a partition may have more to come; beyond that, the oldest are let go of."),
    (
        "search.run",
        "Whether the role `search` keeps documents in an index of this process, for the page `/explore` and the Elasticsearch API. See [search](search.md).",
    ),
    (
        "search.folder",
        "Where the index is; empty: in the folder of a `disk:` log, in `goshawk-index` beside a log on Kafka, and in a folder that goes with the process beside `memory:`.",
    ),
    ("search.index", "What the index is called."),
    ("search.every", "A document can be found at most so long after it has come."),
    ("search.keep", "How long documents are kept in the index, by the time of their posts."),
    ("search.memory", "How much memory writing the index takes."),
    (
        "opensearch.url",
        "`http://HOST:PORT` of an OpenSearch or Elasticsearch, or of several of its nodes, with commas between; empty: there is none, and the role `opensearch` rests. See [search](search.md).",
    ),
    ("opensearch.user", "Who we are there; empty: nobody is asked."),
    ("opensearch.password", "That user's password; `env:NAME` takes it from the environment."),
    ("opensearch.index", "What the index is called there."),
    ("opensearch.empty", "Whether that index is emptied at the start. Documents that were written before are not written again."),
    ("opensearch.batch", "About how much goes there in one request."),
    ("opensearch.timeout", "How long an answer is waited for."),
    (
        "tweetoscope.brokers",
        "`kafka://HOST:PORT` of a Tweetoscope; empty: there is none, and the role `tweetoscope` rests. Options as in [Goshawk on Kafka](kafka.md). See [Tweetoscope](tweetoscope.md).",
    ),
    (
        "tweetoscope.write",
        "Which of its topics are written: `tweets`, `cascade_series`, `cascade_properties`, `alerts`, `stats`, `samples`, `logs`.",
    ),
    ("tweetoscope.names", "What those topics are called there."),
    ("tweetoscope.generation", "`2020`: a tweet's key is its cascade; `2021`: its source."),
    ("tweetoscope.words", "`safe`: without quotation marks, which some of its nodes choke on; `plain`: as they are."),
    ("tweetoscope.start", "The moment that is `t = 0` there."),
    (
        "pushgateway.url",
        "`http://HOST:PORT` of a Prometheus Pushgateway; empty: there is none, and the role `pushgateway` rests. See [monitoring](monitoring.md).",
    ),
    ("pushgateway.user", "Who we are there; empty: nobody is asked."),
    ("pushgateway.password", "That user's password; `env:NAME` takes it from the environment."),
    ("pushgateway.every", "At most so often something new is pushed; every 30 s all of it is."),
    ("pushgateway.top", "So many of the cascades that will be largest are pushed."),
    ("pushgateway.accuracy_job", "The job under which it is told how far off predictions are."),
    (
        "pushgateway.prediction_job",
        "The job under which cascades are told; its series go when their cascades end, and when we stop.",
    ),
    (
        "alertmanager.url",
        "`http://HOST:PORT` of a Prometheus Alertmanager, or of several, with commas between; empty: there is none, and the role `alertmanager` rests. See [monitoring](monitoring.md).",
    ),
    ("alertmanager.user", "Who we are there; empty: nobody is asked."),
    ("alertmanager.password", "That user's password; `env:NAME` takes it from the environment."),
    (
        "alertmanager.every",
        "How often the alerts that go on are told again; one that is not for four times as long ends there. News are told at once.",
    ),
    ("alertmanager.page", "Where an alert there leads to; empty: the page at `listen`."),
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
