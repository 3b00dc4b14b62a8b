//! Topics that somebody else reads: messages, and with them a note of how far the writer is, as one transaction.

use crate::{Context, Numbers, Settings, made, meaning};
use flow::{Error, Result};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The topic, without the prefix.
    pub topic: String,
    /// The number that says which partition: it is taken modulo how many there are.
    pub place: u32,
    /// Its key, if it is to have one.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Vec<u8>,
}

/// Writes to topics of strangers. Two under the same name shut each other out: the newer one stays.
pub struct Outlet {
    producer: BaseProducer<Context>,
    /// Reads and carries the note.
    notes: BaseConsumer<Context>,
    settings: Settings,
    /// Partitions of the topics that were met.
    partitions: BTreeMap<String, i32>,
    /// Partitions of a topic that is made.
    fresh: i32,
    /// The topic beside which the note stands.
    beside: String,
}

impl Outlet {
    /// A writer of this name. Notes stand beside the topic `beside`; topics that are missing are made with so many partitions.
    pub fn open(settings: Settings, name: &str, beside: &str, fresh: u32) -> Result<Outlet> {
        let numbers = Arc::new(Numbers::default());
        let id = settings.group(name);
        let mut config = crate::producer(&settings, &id);
        config.set("statistics.interval.ms", "0");
        // Not every client has every codec, and a stranger cannot be asked.
        if !settings.properties.keys().any(|name| name.starts_with("compression.")) {
            config.set("compression.type", "none");
        }
        let producer: BaseProducer<_> = made(&config, "making a writer", Context::new(id.clone(), &numbers, ()))?;
        let mut config = crate::consumer(&settings, &id);
        config.set("statistics.interval.ms", "0");
        let notes = made(&config, "making a reader of notes", Context::new(id, &numbers, ()))?;
        let (partitions, fresh) = (BTreeMap::new(), i32::try_from(fresh).unwrap_or(1));
        let beside = settings.named(beside);
        let mut outlet = Outlet { producer, notes, settings, partitions, fresh, beside };
        outlet.find(&outlet.beside.clone())?;
        let begun = outlet.producer.init_transactions(outlet.settings.timeout);
        begun.map_err(|error| outlet.error("preparing for transactions", &error))?;
        Ok(outlet)
    }

    /// What was noted with the last write.
    pub fn note(&self) -> Result<String> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.beside, 0);
        let committed = self.notes.committed_offsets(list, self.settings.timeout);
        let committed = committed.map_err(|error| self.error("asking for the note of the last write", &error))?;
        Ok(committed.find_partition(&self.beside, 0).map(|found| found.metadata().to_owned()).unwrap_or_default())
    }

    /// Writes all of it together with the note, or nothing.
    pub fn write(&mut self, letters: &[Letter], note: &str) -> Result<()> {
        for letter in letters {
            self.find(&self.settings.named(&letter.topic))?;
        }
        let begun = self.producer.begin_transaction();
        begun.map_err(|error| self.error("beginning a transaction", &error))?;
        let done = self.fill(letters, note).and_then(|()| self.producer.commit_transaction(self.settings.timeout));
        done.map_err(|error| {
            let meaning = self.error("writing", &error);
            // What cannot be undone now is undone by whoever opens this outlet next.
            let _undone = self.producer.abort_transaction(self.settings.timeout);
            match meaning {
                Error::Fenced(reason) => Error::Io(reason),
                other => other,
            }
        })
    }

    fn fill(&self, letters: &[Letter], note: &str) -> std::result::Result<(), KafkaError> {
        for letter in letters {
            let topic = self.settings.named(&letter.topic);
            let partitions = self.partitions.get(&topic).copied().unwrap_or(1);
            let partition = (letter.place % partitions.cast_unsigned().max(1)).cast_signed();
            let record =
                BaseRecord::<[u8], [u8], usize>::with_opaque_to(&topic, 0).partition(partition).payload(letter.value.as_slice());
            self.send(if let Some(key) = &letter.key { record.key(key.as_slice()) } else { record })?;
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.beside, 0, Offset::Offset(0))?;
        if let Some(mut element) = list.find_partition(&self.beside, 0) {
            element.set_metadata(note);
        }
        let identity = self.notes.group_metadata().ok_or(KafkaError::Canceled)?;
        self.producer.send_offsets_to_transaction(&list, &identity, self.settings.timeout)
    }

    /// Hands a message over, waiting while the client's queue is full.
    fn send(&self, mut record: BaseRecord<'_, [u8], [u8], usize>) -> std::result::Result<(), KafkaError> {
        let until = Instant::now() + self.settings.timeout;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), back)) if Instant::now() < until => {
                    record = back;
                    self.producer.poll(Duration::from_millis(5));
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// Learns how many partitions a topic has; makes it if it is not there.
    fn find(&mut self, topic: &str) -> Result<()> {
        if self.partitions.contains_key(topic) {
            return Ok(());
        }
        let until = Instant::now() + self.settings.timeout;
        let mut made = false;
        loop {
            let found = self.notes.fetch_metadata(Some(topic), self.settings.timeout);
            let found = found.map_err(|error| self.error(&format!("looking for {topic}"), &error))?;
            let known = found.topics().first().filter(|found| found.error().is_none()).map(|found| found.partitions().len());
            match known {
                Some(partitions) if partitions > 0 => {
                    self.partitions.insert(topic.to_owned(), i32::try_from(partitions).unwrap_or(1));
                    return Ok(());
                }
                _ if Instant::now() > until => return Err(Error::Io(format!("kafka: topic '{topic}' has no partitions yet"))),
                _ if made => std::thread::sleep(Duration::from_millis(50)),
                _ => {
                    self.make(topic)?;
                    made = true;
                }
            }
        }
    }

    fn make(&self, topic: &str) -> Result<()> {
        let admin: AdminClient<DefaultClientContext> = crate::config(&self.settings)
            .set("statistics.interval.ms", "0")
            .create()
            .map_err(|error| self.error("making an admin client", &error))?;
        let replication = TopicReplication::Fixed(self.settings.replication.unwrap_or(-1));
        let options = AdminOptions::new().operation_timeout(Some(self.settings.timeout));
        let made = pollster::block_on(admin.create_topics(&[NewTopic::new(topic, self.fresh, replication)], &options));
        for result in made.map_err(|error| self.error(&format!("making topic '{topic}'"), &error))? {
            match result {
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(self.error(&format!("making topic '{topic}'"), &KafkaError::AdminOp(code))),
            }
        }
        Ok(())
    }

    fn error(&self, doing: &str, error: &KafkaError) -> Error {
        meaning(doing, error, &self.producer.context().complaints)
    }
}
