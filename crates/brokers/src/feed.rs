//! A topic that somebody else writes: all its partitions, each from where one wants to go on, as bytes.

use crate::{Context, Numbers, Settings, at, made, meaning};
use flow::{Error, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Message, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often to look whether the topic is there, or has more partitions.
const LOOK: Duration = Duration::from_secs(5);

/// A message as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The partition.
    pub partition: u32,
    /// Its place there.
    pub offset: u64,
    /// When it was written, in milliseconds, by whoever says so; 0 where nobody does.
    pub written_ms: i64,
    /// Its key, if it has one.
    pub key: Option<Vec<u8>>,
    /// Its value; empty where it has none.
    pub value: Vec<u8>,
}

/// Reads a topic of a stranger.
pub struct Feed {
    consumer: BaseConsumer<Context>,
    settings: Settings,
    topic: String,
    /// Where to go on, of partitions that are not read yet.
    from: BTreeMap<u32, u64>,
    /// The partitions that are read, and whether everything in them has been.
    read: BTreeMap<u32, bool>,
    looked: Option<Instant>,
}

impl Feed {
    /// Reads a topic from these offsets on, and partitions that are not named from their start. Whether it is there is seen
    /// later: it may be made at any time.
    pub fn open(settings: Settings, topic: &str, from: BTreeMap<u32, u64>) -> Result<Feed> {
        let topic = settings.named(topic);
        let mut config = crate::consumer(&settings, &settings.group("feed"));
        config.set("statistics.interval.ms", "0").set("fetch.wait.max.ms", "50");
        let context = Context::new(format!("feed {topic}"), &Arc::new(Numbers::default()), ());
        let consumer = made(&config, "making a reader", context)?;
        Ok(Feed { consumer, settings, topic, from, read: BTreeMap::new(), looked: None })
    }

    /// Messages, at most so many; waits for the first of them. An error that may pass is told, and passes while one asks again.
    pub fn poll(&mut self, wait: Duration, most: usize) -> Result<Vec<Found>> {
        let until = Instant::now() + wait;
        if self.looked.is_none_or(|looked| looked.elapsed() > LOOK) {
            self.look()?;
        }
        let mut found = vec![];
        while found.len() < most {
            let left = if found.is_empty() { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.consumer.poll(left).map(|polled| polled.map(|message| taken(&message))) {
                Some(Ok(message)) => {
                    self.read.insert(message.partition, false);
                    found.push(message);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.read.insert(partition.cast_unsigned(), true);
                }
                Some(Err(error)) => return self.complain(&error, found),
                None if Instant::now() >= until || !found.is_empty() => break,
                None => {}
            }
        }
        Ok(found)
    }

    /// Whether everything that was there at the last look has been read.
    pub fn is_at_end(&self) -> bool {
        !self.read.is_empty() && self.behind().next().is_none()
    }

    /// The partitions in which there is more, for all that is known.
    pub fn behind(&self) -> impl Iterator<Item = u32> {
        self.read.iter().filter(|(_, ended)| !**ended).map(|(partition, _)| *partition)
    }

    fn complain(&self, error: &KafkaError, found: Vec<Found>) -> Result<Vec<Found>> {
        let meaning = meaning(&format!("reading {}", self.topic), error, &self.consumer.context().complaints);
        if found.is_empty() { Err(meaning) } else { Ok(found) }
    }

    /// Starts to read partitions that are new.
    fn look(&mut self) -> Result<()> {
        let doing = format!("looking for {}", self.topic);
        let error = |error: &KafkaError| meaning(&doing, error, &self.consumer.context().complaints);
        let metadata =
            self.consumer.fetch_metadata(Some(&self.topic), self.settings.timeout).map_err(|failure| error(&failure))?;
        let topic = metadata.topics().first().filter(|topic| topic.error().is_none() && !topic.partitions().is_empty());
        let Some(topic) = topic else {
            return Err(Error::Io(format!("kafka: there is no topic '{}' on {} yet", self.topic, self.settings.brokers)));
        };
        let mut fresh = TopicPartitionList::new();
        let known: Vec<u32> = topic.partitions().iter().map(|partition| partition.id().cast_unsigned()).collect();
        for partition in known.into_iter().filter(|partition| !self.read.contains_key(partition)).collect::<Vec<_>>() {
            let from = self.from.remove(&partition).unwrap_or(0);
            let added = fresh.add_partition_offset(&self.topic, partition.cast_signed(), at(from));
            added.map_err(|failure| error(&failure))?;
            self.read.insert(partition, false);
        }
        if fresh.count() > 0 {
            self.consumer.incremental_assign(&fresh).map_err(|failure| error(&failure))?;
        }
        self.looked = Some(Instant::now());
        Ok(())
    }
}

fn taken(message: &impl Message) -> Found {
    Found {
        partition: message.partition().cast_unsigned(),
        offset: u64::try_from(message.offset()).unwrap_or(0),
        written_ms: message.timestamp().to_millis().unwrap_or(0).max(0),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}
