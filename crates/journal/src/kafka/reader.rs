//! Reading a partition from any offset on, for taps, for whoever follows a topic, and for the restoring of states.
//!
//! A client is kept for each place at which somebody reads, so that who reads on need not seek.

use super::wire::Inbox;
use brokers::{Context, Numbers, Settings, at, made, meaning, offset_in};
use flow::{Batch, Error, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many clients read at once; who comes on top of that makes another seek.
const CLIENTS: usize = 12;
/// A client that nobody used for so long goes.
const IDLE: Duration = Duration::from_secs(60);

/// Where a client is in one partition.
struct Cursor {
    queue: PartitionQueue<Context>,
    next: u64,
    /// Everything that the broker had at the last answer has been taken.
    at_end: bool,
}

/// A client that reads partitions of one topic.
pub struct Reader {
    consumer: Arc<BaseConsumer<Context>>,
    topic: String,
    cursors: HashMap<u32, Cursor>,
    used: Instant,
    timeout: Duration,
}

impl Reader {
    /// A client for a topic of this name on the brokers.
    pub fn open(settings: &Settings, numbers: &Arc<Numbers>, topic: &str) -> Result<Reader> {
        let name = format!("read {topic}");
        let mut config = brokers::consumer(settings, &settings.group("reader"));
        // A seek waits for the fetch that is under way.
        config.set("statistics.interval.ms", "0").set("fetch.wait.max.ms", "30");
        let consumer = made(&config, "making a reader", Context::new(name, numbers, ()))?;
        let (cursors, used) = (HashMap::new(), Instant::now());
        Ok(Reader { consumer: Arc::new(consumer), topic: topic.to_owned(), cursors, used, timeout: settings.timeout })
    }

    fn seek(&mut self, partition: u32, from: u64) -> Result<()> {
        let error = |error| self.error("seeking", &error);
        if self.cursors.contains_key(&partition) {
            let mut list = TopicPartitionList::new();
            list.add_partition(&self.topic, partition.cast_signed());
            self.consumer.incremental_unassign(&list).map_err(error)?;
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition.cast_signed(), at(from)).map_err(error)?;
        self.consumer.incremental_assign(&list).map_err(error)?;
        let queue = self.consumer.split_partition_queue(&self.topic, partition.cast_signed());
        let queue = queue.ok_or_else(|| Error::Io(format!("kafka: there is no {}/{partition}", self.topic)))?;
        self.cursors.insert(partition, Cursor { queue, next: from, at_end: false });
        Ok(())
    }

    fn error(&self, doing: &str, error: &KafkaError) -> Error {
        meaning(&format!("{doing} {}", self.topic), error, &self.consumer.context().complaints)
    }

    /// The records from an offset on, about so many bytes; waits for them as long as they must be there.
    pub fn read(&mut self, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        self.used = Instant::now();
        // Serves what is not about a partition: errors, statistics.
        drop(self.consumer.poll(Duration::ZERO));
        if self.cursors.get(&partition).is_none_or(|cursor| cursor.next != from) {
            self.seek(partition, from)?;
        }
        let mut inbox = Inbox::new(&self.topic, partition, from);
        let mut patience = self.patience(partition)?;
        let until = Instant::now() + self.timeout;
        while inbox.bytes() < bytes {
            let Some(cursor) = self.cursors.get_mut(&partition) else { break };
            match cursor.queue.poll(patience) {
                Some(Ok(message)) => {
                    inbox.push(&message);
                    cursor.at_end = false;
                    patience = Duration::ZERO;
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    cursor.at_end = true;
                    break;
                }
                Some(Err(error)) => return Err(self.lose(partition, &error)),
                None if patience.is_zero() => break,
                None if Instant::now() > until => {
                    return Err(self.lose(partition, &KafkaError::Global(Code::OperationTimedOut)));
                }
                None => {}
            }
        }
        self.pass_gaps(partition, &mut inbox)?;
        Ok(inbox.take())
    }

    /// How long to wait for the first message: not at all, if there is none.
    fn patience(&self, partition: u32) -> Result<Duration> {
        const LOOK: Duration = Duration::from_millis(100);
        let Some(cursor) = self.cursors.get(&partition).filter(|cursor| cursor.at_end) else { return Ok(LOOK) };
        let watermarks = self.consumer.fetch_watermarks(&self.topic, partition.cast_signed(), self.timeout);
        let (_, end) = watermarks.map_err(|error| self.error("asking for the end of", &error))?;
        Ok(if u64::try_from(end).is_ok_and(|end| end > cursor.next) { LOOK } else { Duration::ZERO })
    }

    /// What stands between records and is no record counts as read.
    fn pass_gaps(&mut self, partition: u32, inbox: &mut Inbox) -> Result<()> {
        let positions = self.consumer.position().map_err(|error| self.error("asking for the position in", &error))?;
        let position = positions.find_partition(&self.topic, partition.cast_signed()).and_then(|found| offset_in(&found));
        // Ends of transactions are in the position, too; there is none before the first message.
        let next = position.unwrap_or(0).max(inbox.next());
        inbox.pad_to(next);
        if let Some(cursor) = self.cursors.get_mut(&partition) {
            cursor.next = next;
        }
        Ok(())
    }

    /// Begins anew the next time.
    fn lose(&mut self, partition: u32, error: &KafkaError) -> Error {
        if let Some(cursor) = self.cursors.get_mut(&partition) {
            cursor.next = u64::MAX;
        }
        self.error("reading", error)
    }
}

/// Clients that read, by where they are.
#[derive(Default)]
pub struct Readers {
    idle: Mutex<Vec<Reader>>,
}

impl Readers {
    /// Reads with the client that stands there already, or is nearest to free.
    pub fn read(
        &self,
        topic: &str,
        partition: u32,
        from: u64,
        bytes: usize,
        open: impl FnOnce() -> Result<Reader>,
    ) -> Result<Vec<Batch>> {
        let mut reader = match self.take(topic, partition, from) {
            Some(reader) => reader,
            None => open()?,
        };
        let batches = reader.read(partition, from, bytes);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|reader| reader.used.elapsed() < IDLE);
        if idle.len() < CLIENTS && batches.is_ok() {
            idle.push(reader);
        }
        batches
    }

    fn take(&self, topic: &str, partition: u32, from: u64) -> Option<Reader> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = |reader: &Reader| reader.topic == topic;
        let there = |reader: &Reader| reader.cursors.get(&partition).is_some_and(|cursor| cursor.next == from);
        let fresh = |reader: &Reader| !reader.cursors.contains_key(&partition);
        let place = idle.iter().position(|reader| mine(reader) && there(reader));
        let place = place.or_else(|| idle.iter().position(|reader| mine(reader) && fresh(reader)));
        let crowded = idle.iter().filter(|reader| mine(reader)).count() >= 3;
        let place = place.or_else(|| if crowded { idle.iter().position(mine) } else { None });
        place.map(|place| idle.swap_remove(place))
    }
}
