//! The first page of `docs/topics/`: what all topics have in common.

use super::page::{cell, word};
use super::{TOPICS, VERSION, schema};
use flow::{Mark, Timestamp};

/// The page about all topics, in Markdown: which there are, and what stands beside a record on Kafka.
pub fn index() -> String {
    let rows = TOPICS.iter().filter_map(|topic| {
        let schema = schema(topic)?;
        let (about, key) = (cell(word(&schema, "description")), word(&schema, "x-key"));
        Some(format!("| [{topic}]({topic}.md) | {about} | `{key}` | [{topic}.schema.json]({topic}.schema.json) |\n"))
    });
    let rows: String = rows.collect();
    let time = Timestamp::from_seconds(1_772_323_200);
    [topics(&rows), times(time), kafka(time)].join("\n")
}

fn topics(rows: &str) -> String {
    format!(
        "# Topics

What Goshawk's records say, for programs in any language. `goshawk tap TOPIC` shows them as JSON, whatever the log.

| topic | a record | key | schema |
| --- | --- | --- | --- |
{rows}
Each schema is [JSON Schema](https://json-schema.org/draft/2020-12), draft 2020-12. It also says which topic it is for
(`x-topic`), which field is the record's key (`x-key`), and its version (`x-version`).

A field that is not required may be `null` or missing, which is the same. Goshawk itself writes every field. Fields may be
added: pass over one that you do not know. The version goes up when who reads by the old schema would misread a new record.
"
    )
}

fn times(time: Timestamp) -> String {
    format!(
        "## Times

A time is text: `{time}`. It is RFC 3339, in UTC, with milliseconds and a `Z`. Goshawk writes no other form;
write none either, and times sort as text.
"
    )
}

fn kafka(time: Timestamp) -> String {
    let mark = Mark { watermark: time, at: time.plus_millis(2_500), done: false };
    let mark = serde_json::to_string(&mark).unwrap_or_default();
    format!(
        "## On Kafka

- **Value**: one JSON object, as the schema of the topic says.
- **Key**: readable text, that of the key's field in the value. It decides the partition by the rule of Kafka's Java client
  (murmur2). Set `partitioner=murmur2_random` in a client built on librdkafka.
- **Timestamp**: when the record was written, by the wall clock, so that retention goes by it. When what it tells of happened
  is in the header `time`.
- **Headers**: all are text.

| header | value | meaning |
| --- | --- | --- |
| `source` | `synthetic`, `locate/3` | Who wrote it: a source's name, or ROLE/PARTITION. |
| `schema` | `{VERSION}` | The version of the schema. |
| `time` | `{time}` | When what it tells of happened: the event time. |
| `late` | `1` | Only on a record whose source had already shown newer posts than the allowed lateness (`time.lateness`). |
| `mark` | a JSON object | Only on the last record of a run by one writer: how far that writer is. |

A mark: `{mark}`

| field | meaning |
| --- | --- |
| `watermark` | What this writer writes from here on is not older, but for what is late. `null`: it cannot promise anything yet. |
| `at` | When the writer said so, by its wall clock. |
| `done` | Whether the writer has ended: nobody waits for it any more. |
| `alone` | `true` on a heartbeat; absent on records. |

A record that has a `mark` and neither key nor value is a **heartbeat**: it only tells how far its writer is. Heartbeats are on
the topics that a stage reads. The others, such as `counts`, have none.

**To read**, set `isolation.level=read_committed`, or you also see records of commits that did not come about.

**To write**, send key and value. A record without these headers is taken at its Kafka timestamp, and tells nothing of
how far its writer is.
"
    )
}
