//! The log on Apache Kafka.
//!
//! A commit is one transaction: the records, the changes of the state (in a compacted topic of the group's own), and how
//! far the group has read, said by the member as the brokers know it, so that they refuse who has lost its partitions.
//! Everything is read as committed. Partitions are shared out cooperatively; a state is restored from its topic, with a
//! copy on this machine's disk for a fast start.

mod cache;
mod crew;
mod identity;
mod reader;
mod restore;
mod seat;
mod standby;
mod topics;
mod wire;
mod writer;

use crate::store::random_name;
use brokers::{Context, Numbers, Settings, made, meaning, offset_in};
use cache::Slot;
use flow::{Batch, Error, Format, Group, Log, Member, Output, Result, Timestamp, TopicSpec};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use reader::{Reader, Readers};
use seat::Seat;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use topics::Desk;
use writer::{Failure, Work, Writer};

/// How long a start waits for brokers that have answered once.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer about a group's lag is good for: a source asks at every turn.
const LAG_GOOD_FOR: Duration = Duration::from_millis(300);
/// The brokers do not tell when there is news: who waits for it looks this often.
const LOOK: Duration = Duration::from_millis(20);

/// What the parts of the log share.
pub struct Kept {
    settings: Settings,
    numbers: Arc<Numbers>,
    cluster: String,
    /// Asks about topics, and about all that was written.
    asks: BaseConsumer<Context>,
    /// Asks about what is committed.
    committed: BaseConsumer<Context>,
    readers: Readers,
    slot: Option<Slot>,
    /// The states that are worked on here, by topic and partition.
    mine: Mutex<BTreeSet<(String, u32)>>,
    known: Mutex<Known>,
    alone: String,
}

#[derive(Default)]
struct Known {
    topics: BTreeMap<String, u32>,
    /// The numbers of the members of each group in this process.
    seats: BTreeSet<(String, u32)>,
    lags: BTreeMap<String, (Instant, u64)>,
    probes: BTreeMap<String, Arc<BaseConsumer<Context>>>,
    /// The topics of states that are there, and can serve.
    states: BTreeSet<String>,
    changes: u64,
}

/// A log on brokers.
pub struct Kafka {
    kept: Arc<Kept>,
    appends: Mutex<Option<Writer>>,
}

impl Kafka {
    /// Finds the brokers; the first answer proves that the way there, and who we say we are, is right.
    pub fn open(settings: Settings, access: crate::Access) -> Result<Kafka> {
        let numbers = Arc::new(Numbers::default());
        let asks = asking(&settings, &numbers, "reader", "read_uncommitted")?;
        let committed = asking(&settings, &numbers, "reader", "read_committed")?;
        let cluster = first_answer(&settings, &asks)?;
        let slot = match &settings.cache {
            Some(folder) if access == crate::Access::Write => Some(Slot::take(folder)?),
            _ => None,
        };
        let (readers, known, alone) = (Readers::default(), Mutex::default(), random_name());
        let mine = Mutex::default();
        let kept = Kept { settings, numbers, cluster, asks, committed, readers, slot, mine, known, alone };
        Ok(Kafka { kept: Arc::new(kept), appends: Mutex::new(None) })
    }

    fn try_to_join(&self, group: &Group) -> Result<Box<dyn Member>> {
        let mut agreed = None;
        for topic in &group.inputs {
            let partitions = self.kept.partitions(topic)?;
            if *agreed.get_or_insert(partitions) != partitions {
                let names = group.inputs.join(", ");
                return Err(Error::Refused(format!("{} reads {names}, which must have equally many partitions", group.name)));
            }
        }
        let state = self.kept.settings.state_topic(&group.name);
        let partitions = agreed.unwrap_or(1);
        if !self.kept.known().states.contains(&state) {
            self.kept.desk().declare_state(&state, partitions)?;
            if self.kept.known().states.insert(state.clone()) && self.kept.settings.standby {
                standby::stand_by(&self.kept, state, partitions);
            }
        }
        Ok(Box::new(Seat::join(self.kept.clone(), group)?))
    }
}

/// Tries again what fails for now: who starts while a broker is away waits for it.
fn patiently<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(error) if Instant::now() < until => {
                let Some(hint) = error.retry() else { return Err(error) };
                tracing::warn!(%error, "waiting for the brokers");
                std::thread::sleep(hint);
            }
            other => return other,
        }
    }
}

/// Tries all that a run needs of the brokers, and changes nothing there: to find them, to be let in, topics that can serve
/// or could be made, groups that may be joined, transactions.
pub fn try_out(settings: Settings, topics: &[TopicSpec], groups: &[&str]) -> Result<String> {
    let settings = Settings { cache: None, ..settings };
    let (brokers, prefix) = (settings.brokers.clone(), settings.prefix.clone());
    let log = Kafka::open(settings, crate::Access::Write)?;
    let kept = &log.kept;
    let missing = kept.desk().declare(topics, true)?;
    for group in groups {
        // A cluster that has had no group yet makes room for the first one.
        patiently(|| kept.may_join(group))?;
    }
    Writer::open(&kept.settings, &kept.numbers, "check", &format!("{}-{}", kept.settings.group("check"), kept.instance()))?;
    let made = if missing == 0 { String::new() } else { format!(", {missing} of which will be made") };
    Ok(format!("{brokers} answers, transactions work, and so do {} topics {prefix}...{made}", topics.len()))
}

/// A client that asks, as if it were of a group, and never joins it.
fn asking(settings: &Settings, numbers: &Arc<Numbers>, group: &str, isolation: &str) -> Result<BaseConsumer<Context>> {
    let mut config = brokers::consumer(settings, &settings.group(group));
    config.set("isolation.level", isolation).set("statistics.interval.ms", "0");
    made(&config, "making a client", Context::new(format!("asks {group}"), numbers, ()))
}

/// The cluster's name. A refused password is told at once and would be tried again and again: it ends the wait.
fn first_answer(settings: &Settings, asks: &BaseConsumer<Context>) -> Result<String> {
    let doing = format!("reaching {}", settings.brokers);
    let until = Instant::now() + settings.timeout;
    loop {
        // Errors are told through the queue.
        drop(asks.poll(Duration::from_millis(1)));
        match asks.fetch_metadata(None, Duration::from_secs(1)) {
            Ok(_) => return Ok(asks.client().fetch_cluster_id(settings.timeout).unwrap_or_else(|| "unknown".into())),
            Err(error) if asks.context().complaints.is_final() || Instant::now() > until => {
                return Err(meaning(&doing, &error, &asks.context().complaints));
            }
            Err(_) => {}
        }
    }
}

impl Kept {
    /// The client that asks what a group has committed, without waiting for transactions that are open.
    fn probe(&self, group: &str) -> Result<Arc<BaseConsumer<Context>>> {
        if let Some(probe) = self.known().probes.get(group) {
            return Ok(probe.clone());
        }
        let probe = Arc::new(asking(&self.settings, &self.numbers, group, "read_uncommitted")?);
        Ok(self.known().probes.entry(group.to_owned()).or_insert(probe).clone())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mine(&self) -> MutexGuard<'_, BTreeSet<(String, u32)>> {
        self.mine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> Desk<'_> {
        Desk { settings: &self.settings, asks: &self.asks }
    }

    /// What this process is called on the brokers: the same at each start, where copies of states are kept.
    fn instance(&self) -> &str {
        self.slot.as_ref().map_or(&self.alone, |slot| &slot.instance)
    }

    /// The lowest number that no member of the group in this process has.
    fn enter(&self, group: &str) -> u32 {
        let mut known = self.known();
        let number = (0..).find(|number| !known.seats.contains(&(group.to_owned(), *number))).unwrap_or(0);
        known.seats.insert((group.to_owned(), number));
        number
    }

    fn leave(&self, group: &str, number: u32) {
        self.known().seats.remove(&(group.to_owned(), number));
    }

    /// How many partitions a topic has; an error that names the topics there are, if it is none of them.
    fn partitions(&self, topic: &str) -> Result<u32> {
        if let Some(partitions) = self.known().topics.get(topic) {
            return Ok(*partitions);
        }
        let topics = self.desk().topics()?;
        let mut known = self.known();
        known.topics = topics;
        known.topics.get(topic).copied().ok_or_else(|| {
            let names: Vec<&str> = known.topics.keys().map(String::as_str).collect();
            Error::Refused(format!("there is no topic '{topic}'; there are: {}", names.join(", ")))
        })
    }

    fn exists(&self, topic: &str, partition: u32) -> Result<()> {
        let partitions = self.partitions(topic)?;
        if partition < partitions {
            return Ok(());
        }
        Err(Error::Refused(format!("topic '{topic}' has partitions 0 to {}, not {partition}", partitions.saturating_sub(1))))
    }

    /// The bounds of a topic by its name on the brokers, as a client sees them.
    fn bounds_of(&self, client: &BaseConsumer<Context>, topic: &str, partition: u32) -> Result<Range<u64>> {
        let bounds = client.fetch_watermarks(topic, partition.cast_signed(), self.settings.timeout);
        let error =
            |error| meaning(&format!("asking for the bounds of {topic}/{partition}"), &error, &client.context().complaints);
        let (low, high) = bounds.map_err(error)?;
        Ok(u64::try_from(low).unwrap_or(0)..u64::try_from(high).unwrap_or(0))
    }

    /// Where a group begins that has not read a partition before.
    fn start(&self, topic: &str, partition: u32) -> Result<u64> {
        Ok(self.bounds_of(&self.committed, topic, partition)?.start)
    }

    /// Where a group goes on; what retention has taken meanwhile is told, for it was not read.
    fn still_there(&self, topic: &str, partition: u32, next: u64) -> Result<u64> {
        let start = self.start(topic, partition)?;
        if start > next {
            let gone = start - next;
            tracing::error!(
                topic,
                partition,
                gone,
                "retention has removed records that were not read; keep them longer (topics.keep)"
            );
        }
        Ok(next.max(start))
    }

    fn read_topic(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        let open = || Reader::open(&self.settings, &self.numbers, topic);
        self.readers.read(topic, partition, from, bytes, open)
    }

    /// Whether this user may join a group.
    fn may_join(&self, group: &str) -> Result<()> {
        let probe = self.probe(group)?;
        let error = |error: KafkaError| {
            meaning(&format!("asking for group {}", self.settings.group(group)), &error, &probe.context().complaints)
        };
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.settings.state_topic(group), 0);
        let committed = probe.committed_offsets(list, self.settings.timeout).map_err(error)?;
        for element in committed.elements() {
            element.error().map_err(error)?;
        }
        Ok(())
    }

    /// How many records a group has yet to read, by what it has committed.
    fn ask_lag(&self, group: &Group) -> Result<u64> {
        let mut list = TopicPartitionList::new();
        for topic in &group.inputs {
            for partition in 0..self.partitions(topic)? {
                list.add_partition(&self.settings.named(topic), partition.cast_signed());
            }
        }
        let probe = self.probe(&group.name)?;
        let error =
            |error: KafkaError| meaning(&format!("asking for the lag of {}", group.name), &error, &probe.context().complaints);
        let committed = probe.committed_offsets(list, self.settings.timeout).map_err(error)?;
        let mut lag = 0;
        for element in committed.elements() {
            let bounds = self.bounds_of(&self.committed, element.topic(), element.partition().cast_unsigned())?;
            lag += bounds.end.saturating_sub(offset_in(&element).unwrap_or(0).max(bounds.start));
        }
        Ok(lag)
    }
}

impl Log for Kafka {
    fn format(&self) -> Format {
        Format::Json
    }

    fn identity(&self) -> Result<String> {
        patiently(|| self.kept.identity())
    }

    fn declare(&self, topics: &[TopicSpec]) -> Result<()> {
        patiently(|| self.kept.desk().declare(topics, false))?;
        // A broker that has just come back may not know them yet, and say that there are none.
        self.kept.known().topics.extend(topics.iter().map(|spec| (spec.name.clone(), spec.partitions)));
        Ok(())
    }

    fn topics(&self) -> Result<Vec<TopicSpec>> {
        let topics = self.kept.desk().topics()?;
        self.kept.known().topics.clone_from(&topics);
        Ok(topics.into_iter().map(|(name, partitions)| TopicSpec::new(&name, partitions)).collect())
    }

    fn join(&self, group: &Group) -> Result<Box<dyn Member>> {
        patiently(|| self.try_to_join(group))
    }

    fn append(&self, outputs: Vec<Output>) -> Result<()> {
        for output in &outputs {
            self.kept.exists(&output.topic, output.partition)?;
        }
        let kept = &self.kept;
        let mut writer = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            let id = format!("{}-{}", kept.settings.group("append"), kept.instance());
            *writer = Some(Writer::open(&kept.settings, &kept.numbers, "append", &id)?);
        }
        let work = Work { outputs: &outputs, state: ("", &[]), progress: None };
        match writer.as_ref().map(|writer| writer.commit(&work)) {
            Some(Ok(_)) | None => Ok(()),
            Some(Err(Failure::Again(error))) => Err(error),
            Some(Err(Failure::Stale)) => Err(Error::Io("kafka: the append was refused".into())),
            Some(Err(Failure::Unknown(why))) => {
                *writer = None;
                Err(Error::Io(format!("kafka: whether the append came to pass is not known: {why}")))
            }
        }
    }

    fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>> {
        self.kept.exists(topic, partition)?;
        self.kept.bounds_of(&self.kept.committed, &self.kept.settings.named(topic), partition)
    }

    fn read(&self, topic: &str, partition: u32, from: u64, bytes: usize) -> Result<Vec<Batch>> {
        self.kept.exists(topic, partition)?;
        let batches = self.kept.read_topic(&self.kept.settings.named(topic), partition, from, bytes)?;
        Ok(batches.into_iter().map(|batch| Batch { topic: topic.to_owned(), ..batch }).collect())
    }

    fn lag(&self, group: &Group) -> Result<u64> {
        if let Some((asked, lag)) = self.kept.known().lags.get(&group.name)
            && asked.elapsed() < LAG_GOOD_FOR
        {
            return Ok(*lag);
        }
        let lag = self.kept.ask_lag(group)?;
        self.kept.known().lags.insert(group.name.clone(), (Instant::now(), lag));
        Ok(lag)
    }

    fn wait(&self, seen: u64, wait: Duration) -> u64 {
        std::thread::sleep(wait.min(LOOK));
        let mut known = self.kept.known();
        known.changes = known.changes.max(seen) + 1;
        known.changes
    }

    fn erase(&self, _topic: &str, _partition: u32, _keys: &[(&[u8], u64)]) -> Result<u64> {
        Err(Error::Refused("kafka: a topic cannot lose single records; they go with topics.keep".into()))
    }

    /// The brokers do this themselves, as the topics were made.
    fn maintain(&self, _now: Timestamp) -> Result<()> {
        Ok(())
    }

    /// A commit is durable when it returns, as far as acks=all and min.insync.replicas make it.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn metrics(&self) -> String {
        self.kept.numbers.text()
    }

    fn erases(&self) -> bool {
        false
    }
}
