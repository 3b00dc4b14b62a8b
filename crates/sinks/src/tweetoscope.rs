//! `tweetoscope`: our records as a Tweetoscope's messages, on its own topics, so that its nodes can work on them.

#[cfg(test)]
mod tests;

use brokers::{Letter, Outlet, Settings};
use domain::tweetoscope::{Form, Log, Message, Outward, Words, key, write};
use domain::{Deviation, Estimate, Post, Prediction, Sample, Series, Size};
use flow::{Batch, Error, Format, Late, Record, Refused, Rejected, Result, Sink, Value, partition_of};
use std::collections::{BTreeMap, BTreeSet};

/// What came from there stands on our log under a name that starts so: it is not sent back.
pub const FROM_THERE: &str = "tweetoscope";

/// Topics beside which the note stands only where there is no other: they came later, and a note that moved would be lost.
const LATER: [&str; 3] = ["alerts", "samples", "stats"];

/// How messages are written.
#[derive(Clone, Debug)]
pub struct Writing {
    /// How records become messages.
    pub outward: Outward,
    /// The form of tweets.
    pub form: Form,
    /// The form of text.
    pub words: Words,
    /// What the topics are called, of those that are written: `tweets`, `cascade_series`, `cascade_properties`, `alerts`, `stats`,
    /// `samples`, `logs`.
    pub names: BTreeMap<String, String>,
    /// Partitions of a topic that has to be made.
    pub partitions: u32,
}

/// Writes each record once, even after a crash: with the messages, and in the same transaction, goes a note of how far it is.
/// Each of our partitions has a writer of its own, so that who loses a partition can write no more of it.
pub struct Tweetoscope {
    /// Which log is read: another one has other writers and other notes.
    log: String,
    settings: Settings,
    writing: Writing,
    writers: BTreeMap<u32, Writer>,
}

struct Writer {
    outlet: Outlet,
    next: Next,
}

/// How far each of our topics is written: it is what is noted with each write.
type Next = BTreeMap<String, u64>;

impl Tweetoscope {
    /// Writes what stands on the log of this identity to these brokers; they are asked when there is something to write.
    pub fn new(log: &str, settings: Settings, writing: Writing) -> Self {
        Tweetoscope { log: log.to_owned(), settings, writing, writers: BTreeMap::new() }
    }

    fn writer(&self, partition: u32) -> Result<Writer> {
        let Some(beside) = self.writing.beside() else {
            return Err(Error::Refused("tweetoscope.write is empty: there is nothing to write".into()));
        };
        let name = format!("tweetoscope-{}-{partition}", self.log);
        let outlet = Outlet::open(self.settings.clone(), &name, beside, self.writing.partitions)?;
        let next = read_note(&outlet.note()?)?;
        Ok(Writer { outlet, next })
    }

    fn write_partition(&mut self, partition: u32, batches: &[&Batch], format: Format) -> Result<()> {
        if !self.writers.contains_key(&partition) {
            // Nothing to write: no topic of theirs is made for it.
            if self.writing.all_letters(batches, &Next::new(), format).next().is_none() {
                return Ok(());
            }
            let writer = self.writer(partition)?;
            self.writers.insert(partition, writer);
        }
        let Some(Writer { outlet, next }) = self.writers.get_mut(&partition) else { return Ok(()) };
        let letters: Vec<Letter> = self.writing.all_letters(batches, next, format).collect();
        for batch in batches {
            let from = next.entry(batch.topic.clone()).or_default();
            *from = batch.next().max(*from);
        }
        if letters.is_empty() { Ok(()) } else { outlet.write(&letters, &serde_json::to_string(next).unwrap_or_default()) }
    }
}

fn read_note(note: &str) -> Result<Next> {
    if note.is_empty() {
        return Ok(Next::new());
    }
    serde_json::from_str(note).map_err(|_| {
        Error::Refused(format!("the note beside the Tweetoscope's topics is not ours: {note}; use another ?prefix="))
    })
}

impl Writing {
    /// The topic beside which the note stands.
    fn beside(&self) -> Option<&String> {
        let first = self.names.iter().find(|(topic, _)| !LATER.contains(&topic.as_str()));
        first.or(self.names.iter().next()).map(|(_, name)| name)
    }

    /// What is to be written of these batches from there on. What came from them is not sent back.
    fn all_letters(&self, batches: &[&Batch], from: &Next, format: Format) -> impl Iterator<Item = Letter> {
        let ours = batches.iter().filter(|batch| !batch.block.producer.starts_with(FROM_THERE));
        ours.flat_map(move |batch| {
            let from = from.get(&batch.topic).copied().unwrap_or(0);
            let records = batch.block.records(batch.base, batch.from.max(from));
            records.flat_map(move |record| self.letters(&batch.topic, &record, format))
        })
    }

    /// The messages that a record comes to.
    fn letters(&self, topic: &str, record: &Record<'_>, format: Format) -> Vec<Letter> {
        let Some(value) = record.value else { return vec![] };
        let key = record.key;
        // What does not decode has been rejected by those who work on it.
        match topic {
            Post::TOPIC => format.decode::<Post<'_>>(value).map(|post| self.all("tweets", key, self.outward.tweet(&post))),
            Series::TOPIC => {
                format.decode::<Series<'_>>(value).map(|series| self.all("cascade_series", key, self.outward.serie(&series)))
            }
            Size::TOPIC => {
                format.decode::<Size<'_>>(value).map(|size| self.all("cascade_properties", key, self.outward.sizes(&size)))
            }
            Estimate::TOPIC => format
                .decode::<Estimate<'_>>(value)
                .map(|estimate| self.all("cascade_properties", key, self.outward.parameters(&estimate))),
            Prediction::TOPIC => format
                .decode::<Prediction<'_>>(value)
                .map(|prediction| self.all("alerts", key, [self.outward.alert(&prediction)])),
            Deviation::TOPIC => {
                format.decode::<Deviation<'_>>(value).map(|deviation| self.all("stats", key, [self.outward.stat(&deviation)]))
            }
            Sample::TOPIC => {
                format.decode::<Sample<'_>>(value).map(|sample| self.all("samples", key, self.outward.lesson(&sample)))
            }
            Late::TOPIC | Rejected::TOPIC => {
                format.decode::<Refused>(value).map(|refused| self.all("logs", key, [told(&refused)]))
            }
            _ => return vec![],
        }
        .unwrap_or_default()
    }

    fn all<'m>(&self, topic: &str, about: &[u8], messages: impl IntoIterator<Item = Message<'m>>) -> Vec<Letter> {
        let Some(name) = self.names.get(topic) else { return vec![] };
        messages.into_iter().filter_map(|message| self.letter(name, about, &message)).collect()
    }

    fn letter(&self, topic: &str, about: &[u8], message: &Message<'_>) -> Option<Letter> {
        let key = key(message, self.form);
        let window = match message {
            Message::Size(total) => total.t_obs,
            Message::Parameters(parameters) => Some(parameters.t_obs),
            Message::Sample(lesson) => Some(lesson.t_obs),
            _ => None,
        };
        let hashed = || partition_of(key.as_ref().map_or(about, |key| key.as_bytes()), u32::MAX);
        let place = window.and_then(|window| self.outward.partition(window)).unwrap_or_else(hashed);
        let mut value = vec![];
        write(message, self.form, self.words, &mut value).ok()?;
        Some(Letter { topic: topic.to_owned(), place, key: key.map(String::into_bytes), value })
    }
}

fn told(refused: &Refused) -> Message<'static> {
    Message::Log(Log {
        t: (refused.time.millis() / 1000) as f64,
        source: format!("goshawk {}", refused.by).into(),
        level: "WARNING".into(),
        message: format!("{}/{} at {}: {}", refused.from, refused.partition, refused.offset, refused.reason).into(),
    })
}

impl Sink for Tweetoscope {
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<Vec<Refused>> {
        let partitions: BTreeSet<u32> = batches.iter().map(|batch| batch.partition).collect();
        for partition in partitions {
            let own: Vec<&Batch> = batches.iter().filter(|batch| batch.partition == partition).collect();
            if let Err(error) = self.write_partition(partition, &own, format) {
                // Whether it was written, the note will tell the next writer.
                self.writers.remove(&partition);
                return Err(error);
            }
        }
        Ok(vec![])
    }
}
