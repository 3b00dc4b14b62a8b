//! Topics that somebody else reads: messages, and with them a note of how far the writer is, as one transaction.

use crate::{Context, MAX_MESSAGE, Numbers, Own, Settings, made, meaning};
use flow::{Error, Result};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much goes to a partition at once.
const BATCH_BYTES: &str = "100000";

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

/// What has become of a call to the client.
type Sent = std::result::Result<(), KafkaError>;

/// The numbers of the messages that were refused for their size.
#[derive(Default)]
struct TooLarge(Mutex<BTreeSet<usize>>);

impl TooLarge {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: &KafkaError, number: usize) {
        if error.rdkafka_error_code() == Some(Code::MessageSizeTooLarge) {
            self.lock().insert(number);
        }
    }
}

impl Own for TooLarge {
    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        if let Err((error, _)) = result {
            self.note(error, number);
        }
    }
}

/// Writes to topics of strangers. Two under the same name shut each other out: the newer one stays.
pub struct Outlet {
    producer: BaseProducer<Context<TooLarge>>,
    /// Reads and carries the note.
    notes: BaseConsumer<Context>,
    /// The name of the writer.
    id: String,
    settings: Settings,
    /// Partitions of the topics that were met.
    partitions: BTreeMap<String, i32>,
    /// Partitions of a topic that is made.
    fresh: i32,
    /// The topic beside which the note stands.
    beside: String,
}

/// A producer of transactions under this name.
fn producer(settings: &Settings, id: &str) -> Result<BaseProducer<Context<TooLarge>>> {
    let mut config = crate::producer(settings, id);
    config.set("statistics.interval.ms", "0");
    // Not every client has every codec, and a stranger cannot be asked.
    if !settings.properties.keys().any(|name| name.starts_with("compression.")) {
        config.set("compression.type", "none");
    }
    // Few share the fate of a message that is refused.
    if !settings.properties.contains_key("batch.size") {
        config.set("batch.size", BATCH_BYTES);
    }
    let context = Context::new(id.to_owned(), &Arc::new(Numbers::default()), TooLarge::default());
    let producer: BaseProducer<_> = made(&config, "making a writer", context)?;
    let begun = producer.init_transactions(settings.timeout);
    begun.map_err(|error| meaning("preparing for transactions", &error, &producer.context().complaints))?;
    Ok(producer)
}

impl Outlet {
    /// A writer of this name. Notes stand beside the topic `beside`; topics that are missing are made with so many partitions.
    pub fn open(settings: Settings, name: &str, beside: &str, fresh: u32) -> Result<Outlet> {
        let id = settings.group(name);
        let mut config = crate::consumer(&settings, &id);
        config.set("statistics.interval.ms", "0");
        let context = Context::new(id.clone(), &Arc::new(Numbers::default()), ());
        let notes = made(&config, "making a reader of notes", context)?;
        let producer = producer(&settings, &id)?;
        let (partitions, fresh) = (BTreeMap::new(), i32::try_from(fresh).unwrap_or(1));
        let beside = settings.named(beside);
        let mut outlet = Outlet { producer, notes, id, settings, partitions, fresh, beside };
        outlet.find(&outlet.beside.clone())?;
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

    /// Writes all of it together with the note, or nothing; but a message that is too large for its topic is left out.
    pub fn write(&mut self, letters: &[Letter], note: &str) -> Result<()> {
        for letter in letters {
            self.find(&self.settings.named(&letter.topic))?;
        }
        let (mut left_out, mut alone) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let Err(error) = self.attempt(letters, &left_out, &alone, note) else { return Ok(()) };
            let refused = self.refused();
            if refused.is_empty() {
                return Err(error);
            }
            // Brokers refuse a whole batch of messages: which of them it was shows where each goes alone.
            if refused.len() > 1 && !refused.is_subset(&alone) {
                alone.extend(refused);
            } else {
                refused.iter().for_each(|number| leave_out(letters, *number, &mut left_out));
            }
            // The client is of no use behind a message that was refused.
            self.producer = producer(&self.settings, &self.id)?;
        }
    }

    /// What was refused for its size since this was last asked.
    fn refused(&self) -> BTreeSet<usize> {
        std::mem::take(&mut *self.producer.context().own.lock())
    }

    /// Writes it in one transaction, without those that are left out, and some of it message by message.
    fn attempt(&self, letters: &[Letter], left_out: &BTreeSet<usize>, alone: &BTreeSet<usize>, note: &str) -> Result<()> {
        let begun = self.producer.begin_transaction();
        begun.map_err(|error| self.error("beginning a transaction", &error))?;
        let numbered = letters.iter().enumerate().filter(|(number, _)| !left_out.contains(number));
        let done = self.fill(numbered, alone).and_then(|()| self.note_down(note));
        let done = done.and_then(|()| self.producer.commit_transaction(self.settings.timeout));
        done.map_err(|error| {
            let meaning = self.error("writing", &error);
            // What cannot be undone now is undone by whoever opens this outlet next.
            let _undone = crate::abort(&self.producer, self.settings.timeout);
            match meaning {
                Error::Fenced(reason) => Error::Io(reason),
                other => other,
            }
        })
    }

    /// Hands the messages over, and waits until the brokers have them.
    fn fill<'l>(&self, letters: impl Iterator<Item = (usize, &'l Letter)>, alone: &BTreeSet<usize>) -> Sent {
        for (number, letter) in letters {
            let topic = self.settings.named(&letter.topic);
            let partitions = self.partitions.get(&topic).copied().unwrap_or(1);
            let partition = (letter.place % partitions.cast_unsigned().max(1)).cast_signed();
            let record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&topic, number);
            let record = record.partition(partition).payload(letter.value.as_slice());
            let record = if let Some(key) = &letter.key { record.key(key.as_slice()) } else { record };
            if alone.contains(&number) {
                self.flush()?;
            }
            if let Err(error) = crate::send(&self.producer, record, self.settings.timeout) {
                self.producer.context().own.note(&error, number);
                return Err(error);
            }
            if alone.contains(&number) {
                self.flush()?;
            }
        }
        self.flush()
    }

    fn note_down(&self, note: &str) -> Sent {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.beside, 0, Offset::Offset(0))?;
        if let Some(mut element) = list.find_partition(&self.beside, 0) {
            element.set_metadata(note);
        }
        let identity = self.notes.group_metadata().ok_or(KafkaError::Canceled)?;
        self.producer.send_offsets_to_transaction(&list, &identity, self.settings.timeout)
    }

    /// Waits until the brokers have answered for each message; an error if they refused one for its size.
    fn flush(&self) -> Sent {
        self.producer.flush(self.settings.timeout)?;
        if self.producer.context().own.lock().is_empty() { Ok(()) } else { Err(KafkaError::Flush(Code::MessageSizeTooLarge)) }
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
        let wanted = NewTopic::new(topic, self.fresh, replication).set("max.message.bytes", MAX_MESSAGE);
        let made = pollster::block_on(admin.create_topics(&[wanted], &options));
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

/// Leaves out a message that was refused for its size, and with it all of its topic that are as large.
fn leave_out(letters: &[Letter], refused: usize, left_out: &mut BTreeSet<usize>) {
    let Some(Letter { topic, .. }) = letters.get(refused) else { return };
    let size = |letter: &Letter| letter.value.len() + letter.key.as_ref().map_or(0, Vec::len);
    let least = letters.get(refused).map_or(0, size);
    for (number, letter) in letters.iter().enumerate().filter(|(_, letter)| letter.topic == *topic && size(letter) >= least) {
        if left_out.insert(number) {
            let key = letter.key.as_deref().map(String::from_utf8_lossy);
            tracing::warn!(topic, ?key, bytes = size(letter), "left out: the topic takes no message so large");
        }
    }
}
