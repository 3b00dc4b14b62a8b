//! Where a stage or a source puts what it writes.

use crate::{Block, BlockBuilder, Counters, Format, Late, Mark, Output, Producer, Timestamp, TopicSpec, Value, partition_of};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The records that a step writes, by topic and partition.
#[derive(Debug)]
pub struct Out {
    format: Format,
    topics: Vec<Topic>,
    written: u64,
    late: u64,
    passed_over: u64,
}

#[derive(Debug)]
struct Topic {
    name: String,
    /// Whether somebody reads it who goes by its writers' marks.
    awaited: bool,
    partitions: Vec<BlockBuilder>,
    /// How large this topic's blocks lately were: the next are likely to be so, too.
    usual: Arc<AtomicUsize>,
}

impl Topic {
    fn builder(&self) -> BlockBuilder {
        let usual = self.usual.load(Ordering::Relaxed);
        BlockBuilder::expecting(usual + usual / 8)
    }
}

/// Where in an [`Out`] a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    topic: usize,
    partition: usize,
    start: usize,
}

impl Out {
    /// An empty output to these topics.
    pub fn new(format: Format, topics: &[TopicSpec]) -> Self {
        let topic = |spec: &TopicSpec| Topic {
            name: spec.name.clone(),
            awaited: true,
            partitions: (0..spec.partitions).map(|_| BlockBuilder::default()).collect(),
            usual: Arc::default(),
        };
        Out { format, topics: topics.iter().map(topic).collect(), written: 0, late: 0, passed_over: 0 }
    }

    /// The same output, with heartbeats in these topics only: in others nobody waits for them.
    #[must_use]
    pub fn awaited_in(mut self, names: &[String]) -> Self {
        for topic in &mut self.topics {
            topic.awaited = names.contains(&topic.name);
        }
        self
    }

    /// An empty output to the same topics, which knows how large their blocks usually are.
    #[must_use]
    pub fn fresh(&self) -> Self {
        let topic = |topic: &Topic| Topic {
            name: topic.name.clone(),
            awaited: topic.awaited,
            partitions: topic.partitions.iter().map(|_| topic.builder()).collect(),
            usual: topic.usual.clone(),
        };
        Out { format: self.format, topics: self.topics.iter().map(topic).collect(), written: 0, late: 0, passed_over: 0 }
    }

    /// How values are encoded.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Writes a value to its topic, in the partition of its key. A topic that this output was not made for is
    /// a mistake in the topology's table, and nothing is written.
    pub fn send<V: Value>(&mut self, time: Timestamp, value: &V) -> Option<Place> {
        let topic = self.topics.iter().position(|topic| topic.name == V::TOPIC);
        debug_assert!(topic.is_some(), "the topology does not let this role write {}", V::TOPIC);
        let partitions = &mut self.topics.get_mut(topic?)?.partitions;
        let key = value.key();
        let partition = partition_of(key, partitions.len() as u32) as usize;
        let format = self.format;
        let start = partitions.get_mut(partition)?.push(key, time, |into| format.encode(value, into)).ok()?;
        self.written += 1;
        self.late += u64::from(V::TOPIC == Late::TOPIC);
        Some(Place { topic: topic?, partition, start })
    }

    /// Writes a value to every partition of its topic: whoever reads one of them finds it there.
    pub fn send_everywhere<V: Value>(&mut self, time: Timestamp, value: &V) {
        let Some(topic) = self.topics.iter_mut().find(|topic| topic.name == V::TOPIC) else { return };
        let (key, format) = (value.key(), self.format);
        for builder in &mut topic.partitions {
            if builder.push(key, time, |into| format.encode(value, into)).is_ok() {
                self.written += 1;
            }
        }
    }

    /// Flags a record that was just written as late.
    pub fn flag_late(&mut self, place: Place) {
        if let Some(builder) = self.builder(place) {
            builder.flag_late(place.start);
        }
    }

    /// Takes a record that was just written out again.
    pub fn kill(&mut self, place: Place) {
        if let Some(builder) = self.builder(place) {
            builder.kill(place.start);
        }
    }

    fn builder(&mut self, place: Place) -> Option<&mut BlockBuilder> {
        self.topics.get_mut(place.topic)?.partitions.get_mut(place.partition)
    }

    /// Counts a record for which there is no use.
    pub fn pass_over(&mut self) {
        self.passed_over += 1;
    }

    /// What was counted since the last call.
    pub(crate) fn count(&mut self, counters: &mut Counters) {
        counters.written += std::mem::take(&mut self.written);
        counters.late += std::mem::take(&mut self.late);
        counters.passed_over += std::mem::take(&mut self.passed_over);
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.topics.iter().flat_map(|topic| &topic.partitions).map(BlockBuilder::len).sum()
    }

    /// Whether nothing waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes what was written, as blocks of `producer`. With `everywhere`, partitions without records get a heartbeat, where
    /// one is awaited.
    pub fn take(&mut self, producer: &Producer, mark: Mark, everywhere: bool) -> Vec<Output> {
        let mut outputs = vec![];
        for topic in &mut self.topics {
            let largest = topic.partitions.iter().map(BlockBuilder::len).max().unwrap_or(0);
            if largest > 0 {
                topic.usual.store(largest, Ordering::Relaxed);
            }
            let (next, topic_awaited) = (topic.builder(), topic.awaited);
            for (partition, builder) in (0..).zip(&mut topic.partitions) {
                if builder.is_empty() && !(everywhere && topic_awaited) {
                    continue;
                }
                let block = if builder.is_empty() {
                    Block::heartbeat(producer.clone(), mark)
                } else {
                    std::mem::replace(builder, next.clone()).finish(producer.clone(), mark)
                };
                outputs.push(Output { topic: topic.name.clone(), partition, block });
            }
        }
        outputs
    }
}
