//! Records that a command writes: through the process that runs on the log, or by opening it.

use crate::place::{self, Reach};
use crate::tap::refusal;
use anyhow::{Result, anyhow, bail};
use flow::{Log, Mark, Out, Producer, Timestamp, TopicSpec, Value};

/// Appends records, all of them or none. Where no process runs, they are written as this `producer`.
pub fn append<V: Value>(reach: &Reach, producer: &str, records: &[V], time: impl Fn(&V) -> Timestamp) -> Result<()> {
    match reach {
        Reach::Process(url) => {
            let body = serde_json::json!({ "topic": V::TOPIC, "records": records }).to_string();
            let answer = place::agent().post(format!("{url}/api/append")).content_type("application/json").send(body)?;
            if answer.status() != 200 {
                bail!("{}", refusal(answer));
            }
            Ok(())
        }
        Reach::Opened(log) => append_to(&**log, producer, records, time),
    }
}

fn append_to<V: Value>(log: &dyn Log, producer: &str, records: &[V], time: impl Fn(&V) -> Timestamp) -> Result<()> {
    let specs: Vec<TopicSpec> = log.topics()?.into_iter().filter(|spec| spec.name == V::TOPIC).collect();
    if specs.is_empty() {
        bail!("there is no topic {} yet: start a `goshawk run` on this log first", V::TOPIC);
    }
    let mut out = Out::new(log.format(), &specs);
    for record in records {
        out.send(time(record), record).ok_or_else(|| anyhow!("a record of {} cannot be written", V::TOPIC))?;
    }
    // Done at once: nobody waits for this producer to say how far it is.
    let mark = Mark { watermark: Timestamp::MIN, at: engine::wall_clock()(), done: true };
    log.append(out.take(&Producer::from(producer), mark, false))?;
    Ok(log.sync()?)
}
