//! A commit as one transaction. It is opened only once the commit is complete, and is short.

use super::wire;
use brokers::{Context, Numbers, Own, Settings, made, meaning};
use flow::{Change, Error, Output, Result};
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::TopicPartitionList;
use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long to leave a client alone that was told to try again.
const RETRY: Duration = Duration::from_millis(50);

/// How often to look what has become of what is under way.
const LOOK: Duration = Duration::from_micros(200);

/// Why a transaction did not come to pass. Nothing of it is seen, but for `Unknown`.
pub enum Failure {
    /// It may succeed when tried again.
    Again(Error),
    /// The group has been shared out anew since the member last heard.
    Stale,
    /// The producer is of no use any more; whether the transaction was committed, only the log can tell.
    Unknown(String),
}

/// Notes where the last record of each state partition came to stand.
type Ledger = Context<Ends>;

/// Where the last record of each state partition came to stand.
#[derive(Default)]
struct Ends(Mutex<BTreeMap<u32, u64>>);

impl Own for Ends {
    /// The note is one for the last record of a state partition, else zero.
    fn delivery(&self, result: &DeliveryResult<'_>, last: usize) {
        if let (Ok(message), 1) = (result, last) {
            let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            ends.insert(message.partition().cast_unsigned(), u64::try_from(message.offset()).unwrap_or(0));
        }
    }
}

/// A producer of transactions.
pub struct Writer {
    producer: Arc<BaseProducer<Ledger>>,
    prefix: String,
    timeout: Duration,
}

/// What one transaction holds.
pub struct Work<'a> {
    /// The records.
    pub outputs: &'a [Output],
    /// The topic of states, and what changes in it.
    pub state: (&'a str, &'a [Change]),
    /// How far the group has read, and as whom this is said.
    pub progress: Option<(TopicPartitionList, Arc<ConsumerGroupMetadata>)>,
}

impl Writer {
    /// A producer under this name. Whoever wrote under it before is shut out, and what they left open is undone.
    pub fn open(settings: &Settings, numbers: &Arc<Numbers>, name: &str, id: &str) -> Result<Writer> {
        let ledger = Ledger::new(name.to_owned(), numbers, Ends::default());
        let producer: BaseProducer<Ledger> = made(&brokers::producer(settings, id), "making a producer", ledger)?;
        let begun = producer.init_transactions(settings.timeout);
        begun.map_err(|error| meaning("preparing for transactions", &error, &producer.context().complaints))?;
        Ok(Writer { producer: Arc::new(producer), prefix: settings.prefix.clone(), timeout: settings.timeout })
    }

    /// Commits all of it, or nothing; tells where the last record of each state partition came to stand.
    pub fn commit(&self, work: &Work<'_>) -> std::result::Result<BTreeMap<u32, u64>, Failure> {
        self.take_ends();
        if let Err(error) = self.producer.begin_transaction() {
            return Err(Failure::Unknown(error.to_string()));
        }
        if let Err(error) = self.fill(work) {
            return Err(self.undo(&error));
        }
        if let Some((offsets, identity)) = &work.progress {
            // The brokers have all of it before they may take the progress: whoever takes over after that finds the
            // transaction open, and waits for its end.
            if !self.flush(Instant::now() + self.timeout) {
                return Err(self.undo(&KafkaError::Flush(Code::OperationTimedOut)));
            }
            self.tell_progress(offsets, identity)?;
        }
        self.close()?;
        Ok(self.take_ends())
    }

    fn take_ends(&self) -> BTreeMap<u32, u64> {
        std::mem::take(&mut *self.producer.context().own.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn fill(&self, work: &Work<'_>) -> std::result::Result<(), KafkaError> {
        for output in work.outputs {
            let topic = format!("{}{}", self.prefix, output.topic);
            let at = output.block.mark.at.millis().max(0);
            for sent in wire::records(output) {
                let record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&topic, 0).headers(sent.headers);
                let record = record.partition(output.partition.cast_signed()).timestamp(at);
                let record = if let Some(key) = sent.key { record.key(key) } else { record };
                let record = if let Some(value) = sent.value { record.payload(value) } else { record };
                brokers::send(&self.producer, record, self.timeout)?;
            }
        }
        let (topic, changes) = work.state;
        let last: BTreeMap<u32, usize> = changes.iter().zip(0..).map(|(change, number)| (change.partition, number)).collect();
        for (number, change) in changes.iter().enumerate() {
            let is_last = usize::from(last.get(&change.partition) == Some(&number));
            let record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, is_last);
            let record = record.partition(change.partition.cast_signed()).key(change.key.as_slice());
            let record = if let Some(value) = &change.value { record.payload(value.as_slice()) } else { record };
            brokers::send(&self.producer, record, self.timeout)?;
        }
        Ok(())
    }

    /// Says how far the group has read, as part of the transaction. The client may wait for a lost coordinator without
    /// end, whatever time it is given: so it is asked from a thread that can be left behind.
    fn tell_progress(
        &self,
        offsets: &TopicPartitionList,
        identity: &Arc<ConsumerGroupMetadata>,
    ) -> std::result::Result<(), Failure> {
        let (sender, answer) = channel();
        let (producer, offsets, identity, timeout) = (self.producer.clone(), offsets.clone(), identity.clone(), self.timeout);
        std::thread::spawn(move || {
            let until = Instant::now() + timeout;
            let mut told = producer.send_offsets_to_transaction(&offsets, &identity, timeout);
            while told.as_ref().is_err_and(is_retriable) && Instant::now() < until {
                std::thread::sleep(RETRY);
                told = producer.send_offsets_to_transaction(&offsets, &identity, timeout);
            }
            // Whoever asked may have given up.
            let _heard = sender.send(told);
        });
        match answer.recv_timeout(self.timeout * 2) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.undo(&error)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err(Failure::Unknown("the group's coordinator does not answer".into()))
            }
        }
    }

    /// Waits until the brokers have everything, listening to what they answer; whether they have.
    fn flush(&self, until: Instant) -> bool {
        while self.producer.in_flight_count() > 0 && Instant::now() < until {
            self.producer.poll(Duration::ZERO);
            std::thread::sleep(LOOK);
        }
        self.producer.in_flight_count() == 0
    }

    fn close(&self) -> std::result::Result<(), Failure> {
        let until = Instant::now() + self.timeout * 3;
        self.flush(until);
        loop {
            match self.producer.commit_transaction(self.timeout) {
                Ok(()) => return Ok(()),
                Err(error) if is_retriable(&error) && Instant::now() < until => std::thread::sleep(RETRY),
                Err(error) => return Err(self.undo(&error)),
            }
        }
    }

    /// Takes the transaction back, and says what its failure means.
    fn undo(&self, error: &KafkaError) -> Failure {
        if let KafkaError::Transaction(inner) = error
            && !inner.txn_requires_abort()
        {
            return Failure::Unknown(inner.string());
        }
        if let Err(error) = brokers::abort(&self.producer, self.timeout) {
            return Failure::Unknown(error.to_string());
        }
        match error.rdkafka_error_code() {
            Some(Code::IllegalGeneration | Code::UnknownMemberId | Code::FencedInstanceId | Code::RebalanceInProgress) => {
                Failure::Stale
            }
            Some(Code::MessageSizeTooLarge) => {
                Failure::Again(Error::Refused("kafka: a record is larger than max.message.bytes of its topic allows".into()))
            }
            Some(Code::KafkaStorageError) => Failure::Again(Error::Full(self.told(error).to_string())),
            _ => Failure::Again(self.told(error)),
        }
    }

    fn told(&self, error: &KafkaError) -> Error {
        meaning("committing", error, &self.producer.context().complaints)
    }
}

fn is_retriable(error: &KafkaError) -> bool {
    match error {
        KafkaError::Transaction(inner) => inner.is_retriable() && !inner.txn_requires_abort() && !inner.is_fatal(),
        KafkaError::Flush(Code::OperationTimedOut) => true,
        _ => false,
    }
}
