//! How long typical aggregations and orders take over made-up posts: `cargo run --release -p search --example timings -- 5000000`.

use search::aggregate::{Limits, Plan, Scope};
use search::mapping::{Mapping, STANDARD, schema};
use search::sort::Sort;
use search::{run, zones};
use serde_json::{Value, json};
use std::error::Error;
use std::time::{Duration, Instant};
use tantivy::query::{AllQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::tokenizer::SimpleTokenizer;
use tantivy::{Index, Searcher, TantivyDocument, Term};

const START: i64 = 1_767_225_600_000;
/// One post each second and a half, so that five million span three months.
const GAP: i64 = 1500;
const ROUNDS: u32 = 6;

struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Small numbers more often than large ones.
    fn skewed(&mut self, below: u64) -> u64 {
        let share = self.next(1 << 30) as f64 / f64::from(1 << 30);
        ((below as f64).powf(share) - 1.0) as u64
    }
}

fn mapping() -> Result<Mapping, search::Error> {
    Mapping::read(&json!({ "properties": {
        "date": { "type": "date" }, "sentiment": { "type": "double" }, "likes": { "type": "long" },
        "pseudo": { "type": "keyword" }, "lang": { "type": "keyword" }, "tags": { "type": "keyword" }
    } }))
}

fn fill(index: &Index, mapping: &Mapping, count: u64) -> Result<(), Box<dyn Error>> {
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(2, 400_000_000)?;
    let field = |path: &str| mapping.leaf(path).map(|leaf| leaf.field).ok_or("a field is not mapped");
    let (date, sentiment, likes) = (field("date")?, field("sentiment")?, field("likes")?);
    let (pseudo, lang, tags) = (field("pseudo")?, field("lang")?, field("tags")?);
    let number = index.schema().get_field("_seq_no")?;
    let mut chance = Chance(7);
    for place in 0..count {
        let mut post = TantivyDocument::default();
        post.add_u64(number, place);
        post.add_i64(date, START + place as i64 * GAP + chance.next(60_000) as i64);
        if chance.next(20) > 0 {
            post.add_f64(sentiment, chance.next(2001) as f64 / 1000.0 - 1.0);
        }
        post.add_i64(likes, chance.skewed(1_000_000) as i64);
        post.add_text(pseudo, format!("user{}", chance.skewed(200_000)));
        let languages = ["en", "fr", "id", "it", "ja", "de", "zh", "es"];
        post.add_text(lang, languages.get(chance.skewed(8) as usize % 8).copied().unwrap_or_default());
        for _ in 0..chance.next(3) {
            post.add_text(tags, format!("tag{}", chance.skewed(5000)));
        }
        writer.add_document(post)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    Ok(())
}

/// How long this process's threads have run, where Linux tells: other processes do not count.
fn busy() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ran = |task: std::fs::DirEntry| {
        let told = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(tasks.filter_map(ran).sum())
}

/// How long a call takes at best, and how long threads run for it on average.
fn best(mut call: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<(Duration, Duration), Box<dyn Error>> {
    let mut best = Duration::MAX;
    let before = busy();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        call()?;
        best = best.min(start.elapsed());
    }
    Ok((best, (busy() - before) / ROUNDS))
}

fn aggregations() -> Vec<(&'static str, Value)> {
    vec![
        (
            "average per 10 minutes",
            json!({ "a": { "date_histogram": { "field": "date", "fixed_interval": "10m" }, "aggs": { "s": { "avg": { "field": "sentiment" } } } } }),
        ),
        ("count per hour", json!({ "a": { "date_histogram": { "field": "date", "fixed_interval": "1h" } } })),
        (
            "average per month in Paris",
            json!({ "a": { "date_histogram": { "field": "date", "calendar_interval": "month", "time_zone": "Europe/Paris" }, "aggs": { "s": { "avg": { "field": "sentiment" } } } } }),
        ),
        ("languages", json!({ "a": { "terms": { "field": "lang" } } })),
        ("authors, of 200,000", json!({ "a": { "terms": { "field": "pseudo" } } })),
        (
            "tags, with an average",
            json!({ "a": { "terms": { "field": "tags" }, "aggs": { "s": { "avg": { "field": "sentiment" } } } } }),
        ),
        (
            "languages per day, with an average",
            json!({ "a": { "terms": { "field": "lang" }, "aggs": { "d": { "date_histogram": { "field": "date", "fixed_interval": "1d" }, "aggs": { "s": { "avg": { "field": "sentiment" } } } } } } }),
        ),
        ("stats", json!({ "a": { "stats": { "field": "sentiment" } } })),
        ("percentiles", json!({ "a": { "percentiles": { "field": "sentiment" } } })),
        ("how many authors", json!({ "a": { "cardinality": { "field": "pseudo" } } })),
        ("histogram of sentiment", json!({ "a": { "histogram": { "field": "sentiment", "interval": 0.1 } } })),
        (
            "ranges of likes",
            json!({ "a": { "range": { "field": "likes", "ranges": [{ "to": 10 }, { "from": 10, "to": 1000 }, { "from": 1000 }] } } }),
        ),
    ]
}

fn orders() -> Vec<(&'static str, Value)> {
    vec![
        ("newest first", json!([{ "date": "desc" }])),
        ("oldest first", json!([{ "date": "asc" }])),
        ("most liked first", json!([{ "likes": "desc" }, { "date": "desc" }])),
        ("by author", json!(["pseudo", { "date": "desc" }])),
    ]
}

fn time(searcher: &Searcher, mapping: &Mapping, named: &str, query: &dyn Query) -> Result<(), Box<dyn Error>> {
    let none = |_: &Value| Err(search::Error::argument("no queries here"));
    let scope = Scope { mapping, now_millis: 0, limits: Limits::default(), query: &none };
    for (name, aggs) in aggregations() {
        let (best, busy) = best(|| {
            let plan = Plan::read(&aggs, &scope)?;
            let partial = plan.run(searcher, query)?;
            plan.answer(partial, searcher, &|_| Ok(vec![]), false)?;
            Ok(())
        })?;
        println!("{named:12} {name:36} {:9.2} ms, {:9.2} ms of all threads", best.as_secs_f64() * 1e3, busy.as_secs_f64() * 1e3);
    }
    for (name, order) in orders() {
        let (best, busy) = best(|| {
            let sort = Sort::read(Some(&order), None, mapping)?;
            run::run(searcher, query, sort.collector(searcher, 10, false), None)?;
            Ok(())
        })?;
        println!("{named:12} {name:36} {:9.2} ms, {:9.2} ms of all threads", best.as_secs_f64() * 1e3, busy.as_secs_f64() * 1e3);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(200_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let mut index = Index::create_in_dir(folder.path(), schema())?;
    index.tokenizers().register(STANDARD, SimpleTokenizer::default());
    let mapping = mapping()?;
    let start = Instant::now();
    fill(&index, &mapping, count)?;
    index.set_multithread_executor(2)?;
    let searcher = index.reader()?.searcher();
    println!("{count} posts in {} segments after {:?}", searcher.segment_readers().len(), start.elapsed());
    time(&searcher, &mapping, "all", &AllQuery)?;
    let (from, span) = (START + count as i64 * GAP / 2, count as i64 * GAP / 20);
    let date = mapping.leaf("date").ok_or("no date")?;
    time(&searcher, &mapping, "a twentieth", zones::whole_range(date, from, from + span).as_ref())?;
    let lang = mapping.leaf("lang").ok_or("no lang")?;
    let word = TermQuery::new(Term::from_field_text(lang.field, "fr"), IndexRecordOption::Basic);
    time(&searcher, &mapping, "French", &word)
}
