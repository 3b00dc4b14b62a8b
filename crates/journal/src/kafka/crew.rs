//! A place in a consumer group: which partitions it has been given, and by what name the brokers know it now.

use brokers::{Context, Own, at};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happened to a member's partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    /// These are its own from now on.
    Given(BTreeSet<u32>),
    /// These are another's from now on.
    Taken(BTreeSet<u32>),
}

#[derive(Default)]
struct Standing {
    news: Vec<Shared>,
    /// The member as of the sharing-out that it has heard of: what it commits, it commits as this one, so that the
    /// brokers refuse it once they have given its partitions away.
    identity: Option<Arc<ConsumerGroupMetadata>>,
    sharings: u64,
    /// The partitions that are being read.
    read: BTreeSet<u32>,
}

/// The member's side of the group protocol. Everything here happens inside its own calls to `poll`.
pub type Crew = Context<Membership>;

/// What a member knows of its membership.
pub struct Membership {
    /// The topics that are read together: partition N of each goes to one member.
    pub inputs: Vec<String>,
    standing: Mutex<Standing>,
}

impl Membership {
    /// A member that has nothing yet.
    pub fn new(inputs: Vec<String>) -> Self {
        Membership { inputs, standing: Mutex::default() }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is news that was not taken.
    pub fn has_news(&self) -> bool {
        !self.standing().news.is_empty()
    }

    /// The news since the last call.
    pub fn take_news(&self) -> Vec<Shared> {
        std::mem::take(&mut self.standing().news)
    }

    /// Whether the news takes one of these partitions away.
    pub fn takes(&self, partitions: &BTreeSet<u32>) -> bool {
        let taken = |news: &Shared| matches!(news, Shared::Taken(taken) if !taken.is_disjoint(partitions));
        self.standing().news.iter().any(taken)
    }

    /// As whom to commit.
    pub fn identity(&self) -> Option<Arc<ConsumerGroupMetadata>> {
        self.standing().identity.clone()
    }

    /// How many sharings-out it has heard of.
    pub fn sharings(&self) -> u64 {
        self.standing().sharings
    }

    /// The partitions of all inputs with these numbers.
    pub fn list(&self, partitions: &BTreeSet<u32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for topic in &self.inputs {
            for partition in partitions {
                list.add_partition(topic, partition.cast_signed());
            }
        }
        list
    }

    /// Reads a partition's inputs, each from its offset on.
    pub fn read(&self, consumer: &BaseConsumer<Crew>, partition: u32, nexts: &[u64]) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        for (topic, next) in self.inputs.iter().zip(nexts) {
            list.add_partition_offset(topic, partition.cast_signed(), at(*next))?;
        }
        consumer.incremental_assign(&list)?;
        self.standing().read.insert(partition);
        Ok(())
    }

    /// Reads these partitions no longer.
    pub fn leave(&self, consumer: &BaseConsumer<Crew>, partitions: &BTreeSet<u32>) -> KafkaResult<()> {
        let left: BTreeSet<u32> = self.standing().read.intersection(partitions).copied().collect();
        consumer.incremental_unassign(&self.list(&left))?;
        self.standing().read.retain(|partition| !left.contains(partition));
        Ok(())
    }

    fn hear(&self, consumer: &BaseConsumer<Crew>, news: Shared) {
        let identity = consumer.group_metadata().map(Arc::new);
        let mut standing = self.standing();
        // Who has lost its partitions is nobody in its group: it must not commit as nobody.
        standing.identity = if consumer.assignment_lost() { None } else { identity };
        standing.sharings += 1;
        if matches!(&news, Shared::Given(set) | Shared::Taken(set) if !set.is_empty()) {
            standing.news.push(news);
        }
    }
}

impl Own for Membership {
    fn rebalance(crew: &Crew, consumer: &BaseConsumer<Crew>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let this = &crew.own;
        let partitions: BTreeSet<u32> = list.elements().iter().map(|element| element.partition().cast_unsigned()).collect();
        let given = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        // What is given is read once its state is there, and from where that says: so nothing is read for now.
        let heard =
            if given { consumer.incremental_assign(&TopicPartitionList::new()) } else { this.leave(consumer, &partitions) };
        if let Err(error) = heard {
            tracing::warn!(client = crew.name, %error, ?partitions, given, "the brokers' sharing-out could not be followed");
        }
        tracing::debug!(client = crew.name, ?partitions, given, "partitions shared out");
        this.hear(consumer, if given { Shared::Given(partitions) } else { Shared::Taken(partitions) });
    }
}
